import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwsClients } from '../../src/aws/clients.js';
import { notifierKinds } from '../../src/cli/plan-notifiers.js';
import { planSchema } from '../../src/cli/plan-schema.js';
import { sourceKinds } from '../../src/cli/plan-sources.js';
import { runCli } from '../../src/cli/run.js';
import { InputError } from '../../src/errors.js';
import type { Notice } from '../../src/plan/index.js';
import { NOTICE_KINDS, routedNotifier } from '../../src/plan/routed.js';
import { logIn } from '../aws/support/environment.js';
import { eventHistory } from '../aws/support/event-history.js';
import { fakeAws, type Handler } from '../aws/support/fake-aws.js';
import { fakeS3 } from '../aws/support/fake-s3.js';
import { violations } from '../support/json-schema.js';
import { tempFolder } from '../support/logs.js';

const LOGS = fileURLToPath(new URL('../../data/logs', import.meta.url));
const ACCOUNT = '111122223333';
const TOPIC = `arn:aws:sns:eu-central-1:${ACCOUNT}:pager`;

beforeEach(() => {
  logIn('eu-central-1');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const BASE = { purpose: 'Watch the keys', owner: 'Security', learnFor: '1w', timeZone: 'Europe/Berlin' };

async function watch(plan: object, ...args: string[]) {
  const folder = tempFolder();
  const path = join(folder, 'plan.json');
  writeFileSync(path, JSON.stringify(plan));
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const status = await runCli(['watch', path, ...args], { stdout: output('stdout'), stderr: output('stderr') });
  return { status, folder, ...texts };
}

const SOURCES = [
  { folder: 'logs' },
  {
    bucket: 'my-trail-bucket',
    account: ACCOUNT,
    region: ['eu-central-1', 'us-east-1'],
    prefix: 'audit',
    maxQuiet: '2h',
  },
  { trail: `arn:aws:cloudtrail:us-east-1:${ACCOUNT}:trail/organisation`, account: ACCOUNT, region: 'eu-west-1' },
  { eventHistory: true, region: 'us-east-1', operations: ['DisableKey', 'ScheduleKeyDeletion'] },
  { metrics: true, region: ['eu-central-1', 'us-east-1'] },
  { logGroup: 'CloudTrail/logs', name: 'log group' },
  { athena: 'logs.cloudtrail', workGroup: 'security', accounts: [ACCOUNT] },
];
const NOTIFIERS = [
  { console: true },
  { file: 'notices.log' },
  { jsonLines: 'notices.jsonl' },
  { webhook: { env: 'HOOK' } },
  { slack: 'https://hooks.example.com/x', minSeverity: 'high' },
  { sns: TOPIC, minSeverity: 'critical', kinds: ['anomaly', 'change'], changes: ['opened'] },
  { eventBridge: true },
  { eventBridge: 'security', name: 'bus' },
];

describe('a plan in JSON', () => {
  it('names every source and notifier, and is explained without asking any of them', async () => {
    vi.stubEnv('HOOK', 'https://hooks.example.com/y');
    const plan = { ...BASE, sources: SOURCES, notify: NOTIFIERS };
    expect(violations(plan, planSchema())).toEqual([]);
    const { status, stdout, stderr } = await watch(plan, '--explain');
    expect([status, stderr]).toEqual([0, '']);
    for (const line of [
      'With what?       logs, s3://my-trail-bucket 111122223333 eu-central-1, s3://my-trail-bucket 111122223333 us-east-1, ' +
        'trail organisation 111122223333 eu-west-1, event history us-east-1, metrics eu-central-1, metrics us-east-1, log group, athena logs.cloudtrail',
      's3://my-trail-bucket 111122223333 us-east-1: log files of 111122223333 us-east-1 in s3://my-trail-bucket: calls with callers and errors',
      "event history us-east-1: CloudTrail's event history of us-east-1: DisableKey, ScheduleKeyDeletion, with callers",
      'metrics eu-central-1: CloudWatch metrics: successful calls by key and operation, without callers, failed calls, single events',
      'Who is notified? console, notices.log, notices.jsonl, webhook, slack, sns pager, eventbridge, bus; weekly alert budget',
      'slack: high and worse',
      `sns pager: a message to ${TOPIC}; critical and worse; kinds anomaly, change; steps opened`,
    ]) {
      expect(stdout).toContain(line);
    }
    expect(stdout).not.toContain('hooks.example.com');
  });

  it('has a schema with the fields that are read, kind by kind', () => {
    const context = { folder: '.', clients: new AwsClients() };
    const named = (list: readonly object[], kinds: object) =>
      Object.keys(kinds).filter((kind) => !list.some((entry) => kind in entry));
    expect(named(SOURCES, sourceKinds(context))).toEqual([]);
    expect(named(NOTIFIERS, notifierKinds(context, { stdout: process.stdout }, {}))).toEqual([]);
    expect(violations({ ...BASE, sources: [{ buket: 'x' }], notify: NOTIFIERS }, planSchema())).not.toEqual([]);
  });

  it.each<[object, string]>([
    [
      { sources: [{ buckte: 'x' }] },
      'plan.sources[0] must name a source, one of folder, bucket, trail, eventHistory, metrics, logGroup, athena, got "buckte": did you mean bucket?',
    ],
    [{ sources: [{ folder: 'x', bucket: 'y' }] }, 'plan.sources[0] must name one source, got folder and bucket'],
    [{ sources: [{ bucket: 'x', account: ACCOUNT }] }, 'plan.sources[0].region must be given, got undefined'],
    [
      { sources: [{ bucket: 'x', account: ACCOUNT, regoin: 'y' }] },
      'plan.sources[0].regoin is unknown: did you mean region?',
    ],
    [{ sources: [{ eventHistory: false }] }, 'plan.sources[0].eventHistory must be true, got false'],
    [{ sources: [{ metrics: 'all' }] }, 'plan.sources[0].metrics must be true, or an array of metrics'],
    [{ sources: [{ folder: 'x', maxQuiet: 'long' }] }, 'plan.sources[0].maxQuiet must be a length of time'],
    [{ sources: ['logs'] }, 'plan.sources[0] must be an object that names a source, got "logs"'],
    [{ sources: [{ toString: 1 }] }, 'plan.sources[0] must name a source, one of folder'],
    [{ notify: [{ consol: true }] }, 'got "consol": did you mean console?'],
    [{ notify: [{ sns: 'pager' }] }, 'topicArn must be the ARN of a topic, got "pager"'],
    [
      { notify: [{ console: true, minSeverity: 'severe' }] },
      'plan.notify[0].minSeverity must be one of low, medium, high, critical, got "severe"',
    ],
    [{ notify: [{ console: true, kinds: ['anomalies'] }] }, 'plan.notify[0].kinds[0] must be one of anomaly, change'],
    [
      { notify: [{ console: true, changes: ['opened', 'over'] }] },
      'plan.notify[0].changes[1] must be one of opened, updated, closed, got "over"',
    ],
    [{ notify: [{ webhook: 'x', body: 'xml' }] }, "plan.notify[0].body must be 'json' or 'slack', got \"xml\""],
    [
      { notify: [{ slack: { env: 'NOT_SET' } }] },
      'plan.notify[0].slack needs the environment variable NOT_SET to be set',
    ],
    [{ aws: { profil: 'x' } }, 'plan.aws.profil is unknown: did you mean profile?'],
    [{ aws: { endpoint: 'localhost' } }, 'endpoint must be an address such as http://localhost:4566, got "localhost"'],
  ])('says what is wrong, and what was probably meant: %j', async (change, message) => {
    const plan = { ...BASE, sources: [{ folder: 'logs' }], notify: [{ console: true }], ...change };
    const { status, stderr } = await watch(plan, '--explain');
    expect([status, stderr.replace(/\n.*\n$/, '')]).toEqual([2, expect.stringContaining(message)]);
  });

  it('says that a Region is missing where one is needed', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    const { status, stderr } = await watch(
      { ...BASE, sources: [{ metrics: true }], notify: [{ console: true }] },
      '--once',
    );
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('no AWS Region is set: set AWS_REGION, pass --region'),
    ]);
  });

  it('runs from a bucket and the event history to a topic and a bus', async () => {
    const names = readdirSync(LOGS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
    const objects = new Map(names.map((name) => [name, { body: readFileSync(join(LOGS, name)) }]));
    const sent: string[] = [];
    const publish: Handler = ({ bytes }) => {
      sent.push(new TextDecoder().decode(bytes));
      return {
        body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
      };
    };
    const events: Record<string, unknown>[] = [];
    const aws = await fakeAws({
      ...fakeS3(objects),
      LookupEvents: eventHistory([]),
      's3:POST': publish,
      PutEvents: ({ body }) => {
        events.push(body);
        return { FailedEntryCount: 0, Entries: [{ EventId: '1' }] };
      },
    });
    const plan = {
      ...BASE,
      judgeFirst: '2d',
      sources: [
        { bucket: 'logs', account: ACCOUNT, region: ['eu-central-1', 'us-east-1'] },
        { eventHistory: true, region: 'us-east-1', operations: ['DisableKey'] },
      ],
      notify: [{ sns: TOPIC, minSeverity: 'critical' }, { eventBridge: 'security' }],
      aws: { endpoint: aws.config.endpoint },
    };
    const folder = tempFolder();
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
    // The bundled month ends on 2 June 2026: that day is now.
    writeFileSync(
      join(folder, 'plan.mjs'),
      `import plan from './plan.json' with { type: 'json' };
       const time = Date.UTC(2026, 5, 2, 23, 50);
       export default { ...plan, clock: { now: () => time, sleep: async () => {} } };`,
    );
    let stderr = '';
    const io = { stdout: { write: () => 0 }, stderr: { write: (text: string) => (stderr += text) } };
    const status = await runCli(['watch', join(folder, 'plan.mjs'), '--once'], io);
    expect([status, stderr]).toEqual([0, expect.stringContaining('coverage, last 24 h: s3://logs')]);
    const details = events.flatMap(({ Entries }) =>
      (Entries as { Detail: string }[]).map(({ Detail }) => JSON.parse(Detail)),
    );
    expect(details.some(({ text }) => text.includes('role/SupportConsole made'))).toBe(true);
    // The pager has the severe ones only, each once.
    const severe = details.filter(({ severity }) => severity === 'critical');
    expect(severe.length).toBeGreaterThan(0);
    expect(severe.length).toBeLessThan(details.length);
    expect(sent.map((text) => new URLSearchParams(text).get('MessageAttributes.entry.1.Value.StringValue'))).toEqual(
      severe.map(({ id }) => id),
    );
    expect(new Set(aws.requests.map(({ operation }) => operation))).toEqual(
      new Set(['s3:GET', 'LookupEvents', 's3:POST', 'PutEvents']),
    );
  }, 120_000);
});

