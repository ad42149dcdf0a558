import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { currentAlarms } from '../../src/aws/current-alarms.js';
import { fakeAws } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';

const SINCE = Date.UTC(2026, 0, 18);

const alarm = (AlarmName: string, fields: object) => ({
  AlarmName,
  AlarmArn: `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${AlarmName}`,
  StateValue: 'OK',
  StateUpdatedTimestamp: SINCE / 1000 + 60,
  StateTransitionedTimestamp: SINCE / 1000,
  ActionsEnabled: true,
  AlarmActions: ['arn:aws:sns:eu-central-1:111122223333:topic'],
  ...fields,
});

const METRIC_ALARMS = [
  alarm('simple', { Namespace: 'AWS/KMS', MetricName: 'SuccessfulRequest', StateValue: 'ALARM' }),
  alarm('anomaly', {
    Metrics: [
      {
        Id: 'm1',
        MetricStat: { Metric: { Namespace: 'AWS/KMS', MetricName: 'XksProxyLatency' }, Period: 60, Stat: 'Average' },
      },
      { Id: 't1', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)' },
    ],
    EvaluationState: 'PARTIAL_DATA',
    AlarmActions: [],
  }),
  alarm('search', { Metrics: [{ Id: 'e1', Expression: "SUM(SEARCH('{AWS/KMS,KeyArn,Operation}', 'Sum', 300))" }] }),
  alarm('usage', {
    Namespace: 'AWS/Usage',
    MetricName: 'CallCount',
    Dimensions: [{ Name: 'Service', Value: 'KMS' }],
    ActionsEnabled: false,
  }),
  alarm('other usage', {
    Namespace: 'AWS/Usage',
    MetricName: 'CallCount',
    Dimensions: [{ Name: 'Service', Value: 'EC2' }],
  }),
  alarm('cpu', { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization' }),
];
const COMPOSITES = [
  alarm('all of it', { AlarmRule: 'ALARM("simple") AND NOT OK(cpu)' }),
  alarm('above it', { AlarmRule: "AT_LEAST(1, ALARM, ('all of it', cpu))" }),
  alarm('unrelated', { AlarmRule: 'ALARM(cpu)' }),
];

describe('currentAlarms', () => {
  it('tells state and last change of the alarms on KMS metrics, page after page', async () => {
    const aws = await fakeAws({
      DescribeAlarms: ({ body }) => {
        const page = Number(body['NextToken'] ?? 0);
        return {
          MetricAlarms: METRIC_ALARMS.slice(page * 2, page * 2 + 2),
          // Composite alarms come before those that they are made of.
          CompositeAlarms: page === 0 ? COMPOSITES : [],
          ...(page < 2 ? { NextToken: String(page + 1) } : {}),
        };
      },
    });
    aws.faults.push(null, 'throttle');
    const alarms = await currentAlarms(new CloudWatchClient(aws.config), { clock: new FakeClock() });
    expect(alarms.map(({ name }) => name)).toEqual(['simple', 'anomaly', 'search', 'usage', 'all of it', 'above it']);
    expect(alarms[0]).toEqual({
      name: 'simple',
      arn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:simple',
      kind: 'metric',
      state: 'ALARM',
      since: SINCE,
      updated: SINCE + 60_000,
      evaluation: null,
      tells: true,
      metrics: ['AWS/KMS SuccessfulRequest'],
    });
    expect(alarms[1]).toMatchObject({ evaluation: 'PARTIAL_DATA', tells: false, metrics: ['AWS/KMS XksProxyLatency'] });
    expect(alarms[3].tells).toBe(false);
    expect(alarms[4]).toMatchObject({ kind: 'composite', state: 'OK' });
    expect(aws.requests[0].body).toEqual({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 });
  });
});
