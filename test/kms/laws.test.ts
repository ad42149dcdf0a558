import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { CallBatchBuilder } from '../../src/kms/call-batch.js';
import { CallCounter } from '../../src/kms/call-counter.js';
import { parseEventTime } from '../../src/kms/event-time.js';
import { type KmsKey, keyFindings } from '../../src/kms/lifecycle.js';
import { Listening } from '../../src/kms/listening.js';
import { seriesSet } from '../../src/series/series-set.js';
import { DAY, HOUR, MINUTE } from '../../src/time/grid.js';
import { KEY, OTHER_KEY } from '../support/sets.js';

const START = Date.UTC(2026, 0, 5);

describe('a counter', () => {
  const call = fc
    .record({
      minute: fc.nat(400),
      operation: fc.constantFrom('Decrypt', 'Encrypt'),
      keyArns: fc.constantFrom([], [KEY], [KEY, OTHER_KEY]),
      account: fc.constantFrom('111122223333', '444455556666'),
      region: fc.constantFrom('eu-central-1', 'us-east-1'),
      caller: fc.constantFrom('', 'role/App'),
      error: fc.constantFrom(null, 'AccessDenied'),
      eventId: fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', 'g'),
      sharedEventId: fc.constantFrom(null, null, 's', 't'),
    })
    .map(({ minute, ...rest }): KmsCall => ({ ...rest, time: START + minute * MINUTE }));

  it('counts a batch as it counts calls one by one, whatever they are and however they are cut', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (calls, capacity) => {
        const options = {
          start: START,
          end: START + 6 * HOUR,
          by: [['operation'], ['keyArn', 'caller'], ['account']],
        } as const;
        const [single, batched] = [new CallCounter(options), new CallCounter(options)];
        const batch = new CallBatchBuilder(capacity);
        const flush = () => {
          batched.addBatch(batch.view());
          batch.clear();
        };
        for (const one of calls) {
          single.add(one);
          batch.addCall(one);
          if (batch.full) flush();
        }
        flush();
        expect(batched.finish()).toEqual(single.finish());
      }),
      { numRuns: 300 },
    );
  });
});

describe('when logs were listening', () => {
  const range = fc
    .tuple(fc.nat(30), fc.integer({ min: 0, max: 12 }))
    .map(([from, length]) => ({ from, to: from + length }));
  const source = fc.constantFrom('1', '2', '3').map((account) => ({ account, region: 'r' }));
  const coverage = fc.array(
    fc.tuple(source, range).map(([of, time]) => ({ ...of, ...time })),
    { maxLength: 12 },
  );

  it('is what a list of moments says, of ranges that meet, overlap and lie within others', () => {
    fc.assert(
      fc.property(coverage, fc.subarray(['1', '2', '3']), (ranges, accounts) => {
        const listening = new Listening(ranges);
        const hears = (account: string, moment: number) =>
          ranges.some((own) => own.account === account && own.from <= moment && moment < own.to);
        const momentsOf = (found: readonly { from: number; to: number }[]) =>
          found.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
        const all = Array.from({ length: 50 }, (_, moment) => moment);
        const whenAll = listening.whenAll(accounts.map((account) => ({ account, region: 'r' })));
        expect(momentsOf(whenAll)).toEqual(
          accounts.length === 0 ? [] : all.filter((moment) => accounts.every((account) => hears(account, moment))),
        );
        for (let i = 1; i < whenAll.length; i++) expect(whenAll[i].from).toBeGreaterThanOrEqual(whenAll[i - 1].to);
        const ever = [...new Set(ranges.filter(({ from, to }) => from < to).map(({ account }) => account))];
        expect(momentsOf(listening.whenEveryOne())).toEqual(
          ever.length === 0 ? [] : all.filter((moment) => ever.every((account) => hears(account, moment))),
        );
        const any = all.filter((moment) => ever.some((account) => hears(account, moment)));
        const last = any.at(-1);
        expect(listening.span).toEqual(last === undefined ? undefined : { from: any[0], to: last + 1 });
      }),
      { numRuns: 500 },
    );
  });
});

