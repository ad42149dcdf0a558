import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/run.js';
import type { NoticeKind } from '../../src/plan/notice.js';
import { tempFolder } from '../support/logs.js';
import { logIn } from './support/environment.js';
import { eventHistory } from './support/event-history.js';
import { athenaOf } from './support/fake-athena.js';
import { fakeAws, type Handler } from './support/fake-aws.js';
import { type FakeMetric, fakeCloudWatch } from './support/fake-cloudwatch.js';
import { logGroup } from './support/fake-logs.js';
import { type FakeObject, fakeS3 } from './support/fake-s3.js';

const LOGS = fileURLToPath(new URL('../../data/logs', import.meta.url));
const NAMES = readdirSync(LOGS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';
const MINUTE = 60_000;

interface LogRecord {
  readonly eventTime: string;
  readonly eventName: string;
  readonly errorCode?: string;
  readonly awsRegion: string;
  readonly resources?: readonly { readonly ARN: string }[];
  readonly [field: string]: unknown;
}

/** The bundled month, of one Region, in which its incidents are. */
const FILES = new Map(
  NAMES.filter((name) => name.includes(REGION)).map((name) => [name, { body: readFileSync(join(LOGS, name)) }]),
);
const RECORDS: readonly LogRecord[] = [...FILES.values()].flatMap(
  ({ body }) => JSON.parse(gunzipSync(body).toString('utf8')).Records,
);

/** What CloudWatch counts of them: successful calls, by key and operation. */
function metricsOf(records: readonly LogRecord[]): FakeMetric[] {
  const found = new Map<string, { keyArn: string; operation: string; points: Map<number, number> }>();
  for (const { eventTime, eventName, errorCode, resources } of records) {
    const keyArn = resources?.[0]?.ARN;
    if (errorCode !== undefined || keyArn === undefined) continue;
    const id = `${keyArn} ${eventName}`;
    const row = found.get(id) ?? { keyArn, operation: eventName, points: new Map() };
    found.set(id, row);
    const minute = Math.floor(Date.parse(eventTime) / MINUTE) * 60;
    row.points.set(minute, (row.points.get(minute) ?? 0) + 1);
  }
  return [...found.values()].map(({ keyArn, operation, points }) => ({
    namespace: 'AWS/KMS',
    name: 'SuccessfulRequest',
    dimensions: { KeyArn: keyArn, Operation: operation },
    points,
  }));
}

const TRAIL: Readonly<Record<string, Handler>> = {
  ...fakeS3(new Map<string, FakeObject>(FILES)),
  DescribeTrails: () => ({
    trailList: [
      {
        Name: 'all',
        TrailARN: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/all`,
        S3BucketName: 'logs',
        IsOrganizationTrail: false,
      },
    ],
  }),
  GetTrailStatus: () => ({ IsLogging: true }),
  GetEventSelectors: () => ({ EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }] }),
};

/** Of each source that a plan can name: the entry, the server that answers it, and which of the five incidents it can show. */
const SOURCES: readonly {
  readonly name: string;
  readonly source: object;
  readonly handlers: () => Readonly<Record<string, Handler>> | Promise<Readonly<Record<string, Handler>>>;
  readonly shows: readonly string[];
}[] = [
  {
    name: 'bucket',
    source: { bucket: 'logs', account: ACCOUNT, region: REGION },
    handlers: () => TRAIL,
    shows: ['burst', 'silence', 'refused', 'export', 'disabled'],
  },
  {
    name: 'trail',
    source: { trail: 'all', account: ACCOUNT, region: REGION },
    handlers: () => TRAIL,
    shows: ['burst', 'silence', 'refused', 'export', 'disabled'],
  },
  {
    name: 'logGroup',
    // An hour at a time is looked at, five a second, unless it may be quiet for longer.
    source: { logGroup: 'CloudTrail/logs', maxQuiet: '12h' },
    handlers: () => ({
      FilterLogEvents: logGroup(
        RECORDS.map((record) => ({
          timestamp: Date.parse(record.eventTime) + 5 * MINUTE,
          message: JSON.stringify(record),
        })),
        { page: 10_000 },
      ),
    }),
    shows: ['burst', 'silence', 'refused', 'export', 'disabled'],
  },
  {
    // Counts of failed calls too, without single events.
    name: 'athena',
    source: { athena: 'cloudtrail', accounts: [ACCOUNT], regions: [REGION] },
    handlers: async () => (await athenaOf(RECORDS, { page: 1000 })).handlers,
    shows: ['burst', 'silence', 'refused', 'export', 'disabled'],
  },
  {
    // Successful calls alone.
    name: 'metrics',
    source: { metrics: true, region: REGION },
    handlers: () => fakeCloudWatch(metricsOf(RECORDS), { now: NOW }),
    shows: ['burst', 'silence', 'export'],
  },
  {
    // Critical operations alone.
    name: 'eventHistory',
    source: { eventHistory: true, account: ACCOUNT, region: REGION },
    handlers: () => ({ LookupEvents: eventHistory(RECORDS) }),
    shows: ['disabled'],
  },
];

const INCIDENTS: Readonly<Record<string, RegExp>> = {
  burst: /GenerateDataKey on 2c3d85e6/,
  silence: /1b2c74d5 .*no calls since/,
  refused: /Decrypt on 5f60b819/,
  export: /Decrypt on 0a1b63c4/,
  // As an event of its own, or, of counts, as use that never was before.
  disabled: /DisableKey on 6071c92a/,
};

/** Soon after: CloudWatch keeps points of five minutes for 63 days. */
const NOW = Date.UTC(2026, 5, 4);

beforeEach(() => {
  logIn(REGION);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

/** Replays the last day of the month through a source. */
async function replay(source: object, handlers: Readonly<Record<string, Handler>>, now: number) {
  vi.useFakeTimers({ toFake: ['Date'], now, shouldAdvanceTime: true });
  const aws = await fakeAws(handlers);
  vi.stubEnv('AWS_ENDPOINT_URL', aws.config.endpoint);
  const path = join(tempFolder(), 'plan.json');
  const plan = { purpose: 'Watch the keys', owner: 'Security', timeZone: 'Europe/Berlin' };
  writeFileSync(path, JSON.stringify({ ...plan, sources: [source], notify: [{ console: true }] }));
  const texts = { stdout: '', stderr: '' };
  const output = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const args = ['watch', path, '--replay', '--from', '2026-06-02', '--to', '2026-06-03', '--json'];
  const status = await runCli(args, { stdout: output('stdout'), stderr: output('stderr') });
  return { status, ...texts };
}

describe('watch --replay over the wire', () => {
  it.each(SOURCES)(
    'of $name finds what that source can show of the month, and nothing besides',
    async ({ source, handlers, shows }) => {
      const { status, stdout, stderr } = await replay(source, await handlers(), NOW);
      expect([status, stderr]).toEqual([0, '']);
      const { notices } = JSON.parse(stdout) as { notices: { kind: NoticeKind; change: string; text: string }[] };
      const opened = notices.filter(({ kind, change }) => kind !== 'anomaly' || change === 'opened');
      expect(opened.map(({ text }) => text)).toEqual(shows.map((name) => expect.stringMatching(INCIDENTS[name])));
    },
    60_000,
  );

  it('says where CloudWatch keeps nothing of that time any more', async () => {
    const now = Date.UTC(2026, 10, 1);
    const { status, stderr } = await replay({ metrics: true }, fakeCloudWatch(metricsOf(RECORDS), { now }), now);
    expect([status, stderr.split('\n')[0]]).toEqual([
      2,
      'kms-baseline: there is nothing to replay: metrics eu-central-1 cover no time before 2026-06-02T22:00:00.000Z; metrics eu-central-1: ' +
        'CloudWatch keeps no points as fine as 300 s of before 2026-06-02T22:00:00.000Z any more',
    ]);
  });
});
