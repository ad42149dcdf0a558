import { countCalls } from '../../src/kms/count-calls.js';
import type { Coverage } from '../../src/kms/coverage.js';
import { type CountLogsOptions, countCloudTrail } from '../../src/node/count-cloudtrail.js';
import type { IngestStats, RejectedInput } from '../../src/node/ingest-stats.js';
import type { LogSources } from '../../src/node/log-input.js';
import { readCloudTrail } from '../../src/node/read-cloudtrail.js';
import { seriesToBytes } from '../../src/series/codec-set.js';
import type { SeriesKey } from '../../src/series/key.js';
import type { SeriesSet } from '../../src/series/series-set.js';
import type { TimeGrid } from '../../src/time/grid.js';

/** Every level at once: with it, no field of a call can differ unseen. */
export const ALL_LEVELS = [
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation'],
  ['account', 'region', 'caller'],
  ['keyArn', 'caller', 'outcome'],
] as const;

/** All that is to be known of logs that were counted. */
export interface Counted {
  readonly grid: TimeGrid;
  readonly keys: readonly SeriesKey[];
  /** The whole set: a comparison of texts takes a thousandth of the time of one of numbers. */
  readonly bytes: string;
  readonly calls: unknown;
  readonly stats: IngestStats;
  readonly coverage: readonly Coverage[];
  readonly rejected: readonly RejectedInput[];
}

/** By `countCloudTrail`. */
export async function countedFast(sources: LogSources, options: CountLogsOptions = {}): Promise<Counted> {
  const rejected: RejectedInput[] = [];
  const { set, calls, stats, coverage } = await countCloudTrail(sources, {
    onRejected: (value) => rejected.push(value),
    ...options,
  });
  return { ...told(set), calls, stats, coverage, rejected };
}

/** By `countCalls` of `readCloudTrail`. */
export async function countedSlowly(
  sources: LogSources,
  { coverage: given, ...options }: CountLogsOptions = {},
): Promise<Counted> {
  const rejected: RejectedInput[] = [];
  let coverage: readonly Coverage[] = [];
  let stats: IngestStats | undefined;
  let calls: unknown;
  const read = readCloudTrail(sources, {
    onRejected: (value) => rejected.push(value),
    onCoverage: (value) => {
      coverage = value;
    },
    onStats: (value) => {
      stats = value;
    },
  });
  const set = await countCalls(read, {
    ...options,
    ...(given === undefined ? {} : { coverage: given === 'records' ? () => coverage : given }),
    onStats: (value) => {
      calls = value;
    },
  });
  return { ...told(set), calls, stats: stats as IngestStats, coverage, rejected };
}

function told(set: SeriesSet): Pick<Counted, 'grid' | 'keys' | 'bytes'> {
  return { grid: set.grid, keys: set.keys, bytes: Buffer.from(seriesToBytes(set)).toString('base64') };
}
