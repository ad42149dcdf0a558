import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/run.js';
import { logIn } from '../aws/support/environment.js';
import { type FakeAws, fakeAws } from '../aws/support/fake-aws.js';
import { type FakeObject, fakeS3 } from '../aws/support/fake-s3.js';
import { tempFolder } from '../support/logs.js';

const LOGS = fileURLToPath(new URL('../../data/logs', import.meta.url));
const NAMES = readdirSync(LOGS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
/** The bundled month ends then. */
const NOW = Date.UTC(2026, 5, 3);

/** The bundled month, as a trail has it in its bucket. */
function month(prefix = ''): Map<string, FakeObject> {
  return new Map(NAMES.map((name) => [prefix + name, { body: readFileSync(join(LOGS, name)) }]));
}

beforeEach(() => {
  logIn();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function run(args: readonly string[]) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const status = await runCli(args, { stdout: output('stdout'), stderr: output('stderr'), now: () => NOW });
  return { status, ...texts };
}

async function bucketOf(objects: Map<string, FakeObject>): Promise<FakeAws> {
  const aws = await fakeAws(fakeS3(objects));
  vi.stubEnv('AWS_ENDPOINT_URL', aws.config.endpoint);
  return aws;
}

/** Keys that were downloaded. */
function readFrom(aws: FakeAws): string[] {
  return aws.requests.map(({ url }) => url.pathname.replace('/logs/', '')).filter((key) => key.endsWith('.json.gz'));
}

interface Finding {
  readonly words: string;
  readonly key: object;
}

describe('analyze s3://bucket', () => {
  it('finds in the bucket what it finds in a copy of it', async () => {
    const aws = await bucketOf(month());
    const here = await run(['analyze', LOGS, '--json']);
    const there = await run(['analyze', 's3://logs', '--json', '--since', '2026-05-04']);
    expect([there.stderr, there.status]).toEqual(['', here.status]);
    const findings = (text: string): Finding[] => JSON.parse(text).anomalies;
    expect(findings(there.stdout)).toEqual(findings(here.stdout));
    expect(findings(there.stdout)).toHaveLength(5);
    expect(JSON.parse(there.stdout).notes).toContain('Read the logs of 2026-05-04 to 2026-06-03 (--since, --until)');
    expect(readFrom(aws)).toHaveLength(NAMES.length);
  });

  it('reads the folders of the days, accounts and Regions asked for, and no others', async () => {
    const objects = month();
    for (const [key, object] of month()) objects.set(key.replaceAll('111122223333', '444455556666'), object);
    const aws = await bucketOf(objects);
    const { status } = await run([
      ...['analyze', 's3://logs', '--since', '2026-05-20', '--until', '2026-05-28', '--last', '1d'],
      ...['--account', '111122223333', '--region', 'eu-central-1'],
    ]);
    expect(status).toBe(0);
    const read = readFrom(aws);
    // Files of a day later may hold events of the last day.
    const days = [...Array(11).keys()].map((i) => new Date(Date.UTC(2026, 4, 19 + i)).toISOString().slice(0, 10));
    expect(read.map((key) => key.split('/').slice(4, 7).join('-')).sort()).toEqual(days);
    expect(new Set(read.map((key) => key.split('/').slice(1, 4).join('/')))).toEqual(
      new Set(['111122223333/CloudTrail/eu-central-1']),
    );
    const listed = aws.requests.map(({ url }) => url.searchParams.get('prefix')).filter((prefix) => prefix !== null);
    expect(listed.filter((prefix) => prefix.includes('444455556666') || prefix.includes('us-east-1'))).toEqual([]);
  });

  it('learns from one bucket what it judges the next day in it by', async () => {
    const aws = await bucketOf(month());
    const out = join(tempFolder(), 'month.baseline');
    expect((await run(['fit', 's3://logs', '--out', out, '--until', '2026-06-01'])).status).toBe(0);
    aws.requests.length = 0;
    const { status, stdout } = await run(['score', 's3://logs', '--baseline', out]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Decrypt on 0a1b63c4/);
    // From where the baseline ends: two days of two Regions, and the day before.
    expect(readFrom(aws)).toHaveLength(6);
  });

  it('says that a bucket holds nothing of that time, and what may not be read', async () => {
    const objects = month();
    await bucketOf(objects);
    const none = await run(['analyze', 's3://logs', '--until', '2024-01-01']);
    expect([none.status, none.stderr]).toEqual([
      2,
      'kms-baseline: There are no log files of that time in s3://logs: --since and --until say which time, --account and --region which logs.\n',
    ]);
    for (const [key, { body }] of objects) objects.set(key, { body, denied: true });
    const denied = await run(['analyze', 's3://logs']);
    expect([denied.status, denied.stdout]).toEqual([2, '']);
    expect(denied.stderr).toBe(
      'kms-baseline: s3:GetObject failed: AccessDenied: no (needed is the permission s3:GetObject)\n',
    );
    const first = [...objects.keys()].find((key) => key.includes('/2026/05/30/'));
    for (const [key, { body }] of objects) if (key !== first) objects.set(key, { body });
    const partly = await run(['analyze', 's3://logs', '--since', '2026-05-25', '--account', '111122223333']);
    expect(partly.status).toBe(3);
    expect(partly.stdout.replace(/\s+/g, ' ')).toContain(
      '1 file in S3 could not be read; the first: s3:GetObject failed: AccessDenied: no (needed is the permission s3:GetObject)',
    );
    const other = await run(['analyze', 's3://elsewhere']);
    expect([other.status, other.stderr]).toEqual([2, 'kms-baseline: s3:ListBucket failed: NoSuchBucket: no\n']);
  });
});

describe('without what AWS needs', () => {
  it('says what to set, before anything is asked', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    const noRegion = await run(['live']);
    expect([noRegion.status, noRegion.stderr]).toEqual([
      2,
      'kms-baseline: no AWS Region is set: set AWS_REGION, pass --region, or pass --profile with a profile that has a Region\nSee kms-baseline live --help.\n',
    ]);
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    for (const args of [
      ['live', '--region', 'eu-central-1'],
      ['analyze', 's3://logs', '--profile', 'none'],
    ]) {
      const { status, stderr } = await run(args);
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /^kms-baseline: no AWS credentials were found: log in \(aws sso login\), set AWS_PROFILE or pass --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \(/,
      );
    }
  });

  it('takes Region and credentials of a profile', async () => {
    const folder = tempFolder();
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    writeFileSync(
      join(folder, 'config'),
      '[profile ops]\nregion = eu-west-1\naws_access_key_id = AKIDOPS\naws_secret_access_key = x\n',
    );
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    const aws = await fakeAws(fakeS3(month()));
    const { status } = await run([
      ...['analyze', 's3://logs', '--profile', 'ops', '--endpoint', aws.config.endpoint],
      ...['--since', '2026-05-28'],
    ]);
    expect(status).toBe(0);
    const signed = new Set(
      aws.requests.map(({ headers }) =>
        /Credential=(\w+)\/\d+\/([\w-]+)/.exec(String(headers.authorization))?.slice(1).join(' '),
      ),
    );
    expect(signed).toEqual(new Set(['AKIDOPS eu-west-1']));
  });

  it('ends within seconds where there is no way to AWS', async () => {
    // Port 9 of this machine: nobody is there.
    const { status, stderr } = await run(['live', '--region', 'eu-central-1', '--endpoint', 'http://127.0.0.1:9']);
    expect(status).toBe(2);
    expect(stderr).toBe(
      'kms-baseline: cloudwatch:ListMetrics failed: Error: connect ECONNREFUSED 127.0.0.1:9 (there is no connection: check the network, a proxy, and the Region or endpoint)\n',
    );
  });
});
