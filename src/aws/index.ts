export type { KmsKey } from '../kms/lifecycle.js';
export { type AthenaOptions, type AthenaStats, athenaCounts } from './athena-counts.js';
export { AthenaQueryError, type AthenaRun } from './athena-runs.js';
export { type AthenaSourceOptions, athenaSource } from './athena-source.js';
export { AwsCallError, type CallOptions } from './call-aws.js';
export { type Clock, systemClock } from './clock.js';
export { type CurrentAlarm, currentAlarms } from './current-alarms.js';
export { decodeSubscription } from './decode-subscription.js';
export type { AlarmDefinition, MetricFilterDefinition, RuleDefinition } from './definitions.js';
export { type AlarmDefinitionOptions, alarmDefinitions } from './definitions-alarms.js';
export { type DashboardOptions, dashboardBody } from './definitions-dashboard.js';
export { metricFilters } from './definitions-filters.js';
export { type RuleDefinitionOptions, ruleDefinitions } from './definitions-rules.js';
export type { LogProblem, LogProblemKind } from './digest-chain.js';
export { type EstimateOptions, estimateLookup, type LookupEstimate } from './estimate-lookup.js';
export { eventHistoryCoverage } from './event-history.js';
export type { Recorded, RecordedKms } from './event-selectors.js';
export { fetchMetricSeries, type MetricSeriesOptions, type MetricSeriesReport } from './fetch-metric-series.js';
export { type InventoryOptions, keyInventory } from './key-inventory.js';
export { type ListMetricsOptions, listKmsMetrics } from './list-metrics.js';
export { type LogGroupSourceOptions, logGroupSource } from './log-group-source.js';
export { type LookupOptions, type LookupPage, type LookupResume, lookupKmsCalls } from './lookup-events.js';
export type { MetricMessage } from './metric-points.js';
export { type MetricSourceOptions, metricSource } from './metric-source.js';
export type { AbsentPoints, MetricSource } from './metrics.js';
export { eventBridgeNotifier, NOTICE_DETAIL_TYPE, NOTICE_SOURCE, type NotifyOptions, snsNotifier } from './notify.js';
export { observeByClass } from './observe-by-class.js';
export { Pacer } from './pacer.js';
export {
  type AthenaAction,
  AWS_PERMISSIONS,
  type AwsAction,
  type AwsAdapter,
  type IamPolicy,
  iamPolicy,
} from './permissions.js';
export {
  type BucketSourceOptions,
  bucketSource,
  type EventHistorySourceOptions,
  eventHistorySource,
} from './plan-sources.js';
export { PublishError, type Published, type PublishOptions, publishScores } from './publish.js';
export { type LogGroupOptions, readLogGroup } from './read-log-group.js';
export type { FolderCursor, S3Cursor } from './s3-cursor.js';
export { type LogSource, type S3Logs, type S3LogsOptions, s3Logs } from './s3-logs.js';
export { SENDING_PERMISSIONS } from './send-permissions.js';
export { type TrailCoverage, type TrailCoverageOptions, type TrailReport, trailCoverage } from './trail-coverage.js';
export { type TrailSourceOptions, trailSource } from './trail-source.js';
export { type LogValidation, type ValidateOptions, validateLogs } from './validate-logs.js';
