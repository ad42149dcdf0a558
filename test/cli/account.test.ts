import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JSON_SCHEMA } from '../../src/cli/json-schema.js';
import { runCli } from '../../src/cli/run.js';
import { logIn } from '../aws/support/environment.js';
import { type FakeAws, fakeAws, type Handler, refusal } from '../aws/support/fake-aws.js';
import { START as DELIVERED, deliveries, HOUR, HOURS, listPublicKeys, ODD } from '../aws/support/fake-digests.js';
import { arn, CREATED, type FakeKey, fakeKms } from '../aws/support/fake-kms.js';
import { fakeS3 } from '../aws/support/fake-s3.js';
import { violations } from '../support/json-schema.js';
import { ACCOUNT, kmsRecord, logText, REGION, tempFolder } from '../support/logs.js';

const DAY = 86_400;
const NOW = (CREATED + 100 * DAY) * 1000;

beforeEach(() => {
  logIn();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A command against a server, as a shell runs it. */
async function run(aws: FakeAws | null, args: readonly string[], now = NOW) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const endpoint = aws === null ? [] : ['--endpoint', aws.config.endpoint];
  const status = await runCli([...args, ...endpoint], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    now: () => now,
  });
  return { status, ...texts };
}

function document(text: string) {
  const found = JSON.parse(text);
  expect(violations(found, JSON_SCHEMA)).toEqual([]);
  return found;
}

