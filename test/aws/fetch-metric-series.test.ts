import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fetchMetricSeries, type MetricSeriesOptions } from '../../src/aws/fetch-metric-series.js';
import type { MetricSource } from '../../src/aws/metrics.js';
import { InputError } from '../../src/errors.js';
import { rowOf, type SeriesSet, valueAt } from '../../src/series/series-set.js';
import { KEY, OTHER_KEY } from '../support/sets.js';
import { type FakeAws, fakeAws, refusal } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { type FakeCloudWatchOptions, type FakeMetric, fakeCloudWatch } from './support/fake-cloudwatch.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEP = 5 * MINUTE;
const NOW = Date.UTC(2026, 0, 19, 12);

/** Values at times given in ms before NOW. */
function points(values: Readonly<Record<number, number>>): Map<number, number> {
  return new Map(Object.entries(values).map(([before, value]) => [(NOW - Number(before)) / 1000, value]));
}

const decrypt = (values: Map<number, number>, keyArn = KEY): FakeMetric => ({
  namespace: 'AWS/KMS',
  name: 'SuccessfulRequest',
  dimensions: { KeyArn: keyArn, Operation: 'Decrypt' },
  points: values,
});
const DECRYPT = { operation: 'Decrypt', keyArn: KEY, outcome: 'ok' } as const;

async function fetch(
  metrics: readonly FakeMetric[],
  options: Partial<MetricSeriesOptions> = {},
  fake: Partial<FakeCloudWatchOptions> = {},
  prepare: (aws: FakeAws) => void = () => {},
) {
  const aws = await fakeAws(fakeCloudWatch(metrics, { now: NOW, ...fake }));
  prepare(aws);
  const client = new CloudWatchClient(aws.config);
  const clock = new FakeClock(NOW);
  const result = await fetchMetricSeries(client, { from: NOW - HOUR, to: NOW, step: STEP, clock, ...options });
  return { ...result, aws, clock };
}

/** A row's values, NaN where not observed. */
function row(set: SeriesSet, key: Parameters<typeof rowOf>[1]): number[] {
  const r = rowOf(set, key);
  expect(r, JSON.stringify([key, set.keys])).toBeGreaterThanOrEqual(0);
  const { length } = set.grid;
  return Array.from({ length }, (_, b) => (set.observed[r * length + b] === 1 ? valueAt(set, r, b) : NaN));
}

