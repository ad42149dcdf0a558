import type { AthenaClient, QueryExecution } from '@aws-sdk/client-athena';
import type { AthenaRow } from '../kms/athena-rows.js';
import { SECOND } from '../time/grid.js';
import { Caller } from './call-aws.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';

/** One run of a query. */
export interface AthenaRun {
  /** Athena's id of it, under which its console lists it. */
  readonly id: string;
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly scannedBytes: number;
  /** Milliseconds in the queue, and of work. */
  readonly queued: number;
  readonly ran: number;
}

/** A query that did not succeed; the message has Athena's reason. */
export class AthenaQueryError extends Error {
  override readonly name = 'AthenaQueryError';
  readonly run: AthenaRun;
  /** Athena's words for what went wrong. */
  readonly reason: string;

  constructor(run: AthenaRun, reason: string) {
    super(
      `query ${run.id} ${run.state === 'FAILED' ? 'failed' : 'was cancelled'}: ${reason} (${run.scannedBytes} bytes scanned)`,
    );
    this.run = run;
    this.reason = reason;
  }
}

export interface AthenaQuery {
  readonly sql: string;
  /** By which Athena knows a start that comes a second time: a connection cut in the answer must not start, and bill, two. */
  readonly token: string;
  readonly workGroup?: string;
  readonly database?: string;
  readonly output?: string;
}

/** How often a query is run that Athena says is worth trying again. */
const RUNS = 3;
const FIRST_LOOK = 0.5 * SECOND;
const LAST_LOOK = 5 * SECOND;

const loadAthena = () => loadClient('@aws-sdk/client-athena', () => import('@aws-sdk/client-athena'));

/** Runs a query to its end, and gives its id; what ran is added to `runs`. */
export async function runQuery(
  client: AthenaClient,
  caller: Caller,
  query: AthenaQuery,
  runs: AthenaRun[],
): Promise<string> {
  for (let tries = 1; ; tries++) {
    const id = await start(client, caller, query, tries);
    const execution = await ended(client, caller, id);
    const run = runOf(id, execution);
    runs.push(run);
    if (run.state === 'SUCCEEDED') return id;
    const { AthenaError, StateChangeReason } = execution.Status ?? {};
    if (AthenaError?.Retryable !== true || tries === RUNS) {
      throw new AthenaQueryError(run, StateChangeReason ?? AthenaError?.ErrorMessage ?? 'no reason given');
    }
  }
}

/** The rows of a query that succeeded, by the names of its columns; the first row of the first page has these names. */
export async function* readRows(
  client: AthenaClient,
  caller: Caller,
  id: string,
): AsyncGenerator<AthenaRow, void, undefined> {
  const { GetQueryResultsCommand } = await loadAthena();
  let names: readonly string[] | undefined;
  const pages = new Pages('athena:GetQueryResults');
  let token: string | undefined;
  do {
    const page = token;
    const answer = await caller.call(
      'athena:GetQueryResults',
      (send) =>
        client.send(
          new GetQueryResultsCommand({
            QueryExecutionId: id,
            MaxResults: 1000,
            ...(page === undefined ? {} : { NextToken: page }),
          }),
          send,
        ),
      'ResultSet',
    );
    for (const { Data = [] } of answer.ResultSet?.Rows ?? []) {
      if (names === undefined) {
        names = Data.map(({ VarCharValue = '' }) => VarCharValue);
        continue;
      }
      yield Object.fromEntries(names.map((name, i) => [name, Data[i]?.VarCharValue]));
    }
    token = pages.next(answer.NextToken, answer.ResultSet?.Rows?.length ?? 0);
  } while (token !== undefined);
}

async function start(client: AthenaClient, caller: Caller, query: AthenaQuery, tries: number): Promise<string> {
  const { StartQueryExecutionCommand } = await loadAthena();
  const { sql, token, workGroup, database, output } = query;
  const { QueryExecutionId = '' } = await caller.call('athena:StartQueryExecution', (send) =>
    client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        ClientRequestToken: `${token}-${tries}`,
        ...(workGroup === undefined ? {} : { WorkGroup: workGroup }),
        ...(database === undefined ? {} : { QueryExecutionContext: { Database: database } }),
        ...(output === undefined ? {} : { ResultConfiguration: { OutputLocation: output } }),
        ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
      }),
      send,
    ),
  );
  return QueryExecutionId;
}

/** Looks until the query has ended; stops it when looking fails or is aborted. */
async function ended(client: AthenaClient, caller: Caller, id: string): Promise<QueryExecution> {
  const { GetQueryExecutionCommand } = await loadAthena();
  try {
    for (let wait = FIRST_LOOK; ; wait = Math.min(1.5 * wait, LAST_LOOK)) {
      await caller.clock.sleep(wait, caller.signal);
      const { QueryExecution } = await caller.call('athena:GetQueryExecution', (send) =>
        client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }), send),
      );
      const state = QueryExecution?.Status?.State;
      if (QueryExecution !== undefined && state !== 'QUEUED' && state !== 'RUNNING') return QueryExecution;
    }
  } catch (error) {
    await stop(client, caller, id);
    throw error;
  }
}

/** As well as it goes: what made it necessary matters more than that it could not be done. */
async function stop(client: AthenaClient, { clock, pacer }: Caller, id: string): Promise<void> {
  const { StopQueryExecutionCommand } = await loadAthena();
  // Without the signal, which may be why.
  const caller = new Caller(client, 'Athena', pacer.perSecond, { clock, pacer, retry: { within: 10 * SECOND } });
  await caller
    .call('athena:StopQueryExecution', (send) =>
      client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }), send),
    )
    .catch(() => {});
}

function runOf(id: string, { Status, Statistics = {} }: QueryExecution): AthenaRun {
  const state = Status?.State;
  return {
    id,
    state: state === 'SUCCEEDED' || state === 'CANCELLED' ? state : 'FAILED',
    scannedBytes: Statistics.DataScannedInBytes ?? 0,
    queued: Statistics.QueryQueueTimeInMillis ?? 0,
    ran: Statistics.EngineExecutionTimeInMillis ?? 0,
  };
}
