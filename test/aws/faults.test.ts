import { gzipSync } from 'node:zlib';
import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AWS_PERMISSIONS,
  type AwsAdapter,
  AwsCallError,
  athenaCounts,
  type CallOptions,
  currentAlarms,
  estimateLookup,
  fetchMetricSeries,
  keyInventory,
  lookupKmsCalls,
  readLogGroup,
  s3Logs,
  trailCoverage,
} from '../../src/aws/index.js';
import { countCloudTrail } from '../../src/node/index.js';
import { ACCOUNT, kmsRecords, logText, REGION, START } from '../support/logs.js';
import { eventHistory } from './support/event-history.js';
import { type FakeAws, type Fault, fakeAws, type Handler } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';
import { fakeCloudWatch } from './support/fake-cloudwatch.js';
import { fakeKms } from './support/fake-kms.js';
import { logGroup } from './support/fake-logs.js';
import { fakeS3, logKey } from './support/fake-s3.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const RECORDS = kmsRecords(230);
const TIMES = { from: START, to: START + DAY };
const NOW = START + 2 * DAY;

type Config = FakeAws['config'];

/** An adapter at work, on several pages at least; what comes out must not depend on what went wrong on the way. */
interface Scenario {
  readonly adapter: Exclude<AwsAdapter, 'validateLogs' | 'trailSource'>;
  readonly handlers: () => Readonly<Record<string, Handler>>;
  readonly run: (config: Config, options: CallOptions) => Promise<unknown>;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const trail = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/main`;
const alarm = (name: string) => ({
  AlarmName: name,
  AlarmArn: `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${name}`,
  Namespace: 'AWS/KMS',
  MetricName: 'SuccessfulRequest',
  StateValue: 'OK',
});
const cell = (value: string) => ({ VarCharValue: value });

const SCENARIOS: readonly Scenario[] = [
  {
    adapter: 'lookupKmsCalls',
    handlers: () => ({ LookupEvents: eventHistory(RECORDS, { emptyEvery: 3 }) }),
    run: (config, options) => all(lookupKmsCalls(new CloudTrailClient(config), { ...TIMES, ...options })),
  },
  {
    adapter: 'estimateLookup',
    handlers: () => ({ LookupEvents: eventHistory(RECORDS) }),
    run: (config, options) => estimateLookup(new CloudTrailClient(config), { ...TIMES, ...options }),
  },
  {
    adapter: 'trailCoverage',
    handlers: () => ({
      LookupEvents: eventHistory([]),
      DescribeTrails: () => ({
        trailList: [{ Name: 'main', TrailARN: trail, HomeRegion: REGION, IsMultiRegionTrail: true }],
      }),
      GetTrailStatus: () => ({ IsLogging: true, StartLoggingTime: START / 1000 - 9, LatestDeliveryTime: NOW / 1000 }),
      GetEventSelectors: () => ({ EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }] }),
    }),
    run: (config, options) => trailCoverage(new CloudTrailClient(config), { ...TIMES, ...options }),
  },
  {
    adapter: 'fetchMetricSeries',
    handlers: () => {
      const metrics = Array.from({ length: 30 }, (_, i) => ({
        namespace: 'AWS/KMS',
        name: 'SuccessfulRequest',
        dimensions: { KeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${i}`, Operation: 'Decrypt' },
        points: new Map(Array.from({ length: 12 }, (_, k) => [START / 1000 + k * 3600, i + k + 1])),
      }));
      return fakeCloudWatch(metrics, { now: NOW, pointsPerPage: 100, metricsPerPage: 7 });
    },
    run: async (config, options) => {
      const { counts, report } = await fetchMetricSeries(new CloudWatchClient(config), {
        ...TIMES,
        step: 3_600_000,
        ...options,
      });
      return { counts, problems: report.problems };
    },
  },
  {
    adapter: 'currentAlarms',
    handlers: () => ({
      DescribeAlarms: ({ body }) => {
        const page = Number(body['NextToken'] ?? 0);
        const found = [[alarm('a'), alarm('b')], [], [alarm('c')]][page];
        return { MetricAlarms: found, CompositeAlarms: [], ...(page < 2 ? { NextToken: String(page + 1) } : {}) };
      },
      ListAlarmMuteRules: ({ body }) => {
        const page = Number(body['NextToken'] ?? 0);
        const AlarmMuteRuleArn = `arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:rule ${page}`;
        return { AlarmMuteRuleSummaries: [{ AlarmMuteRuleArn }], ...(page < 1 ? { NextToken: '1' } : {}) };
      },
      GetAlarmMuteRule: ({ body }) => ({
        Status: 'ACTIVE',
        MuteTargets: { AlarmNames: body['AlarmMuteRuleName'] === 'rule 1' ? ['c'] : [] },
      }),
    }),
    run: (config, options) => currentAlarms(new CloudWatchClient(config), options),
  },
  {
    adapter: 's3Logs',
    handlers: () => {
      const files = Array.from({ length: 12 }, (_, f) => RECORDS.slice(f * 19, (f + 1) * 19));
      const objects = files.map((records, f) => {
        return [logKey(START + f * 10 * MINUTE, `f${f}`), { body: gzipSync(logText(records)) }] as const;
      });
      return fakeS3(new Map(objects), { keysPerPage: 5 });
    },
    run: async (config, options) => {
      const logs = s3Logs(new S3Client({ ...config, forcePathStyle: true }), { bucket: 'logs', ...TIMES, ...options });
      const { set, stats } = await countCloudTrail(logs);
      return { set, records: stats.records, unread: stats.files - stats.filesRead, cursor: logs.cursor() };
    },
  },
  {
    adapter: 'readLogGroup',
    handlers: () => ({
      FilterLogEvents: logGroup(
        RECORDS.map((record) => ({
          timestamp: Date.parse(String(record['eventTime'])) + MINUTE,
          message: JSON.stringify(record),
        })),
        { page: 40 },
      ),
    }),
    run: (config, options) =>
      all(readLogGroup(new CloudWatchLogsClient(config), { logGroup: 'trail', ...TIMES, ...options })),
  },
  {
    adapter: 'keyInventory',
    handlers: () =>
      fakeKms(
        Array.from({ length: 7 }, (_, i) => ({ id: `key-${i}` })),
        [{ AliasName: 'alias/a', TargetKeyId: 'key-3' }],
      ),
    run: (config, options) => all(keyInventory(new KMSClient(config), options)),
  },
  {
    adapter: 'athenaCounts',
    handlers: () => ({
      StartQueryExecution: () => ({ QueryExecutionId: 'query' }),
      GetQueryExecution: () => ({ QueryExecution: { QueryExecutionId: 'query', Status: { State: 'SUCCEEDED' } } }),
      StopQueryExecution: () => ({}),
      GetQueryResults: ({ body }) => {
        const names = ['kind', 'bucket', 'operation', 'calls', 'sources'];
        const rows = [
          names,
          ['asked-from', String(START)],
          ['asked-step', String(DAY / 24)],
          ['asked-to', String(START + DAY)],
          ...Array.from({ length: 24 }, (_, b) => [
            'calls',
            String(START + (b * DAY) / 24),
            'Decrypt',
            String(b + 1),
            `${ACCOUNT} ${REGION}`,
          ]),
        ];
        const from = Number(body['NextToken'] ?? 0);
        const page = rows.slice(from, from + 10).map((row) => ({ Data: row.map(cell) }));
        return { ResultSet: { Rows: page }, ...(from + 10 < rows.length ? { NextToken: String(from + 10) } : {}) };
      },
    }),
    run: async (config, options) => {
      const asked = { table: 'trail', ...TIMES, step: DAY / 24, by: [['operation']] as const };
      return (await athenaCounts(new AthenaClient(config), { ...asked, ...options })).set;
    },
  },
];

