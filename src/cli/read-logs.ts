import { InputError } from '../errors.js';
import type { CountStats, LogOverlap } from '../kms/call-counter.js';
import { BY_CALLER } from '../kms/call-rows.js';
import type { Coverage } from '../kms/coverage.js';
import { sourceId } from '../kms/listening.js';
import { coverageWithout } from '../kms/service-gaps.js';
import { countCloudTrail, type IngestStats, type LogStream } from '../node/index.js';
import type { LogsRead } from '../report/analysis.js';
import { logSources } from '../report/holes.js';
import type { LogSource } from '../report/log-source.js';
import { counted } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { SeriesSet } from '../series/series-set.js';
import { notesOnKeyless } from './keyless.js';
import type { CliIo } from './output.js';
import { ProgressLine } from './progress.js';
import { type S3Input, S3Sources } from './s3-sources.js';

export interface ReadLogs {
  readonly counts: SeriesSet;
  readonly logs: LogsRead;
  readonly calls: CountStats;
  /** Most KMS calls first. */
  readonly sources: readonly LogSource[];
  /** Without `serviceGaps`. */
  readonly coverage: readonly Coverage[];
  /** Where a log goes on without its KMS records. */
  readonly serviceGaps: readonly Coverage[];
  /** What is to be known of the reading, in sentences. */
  readonly notes: readonly string[];
}

/** What is read, and how it is counted. */
export interface Reading {
  readonly paths: readonly string[];
  /** Width of the buckets, ms. */
  readonly step: number;
  /** Calls of before it are not counted, epoch ms. */
  readonly since?: number | undefined;
  /** Of addresses in S3. */
  readonly s3?: S3Input | undefined;
}

/** Reads and counts all logs in one pass: files on all cores, objects in S3 as they are downloaded. */
export async function readLogs({ paths, step, s3, since = s3?.from }: Reading, io: CliIo): Promise<ReadLogs> {
  const progress = new ProgressLine(io.stderr, io.clock);
  try {
    const logs = s3 === undefined ? null : new S3Sources(paths, s3, io.signal);
    await logs?.connect();
    const { set, stats, calls, sources, overlaps, coverage, serviceGaps, crashes } = await countCloudTrail(
      logs ?? pipedIn(paths, io) ?? paths,
      {
        step,
        ...(since === undefined ? {} : { start: Math.floor(since / step) * step }),
        by: BY_CALLER,
        coverage: 'records',
        serviceGaps: true,
        onProgress: (state) => progress.tell(state),
        ...(io.signal === undefined ? {} : { signal: io.signal }),
      },
    );
    progress.clear();
    for (const { cause } of crashes) io.stderr.write(`kms-baseline: ${cause.message}; its files were read again\n`);
    const bySource = new Map(sources.map(({ account, region, calls }) => [sourceId(account, region), calls]));
    return {
      counts: set,
      logs: logsRead(stats),
      calls,
      sources: logSources(coverage, (account, region) => bySource.get(sourceId(account, region)) ?? 0),
      coverage: coverageWithout(coverage, serviceGaps),
      serviceGaps,
      notes: [...(logs?.notes() ?? []), ...notesOnOverlaps(overlaps, calls), ...notesOnKeyless(set)],
    };
  } finally {
    progress.clear();
    io.onRead?.();
  }
}

/** `-` as the path: one log, piped in. */
function pipedIn(paths: readonly string[], { stdin }: CliIo): AsyncIterable<LogStream> | null {
  if (!paths.includes('-')) return null;
  if (paths.length > 1) throw new InputError('- is the log that is piped in, and goes with no other path');
  if (stdin === undefined) throw new InputError('- needs a log that is piped in');
  return (async function* () {
    yield { name: 'standard input', open: () => stdin };
  })();
}

/** So many pairs of files are named. */
const NAMED = 3;

/** Says which files may hold the same calls, where that could not be checked, and what to do. */
export function notesOnOverlaps(overlaps: readonly LogOverlap[], { overlapping }: CountStats): string[] {
  if (overlapping === 0) return [];
  const pairs = overlaps
    .slice(0, NAMED)
    .map(({ logs: [first, second] }) => `${printable(first)} and ${printable(second)}`);
  const more = overlaps.length > NAMED ? ', and others' : '';
  return [
    `${counted(overlapping, 'call')} may be counted twice: of the same hours as calls in another file, and too many to be compared (${pairs.join('; ')}${more}). ` +
      'If these files hold the same calls, as two exports or two trails do, leave one of them out; or read shorter parts of the logs one at a time',
  ];
}

function logsRead(stats: IngestStats): LogsRead {
  return {
    files: stats.files,
    filesRead: stats.filesRead,
    filesSkipped: Object.entries(stats.filesSkipped).map(([reason, files]) => ({ reason, files })),
    filesUnreadable: stats.filesUnreadable,
    bytes: stats.bytes,
    records: stats.records,
    kmsRecords: stats.kmsRecords,
    otherServices: stats.otherServices,
    setAside: Object.entries(stats.setAside).map(([reason, { count, first }]) => ({
      reason,
      records: count,
      first: {
        path: first.path,
        record: first.position.record,
        byte: first.position.byte,
        field: first.field ?? null,
      },
    })),
  };
}