const USED = { Operation: 'Decrypt', Timestamp: CREATED + 98 * DAY };
const KEYS: readonly FakeKey[] = [
  { id: 'orders', lastUsage: USED },
  { id: 'going', metadata: { KeyState: 'PendingDeletion', DeletionDate: CREATED + 110 * DAY }, lastUsage: USED },
  { id: 'imported', metadata: { Origin: 'EXTERNAL', ValidTo: CREATED + 105 * DAY }, lastUsage: USED },
  { id: 'old', lastUsage: { Operation: 'Sign', Timestamp: CREATED + 30 * DAY }, metadata: { KeySpec: 'RSA_2048' } },
  { id: 'store', metadata: { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1' }, lastUsage: USED },
  { id: 'secret', denied: ['GetKeyLastUsage', 'GetKeyRotationStatus'] },
  { id: 's3', metadata: { KeyManager: 'AWS' } },
];
const ALIASES = [
  { AliasName: 'alias/orders', TargetKeyId: 'orders' },
  { AliasName: 'alias/shop', TargetKeyId: 'orders' },
];

describe('kms-baseline keys', () => {
  it('lists the keys of an account with what is known of them, and whether somebody needs them', async () => {
    const aws = await fakeAws(fakeKms(KEYS, ALIASES));
    const { status, stdout, stderr } = await run(aws, ['keys', '--region', 'eu-central-1']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^key +region +alias +state +created +expiry +origin +store +rotation +last use +need$/);
    expect(lines[1]).toMatch(
      /^orders +eu-central-1 +alias\/orders alias\/shop +Enabled +2025-01-01 +– +AWS_KMS +– .* 2025-04-09 +in use$/,
    );
    expect(lines[2]).toMatch(/^going .* PendingDeletion .* deleted 2025-04-21 .* needed, but PendingDeletion$/);
    expect(lines[3]).toMatch(/^imported .* material 2025-04-16 +EXTERNAL .* needed, material expires$/);
    expect(lines[4]).toMatch(/^old .* 2025-01-31 +unused for 10 weeks$/);
    expect(lines[5]).toMatch(/^store .* AWS_CLOUDHSM +cks-1 +– +2025-04-09 +in use$/);
    expect(lines[6]).toMatch(/^secret .* \? +\? +unknown$/);
    expect(lines.slice(7)).toEqual(['', '6 keys; 1 key that AWS manages not shown (--aws)', '']);
    expect(stderr).toBe(
      'kms-baseline: kms:GetKeyRotationStatus failed: AccessDeniedException (1 key)\n' +
        'kms-baseline: kms:GetKeyLastUsage failed: AccessDeniedException (1 key)\n',
    );
    expect(status).toBe(3);
  });

  it('prints them as JSON and as CSV, those of AWS too', async () => {
    const aws = await fakeAws(fakeKms(KEYS.slice(0, 3).concat(KEYS.slice(6)), ALIASES));
    const args = ['keys', '--region', 'eu-central-1', '--aws', '--no-last-use'];
    const json = await run(aws, [...args, '--json']);
    expect([json.status, json.stderr]).toEqual([0, '']);
    const { keys } = document(json.stdout);
    expect(keys).toHaveLength(4);
    expect(keys[1]).toMatchObject({
      keyArn: arn('going'),
      region: 'eu-central-1',
      deletion: '2025-04-21T00:00:00.000Z',
    });
    const csv = await run(aws, [...args, '--csv']);
    const lines = csv.stdout.trim().split('\n');
    expect(lines[0]).toBe('key,region,alias,state,created,expiry,origin,store,rotation,last_use,need');
    expect(lines.map((line) => line.replace(/"[^"]*"/g, '').split(',').length)).toEqual(
      Array.from({ length: 5 }, () => 11),
    );
    expect(aws.of('GetKeyLastUsage')).toEqual([]);
  });

  it('takes refused calls in the logs for a need', async () => {
    const folder = tempFolder();
    const record = {
      ...kmsRecord(1),
      errorCode: 'DisabledException',
      eventTime: new Date(NOW - 3_600_000).toISOString(),
    };
    const resources = [{ ARN: arn('off'), accountId: ACCOUNT, type: 'AWS::KMS::Key' }];
    writeFileSync(join(folder, 'a.json.gz'), gzipSync(logText([{ ...record, resources }])));
    const aws = await fakeAws(fakeKms([{ id: 'off', metadata: { KeyState: 'Disabled' } }]));
    const without = await run(aws, ['keys', '--region', 'eu-central-1']);
    expect(without.stdout).toMatch(/^off .* unknown$/m);
    const { status, stdout } = await run(aws, ['keys', folder, '--region', 'eu-central-1']);
    expect(stdout).toMatch(/^off .* needed, but Disabled$/m);
    expect(status).toBe(0);
  });

  it('asks each Region, and says what to set without one', async () => {
    const aws = await fakeAws(fakeKms(KEYS.slice(0, 1)));
    const { stdout } = await run(aws, ['keys', '--region', 'eu-central-1', '--region', 'us-east-1']);
    expect(stdout).toMatch(/\n2 keys\n$/);
    const { status, stderr } = await run(aws, ['keys']);
    expect(status).toBe(2);
    expect(stderr).toContain('no AWS Region is set: set AWS_REGION, pass --region');
    aws.faults.push(null, { error: 'AccessDeniedException' });
    const denied = await run(aws, ['keys', '--region', 'eu-central-1']);
    expect(denied.stderr).toContain('needed is the permission kms:ListKeys');
    expect((await run(aws, ['keys', '--json', '--csv'])).stderr).toContain('--json and --csv exclude each other');
    expect((await run(aws, ['keys', '--regoin', 'x'])).stderr).toContain('Did you mean --region?');
    expect((await run(null, ['kyes'])).stderr).toContain('Unknown command "kyes". Did you mean keys? Commands:');
  });
});

describe('kms-baseline alarms', () => {
  const alarm = (AlarmName: string, fields: object) => ({
    AlarmName,
    AlarmArn: `arn:aws:cloudwatch:eu-central-1:111122223333:alarm:${AlarmName}`,
    StateValue: 'OK',
    StateTransitionedTimestamp: CREATED,
    AlarmActions: ['arn:aws:sns:eu-central-1:111122223333:pager'],
    Namespace: 'AWS/KMS',
    MetricName: 'SuccessfulRequest',
    ...fields,
  });
  const handlers: Record<string, Handler> = {
    DescribeAlarms: () => ({
      MetricAlarms: [
        alarm('burst', { StateValue: 'ALARM' }),
        alarm('night, quiet', {}),
        alarm('forgotten', { AlarmActions: [], EvaluationState: 'PARTIAL_DATA' }),
        alarm('cis', { Namespace: 'CIS', MetricName: 'DisableOrDelete' }),
      ],
      CompositeAlarms: [
        alarm('page', { AlarmRule: 'ALARM(burst)', ActionsSuppressedBy: 'Alarm', ActionsSuppressor: 'release' }),
      ],
    }),
    ListAlarmMuteRules: () => ({
      AlarmMuteRuleSummaries: [
        { AlarmMuteRuleArn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:nights' },
      ],
    }),
    GetAlarmMuteRule: () => ({ Status: 'ACTIVE', MuteTargets: { AlarmNames: ['night, quiet'] } }),
  };

  it('lists the alarms on KMS, whom they notify, and why they notify nobody', async () => {
    const aws = await fakeAws(handlers);
    const { status, stdout, stderr } = await run(aws, ['alarms', '--region', 'eu-central-1', '--namespace', 'CIS']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
      'state | since | alarm | region | kind | notifies | watches',
      'ALARM | 2025-01-01T00:00Z | burst | eu-central-1 | metric | sns pager | AWS/KMS SuccessfulRequest',
      'OK | 2025-01-01T00:00Z | night, quiet | eu-central-1 | metric | nobody: muted by nights | AWS/KMS SuccessfulRequest',
      'OK (PARTIAL_DATA) | 2025-01-01T00:00Z | forgotten | eu-central-1 | metric | nobody: no actions | AWS/KMS SuccessfulRequest',
      'OK | 2025-01-01T00:00Z | cis | eu-central-1 | metric | sns pager | CIS DisableOrDelete',
      'OK | 2025-01-01T00:00Z | page | eu-central-1 | composite | nobody: suppressed by release | burst',
      '',
      '5 alarms on KMS: 1 in ALARM, 3 that notify nobody now',
      '',
    ]);
    const json = await run(aws, ['alarms', '--region', 'eu-central-1', '--json']);
    const { alarms } = document(json.stdout);
    expect(alarms).toHaveLength(4);
    expect(alarms[1]).toMatchObject({ tells: false, silencedBy: { by: 'muted', name: 'nights' } });
    const csv = await run(aws, ['alarms', '--region', 'eu-central-1', '--csv']);
    expect(csv.stdout).toContain('\nOK,2025-01-01T00:00Z,"night, quiet",eu-central-1,');
  });

  it('says so where there are none, and where it may not look', async () => {
    const none = { DescribeAlarms: () => ({}), ListAlarmMuteRules: () => ({}) };
    const { stdout } = await run(await fakeAws(none), ['alarms', '--region', 'eu-central-1']);
    expect(stdout).toBe('There are no alarms on KMS.\n');
    const refused = { ...handlers, DescribeAlarms: () => refusal('AccessDenied', 'no', 403) };
    const { status, stderr } = await run(await fakeAws(refused), ['alarms', '--region', 'eu-central-1']);
    expect(status).toBe(2);
    expect(stderr).toContain('needed is the permission cloudwatch:DescribeAlarms');
    expect((await run(null, ['alarms', 'logs'])).stderr).toContain('alarms takes no path, got "logs"');
  });
});

describe('kms-baseline validate', () => {
  const range = [
    ...['--from', new Date(DELIVERED + ODD).toISOString()],
    ...['--to', new Date(DELIVERED + ODD + (HOURS - 1) * HOUR).toISOString()],
  ];
  const place = ['s3://logs', '--account', ACCOUNT, '--region', REGION];
  const bucket = async (change: (it: ReturnType<typeof deliveries>) => void = () => undefined) => {
    const all = deliveries();
    change(all);
    return { ...all, aws: await fakeAws({ ...fakeS3(all.objects), ListPublicKeys: listPublicKeys }) };
  };

  it('ends with 0 where all is as it was delivered; the address may name account and Region', async () => {
    const { aws, logs } = await bucket();
    const { status, stdout, stderr } = await run(aws, ['validate', ...place, ...range]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(1)).toEqual([
      '',
      REGION,
      '  digests      4 of 4 valid',
      `  logs         ${logs.length - 3} of ${logs.length - 3} valid`,
      '  not covered  nothing',
      '',
    ]);
    const named = await run(aws, [
      'validate',
      `s3://logs/AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/`,
      ...range,
      '--json',
    ]);
    expect(document(named.stdout)).toMatchObject({ account: ACCOUNT, regions: [{ region: REGION, problems: [] }] });
  });

  it('ends with 4 where a log file is gone, changed or named by no digest, and says which', async () => {
    const { aws, logs } = await bucket(({ objects, logs }) => {
      objects.delete(logs[4]);
      objects.set(logs[5], { body: gzipSync(logText([])) });
    });
    const { status, stdout } = await run(aws, ['validate', ...place, ...range]);
    expect(status).toBe(4);
    expect(stdout).toContain(`  missing-log  s3://logs/${logs[4]}: a digest names it\n`);
    expect(stdout).toContain(`  changed-log  s3://logs/${logs[5]}: its SHA-256 is not that of its digest\n`);
    const denied = await bucket(({ objects, logs }) => {
      objects.set(logs[4], { body: new Uint8Array(8), denied: true });
    });
    const partly = await run(denied.aws, ['validate', ...place, ...range]);
    expect(partly.status).toBe(3);
    expect(partly.stdout).toMatch(/ {2}unreadable {2}s3:.*AccessDenied/);
  });

  it('ends with 2 where there are no digests, and where the place is not said', async () => {
    const { aws } = await bucket(({ objects, digests }) => {
      for (const key of digests) objects.delete(key);
    });
    const { status, stderr } = await run(aws, ['validate', ...place, ...range]);
    expect(status).toBe(2);
    expect(stderr).toContain('there is no digest of that time; is log file validation switched on');
    for (const [args, message] of [
      [['validate'], 'validate needs one address such as s3://my-trail-bucket, got 0'],
      [['validate', 's3://logs', '--region', REGION], 'validate needs --account, 12 digits, got undefined'],
      [['validate', 's3://logs', '--account', ACCOUNT], 'validate needs --region'],
      [['validate', ...place, '--from', '2026-02-01', '--to', '2026-01-01'], '--from must be earlier than --to'],
      [['validate', `s3://logs/AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/2026`], 'the address must end before its dates'],
      [['validate', 'logs'], 'an address in S3 must be such as s3://bucket'],
    ] as const) {
      const refused = await run(null, args);
      expect([refused.status, refused.stdout]).toEqual([2, '']);
      expect(refused.stderr).toContain(message);
    }
  });
});
