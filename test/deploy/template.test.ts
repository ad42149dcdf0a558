import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { parse as parseHcl } from '@cdktf/hcl2json';
import { describe, expect, it } from 'vitest';
import { iamPolicy } from '../../src/aws/index.js';
import { deployTemplate } from '../../src/cli/deploy-cloudformation.js';
import { type DeploySettings, deployNames, deployPlan, logPolicy } from '../../src/cli/deploy-names.js';
import { deployTerraform } from '../../src/cli/deploy-terraform.js';
import { planSchema } from '../../src/cli/plan-schema.js';
import { runCli } from '../../src/cli/run.js';
import { ofProperties } from '../support/cloudformation-spec.js';
import { violations } from '../support/json-schema.js';
import { tempFolder } from '../support/logs.js';

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const ACCOUNT = '111122223333';
const METRICS: DeploySettings = { name: 'keys', account: ACCOUNT, region: 'eu-central-1', owner: 'Security' };
const LOGS: DeploySettings = { ...METRICS, bucket: 'my-trail-bucket', email: 'security@example.com' };
const TOPIC = `arn:aws:sns:eu-central-1:${ACCOUNT}:pager`;
const EVERY: readonly DeploySettings[] = [
  METRICS,
  LOGS,
  { ...LOGS, prefix: 'audit/trail', timeZone: 'Europe/Berlin' },
  { name: 'shop-keys', account: ACCOUNT, region: 'eu-central-1', owner: 'Shop', topic: TOPIC },
  { ...METRICS, region: 'us-gov-west-1' },
];

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

function templateOf(settings: DeploySettings): Record<string, Resource> {
  return JSON.parse(JSON.stringify(deployTemplate(settings))).Resources;
}

function policyOf(settings: DeploySettings) {
  const { stateBucket, stateKey, topic } = deployNames(settings);
  const { bucket, region } = settings;
  return iamPolicy({
    adapters: [
      ...(bucket === undefined ? (['fetchMetricSeries', 'lookupKmsCalls'] as const) : (['s3Logs'] as const)),
      's3Store',
      's3Snapshots',
      'snsNotifier',
    ],
    ...(bucket === undefined ? {} : { bucket }),
    stateBucket,
    stateKey,
    topic,
    partition: region.startsWith('us-gov') ? 'aws-us-gov' : 'aws',
  });
}

describe('the CloudFormation template', () => {
  it('has types, property names and values as the service specification has them', () => {
    const spec: SpecDatabase = createRequire(import.meta.url)('@aws-cdk/aws-service-spec').loadAwsServiceSpecSync();
    for (const settings of EVERY) {
      const resources = templateOf(settings);
      // As `aws cloudformation package` writes the folder.
      resources['Function'].Properties['Code'] = { S3Bucket: 'artefacts', S3Key: 'function.zip' };
      const found = Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
        const [known] = spec.lookup('resource', 'cloudFormationType', 'equals', Type);
        return ofProperties(spec, Properties, known.properties as never, `${id}.Properties`);
      });
      expect(found).toEqual([]);
      // What is referred to is there.
      const text = JSON.stringify(resources);
      const refs = [...text.matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/g)].map(([, id]) => id);
      expect(refs.filter((id) => !Object.hasOwn(resources, id))).toEqual([]);
    }
  }, 60_000);

  it('gives the role what iamPolicy gives what the plan names, and its log', () => {
    for (const settings of EVERY) {
      const { Policies } = templateOf(settings)['Role'].Properties as { Policies: { PolicyDocument: object }[] };
      expect(Policies.map(({ PolicyDocument }) => PolicyDocument)).toEqual([
        JSON.parse(JSON.stringify(policyOf(settings))),
        logPolicy(deployNames(settings)),
      ]);
    }
  });

  it('keeps the state versioned, encrypted, private, and when the stack goes', () => {
    const { StateBucket } = templateOf(METRICS);
    expect(StateBucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      },
    });
  });

  it('names no bucket, function or role longer than AWS takes, in whatever Region', () => {
    const names = deployNames({ ...METRICS, name: 'a'.repeat(20), region: 'ap-northeast-3' });
    expect(names.stateBucket.length).toBeLessThanOrEqual(63);
    expect(`${names.function}-ap-northeast-3`.length).toBeLessThanOrEqual(64);
  });
});

