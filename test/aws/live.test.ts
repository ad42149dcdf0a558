import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import { fetchMetricSeries } from '../../src/aws/index.js';
import { findAnomalies, fitBaseline, scoreWindow, sliceWindow, verdictAt, wordsFor } from '../../src/index.js';
import { rowOf } from '../../src/series/series-set.js';
import { poisson, seeded } from '../support/random.js';
import { KEY, OTHER_KEY } from '../support/sets.js';
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
