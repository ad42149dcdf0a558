import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { beforeAll, describe, expect, it } from 'vitest';
import { PublishError, publishScores } from '../../src/aws/index.js';
import { type Baseline, fitBaseline, type Scores, scoreWindow } from '../../src/engine/index.js';
import { seriesSet } from '../../src/series/series-set.js';
import { KEY, MONDAY, poissonRow, STEP, WEEK } from '../support/sets.js';
import { FakeClock } from './support/fake-clock.js';
import { type RawAnswer, wire } from './support/wire.js';

const DAY = 86_400_000;
const START = MONDAY + 2 * WEEK;
const ROWS = 200;
const arn = (i: number) => KEY.replace(/abcd-/, `${String(i).padStart(4, '0')}-`);
let baseline: Baseline;
let scores: Scores;

beforeAll(() => {
  const history = poissonRow(1, 2, () => 5);
  const series = Array.from({ length: ROWS }, (_, i) => ({
    key: { operation: 'Decrypt', keyArn: arn(i) },
    values: history,
  }));
  const total = { key: { operation: 'Decrypt' }, values: history };
  baseline = fitBaseline(seriesSet({ start: MONDAY, step: STEP, series: [...series, total] }), {
    timeZone: 'UTC',
  });
  const window = Array.from({ length: 20 }, (_, b) => (b === 7 ? Number.NaN : b === 9 ? 90 : 5));
  scores = scoreWindow(
    baseline,
    seriesSet({ start: START, step: STEP, series: [...series, total].map(({ key }) => ({ key, values: window })) }),
  );
});

interface Datum {
  readonly MetricName: string;
  readonly Dimensions: { Name: string; Value: string }[];
  readonly Timestamp: number;
  readonly Value: number;
}

async function publish(
  options: Parameters<typeof publishScores>[2] & { now?: number; maxAttempts?: number },
  answers: (RawAnswer | null)[] = [],
  what = scores,
) {
  const server = await wire((_, i) => answers[i] ?? {});
  const clock = new FakeClock(options.now ?? START + 20 * STEP);
  const { now, maxAttempts = 1, ...rest } = options;
  const done = publishScores(new CloudWatchClient({ ...server.config, maxAttempts }), what, { ...rest, clock });
  const published = await done;
  const bodies = server.requests.map(({ body }) => JSON.parse(body) as { Namespace: string; MetricData: Datum[] });
  return { published, bodies, requests: server.requests };
}

const THROTTLED = { status: 400, body: '{"__type":"ThrottlingException","message":"Rate exceeded"}' };

