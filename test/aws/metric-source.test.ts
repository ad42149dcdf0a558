import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { metricSource } from '../../src/aws/index.js';
import { definePlan, memoryStore, type Notice, planText, runPlan } from '../../src/plan/index.js';
import { poisson, seeded } from '../support/random.js';
import { fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { type FakeMetric, fakeCloudWatch } from './support/fake-cloudwatch.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEP = 5 * MINUTE;
const REGION = 'eu-central-1';
const BEGAN = Date.UTC(2026, 4, 4);
const FIRST = BEGAN + 10 * DAY;
const arn = (n: number) => `arn:aws:kms:${REGION}:111122223333:key/${n}234abcd-12ab-34cd-56ef-1234567890ab`;

/** Calls of a key, some ten in five minutes; `change` says what becomes of them. */
function calls(n: number, change: (time: number, count: number) => number = (_, count) => count) {
  const random = seeded(n);
  const points = new Map<number, number>();
  for (let time = BEGAN; time < FIRST + DAY; time += STEP) {
    const count = change(time, poisson(random, 10));
    if (count > 0) points.set(time / 1000, count);
  }
  return points;
}

function successful(n: number, points: Map<number, number>): FakeMetric & { points: Map<number, number> } {
  return {
    namespace: 'AWS/KMS',
    name: 'SuccessfulRequest',
    dimensions: { KeyArn: arn(n), Operation: 'Decrypt' },
    points,
  };
}

/** A plan of metrics alone over CloudWatch, whose time is the test's to set. */
async function watching(metrics: readonly FakeMetric[]) {
  const cloud = { now: FIRST };
  const aws = await fakeAws(fakeCloudWatch(metrics, cloud));
  const clock = new FakeClock(FIRST);
  const source = metricSource(new CloudWatchClient(aws.config), { clock });
  const notices: Notice[] = [];
  const plan = definePlan({
    purpose: 'Watch the keys',
    owner: 'Security',
    learnFor: 7 * DAY,
    timeZone: 'UTC',
    sources: [source],
    notify: [{ name: 'test', tell: (notice) => void notices.push(notice) }],
  });
  const store = memoryStore();
  const problems: string[] = [];
  const poll = (time: number) => {
    cloud.now = time;
    clock.time = time;
    return runPlan(plan, {
      store,
      once: true,
      clock: { now: () => time, sleep: async () => undefined },
      onProblem: ({ error }) => problems.push(String(error)),
    });
  };
  return { aws, poll, notices, plan, problems };
}

const sum = (points: ReadonlyMap<number, number>, from: number, to: number) =>
  [...points].reduce((total, [time, count]) => total + (time * 1000 >= from && time * 1000 < to ? count : 0), 0);

describe('a plan on metrics alone', () => {
  it('finds a key that stops and a burst on another, and says what metrics cannot know', async () => {
    const stops = FIRST + 2 * HOUR;
    const burst = FIRST + 3 * HOUR;
    const metrics = [
      successful(1, calls(1)),
      successful(
        2,
        calls(2, (time, count) => (time >= stops ? 0 : count)),
      ),
      successful(
        3,
        calls(3, (time, count) => (time >= burst && time < burst + 2 * STEP ? count + 150 : count)),
      ),
    ];
    const { poll, notices, plan, problems } = await watching(metrics);
    for (let time = FIRST; time <= FIRST + 6 * HOUR; time += HOUR / 2) await poll(time);
    expect(problems).toEqual([]);
    const opened = notices.filter(({ change }) => change === 'opened');
    expect(opened.map(({ key, anomaly }) => [key?.keyArn, anomaly?.verdict]).sort()).toEqual([
      [arn(2), 'below'],
      [arn(3), 'above'],
    ]);
    for (const { text, callers, anomaly } of opened) {
      expect(text).toContain('Successful Decrypt on ');
      expect(text).toMatch(/Callers and errors are unknown: metrics do not hold them\.$/);
      expect([callers, anomaly?.callers]).toEqual([[], undefined]);
    }
    expect(planText(plan)).toContain('without callers, failed calls, single events or the direction of ReEncrypt');
  });

  it('counts each period once, though every poll reads the last hour again and points are revised', async () => {
    const points = calls(1);
    const { poll, aws, notices } = await watching([successful(1, points)]);
    for (let time = FIRST; time <= FIRST + HOUR; time += STEP) await poll(time);
    // A point that was there grows by seven, and another comes half an hour late.
    const [grown, late] = [FIRST + 20 * MINUTE, FIRST + 30 * MINUTE];
    points.set(grown / 1000, (points.get(grown / 1000) ?? 0) + 7);
    points.set(late / 1000, (points.get(late / 1000) ?? 0) + 2);
    let health = await poll(FIRST + HOUR + STEP);
    expect(health).toMatchObject({ late: 1, tooLate: 0 });
    for (let time = FIRST + HOUR + 2 * STEP; time <= FIRST + 2 * HOUR; time += STEP) health = await poll(time);
    const began = FIRST - 15 * MINUTE - 7 * DAY;
    expect(health.calls).toBe(sum(points, began, FIRST + 2 * HOUR - 10 * MINUTE));
    expect(health.coverage['metrics of CloudWatch']).toBeGreaterThan(0.99);
    expect([health.late, notices]).toEqual([1, []]);
    // The first reading is of the history, later ones of the last hour and what came since.
    const asked = aws
      .of('GetMetricData')
      .map(({ body }) => (Number(body['EndTime']) - Number(body['StartTime'])) / 3600);
    expect(asked[0]).toBeGreaterThan(168);
    expect(Math.max(...asked.slice(1))).toBeLessThan(1.5);
  });

  it('goes on to count a metric that CloudWatch lists no more: silence of two weeks is silence', async () => {
    const metric = {
      ...successful(
        1,
        calls(1, (time, count) => (time >= FIRST ? 0 : count)),
      ),
      idle: false,
    };
    const { poll, notices, aws } = await watching([metric, successful(2, calls(2))]);
    await poll(FIRST);
    metric.idle = true;
    for (let time = FIRST + HOUR; time <= FIRST + 4 * HOUR; time += HOUR) await poll(time);
    const opened = notices.filter(({ change }) => change === 'opened');
    expect(opened.map(({ key, anomaly }) => [key?.keyArn, anomaly?.kind])).toEqual([[arn(1), 'silence']]);
    const asked = JSON.stringify(aws.of('GetMetricData').at(-1)?.body);
    expect(asked).toContain(arn(1));
  });

  it('watches when imported key material expires: 30 days, a week and a day before, anew when it is renewed', async () => {
    const seconds = new Map<number, number>();
    const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
    const material: FakeMetric = {
      namespace: 'AWS/KMS',
      name: 'SecondsUntilKeyMaterialExpiration',
      dimensions: { KeyId: KEY_ID },
      points: seconds,
    };
    const { poll, notices } = await watching([material]);
    let expires = FIRST + 8 * DAY;
    const at = async (time: number) => {
      for (let point = time - HOUR; point < time; point += MINUTE) seconds.set(point / 1000, (expires - point) / 1000);
      await poll(time);
    };
    await at(FIRST);
    await at(FIRST + HOUR);
    await at(FIRST + 26 * HOUR);
    expires = FIRST + 100 * DAY;
    await at(FIRST + 28 * HOUR);
    expires = FIRST + 40 * HOUR;
    await at(FIRST + 30 * HOUR);
    expect(notices.map(({ kind, text }) => [kind, text])).toEqual(
      ['1 week 1 day', '6 days 22 h', '10 h 1 min'].map((left) => [
        'lifecycle',
        `The imported material of key ${KEY_ID} in ${REGION} expires in ${left}, and then calls on the key fail.`,
      ]),
    );
  });

  it('reports what it cannot read as a problem, and keeps what it could', async () => {
    const metrics = [successful(1, calls(1))];
    const { poll, aws, problems } = await watching(metrics);
    await poll(FIRST);
    aws.faults.push({ error: 'AccessDenied', message: 'no' });
    const health = await poll(FIRST + STEP);
    expect(problems).toEqual([expect.stringContaining('needed is the permission cloudwatch:ListMetrics')]);
    expect(health.failing).toHaveLength(1);
    expect((await poll(FIRST + 2 * STEP)).failing).toEqual([]);
  });

  it.each([
    [{ overlap: -1 }, 'overlap must be an integer'],
    [{ grace: 0.5 }, 'grace must be an integer'],
    [{ metrics: [{ namespace: 'AWS/KMS', name: 'Unknown', dimensions: {} }] }, 'metrics[0].stat must be given'],
    [{ regions: [] }, 'options.regions is unknown'],
  ])('names what is wrong with its options: %j', (options, message) => {
    expect(() => metricSource(new CloudWatchClient({ region: REGION }), options as object)).toThrow(message);
  });
});
