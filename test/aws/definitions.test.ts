import {
  CloudWatchClient,
  PutAnomalyDetectorCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, PutMetricFilterCommand } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { alarmDefinitions, dashboardBody, metricFilters, ruleDefinitions } from '../../src/aws/index.js';
import { fitBaseline } from '../../src/engine/index.js';
import { InputError } from '../../src/errors.js';
import { KMS_OPERATIONS, type KmsKey } from '../../src/kms/index.js';
import { type SeriesInput, seriesSet } from '../../src/series/series-set.js';
import { KEY, MONDAY, OTHER_KEY, officeMean, poissonRow, STEP } from '../support/sets.js';
import { fakeAws } from './support/fake-aws.js';
import { refusalsOf } from './support/refusals.js';

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:topic';
const row = (operation: string, keyArn: string, values: ArrayLike<number>, outcome?: 'ok'): SeriesInput => ({
  key: { operation, keyArn, ...(outcome === undefined ? {} : { outcome }) },
  values,
});
const steady = poissonRow(1, 3, () => 60);
const baseline = fitBaseline(
  seriesSet({
    start: MONDAY,
    step: STEP,
    series: [
      row('Decrypt', KEY, steady),
      row('GenerateDataKey', KEY, poissonRow(2, 3, officeMean)),
      row(
        'Encrypt',
        OTHER_KEY,
        poissonRow(3, 3, () => 3),
      ),
      row(
        'ReEncrypt',
        KEY,
        poissonRow(4, 3, () => 3),
      ),
      row(
        'DescribeKey',
        KEY,
        poissonRow(5, 3, () => 3),
      ),
      { key: { operation: 'Decrypt' }, values: steady },
    ],
  }),
  { timeZone: 'Europe/Berlin' },
);
const IMPORTED = {
  keyArn: KEY,
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  materialExpires: MONDAY,
  customKeyStoreId: null,
} as KmsKey;
const IN_STORE = {
  keyArn: OTHER_KEY,
  keyId: 'x',
  materialExpires: null,
  customKeyStoreId: 'cks-1',
  origin: 'AWS_CLOUDHSM',
} as KmsKey;

const definitions = alarmDefinitions(baseline, {
  actions: [TOPIC],
  anomaly: {},
  exclude: Array.from({ length: 12 }, (_, i) => ({ from: MONDAY + i * STEP, to: MONDAY + (i + 1) * STEP })),
  keys: [IMPORTED, IN_STORE],
  quotas: [{ resource: 'CryptographicOperationsSymmetric', perSecond: 10_000 }],
});
const alarms = definitions.flatMap((made) => (made.operation === 'PutMetricAlarm' ? [made.input] : []));
const named = (part: string) => alarms.filter(({ AlarmName }) => AlarmName?.includes(part));

