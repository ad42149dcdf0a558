import { afterEach, describe, expect, it, vi } from 'vitest';
import { JSON_SCHEMA } from '../../src/cli/json-schema.js';
import { runCli } from '../../src/cli/run.js';
import { type FakeAws, fakeAws } from '../aws/support/fake-aws.js';
import { type FakeMetric, fakeCloudWatch } from '../aws/support/fake-cloudwatch.js';
import { violations } from '../support/json-schema.js';
import { poisson, seeded } from '../support/random.js';
import { KEY, OTHER_KEY } from '../support/sets.js';
import { flowing } from './traffic.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEP = 5 * MINUTE;
/** CloudWatch forgets by its own clock, which the command does not set: what is live is now. */
const NOW = Math.floor(Date.now() / STEP) * STEP;
const FROM = NOW - 15 * 24 * HOUR;

afterEach(() => {
  vi.unstubAllEnvs();
});

function metric(keyArn: string, mean: number, seed: number, until = Infinity): FakeMetric {
  const random = seeded(seed);
  const points = new Map<number, number>();
  for (let time = FROM; time < NOW; time += STEP) {
    const calls = poisson(random, mean);
    if (calls > 0 && time < until) points.set(time / 1000, calls);
  }
  const dimensions = { KeyArn: keyArn, Operation: 'Decrypt' };
  return { namespace: 'AWS/KMS', name: 'SuccessfulRequest', dimensions, points };
}

/** The command as it is called, with the SDK's own way to find the endpoint and credentials. */
async function live(aws: FakeAws, ...args: string[]) {
  vi.stubEnv('AWS_ENDPOINT_URL', aws.config.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'EXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'EXAMPLE');
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({
    write: (text: string) => {
      texts[name] += text;
    },
  });
  const io = { stdout: output('stdout'), stderr: output('stderr'), now: () => NOW };
  const status = await runCli(['live', '--region', 'eu-central-1', ...args], io);
  return { status, ...texts };
}

const METRICS = [metric(KEY, 40, 1), metric(OTHER_KEY, 20, 2, NOW - 90 * MINUTE)];

describe('kms-baseline live', () => {
  it('goes from 14 days of metrics to the name of the key that fell silent', async () => {
    const aws = await fakeAws(fakeCloudWatch(METRICS, { now: NOW, pointsPerPage: 3000 }));
    aws.faults.push(null, 'internal-error', null, 'cut');
    const { status, stdout, stderr } = await live(aws, '--fail-on-anomaly');
    expect(stderr).toBe('');
    expect(status).toBe(4);
    expect(flowing(stdout)).toMatch(/Decrypt on 0987dcba \(eu-central-1\): no calls since/);
    expect(stdout).not.toContain('1234abcd (eu-central-1): ');
    const asked = new Set(aws.requests.map(({ operation }) => operation));
    expect(asked).toEqual(new Set(['ListMetrics', 'GetMetricData', 'DescribeAlarms']));
  });

  it('tells the operations, their quotas and the alarms that stand; totals are no second anomaly', async () => {
    const alarm = { AlarmName: 'kms-low', Namespace: 'AWS/KMS', MetricName: 'SuccessfulRequest', StateValue: 'ALARM' };
    const alarms = { DescribeAlarms: () => ({ MetricAlarms: [alarm], CompositeAlarms: [] }) };
    const { stdout } = await live(
      await fakeAws({ ...fakeCloudWatch(METRICS, { now: NOW }), ...alarms }),
      '--last',
      '4h',
    );
    expect(stdout).toMatch(/^1 anomaly$/m);
    expect(stdout).toMatch(/^ {2}Decrypt +data +[\d,]+ +[\d,]+ .* 1$/m);
    expect(stdout).toContain('1 CloudWatch alarm on KMS, in ALARM: kms-low');
  });

  it('goes on where alarms may not be read, and says so', async () => {
    const alarms = { DescribeAlarms: () => ({ status: 403, body: { __type: 'AccessDenied', message: 'no' } }) };
    const { stdout } = await live(await fakeAws({ ...fakeCloudWatch(METRICS, { now: NOW }), ...alarms }), '--json');
    const found = JSON.parse(stdout);
    expect(violations(found, JSON_SCHEMA)).toEqual([]);
    const { command, notes, operations } = found;
    expect([command, operations.length]).toEqual(['live', 1]);
    expect(notes.join('\n')).toMatch(/alarms could not be read: .*AccessDenied/i);
  });

  it('says which permission is missing, and that credentials have expired', async () => {
    const aws = await fakeAws(fakeCloudWatch(METRICS, { now: NOW }));
    aws.faults.push({ error: 'AccessDenied', message: 'not authorized' });
    const denied = await live(aws);
    expect(denied.status).toBe(2);
    expect(denied.stderr).toContain('needed is the permission cloudwatch:ListMetrics');
    aws.faults.push({ error: 'ExpiredToken', message: 'expired', status: 403 });
    const expired = await live(aws);
    expect(expired.stderr).toContain("the client's credentials");
  });

  it('says when there is nothing to judge', async () => {
    const { status, stderr, stdout } = await live(await fakeAws(fakeCloudWatch([], { now: NOW })));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('CloudWatch lists no metric of KMS');
  });
});
