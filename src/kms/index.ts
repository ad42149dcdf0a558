export type { KmsCall, Rejection, RejectionReason } from './call.js';
export type { CountOptions, CountStats } from './call-counter.js';
export { countCalls } from './count-calls.js';
export type { Coverage } from './coverage.js';
export {
  KMS_OPERATIONS,
  type OperationGroup,
  type OperationInfo,
  operationInfo,
  type SharedQuota,
} from './operations.js';
export { parseRecord, UNKNOWN_CALLER } from './parse-record.js';
