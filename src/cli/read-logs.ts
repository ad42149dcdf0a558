import { CallCounter, type CountStats } from '../kms/call-counter.js';
import type { Coverage } from '../kms/coverage.js';
import { type IngestStats, readCloudTrail } from '../node/index.js';
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
] as const;

export interface ReadLogs {
  readonly counts: SeriesSet;
  readonly logs: LogsRead;
  readonly calls: CountStats;
  /** Most KMS calls first. */
  readonly sources: readonly LogSource[];
  readonly coverage: readonly Coverage[];
}

/** Reads and counts all logs in one pass. */
export async function readLogs(paths: readonly string[], step: number, io: CliIo): Promise<ReadLogs> {
  const progress = new ProgressLine(io.stderr, io.clock);
  let coverage: readonly Coverage[] = [];
  let ingested: IngestStats | undefined;
  const bySource = new Map<string, number>();
  const counter = new CallCounter({ step, by: LEVELS, coverage: () => coverage });
  try {
    const calls = readCloudTrail(paths, {
      onProgress: (state) => progress.tell(state),
      onCoverage: (found) => {
        coverage = found;
      },
      onStats: (stats) => {
        ingested = stats;
      },
      ...(io.signal === undefined ? {} : { signal: io.signal }),
    });
    for await (const call of calls) {
      counter.add(call);
      const id = sourceId(call.account, call.region);
      bySource.set(id, (bySource.get(id) ?? 0) + 1);
    }
  } finally {
    progress.clear();
    io.onRead?.();
  }
  if (ingested === undefined) throw new Error('readCloudTrail ended without its statistics');
  const { set, stats } = counter.finish();
  return {
    counts: set,
    logs: logsRead(ingested),
    calls: stats,
    sources: logSources(coverage, (account, region) => bySource.get(sourceId(account, region)) ?? 0),
    coverage,
  };
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
