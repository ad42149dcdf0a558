import { checkOptions, type OptionNames } from '../errors.js';
import { CallCounter, type CountOptions, type CountStats, type LogOverlap } from '../kms/call-counter.js';
import { type Coverage, CoverageTracker } from '../kms/coverage.js';
import type { SourceCalls } from '../kms/sources.js';
import type { SeriesSet } from '../series/series-set.js';
import { type Counting, type CrashedWorker, countOnThreads } from './count-on-threads.js';
import { checkGiveUpAfter } from './file-records.js';
import { type IngestStats, IngestTally } from './ingest-stats.js';
import { type CheckedSources, checkSources, filesOf, type LogSources, streamInput } from './log-input.js';
import { isParquetName } from './log-names.js';
import { LogScan } from './log-scan.js';
import type { ReadOptions } from './read-cloudtrail.js';
import { paced, readFiles } from './read-files.js';
import { Progress } from './read-progress.js';
import { checkThreads } from './worker-pool.js';

export interface CountLogsOptions extends Omit<ReadOptions, 'onStats'>, Omit<CountOptions, 'onStats' | 'coverage'> {
  /**
   * As in `countCalls`: when the logs were listening, all the time by default. `'records'` learns it from the records of all
   * services, as `onCoverage` tells it.
   */
  readonly coverage?: CountOptions['coverage'] | 'records';
  /**
   * Threads that read files; by default one for each core, and none where there is little to read or no core beyond two.
   * Streams take one.
   */
  readonly threads?: number;
}

export interface CountedLogs {
  readonly set: SeriesSet;
  /** What became of every file and record. */
  readonly stats: IngestStats;
  /** What became of every call. */
  readonly calls: CountStats;
  /** How many calls came from which account and Region. */
  readonly sources: readonly SourceCalls[];
  /**
   * Logs that have calls of the same hours and were read too far apart for copies to be recognised (`maxIds`), those with
   * most calls first: their counts may be too high. Empty as a rule.
   */
  readonly overlaps: readonly LogOverlap[];
  /** When the logs were listening, told from all their records. */
  readonly coverage: readonly Coverage[];
  /** Where a log goes on without its KMS records; `coverage` holds these times, the counts do not: see `serviceGaps`. */
  readonly serviceGaps: readonly Coverage[];
  /** Worker threads that ended too early. Their files were read again here: nothing is missing. */
  readonly crashes: readonly CrashedWorker[];
}

/**
 * Counts the KMS calls in CloudTrail logs: what `countCalls(readCloudTrail(sources))` gives with the same options, to the
 * last count, rejection and stretch of coverage, some times as fast. Records of the usual form are read without being
 * parsed; those in which anything is unusual are parsed as ever. With several threads the same comes out: calls are counted
 * on the calling thread, in the order of the files.
 *
 * Memory: that of `CallCounter`, and some 100 MB a thread at most, whatever the size of the files.
 *
 * @throws InputError for a path that does not exist and for bad options
 *
 * @example
 * import { countCloudTrail } from 'kms-baseline/node';
 *
 * const { set, coverage, stats } = await countCloudTrail('data/logs', { step: 3_600_000 });
 * console.log(`${set.keys.length} series, ${coverage.length} stretches covered, ${stats.files} files`);
 */
