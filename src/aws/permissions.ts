import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
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

/**
 * What Athena does in the caller's name when it runs a query (Athena User Guide, access to S3 and to the Glue catalogue):
 * it looks the table up, reads the logs, and writes and reads the answer. None of it can change a table.
 */
const ATHENA_CATALOGUE = ['glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable'] as const;
const ATHENA_LOGS = ['s3:GetBucketLocation', 's3:ListBucket'] as const;
const ATHENA_RESULTS = [
  's3:AbortMultipartUpload',
  's3:GetObject',
  's3:ListMultipartUploadParts',
  's3:PutObject',
] as const;

/** An action that no adapter calls, and that Athena needs its caller to have. */
export type AthenaAction =
  | (typeof ATHENA_CATALOGUE)[number]
  | (typeof ATHENA_LOGS)[number]
  | (typeof ATHENA_RESULTS)[number];

/** An IAM policy document, as `aws iam create-policy --policy-document` takes it. */
export interface IamPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: 'Allow';
    readonly Action: readonly (AwsAction | AthenaAction)[];
    readonly Resource: string | readonly string[];
  }[];
}

const isOfS3 = (action: AwsAction): boolean => action.startsWith('s3:');

/**
 * The policy that allows some adapters, all by default, and nothing else. Nearly all of these actions know no resource
 * but `*` (Service Authorization Reference); those on S3 are for the buckets named. Logs that are encrypted with a KMS key
 * need `kms:Decrypt` on that key besides.
 * @param options.bucket the bucket of the log files, `*` for any; needed by adapters that read it (`s3Logs`, `validateLogs`,
 *   `athenaCounts`, …)
 * @param options.results the bucket that Athena writes its answers to; by default those that it makes by itself
 * @param options.partition of AWS's Regions: `aws-cn` in China, `aws-us-gov` in GovCloud
 */
export function iamPolicy(
  options: {
    readonly adapters?: readonly AwsAdapter[];
    readonly bucket?: string;
    readonly results?: string;
    readonly partition?: string;
  } = {},
): IamPolicy {
  checkOptions(options, IAM_POLICY_OPTIONS);
  const adapters = options.adapters ?? (Object.keys(AWS_PERMISSIONS) as AwsAdapter[]);
  const given: unknown = adapters;
  if (!Array.isArray(given)) throw new InputError(`adapters must be an array of names, got ${shown(given)}`);
  for (const [i, adapter] of given.entries()) {
    if (typeof adapter === 'string' && Object.hasOwn(AWS_PERMISSIONS, adapter)) continue;
    throw new InputError(
      `adapters[${i}] must be one of ${Object.keys(AWS_PERMISSIONS).join(', ')}, got ${shown(adapter)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (name !== 'adapters' && value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new InputError(`${name} must be text, got ${shown(value)}`);
    }
  }
  const { bucket = '', results = 'aws-athena-query-results-*', partition = 'aws' } = options;
  const s3 = `arn:${partition}:s3:::`;
  const athena = adapters.includes('athenaCounts');
  const called = adapters.flatMap((adapter): readonly AwsAction[] => AWS_PERMISSIONS[adapter]);
  const reader = adapters.find((adapter) => adapter === 'athenaCounts' || AWS_PERMISSIONS[adapter].some(isOfS3));
  // Without it, every bucket of the account would be open to the role.
  if (bucket === '' && reader !== undefined) {
    throw new InputError(`bucket must be the name of the bucket that ${reader} reads, got ${shown(options.bucket)}`);
  }
  const on = (action: AwsAction): AwsAction[] => (called.includes(action) ? [action] : []);
  const statements: IamPolicy['Statement'] = [
    { Sid: 'Read', Effect: 'Allow', Action: called.filter((action) => !action.startsWith('s3:')), Resource: '*' },
    {
      Sid: 'ListLogs',
      Effect: 'Allow',
      Action: [...on('s3:ListBucket'), ...(athena ? ATHENA_LOGS : [])],
      Resource: `${s3}${bucket}`,
    },
    {
      Sid: 'ReadLogs',
      Effect: 'Allow',
      Action: athena ? ['s3:GetObject'] : on('s3:GetObject'),
      Resource: `${s3}${bucket}/*`,
    },
    { Sid: 'AthenaTables', Effect: 'Allow', Action: athena ? ATHENA_CATALOGUE : [], Resource: '*' },
    {
      Sid: 'AthenaResults',
      Effect: 'Allow',
      Action: athena ? [...ATHENA_LOGS, ...ATHENA_RESULTS] : [],
      Resource: [`${s3}${results}`, `${s3}${results}/*`],
    },
  ];
  return {
    Version: '2012-10-17',
    Statement: statements
      .filter(({ Action }) => Action.length > 0)
      .map((statement) => ({ ...statement, Action: [...new Set(statement.Action)].sort() })),
  };
}

const IAM_POLICY_OPTIONS: OptionNames<NonNullable<Parameters<typeof iamPolicy>[0]>> = {
  adapters: true,
  bucket: true,
  results: true,
  partition: true,
};
