export type { Coverage } from '../kms/coverage.js';
export { fileStore, StoreError } from './file-store.js';
export type {
  FileReason,
  IngestStats,
  LogPosition,
  RejectedInput,
  SetAside,
  SetAsideReason,
} from './ingest-stats.js';
export type { SkipReason } from './log-names.js';
export { type LogSourceOptions, logSource } from './log-source.js';
export { type ReadOptions, type ReadProgress, readCloudTrail } from './read-cloudtrail.js';
