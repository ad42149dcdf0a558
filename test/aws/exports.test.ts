import serviceSpec from '@aws-cdk/aws-service-spec';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { parse as parseHcl } from '@cdktf/hcl2json';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import {
  alarmDefinitions,
  cloudFormationTemplate,
  type Definition,
  dashboardDefinition,
  metricFilters,
  ruleDefinitions,
  sigmaRules,
  terraformConfiguration,
} from '../../src/aws/index.js';
import { fitBaseline } from '../../src/engine/index.js';
import { InputError } from '../../src/errors.js';
import { KMS_OPERATIONS, type KmsKey } from '../../src/kms/index.js';
import { seriesSet } from '../../src/series/series-set.js';
import { ofProperties } from '../support/cloudformation-spec.js';
import { KEY, MONDAY, OTHER_KEY, poissonRow, STEP } from '../support/sets.js';

const baseline = fitBaseline(
  seriesSet({
    start: MONDAY,
    step: STEP,
    series: [
      { key: { operation: 'Decrypt', keyArn: KEY }, values: poissonRow(1, 3, () => 60) },
      { key: { operation: 'Encrypt', keyArn: OTHER_KEY }, values: poissonRow(2, 3, () => 3) },
    ],
  }),
  { timeZone: 'Europe/Berlin' },
);
const keys = [
  { keyArn: KEY, keyId: '1234abcd', materialExpires: MONDAY, customKeyStoreId: null },
  { keyArn: OTHER_KEY, keyId: 'x', materialExpires: null, customKeyStoreId: 'cks-1', origin: 'AWS_CLOUDHSM' },
] as KmsKey[];
const alarms = alarmDefinitions(baseline, {
  actions: ['arn:aws:sns:eu-central-1:111122223333:pager'],
  anomaly: {},
  exclude: [{ from: MONDAY, to: MONDAY + STEP }],
  keys,
  quotas: [{ resource: 'CryptographicOperationsSymmetric', perSecond: 10_000 }],
});
const everything: readonly Definition[] = [
  ...alarms,
  ...metricFilters({ logGroupName: 'aws/trail' }),
  ...ruleDefinitions({ cryptographic: true, target: 'arn:aws:sqs:eu-central-1:111122223333:kms' }),
  dashboardDefinition(baseline, { alarms: ['arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a'] }),
];
const count = (operation: Definition['operation']) => everything.filter((made) => made.operation === operation).length;

describe('cloudFormationTemplate', () => {
  let spec: SpecDatabase;
  beforeAll(() => {
    spec = serviceSpec.loadAwsServiceSpecSync();
  }, 60_000);

  it('has types, property names and values as the service specification has them', () => {
    const template = JSON.parse(JSON.stringify(cloudFormationTemplate(everything)));
    const found = Object.entries<{ Type: string; Properties: object }>(template.Resources).flatMap(([id, resource]) => {
      expect(id).toMatch(/^[A-Za-z0-9]{1,255}$/);
      const [known] = spec.lookup('resource', 'cloudFormationType', 'equals', resource.Type);
      return ofProperties(spec, resource.Properties, known.properties as never, `${id}.Properties`);
    });
    expect(found).toEqual([]);
    const types = Object.values<{ Type: string }>(template.Resources).map(({ Type }) => Type);
    const of = (type: string) => types.filter((one) => one === type).length;
    expect(of('AWS::CloudWatch::Alarm')).toBe(count('PutMetricAlarm'));
    expect(of('AWS::CloudWatch::AnomalyDetector')).toBe(count('PutAnomalyDetector'));
    expect(of('AWS::Logs::MetricFilter')).toBe(count('PutMetricFilter'));
    expect(of('AWS::Events::Rule')).toBe(count('PutRule'));
    expect(of('AWS::CloudWatch::Dashboard')).toBe(1);
    expect(template.Resources.RuleKmsBaselineKeyEvents.Properties).toMatchObject({
      EventPattern: { source: ['aws.kms'] },
      Targets: [{ Id: 'kms-baseline', Arn: 'arn:aws:sqs:eu-central-1:111122223333:kms' }],
    });
    const detector = Object.values<{ Type: string; Properties: Record<string, unknown> }>(template.Resources).find(
      ({ Type }) => Type === 'AWS::CloudWatch::AnomalyDetector',
    );
    expect(detector?.Properties['Configuration']).toEqual({
      ExcludedTimeRanges: [{ StartTime: '2026-01-05T00:00:00', EndTime: '2026-01-05T00:05:00' }],
      MetricTimeZone: 'Europe/Berlin',
    });
  });

  it('the check of this test finds what is not so', () => {
    const [known] = spec.lookup('resource', 'cloudFormationType', 'equals', 'AWS::Logs::MetricFilter');
    expect(ofProperties(spec, { filterName: 1, FilterPattern: 2 }, known.properties as never, 'x').sort()).toEqual([
      'x.FilterPattern must be string, got 2',
      'x.LogGroupName is missing',
      'x.MetricTransformations is missing',
      'x.filterName is unknown',
    ]);
  });

  it('is of one Region, with what belongs to none, and holds no more than a template may', () => {
    const other = everything.map((made, i) => (i === 0 ? { ...made, region: 'us-east-1' } : made)) as Definition[];
    expect(() => cloudFormationTemplate(other)).toThrow(InputError);
    expect(() => cloudFormationTemplate(other)).toThrow('region must be one of eu-central-1, us-east-1');
    const { Resources } = cloudFormationTemplate(other, { region: 'us-east-1' });
    const names = Object.values(Resources).map(({ Properties }) => Properties['AlarmName']);
    expect(names.filter((name) => String(name).includes('above'))).toHaveLength(1);
    const many = Array.from({ length: 501 }, (_, i) => ({
      ...alarms[0],
      input: { ...alarms[0].input, AlarmName: `a ${i}` },
    })) as Definition[];
    expect(() => cloudFormationTemplate(many)).toThrow('definitions must be at most 500 for one template, got 501');
    // Names that differ in what an id cannot have stay two resources.
    const twins = ['a-b', 'a_b'].map((name) => ({ ...alarms[0], input: { ...alarms[0].input, AlarmName: name } }));
    expect(Object.keys(cloudFormationTemplate(twins as Definition[]).Resources)).toHaveLength(2);
  });
});

