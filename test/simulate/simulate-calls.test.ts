import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import { keyId } from '../../src/series/key.js';
import { isSparse, type SeriesSet } from '../../src/series/series-set.js';
import {
  SHOP_CALLERS,
  SHOP_KEYS,
  type Source,
  shopCall,
  shopSources,
  simulateCalls,
} from '../../src/simulate/index.js';

const WEEK = { seed: 4, start: Date.UTC(2026, 4, 4), weeks: 1 };
const MINUTE = 60_000;
const simulation = simulateCalls(WEEK);
const calls = [...simulation.calls()];
const records = [...simulation.records()];

/** Counts as plain text: key, bucket, count of all that is not zero. */
function counted(set: SeriesSet): string[] {
  const { values, keys, grid } = set;
  if (isSparse(values)) throw new Error('a set of this size is dense');
  const cells: string[] = [];
  for (const [i, count] of values.entries()) {
    if (count > 0) cells.push(`${keyId(keys[Math.floor(i / grid.length)])} ${i % grid.length} ${count}`);
  }
  return cells.sort();
}

/** The obvious way: every call under each of its names, one by one. */
function naive(step: number): string[] {
  const counts = new Map<string, number>();
  for (const call of calls) {
    const outcome = call.error === null ? 'ok' : 'error';
    const { operation } = call;
    const names = [
      [operation, null, null],
      [operation, null, outcome],
      ...call.keyArns.flatMap((arn) => [
        [null, arn, null],
        [operation, arn, null],
      ]),
    ];
    for (const [op, arn, end] of names) {
      const cell = `${JSON.stringify([op, arn, null, null, null, end, null])} ${Math.floor((call.time - WEEK.start) / step)}`;
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
  }
  return [...counts].map(([cell, count]) => `${cell} ${count}`).sort();
}

describe('simulateCalls', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const end = WEEK.start + 6 * 3_600_000;
    const text = (seed: number) => JSON.stringify([...simulateCalls({ seed, start: WEEK.start, end }).records()]);
    expect(text(4)).toBe(text(4));
    expect(text(5)).not.toBe(text(4));
  });

  it('can be read again and again, and counts what it tells', () => {
    expect([...simulation.calls()]).toEqual(calls);
    expect(calls.length).toBeGreaterThan(5_000);
    expect(counted(simulation.set)).toEqual(naive(5 * MINUTE));
  });

  it('counts right in buckets that cut through its cells of five minutes', () => {
    expect(counted(simulateCalls({ ...WEEK, step: 7 * MINUTE }).set)).toEqual(naive(7 * MINUTE));
  });

  it('begins and ends on any second', () => {
    const start = Date.UTC(2026, 4, 4, 9, 31, 7);
    const end = Date.UTC(2026, 4, 5, 10, 2, 41);
    const times = [...simulateCalls({ seed: 4, start, end }).calls()].map(({ time }) => time);
    expect(times[0]).toBeGreaterThanOrEqual(start);
    expect(times.at(-1)).toBeLessThan(end);
    expect(times.length).toBeGreaterThan(500);
  });

  it('is in order of time, calls and records alike, to the whole second', () => {
    for (const times of [calls.map(({ time }) => time), records.map(({ eventTime }) => Date.parse(eventTime))]) {
      expect(times.every((time, i) => time % 1000 === 0 && (i === 0 || time >= times[i - 1]))).toBe(true);
    }
    expect(records.length).toBeGreaterThan(calls.length);
  });

  it('leaves the other sources alone when one is added or taken away', () => {
    const sources = shopSources();
    const ids = (some: Source[], caller: string) =>
      [...simulateCalls({ ...WEEK, sources: some }).calls()].filter((call) => call.caller === caller);
    const all = ids(sources, SHOP_CALLERS.payments);
    expect(
      ids(sources.filter(({ caller }) => caller === SHOP_CALLERS.payments).reverse(), SHOP_CALLERS.payments).length,
    ).toBe(all.length);
    expect(ids(sources.slice(3), SHOP_CALLERS.payments)).toEqual(all);
  });

  it('tells the same first week of four as of one', () => {
    const sources: Source[] = [
      {
        name: 'a',
        kind: 'flat',
        perHour: 10,
        wander: 0.4,
        ...shopCall('Decrypt', SHOP_CALLERS.orders, SHOP_KEYS.orders),
      },
    ];
    const one = [...simulateCalls({ ...WEEK, sources }).calls()];
    const four = [...simulateCalls({ ...WEEK, weeks: 4, sources }).calls()];
    expect(four.slice(0, one.length)).toEqual(one);
  });

  it('writes records that read back as its calls', () => {
    const read = records.map((record) => parseRecord(JSON.parse(JSON.stringify(record))));
    expect(read.filter((call) => 'eventId' in call)).toEqual(calls);
    const rejected = read.filter((call) => !('eventId' in call));
    expect(rejected.length).toBeGreaterThan(1_000);
    expect(new Set(rejected.map((rejection) => JSON.stringify(rejection)))).toEqual(new Set(['{"reason":"not-kms"}']));
  });

  it('writes records as CloudTrail does', () => {
    const one = (name: string, type: string) => {
      const found = records.find(
        (r) => r.eventName === name && r.userIdentity.type === type && r.errorCode === undefined,
      );
      if (found === undefined) throw new Error(`no ${name} by ${type}`);
      return found;
    };
    const byRole = one('Decrypt', 'AssumedRole');
    expect(byRole).toMatchObject({
      eventVersion: '1.11',
      eventSource: 'kms.amazonaws.com',
      readOnly: true,
      managementEvent: true,
      eventCategory: 'Management',
      eventType: 'AwsApiCall',
      recipientAccountId: '111122223333',
      requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      responseElements: null,
    });
    expect(byRole.userIdentity.arn).toMatch(/^arn:aws:sts::111122223333:assumed-role\//);
    expect(byRole.userIdentity.sessionContext?.sessionIssuer.arn).toMatch(/^arn:aws:iam::111122223333:role\//);
    expect(one('Decrypt', 'IAMUser').userIdentity).toMatchObject({ userName: 'Alice', arn: SHOP_CALLERS.alice });
    expect(one('GenerateDataKey', 'AWSService')).toMatchObject({
      userIdentity: { type: 'AWSService', invokedBy: 'cloudtrail.amazonaws.com' },
      sourceIPAddress: 'cloudtrail.amazonaws.com',
      sharedEventID: expect.stringMatching(/-4/),
    });
    expect(one('Decrypt', 'AWSAccount').userIdentity.accountId).toBe('444455556666');
    expect(one('ReEncrypt', 'AssumedRole').resources?.map(({ ARN }) => ARN)).toEqual([
      SHOP_KEYS.archive,
      SHOP_KEYS.analytics,
    ]);
    expect(one('GenerateRandom', 'AssumedRole')).toMatchObject({ requestParameters: null, resources: [] });
    expect(one('CreateGrant', 'AssumedRole')).toMatchObject({
      readOnly: false,
      responseElements: { keyId: expect.any(String) },
    });
    expect(one('GetBucketAcl', 'AWSService').eventSource).toBe('s3.amazonaws.com');
    const failed = records.find(({ errorCode }) => errorCode !== undefined);
    expect(failed).toMatchObject({ errorMessage: expect.any(String), responseElements: null });
    expect(new Set(records.map(({ eventID }) => eventID)).size).toBe(records.length);
  });

  it('leaves out other services when it is told to', () => {
    const sources = new Set(
      Array.from(simulateCalls({ ...WEEK, background: 0 }).records(), ({ eventSource }) => eventSource),
    );
    expect(sources).toEqual(new Set(['kms.amazonaws.com']));
  });

  it('counts by the names it is given', () => {
    const { set } = simulateCalls({ ...WEEK, by: [['caller', 'region']] });
    expect(set.keys.length).toBeGreaterThan(10);
    expect(set.keys.every((key) => key.caller !== null && key.region !== null && key.operation === null)).toBe(true);
  });

  it.each([
    ['seed', { seed: 1.5 }],
    ['step', { step: 0 }],
    ['weeks', { weeks: -1 }],
    ['weeks', { weeks: 1, end: Date.UTC(2026, 5, 1) }],
    ['end', { weeks: undefined, end: Date.UTC(2020, 0, 1) }],
    ['start', { start: 1_500 }],
    ['start', { start: new Date(Number.NaN) }],
    ['background', { background: Number.NaN }],
    ['by', { by: [['colour']] }],
    ['sources[0]', { sources: [null] }],
    ['sources[0].name', { sources: [{ ...shopSources()[0], name: '' }] }],
    ['sources[1].name', { sources: [shopSources()[0], shopSources()[0]] }],
    ['sources[0].perHour', { sources: [{ ...shopSources()[0], perHour: -1 }] }],
    ['sources[0].kind', { sources: [{ ...shopSources()[0], kind: 'tidal' }] }],
    ['sources[0].timeZone', { sources: [{ ...shopSources()[0], timeZone: 'Europe/Atlantis' }] }],
    ['sources[0].caller', { sources: [{ ...shopSources()[0], caller: 'Bob' }] }],
    ['sources[0].keyArns', { sources: [{ ...shopSources()[0], keyArns: ['alias/orders'] }] }],
    ['sources[0].account', { sources: [{ ...shopSources()[0], account: '1' }] }],
    [
      'sources[0].schedule.at',
      { sources: [{ ...shopSources()[0], kind: 'cron', batch: 1, schedule: { at: ['24:00'] } }] },
    ],
    ['sources[0].schedule', { sources: [{ ...shopSources()[0], kind: 'cron', batch: 1 }] }],
  ])('names %s when that is a mistake', (name, wrong) => {
    const options = { ...WEEK, ...wrong } as Parameters<typeof simulateCalls>[0];
    expect(() => simulateCalls(options)).toThrow(InputError);
    expect(() => simulateCalls(options)).toThrow(name);
  });
});
