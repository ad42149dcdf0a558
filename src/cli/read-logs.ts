import type { CountStats } from '../kms/call-counter.js';
import type { Coverage } from '../kms/coverage.js';
import { countCloudTrail, type IngestStats } from '../node/index.js';
import type { LogSource, LogsRead } from '../report/analysis.js';
import { logSources } from '../report/holes.js';
import { readRow, type SeriesSet } from '../series/series-set.js';
import { selectRows } from '../series/slice.js';
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
  // Not kept: these tell whose logs have KMS calls at all.
  ['account', 'region'],
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
    const { set, stats, calls, coverage } = await countCloudTrail(paths, {
      step,
      by: LEVELS,
      coverage: 'records',
      onProgress: (state) => progress.tell(state),
      ...(io.signal === undefined ? {} : { signal: io.signal }),
    });
    const bySource = callsBySource(set);
    return {
      counts: selectRows(set, (key) => key.account === null),
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

function callsBySource(set: SeriesSet): Map<string, number> {
  const y = new Float64Array(set.grid.length);
  const found = new Map<string, number>();
  for (const [row, { account, region }] of set.keys.entries()) {
    if (account === null || region === null) continue;
    readRow(set, row, y);
    found.set(
      sourceId(account, region),
      y.reduce((sum, calls) => sum + calls, 0),
    );
  }
  return found;
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
