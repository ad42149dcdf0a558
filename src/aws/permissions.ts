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
  fetchMetricSeries: ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'],
  currentAlarms: ['cloudwatch:DescribeAlarms'],
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
} as const satisfies Readonly<Record<string, readonly `${string}:${string}`[]>>;

export type AwsAdapter = keyof typeof AWS_PERMISSIONS;

export type AwsAction = (typeof AWS_PERMISSIONS)[AwsAdapter][number];

/** An IAM policy document, as `aws iam create-policy --policy-document` takes it. */
export interface IamPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: 'Allow';
    readonly Action: readonly AwsAction[];
    readonly Resource: string | readonly string[];
  }[];
}

/**
 * The policy that allows some adapters, all by default, and nothing else. Nearly all of these actions know no resource
 * but `*` (Service Authorization Reference); those on S3 are for the bucket named. Logs that are encrypted with a KMS key
 * need `kms:Decrypt` on that key besides.
 * @param options.bucket the bucket of the log files; any when left out
 * @param options.partition of AWS's Regions: `aws-cn` in China, `aws-us-gov` in GovCloud
 */
export function iamPolicy(
  options: { adapters?: readonly AwsAdapter[]; bucket?: string; partition?: string } = {},
): IamPolicy {
  const { adapters = Object.keys(AWS_PERMISSIONS) as AwsAdapter[], bucket = '*', partition = 'aws' } = options;
  const actions = [...new Set<AwsAction>(adapters.flatMap((adapter) => [...AWS_PERMISSIONS[adapter]]))].sort();
  const groups = [
    { Sid: 'Read', Resource: '*', Action: actions.filter((action) => !action.startsWith('s3:')) },
    {
      Sid: 'ListLogs',
      Resource: `arn:${partition}:s3:::${bucket}`,
      Action: actions.filter((a) => a === 's3:ListBucket'),
    },
    {
      Sid: 'ReadLogs',
      Resource: `arn:${partition}:s3:::${bucket}/*`,
      Action: actions.filter((a) => a === 's3:GetObject'),
    },
  ];
  return {
    Version: '2012-10-17',
    Statement: groups
      .filter(({ Action }) => Action.length > 0)
      .map(({ Sid, Resource, Action }) => ({ Sid, Effect: 'Allow', Action, Resource })),
  };
}
