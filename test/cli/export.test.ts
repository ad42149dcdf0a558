import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchClient,
  PutAnomalyDetectorCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, PutMetricFilterCommand } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { parse as parseHcl } from '@cdktf/hcl2json';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Definition } from '../../src/aws/index.js';
import { Detector, fitBaseline } from '../../src/engine/index.js';
import { definePlan } from '../../src/plan/index.js';
import { detectors } from '../../src/plan/judge.js';
import { Watch } from '../../src/plan/watch.js';
import { watchToBytes } from '../../src/plan/watch-bytes.js';
import { newWatchData } from '../../src/plan/watch-data.js';
import { seriesSet } from '../../src/series/series-set.js';
import { fakeAws } from '../aws/support/fake-aws.js';
import { refusalsOf } from '../aws/support/refusals.js';
import { tempFolder } from '../support/logs.js';
import { KEY, MONDAY, OTHER_KEY, poissonRow, STEP } from '../support/sets.js';
import { cli } from './traffic.js';

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:pager';
const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:kms';
const THERE = KEY.replace('eu-central-1', 'us-east-1');
const baseline = fitBaseline(
  seriesSet({
    start: MONDAY,
    step: STEP,
    series: [KEY, OTHER_KEY, THERE].map((keyArn, i) => ({
      key: { operation: 'Decrypt', keyArn },
      values: poissonRow(i + 1, 3, () => 60 - 20 * i),
    })),
  }),
  { timeZone: 'UTC' },
);

function folder(): { path: string; file: string } {
  const path = tempFolder();
  const file = join(path, 'keys.baseline');
  writeFileSync(file, baseline.toBytes());
  return { path, file };
}

async function json(args: readonly string[]): Promise<Definition[]> {
  const { status, stdout, stderr } = await cli(['export', ...args]);
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

describe('kms-baseline export', () => {
  it('prints inputs that the clients of the SDK take, of all that can be made', async () => {
    const { file } = folder();
    const all = await json([
      '--baseline',
      file,
      '--log-group',
      'trail',
      '--action',
      TOPIC,
      '--target',
      QUEUE,
      '--anomaly',
      '--cryptographic',
    ]);
    const names = ['PutMetricAlarm', 'PutAnomalyDetector', 'PutDashboard', 'PutMetricFilter', 'PutRule', 'PutTargets'];
    const aws = await fakeAws(Object.fromEntries(names.map((name) => [name, () => ({})])));
    const cloudwatch = new CloudWatchClient(aws.config);
    const events = new EventBridgeClient(aws.config);
    const logs = new CloudWatchLogsClient(aws.config);
    for (const made of all) {
      if (made.operation === 'PutMetricAlarm') await cloudwatch.send(new PutMetricAlarmCommand(made.input));
      if (made.operation === 'PutAnomalyDetector') await cloudwatch.send(new PutAnomalyDetectorCommand(made.input));
      if (made.operation === 'PutDashboard') await cloudwatch.send(new PutDashboardCommand(made.input));
      if (made.operation === 'PutMetricFilter') await logs.send(new PutMetricFilterCommand(made.input));
      if (made.operation === 'PutRule') await events.send(new PutRuleCommand(made.input));
      if (made.operation === 'PutTargets') await events.send(new PutTargetsCommand(made.input));
    }
    expect(aws.requests).toHaveLength(all.length);
    expect(aws.requests.flatMap(({ operation, body }) => refusalsOf(operation, body))).toEqual([]);
    expect(new Set(all.map(({ operation }) => operation))).toEqual(new Set(names));
  });

  it('prints one Region for CloudFormation and Terraform, and says what it leaves out', async () => {
    const { file } = folder();
    const args = ['export', 'alarms', '--baseline', file, '--format'];
    const both = await cli([...args, 'cloudformation']);
    expect([both.status, both.stdout]).toEqual([2, '']);
    expect(both.stderr).toContain('region must be one of eu-central-1, us-east-1');
    const nowhere = await cli([...args, 'json', '--region', 'us-west-2']);
    expect([nowhere.status, nowhere.stdout]).toEqual([2, '']);
    expect(nowhere.stderr).toContain(
      '--region must be one of what is exported, eu-central-1, us-east-1, got "us-west-2"',
    );
    const there = await cli([...args, 'cloudformation', '--region', 'us-east-1']);
    const types = Object.values<{ Type: string }>(JSON.parse(there.stdout).Resources).map(({ Type }) => Type);
    expect(new Set(types)).toEqual(new Set(['AWS::CloudWatch::Alarm']));
    expect(there.stderr).toMatch(/^kms-baseline: \d definitions of other Regions left out\n$/);
    const here = await cli([...args, 'terraform', '--region', 'eu-central-1', '--prefix', 'ops']);
    const { resource } = (await parseHcl('main.tf', here.stdout)) as never as {
      resource: { aws_cloudwatch_metric_alarm: Record<string, [{ alarm_name: string }]> };
    };
    for (const [alarm] of Object.values(resource.aws_cloudwatch_metric_alarm)) {
      expect(alarm.alarm_name).toMatch(/^ops (?:above|below) Decrypt/);
    }
  });

  it('prints rules for a SIEM, of the accounts asked for', async () => {
    const { status, stdout } = await cli(['export', '--format', 'sigma', '--account', '001122223333']);
    expect(status).toBe(0);
    const documents = parseAllDocuments(stdout).map((one) => one.toJS());
    expect(documents.length).toBeGreaterThan(5);
    expect(documents[0].detection.selection.recipientAccountId).toEqual(['001122223333']);
  });

  it('takes name, budget and what was learned from a plan', async () => {
    const { path } = folder();
    const file = join(path, 'plan.json');
    const plan = {
      name: 'shop',
      purpose: 'Watch',
      owner: 'Security',
      sources: [{ folder: '.' }],
      notify: [{ console: true }],
    };
    writeFileSync(file, JSON.stringify(plan));
    const early = await cli(['export', 'alarms', '--plan', file]);
    expect(early.status).toBe(2);
    expect(early.stderr).toContain('has learned nothing yet: run kms-baseline watch first, or give --baseline');
    const running = definePlan({
      ...plan,
      sources: [{ name: 'x', poll: () => ({ calls: [], coverage: [], cursor: null }) }],
      notify: [{ name: 'y', tell: () => undefined }],
    });
    const data = newWatchData('state');
    const judge = new Detector(baseline).toBytes();
    data.snapshot = { end: MONDAY, restated: null };
    writeFileSync(join(path, 'plan.json.state'), watchToBytes(new Watch(running, detectors, { data, judge })));
    const alarms = await json(['alarms', '--plan', file]);
    expect(alarms.length).toBeGreaterThanOrEqual(3);
    for (const { input } of alarms) expect(input).toMatchObject({ AlarmName: expect.stringMatching(/^shop /) });
  });

  it.each([
    [['alarm'], 'what to export must be one of alarms, filters, rules, dashboard, got "alarm"'],
    [['alarms'], 'export alarms needs --baseline, a file that kms-baseline fit has written, or --plan'],
    [['dashboard'], 'export dashboard needs --baseline'],
    [['filters'], 'export filters needs --log-group'],
    [['--format', 'yaml'], '--format must be one of json, cloudformation, terraform, sigma, got "yaml"'],
    [['alarms', '--format', 'sigma'], '--format sigma is for rules only, got alarms'],
    [['rules', '--account', '111122223333'], '--account is for --format sigma only'],
    [['alarms', '--baseline', '/nowhere'], '--baseline must be a file that kms-baseline fit has written'],
    [['rules', '--baselin', 'x'], 'Did you mean --baseline?'],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await cli(['export', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