describe('fetchMetricSeries', () => {
  it('counts the successful calls of each key and operation in the row that records would give', async () => {
    const { counts, levels, report } = await fetch([
      decrypt(points({ [50 * MINUTE]: 3, [49 * MINUTE]: 4, [20 * MINUTE]: 5 })),
    ]);
    expect(counts.grid).toEqual({ start: NOW - HOUR, step: STEP, length: 12 });
    expect(counts.measure).toBe('count');
    // Not known before the first point, and not settled in the last ten minutes.
    expect(row(counts, DECRYPT)).toEqual([NaN, NaN, 7, 0, 0, 0, 0, 0, 5, 0, NaN, NaN]);
    expect(levels).toMatchObject({ measure: 'level', keys: [] });
    expect(report).toMatchObject({ step: STEP, forgotten: null, settledUntil: NOW - 10 * MINUTE, problems: [] });
    expect(report.metrics).toMatchObject([{ namespace: 'AWS/KMS', name: 'SuccessfulRequest', stat: 'Sum' }]);
  });

  it('trap 47: asks in JSON 1.0, ascending; trap 24: with all dimensions; trap 25: without a unit', async () => {
    const { aws } = await fetch([decrypt(points({ [HOUR]: 1 }))]);
    const [first] = aws.of('GetMetricData');
    expect(first.target).toBe('GraniteServiceVersion20100801.GetMetricData');
    expect(first.contentType).toBe('application/x-amz-json-1.0');
    expect(first.body).toEqual({
      StartTime: (NOW - HOUR) / 1000,
      EndTime: NOW / 1000,
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        {
          Id: 'q0',
          MetricStat: {
            Metric: {
              Namespace: 'AWS/KMS',
              MetricName: 'SuccessfulRequest',
              Dimensions: [
                { Name: 'KeyArn', Value: KEY },
                { Name: 'Operation', Value: 'Decrypt' },
              ],
            },
            Period: 300,
            Stat: 'Sum',
          },
        },
      ],
    });
    expect(aws.of('ListMetrics').map(({ body }) => body)).toEqual([
      { Namespace: 'AWS/KMS' },
      { Namespace: 'AWS/Usage', Dimensions: [{ Name: 'Service', Value: 'KMS' }] },
    ]);
  });

  it('trap 23: finds ReEncrypt under its three dimensions, counts it under both keys, and sums over its pairs', async () => {
    const pair = (source: string, destination: string, values: Map<number, number>): FakeMetric => ({
      namespace: 'AWS/KMS',
      name: 'SuccessfulRequest',
      dimensions: { SourceKeyArn: source, DestinationKeyArn: destination, Operation: 'ReEncrypt' },
      points: values,
    });
    const { counts } = await fetch(
      [
        pair(KEY, OTHER_KEY, points({ [60 * MINUTE]: 1, [30 * MINUTE]: 2 })),
        pair(OTHER_KEY, KEY, points({ [30 * MINUTE]: 10 })),
        pair(KEY, KEY, points({ [20 * MINUTE]: 100 })),
      ],
      { from: NOW - HOUR, to: NOW - 15 * MINUTE },
    );
    const on = (keyArn: string) => row(counts, { operation: 'ReEncrypt', keyArn, outcome: 'ok' });
    expect(on(KEY)).toEqual([1, 0, 0, 0, 0, 0, 12, 0, 100]);
    expect(on(OTHER_KEY)).toEqual([1, 0, 0, 0, 0, 0, 12, 0, 0]);
  });

  it('trap 26: joins points that are spread over pages, in whatever portions', async () => {
    const values = new Map(Array.from({ length: 60 }, (_, i) => [(NOW - HOUR) / 1000 + i * 60, i + 1]));
    const metrics = Array.from({ length: 7 }, (_, k) => decrypt(values, `${KEY}${k}`));
    const expected = Array.from({ length: 10 }, (_, b) => 25 * b + 15);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: 100 }), async (pointsPerPage) => {
        const { counts, report } = await fetch(metrics, { to: NOW - 10 * MINUTE }, { pointsPerPage });
        expect(counts.keys).toHaveLength(7);
        expect(report.problems).toEqual([]);
        for (const key of counts.keys) expect(row(counts, key)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it('asks for at most 500 metrics at a time, at most four requests at once, and misses none', async () => {
    const metrics = Array.from({ length: 2301 }, (_, k) => decrypt(points({ [HOUR]: k + 1 }), `${KEY}${k}`));
    const { aws, counts } = await fetch(metrics);
    const asked = aws.of('GetMetricData').map(({ body }) => (body['MetricDataQueries'] as unknown[]).length);
    expect(asked.toSorted()).toEqual([301, 500, 500, 500, 500]);
    expect(aws.of('ListMetrics')).toHaveLength(6);
    expect(aws.mostOpen).toBeLessThanOrEqual(4);
    for (const k of [0, 1000, 2300]) expect(row(counts, { ...DECRYPT, keyArn: `${KEY}${k}` })[0]).toBe(k + 1);
  });

  it('trap 26: asks again for a metric that came incomplete, and says so where it stays so', async () => {
    const metrics = [
      decrypt(points({ [60 * MINUTE]: 1, [30 * MINUTE]: 2 })),
      decrypt(points({ [60 * MINUTE]: 9 }), OTHER_KEY),
    ];
    const options = { to: NOW - 20 * MINUTE };
    const spoil =
      (times: number): NonNullable<FakeCloudWatchOptions['spoil']> =>
      (answer, call) => {
        const [result] = answer.MetricDataResults;
        if (call >= times || result === undefined) return;
        result.StatusCode = 'PartialData';
        result.Timestamps.pop();
        result.Values.pop();
      };
    const once = await fetch(metrics, options, { spoil: spoil(1) });
    expect(row(once.counts, DECRYPT)).toEqual([1, 0, 0, 0, 0, 0, 2, 0]);
    expect(once.report.problems).toEqual([]);
    expect(once.aws.of('GetMetricData').at(-1)?.body['MetricDataQueries']).toHaveLength(1);

    const always = await fetch(metrics, options, { spoil: spoil(99) });
    expect(row(always.counts, DECRYPT)).toEqual([1, NaN, NaN, NaN, NaN, NaN, NaN, NaN]);
    expect(row(always.counts, { ...DECRYPT, keyArn: OTHER_KEY })).toEqual([9, 0, 0, 0, 0, 0, 0, 0]);
    expect(always.report.problems).toMatchObject([{ metric: { dimensions: { KeyArn: KEY } }, reason: 'PartialData' }]);
  });

  it('does not take a sum for known of which one part is not', async () => {
    const pair = (source: string, destination: string): FakeMetric => ({
      namespace: 'AWS/KMS',
      name: 'SuccessfulRequest',
      dimensions: { SourceKeyArn: source, DestinationKeyArn: destination, Operation: 'ReEncrypt' },
      points: points({ [HOUR]: 1 }),
    });
    const third = `${KEY}3`;
    const { counts } = await fetch(
      [pair(KEY, OTHER_KEY), pair(KEY, third)],
      {},
      {
        spoil: ({ MetricDataResults }) => {
          for (const result of MetricDataResults) if (result.Id === 'q0') result.StatusCode = 'PartialData';
        },
      },
    );
    const on = (keyArn: string) => row(counts, { operation: 'ReEncrypt', keyArn, outcome: 'ok' });
    expect(on(KEY)).toEqual(Array(12).fill(NaN));
    expect(on(OTHER_KEY)).toEqual([1, ...Array(11).fill(NaN)]);
    expect(on(third).slice(0, 3)).toEqual([1, 0, 0]);
  });

  it('reports a metric that is forbidden, or that no answer names, and passes on what CloudWatch says of the whole', async () => {
    const { counts, report } = await fetch(
      [decrypt(points({ [HOUR]: 1 })), decrypt(points({ [HOUR]: 1 }), OTHER_KEY)],
      {},
      {
        spoil: (answer) => {
          answer.MetricDataResults = answer.MetricDataResults.filter(({ Id }) => Id === 'q0').map((result) => ({
            ...result,
            Timestamps: [],
            Values: [],
            StatusCode: 'Forbidden',
          }));
          answer.Messages = [{ Code: 'MaxMetricsExceeded', Value: 'too many' }];
        },
      },
    );
    expect(counts.observed.every((flag) => flag === 0)).toBe(true);
    expect(report.problems.map(({ reason }) => reason).sort()).toEqual(['Forbidden', 'InternalError']);
    expect(report.messages[0]).toEqual({ code: 'MaxMetricsExceeded', value: 'too many' });
  });

  it('loses nothing to throttling, failures, cut connections and an expired token', async () => {
    const values = new Map(Array.from({ length: 60 }, (_, i) => [(NOW - HOUR) / 1000 + i * 60, 1]));
    const metrics = Array.from({ length: 5 }, (_, k) => decrypt(values, `${KEY}${k}`));
    const { counts, report } = await fetch(metrics, { to: NOW - 10 * MINUTE }, { pointsPerPage: 20 }, (aws) => {
      aws.faults.push('throttle', 'cut', null, 'throttle', null, 'half', null, 'internal-error', null);
      aws.faults.push({ error: 'InvalidNextToken', message: 'expired' }, null, 'slow');
    });
    expect(report.problems).toEqual([]);
    for (const key of counts.keys) expect(row(counts, key)).toEqual(Array(10).fill(5));
  });

  it('keeps what was read when a request fails for good, and throws where nothing was', async () => {
    const metrics = Array.from({ length: 501 }, (_, k) => decrypt(points({ [HOUR]: k + 1 }), `${KEY}${k}`));
    const { counts, report } = await fetch(metrics, { concurrency: 1 }, {}, (aws) => {
      aws.faults.push(null, null, null, null, { error: 'ValidationError', message: 'no' });
    });
    expect(report.problems).toMatchObject([
      { reason: 'ValidationException', error: { action: 'cloudwatch:GetMetricData' } },
    ]);
    expect(row(counts, { ...DECRYPT, keyArn: `${KEY}499` })[0]).toBe(500);
    expect(row(counts, { ...DECRYPT, keyArn: `${KEY}500` })).toEqual(Array(12).fill(NaN));

    const denied = fetch(metrics.slice(0, 1), { discover: false, metrics: [{ ...metrics[0] }] }, {}, (aws) => {
      aws.faults.push({ error: 'AccessDenied', message: 'no', status: 403 });
    });
    await expect(denied).rejects.toThrow('needed is the permission cloudwatch:GetMetricData');
  });

  it('trap 27: asks for nothing finer than CloudWatch keeps, and says which part it has forgotten', async () => {
    const values = new Map(Array.from({ length: 40 * 24 }, (_, h) => [(NOW - 40 * DAY) / 1000 + h * 3600, 1]));
    const options = { from: NOW - 40 * DAY, to: NOW - DAY };
    const coarse = await fetch([decrypt(values)], { ...options, step: STEP });
    expect(coarse.report.forgotten).toBeNull();
    expect(row(coarse.counts, DECRYPT).filter((v) => v === 1)).toHaveLength(39 * 24);

    const fine = await fetch([decrypt(values)], { ...options, step: MINUTE });
    const { forgotten } = fine.report;
    expect(forgotten?.from).toBe(NOW - 40 * DAY);
    expect(forgotten?.to).toBeGreaterThan(NOW - 15 * DAY);
    expect(forgotten?.to).toBeLessThanOrEqual(NOW - 15 * DAY + 2 * MINUTE);
    const seen = row(fine.counts, DECRYPT);
    expect(seen.slice(0, 25 * 24 * 60).every(Number.isNaN)).toBe(true);
    expect(seen.filter((v) => v === 1)).toHaveLength(14 * 24 - 1);

    const ancient = await fetch([decrypt(values)], { from: NOW - 600 * DAY, to: NOW - 500 * DAY, step: HOUR });
    expect(ancient.aws.of('GetMetricData')).toHaveLength(0);
    expect(ancient.counts.observed.every((flag) => flag === 0)).toBe(true);
  });

  it.each([
    [DAY, MINUTE],
    [30 * DAY, STEP],
    [100 * DAY, HOUR],
    [500 * DAY, HOUR],
  ])('chooses the finest step for a time that begins %i ms ago', async (ago, step) => {
    const { report, counts } = await fetch([], { from: NOW - ago, to: NOW - ago + DAY, step: undefined as never });
    expect(report.step).toBe(step);
    expect(counts.grid.step).toBe(step);
  });

  describe('trap 28: what a missing point means', () => {
    const late = decrypt(points({ [30 * MINUTE]: 5 }));
    const idle = decrypt(points({}), OTHER_KEY);
    const window = { to: NOW - 20 * MINUTE };

    it('by default is zero after the first point, and throughout for a known metric without any', async () => {
      const { counts } = await fetch([late, idle], window);
      expect(row(counts, DECRYPT)).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 5, 0]);
      expect(row(counts, { ...DECRYPT, keyArn: OTHER_KEY })).toEqual(Array(8).fill(0));
    });

    it('is zero, or not observed, where the caller says so', async () => {
      const zero = await fetch([late], { ...window, absent: 'zero' });
      expect(row(zero.counts, DECRYPT)).toEqual([0, 0, 0, 0, 0, 0, 5, 0]);
      const unobserved = await fetch([late], { ...window, absent: 'unobserved' });
      expect(row(unobserved.counts, DECRYPT)).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 5, NaN]);
    });

    it('may be said for each metric; metrics that are listed no more can be asked for', async () => {
      const known: MetricSource = {
        namespace: 'AWS/KMS',
        name: 'SuccessfulRequest',
        dimensions: late.dimensions,
        absent: 'zero',
      };
      const both = await fetch([{ ...late, idle: true }, idle], { ...window, metrics: [known], discover: true });
      expect(row(both.counts, DECRYPT)).toEqual([0, 0, 0, 0, 0, 0, 5, 0]);
      expect(both.counts.keys).toHaveLength(2);
      const strict: MetricSource = { ...known, absent: 'unobserved' };
      const overruled = await fetch([late], { ...window, metrics: [strict], discover: true });
      expect(row(overruled.counts, DECRYPT)).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 5, NaN]);
      const given = await fetch([late, idle], { ...window, metrics: [known] });
      expect(given.aws.of('ListMetrics')).toEqual([]);
      expect(given.counts.keys).toHaveLength(1);
      const again = await fetch([{ ...late, idle: true }], { ...window, metrics: both.report.metrics });
      expect(row(again.counts, DECRYPT)).toEqual(row(both.counts, DECRYPT));
    });
  });

  it('reads usage, throttle and store metrics and imported material’s expiry with the statistic of each', async () => {
    const metric = (
      namespace: string,
      name: string,
      dimensions: Record<string, string>,
      values: Map<number, number>,
    ) => ({
      namespace,
      name,
      dimensions,
      points: values,
    });
    const usage = { Service: 'KMS', Type: 'API', Class: 'None', Resource: 'CryptographicOperationsSymmetric' };
    const { counts, levels } = await fetch(
      [
        metric('AWS/Usage', 'CallCount', usage, points({ [HOUR]: 100 })),
        metric('AWS/Usage', 'CallCount', { ...usage, Resource: 'DescribeKey' }, points({ [HOUR]: 3 })),
        metric('AWS/Usage', 'CallCount', { ...usage, Service: 'EC2' }, points({ [HOUR]: 3 })),
        metric(
          'AWS/KMS',
          'SecondsUntilKeyMaterialExpiration',
          { KeyId: 'k' },
          points({ [60 * MINUTE]: 900, [59 * MINUTE]: 840 }),
        ),
        metric(
          'AWS/KMS',
          'XksProxyLatency',
          { CustomKeyStoreId: 's', KmsOperation: 'Decrypt' },
          points({ [60 * MINUTE]: 10, [59 * MINUTE]: 30 }),
        ),
        metric(
          'AWS/KMS',
          'ExternalKeyStoreThrottle',
          { CustomKeyStoreId: 's', KmsOperation: 'Decrypt' },
          points({ [45 * MINUTE]: 2 }),
        ),
        metric('AWS/KMS', 'DecryptCount', { KeyId: 'k' }, points({ [HOUR]: 3 })),
      ],
      { to: NOW - 40 * MINUTE },
    );
    expect(counts.keys.map(({ metric: name }) => name).sort()).toEqual([
      'AWS/KMS ExternalKeyStoreThrottle CustomKeyStoreId=s KmsOperation=Decrypt',
      'AWS/Usage CallCount Resource=CryptographicOperationsSymmetric',
      'AWS/Usage CallCount Resource=DescribeKey',
    ]);
    expect(row(counts, { metric: 'AWS/Usage CallCount Resource=DescribeKey', operation: 'DescribeKey' })).toEqual([
      3, 0, 0, 0,
    ]);
    const throttles = {
      metric: 'AWS/KMS ExternalKeyStoreThrottle CustomKeyStoreId=s KmsOperation=Decrypt',
      operation: 'Decrypt',
    };
    expect(row(counts, throttles)).toEqual([0, 0, 0, 2]);
    // A level that is not told is not known.
    expect(row(levels, { metric: 'AWS/KMS SecondsUntilKeyMaterialExpiration KeyId=k' })).toEqual([840, NaN, NaN, NaN]);
    const latency = { metric: 'AWS/KMS XksProxyLatency CustomKeyStoreId=s KmsOperation=Decrypt', operation: 'Decrypt' };
    expect(row(levels, latency)).toEqual([20, NaN, NaN, NaN]);
  });

  it('asks linked accounts’ metrics of their accounts', async () => {
    const linked = { ...decrypt(points({ [HOUR]: 8 })), account: '444455556666' };
    const { counts, aws } = await fetch([linked], { linkedAccounts: true });
    expect(row(counts, { ...DECRYPT, account: '444455556666' })[0]).toBe(8);
    expect(aws.of('GetMetricData')[0].body['MetricDataQueries']).toMatchObject([{ AccountId: '444455556666' }]);
    expect((await fetch([linked])).counts.keys).toEqual([]);
  });

  it('widens the time to whole buckets', async () => {
    const { counts } = await fetch([decrypt(points({ [HOUR]: 1 }))], { from: NOW - HOUR + 1, to: NOW - 1, grace: 0 });
    expect(counts.grid).toEqual({ start: NOW - HOUR, step: STEP, length: 12 });
    expect(row(counts, DECRYPT)).toEqual([1, ...Array(11).fill(0)]);
  });

  it('trap 15: leaves what may still get points unobserved, points or not', async () => {
    const options = { from: NOW - HOUR, to: NOW + HOUR, grace: 18 * MINUTE };
    const { counts } = await fetch([decrypt(points({ [HOUR]: 1, [17 * MINUTE]: 2, [MINUTE]: 3 }))], options);
    expect(row(counts, DECRYPT)).toEqual([1, ...Array(7).fill(0), ...Array(16).fill(NaN)]);
  });

  it('trap 7: keeps a multi-Region key’s replicas apart, which share their id', async () => {
    const replicas = ['eu-central-1', 'us-east-1'].map((region) => `arn:aws:kms:${region}:111122223333:key/mrk-1`);
    const { counts } = await fetch(replicas.map((arn, i) => decrypt(points({ [HOUR]: i + 1 }), arn)));
    expect(replicas.map((keyArn) => row(counts, { ...DECRYPT, keyArn })[0])).toEqual([1, 2]);
  });

  it.each([
    [{ step: 90_000 }, 'step'],
    [{ step: 30_000 }, 'step'],
    [{ step: 2 * DAY }, 'step'],
    [{ to: NOW - 2 * HOUR }, 'from must be earlier than to'],
    [{ grace: -1 }, 'grace'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ metrics: [{ namespace: 'AWS/KMS', name: 'DecryptCount', dimensions: {} }] }, 'metrics[0].stat'],
    [{ metrics: [{ namespace: '', name: 'x', dimensions: {} }] }, 'metrics[0].namespace'],
    [{ metrics: [{ namespace: 'x', name: 'x', dimensions: [] as never }] }, 'metrics[0].dimensions'],
  ])('refuses %o', async (bad, name) => {
    const error = await fetch([], bad).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(name);
  });

  it('throws where ListMetrics is denied', async () => {
    const aws = await fakeAws({ ListMetrics: () => refusal('AccessDenied', 'no', 403) });
    const client = new CloudWatchClient(aws.config);
    await expect(fetchMetricSeries(client, { from: 0, to: 1, clock: new FakeClock(NOW) })).rejects.toThrow(
      'cloudwatch:ListMetrics',
    );
  });
});
