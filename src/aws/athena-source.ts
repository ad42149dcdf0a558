import type { AthenaClient } from '@aws-sdk/client-athena';
import { checkInteger, checkOptions, type OptionNames } from '../errors.js';
import type { CallSource, Json } from '../plan/source.js';
import { mergeRanges } from '../series/builder.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { type AthenaOptions, athenaCounts } from './athena-counts.js';

type Asked = Pick<
  AthenaOptions,
  | 'table'
  | 'workGroup'
  | 'database'
  | 'output'
  | 'accounts'
  | 'regions'
  | 'partitions'
  | 'date'
  | 'pacer'
  | 'clock'
  | 'retry'
>;

export interface AthenaSourceOptions extends Asked {
  /** Its name in the plan; the table by default. */
  readonly name?: string;
  /** How long after a call its record may be delivered, ms; 15 minutes by default. */
  readonly grace?: number;
  /** How far back each poll counts again, for what came later than that, ms; 2 hours by default. */
  readonly overlap?: number;
}

/** What a plan judges and says of counts. */
const BY = [
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation'],
  ['operation', 'caller'],
  ['keyArn', 'operation', 'caller'],
] as const;

/**
 * CloudTrail's table of Athena, as a source of a plan: counts with callers, of many accounts, without a call's record being
 * moved. Each poll runs two queries over the days since the last one, the second for when the logs listened; Athena bills
 * what they scan, at least a day of logs each, so that a plan of it polls every hour or more seldom.
 *
 * It brings counts: critical operations are unusual use here, and not reported at once as single events are.
 * @throws InputError for options out of range; from `poll`, AthenaQueryError when a query fails, AwsCallError when a request does
 */
export function athenaSource(client: AthenaClient, options: AthenaSourceOptions): CallSource {
  checkOptions(options, ATHENA_SOURCE_OPTIONS);
  const { name, grace = 15 * MINUTE, overlap = 2 * HOUR, ...asked } = options;
  checkInteger(grace, 'grace', 0, DAY);
  checkInteger(overlap, 'overlap', 0, 2 * DAY);
  return {
    name: name ?? `athena ${options.table}`,
    about: `counts by Athena of ${options.table}: with callers and failed calls, without single events`,
    async poll({ cursor, from, now, step, signal }) {
      const before = typeof cursor === 'number' ? cursor : null;
      const start = Math.floor((before === null ? from : Math.max(from, before - overlap)) / step) * step;
      const end = Math.floor((now - grace) / step) * step;
      if (end <= Math.max(start, before ?? start)) return { coverage: [], cursor };
      const { set, coverage } = await athenaCounts(client, {
        ...asked,
        from: start,
        to: end,
        step,
        by: BY,
        coverage: 'query',
        ...(signal === undefined ? {} : { signal }),
      });
      return {
        counts: set,
        coverage: mergeRanges((coverage ?? []).filter((range) => range.from < range.to)),
        cursor: end as Json,
      };
    },
  };
}

const ATHENA_SOURCE_OPTIONS: OptionNames<AthenaSourceOptions> = {
  name: true,
  grace: true,
  overlap: true,
  table: true,
  workGroup: true,
  database: true,
  output: true,
  accounts: true,
  regions: true,
  partitions: true,
  date: true,
  pacer: true,
  clock: true,
  retry: true,
};
