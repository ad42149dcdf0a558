import { gzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { S3Cursor } from '../../src/aws/s3-cursor.js';
import { type S3Logs, type S3LogsOptions, s3Logs } from '../../src/aws/s3-logs.js';
import { FormatError, InputError } from '../../src/errors.js';
import type { Coverage } from '../../src/kms/coverage.js';
import { countCalls } from '../../src/kms/index.js';
import { countCloudTrail, type IngestStats, type RejectedInput, readCloudTrail } from '../../src/node/index.js';
import { ACCOUNT, kmsRecord, kmsRecords, logText, otherRecord, REGION, START } from '../support/logs.js';
import { type FakeAws, type Fault, fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { type FakeObject, fakeS3, logKey } from './support/fake-s3.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
type Fields = Readonly<Record<string, unknown>>;

const file = (records: readonly Fields[]): FakeObject => ({ body: gzipSync(logText(records)) });

async function bucket(objects: Map<string, FakeObject>, keysPerPage = 1000) {
  const aws = await fakeAws(fakeS3(objects, { keysPerPage }));
  const client = new S3Client({ ...aws.config, forcePathStyle: true });
  const clock = new FakeClock(START + DAY);
  const logs = (options: Partial<S3LogsOptions> = {}): S3Logs =>
    s3Logs(client, { bucket: 'logs', from: START, to: START + DAY, clock, ...options });
  return { aws, client, logs };
}

interface Reading {
  readonly ids: string[];
  readonly rejected: RejectedInput[];
  readonly coverage: Coverage[];
  readonly stats: IngestStats;
  readonly cursor: S3Cursor;
}

async function read(logs: S3Logs): Promise<Reading> {
  const ids: string[] = [];
  const rejected: RejectedInput[] = [];
  const coverage: Coverage[] = [];
  const stats: IngestStats[] = [];
  const calls = readCloudTrail(logs, {
    onRejected: (value) => rejected.push(value),
    onCoverage: (value) => coverage.push(...value),
    onStats: (value) => stats.push(value),
  });
  for await (const call of calls) ids.push(call.eventId);
  return { ids, rejected, coverage, stats: stats[0], cursor: JSON.parse(JSON.stringify(logs.cursor())) };
}

const idsOf = (records: readonly Fields[]): string[] => records.map((record) => String(record['eventID'])).sort();

/** A file every ten minutes, of two records each. */
function tenMinutely(count: number): { objects: Map<string, FakeObject>; records: Fields[] } {
  const records = kmsRecords(2 * count);
  const objects = new Map<string, FakeObject>();
  for (let i = 0; i < count; i++) {
    objects.set(logKey(START + i * 10 * MINUTE, `f${i}`), file(records.slice(2 * i, 2 * i + 2)));
  }
  return { objects, records };
}

const gets = (aws: FakeAws): string[] =>
  aws.of('s3:GET').flatMap(({ url }) => (url.searchParams.has('list-type') ? [] : [url.pathname]));

describe('s3Logs', () => {
  it('finds the log files of every account and Region, and no digests, Insights or network activity', async () => {
    const other = { account: '444455556666', region: 'us-east-1' };
    const objects = new Map<string, FakeObject>([
      [logKey(START, 'a'), file([kmsRecord(0), otherRecord(1)])],
      [logKey(START, 'b', other), file([kmsRecord(2)])],
      [logKey(START, 'c', { kind: 'CloudTrail-Digest' }), file([kmsRecord(3)])],
      [logKey(START, 'd', { kind: 'CloudTrail-Insight' }), file([kmsRecord(4)])],
      [logKey(START, 'e', { kind: 'CloudTrail-NetworkActivity' }), file([kmsRecord(5)])],
      ['AWSLogs/AWSIsengardLogs/x.txt', file([])],
      ['other/1.json.gz', file([])],
    ]);
    const { logs } = await bucket(objects, 2);
    const { ids, stats, rejected } = await read(logs());
    expect(ids.sort()).toEqual(idsOf([kmsRecord(0), kmsRecord(2)]));
    const bytes = [...objects.values()].slice(0, 2).reduce((sum, { body }) => sum + body.length, 0);
    expect(stats).toMatchObject({ files: 2, filesRead: 2, bytes, records: 3, calls: 2, otherServices: 1 });
    expect(rejected).toEqual([]);
    expect((await read(logs({ accounts: [ACCOUNT] }))).ids).toHaveLength(1);
    expect((await read(logs({ regions: ['us-east-1'] }))).ids).toEqual(idsOf([kmsRecord(2)]));
  });

  it('knows the layout of a prefix and of an organisation’s trail', async () => {
    const objects = new Map([[logKey(START, 'a', { root: 'my/logs/AWSLogs/o-abc123/' }), file([kmsRecord(0)])]]);
    const { logs } = await bucket(objects);
    expect((await read(logs({ prefix: 'my/logs/', organization: 'o-abc123' }))).ids).toHaveLength(1);
    expect((await read(logs({ prefix: 'my/logs' }))).ids).toHaveLength(0);
  });

  it('trap 16: goes by the day of publication with a day more on either side; the records’ own time then counts', async () => {
    const days = [-3, -1, 0, 1, 2, 3];
    const objects = new Map(
      days.map((day) => [
        logKey(START + day * DAY, `d${day}`),
        file([kmsRecord(day + 5, { eventTime: '2024-03-05T12:00:00Z' })]),
      ]),
    );
    objects.set(logKey(START + DAY, 'late'), file([kmsRecord(99, { eventTime: '2024-03-06T00:00:00Z' })]));
    const { logs } = await bucket(objects);
    const one = logs({ from: START, to: START + HOUR });
    const { ids } = await read(one);
    expect(ids.sort()).toEqual(idsOf([-1, 0, 1].map((day) => kmsRecord(day + 5)).concat(kmsRecord(99))));
    const set = await countCalls(readCloudTrail(logs()), { start: START, end: START + DAY, by: [[]] });
    expect(set.grid.length).toBe(288);
  });

  it('lists long folders page by page, and downloads a few files at once', async () => {
    const { objects, records } = tenMinutely(100);
    const { aws, logs } = await bucket(objects, 7);
    aws.faults.push(...Array<Fault>(40).fill('slow'));
    const { ids } = await read(logs({ concurrency: 3 }));
    expect(ids.sort()).toEqual(idsOf(records));
    expect(aws.mostOpen).toBeGreaterThan(1);
    expect(aws.mostOpen).toBeLessThanOrEqual(4);
    expect(gets(aws)).toHaveLength(100);
  });

  it('holds no more bytes ahead than it may, and streams what is larger', async () => {
    const { objects, records } = tenMinutely(12);
    const { aws, logs } = await bucket(objects);
    const sources = logs({ buffer: 0 });
    let opened = 0;
    for await (const source of sources) {
      expect(gets(aws)).toHaveLength(opened);
      for await (const _ of source.open());
      opened++;
    }
    expect(opened).toBe(12);
    expect((await read(logs({ buffer: 1000 }))).ids.sort()).toEqual(idsOf(records));
  });

  it('takes a cut download up again where it was: nothing lost, nothing twice', async () => {
    // Not compressible, so that half of it is more than a few bytes.
    const noise = Array.from({ length: 300 }, (_, i) =>
      kmsRecord(i, { userAgent: `${Math.sin(i)}${Math.cos(i)}`.repeat(20) }),
    );
    const objects = new Map([[logKey(START, 'a'), file(noise)]]);
    const { aws, logs } = await bucket(objects);
    aws.faults.push(null, 'half', 'half', 'cut', 'throttle', 'half', 'internal-error', 'slow');
    const { ids, rejected } = await read(logs({ accounts: [ACCOUNT], regions: [REGION] }));
    expect(rejected).toEqual([]);
    expect(ids.sort()).toEqual(idsOf(noise));
    const ranges = aws.of('s3:GET').flatMap(({ headers }) => (headers.range === undefined ? [] : [headers.range]));
    expect(ranges.length).toBeGreaterThan(1);
    expect(ranges.every((range) => /^bytes=[1-9]\d*-$/.test(range))).toBe(true);
  });

  it('names a file that cannot be had or read, reads the others, and tries it again the next time', async () => {
    const { objects, records } = tenMinutely(5);
    const names = [...objects.keys()];
    const good = objects.get(names[1]) as FakeObject;
    objects.set(names[1], { body: good.body.subarray(0, good.body.length - 20) });
    objects.set(names[2], { body: new Uint8Array() });
    const { aws, logs } = await bucket(objects);
    // After three listings and three files.
    aws.faults.push(...Array(6).fill(null), { error: 'AccessDenied', status: 403 });
    const first = await read(logs({ concurrency: 1 }));
    expect(first.rejected.map(({ path, reason }) => [path, reason])).toEqual([
      [`s3://logs/${names[1]}`, 'truncated'],
      [`s3://logs/${names[2]}`, 'empty'],
      [`s3://logs/${names[3]}`, 'no-permission'],
    ]);
    expect(first.stats).toMatchObject({ files: 5, filesRead: 2 });
    expect(first.ids).toEqual(expect.arrayContaining(idsOf([...records.slice(0, 2), ...records.slice(8)])));

    // Whatever of a file could not be read, it is tried again: it may have been put there anew.
    objects.set(names[1], good);
    const second = await read(logs({ cursor: first.cursor }));
    expect(second.rejected.map(({ reason }) => reason)).toEqual(['empty']);
    expect(second.ids.sort()).toEqual(idsOf([...records.slice(2, 4), ...records.slice(6, 8)]));
    const third = await read(logs({ cursor: second.cursor }));
    expect([third.ids, third.rejected.length]).toEqual([[], 1]);
  });

  it('is counted by countCloudTrail without parsing: the same set, and the same files named', async () => {
    const { objects } = tenMinutely(5);
    const names = [...objects.keys()];
    const good = objects.get(names[1]) as FakeObject;
    objects.set(names[1], { body: good.body.subarray(0, good.body.length - 20) });
    const by = [['operation'], ['keyArn', 'caller']] as const;
    const read: RejectedInput[] = [];
    const counted: RejectedInput[] = [];
    const run = async (count: (logs: S3Logs) => Promise<unknown>) => {
      const { aws, logs } = await bucket(objects);
      aws.faults.push(...Array(6).fill(null), { error: 'AccessDenied', status: 403 });
      const all = logs({ concurrency: 1 });
      return { set: await count(all), cursor: all.cursor() };
    };
    const slow = await run((logs) => countCalls(readCloudTrail(logs, { onRejected: (it) => read.push(it) }), { by }));
    const fast = await run(
      async (logs) => (await countCloudTrail(logs, { by, onRejected: (it) => counted.push(it) })).set,
    );
    expect(fast).toEqual(slow);
    expect(counted).toEqual(read);
    expect(counted.map(({ reason }) => reason)).toEqual(['truncated', 'no-permission']);
  });

  it('reads only new files with a cursor, in whatever order they turn up', async () => {
    const arrival = fc.array(
      fc.record({ minute: fc.integer({ min: 0, max: 23 * 60 }), run: fc.integer({ min: 0, max: 4 }) }),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(arrival, fc.integer({ min: 1, max: 5 }), async (files, keysPerPage) => {
        const objects = new Map<string, FakeObject>();
        const { logs, aws } = await bucket(objects, keysPerPage);
        let cursor: S3Cursor | undefined;
        const ids: string[] = [];
        for (let run = 0; run < 5; run++) {
          for (const [i, { minute, run: arrives }] of files.entries()) {
            if (arrives === run) objects.set(logKey(START + minute * MINUTE, `f${i}`), file([kmsRecord(i)]));
          }
          const reading = await read(logs({ ...(cursor === undefined ? {} : { cursor }), regions: [REGION] }));
          ids.push(...reading.ids);
          cursor = reading.cursor;
        }
        expect(ids.sort()).toEqual(idsOf(files.map((_, i) => kmsRecord(i))));
        expect(gets(aws)).toHaveLength(files.length);
      }),
      { numRuns: 15 },
    );
  });

  it('keeps a cursor short: days that are done with leave no names', async () => {
    const objects = new Map<string, FakeObject>();
    for (let day = 0; day < 20; day++) objects.set(logKey(START + day * DAY, `d${day}`), file([kmsRecord(day)]));
    const { logs } = await bucket(objects);
    const { cursor, ids } = await read(logs({ to: START + 20 * DAY }));
    expect(ids).toHaveLength(20);
    expect(cursor.folders).toHaveLength(1);
    expect(cursor.folders[0].cursor.read).toHaveLength(2);
    expect(cursor.folders[0].cursor.until).toBe(START + 19 * DAY);
  });

  it('reads a file that turns up a day late, and files that were passed over while later ones were read', async () => {
    const objects = new Map<string, FakeObject>();
    for (let day = 0; day < 6; day++) objects.set(logKey(START + day * DAY, `d${day}`), file([kmsRecord(day)]));
    const { logs } = await bucket(objects);
    const first = logs({ to: START + 6 * DAY });
    const sources = [];
    for await (const source of first) sources.push(source);
    for await (const _ of sources[5].open());
    const second = await read(logs({ to: START + 6 * DAY, cursor: first.cursor() }));
    expect(second.ids.sort()).toEqual(idsOf(kmsRecords(5)));
    objects.set(logKey(START + 4.5 * DAY, 'late'), file([kmsRecord(77)]));
    const third = await read(logs({ to: START + 6 * DAY, cursor: second.cursor }));
    expect(third.ids).toEqual(idsOf([kmsRecord(77)]));
  });

  it('loses nothing when the loop is left: what was not read to its end is read by the next run', async () => {
    const { objects, records } = tenMinutely(10);
    const { logs } = await bucket(objects);
    for (const stopAfter of [0, 1, 4, 9]) {
      const broken = logs();
      const ids: string[] = [];
      let seen = 0;
      for await (const source of broken) {
        if (seen++ === stopAfter) break;
        for await (const call of readCloudTrail(only(source))) ids.push(call.eventId);
      }
      const rest = await read(logs({ cursor: broken.cursor() }));
      expect([...ids, ...rest.ids].sort()).toEqual(idsOf(records));
    }
  });

  it('does not take a changed file for the rest of the one that broke off', async () => {
    const noise = Array.from({ length: 300 }, (_, i) => kmsRecord(i, { userAgent: `${Math.sin(i)}`.repeat(40) }));
    const key = logKey(START, 'a');
    const objects = new Map([[key, file(noise)]]);
    const { aws, logs } = await bucket(objects);
    aws.faults.push(null, 'half');
    const sources = logs({ accounts: [ACCOUNT], regions: [REGION], buffer: 0 });
    const reading = (async () => {
      for await (const source of sources) {
        let bytes = 0;
        for await (const chunk of source.open()) {
          if (bytes === 0) objects.set(key, file(noise.slice(1)));
          bytes += chunk.length;
        }
      }
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AwsCallError', reason: 'PreconditionFailed' });
  });

  it('throws when the bucket cannot be listed', async () => {
    const { aws, logs } = await bucket(new Map());
    aws.faults.push({ error: 'AccessDenied', status: 403 });
    await expect(read(logs())).rejects.toThrow('needed is the permission s3:ListBucket');
    await expect(read(logs({ bucket: 'none' }))).rejects.toThrow('NoSuchBucket');
  });

  it('tells coverage from the records of all services', async () => {
    const objects = new Map([[logKey(START, 'a'), file([otherRecord(0), kmsRecord(60), otherRecord(179)])]]);
    const { logs } = await bucket(objects);
    const { coverage } = await read(logs());
    expect(coverage).toEqual([{ account: ACCOUNT, region: REGION, from: START, to: START + 30 * MINUTE }]);
  });

  it.each([
    [{ bucket: '' }, 'bucket'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ buffer: -1 }, 'buffer'],
    [{ from: START + DAY }, 'from must be earlier than to'],
  ])('refuses %o', async (bad, name) => {
    const { logs } = await bucket(new Map());
    expect(() => logs(bad)).toThrow(InputError);
    expect(() => logs(bad)).toThrow(name);
  });

  it.each([
    [{ version: 2, folders: [] }],
    [{ version: 1 }],
    [{ version: 1, folders: [{ prefix: 'x', cursor: { until: 'x', read: [], failed: [] } }] }],
    [{ version: 1, folders: [{ prefix: 'x', cursor: { until: null, read: [1], failed: [] } }] }],
  ])('refuses the cursor %o', async (cursor) => {
    const { logs } = await bucket(new Map());
    expect(() => logs({ cursor: cursor as unknown as S3Cursor })).toThrow(FormatError);
  });
});

async function* only<T>(value: T): AsyncGenerator<T> {
  yield value;
}
