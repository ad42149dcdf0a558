import type { StoreAction } from './store-permissions.js';
/** The IAM actions that each adapter needs, and no other: one for each API operation that it calls. */
export const AWS_PERMISSIONS = {
  lookupKmsCalls: ['cloudtrail:LookupEvents'],
  estimateLookup: ['cloudtrail:LookupEvents'],
  trailCoverage: [
    'cloudtrail:DescribeTrails',
    'cloudtrail:GetEventSelectors',
    'cloudtrail:GetTrailStatus',
    'cloudtrail:LookupEvents',
  ],
  trailSource: [
    'cloudtrail:DescribeTrails',
    'cloudtrail:GetEventSelectors',
    'cloudtrail:GetTrailStatus',
    's3:GetObject',
    's3:ListBucket',
  ],
  fetchMetricSeries: ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'],
  currentAlarms: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetAlarmMuteRule', 'cloudwatch:ListAlarmMuteRules'],
  s3Logs: ['s3:GetObject', 's3:ListBucket'],
  validateLogs: ['cloudtrail:ListPublicKeys', 's3:GetObject', 's3:ListBucket'],
  readLogGroup: ['logs:FilterLogEvents'],
  keyInventory: [
    'kms:DescribeKey',
    'kms:GetKeyLastUsage',
    'kms:GetKeyRotationStatus',
    'kms:ListAliases',
    'kms:ListKeys',
  ],
  athenaCounts: [
    'athena:GetQueryExecution',
    'athena:GetQueryResults',
    'athena:StartQueryExecution',
    'athena:StopQueryExecution',
  ],
} as const satisfies Readonly<Record<string, readonly `${string}:${string}`[]>>;

export type AwsAdapter = keyof typeof AWS_PERMISSIONS;

export type AwsAction = (typeof AWS_PERMISSIONS)[AwsAdapter][number] | StoreAction;
