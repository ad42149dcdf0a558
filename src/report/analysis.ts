import type { QuietKeys } from '../engine/quiet-keys.js';
import type { Anomaly } from '../engine/types.js';
import type { CountStats } from '../kms/call-counter.js';
import type { FilteredAnomalies } from './anomaly-filter.js';
import type { KeyLoss } from './key-loss.js';
import type { NamedKey } from './key-names.js';
import type { LogSource } from './log-source.js';
import type { OperationUse } from './operations.js';
import type { Unknowns } from './unknown.js';

/**
 * All that is known after logs were read and judged, as plain data: `renderText` tells it to a person, `analysisJson` to a
 * program. Times are epoch milliseconds and half-open, durations milliseconds.
 */
export interface Analysis {
  /** Of this shape; a change that could break a reader raises it. */
  readonly schemaVersion: 1;
  /** The files and folders that were asked for. */
  readonly paths: readonly string[];
  readonly logs: LogsRead;
  /** What became of the KMS records that are calls. */
  readonly calls: CountStats;
  /** The accounts and Regions whose logs were read, those with most KMS calls first. */
  readonly sources: readonly LogSource[];
  /** The zone in whose civil time the weekly habits were learned. */
  readonly timeZone: string;
  /** Width of a bucket. */
  readonly step: number;
  readonly alertBudget: { readonly perWeek: number };
  readonly history: HistorySpan;
  /** The time that was judged. */
  readonly window: LogSpan;
  /** Most severe first, then most surprising. */
  readonly anomalies: readonly Anomaly[];
  /** What a filter left of them: see `filterAnalysis`. */
  readonly filtered?: FilteredAnomalies;
  readonly operations: readonly OperationUse[];
  readonly unknown: Unknowns;
  /** Keys without calls at the end of the judged time, and when the silence of each would be reported if none came. */
  readonly quiet: QuietKeys;
  /** The KMS keys that are mentioned, each with a name that none of the others has. */
  readonly keys?: readonly NamedKey[];
  /** What depends on the keys that were disabled or scheduled for deletion in the judged time, by the baseline. */
  readonly losses?: readonly ({ readonly keyArn: string } & KeyLoss)[];
  /** What a reader has to know to take the rest right, in sentences. */
  readonly notes: readonly string[];
}

/** What was read, and what could not be. */
export interface LogsRead {
  /** All found: `filesRead` + those skipped + those unreadable. */
  readonly files: number;
  readonly filesRead: number;
  /** Not tried, by reason; no fault. */
  readonly filesSkipped: readonly { readonly reason: string; readonly files: number }[];
  /** Could not be read, or not to the end; what came before the damage counts. */
  readonly filesUnreadable: readonly {
    readonly path: string;
    readonly reason: string;
    /** What a file is that is no log, where that is known. */
    readonly found?: string;
  }[];
  readonly bytes: number;
  /** KMS calls + other services' + those set aside. */
  readonly records: number;
  readonly kmsRecords: number;
  readonly otherServices: number;
  readonly setAside: readonly SetAsideRecords[];
}

/** Records set aside for one reason, with the first of them. */
export interface SetAsideRecords {
  readonly reason: string;
  readonly records: number;
  readonly first: {
    readonly path: string;
    /** From 1. */
    readonly record: number;
    /** Offset in the decompressed file; `null` where it is not known. */
    readonly byte: number | null;
    /** The field of the record at fault; `null` where none was. */
    readonly field: string | null;
  };
}

/** A stretch of time, and where in it the logs that have KMS calls were silent for too long to have been listening. */
export interface LogSpan {
  readonly from: number;
  readonly to: number;
  readonly holes: readonly LogHole[];
}

export interface LogHole {
  readonly account: string;
  readonly region: string;
  readonly from: number;
  readonly to: number;
}

/** The time that was learned from. */
export interface HistorySpan extends LogSpan {
  /** Observed time of the series that was observed longest. */
  readonly observed: number;
  /** Of the first KMS call in it; `null` when it holds none. */
  readonly firstKmsCall: number | null;
  /** Too short to judge by: every verdict is unknown. */
  readonly learning: boolean;
  /** True when two weeks, and two weeks of KMS use, have been seen. */
  readonly weeklyHabitsKnown: boolean;
}
