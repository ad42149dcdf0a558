import { AthenaClient } from '@aws-sdk/client-athena';
import { describe, expect, it } from 'vitest';
import { type AthenaOptions, athenaCounts } from '../../src/aws/athena-counts.js';
import { AthenaQueryError } from '../../src/aws/athena-runs.js';
import { athenaSource } from '../../src/aws/athena-source.js';
import { AwsCallError } from '../../src/aws/call-aws.js';
import { InputError } from '../../src/errors.js';
import type { KmsCall } from '../../src/kms/call.js';
import { countCalls } from '../../src/kms/count-calls.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import type { Json } from '../../src/plan/source.js';
import { rowOf, type SeriesSet, valueAt } from '../../src/series/series-set.js';
import { selectRows } from '../../src/series/slice.js';
import { contentsOf } from '../support/athena.js';
import { kmsRecords, START } from '../support/logs.js';
import { athenaOf } from './support/fake-athena.js';
import { type Fault, fakeAws, refusal } from './support/fake-aws.js';
import { FakeClock } from './support/fake-clock.js';

const DAY = 86_400_000;
const RECORDS = kmsRecords(500);
const BY = [['operation'], ['keyArn', 'operation', 'caller']] as const;

async function fakeAthena(options: Parameters<typeof athenaOf>[1] = {}) {
  const { handlers, queries } = await athenaOf(RECORDS, options);
  return { aws: await fakeAws(handlers), queries };
}

async function count(
  aws: Awaited<ReturnType<typeof fakeAws>>,
  options: Partial<AthenaOptions> = {},
  faults: (Fault | null)[] = [],
) {
  aws.faults.push(...faults);
  return athenaCounts(new AthenaClient(aws.config), {
    table: 'cloudtrail',
    from: START,
    to: START + DAY,
    by: BY,
    clock: new SlowClock(),
    ...options,
  });
}

