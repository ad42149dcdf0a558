import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { Coverage } from '../kms/coverage.js';
import type { CallSource, Json } from '../plan/source.js';
import { mergeRanges, type TimeRange } from '../series/builder.js';
import { DAY, HOUR } from '../time/grid.js';
import type { IngestStats } from './ingest-stats.js';
import { findLogs, type LogFile } from './log-files.js';
import { timeInName } from './log-names.js';
import { readCloudTrail } from './read-cloudtrail.js';

export interface LogSourceOptions {
  /** Its name in the plan; the paths by default. */
  readonly name?: string;
  /** The longest time without a record of any service, ms, in which the log is still taken to listen; an hour by default. */
  readonly maxQuiet?: number;
  /** How many files are read in one part; 200 by default. */
  readonly filesAtOnce?: number;
}

/** What is remembered of what was read. */
interface Cursor {
  /** Files whose names tell of this time or one before were read. */
  readonly before: number;
  /** Sizes of the newer ones, and of those whose names tell no time: a file that grows is read again. */
  readonly files: Readonly<Record<string, number>>;
  /** End of what was listened to. */
  readonly heard: number | null;
}

/** So long behind the newest, names are remembered one by one: copies to the folder may come out of order. */
const OUT_OF_ORDER = 2 * DAY;
/** Before any log: JSON knows no −∞. */
const NEVER = -8.64e15;
/** Reasons for setting a record aside that are in the nature of logs. */
const ORDINARY: ReadonlySet<string> = new Set(['not-kms', 'network-activity', 'updated-data', 'summary']);

/**
 * A folder into which CloudTrail's log files keep coming (synchronised from the bucket, say), as a source of a plan: each
 * poll reads the files that are new. When the log listened is taken from records of all services, so that a log which ends
 * is not taken for silence; give accounts and Regions that may fail apart a source each.
 * @throws InputError for paths or options that cannot be; from `poll`, when a path does not exist
 */
export function logSource(paths: string | readonly string[], options: LogSourceOptions = {}): CallSource {
  checkOptions(options, LOG_SOURCE_OPTIONS);
  const roots = typeof paths === 'string' ? [paths] : [...paths];
  if (roots.length === 0 || roots.some((path) => typeof path !== 'string' || path === '')) {
    throw new InputError(`paths must be a path or several, got ${shown(paths)}`);
  }
  const maxQuiet = checkInteger(options.maxQuiet ?? HOUR, 'maxQuiet', 1, 366 * DAY);
  const atOnce = checkInteger(options.filesAtOnce ?? 200, 'filesAtOnce', 1, 1e6);
  return {
    name: options.name ?? roots.join(', '),
    async poll({ cursor, from, signal }) {
      const before = (cursor ?? { before: NEVER, files: {}, heard: null }) as unknown as Cursor;
      const known = new Map(Object.entries(before.files));
      const unread = (await findLogs(roots, { skip: () => undefined, rejectFile: () => undefined })).filter(
        ({ path, size, time }) => known.get(path) !== size && !(time <= before.before) && !(time < from - HOUR),
      );
      const batch = unread.slice(0, atOnce);
      let coverage: readonly Coverage[] = [];
      let stats: IngestStats | undefined;
      const after = (): Cursor => cursorAfter(before, batch, listenedIn(coverage, before.heard, maxQuiet));
      return {
        calls:
          batch.length === 0
            ? []
            : readCloudTrail(
                batch.map(({ path }) => path),
                {
                  maxQuiet,
                  onCoverage: (found) => {
                    coverage = found;
                  },
                  onStats: (found) => {
                    stats = found;
                  },
                  ...(signal === undefined ? {} : { signal }),
                },
              ),
        listened: () => listenedIn(coverage, before.heard, maxQuiet),
        cursor: () => after() as unknown as Json,
        rejected: () => (stats === undefined ? 0 : rejectedIn(stats)),
        more: unread.length > batch.length,
      };
    },
  };
}

const LOG_SOURCE_OPTIONS: OptionNames<LogSourceOptions> = { name: true, maxQuiet: true, filesAtOnce: true };

/** All the times of all accounts and Regions; joined to what was heard before over a gap that is short enough. */
export function listenedIn(coverage: readonly Coverage[], heard: number | null, maxQuiet: number): TimeRange[] {
  const ranges = mergeRanges(coverage.filter(({ from, to }) => from < to));
  return ranges.map(({ from, to }) => ({
    from: heard !== null && from > heard && from - heard <= maxQuiet ? heard : from,
    to,
  }));
}

function cursorAfter(cursor: Cursor, batch: readonly LogFile[], listened: readonly TimeRange[]): Cursor {
  const read = new Map(Object.entries(cursor.files));
  for (const { path, size } of batch) read.set(path, size);
  const newest = batch.reduce((last, { time }) => (time > last ? time : last), cursor.before + OUT_OF_ORDER);
  const before = newest - OUT_OF_ORDER;
  for (const path of read.keys()) if (timeInName(path) <= before) read.delete(path);
  const heard = listened.reduce((to, range) => Math.max(to, range.to), cursor.heard ?? -Infinity);
  return { before, files: Object.fromEntries(read), heard: Number.isFinite(heard) ? heard : null };
}

/** Files and records that could not be read, but for what is in the nature of logs. */
export function rejectedIn({ filesUnreadable, setAside }: IngestStats): number {
  const records = Object.entries(setAside).filter(([reason]) => !ORDINARY.has(reason));
  return filesUnreadable.length + records.reduce((sum, [, { count }]) => sum + count, 0);
}