describe('publishScores', () => {
  it('sends each bucket of each key and operation once, in requests within the limits', async () => {
    const { published, bodies, requests } = await publish({});
    const data = bodies.flatMap(({ MetricData }) => MetricData);
    // 19 observed buckets, three metrics; the total has no key and stays here.
    expect(data).toHaveLength(ROWS * 19 * 3);
    expect(published).toMatchObject({ points: data.length, requests: bodies.length, outside: 0, uncertain: 0 });
    expect(published.until).toBe(START + 20 * STEP);
    const ids = data.map(({ MetricName, Dimensions, Timestamp }) =>
      JSON.stringify([MetricName, Dimensions, Timestamp]),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const { MetricData, Namespace } of bodies) {
      expect(Namespace).toBe('KmsBaseline');
      expect(MetricData.length).toBeLessThanOrEqual(1000);
    }
    expect(Math.max(...bodies.map(({ MetricData }) => MetricData.length))).toBe(1000);
    for (const { body } of requests) expect(body.length).toBeLessThan(1_000_000);
    expect(requests.some(({ headers }) => headers['content-encoding'] === 'gzip')).toBe(true);
    expect(data.every(({ Value }) => Number.isFinite(Value))).toBe(true);
    const spike = data.filter(({ Timestamp }) => Timestamp * 1000 === START + 9 * STEP);
    expect(spike.find(({ MetricName }) => MetricName === 'Verdict')?.Value).toBe(1);
    expect(spike.find(({ MetricName }) => MetricName === 'Surprise')?.Value).toBeGreaterThan(20);
    expect(spike[0].Dimensions).toEqual([
      { Name: 'KeyArn', Value: arn(0) },
      { Name: 'Operation', Value: 'Decrypt' },
    ]);
  });

  it('leaves out what was published before', async () => {
    const first = await publish({});
    const again = await publish({ after: first.published.until ?? 0 });
    expect(again.published).toMatchObject({ points: 0, requests: 0, until: START + 20 * STEP });
  });

  it('trap 36: leaves out what CloudWatch refuses: older than two weeks, over two hours ahead', async () => {
    const old = await publish({ now: START + 14 * DAY + 10 * STEP, rows: ({ keyArn }) => keyArn === arn(0) });
    expect(old.published.outside).toBe(11);
    const times = old.bodies.flatMap(({ MetricData }) => MetricData.map(({ Timestamp }) => Timestamp * 1000));
    expect(Math.min(...times)).toBeGreaterThan(START + 10 * STEP);
    const ahead = await publish({ now: START - 7_200_000 + 3 * STEP, rows: ({ keyArn }) => keyArn === arn(0) });
    expect(ahead.published).toMatchObject({ outside: 17, until: START + 3 * STEP });
  });

  it('sends again what was throttled, and nothing else: no point is counted twice', async () => {
    const throttled = await publish({}, [null, THROTTLED, THROTTLED]);
    expect(throttled.requests[1].body).toBe(throttled.requests[2].body);
    expect(throttled.published).toMatchObject({ points: ROWS * 19 * 3, uncertain: 0 });
    for (const answer of [{ cut: true }, { status: 500, body: '{"__type":"InternalFailure"}' }]) {
      const { published, bodies } = await publish({}, [null, answer]);
      // Perhaps they have it, perhaps not: sent again, they might count double.
      expect(published.uncertain).toBe(1000);
      const ids = bodies.flatMap(({ MetricData }) => MetricData.map((datum) => JSON.stringify(datum)));
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('holds the retries of the client to the same, however often it would send', async () => {
    for (const answer of [
      { cut: true },
      { status: 500, body: '{"__type":"InternalFailure"}' },
      { status: 503, body: '' },
    ]) {
      const { published, bodies } = await publish({ maxAttempts: 5 }, [null, answer]);
      expect(published.uncertain).toBe(1000);
      expect(bodies).toHaveLength(published.requests);
    }
    // Throttled is refused for certain: there the client may retry as it does.
    const { published, bodies } = await publish({ maxAttempts: 5 }, [null, THROTTLED]);
    expect(published).toMatchObject({ points: ROWS * 19 * 3, uncertain: 0 });
    expect(bodies).toHaveLength(published.requests + 1);
  });

  it('goes on after a refusal where it was, in the middle of a bucket too, and sends nothing twice', async () => {
    const refused = { status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' };
    const whole = await publish({});
    const first = await publish({}, [null, null, refused]).catch((error: unknown) => error);
    expect(first).toBeInstanceOf(PublishError);
    const { published, message } = first as PublishError;
    expect(message).toBe('cloudwatch:PutMetricData failed: no');
    expect(published).toMatchObject({ points: 2000, requests: 2, until: START + 3 * STEP, beyond: 200 });
    const rest = await publish({ after: published });
    expect(rest.published).toMatchObject({ until: whole.published.until, beyond: 0 });
    const points = (bodies: readonly { MetricData: readonly Datum[] }[]) =>
      bodies.flatMap(({ MetricData }) => MetricData.map((datum) => JSON.stringify(datum)));
    expect([...points(whole.bodies).slice(0, 2000), ...points(rest.bodies)]).toEqual(points(whole.bodies));
  });

  it('fills requests to their limit, and no further: 1,000 metrics, with dimensions as long as they may be', async () => {
    const long = `${KEY}${'x'.repeat(1200)}`;
    const series = Array.from({ length: 800 }, (_, i) => ({
      key: { operation: 'Decrypt', keyArn: `${String(i)}${long}`, caller: `${long}é` },
      values: [5, 5],
    }));
    const window = seriesSet({ start: START, step: STEP, series });
    const { requests, bodies, published } = await publish({ rows: () => true }, [], scoreWindow(baseline, window));
    expect(published.points).toBe(bodies.reduce((sum, { MetricData }) => sum + MetricData.length, 0));
    for (const { body } of requests) expect(Buffer.byteLength(body)).toBeLessThan(1_000_000);
    for (const { MetricData } of bodies) {
      for (const { Dimensions, Value } of MetricData) {
        expect(Number.isFinite(Value)).toBe(true);
        for (const { Value: text } of Dimensions) expect(text).toMatch(/^[\x20-\x7e]{1,1024}$/);
      }
    }
  });

  it('passes on a refusal, and refuses names that are AWS’s own', async () => {
    const refused = { status: 400, body: '{"__type":"AccessDeniedException","message":"no"}' };
    await expect(publish({}, [refused])).rejects.toThrow('no');
    await expect(publish({ namespace: 'AWS/KMS' })).rejects.toThrow('namespace must be');
    await expect(publish({ retry: { attempts: 2 } }, [THROTTLED, THROTTLED])).rejects.toThrow('Rate exceeded');
  });
});