describe('terraformConfiguration', () => {
  /** Blocks by type and label, as a parser of Terraform's reads them. */
  async function resources(text: string): Promise<Record<string, Record<string, Record<string, unknown>[]>>> {
    return ((await parseHcl('main.tf', text)) as { resource: never }).resource;
  }

  it('is what a parser of HCL reads as the same alarms, filters, rules, targets and dashboard', async () => {
    const text = terraformConfiguration(everything);
    const found = await resources(text);
    const of = (type: string) => Object.values(found[type] ?? {}).map(([only]) => only);
    expect(Object.keys(found).sort()).toEqual([
      'aws_cloudwatch_dashboard',
      'aws_cloudwatch_event_rule',
      'aws_cloudwatch_event_target',
      'aws_cloudwatch_log_metric_filter',
      'aws_cloudwatch_metric_alarm',
    ]);
    const expected = everything.flatMap((made) => (made.operation === 'PutMetricAlarm' ? [made.input] : []));
    expect(of('aws_cloudwatch_metric_alarm').map((alarm) => [alarm['alarm_name'], alarm['threshold']])).toEqual(
      expect.arrayContaining(expected.map(({ AlarmName, Threshold }) => [AlarmName, Threshold])),
    );
    expect(of('aws_cloudwatch_metric_alarm')).toHaveLength(expected.length);
    const band = of('aws_cloudwatch_metric_alarm').find(({ alarm_name }) => String(alarm_name).includes('anomaly'));
    expect(band).toMatchObject({
      threshold_metric_id: 't1',
      metric_query: [
        {
          id: 'm1',
          return_data: true,
          metric: [{ namespace: 'AWS/KMS', dimensions: expect.any(Object), stat: 'Sum' }],
        },
        { id: 't1', expression: 'ANOMALY_DETECTION_BAND(m1, 3)' },
      ],
    });
    const patterns = everything.flatMap((made) => (made.operation === 'PutRule' ? [made.input.EventPattern] : []));
    expect(
      of('aws_cloudwatch_event_rule')
        .map((rule) => rule['event_pattern'])
        .sort(),
    ).toEqual(patterns.sort());
    expect(of('aws_cloudwatch_event_target')[0]['rule']).toMatch(/^\$\{aws_cloudwatch_event_rule\.[\w-]+\.name\}$/);
    expect(of('aws_cloudwatch_event_target')).toHaveLength(count('PutTargets'));
    const filters = everything.flatMap((made) =>
      made.operation === 'PutMetricFilter' ? [made.input.filterPattern] : [],
    );
    expect(
      of('aws_cloudwatch_log_metric_filter')
        .map(({ pattern }) => pattern)
        .sort(),
    ).toEqual(filters.sort());
    const [board] = of('aws_cloudwatch_dashboard');
    expect(JSON.parse(String(board['dashboard_body'])).widgets.length).toBeGreaterThan(3);
    // What the provider has no words for is not lost.
    expect(text.match(/^# aws cloudwatch put-anomaly-detector --cli-input-json/gm)).toHaveLength(
      count('PutAnomalyDetector'),
    );
    expect(text).toContain(
      '# Made for a window on the hour (EvaluationWindow: {"WallClockWindow":{"Timezone":"UTC"}})',
    );
  });

  it('keeps every text as it is, whatever is in it', async () => {
    const texts = fc.string({ unit: fc.constantFrom('$', '{', '}', '%', '"', '\\', '\n', '\t', 'a', 'é', '#', ' ') });
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const made = { ...alarms[0], why: text, input: { ...alarms[0].input, AlarmDescription: text } } as Definition;
        const { aws_cloudwatch_metric_alarm: found } = await resources(terraformConfiguration([made]));
        const [[alarm]] = Object.values(found);
        // The parser leaves `$${` doubled: that is how it writes what is no template.
        expect(String(alarm['alarm_description']).replace(/([$%])\1\{/g, '$1{')).toBe(text);
      }),
      { seed: 17, numRuns: 60 },
    );
  });
});