describe('alarmDefinitions', () => {
  it('draws a band around each key and operation that CloudWatch has a metric of', () => {
    expect(named(' above ').map(({ AlarmName }) => AlarmName?.split(' ').slice(1, 3))).toEqual([
      ['above', 'Decrypt'],
      ['above', 'GenerateDataKey'],
      ['above', 'Encrypt'],
    ]);
    const [decrypt] = named('above Decrypt');
    expect(decrypt).toMatchObject({
      // Judged on the buckets that it was learned on, and when they come late too.
      EvaluationWindow: { WallClockWindow: { Timezone: 'UTC' } },
      EvaluationPeriods: 3,
      DatapointsToAlarm: 1,
      Namespace: 'AWS/KMS',
      MetricName: 'SuccessfulRequest',
      Dimensions: [
        { Name: 'KeyArn', Value: KEY },
        { Name: 'Operation', Value: 'Decrypt' },
      ],
      Statistic: 'Sum',
      Period: 300,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [TOPIC],
    });
    // A unit would match nothing: KMS documents none.
    for (const alarm of alarms) expect(alarm).not.toHaveProperty('Unit');
  });

  it('sets thresholds that three weeks of such calls keep to, but for the budget', () => {
    const [above] = named('above Decrypt');
    const [below] = named('below Decrypt');
    const fresh = Array.from(poissonRow(99, 3, () => 60));
    // The budget is one a week over three pairs and both sides.
    expect(fresh.filter((calls) => calls > (above.Threshold ?? 0)).length).toBeLessThanOrEqual(3);
    expect(fresh.filter((calls) => calls < (below.Threshold ?? Infinity)).length).toBeLessThanOrEqual(3);
    // And far enough from what would be useless.
    expect(above.Threshold).toBeLessThan(130);
    expect(below.Threshold).toBeGreaterThan(15);
    expect(below).toMatchObject({ ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' });
    expect(below).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 3 });
  });

  it('has no alarm below where a bucket without a call is normal', () => {
    expect(named('below').map(({ AlarmName }) => AlarmName?.split(' ')[2])).toEqual(['Decrypt']);
  });

  it('asks for fewer false alarms with wider bands', () => {
    const threshold = (perWeek: number) => {
      const [first] = alarmDefinitions(baseline, { pairs: 1, alertBudget: { perWeek }, changes: false });
      return first.operation === 'PutMetricAlarm' ? (first.input.Threshold ?? 0) : 0;
    };
    expect(threshold(0.01)).toBeGreaterThan(threshold(100));
  });

  it('traps 33 and 35: defines CloudWatch anomaly detection as its API wants it: no Threshold, the latest ten exclusions', () => {
    const [alarm] = named('anomaly Decrypt');
    expect(alarm).toMatchObject({
      ThresholdMetricId: 't1',
      ComparisonOperator: 'LessThanLowerOrGreaterThanUpperThreshold',
    });
    expect(alarm).not.toHaveProperty('Threshold');
    const [detector] = definitions.filter(({ operation }) => operation === 'PutAnomalyDetector');
    const { Configuration } = detector.input as {
      Configuration: { ExcludedTimeRanges: { StartTime: Date }[]; MetricTimezone: string };
    };
    expect(Configuration.ExcludedTimeRanges).toHaveLength(10);
    expect(Configuration.ExcludedTimeRanges[0].StartTime).toEqual(new Date(MONDAY + 11 * STEP));
    expect(Configuration.MetricTimezone).toBe('Europe/Berlin');
  });

  it('watches expiry by key id, throttling by a query, and quotas by the minute', () => {
    expect(named('material expiry')[0]).toMatchObject({
      MetricName: 'SecondsUntilKeyMaterialExpiration',
      Dimensions: [{ Name: 'KeyId', Value: IMPORTED.keyId }],
      Statistic: 'Minimum',
      Threshold: 14 * 86_400,
    });
    expect(named('throttling cks-1')[0].Metrics?.[0].Expression).toBe(
      'SELECT SUM(CloudHSMKeyStoreThrottle) FROM SCHEMA("AWS/KMS", CustomKeyStoreId, KmsOperation, KeySpec) WHERE CustomKeyStoreId = \'cks-1\'',
    );
    expect(named('quota')[0]).toMatchObject({ Namespace: 'AWS/Usage', Period: 60, Threshold: 480_000 });
  });

  it('stays within the limits of PutMetricAlarm, with names of its own', () => {
    expect(new Set(alarms.map(({ AlarmName }) => AlarmName)).size).toBe(alarms.length);
    for (const alarm of alarms) {
      expect(alarm.AlarmName?.length).toBeLessThanOrEqual(255);
      expect(alarm.AlarmDescription?.length).toBeLessThanOrEqual(1024);
      expect(JSON.stringify(alarm).length).toBeLessThan(120_000);
      expect((alarm.Metrics ?? []).length).toBeLessThanOrEqual(20);
    }
    const hostile = fitBaseline(
      seriesSet({
        start: MONDAY,
        step: STEP,
        series: ['a', 'b'].map((end) => row('Decrypt', `${KEY}\u0007${'é'.repeat(400)}${end}`, steady)),
      }),
      { timeZone: 'UTC' },
    );
    const names = alarmDefinitions(hostile, { changes: false }).map(
      ({ input }) => (input as { AlarmName: string }).AlarmName,
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[\x20-\x7e]{1,255}$/);
  });

  it('refuses what CloudWatch could not take', () => {
    const odd = fitBaseline(
      seriesSet({ start: 0, step: 90_000, series: [row('Decrypt', KEY, steady.subarray(0, 1000))] }),
    );
    expect(() => alarmDefinitions(odd)).toThrow(InputError);
    expect(() => alarmDefinitions(baseline, { actions: Array<string>(6).fill(TOPIC) })).toThrow('actions.length');
    expect(() => alarmDefinitions(baseline, { alertBudget: { perWeek: 0 } })).toThrow('alertBudget.perWeek');
  });
});

describe('metricFilters', () => {
  it('trap 48: has the pattern of CIS, and one for each way around it', () => {
    const filters = metricFilters({ logGroupName: 'trail' });
    expect(filters[0].input.filterPattern).toBe(
      '{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}',
    );
    const patterns = filters.map(({ input }) => input.filterPattern ?? '');
    for (const operation of ['DeleteImportedKeyMaterial', 'DisconnectCustomKeyStore', 'PutKeyPolicy', 'CreateGrant']) {
      expect(patterns[0]).not.toContain(operation);
      expect(patterns.join()).toContain(`$.eventName=${operation})`);
    }
    for (const pattern of patterns) expect(pattern.length).toBeLessThanOrEqual(1024);
    // Every operation that is named is one.
    const known = KMS_OPERATIONS.map(({ name }) => name);
    for (const [, name] of patterns.join().matchAll(/eventName=(\w+)/g)) expect(known).toContain(name);
    expect(() => metricFilters({ logGroupName: 'no spaces' })).toThrow(InputError);
  });

  it('has an alarm for each of its metrics', () => {
    const metrics = metricFilters({ logGroupName: 'trail' }).map(
      ({ input }) => input.metricTransformations?.[0].metricName,
    );
    expect(named('change').map(({ MetricName }) => MetricName)).toEqual(metrics);
  });
});