describe('the Terraform configuration', () => {
  it('is what a parser of HCL reads as the same function, policies, state, topic and alarms', async () => {
    for (const settings of EVERY) {
      type Blocks = Record<string, Record<string, Record<string, unknown>[]>>;
      const parsed = (await parseHcl('main.tf', deployTerraform(settings))) as { resource: Blocks };
      const resources = parsed.resource;
      const one = (type: string, name = 'kms_baseline') => resources[type]?.[name]?.[0];
      const json = (value: unknown) => JSON.parse(/^\$\{jsonencode\((.*)\)\}$/s.exec(String(value))?.[1] ?? '');
      const template = templateOf(settings);
      expect(json(one('aws_iam_role_policy')?.['policy'])).toEqual(JSON.parse(JSON.stringify(policyOf(settings))));
      expect(json(one('aws_iam_role_policy', 'log')?.['policy'])).toEqual(logPolicy(deployNames(settings)));
      const { FunctionName, Runtime, Handler, MemorySize, Timeout } = template['Function'].Properties;
      expect(one('aws_lambda_function')).toMatchObject({
        function_name: FunctionName,
        runtime: Runtime,
        handler: Handler,
        memory_size: MemorySize,
        timeout: Timeout,
      });
      expect(one('aws_s3_bucket', 'state')?.['bucket']).toBe(template['StateBucket'].Properties['BucketName']);
      expect(one('aws_sns_topic') === undefined).toBe(settings.topic !== undefined);
      const alarms = Object.values(resources['aws_cloudwatch_metric_alarm']).map(([alarm]) => [
        alarm['alarm_name'],
        alarm['metric_name'],
        alarm['treat_missing_data'],
        alarm['period'],
      ]);
      const expected = Object.values(template).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
      expect(alarms.sort()).toEqual(
        expected
          .map(({ Properties: p }) => [p['AlarmName'], p['MetricName'], p['TreatMissingData'], p['Period']])
          .sort(),
      );
      // What an expression refers to is there.
      const refs = [...deployTerraform(settings).matchAll(/(?<!data\.)\b(aws_\w+)\.(\w+)\.\w+/g)];
      expect(refs.length).toBeGreaterThan(10);
      for (const [all, type, name] of refs) expect(resources[type]?.[name], all).toBeDefined();
    }
  });
});

describe('the plan', () => {
  it('is as the schema of plans has it', () => {
    for (const settings of EVERY) expect(violations(deployPlan(settings), planSchema())).toEqual([]);
  });
});

async function run(args: readonly string[], answers?: readonly string[]) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  async function* typed() {
    for (const answer of answers ?? []) yield Buffer.from(`${answer}\n`);
  }
  const io = { stdout: output('stdout'), stderr: output('stderr') };
  const terminal = answers === undefined ? {} : { stdin: Object.assign(typed(), { isTTY: true }) };
  const status = await runCli(['init', ...args], { ...io, ...terminal });
  return { status, ...texts };
}

