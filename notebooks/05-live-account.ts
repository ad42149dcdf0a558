// A live account by its CloudWatch metrics, with real clients of the AWS SDK. Here they talk to a server on this machine that
// answers as CloudWatch does; with `new CloudWatchClient({})` and the present time the rest of the file judges the account you are signed in to.
//
//     npm run build && npx ts-node notebooks/05-live-account.ts
//
import { mkdirSync, writeFileSync } from 'node:fs';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { findAnomalies, fitBaseline, scoreWindow, simulateCalls, sliceWindow, wordsFor } from 'kms-baseline';
import { currentAlarms, fetchMetricSeries } from 'kms-baseline/aws';
import { plotSeries, renderSvg, textTable } from 'kms-baseline/report';
import { SHOP_KEYS } from 'kms-baseline/simulate';
import { startAws } from '../test/aws/support/aws-server.js';
import { type FakeMetric, fakeCloudWatch } from '../test/aws/support/fake-cloudwatch.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.UTC(2026, 4, 19, 12);
const from = now - 14 * DAY;

// The account: two weeks of a web shop, whose payment gateway stopped three hours ago.
const { set } = simulateCalls({
  seed: 9,
  start: from,
  end: now,
  by: [['keyArn', 'operation']],
  incidents: [
    { kind: 'outage', from: now - 3 * HOUR, to: now, key: { keyArn: SHOP_KEYS.payments }, note: 'the gateway stops' },
  ],
});
const metrics = set.keys.map(({ keyArn, operation }, row): FakeMetric => {
  const own = Array.from(set.values as Uint32Array).slice(row * set.grid.length, (row + 1) * set.grid.length);
  const points = own.map((calls, i): [number, number] => [(set.grid.start + i * set.grid.step) / 1000, calls]);
  return {
    namespace: 'AWS/KMS',
    name: 'SuccessfulRequest',
    dimensions: { KeyArn: keyArn ?? '', Operation: operation ?? '' },
    // CloudWatch has no point where there was no call.
    points: new Map(points.filter(([, calls]) => calls > 0)),
  };
});
const alarm = {
  AlarmName: 'payments-decrypt-low',
  AlarmArn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:payments-decrypt-low',
  StateValue: 'INSUFFICIENT_DATA',
  StateTransitionedTimestamp: (now - 2 * HOUR) / 1000,
  Namespace: 'AWS/KMS',
  MetricName: 'SuccessfulRequest',
};
const server = await startAws({
  ...fakeCloudWatch(metrics, { now }),
  DescribeAlarms: () => ({ MetricAlarms: [alarm], CompositeAlarms: [] }),
  ListAlarmMuteRules: () => ({ AlarmMuteRuleSummaries: [] }),
});
const client = new CloudWatchClient(server.config);

// That server's time is not ours: against AWS, leave `clock` out.
const clock = { now: () => now, sleep: async () => {} };
const { counts, report } = await fetchMetricSeries(client, { from, to: now, step: 300_000, discover: true, clock });
console.log(`${report.metrics.length} metrics, ${server.requests.length} requests`);
console.log(`settled until ${new Date(report.settledUntil).toISOString()}: what is later may still grow\n`);

const judgedFrom = now - 6 * HOUR;
const baseline = fitBaseline(sliceWindow(counts, from, judgedFrom), { timeZone: 'Europe/Berlin' });
const scores = scoreWindow(baseline, sliceWindow(counts, judgedFrom, now), { alertBudget: { perWeek: 1 } });
const anomalies = findAnomalies(scores);
for (const anomaly of anomalies) console.log(wordsFor(anomaly, { timeZone: 'Europe/Berlin', judgedUntil: now }));

const alarms = await currentAlarms(client);
console.log('\nWhat CloudWatch itself says\n');
console.log(
  textTable(
    [{ title: 'alarm' }, { title: 'state' }, { title: 'since' }],
    alarms.map(({ name, state, since }) => [name, state, since === null ? '?' : new Date(since).toISOString()]),
  ).join('\n'),
);

const out = new URL('out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(
  new URL('05-live.svg', out),
  renderSvg(plotSeries(scores, anomalies[0].key), { title: 'The last six hours', timeZone: 'Europe/Berlin' }),
);
console.log('written: notebooks/out/05-live.svg');
server.close();