describe('ruleDefinitions', () => {
  const rules = ruleDefinitions({ target: 'arn:aws:sqs:eu-central-1:111122223333:queue', cryptographic: true });
  const patterns = rules.flatMap((made) => (made.operation === 'PutRule' ? [made.input] : []));

  it('trap 3: sees read-only calls only in the state that does', () => {
    for (const { EventPattern = '', State } of patterns) {
      const names: string[] = JSON.parse(EventPattern).detail?.eventName ?? [];
      const readOnly = KMS_OPERATIONS.filter(({ name, readOnly }) => readOnly && names.includes(name));
      expect(State).toBe(readOnly.length > 0 ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED');
    }
    expect(patterns.filter(({ State }) => State !== 'ENABLED')).toHaveLength(1);
    expect(ruleDefinitions().every(({ operation }) => operation === 'PutRule')).toBe(true);
  });

  it('covers every critical operation once, within the limits', () => {
    const names = patterns.flatMap(({ EventPattern = '' }) => JSON.parse(EventPattern).detail?.eventName ?? []);
    const critical = KMS_OPERATIONS.filter(({ critical }) => critical).map(({ name }) => name);
    expect(names.filter((name: string) => critical.includes(name)).sort()).toEqual([...critical].sort());
    for (const { EventPattern = '', Name = '' } of patterns) {
      expect(EventPattern.length).toBeLessThanOrEqual(2048);
      expect(Name).toMatch(/^[\w.-]{1,64}$/);
    }
  });
});

describe('dashboardBody', () => {
  it('draws the busiest pairs with their band, and says what it leaves out', () => {
    const body = JSON.parse(dashboardBody(baseline, { pairs: 2, alarms: ['arn:x'], published: true }));
    expect(body.widgets.map(({ type }: { type: string }) => type)).toEqual([
      'text',
      'alarm',
      'metric',
      'metric',
      'text',
    ]);
    expect(body.widgets[2].properties).toMatchObject({ region: 'eu-central-1', period: 300 });
    expect(body.widgets[2].properties.metrics[0].slice(0, 6)).toEqual([
      'AWS/KMS',
      'SuccessfulRequest',
      'KeyArn',
      KEY,
      'Operation',
      'Decrypt',
    ]);
    expect(body.widgets.at(-1).properties.markdown).toMatch(/^1 more pairs/);
  });

  it('holds 500 widgets at most, none over another, all within 24 columns', () => {
    const arn = (i: number) => KEY.replace(/ab$/, String(i).padStart(4, '0'));
    const many = fitBaseline(
      seriesSet({
        start: MONDAY,
        step: 3_600_000,
        series: Array.from({ length: 600 }, (_, i) => row('Decrypt', arn(i), Array<number>(200).fill(1 + (i % 7)))),
      }),
      { timeZone: 'UTC' },
    );
    const body = JSON.parse(dashboardBody(many, { pairs: 496, alarms: ['arn:x'] }));
    expect(body.widgets).toHaveLength(499);
    const cells = new Set<string>();
    for (const { x, y, width, height } of body.widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column++) {
        for (let line = y; line < y + height; line++) {
          expect(cells.has(`${column} ${line}`)).toBe(false);
          cells.add(`${column} ${line}`);
        }
      }
    }
    expect(() => dashboardBody(many, { pairs: 497 })).toThrow('pairs must be an integer in [1, 496]');
  });
});

