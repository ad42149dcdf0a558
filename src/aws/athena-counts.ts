import { randomUUID } from 'node:crypto';
import type { AthenaClient } from '@aws-sdk/client-athena';
import { checkOptions, InputError, type OptionNames, optionsFor, shown } from '../errors.js';
import {
  ATHENA_COUNT_OPTIONS,
  type AthenaCountOptions,
  athenaCountQuery,
  athenaCoverageQuery,
} from '../kms/athena-query.js';
import { readAthenaCounts, readAthenaCoverage } from '../kms/athena-rows.js';
import type { Coverage } from '../kms/coverage.js';
import type { SeriesSet } from '../series/series-set.js';
import { type AthenaRun, readRows, runQuery } from './athena-runs.js';
import { Caller, type CallOptions } from './call-aws.js';

export interface AthenaOptions extends AthenaCountOptions, CallOptions {
  /** The work group to run in; by default the account's primary one. Its settings may say where results go. */
  readonly workGroup?: string;
  /** The database of a table that is named without; Athena's `default` otherwise. */
  readonly database?: string;
  /** Where Athena writes results, `s3://bucket/prefix/`, where the work group does not say. */
  readonly output?: string;
  /**
   * When the logs were listening, as for `countCalls`; `query` asks the logs themselves, which scans them a second time.
   * Without it every bucket counts as observed.
   */
  readonly coverage?: readonly Coverage[] | 'query';
}

/** What a count by Athena took, and what it left out. */
export interface AthenaStats {
  /** The queries that ran, failed ones that were tried again included. */
  readonly runs: readonly AthenaRun[];
  /** Bytes of the log files that all of them read: what Athena bills. */
  readonly scannedBytes: number;
  /** Records that were no calls to count, by reason: those of `parseRecord`, `duplicate` and `outside`. */
  readonly setAside: Readonly<Record<string, number>>;
}

/** Requests a second; Athena allows 20 starts and 100 of the others, in bursts more (Athena service quotas). */
const REQUESTS_PER_SECOND = 10;

/**
 * Counts KMS calls in CloudTrail's table of Athena: starts the query of `athenaCountQuery`, waits for it, and reads its
 * answer page by page into a set. Earlier results are never reused, since they may lack log files that came later.
 *
 * A full queue waits. Aborting the signal, and a failure on the way, stop the query, so that no more is scanned. One that
 * Athena itself calls worth trying again is run three times at most. `coverage` is what the counts were judged by; null
 * where none was asked for.
 *
 * @throws InputError for options out of range; AthenaQueryError when a query fails; AwsCallError when a request does
 */
export async function athenaCounts(
  client: AthenaClient,
  options: AthenaOptions,
): Promise<{ set: SeriesSet; coverage: readonly Coverage[] | null; stats: AthenaStats }> {
  checkOptions(options, ATHENA_OPTIONS);
  const count = athenaCountQuery(optionsFor(options, ATHENA_COUNT_OPTIONS));
  const cover = athenaCoverageQuery(optionsFor(options, ATHENA_COUNT_OPTIONS));
  const { coverage: given } = options;
  if (given !== undefined && given !== 'query' && !Array.isArray(given)) {
    throw new InputError(`coverage must be 'query' or an array of { account, region, from, to }, got ${shown(given)}`);
  }
  const caller = new Caller(client, 'Athena', REQUESTS_PER_SECOND, options);
  const runs: AthenaRun[] = [];
  const answer = async (sql: string) =>
    readRows(client, caller, await runQuery(client, caller, { ...options, sql, token: randomUUID() }, runs));

  const coverage = given === 'query' ? await readAthenaCoverage(await answer(cover)) : given;
  let setAside: Readonly<Record<string, number>> = {};
  const set = await readAthenaCounts(await answer(count), {
    ...(coverage === undefined ? {} : { coverage }),
    onSetAside: (records) => {
      setAside = records;
    },
  });
  const scannedBytes = runs.reduce((sum, run) => sum + run.scannedBytes, 0);
  return { set, coverage: coverage ?? null, stats: { runs, scannedBytes, setAside } };
}

const ATHENA_OPTIONS: OptionNames<AthenaOptions> = {
  workGroup: true,
  database: true,
  output: true,
  coverage: true,
  step: true,
  by: true,
  table: true,
  from: true,
  to: true,
  date: true,
  accounts: true,
  regions: true,
  partitions: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};
