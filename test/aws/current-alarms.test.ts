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
  alarm('own', { Namespace: 'KmsBaseline', MetricName: 'Surprise' }),
  alarm('own search', {
    Metrics: [{ Id: 'e1', Expression: "MAX(SEARCH('{KmsBaseline,KeyArn} Surprise', 'Maximum', 300))" }],
  }),
  alarm('not own', { Metrics: [{ Id: 'e1', Expression: "MAX(SEARCH('{MyKmsBaseline,KeyArn}', 'Maximum', 300))" }] }),
  alarm('promql', {
    EvaluationCriteria: {
      PromQLCriteria: { Query: 'sum(rate({"aws.kms.successful_request"}[5m])) < 1', PendingPeriod: 300 },
    },
  }),
  alarm('promql of others', { EvaluationCriteria: { PromQLCriteria: { Query: 'sum(rate(http_requests[5m])) < 1' } } }),
  alarm('cpu', { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization' }),
];
const LOG_ALARMS = [
  alarm('denied', {
    ScheduledQueryConfiguration: {
      QueryString: "filter eventSource = 'kms.amazonaws.com' and errorCode = 'AccessDenied' | stats count(*)",
      LogGroupIdentifiers: ['trail'],
    },
    EvaluationState: 'EVALUATION_ERROR',
  }),
  alarm('by its log group', {
    ScheduledQueryConfiguration: { QueryString: 'stats count(*)', LogGroupIdentifiers: ['/audit/kms-calls'] },
  }),
  alarm('orders', {
    ScheduledQueryConfiguration: { QueryString: 'filter item = "truckmsg"', LogGroupIdentifiers: [] },
  }),
  alarm('no query', {}),
];
const COMPOSITES = [
  alarm('all of it', { AlarmRule: 'ALARM("simple") AND NOT OK(cpu)' }),
  alarm('above it', { AlarmRule: "AT_LEAST(1, ALARM, ('all of it', cpu))" }),
  alarm('unrelated', { AlarmRule: 'ALARM(cpu)' }),
  ...['Alarm', 'WaitPeriod', 'ExtensionPeriod'].map((by) =>
    alarm(`suppressed by ${by}`, {
      AlarmRule: 'ALARM("simple")',
      ActionsSuppressor: 'maintenance',
      ActionsSuppressedBy: by,
    }),
  ),
  alarm('may be suppressed', { AlarmRule: 'ALARM("simple")', ActionsSuppressor: 'maintenance' }),
];
const MUTES: Readonly<Record<string, { readonly Status: string; readonly AlarmNames: readonly string[] }>> = {
  'night: work': { Status: 'ACTIVE', AlarmNames: ['simple', 'cpu', 'denied'] },
  release: { Status: 'ACTIVE', AlarmNames: ['all of it', 'simple'] },
  // Its end came between the two requests.
  over: { Status: 'EXPIRED', AlarmNames: ['own'] },
};
const MUTE_RULES = {
  ListAlarmMuteRules: ({ body }: { readonly body: Record<string, unknown> }) => {
    const names = Object.keys(MUTES);
    const page = Number(body['NextToken'] ?? 0);
    const AlarmMuteRuleArn = `arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:${names[page]}`;
    return {
      AlarmMuteRuleSummaries: [{ AlarmMuteRuleArn, Status: 'ACTIVE', MuteType: 'RECURRING' }],
      ...(page + 1 < names.length ? { NextToken: String(page + 1) } : {}),
    };
  },
  GetAlarmMuteRule: ({ body }: { readonly body: Record<string, unknown> }) => {
    const Name = String(body['AlarmMuteRuleName']);
    const { Status, AlarmNames } = MUTES[Name];
    return { Name, Status, MuteTargets: { AlarmNames } };
  },
};

/** Page after page; composite alarms come before those that they are made of. */
const ALARMS = {
  DescribeAlarms: ({ body }: { readonly body: Record<string, unknown> }) => {
    const page = Number(body['NextToken'] ?? 0);
    return {
      MetricAlarms: METRIC_ALARMS.slice(page * 2, page * 2 + 2),
      CompositeAlarms: page === 0 ? COMPOSITES : [],
      LogAlarms: page === 1 ? LOG_ALARMS : [],
      ...(page * 2 + 2 < METRIC_ALARMS.length ? { NextToken: String(page + 1) } : {}),
    };
  },
};

describe('currentAlarms', () => {
  it('lists state and last change of the alarms of every kind on KMS, page after page', async () => {
    const aws = await fakeAws({ ...ALARMS, ListAlarmMuteRules: () => ({ AlarmMuteRuleSummaries: [] }) });
    aws.faults.push(null, null, 'throttle');
    const alarms = await currentAlarms(new CloudWatchClient(aws.config), { clock: new FakeClock() });
    expect(alarms.map(({ kind, name }) => `${kind}: ${name}`)).toEqual([
      'metric: simple',
      'metric: anomaly',
      'metric: search',
      'metric: usage',
      'log: denied',
      'log: by its log group',
      'metric: own',
      'metric: own search',
      'promql: promql',
      'composite: all of it',
      'composite: suppressed by Alarm',
      'composite: suppressed by WaitPeriod',
      'composite: suppressed by ExtensionPeriod',
      'composite: may be suppressed',
      'composite: above it',
    ]);
    expect(alarms[0]).toEqual({
      name: 'simple',
      arn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:simple',
      kind: 'metric',
      state: 'ALARM',
      since: SINCE,
      updated: SINCE + 60_000,
      evaluation: null,
      tells: true,
      silencedBy: null,
      actions: ['arn:aws:sns:eu-central-1:111122223333:topic'],
      metrics: ['AWS/KMS SuccessfulRequest'],
    });
    const of = (name: string) => alarms.find((alarm) => alarm.name === name);
    expect(of('anomaly')).toMatchObject({ evaluation: 'PARTIAL_DATA', metrics: ['AWS/KMS XksProxyLatency'] });
    expect(of('denied')).toMatchObject({ evaluation: 'EVALUATION_ERROR', tells: true });
    expect(of('denied')?.metrics[0]).toMatch(/^filter eventSource/);
    expect(of('promql')?.metrics).toEqual(['sum(rate({"aws.kms.successful_request"}[5m])) < 1']);
    expect(of('all of it')).toMatchObject({ kind: 'composite', state: 'OK', metrics: ['simple'] });
    expect(aws.of('DescribeAlarms')[0].body).toEqual({
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
      MaxRecords: 100,
    });
    expect(aws.of('ListAlarmMuteRules')[0].body).toEqual({ Statuses: ['ACTIVE'] });
  });

  it('says of an alarm that it tells where it does, and else what holds it back', async () => {
    const aws = await fakeAws({ ...ALARMS, ...MUTE_RULES });
    const alarms = await currentAlarms(new CloudWatchClient(aws.config), { clock: new FakeClock() });
    const silent = alarms.filter(({ silencedBy }) => silencedBy !== null);
    expect(
      Object.fromEntries(silent.map(({ name, silencedBy }) => [name, [silencedBy?.by, silencedBy?.name]])),
    ).toEqual({
      simple: ['muted', 'night: work'],
      anomaly: ['no-actions', null],
      denied: ['muted', 'night: work'],
      usage: ['disabled', null],
      'all of it': ['muted', 'release'],
      'suppressed by Alarm': ['suppressed', 'maintenance'],
      'suppressed by WaitPeriod': ['suppressed', 'maintenance'],
      'suppressed by ExtensionPeriod': ['suppressed', 'maintenance'],
    });
    for (const { tells, silencedBy } of alarms) expect(tells).toBe(silencedBy === null);
  });

  it('asks nothing about mute rules where that is not wanted, and fails where it may not ask', async () => {
    const aws = await fakeAws(ALARMS);
    const client = new CloudWatchClient(aws.config);
    const clock = new FakeClock();
    const alarms = await currentAlarms(client, { clock, muteRules: false, namespaces: ['MyKmsBaseline'] });
    expect(alarms.map(({ name }) => name)).toContain('not own');
    expect(alarms.map(({ name }) => name)).not.toContain('own');
    expect(aws.of('ListAlarmMuteRules')).toEqual([]);
    aws.faults.push({ error: 'AccessDeniedException', status: 403 });
    await expect(currentAlarms(client, { clock })).rejects.toThrow(
      'needed is the permission cloudwatch:ListAlarmMuteRules',
    );
    await expect(currentAlarms(client, { namespaces: '' as never })).rejects.toThrow('namespaces must be an array');
  });
});