/** Waits a moment of real time as well: DuckDB needs some. */
class SlowClock extends FakeClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await super.sleep(ms, signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const calls = RECORDS.map(parseRecord).filter((call): call is KmsCall => !('reason' in call));
const expected = () => countCalls(calls, { start: START, end: START + DAY, by: BY });

describe('athenaCounts', () => {
  it('starts, waits, pages and counts: the same as countCalls, over the wire that Athena speaks', async () => {
    const { aws, queries } = await fakeAthena();
    const { set, stats } = await count(aws, { workGroup: 'security', database: 'logs', output: 's3://answers/kms/' });
    expect(contentsOf(set)).toEqual(contentsOf(await expected()));
    expect(set.keys.length).toBeGreaterThan(1);
    const [start] = aws.of('StartQueryExecution');
    expect(start?.target).toBe('AmazonAthena.StartQueryExecution');
    expect(start?.contentType).toBe('application/x-amz-json-1.1');
    expect(start?.body).toEqual({
      QueryString: queries[0]?.sql,
      ClientRequestToken: expect.stringMatching(/^[0-9a-f-]{36}-1$/),
      WorkGroup: 'security',
      QueryExecutionContext: { Database: 'logs' },
      ResultConfiguration: { OutputLocation: 's3://answers/kms/' },
      ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
    });
    expect(aws.of('GetQueryExecution').at(0)?.body).toEqual({ QueryExecutionId: 'query-0' });
    expect(aws.of('GetQueryResults').at(0)?.body).toEqual({ QueryExecutionId: 'query-0', MaxResults: 1000 });
    expect(aws.of('GetQueryResults').at(1)?.body).toEqual({
      QueryExecutionId: 'query-0',
      MaxResults: 1000,
      NextToken: '7',
    });
    expect(stats).toEqual({
      runs: [{ id: 'query-0', state: 'SUCCEEDED', scannedBytes: 1_000_000, queued: 120, ran: 3400 }],
      scannedBytes: 1_000_000,
      setAside: {},
    });
  });

  it('asks the logs when they were listening, where it is told to', async () => {
    const { aws } = await fakeAthena();
    const { set, coverage, stats } = await count(aws, { coverage: 'query' });
    expect(stats.runs).toHaveLength(2);
    expect(stats.scannedBytes).toBe(2_000_000);
    if (coverage === null) throw new Error('no coverage');
    expect(coverage).toMatchObject([{ account: '111122223333', region: 'eu-central-1', from: START }]);
    expect(contentsOf(set)).toEqual(
      contentsOf(await countCalls(calls, { start: START, end: START + DAY, by: BY, coverage })),
    );
  });

  it('waits while there are too many queries, and after throttling, and never starts one twice', async () => {
    const busy = {
      error: 'TooManyRequestsException',
      message: 'You have exceeded the limit for the number of queries',
    };
    const { aws, queries } = await fakeAthena();
    const faults: (Fault | null)[] = [
      busy,
      'throttle',
      'cut',
      'half',
      null,
      'throttle',
      'internal-error',
      'cut',
      null,
      null,
      'half',
      'throttle',
    ];
    const { set } = await count(aws, {}, faults);
    expect(contentsOf(set)).toEqual(contentsOf(await expected()));
    expect(queries).toHaveLength(1);
    expect(aws.of('StartQueryExecution').length).toBeGreaterThan(4);
    expect(new Set(aws.of('StartQueryExecution').map(({ body }) => body['ClientRequestToken'])).size).toBe(1);
  });

  it('says why a query failed and what it scanned', async () => {
    const reason = "TABLE_NOT_FOUND: line 49:8: Table 'awsdatacatalog.logs.cloudtrail' does not exist";
    const { aws, queries } = await fakeAthena({ fail: () => ({ State: 'FAILED', StateChangeReason: reason }) });
    const failure = await count(aws).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AthenaQueryError);
    expect((failure as Error).message).toBe(`query query-0 failed: ${reason} (1000000 bytes scanned)`);
    expect(failure).toMatchObject({ reason, run: { id: 'query-0', state: 'FAILED', scannedBytes: 1_000_000 } });
    expect(queries).toHaveLength(1);
    const cancelled = await fakeAthena({ fail: () => ({ State: 'CANCELLED' }) });
    await expect(count(cancelled.aws)).rejects.toThrow(/^query query-0 was cancelled: no reason given/);
  });

  it('runs again what Athena says is worth it, three times at most, and counts what that scanned', async () => {
    const passing = { State: 'FAILED', StateChangeReason: 'busy', AthenaError: { Retryable: true } };
    const once = await fakeAthena({ fail: (n) => (n === 0 ? passing : undefined) });
    const { set, stats } = await count(once.aws);
    expect(contentsOf(set)).toEqual(contentsOf(await expected()));
    expect(stats.runs.map(({ state }) => state)).toEqual(['FAILED', 'SUCCEEDED']);
    expect(stats.scannedBytes).toBe(2_000_000);
    const always = await fakeAthena({ fail: () => passing });
    await expect(count(always.aws)).rejects.toThrow(/^query query-2 failed: busy/);
    expect(always.queries).toHaveLength(3);
  });

  it('stops the query when it is aborted', async () => {
    const { aws, queries } = await fakeAthena({ looks: Infinity });
    const controller = new AbortController();
    const clock = new SlowClock();
    const counting = count(aws, { signal: controller.signal, clock });
    const watch = setInterval(() => {
      if ((queries[0]?.looks ?? 0) >= 3) controller.abort(new Error('enough'));
    }, 5);
    await expect(counting).rejects.toThrow('enough');
    clearInterval(watch);
    expect(aws.of('StopQueryExecution').map(({ body }) => body)).toEqual([{ QueryExecutionId: 'query-0' }]);
    expect(queries[0]?.state).toBe('CANCELLED');
  });

  it('stops the query that it may not look at, and says what it needs', async () => {
    const { aws, queries } = await fakeAthena();
    const failure = await count(aws, {}, [null, { error: 'AccessDeniedException', message: 'not authorized' }]).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(AwsCallError);
    expect((failure as Error).message).toContain('athena:GetQueryExecution');
    expect((failure as Error).cause).toMatchObject({ name: 'AccessDeniedException' });
    expect(queries[0]?.state).toBe('CANCELLED');
  });

  it('gives up when it is throttled for longer than it may wait, and when credentials have expired', async () => {
    const { aws } = await fakeAthena();
    const wire = await fakeAws({ StartQueryExecution: () => refusal('TooManyRequestsException', 'limit') });
    await expect(count(wire, { retry: { within: 60_000 } })).rejects.toThrow(
      /athena:StartQueryExecution failed: TooManyRequestsException/,
    );
    const expired = {
      error: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    };
    await expect(count(aws, {}, [expired])).rejects.toThrow(
      /credentials; needed is the permission athena:StartQueryExecution/,
    );
  });

  it('refuses options out of range before it starts anything', async () => {
    const { aws } = await fakeAthena();
    await expect(count(aws, { step: 0 })).rejects.toBeInstanceOf(InputError);
    await expect(count(aws, { coverage: 'yes' as 'query' })).rejects.toThrow(/^coverage must be/);
    expect(aws.requests).toEqual([]);
  });
});

describe('athenaSource', () => {
  it('states the counts of whole buckets, with callers, and asks for nothing while nothing can be new', async () => {
    const { aws } = await fakeAthena();
    const source = athenaSource(new AthenaClient(aws.config), { table: 'cloudtrail', clock: new SlowClock() });
    const step = 300_000;
    const ask = (now: number, cursor: Json) => source.poll({ cursor, from: START, now, step, signal: undefined });
    const { counts, coverage: listened, cursor } = await ask(START + DAY, null);
    const end = START + DAY - 900_000;
    const own = await countCalls(calls, { start: START, end, by: BY });
    const stated = selectRows(counts as SeriesSet, (key) => rowOf(own, key) >= 0);
    expect(counts).toMatchObject({ measure: 'count', grid: { start: START, step, length: (end - START) / step } });
    expect(stated.keys).toHaveLength(own.keys.length);
    for (const [row, key] of stated.keys.entries()) {
      const other = rowOf(own, key);
      for (let b = 0; b < own.grid.length; b += 7) expect(valueAt(stated, row, b)).toBe(valueAt(own, other, b));
    }
    const [first] = listened as readonly { from: number; to: number }[];
    expect([first.from >= START, first.to <= end, first.to > first.from, cursor]).toEqual([true, true, true, end]);
    const before = aws.requests.length;
    expect(await ask(START + DAY, cursor as Json)).toEqual({ coverage: [], cursor: end });
    expect(aws.requests).toHaveLength(before);
  });
});
