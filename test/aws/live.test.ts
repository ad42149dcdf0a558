import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import {
  eventHistoryCoverage,
  fetchMetricSeries,
  lookupKmsCalls,
  observeByClass,
  trailCoverage,
} from '../../src/aws/index.js';
import {
  countCalls,
  findAnomalies,
  fitBaseline,
  type KmsCall,
  scoreWindow,
  seriesSet,
  sliceWindow,
  verdictAt,
  wordsFor,
} from '../../src/index.js';
import { observedRow, rowOf } from '../../src/series/series-set.js';
import { ACCOUNT, kmsRecord, REGION } from '../support/logs.js';
import { poisson, seeded } from '../support/random.js';
import { KEY, OTHER_KEY } from '../support/sets.js';
import { eventHistory } from './support/event-history.js';
import { fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { type FakeMetric, fakeCloudWatch } from './support/fake-cloudwatch.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 19, 12);
const FROM = NOW - 14 * DAY - 2 * HOUR;
/** The last two hours are judged. */
const WINDOW = NOW - 2 * HOUR;

/** Poisson calls every five minutes; none from `until` on. */
function metric(keyArn: string, operation: string, mean: number, seed: number, until = Infinity): FakeMetric {
  const random = seeded(seed);
  const points = new Map<number, number>();
  for (let time = FROM; time < NOW; time += 5 * MINUTE) {
    const calls = poisson(random, mean);
    // CloudWatch has no point where there was no call.
    if (calls > 0 && time < until) points.set(time / 1000, calls);
  }
  return {
    namespace: 'AWS/KMS',
    name: 'SuccessfulRequest',
    dimensions: { KeyArn: keyArn, Operation: operation },
    points,
  };
}

it('goes from 14 days of CloudWatch series to the name of the key that fell silent', async () => {
  const silentSince = NOW - 90 * MINUTE;
  const metrics = [
    metric(KEY, 'Decrypt', 40, 1),
    metric(KEY, 'Encrypt', 5, 2),
    metric(OTHER_KEY, 'Decrypt', 20, 3, silentSince),
  ];
  const aws = await fakeAws(fakeCloudWatch(metrics, { now: NOW, pointsPerPage: 1000 }));
  aws.faults.push('throttle', null, null, 'cut', 'throttle', 'internal-error', 'half');
  const client = new CloudWatchClient(aws.config);
  const { counts, report } = await fetchMetricSeries(client, {
    from: FROM,
    to: NOW,
    step: 5 * MINUTE,
    discover: true,
    clock: new FakeClock(NOW),
  });
  expect(report).toMatchObject({ problems: [], forgotten: null });
  const baseline = fitBaseline(sliceWindow(counts, FROM, WINDOW));
  const scores = scoreWindow(baseline, sliceWindow(counts, WINDOW, NOW));
  const anomalies = findAnomalies(scores);
  expect(anomalies).toHaveLength(1);
  expect(anomalies[0]).toMatchObject({ verdict: 'below', key: { keyArn: OTHER_KEY, operation: 'Decrypt' } });
  expect(anomalies[0].from).toBe(silentSince);
  expect(wordsFor(anomalies[0])).toContain('0987dcba');

  // What may still change is not judged, so that it cannot look like silence.
  const last = scores.window.grid.length - 1;
  expect(verdictAt(scores, rowOf(scores.window, { operation: 'Decrypt', keyArn: KEY, outcome: 'ok' }), last)).toBe(
    'unknown',
  );
});

it('goes from the trails and the event history to the role that disables keys, and does not take blindness for calm', async () => {
  const from = NOW - 30 * DAY;
  const records = [];
  // A role that tags keys at 10:00 every day; on the last day another disables nine of them within minutes.
  for (let day = from; day < NOW; day += DAY) {
    for (let i = 0; i < 5; i++) records.push(control('TagResource', day + 10 * HOUR + i * MINUTE, 'Housekeeping'));
  }
  for (let i = 0; i < 9; i++) records.push(control('DisableKey', NOW - HOUR + i * 10_000, 'Mallory'));
  const trail = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/main`;
  const aws = await fakeAws({
    LookupEvents: eventHistory(records, { emptyEvery: 4, tokenUses: 6 }),
    DescribeTrails: () => ({
      trailList: [{ Name: 'main', TrailARN: trail, HomeRegion: REGION, IsMultiRegionTrail: true }],
    }),
    GetTrailStatus: () => ({ IsLogging: true, StartLoggingTime: (from - DAY) / 1000, LatestDeliveryTime: NOW / 1000 }),
    GetEventSelectors: () => ({ EventSelectors: [{ ReadWriteType: 'WriteOnly', IncludeManagementEvents: true }] }),
  });
  aws.faults.push('throttle', null, 'cut', 'half', 'internal-error');
  const client = new CloudTrailClient(aws.config);
  const clock = new FakeClock(NOW);
  const times = { from, to: NOW, clock };

  const calls: KmsCall[] = [];
  for await (const call of lookupKmsCalls(client, { ...times, operations: 'critical' })) calls.push(call);
  expect(calls).toHaveLength(records.length);
  const coverage = eventHistoryCoverage({ account: ACCOUNT, region: REGION, from, to: NOW, now: NOW });
  const by = [['operation'], ['keyArn', 'operation', 'caller']] as const;
  const counts = await countCalls(calls, { start: from, end: NOW, coverage, by: [by[0]] });
  const callers = await countCalls(calls, { start: from, end: NOW, coverage, by: [by[1]] });
  const baseline = fitBaseline(sliceWindow(counts, from, NOW - 2 * HOUR));
  const anomalies = findAnomalies(scoreWindow(baseline, sliceWindow(counts, NOW - 2 * HOUR, NOW)), {
    callers: sliceWindow(callers, NOW - 2 * HOUR, NOW),
    usualCallers: sliceWindow(callers, from, NOW - 2 * HOUR),
  });
  expect(anomalies).toHaveLength(1);
  expect(anomalies[0]).toMatchObject({ verdict: 'above', key: { operation: 'DisableKey' }, value: 9 });
  expect(wordsFor(anomalies[0])).toContain('role/Mallory');

  // The trail records write events only: counts from its files would have nothing to say of Decrypt.
  const recorded = await trailCoverage(client, times);
  expect(recorded.read).toEqual([]);
  const series = ['Decrypt', 'DisableKey'].map((operation) => ({ key: { operation }, values: [0, 0] }));
  const judged = observeByClass(seriesSet({ start: from, step: HOUR, series }), recorded);
  expect([...observedRow(judged, 0), ...observedRow(judged, 1)]).toEqual([0, 0, 1, 1]);
});

function control(eventName: string, time: number, role: string): Record<string, unknown> {
  return {
    ...kmsRecord(Math.round(time / 1000)),
    eventName,
    readOnly: false,
    eventTime: `${new Date(time).toISOString().slice(0, 19)}Z`,
    userIdentity: {
      type: 'AssumedRole',
      sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${ACCOUNT}:role/${role}` } },
    },
    resources: [{ ARN: KEY }],
  };
}