export async function countCloudTrail(sources: LogSources, options: CountLogsOptions = {}): Promise<CountedLogs> {
  checkOptions(options, COUNT_LOGS_OPTIONS);
  const checked = checkSources(sources);
  const threads = options.threads === undefined ? usualThreads() : checkThreads(options.threads);
  const tracker = new CoverageTracker();
  tracker.coverage(options);
  checkGiveUpAfter(options.giveUpAfter);
  let coverage: readonly Coverage[] = [];
  const counter = new CallCounter(counterOptions(options, () => coverage));
  const tally = new IngestTally(options.onRejected);
  const progress = new Progress(tally, options.onProgress);
  const { signal, by, giveUpAfter } = options;
  const withCaller = by?.some((level) => level.includes('caller')) ?? false;
  const crashes = await readAll(checked, threads, {
    signal,
    withCaller,
    giveUpAfter,
    tally,
    tracker,
    counter,
    progress,
  });
  progress.tell(true);
  const found = tracker.coverage(options);
  coverage = found;
  options.onCoverage?.(found);
  const { set, stats: calls, sources: from, overlaps, serviceGaps } = counter.finish();
  return { set, stats: tally.finish(), calls, sources: from, overlaps, coverage, serviceGaps, crashes };
}

const COUNT_LOGS_OPTIONS: OptionNames<CountLogsOptions> = {
  coverage: true,
  threads: true,
  onProgress: true,
  onRejected: true,
  onCoverage: true,
  giveUpAfter: true,
  maxQuiet: true,
  signal: true,
  start: true,
  end: true,
  step: true,
  by: true,
  serviceGaps: true,
  maxIds: true,
};

/**
 * Below this a thread costs more than it saves: it takes some 100 ms of a core to start and to warm up, in which 8 MiB of
 * gzip are read; and zlib has a thread of its own beside the calling one.
 */
const MIN_BYTES_A_THREAD = 8 * 1024 * 1024;

/**
 * With two cores the calling thread, which counts, and zlib's beside it, which inflates the next file, leave none free: two
 * threads that read took 1.06 and 1.3 times as long as none for 235 MB of JSON (Node 20.20.2, `npm run bench -- ingest`).
 */
function usualThreads(): number {
  const cores = checkThreads(undefined);
  return cores > 2 ? cores : 1;
}

async function readAll(sources: CheckedSources, threads: number, counting: Counting): Promise<CrashedWorker[]> {
  const { signal, withCaller, giveUpAfter, tally, tracker, counter, progress } = counting;
  signal?.throwIfAborted();
  const files = await filesOf(sources, tally);
  if (files !== null) progress.expect(files);
  const useful = Math.min(threads, Math.floor(progress.bytesTotal / MIN_BYTES_A_THREAD));
  // A thread's script stands in no folder from which the packages that read Parquet could be found.
  const packages = files?.some(({ path }) => isParquetName(path)) ?? false;
  if (files !== null && useful > 1 && !packages) return await countOnThreads(files, useful, counting);

  const scan = new LogScan({
    withCaller,
    giveUpAfter,
    tally,
    coverage: tracker,
    onCalls: (batch, _, log) => counter.addBatch(batch, log),
  });
  const onRead = (bytes: number): void => {
    tally.bytes += bytes;
  };
  const onChunk = (): void => {
    signal?.throwIfAborted();
    progress.tell();
  };
  const onFile = (): void => {
    progress.files++;
    onChunk();
  };
  if (files !== null) {
    await readFiles(files, scan, { onRead, onChunk, onFile });
    progress.path = files.at(-1)?.path ?? '';
    return [];
  }
  for await (const stream of sources as Exclude<CheckedSources, readonly string[]>) {
    const input = streamInput(stream);
    progress.path = input.name;
    progress.expect([input]);
    const before = tally.unreadable;
    await scan.read(input.name, paced(input.chunks(onRead), { onChunk }));
    if (tally.unreadable > before) stream.failed?.();
    onFile();
  }
  return [];
}

function counterOptions(
  { start, end, step, by, coverage, serviceGaps, maxIds }: CountLogsOptions,
  learned: () => readonly Coverage[],
): CountOptions {
  return {
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(step === undefined ? {} : { step }),
    ...(by === undefined ? {} : { by }),
    ...(serviceGaps === undefined ? {} : { serviceGaps }),
    ...(maxIds === undefined ? {} : { maxIds }),
    ...(coverage === undefined ? {} : { coverage: coverage === 'records' ? learned : coverage }),
  };
}