describe('kms-baseline init', () => {
  const FLAGS = ['--account', ACCOUNT, '--region', 'eu-central-1'];

  it.each(['cloudformation', 'terraform'])('writes what deploy/ holds as a sample: %s', async (format) => {
    const folder = join(tempFolder(), 'new');
    const { status, stdout, stderr } = await run([
      ...FLAGS,
      ...['--bucket', 'my-trail-bucket', '--email', 'security@example.com', '--format', format, '--dir', folder],
    ]);
    expect([status, stderr]).toEqual([0, '']);
    const name = format === 'terraform' ? 'main.tf' : 'template.json';
    expect(stdout.split('\n')).toEqual([
      `wrote ${folder}/function/plan.json`,
      `wrote ${folder}/function/function.mjs`,
      `wrote ${folder}/${name}`,
      expect.stringMatching(/^next: kms-baseline watch .*plan\.json --explain /),
      '',
    ]);
    for (const file of [name, 'function/plan.json']) {
      const [written, sample] = [join(folder, file), DEPLOY + file].map((path) => readFileSync(path, 'utf8'));
      if (file.endsWith('.json')) expect(JSON.parse(written), file).toEqual(JSON.parse(sample));
      else expect(written, file).toBe(sample);
    }
  });

  it('writes a plan that watch reads', async () => {
    const folder = tempFolder();
    expect((await run([...FLAGS, '--dir', folder])).status).toBe(0);
    let text = '';
    const io = {
      stdout: { write: (more: string) => (text += more) },
      stderr: { write: (more: string) => (text += more) },
    };
    expect(await runCli(['watch', join(folder, 'function', 'plan.json'), '--explain'], io)).toBe(0);
    expect(text).toContain(`a message to arn:aws:sns:eu-central-1:${ACCOUNT}:kms-baseline-keys`);
  });

  it('names --dir where that cannot be written to', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'function'), 'a file');
    const { status, stderr } = await run([...FLAGS, '--dir', folder]);
    expect(status).toBe(2);
    expect(stderr).toContain(`--dir must be a folder that can be written to, got "${folder}" (EEXIST)`);
  });

  it('writes over nothing, unless it is to', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'function'));
    writeFileSync(join(folder, 'template.json'), 'mine');
    const refused = await run([...FLAGS, '--dir', folder]);
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('template.json" is there already: --force writes over it, --dir says where else');
    expect(readFileSync(join(folder, 'template.json'), 'utf8')).toBe('mine');
    expect((await run([...FLAGS, '--dir', folder, '--force'])).status).toBe(0);
    expect(readFileSync(join(folder, 'template.json'), 'utf8')).toContain('AWS::Lambda::Function');
  });

  it('asks a terminal, and nobody else', async () => {
    const folder = tempFolder();
    const asked = await run(['--dir', folder], [ACCOUNT, 'eu-central-1', '', 'security@example.com']);
    expect([asked.status, asked.stderr]).toEqual([0, expect.stringMatching(/^Account.*Region.*Bucket.*Mail/)]);
    expect(JSON.parse(readFileSync(join(folder, 'function', 'plan.json'), 'utf8'))).toMatchObject({
      owner: 'security@example.com',
      sources: [{ metrics: true }, { eventHistory: true }],
    });
    expect((await run(['--region', 'eu-central-1'])).stderr).toContain('init needs --account');
  });

  it.each<[string[], string]>([
    [['--account', '1234'], '--account must be 12 digits, got "1234"'],
    [['--account', ACCOUNT], 'init needs --region, the Region of the keys, or AWS_REGION to be set'],
    [[...FLAGS, '--bucket', 's3://x'], "--bucket must be a bucket's name, without s3://"],
    [[...FLAGS, '--prefix', 'audit'], '--prefix needs --bucket'],
    [[...FLAGS, '--bucket', 'abc', '--prefix', 'a//b'], '--prefix must be a prefix such as'],
    [[...FLAGS, '--topic', TOPIC, '--email', 'a@example.com'], '--email is for a new topic'],
    [[...FLAGS, '--topic', TOPIC.replace('eu-central-1', 'us-east-1')], '--topic must be in eu-central-1'],
    [[...FLAGS, '--plan-name', 'My_Plan'], '--plan-name must be up to 20 lower-case letters'],
    [[...FLAGS, '--time-zone', 'Mars'], '--time-zone must be'],
    [[...FLAGS, '--format', 'cdk'], '--format must be cloudformation or terraform, got "cdk"'],
    [['here'], 'init takes no path, got "here": --dir says where'],
  ])('says what is wrong: %j', async (args, message) => {
    const folder = join(tempFolder(), 'none');
    const { status, stderr } = await run([...args, '--dir', folder]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
