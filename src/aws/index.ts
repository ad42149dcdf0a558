/**
 * A live account. Every function is handed your own client of the AWS SDK. `kms-baseline/aws/<client>` (athena,
 * cloudtrail, cloudwatch, cloudwatch-logs, dynamodb, eventbridge, kms, s3, sns) has what needs that one client, `kms-
 * baseline/aws/permissions` the IAM policies.
 *
 * @module kms-baseline/aws
 */

export type { KmsKey } from '../kms/lifecycle.js';
export { type AthenaOptions, type AthenaStats, athenaCounts } from './athena-counts.js';
export { AthenaQueryError, type AthenaRun } from './athena-runs.js';
export { type AthenaSourceOptions, athenaSource } from './athena-source.js';
export { type BucketSourceOptions, bucketSource } from './bucket-source.js';
export { AwsCallError, type CallOptions } from './call-aws.js';
export { type Clock, systemClock } from './clock.js';
export { type CurrentAlarm, type CurrentAlarmsOptions, currentAlarms, type Silence } from './current-alarms.js';
export { decodeSubscription } from './decode-subscription.js';
export { type AlarmDefinition, type AlarmDefinitionOptions, alarmDefinitions } from './definitions-alarms.js';
export {
  type DashboardDefinition,
  type DashboardOptions,
  dashboardBody,
  dashboardDefinition,
} from './definitions-dashboard.js';
export { type MetricFilterDefinition, metricFilters } from './definitions-filters.js';
export { type RuleDefinition, type RuleDefinitionOptions, ruleDefinitions } from './definitions-rules.js';
export type { Definition } from './definitions-stack.js';
export type { LogProblem, LogProblemKind } from './digest-chain.js';
export { type DynamoStoreOptions, dynamoStore } from './dynamo-store.js';
export { type EstimateOptions, estimateLookup, type LookupEstimate } from './estimate-lookup.js';
export { eventHistoryCoverage } from './event-history.js';
export { type EventHistorySourceOptions, eventHistorySource } from './event-history-source.js';
export type { Recorded, RecordedKms } from './event-selectors.js';
export { type CloudFormationTemplate, cloudFormationTemplate } from './export-cloudformation.js';
export { type SigmaOptions, sigmaRules } from './export-sigma.js';
export { terraformConfiguration } from './export-terraform.js';
export { fetchMetricSeries, type MetricSeriesOptions, type MetricSeriesReport } from './fetch-metric-series.js';
export {
  type AthenaAction,
  type IamPolicy,
  type IamPolicyOptions,
  iamPolicy,
  type SendingAdapter,
} from './iam-policy.js';
export { type InventoryOptions, keyInventory } from './key-inventory.js';
export { type ListMetricsOptions, listKmsMetrics } from './list-metrics.js';
export { type LogGroupSourceOptions, logGroupSource } from './log-group-source.js';
export { type LookupOptions, type LookupPage, type LookupResume, lookupKmsCalls } from './lookup-events.js';
export type { MetricMessage } from './metric-points.js';
export { type MetricSourceOptions, metricSource } from './metric-source.js';
export type { AbsentPoints, MetricSource } from './metrics.js';
export type { NotifyOptions } from './notify.js';
export { eventBridgeNotifier, NOTICE_DETAIL_TYPE, NOTICE_SOURCE } from './notify-eventbridge.js';
export { snsNotifier } from './notify-sns.js';
export { observeByClass } from './observe-by-class.js';
export { Pacer } from './pacer.js';
export { AWS_PERMISSIONS, type AwsAction, type AwsAdapter } from './permissions.js';
export { PublishError, type Published, type PublishOptions, publishScores } from './publish.js';
export { type LogGroupOptions, readLogGroup } from './read-log-group.js';
export type { FolderCursor, S3Cursor } from './s3-cursor.js';
export { type LogSource, type S3Logs, type S3LogsOptions, s3Logs } from './s3-logs.js';
export { s3Snapshots } from './s3-snapshots.js';
export { type S3StoreOptions, s3Store } from './s3-store.js';
export { SENDING_PERMISSIONS } from './send-permissions.js';
export { STORE_PERMISSIONS, type StoreAction, type StoreAdapter } from './store-permissions.js';
export { type TrailCoverage, type TrailCoverageOptions, type TrailReport, trailCoverage } from './trail-coverage.js';
export { type TrailSourceOptions, trailSource } from './trail-source.js';
export { type LogValidation, type ValidateOptions, validateLogs } from './validate-logs.js';
