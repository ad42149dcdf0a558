import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsCallError } from '../../src/aws/call-aws.js';
import { estimateLookup } from '../../src/aws/estimate-lookup.js';
import { type LookupOptions, type LookupPage, type LookupResume, lookupKmsCalls } from '../../src/aws/lookup-events.js';
import { Pacer } from '../../src/aws/pacer.js';
import { InputError } from '../../src/errors.js';
import type { KmsCall, Rejection } from '../../src/kms/call.js';
import { kmsRecord, kmsRecords, otherRecord, START } from '../support/logs.js';
import { type EventHistoryOptions, eventHistory } from './support/event-history.js';
import { type Fault, fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';

const SECOND = 1000;
const HOUR = 3_600_000;
type Fields = Readonly<Record<string, unknown>>;

async function setUp(records: readonly (Fields | string)[], history: EventHistoryOptions = {}) {
  const aws = await fakeAws({ LookupEvents: eventHistory(records, history) });
  const clock = new FakeClock();
  const client = new CloudTrailClient(aws.config);
  const options = { from: START, to: START + 24 * HOUR, clock };
  return { aws, clock, client, options };
}

async function idsOf(calls: AsyncIterable<KmsCall>): Promise<string[]> {
  const ids: string[] = [];
  for await (const call of calls) ids.push(call.eventId);
  return ids;
}

const expectedIds = (records: readonly Fields[]): string[] => records.map((record) => String(record['eventID']));

describe('lookupKmsCalls', () => {
  it('yields every KMS call of the time once, the newest first, page after page', async () => {
    const records = kmsRecords(125);
    const { aws, client, options } = await setUp(records);
    expect(await idsOf(lookupKmsCalls(client, options))).toEqual(expectedIds(records).reverse());
    expect(aws.requests).toHaveLength(3);
  });

  it('asks in JSON 1.1: one attribute, 50 a page, whole seconds, the token with the same question', async () => {
    const { aws, client } = await setUp(kmsRecords(60));
    const from = START + 1_500;
    await idsOf(lookupKmsCalls(client, { from, to: START + HOUR, clock: new FakeClock() }));
    expect(aws.requests.map(({ target }) => target)).toEqual(Array(2).fill('CloudTrail_20131101.LookupEvents'));
    expect(aws.requests[0].contentType).toBe('application/x-amz-json-1.1');
    const question = {
      LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' }],
      StartTime: START / SECOND + 1,
      EndTime: (START + HOUR) / SECOND,
      MaxResults: 50,
    };
    expect(aws.requests[0].body).toEqual(question);
    expect(aws.requests[1].body).toEqual({ ...question, NextToken: expect.any(String) });
  });

  it('cuts exactly: the first moment is in, the end is out, though the service includes both', async () => {
    const records = kmsRecords(5);
    const { client } = await setUp(records);
    const clock = new FakeClock();
    const at = (i: number): number => START + i * 10 * SECOND;
    expect(await idsOf(lookupKmsCalls(client, { from: at(1), to: at(3), clock }))).toEqual(
      expectedIds([records[2], records[1]]),
    );
    expect(await idsOf(lookupKmsCalls(client, { from: at(1) + 1, to: at(3) + 1, clock }))).toEqual(
      expectedIds([records[3], records[2]]),
    );
  });

  it('tells of an event that is no record, and goes on; other services’ are passed over', async () => {
    const records = [kmsRecord(0), 'not json', kmsRecord(2, { eventTime: 'soon' }), otherRecord(3), kmsRecord(4)];
    const history = eventHistory(records);
    const aws = await fakeAws({
      LookupEvents: (request) => ({
        Events: [
          ...((history(request) as { Events: unknown[] }).Events as { EventId: string }[]),
          { EventId: 'no-record', EventTime: START / SECOND },
        ],
      }),
    });
    const rejected: [string, Rejection['reason']][] = [];
    const client = new CloudTrailClient(aws.config);
    const calls = lookupKmsCalls(client, {
      operations: ['Decrypt'],
      from: START - HOUR,
      to: START + HOUR,
      clock: new FakeClock(),
      onRejected: ({ reason }, id) => rejected.push([id, reason]),
    });
    expect(await idsOf(calls)).toHaveLength(2);
    expect(rejected).toEqual([
      ['event-1', 'not-a-record'],
      ['no-record', 'not-a-record'],
    ]);
  });

  it('keeps to two requests a second, which callers in parallel share', async () => {
    const { aws, client, clock, options } = await setUp(kmsRecords(300));
    const begun = clock.time;
    await Promise.all([
      idsOf(lookupKmsCalls(client, options)),
      idsOf(lookupKmsCalls(client, options)),
      idsOf(lookupKmsCalls(client, options)),
    ]);
    expect(aws.requests).toHaveLength(18);
    // The first goes at once, the seventeen others half a second after one another.
    expect(clock.time - begun).toBe(17 * 500);
  });

  it('shares a pacer that is given between clients of one account and Region', async () => {
    const { aws, client, clock, options } = await setUp(kmsRecords(50));
    const pacer = new Pacer(1, clock);
    const begun = clock.time;
    await idsOf(lookupKmsCalls(client, { ...options, pacer }));
    await idsOf(lookupKmsCalls(new CloudTrailClient(aws.config), { ...options, pacer }));
    expect(clock.time - begun).toBe(SECOND);
  });

  it('trap 39: knows throttling by its name, waits, and loses nothing', async () => {
    const records = kmsRecords(120);
    const { aws, client, clock, options } = await setUp(records);
    aws.faults.push(null, 'throttle', 'throttle', 'throttle', null, 'throttle');
    expect(await idsOf(lookupKmsCalls(client, options))).toEqual(expectedIds(records).reverse());
    expect(aws.requests).toHaveLength(7);
    expect(clock.sleeps.filter((ms) => ms >= SECOND)).toEqual(expect.arrayContaining([1000, 2000, 4000]));
  });

  it('gives up on throttling that does not end, with the SDK’s error as the cause', async () => {
    const { aws, client, options } = await setUp(kmsRecords(1));
    aws.faults.push(...Array<Fault>(100).fill('throttle'));
    const failed = await idsOf(lookupKmsCalls(client, { ...options, retry: { within: 60_000 } })).catch(
      (error) => error,
    );
    expect(failed).toBeInstanceOf(AwsCallError);
    expect(failed).toMatchObject({ action: 'cloudtrail:LookupEvents', reason: 'ThrottlingException' });
    expect(failed.cause).toMatchObject({ name: 'ThrottlingException' });
  });

  it('makes all who share the pacer wait when one is throttled', async () => {
    const { aws, clock, client, options } = await setUp(kmsRecords(1));
    aws.faults.push('throttle');
    await expect(idsOf(lookupKmsCalls(client, { ...options, retry: { within: 0 } }))).rejects.toThrow('Rate exceeded');
    const throttledAt = clock.time;
    await idsOf(lookupKmsCalls(client, options));
    expect(clock.time - throttledAt).toBe(1000);
  });

  it.each<[Fault, number]>([
    ['internal-error', 8],
    ['cut', 8],
    [{ error: 'InternalFailure', message: 'not implemented', status: 501 }, 1],
    [{ error: 'ValidationException' }, 1],
  ])('gives up on a request that goes on failing: %o after %i tries', async (fault, tries) => {
    const { aws, clock, client, options } = await setUp(kmsRecords(1));
    aws.faults.push(...Array<Fault>(20).fill(fault));
    await expect(idsOf(lookupKmsCalls(client, options))).rejects.toBeInstanceOf(AwsCallError);
    expect(aws.requests).toHaveLength(tries);
    expect(clock.time - new FakeClock().time).toBeLessThan(120_000);
  });

  it.each<Fault>(['internal-error', 'cut', 'half', 'slow'])('reads on after a request that was %s', async (fault) => {
    const records = kmsRecords(120);
    const { aws, client, options } = await setUp(records);
    aws.faults.push(fault, null, fault, fault);
    expect(await idsOf(lookupKmsCalls(client, options))).toEqual(expectedIds(records).reverse());
  });

  it('reads over empty pages that have a token', async () => {
    const records = kmsRecords(130);
    const { client, options } = await setUp(records, { emptyEvery: 2 });
    expect(await idsOf(lookupKmsCalls(client, options))).toEqual(expectedIds(records).reverse());
  });

  it('takes the listing up again where a token has expired: nothing lost, nothing twice', async () => {
    // 7 calls a second: the second in which the listing breaks off lies on both sides of a page's end.
    const records = Array.from({ length: 400 }, (_, i) =>
      kmsRecord(i, { eventTime: `${new Date(START + Math.floor(i / 7) * SECOND).toISOString().slice(0, 19)}Z` }),
    );
    for (const tokenUses of [2, 3, 5]) {
      const { aws, client, options } = await setUp(records, { tokenUses, page: 20 });
      const ids = await idsOf(lookupKmsCalls(client, options));
      expect(ids.toSorted()).toEqual(expectedIds(records).toSorted());
      expect(aws.requests.length).toBeGreaterThan(20);
    }
  });

  it('yields nothing twice where seconds are fuller than what is remembered', async () => {
    const records = Array.from({ length: 4800 }, (_, i) =>
      kmsRecord(i, { eventTime: new Date(START + Math.floor(i / 1200) * SECOND).toISOString() }),
    );
    // Breaks off when the second before the one being read is forgotten.
    const { client, options } = await setUp(records, { tokenUses: 70 });
    expect((await idsOf(lookupKmsCalls(client, options))).toSorted()).toEqual(expectedIds(records).toSorted());
  });

  it('does without tokens where they never work, but for a second that fills more than a page', async () => {
    const spread = kmsRecords(200);
    const lucky = await setUp(spread, { tokenUses: 0 });
    expect(await idsOf(lookupKmsCalls(lucky.client, lucky.options))).toEqual(expectedIds(spread).reverse());
    const dense = Array.from({ length: 60 }, (_, i) => kmsRecord(i, { eventTime: '2024-03-05T00:00:00Z' }));
    const { client, options } = await setUp(dense, { tokenUses: 0 });
    await expect(idsOf(lookupKmsCalls(client, options))).rejects.toMatchObject({
      name: 'AwsCallError',
      reason: 'InvalidNextTokenException',
    });
  });

  it('goes on in another run from where one broke off, whatever becomes of the token', async () => {
    const breaks = fc.record({
      count: fc.integer({ min: 1, max: 200 }),
      perSecond: fc.integer({ min: 1, max: 15 }),
      pages: fc.integer({ min: 3, max: 8 }),
      tokenLives: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(breaks, async ({ count, perSecond, pages, tokenLives }) => {
        const records = Array.from({ length: count }, (_, i) =>
          kmsRecord(i, { eventTime: new Date(START + Math.floor(i / perSecond) * SECOND).toISOString() }),
        );
        const { client, options } = await setUp(records, { page: 20 });
        let resume: LookupResume | undefined;
        const ids: string[] = [];
        // At most `pages` pages a run; between runs the position is text.
        for (let runs = 0; runs < 50; runs++) {
          let left = pages;
          const stop = new AbortController();
          const run: LookupOptions = {
            ...options,
            signal: stop.signal,
            ...(resume === undefined ? {} : { resume }),
            onPage: (page: LookupPage) => {
              resume = JSON.parse(JSON.stringify(page.resume()));
              if (--left === 0) stop.abort(new Error('enough'));
            },
          };
          try {
            for await (const call of lookupKmsCalls(client, run)) ids.push(call.eventId);
            break;
          } catch (error) {
            if (!(error instanceof Error && error.message === 'enough')) throw error;
          }
          if (!tokenLives && resume !== undefined) resume = { ...resume, nextToken: resume.nextToken && 'expired' };
        }
        expect(ids.toSorted()).toEqual(expectedIds(records).toSorted());
      }),
      { numRuns: 15 },
    );
  });

  it('trap 41: keeps nothing of the records in a position', async () => {
    const { client, options } = await setUp(kmsRecords(60));
    const positions: string[] = [];
    const onPage = (page: LookupPage): void => void positions.push(JSON.stringify(page.resume()));
    const kept: KmsCall[] = [];
    for await (const call of lookupKmsCalls(client, { ...options, onPage })) kept.push(call);
    // The fake's token holds the question, as AWS's may hold anything.
    for (const text of [...positions, JSON.stringify(kept)]) {
      for (const secret of ['encryptionContext', 'arn:aws:s3', 'agent', 'userName']) expect(text).not.toContain(secret);
    }
    expect(Object.keys(JSON.parse(positions[0])).sort()).toEqual(
      ['end', 'from', 'nextToken', 'operation', 'pass', 'seen', 'to'].sort(),
    );
  });

  it('refuses the position of another look-up', async () => {
    const { client, options } = await setUp(kmsRecords(60));
    let resume: LookupResume | undefined;
    await idsOf(
      lookupKmsCalls(client, {
        ...options,
        onPage: (page) => {
          resume ??= page.resume();
        },
      }),
    );
    expect(resume).toBeDefined();
    const other = { ...options, to: options.to + 1, resume: resume as LookupResume };
    expect(() => lookupKmsCalls(client, other)).toThrow(InputError);
  });

  it('trap 19: looks up single operations where all of KMS is too much', async () => {
    const operations = ['DisableKey', 'PutKeyPolicy', 'TagResource'];
    const records = [
      ...kmsRecords(500),
      ...operations.map((eventName, i) => kmsRecord(1000 + i, { eventName })),
      otherRecord(2000, { eventName: 'TagResource' }),
    ];
    const { aws, client, options } = await setUp(records);
    const rejected: unknown[] = [];
    const ids = await idsOf(
      lookupKmsCalls(client, {
        ...options,
        operations: [...operations, 'DisableKey'],
        onRejected: (r) => rejected.push(r),
      }),
    );
    expect(ids).toEqual(expectedIds(records.slice(500, 503)));
    expect(rejected).toEqual([]);
    expect(aws.requests).toHaveLength(3);
    const all = lookupKmsCalls(client, { ...options, operations: 'critical' });
    expect((await idsOf(all)).toSorted()).toEqual(expectedIds(records.slice(500, 503)).toSorted());
    const asked = aws.requests.slice(3).map(({ body }) => JSON.stringify(body['LookupAttributes']));
    expect(asked.some((text) => text.includes('ScheduleKeyDeletion'))).toBe(true);
    expect(asked.some((text) => text.includes('Decrypt'))).toBe(false);
  });

  it('trap 20: never asks by the resource, which cryptographic calls do not fill', async () => {
    const { aws, client, options } = await setUp(kmsRecords(3));
    await idsOf(lookupKmsCalls(client, { ...options, operations: 'critical' }));
    await idsOf(lookupKmsCalls(client, options));
    const keys = aws.requests.flatMap(({ body }) => body['LookupAttributes'] as { AttributeKey: string }[]);
    expect(new Set(keys.map(({ AttributeKey }) => AttributeKey))).toEqual(new Set(['EventName', 'EventSource']));
  });

  it('says what permission is missing, with the SDK’s error as the cause', async () => {
    const { aws, client, options } = await setUp(kmsRecords(60));
    aws.faults.push(null, { error: 'AccessDeniedException', message: 'not authorized' });
    const seen: string[] = [];
    const failed = await (async () => {
      for await (const call of lookupKmsCalls(client, options)) seen.push(call.eventId);
    })().catch((error: unknown) => error as Error);
    // What was read before is kept.
    expect(seen).toHaveLength(50);
    expect(failed).toBeInstanceOf(AwsCallError);
    expect(failed?.message).toBe(
      'cloudtrail:LookupEvents failed: AccessDeniedException: not authorized (needed is the permission cloudtrail:LookupEvents)',
    );
    expect(failed?.cause).toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  it('passes on that there are no credentials', async () => {
    const { aws, options } = await setUp([]);
    const client = new CloudTrailClient({
      ...aws.config,
      credentials: async () => {
        throw Object.assign(new Error('Could not load credentials from any providers'), {
          name: 'CredentialsProviderError',
        });
      },
    });
    await expect(idsOf(lookupKmsCalls(client, options))).rejects.toMatchObject({
      reason: 'CredentialsProviderError',
      message: expect.stringContaining('cloudtrail:LookupEvents'),
    });
    expect(aws.requests).toHaveLength(0);
  });

  it('ends with the signal’s reason, in the middle of a wait too', async () => {
    const { aws, client, options } = await setUp(kmsRecords(60));
    const stop = new AbortController();
    aws.faults.push(null, 'throttle');
    const clock = new FakeClock();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (ms, signal) => {
      if (ms >= 1000) stop.abort(new Error('no more'));
      return sleep(ms, signal);
    };
    await expect(idsOf(lookupKmsCalls(client, { ...options, clock, signal: stop.signal }))).rejects.toThrow('no more');
  });

  it('goes on through the SDK’s own tries, which come unpaced', async () => {
    const records = kmsRecords(60);
    const { aws, options } = await setUp(records);
    aws.faults.push('internal-error', null);
    const client = new CloudTrailClient({ ...aws.config, maxAttempts: 3 });
    expect(await idsOf(lookupKmsCalls(client, options))).toHaveLength(60);
  });

  it.each([
    [{ from: 2, to: 1 }, 'from must be earlier than to'],
    [{ from: NaN, to: 1 }, 'from'],
    [{ from: 0, to: 1, operations: [] }, 'operations'],
    [{ from: 0, to: 1, operations: [''] }, 'operations[0]'],
    [{ from: 0, to: 1, retry: { within: -1 } }, 'retry.within'],
  ])('refuses %o', async (bad, name) => {
    const { client } = await setUp([]);
    expect(() => lookupKmsCalls(client, bad)).toThrow(InputError);
    expect(() => lookupKmsCalls(client, bad)).toThrow(name);
  });
});

describe('estimateLookup', () => {
  it('counts what fits a page exactly', async () => {
    const { client, options } = await setUp(kmsRecords(31));
    expect(await estimateLookup(client, options)).toMatchObject({
      events: 31,
      exact: true,
      requests: 1,
      duration: 500,
    });
  });

  it('tells the time that a look-up then takes, within a third where traffic is steady', async () => {
    const records = kmsRecords(8000);
    const { aws, clock, client, options } = await setUp(records);
    const estimate = await estimateLookup(client, { ...options, probes: 8 });
    expect(aws.requests.length).toBeLessThanOrEqual(8);
    expect(estimate).toMatchObject({ exact: false, keepsUp: true });
    const begun = clock.time;
    await idsOf(lookupKmsCalls(client, options));
    const taken = clock.time - begun;
    expect(estimate.duration / taken).toBeGreaterThan(0.66);
    expect(estimate.duration / taken).toBeLessThan(1.5);
  });

  it('trap 19: says when more comes than 100 events a second', async () => {
    // 240 events a second over ten seconds.
    const records = Array.from({ length: 2400 }, (_, i) =>
      kmsRecord(i, { eventTime: `${new Date(START + Math.floor(i / 240) * SECOND).toISOString().slice(0, 19)}Z` }),
    );
    const { client, options } = await setUp(records);
    const busy = await estimateLookup(client, { ...options, to: START + 10 * SECOND, probes: 4 });
    expect(busy.keepsUp).toBe(false);
    expect(busy.events).toBeGreaterThan(1500);
    expect(busy.events).toBeLessThan(3000);
    const critical = await estimateLookup(client, { ...options, operations: 'critical' });
    expect(critical).toMatchObject({ keepsUp: true, events: 0, exact: true });
  });
});
