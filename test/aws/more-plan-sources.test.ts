import { gzipSync } from 'node:zlib';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { logGroupSource, trailSource } from '../../src/aws/index.js';
import { InputError } from '../../src/errors.js';
import type { KmsCall } from '../../src/kms/call.js';
import type { CallSource, Json } from '../../src/plan/index.js';
import { ACCOUNT, kmsRecord, kmsRecords, logText, REGION, START } from '../support/logs.js';
import { fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { type Delivered, logGroup } from './support/fake-logs.js';
import { type FakeObject, fakeS3, logKey } from './support/fake-s3.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const given = <T>(value: T | (() => T)): T => (typeof value === 'function' ? (value as () => T)() : value);

/** One poll of a source, with all that comes of it. */
async function poll(source: CallSource, now: number, cursor: Json = null) {
  const answer = await source.poll({ cursor, from: START, now, step: 5 * MINUTE, signal: undefined });
  const calls: KmsCall[] = [];
  for await (const call of answer.calls ?? []) calls.push(call);
  return {
    calls,
    listened: given(answer.coverage ?? []),
    cursor: given(answer.cursor),
    problem: given(answer.problem ?? null),
  };
}

describe('logGroupSource', () => {
  const delivered = (from: number, to: number, service = 'kms.amazonaws.com'): Delivered[] =>
    Array.from({ length: (to - from) / (10 * MINUTE) }, (_, i) => {
      const time = from + i * 10 * MINUTE;
      const record = kmsRecord(0, {
        eventID: `event-${time}`,
        eventTime: new Date(time).toISOString().replace('.000', ''),
        eventSource: service,
      });
      return { timestamp: time + 5 * MINUTE, message: JSON.stringify(record) };
    });

  it('listens while anything is delivered, of any service, and knows nothing of the hours without', async () => {
    // KMS for three hours; other services for three more; nothing for three; then both again.
    const events = [
      ...delivered(START, START + 3 * HOUR),
      ...delivered(START + 3 * HOUR, START + 6 * HOUR, 's3.amazonaws.com'),
      ...delivered(START + 9 * HOUR, START + 12 * HOUR),
    ];
    const aws = await fakeAws({ FilterLogEvents: logGroup(events, { page: 50 }) });
    const source = logGroupSource(new CloudWatchLogsClient(aws.config), {
      logGroup: 'trail',
      clock: new FakeClock(START),
    });
    const first = await poll(source, START + 12 * HOUR);
    expect(first.calls).toHaveLength(36);
    expect(first.listened.map(({ from, to }) => [(from - START) / HOUR, (to - START) / HOUR])).toEqual([
      [0, 6],
      [8, 11.75],
    ]);
    // The next poll begins where this one has ended.
    const second = await poll(source, START + 12 * HOUR + 5 * MINUTE, first.cursor);
    expect(second.listened).toEqual([]);
    expect(second.cursor).toBe(first.cursor);
  });

  it('names what is wrong with its options', () => {
    const client = new CloudWatchLogsClient({ region: REGION });
    expect(() => logGroupSource(client, { logGroup: '' })).toThrow("logGroup must be a log group's name or ARN");
    expect(() => logGroupSource(client, { logGroup: 'x', maxQuiet: 1 })).toThrow('maxQuiet must be an integer');
  });
});

describe('trailSource', () => {
  const trail = (fields: object = {}) => ({
    Name: 'all',
    TrailARN: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/all`,
    S3BucketName: 'logs',
    S3KeyPrefix: 'audit',
    IsOrganizationTrail: false,
    ...fields,
  });

  async function sourceOf(found: object, root: string, status: object = { IsLogging: true }, selectors: object = {}) {
    const objects = new Map<string, FakeObject>();
    for (let i = 0; i < 12; i++) {
      const records = kmsRecords(360).slice(i * 30, (i + 1) * 30);
      objects.set(logKey(START + (i + 1) * 5 * MINUTE, `file${i}`, { root }), { body: gzipSync(logText(records)) });
    }
    const aws = await fakeAws({
      ...fakeS3(objects),
      DescribeTrails: ({ body }) => ({ trailList: JSON.stringify(body).includes('all') ? [found] : [] }),
      GetTrailStatus: () => ({ ...status }),
      GetEventSelectors: () => ({
        EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true, ...selectors }],
      }),
    });
    const clients = {
      cloudTrail: new CloudTrailClient(aws.config),
      s3: new S3Client({ ...aws.config, forcePathStyle: true }),
    };
    return { aws, clients, source: trailSource(clients, { trail: 'all', clock: new FakeClock(START) }) };
  }

  it.each([
    ['of an account', {}, 'audit/AWSLogs/'],
    ['of an organisation', { IsOrganizationTrail: true }, 'audit/AWSLogs/o-abcdefghij/'],
  ])('reads the bucket that the trail names: %s', async (_, fields, root) => {
    const { source } = await sourceOf(trail(fields), root);
    const { calls, problem, listened } = await poll(source, START + 2 * HOUR);
    expect([calls.length, problem]).toEqual([360, null]);
    expect(listened[0].to).toBeGreaterThan(START + 55 * MINUTE);
  });

  it('says that the trail is stopped, cannot deliver, or leaves out reads or KMS; and refuses one that there is none of', async () => {
    const status = { IsLogging: false, LatestDeliveryError: 'NoSuchBucket' };
    const { source, clients } = await sourceOf(trail(), 'audit/AWSLogs/', status, { ReadWriteType: 'WriteOnly' });
    const { problem, calls } = await poll(source, START + 2 * HOUR);
    expect(problem).toBe(
      'the trail is not logging: StartLogging starts it; the trail cannot deliver: NoSuchBucket; the trail records no read events of KMS',
    );
    expect(calls).toHaveLength(360);
    await expect(poll(trailSource(clients, { trail: 'none' }), START)).rejects.toThrow(InputError);
  });
});
