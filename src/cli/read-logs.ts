import type { CountStats } from '../kms/call-counter.js';
import type { Coverage } from '../kms/coverage.js';
import { countCloudTrail, type IngestStats } from '../node/index.js';
import type { LogSource, LogsRead } from '../report/analysis.js';
import { logSources } from '../report/holes.js';
import type { SeriesSet } from '../series/series-set.js';
import type { CliIo } from './output.js';
import { ProgressLine } from './progress.js';

/** What is judged, then what tells who was behind it. */
const LEVELS = [
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation'],
  ['operation', 'caller'],
  ['keyArn', 'operation', 'caller'],
  ['operation', 'caller', 'error'],
  ['keyArn', 'operation', 'caller', 'error'],
] as const;

export interface ReadLogs {
  readonly counts: SeriesSet;
  readonly logs: LogsRead;
  readonly calls: CountStats;
  /** Most KMS calls first. */
  readonly sources: readonly LogSource[];
  readonly coverage: readonly Coverage[];
}

/** Reads and counts all logs in one pass, on all cores. */
export async function readLogs(paths: readonly string[], step: number, io: CliIo): Promise<ReadLogs> {
  const progress = new ProgressLine(io.stderr, io.clock);
  try {
    const { set, stats, calls, sources, coverage, crashes } = await countCloudTrail(paths, {
      step,
      by: LEVELS,
      coverage: 'records',
      onProgress: (state) => progress.tell(state),
      ...(io.signal === undefined ? {} : { signal: io.signal }),
    });
    progress.clear();
    for (const { cause } of crashes) io.stderr.write(`kms-baseline: ${cause.message}; its files were read again\n`);
    const bySource = new Map(sources.map(({ account, region, calls }) => [sourceId(account, region), calls]));
    return {
      counts: set,
      logs: logsRead(stats),
      calls,
      sources: logSources(coverage, (account, region) => bySource.get(sourceId(account, region)) ?? 0),
      coverage,
    };
  } finally {
    progress.clear();
    io.onRead?.();
  }
}

function sourceId(account: string, region: string): string {
  return JSON.stringify([account, region]);
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
