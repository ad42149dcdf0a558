import { gzipSync } from 'node:zlib';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { bucketSource, eventHistorySource } from '../../src/aws/index.js';
import { definePlan, memoryStore, type PlanProblem, runPlan } from '../../src/plan/index.js';
import { ACCOUNT, kmsRecords, logText, REGION, START } from '../support/logs.js';
import { eventHistory } from './support/event-history.js';
import { fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { type FakeObject, fakeS3, logKey } from './support/fake-s3.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const notify = [{ name: 'nobody', tell: () => undefined }];

describe('bucketSource', () => {
  it('reads each file of a bucket once over many polls, in parts, and goes on after one that was denied', async () => {
    // A record every ten seconds, a file every ten minutes, of a day.
    const records = kmsRecords(6 * 60 * 24);
    const files = Array.from({ length: 144 }, (_, i) => records.slice(i * 60, (i + 1) * 60));
    const objects = new Map<string, FakeObject>();
    const put = (from: number, to: number, denied = false) => {
      for (let i = from; i < to; i++) {
        const key = logKey(START + (i + 1) * 10 * MINUTE, String(i).padStart(4, '0'));
        objects.set(key, { body: gzipSync(logText(files[i])), denied: denied && i === from });
      }
    };
    put(0, 72);
    const aws = await fakeAws(fakeS3(objects));
    const client = new S3Client({ ...aws.config, forcePathStyle: true });
    const source = bucketSource(client, {
      bucket: 'logs',
      account: ACCOUNT,
      region: REGION,
      filesAtOnce: 10,
      clock: new FakeClock(START),
    });
    const plan = definePlan({
      purpose: 'Test',
      owner: 'Tests',
      sources: [source],
      notify,
      learnFor: 6 * HOUR,
      timeZone: 'UTC',
    });
    const store = memoryStore();
    const problems: PlanProblem[] = [];
    const poll = (hours: number) =>
      runPlan(plan, {
        store,
        once: true,
        clock: { now: () => START + hours * HOUR, sleep: async () => undefined },
        onProblem: (problem) => problems.push(problem),
      });
    // Begun at noon, it learns from six hours and a quarter before.
    const first = await poll(12);
    const counted = first.calls;
    expect(counted).toBeGreaterThan(2000);
    expect(first.duplicates).toBe(0);
    put(72, 120, true);
    const second = await poll(20);
    expect(second.rejected).toBe(1);
    put(72, 144);
    const third = await poll(24);
    expect(third.calls - counted).toBe(72 * 60);
    expect(third).toMatchObject({ duplicates: 0, phase: 'watching', lag: 15 * MINUTE });
    expect(third.coverage[source.name]).toBeGreaterThan(0.7);
    // Reported once a poll, by the one that could not read it.
    expect(problems.map(({ error }) => String(error))).toEqual([
      expect.stringMatching(/^Error: could not read s3:\/\/logs\/.*_0072\.json\.gz \(no permission\)$/),
    ]);
    expect(third.failing).toEqual([]);
  });

  it('names what is wrong with its options', () => {
    const client = new S3Client({});
    const options = { bucket: 'logs', account: ACCOUNT, region: REGION };
    expect(() => bucketSource(client, { ...options, account: '' })).toThrow('account must be given, got ""');
    expect(() => bucketSource(client, { ...options, filesAtOnce: 0 })).toThrow('filesAtOnce must be an integer');
    expect(bucketSource(client, options).name).toBe(`s3://logs ${ACCOUNT} ${REGION}`);
  });
});

describe('eventHistorySource', () => {
  it('tells a plan who changed keys, late ones too, and counts copies once', async () => {
    const change = (eventName: string, time: number, i: number) => ({
      ...kmsRecords(1)[0],
      eventName,
      eventID: `change-${i}`,
      readOnly: false,
      eventTime: new Date(time).toISOString().replace('.000', ''),
    });
    const now = START + 24 * HOUR;
    const all = [
      change('DisableKey', now - 10 * HOUR, 1),
      change('ScheduleKeyDeletion', now - HOUR, 2),
      change('PutKeyPolicy', now + 30 * MINUTE, 3),
    ];
    const history = (count: number) => ({ LookupEvents: eventHistory(all.slice(0, count)) });
    const told: string[] = [];
    const store = memoryStore();
    for (const [count, time] of [
      [2, now],
      [3, now + HOUR],
      [3, now + 2 * HOUR],
    ] as const) {
      const aws = await fakeAws(history(count));
      const client = new CloudTrailClient(aws.config);
      const source = eventHistorySource(client, { account: ACCOUNT, region: REGION, clock: new FakeClock(time) });
      const plan = definePlan({
        purpose: 'Test',
        owner: 'Tests',
        sources: [source],
        notify: [{ name: 'list', tell: ({ text }) => void told.push(text.split(' ')[0]) }],
        learnFor: 12 * HOUR,
        timeZone: 'UTC',
        alertBudget: { changes: 100 },
      });
      const health = await runPlan(plan, {
        store,
        once: true,
        clock: { now: () => time, sleep: async () => undefined },
      });
      expect(health.failing).toEqual([]);
      if (time === now + 2 * HOUR) expect(health.calls - health.duplicates).toBe(3);
    }
    // What lies in the time that is learned from is not reported; the last seventh of it is judged.
    expect(told).toEqual(['ScheduleKeyDeletion', 'PutKeyPolicy']);
  });
});