/** How each service is spoken to: content type, and the target header's service (Smithy models; no header for S3). */
const PROTOCOLS: Readonly<Record<Scenario['adapter'], readonly [type: string, service: string]>> = {
  lookupKmsCalls: ['application/x-amz-json-1.1', 'CloudTrail_20131101'],
  estimateLookup: ['application/x-amz-json-1.1', 'CloudTrail_20131101'],
  trailCoverage: ['application/x-amz-json-1.1', 'CloudTrail_20131101'],
  fetchMetricSeries: ['application/x-amz-json-1.0', 'GraniteServiceVersion20100801'],
  currentAlarms: ['application/x-amz-json-1.0', 'GraniteServiceVersion20100801'],
  s3Logs: ['', ''],
  readLogGroup: ['application/x-amz-json-1.1', 'Logs_20140328'],
  keyInventory: ['application/x-amz-json-1.1', 'TrentService'],
  athenaCounts: ['application/x-amz-json-1.1', 'AmazonAthena'],
};

async function outcome(
  scenario: Scenario,
  faults: readonly (Fault | null)[] = [],
  options: CallOptions = {},
): Promise<unknown> {
  const aws = await fakeAws(scenario.handlers());
  aws.faults.push(...faults);
  return scenario.run(aws.config, { clock: new FakeClock(NOW), ...options });
}

describe.each(SCENARIOS.map((scenario) => [scenario.adapter, scenario] as const))('%s', (adapter, scenario) => {
  it('gives the same whatever goes wrong on the way: nothing lost, nothing twice', async () => {
    const expected = await outcome(scenario);
    // Seven at most: the eighth failure of one request is taken for its last.
    const faults = fc.array(fc.constantFrom<Fault | null>(null, null, 'throttle', 'internal-error', 'cut', 'half'), {
      minLength: 1,
      maxLength: 7,
    });
    await fc.assert(
      fc.asyncProperty(faults, async (list) => {
        expect(await outcome(scenario, list)).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  it('gives the SDK’s error as the cause when credentials have expired or a permission is missing, and says which', async () => {
    for (const error of ['ExpiredTokenException', 'AccessDeniedException']) {
      const refusals = Array<Fault>(200).fill({ error, message: 'no', status: 403 });
      const failure = await outcome(scenario, refusals).catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(AwsCallError);
      const { message, cause, action } = failure as AwsCallError;
      expect((cause as Error).name).toBe(error);
      expect(AWS_PERMISSIONS[adapter]).toContain(action);
      expect(message).toContain(`needed is the permission ${action}`);
    }
  });

  it('speaks the protocol of its service, and asks for what it is allowed to alone', async () => {
    const aws = await fakeAws(scenario.handlers());
    await scenario.run(aws.config, { clock: new FakeClock(NOW) });
    const [type, service] = PROTOCOLS[adapter];
    expect(aws.requests.length).toBeGreaterThan(1);
    for (const { contentType, target } of aws.requests)
      expect([contentType, target.split('.')[0]]).toEqual([type, service]);
    const asked = new Set(aws.requests.map(({ operation }) => operation));
    const allowed: readonly string[] = AWS_PERMISSIONS[adapter].map((action) => action.split(':')[1] ?? '');
    if (adapter !== 's3Logs') for (const operation of asked) expect(allowed).toContain(operation);
  });

  it('ends with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(outcome(scenario, [], { signal })).rejects.toThrow('enough');
  });
});
