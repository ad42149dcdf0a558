/** Why a file found in a folder is not tried. None of these is a fault. */
export type SkipReason =
  /** The name, or that of a folder above it, begins with a dot. */
  | 'hidden'
  /** Neither .json, .jsonl, .ndjson, .log nor .txt, with or without .gz, nor .parquet; or a README, a licence and the like. */
  | 'not-a-log-name'
  /** Named .csv or .tsv. */
  | 'csv'
  /** Named .zip, .tar, .tgz, .bz2, .xz, .zst or .7z: what is inside has to be unpacked. */
  | 'archive'
  /** A socket, a pipe or a device. */
  | 'not-a-file'
  // What CloudTrail delivers beside its logs, in folders and under names of their own:
  | 'digest'
  | 'insight'
  | 'network-activity'
  | 'aggregated';

/** CloudTrail User Guide, "Getting and viewing your CloudTrail log files": the sibling folders of `CloudTrail`. */
const SIBLINGS: ReadonlyMap<string, SkipReason> = new Map([
  ['Digest', 'digest'],
  ['Insight', 'insight'],
  ['NetworkActivity', 'network-activity'],
  ['Aggregated', 'aggregated'],
]);

/** Whether a file of that name is read as Parquet: `….parquet`, `….gz.parquet`, `….zstd.parquet`. */
export function isParquetName(name: string): boolean {
  return /\.parquet$/i.test(name);
}

/** Why everything in a folder of that name is skipped; null when it is not. */
export function folderSkipReason(name: string): SkipReason | null {
  if (name.startsWith('.') || name === '__MACOSX') return 'hidden';
  const sibling = /(?:^|_)CloudTrail-([A-Za-z]+)(?:_|$)/.exec(name);
  return sibling === null ? null : (SIBLINGS.get(sibling[1]) ?? null);
}

/** Why a file of that name, found in a folder, is skipped; null when it may be a log. */
export function fileSkipReason(name: string): SkipReason | null {
  const reason = folderSkipReason(name);
  if (reason !== null) return reason;
  if (/^(?:readme|licen[cs]e|notice|changelog|manifest)\b/i.test(name)) return 'not-a-log-name';
  if (/\.(?:csv|tsv)(?:\.gz)?$/i.test(name)) return 'csv';
  if (/\.(?:zip|tar|tar\.gz|tgz|bz2|xz|zst|7z)$/i.test(name)) return 'archive';
  if (isParquetName(name)) return null;
  const stem = name.replace(/\.gz$/i, '');
  if (/\.(?:json|jsonl|ndjson|log|txt)$/i.test(stem)) return null;
  // Without an extension: CloudWatch Logs exports `000000.gz`, Firehose delivers `stream-1-2021-07-30-16-05-12-…`.
  const bare = !/\.[A-Za-z]\w{0,9}$/.test(stem);
  return bare && (stem !== name || /\d{4}-\d\d-\d\d/.test(name)) ? null : 'not-a-log-name';
}

/**
 * The time that a log file's name tells, epoch milliseconds; NaN when it tells none. CloudTrail names a file for the
 * minute of its delivery, `…_20210730T1655Z_…`; Security Lake has a folder for each day, `eventDay=20210730`; else the last
 * date of the path counts, as `2021-07-30` or `2021/07/30`, with the hour and minute that may follow it.
 */
export function timeInName(path: string): number {
  const delivery = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_[^/\\]*$/.exec(path);
  const day = /[/\\]eventday=(\d{4})(\d\d)(\d\d)[/\\]/i.exec(path);
  for (const named of [delivery, day]) {
    const time = named === null ? Number.NaN : utc(named);
    if (!Number.isNaN(time)) return time;
  }
  let last = Number.NaN;
  const dates = /(?<!\d)(\d{4})[-/\\](\d\d)[-/\\](\d\d)(?!\d)(?:[-T_/\\](\d\d)(?:[-:/\\]?(\d\d))?(?!\d))?/g;
  for (const date of path.matchAll(dates)) {
    const time = utc(date);
    if (!Number.isNaN(time)) last = time;
  }
  return last;
}

/** NaN for a month 13 or a day 32; an hour or a minute that is none counts as 0. */
function utc(match: RegExpMatchArray): number {
  const [year, month, day, hour = 0, minute = 0] = match.slice(1).map((digits) => Number(digits ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > 31) return Number.NaN;
  return hour > 23 || minute > 59 ? Date.UTC(year, month - 1, day) : Date.UTC(year, month - 1, day, hour, minute);
}