describe('definitions', () => {
  it('are within the limits of the services at every width of buckets, with the longest of names', async () => {
    const names = ['PutMetricAlarm', 'PutAnomalyDetector', 'PutDashboard', 'PutMetricFilter', 'PutRule'];
    const aws = await fakeAws(Object.fromEntries(names.map((name) => [name, () => ({})])));
    const cloudwatch = new CloudWatchClient(aws.config);
    const prefix = `ops ${'x'.repeat(300)}`;
    for (const step of [60_000, 300_000, 600_000, 3_600_000, 86_400_000, 604_800_000]) {
      const series = Array.from({ length: 3 }, (_, i) =>
        row('Decrypt', KEY.replace(/ab$/, `0${i}`), Array<number>(60).fill(50 + i)),
      );
      const coarse = fitBaseline(seriesSet({ start: MONDAY, step, series }), { timeZone: 'UTC' });
      const actions = Array<string>(5).fill(`${TOPIC}${'y'.repeat(200)}`);
      for (const made of alarmDefinitions(coarse, { prefix, actions, anomaly: {}, keys: [IMPORTED, IN_STORE] })) {
        if (made.operation === 'PutMetricAlarm') await cloudwatch.send(new PutMetricAlarmCommand(made.input));
        else await cloudwatch.send(new PutAnomalyDetectorCommand(made.input));
      }
      const DashboardBody = dashboardBody(coarse, { alarms: Array<string>(100).fill('arn:x') });
      await cloudwatch.send(new PutDashboardCommand({ DashboardName: 'kms-baseline', DashboardBody }));
    }
    const logs = new CloudWatchLogsClient(aws.config);
    for (const { input } of metricFilters({ logGroupName: 'trail', prefix: 'x'.repeat(600) })) {
      await logs.send(new PutMetricFilterCommand(input));
    }
    const events = new EventBridgeClient(aws.config);
    for (const made of ruleDefinitions({ prefix, cryptographic: true })) {
      if (made.operation === 'PutRule') await events.send(new PutRuleCommand(made.input));
    }
    expect(aws.requests.length).toBeGreaterThan(100);
    expect(aws.requests.flatMap(({ operation, body }) => refusalsOf(operation, body))).toEqual([]);
  });

  it('as large as they may be are taken by the client: a dashboard of 499 widgets', async () => {
    const aws = await fakeAws({ PutDashboard: () => ({}) });
    const series = Array.from({ length: 600 }, (_, i) =>
      row(
        'GenerateDataKeyPairWithoutPlaintext',
        KEY.replace(/ab$/, String(i).padStart(4, '0')),
        Array<number>(200).fill(2),
      ),
    );
    const wide = fitBaseline(seriesSet({ start: MONDAY, step: 3_600_000, series }), { timeZone: 'UTC' });
    const DashboardBody = dashboardBody(wide, { pairs: 496, alarms: ['arn:x'], published: true });
    await new CloudWatchClient(aws.config).send(new PutDashboardCommand({ DashboardName: 'kms', DashboardBody }));
    const [{ operation, body }] = aws.requests;
    expect(refusalsOf(operation, body)).toEqual([]);
    expect(JSON.parse(String(body['DashboardBody'])).widgets).toHaveLength(499);
  });

  it('trap 32: are taken by the clients of the SDK, and arrive whole', async () => {
    const names = ['PutMetricAlarm', 'PutAnomalyDetector', 'PutDashboard', 'PutMetricFilter', 'PutRule', 'PutTargets'];
    const aws = await fakeAws(Object.fromEntries(names.map((name) => [name, () => ({})])));
    const cloudwatch = new CloudWatchClient(aws.config);
    const logs = new CloudWatchLogsClient(aws.config);
    const events = new EventBridgeClient(aws.config);
    for (const made of definitions) {
      if (made.operation === 'PutMetricAlarm') await cloudwatch.send(new PutMetricAlarmCommand(made.input));
      else await cloudwatch.send(new PutAnomalyDetectorCommand(made.input));
    }
    const DashboardBody = dashboardBody(baseline);
    await cloudwatch.send(new PutDashboardCommand({ DashboardName: 'kms', DashboardBody }));
    for (const { input } of metricFilters({ logGroupName: 'trail' }))
      await logs.send(new PutMetricFilterCommand(input));
    for (const made of ruleDefinitions({ target: 'arn:aws:sqs:eu-central-1:111122223333:queue' })) {
      if (made.operation === 'PutRule') await events.send(new PutRuleCommand(made.input));
      else await events.send(new PutTargetsCommand(made.input));
    }
    expect(aws.of('PutMetricAlarm').map(({ body }) => body)).toEqual(JSON.parse(JSON.stringify(alarms)));
    expect(aws.of('PutAnomalyDetector')).toHaveLength(3);
    const [{ body }] = aws.of('PutAnomalyDetector');
    // Times are numbers on the wire: strings would have been refused by the serializer, and dates are JSON for the CLI.
    expect(body).toMatchObject({
      Configuration: {
        ExcludedTimeRanges: [{ StartTime: (MONDAY + 11 * STEP) / 1000 }, {}, {}, {}, {}, {}, {}, {}, {}, {}],
      },
    });
    expect(aws.of('PutDashboard')[0].body).toEqual({ DashboardName: 'kms', DashboardBody });
    expect(aws.of('PutRule').length).toBe(aws.of('PutTargets').length);
    // Nothing changes on the way through a file, for `--cli-input-json`.
    for (const { input } of definitions)
      expect(JSON.stringify(JSON.parse(JSON.stringify(input)))).toBe(JSON.stringify(input));
  });
});