describe('an event time', () => {
  it('has digits where digits belong: any other character makes it none', () => {
    const text = '2024-02-29T23:58:17.123456789Z';
    expect(parseEventTime(text)).toBe(Date.UTC(2024, 1, 29, 23, 58, 17, 123));
    for (let at = 0; at < text.length; at++) {
      if (!/\d/.test(text[at])) continue;
      for (const other of ['A', 'a', '/', ':', ' ', '-', '.', '٣']) {
        expect(parseEventTime(text.slice(0, at) + other + text.slice(at + 1)), `${other} at ${at}`).toBeNaN();
      }
    }
  });
});

describe('findings of keys', () => {
  const NOW = START + 60 * DAY;
  const key = (fields: Partial<KmsKey>): KmsKey => ({
    ...{ keyArn: KEY, keyId: 'k', aliases: [], state: 'Enabled', manager: 'CUSTOMER', origin: 'AWS_KMS', spec: null },
    ...{
      usage: null,
      customKeyStoreId: null,
      multiRegion: false,
      created: START,
      deletion: null,
      materialExpires: null,
    },
    ...{ rotation: null, lastUse: null, trackedSince: null, failed: [] },
    ...fields,
  });
  const none = seriesSet({ start: START, step: DAY, series: [], observed: Array(60).fill(1) });
  const blind = seriesSet({ start: START, step: DAY, series: [], observed: Array(60).fill(0) });
  const used = (time: number) => ({ time, operation: 'Decrypt' });
  const kinds = (fields: Partial<KmsKey>, set = none, options = {}) =>
    keyFindings([key(fields)], set, { now: NOW, ...options }).map(({ kind, certain }) => [kind, certain]);

  it('are of uses up to a week ago, to the millisecond', () => {
    for (const state of ['Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Unavailable']) {
      expect(kinds({ state, lastUse: used(NOW - 7 * DAY) })).toEqual([['needed-but-unusable', true]]);
      expect(kinds({ state, lastUse: used(NOW - 7 * DAY - 1) })).toEqual([]);
      expect(kinds({ state, lastUse: used(NOW - 2 * DAY) }, none, { recent: DAY })).toEqual([]);
    }
    expect(kinds({ state: 'Enabled', lastUse: used(NOW) })).toEqual([]);
    expect(kinds({ state: null, lastUse: used(NOW) })).toEqual([]);
  });

  it('are of material that expires within a month, and was used within one', () => {
    const expires = (ahead: number, since: number) =>
      kinds({ materialExpires: NOW + ahead, lastUse: used(NOW - since) }).map(([kind]) => kind);
    expect(expires(30 * DAY, 30 * DAY)).toEqual(['material-expires']);
    expect(expires(30 * DAY + 1, 0)).toEqual([]);
    expect(expires(0, 30 * DAY + 1)).toEqual([]);
  });

  it('take a key for unused once it is a month old and was watched for one, and for certain where KMS always did', () => {
    expect(kinds({ created: NOW - 30 * DAY })).toEqual([['never-used', false]]);
    expect(kinds({ created: NOW - 30 * DAY + 1 })).toEqual([]);
    expect(kinds({ created: null })).toEqual([]);
    expect(kinds({ manager: 'AWS' })).toEqual([]);
    expect(kinds({}, blind)).toEqual([]);
    expect(kinds({ trackedSince: NOW - 30 * DAY }, blind)).toEqual([['never-used', false]]);
    expect(kinds({ trackedSince: NOW - 30 * DAY + 1 }, blind)).toEqual([]);
    expect(kinds({ trackedSince: START }, blind)).toEqual([['never-used', true]]);
    expect(kinds({ trackedSince: START + 1 }, blind)).toEqual([['never-used', false]]);
  });

  it('say how often a key is used a day, and nothing where nothing was observed', () => {
    const perDay = (set: typeof none, options = {}) =>
      keyFindings([key({ state: 'Disabled', lastUse: used(NOW) })], set, { now: NOW, ...options })[0].perDay;
    const values = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 6 : Number.NaN));
    const half = seriesSet({
      start: START,
      step: DAY,
      series: [{ key: { keyArn: KEY, operation: 'Decrypt' }, values }],
    });
    expect([perDay(none), perDay(blind), perDay(half)]).toEqual([0, 0, 6]);
    expect(perDay(half, { rate: () => 2.5 })).toBe(2.5);
  });
});
