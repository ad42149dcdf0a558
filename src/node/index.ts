/**
 * Files and folders of logs, worker threads, a plan's state in a file, holidays, Parquet.
 *
 * @module kms-baseline/node
 */

export type { LogOverlap } from '../kms/call-counter.js';
export type { Coverage } from '../kms/coverage.js';
export type { SourceCalls } from '../kms/sources.js';
export { type CountedLogs, type CountLogsOptions, countCloudTrail } from './count-cloudtrail.js';
export type { CrashedWorker } from './count-on-threads.js';
export { fileSnapshots } from './file-snapshots.js';
export { fileStore, StoreError } from './file-store.js';
export { type CrashedFit, fitBaselineOnThreads, type ThreadedFitOptions } from './fit-on-threads.js';
export { type HolidayOptions, holidays } from './holidays.js';
export type {
  FileReason,
  IngestStats,
  LogPosition,
  RejectedInput,
  SetAside,
  SetAsideReason,
  UnreadableFile,
} from './ingest-stats.js';
export type { LogSources, LogStream } from './log-input.js';
export type { SkipReason } from './log-names.js';
export { type LogSourceOptions, logSource } from './log-source.js';
export { type ReadOptions, type ReadProgress, readCloudTrail } from './read-cloudtrail.js';