describe('sigmaRules', () => {
  const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];
  const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'];

  /** What of a document is not as Sigma's JSON schema has it (sigma-specification 2.0, sigma-detection-rule-schema.json). */
  function violations(rule: Record<string, unknown>): string[] {
    const found: string[] = [];
    const need = (ok: boolean, what: string) => void (ok || found.push(what));
    const { title, id, status, description, references, tags, logsource, detection, falsepositives, level } = rule;
    const isText = (value: unknown): value is string => typeof value === 'string';
    const isList = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
    need(isText(title) && title.length <= 256, 'title');
    need(isText(id) && /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id), 'id');
    need(isText(status) && STATUSES.includes(status), 'status');
    need(isText(description) && description.length <= 65_535, 'description');
    need(isList(references), 'references');
    need(isList(tags) && tags.every((tag) => /^[a-z0-9_-]+\.[a-z0-9._-]+$/.test(tag)), 'tags');
    need(isList(falsepositives) && falsepositives.every((text) => text.length >= 2), 'falsepositives');
    need(isText(level) && LEVELS.includes(level), 'level');
    need(JSON.stringify(logsource) === '{"product":"aws","service":"cloudtrail"}', 'logsource');
    const { condition, selection } = detection as { condition: unknown; selection: Record<string, unknown> };
    need(condition === 'selection' && Object.keys(detection as object).length === 2, 'detection');
    for (const [field, value] of Object.entries(selection)) {
      need(/^[A-Za-z.]+(?:\|(?:endswith|startswith|contains))?$/.test(field), `selection.${field}`);
      need(isText(value) || isList(value), `selection.${field}`);
    }
    return found;
  }

  it('are as the schema of Sigma has them, one document each', () => {
    const rules = sigmaRules().map((text) => parseYaml(text));
    for (const rule of rules) expect(violations(rule), rule.title).toEqual([]);
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(parseAllDocuments(sigmaRules().join('---\n')).map((one) => one.toJS())).toEqual(rules);
    expect(violations({ ...rules[0], level: 'grave', id: 'x' })).toEqual(['id', 'level']);
  });

  it('name every critical operation, and no other that KMS does not have', () => {
    const named = sigmaRules().flatMap((text): string[] => parseYaml(text).detection.selection.eventName ?? []);
    const critical = KMS_OPERATIONS.filter((operation) => operation.critical).map(({ name }) => name);
    expect(critical.filter((name) => !named.includes(name))).toEqual([]);
    const known = new Set(KMS_OPERATIONS.map(({ name }) => name));
    const events = ['DeleteExpiredKeyMaterial', 'DeleteKey', 'SynchronizeMultiRegionKey'];
    expect(named.filter((name) => !known.has(name) && !events.includes(name))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  });

  it('keep accounts as texts, with their zeros', () => {
    const [text] = sigmaRules({ accounts: ['001122223333', '444455556666'] });
    expect(text).toContain("      - '001122223333'\n");
    expect(parseYaml(text).detection.selection.recipientAccountId).toEqual(['001122223333', '444455556666']);
    for (const accounts of ['1', [111122223333], ['11112222333']]) {
      expect(() => sigmaRules({ accounts: accounts as never })).toThrow(InputError);
    }
  });
});
