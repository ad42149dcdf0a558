import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import {
  AwsCallError,
  athenaCounts,
  type CallOptions,
  currentAlarms,
  fetchMetricSeries,
  keyInventory,
  listKmsMetrics,
  lookupKmsCalls,
  readLogGroup,
  s3Logs,
} from '../../src/aws/index.js';
import { START } from '../support/logs.js';
import { FakeClock } from './support/fake-clock.js';

const TIMES = { from: START, to: START + 86_400_000 };
const CONFIG = { region: 'eu-central-1', credentials: { accessKeyId: 'EXAMPLE', secretAccessKey: 'EXAMPLE' } };

type Answer = Readonly<Record<string, unknown>>;

/** An adapter, and a page of its listing: `full` with something on it. Others of its requests are answered by name. */
interface Listing {
  readonly adapter: string;
  readonly request: string;
  readonly page: (token: string, full: boolean, index: number) => Answer;
  readonly others?: Readonly<Record<string, Answer>>;
  readonly client: { send: (...input: never[]) => unknown };
  readonly run: (options: CallOptions) => Promise<unknown>;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const trail = new CloudTrailClient(CONFIG);
const watch = new CloudWatchClient(CONFIG);
const logs = new CloudWatchLogsClient(CONFIG);
const kms = new KMSClient(CONFIG);
const s3 = new S3Client(CONFIG);
const athena = new AthenaClient(CONFIG);
const metric = {
  Namespace: 'AWS/KMS',
  MetricName: 'SuccessfulRequest',
  Dimensions: [{ Name: 'Operation', Value: 'Decrypt' }],
};
const source = { namespace: 'AWS/KMS', name: 'SuccessfulRequest', dimensions: { Operation: 'Decrypt' } };

const LISTINGS: readonly Listing[] = [
  {
    adapter: 'lookupKmsCalls',
    request: 'LookupEventsCommand',
    client: trail,
    page: (NextToken, full) => ({
      NextToken,
      Events: full ? [{ EventId: NextToken, EventTime: new Date(START) }] : [],
    }),
    run: (options) => all(lookupKmsCalls(trail, { ...TIMES, ...options })),
  },
  {
    adapter: 'listKmsMetrics',
    request: 'ListMetricsCommand',
    client: watch,
    page: (NextToken, full) => ({ NextToken, Metrics: full ? [metric] : [] }),
    run: (options) => listKmsMetrics(watch, options),
  },
  {
    adapter: 'fetchMetricSeries',
    request: 'GetMetricDataCommand',
    client: watch,
    page: (NextToken, full) => ({
      NextToken,
      MetricDataResults: full ? [{ Id: 'q0', StatusCode: 'PartialData' }] : [],
    }),
    run: (options) => fetchMetricSeries(watch, { ...TIMES, metrics: [source], ...options }),
  },
  {
    adapter: 'currentAlarms',
    request: 'DescribeAlarmsCommand',
    client: watch,
    page: (NextToken, full) => ({ NextToken, MetricAlarms: full ? [{ AlarmName: 'a' }] : [], CompositeAlarms: [] }),
    run: (options) => currentAlarms(watch, options),
  },
  {
    adapter: 'currentAlarms',
    request: 'ListAlarmMuteRulesCommand',
    client: watch,
    page: (NextToken, full) => ({
      NextToken,
      AlarmMuteRuleSummaries: full
        ? [{ AlarmMuteRuleArn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm-mute-rule:nights' }]
        : [],
    }),
    run: (options) => currentAlarms(watch, options),
  },
  {
    adapter: 's3Logs',
    request: 'ListObjectsV2Command',
    client: s3,
    page: (NextContinuationToken, full) => ({
      NextContinuationToken,
      IsTruncated: true,
      ...(full ? { Contents: [{ Key: 'AWSLogs/2026/', Size: 0 }] } : {}),
    }),
    run: (options) =>
      all(s3Logs(s3, { ...TIMES, bucket: 'logs', accounts: ['111122223333'], regions: ['eu-central-1'], ...options })),
  },
  {
    adapter: 's3Logs, looking for accounts',
    request: 'ListObjectsV2Command',
    client: s3,
    page: (NextContinuationToken, full) => ({
      NextContinuationToken,
      IsTruncated: true,
      ...(full ? { CommonPrefixes: [{ Prefix: 'AWSLogs/111122223333/' }] } : {}),
    }),
    run: (options) => all(s3Logs(s3, { ...TIMES, bucket: 'logs', ...options })),
  },
  {
    adapter: 'readLogGroup',
    request: 'FilterLogEventsCommand',
    client: logs,
    page: (nextToken, full) => ({
      nextToken,
      events: full ? [{ eventId: nextToken, timestamp: START, message: '{}' }] : [],
    }),
    run: (options) => all(readLogGroup(logs, { ...TIMES, logGroup: 'trail', ...options })),
  },
  {
    adapter: 'keyInventory',
    request: 'ListKeysCommand',
    client: kms,
    page: (NextMarker, full) => ({
      NextMarker,
      Truncated: true,
      Keys: full ? [{ KeyId: NextMarker, KeyArn: NextMarker }] : [],
    }),
    others: {
      ListAliasesCommand: { Aliases: [], Truncated: false },
      DescribeKeyCommand: { KeyMetadata: { KeyManager: 'AWS' } },
    },
    run: (options) => all(keyInventory(kms, options)),
  },
  {
    adapter: 'athenaCounts',
    request: 'GetQueryResultsCommand',
    client: athena,
    // The first row has the names of the columns.
    page: (NextToken, full, i) => {
      const row = (i === 0 ? ['kind', 'calls'] : ['no-time', '1']).map((VarCharValue) => ({ VarCharValue }));
      return { NextToken, ResultSet: { Rows: full ? [{ Data: row }] : [] } };
    },
    others: {
      StartQueryExecutionCommand: { QueryExecutionId: '1' },
      GetQueryExecutionCommand: { QueryExecution: { Status: { State: 'SUCCEEDED' } } },
    },
    run: (options) => athenaCounts(athena, { ...TIMES, table: 'db.logs', step: 300_000, ...options }),
  },
];

/** Runs an adapter against a client that answers so; how it ended, and how many pages that took. */
async function against({ client, request, others = {}, run }: Listing, answer: (page: number) => Answer | null) {
  let pages = 0;
  const send = vi.spyOn(client as { send: (command: object) => Promise<unknown> }, 'send');
  send.mockImplementation(async (command) => {
    const { name } = command.constructor;
    if (name !== request) return others[name] ?? {};
    return answer(pages++) ?? new Promise(() => undefined);
  });
  try {
    const error = await run({ clock: new FakeClock(START + 2 * 86_400_000), timeout: 20 }).then(
      () => null,
      (failure: unknown) => failure,
    );
    return { error, pages };
  } finally {
    send.mockRestore();
  }
}

describe.each(LISTINGS)('$adapter', (listing) => {
  const { page } = listing;

  it('ends with an AwsCallError where a page leads to itself', async () => {
    const full = await against(listing, (i) => page('same', true, i));
    expect(full.error).toBeInstanceOf(AwsCallError);
    expect(full.pages).toBeLessThanOrEqual(2);
    const empty = await against(listing, (i) => page('same', false, i));
    expect(empty.error).toBeInstanceOf(AwsCallError);
    expect(empty.pages).toBeLessThanOrEqual(5);
  });

  it('ends so where pages lead in a circle', async () => {
    const { error } = await against(listing, (i) => page(`token ${i % 5}`, true, i));
    expect(error).toBeInstanceOf(AwsCallError);
  });

  it('ends so where empty pages have no end', { timeout: 60_000 }, async () => {
    const { error } = await against(listing, (i) => page(`token ${i}`, false, i));
    expect(error).toMatchObject({ name: 'AwsCallError', reason: 'EndlessListing' });
  });

  // DescribeAlarms has three lists, of which some may be left out; that of mute rules may be, where there are none.
  it.skipIf(listing.adapter === 'currentAlarms')('takes an answer without its list for a failure', async () => {
    const { error, pages } = await against(listing, () => ({}));
    expect(error).toMatchObject({ name: 'AwsCallError', reason: 'IncompleteAnswer' });
    expect(pages).toBe(8);
  });

  it('gives up a request that is not answered in time, and tries it again', async () => {
    const { error, pages } = await against(listing, () => null);
    expect(error).toMatchObject({ name: 'AwsCallError', reason: 'LimitError' });
    expect(pages).toBe(8);
  });
});
