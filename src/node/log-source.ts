import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { Coverage } from '../kms/coverage.js';
import type { CallSource, Json } from '../plan/source.js';
import { mergeRanges, type TimeRange } from '../series/builder.js';
import { DAY, HOUR, MOST_TIME } from '../time/grid.js';
import type { FileReason, IngestStats } from './ingest-stats.js';
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
  /** Files that could not be read to their end, of whatever age, those tried longest ago first: every poll tries them again. */
  readonly failed?: readonly string[];
}

/** So long behind the newest, names are remembered one by one: copies to the folder may come out of order. */
const OUT_OF_ORDER = 2 * DAY;
/** Before any log: JSON knows no −∞. */
const NEVER = -MOST_TIME;
/** Reasons for setting a record aside that are in the nature of logs. */
const ORDINARY: ReadonlySet<string> = new Set(['not-kms', 'network-activity', 'updated-data', 'summary']);

/**
 * A folder into which CloudTrail's log files keep coming (synchronised from the bucket, say), as a source of a plan: each
 * poll reads the files that are new. When the log listened is taken from records of all services, so that a log which ends
 * is not taken for silence; give accounts and Regions that may fail apart a source each.
 *
 * A file that cannot be read to its end is the poll's `problem`, and is read again by the next: what of it was read counts, and
 * once. So are folders that cannot be looked into, but for the paths themselves.
 * @throws InputError for paths or options that cannot be; from `poll`, when a path does not exist, and Error when one may not
 *   be read
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
      const { found, problems } = await listed(roots);
      const fresh = freshIn(found, before, from);
      // Behind what is new, and as many as there is room for: they must not keep a poll in parts from its end.
      const batch = [...fresh.slice(0, atOnce), ...failedIn(found, before)].slice(0, atOnce);
      let coverage: readonly Coverage[] = [];
      let stats: IngestStats | undefined;
      const listened = (): TimeRange[] => listenedIn(coverage, before.heard, maxQuiet);
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
        coverage: listened,
        cursor: () => cursorAfter(before, found, batch, stats, listened()) as unknown as Json,
        rejected: () => (stats === undefined ? 0 : rejectedIn(stats, before.failed)),
        problem: () => problemIn([...problems, ...(stats?.filesUnreadable ?? [])]),
        more: fresh.length > atOnce,
      };
    },
  };
}

interface Unreadable {
  readonly path: string;
  readonly reason: FileReason;
}

/** The logs there are, and what cannot be looked into. Throws where that is one of the paths themselves. */
async function listed(roots: readonly string[]): Promise<{ found: LogFile[]; problems: readonly Unreadable[] }> {
  const problems: Unreadable[] = [];
  const rejectFile = (path: string, reason: FileReason): void => void problems.push({ path, reason });
  const found = await findLogs(roots, { skip: () => undefined, rejectFile });
  const lost = problems.filter(({ path }) => roots.includes(path));
  if (lost.length > 0) throw new Error(problemIn(lost) ?? '');
  return { found, problems };
}

/** New files, and those that have grown. */
function freshIn(found: readonly LogFile[], { before, files, failed = [] }: Cursor, from: number): LogFile[] {
  const known = new Map(Object.entries(files));
  const again = new Set(failed);
  return found.filter(
    ({ path, size, time }) =>
      !again.has(path) && known.get(path) !== size && !(time <= before) && !(time < from - HOUR),
  );
}

/** Those that failed before and are still there. */
function failedIn(found: readonly LogFile[], { failed = [] }: Cursor): LogFile[] {
  const byPath = new Map(found.map((file) => [file.path, file]));
  return failed.flatMap((path) => byPath.get(path) ?? []);
}

/** So many files are named. */
const NAMED = 3;

/** What could not be read, in words; null when all could. */
export function problemIn(unreadable: readonly Unreadable[]): string | null {
  if (unreadable.length === 0) return null;
  const named = unreadable.slice(0, NAMED).map(({ path, reason }) => `${path} (${WORDS[reason]})`);
  const more = unreadable.length > NAMED ? `, and ${unreadable.length - NAMED} more` : '';
  return `could not read ${named.join(', ')}${more}`;
}

const WORDS: Readonly<Record<FileReason, string>> = {
  empty: 'empty',
  truncated: 'ends early',
  'corrupt-gzip': 'damaged gzip',
  'not-a-log': 'not a CloudTrail log',
  'not-utf-8': 'UTF-16, not UTF-8',
  'corrupt-parquet': 'damaged Parquet',
  'no-parquet-reader': 'Parquet, which needs: npm install hyparquet hyparquet-compressors',
  'too-large': 'too large',
  'no-permission': 'no permission',
  missing: 'missing',
  'read-error': 'read error',
  'given-up': 'hardly any record can be read',
};

const LOG_SOURCE_OPTIONS: OptionNames<LogSourceOptions> = { name: true, maxQuiet: true, filesAtOnce: true };

/** All the times of all accounts and Regions; joined to what was heard before over a gap that is short enough. */
export function listenedIn(coverage: readonly Coverage[], heard: number | null, maxQuiet: number): TimeRange[] {
  const ranges = mergeRanges(coverage.filter(({ from, to }) => from < to));
  return ranges.map(({ from, to }) => ({
    from: heard !== null && from > heard && from - heard <= maxQuiet ? heard : from,
    to,
  }));
}

function cursorAfter(
  cursor: Cursor,
  found: readonly LogFile[],
  batch: readonly LogFile[],
  stats: IngestStats | undefined,
  listened: readonly TimeRange[],
): Cursor {
  const unreadable = new Set(stats?.filesUnreadable.map(({ path }) => path));
  const failed = new Set(cursor.failed);
  const read = new Map(Object.entries(cursor.files));
  for (const { path, size } of batch) {
    // Behind those that were not tried now.
    failed.delete(path);
    if (unreadable.has(path)) failed.add(path);
    else read.set(path, size);
  }
  const newest = batch.reduce((last, { time }) => (time > last ? time : last), cursor.before + OUT_OF_ORDER);
  const before = newest - OUT_OF_ORDER;
  for (const path of read.keys()) if (timeInName(path) <= before) read.delete(path);
  const heard = listened.reduce((to, range) => Math.max(to, range.to), cursor.heard ?? -Infinity);
  return {
    before,
    files: Object.fromEntries(read),
    heard: Number.isFinite(heard) ? heard : null,
    failed: failedIn(found, { ...cursor, failed: [...failed] }).map(({ path }) => path),
  };
}

/** Files and records that could not be read, but for what is in the nature of logs, and files that are known. */
export function rejectedIn({ filesUnreadable, setAside }: IngestStats, known: readonly string[] = []): number {
  const records = Object.entries(setAside).filter(([reason]) => !ORDINARY.has(reason));
  const files = filesUnreadable.filter(({ path }) => !known.includes(path));
  return files.length + records.reduce((sum, [, { count }]) => sum + count, 0);
}