describe('routedNotifier', () => {
  const notice = (kind: Notice['kind'], severity: Notice['severity']) => ({ kind, severity }) as Notice;

  it('sends the kinds and severities asked for; those without a severity have one of their kind', () => {
    const sent: Notice[] = [];
    const notifier = { name: 'n', tell: (one: Notice) => void sent.push(one) };
    const all = [
      ...NOTICE_KINDS.filter((kind) => kind !== 'anomaly').map((kind) => notice(kind, null)),
      ...(['low', 'medium', 'high', 'critical'] as const).map((severity) => notice('anomaly', severity)),
    ];
    const through = (route: Parameters<typeof routedNotifier>[1]) => {
      sent.length = 0;
      for (const one of all) void routedNotifier(notifier, route).tell(one);
      return sent.map(({ kind, severity }) => severity ?? kind);
    };
    expect(through({})).toHaveLength(all.length);
    expect(through({ minSeverity: 'high' })).toEqual(['change', 'lifecycle', 'high', 'critical']);
    expect(through({ minSeverity: 'critical' })).toEqual(['critical']);
    expect(through({ kinds: ['health', 'anomaly'], minSeverity: 'medium' })).toEqual([
      'health',
      'medium',
      'high',
      'critical',
    ]);
  });

  it('names what is wrong with a route', () => {
    const notifier = { name: 'n', tell: () => undefined };
    for (const route of [{ minSeverity: 'severe' }, { kinds: [] }, { kinds: ['x'] }, { kind: ['anomaly'] }]) {
      expect(() => routedNotifier(notifier, route as object)).toThrow(InputError);
    }
  });
});
