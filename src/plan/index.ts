/**
 * Monitoring plans: what is watched, who is notified, with a state to go on from.
 *
 * @module kms-baseline/plan
 */

export { type FindingOptions, type KeyFinding, type KmsKey, keyFindings } from '../kms/lifecycle.js';
export { type NewCaller, newCallers } from '../kms/lifecycle-callers.js';
export type { KeyUse } from '../kms/lifecycle-use.js';
export { machineClock, type PlanClock } from './clock.js';
export { type EventSource, eventSource } from './event-source.js';
export type { Health } from './health.js';
export { healthText } from './health-text.js';
export type { Judge, Judges } from './judge.js';
export { noticesMatching } from './matching.js';
export {
  type Notice,
  type NoticeChange,
  type NoticeJson,
  type NoticeKind,
  type Notifier,
  noticeJson,
} from './notice.js';
export {
  jsonLinesNotifier,
  type RetryOptions,
  retried,
  textNotifier,
  type WebhookOptions,
  webhookNotifier,
} from './notifiers.js';
export { NotifyError } from './notify-error.js';
export { definePlan, type MonitoringPlan, type PlanBudget, type PlanInput } from './plan.js';
export { type HandlerContext, type HandlerOptions, type HandlerResult, planHandler } from './plan-handler.js';
export { type PlanTextOptions, planText } from './plan-text.js';
export { RareKinds, type RareKindsData, type Rarity } from './rare-kinds.js';
export { type Replay, type ReplayedNotice, type ReplayOptions, replayPlan } from './replay.js';
export type { Resources } from './resources.js';
export { revertState } from './revert.js';
export { type RouteOptions, routedNotifier } from './routed.js';
export { type PlanProblem, type RunOptions, runPlan, type SnapshotOptions } from './run-plan.js';
export { listSnapshots, type Snapshot, type SnapshotArchive, saveSnapshot } from './snapshots.js';
export type { CallSource, Json, Poll, PollRequest } from './source.js';
export { memoryStore, type PlanStore, StoreConflict } from './store.js';
export { LimitError } from './within-limit.js';
