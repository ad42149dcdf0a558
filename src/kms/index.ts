/**
 * What KMS is: the catalogue of operations and error codes, records, the queries that count them, findings on the life
 * of keys.
 *
 * @module kms-baseline/kms
 */

export { type AthenaCountOptions, athenaCountQuery, athenaCoverageQuery } from './athena-query.js';
export { type AthenaReadOptions, type AthenaRow, readAthenaCounts, readAthenaCoverage } from './athena-rows.js';
export type { AthenaTable } from './athena-sql.js';
export type { KmsCall, Rejection, RejectionReason } from './call.js';
export type { CountOptions, CountStats } from './call-counter.js';
export { countCalls } from './count-calls.js';
export type { Coverage } from './coverage.js';
export { type ErrorInfo, errorInfo } from './errors.js';
export type { CallEvent, InsightEvent, KeyEvent, KmsEvent, LogFileEvent, RejectedEvent } from './events.js';
export { kmsEventsIn } from './events-in.js';
export { athenaEventsQuery, type EventsAsked, insightsEventsQuery } from './events-query.js';
export { judgedRows } from './judged-rows.js';
export { type FindingOptions, type KeyFinding, type KmsKey, keyFindings } from './lifecycle.js';
export { type NewCaller, newCallers } from './lifecycle-callers.js';
export type { KeyUse } from './lifecycle-use.js';
export { eventMatcher, matchesPattern } from './match-event.js';
export {
  KMS_OPERATIONS,
  type OperationGroup,
  type OperationInfo,
  operationInfo,
  type SharedQuota,
} from './operations.js';
export { parseRecord, UNKNOWN_CALLER } from './parse-record.js';
export { REFUSED_KEYS, refusedKeys } from './refused-keys.js';
