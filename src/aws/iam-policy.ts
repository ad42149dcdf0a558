import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { AWS_PERMISSIONS, type AwsAction, type AwsAdapter } from './permissions.js';
import { SENDING_PERMISSIONS } from './send-permissions.js';
import { STORE_PERMISSIONS, type StoreAdapter } from './store-permissions.js';

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

/** What sends: notices, and the points of metrics. */
export type SendingAdapter = keyof typeof SENDING_PERMISSIONS;

type PolicyAction = AwsAction | AthenaAction | (typeof SENDING_PERMISSIONS)[SendingAdapter][number];

/** An IAM policy document, as `aws iam create-policy --policy-document` takes it. */
export interface IamPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: 'Allow';
    readonly Action: readonly PolicyAction[];
    readonly Resource: string | readonly string[];
  }[];
}

export interface IamPolicyOptions {
  /** What the policy is for; all that reads, by default. */
  readonly adapters?: readonly (AwsAdapter | StoreAdapter | SendingAdapter)[];
  /**
   * The bucket of the log files, `*` for any; needed by adapters that read it (`s3Logs`, `validateLogs`, `athenaCounts`, …)
   */
  readonly bucket?: string;
  /** The bucket that Athena writes its answers to; by default those that it makes by itself. */
  readonly results?: string;
  /** The bucket and the key of a state, needed by `s3Store` and `s3Snapshots`. */
  readonly stateBucket?: string;
  readonly stateKey?: string;
  /** The name of the table, needed by `dynamoStore`. */
  readonly table?: string;
  /** The ARN of the topic, needed by `snsNotifier`. */
  readonly topic?: string;
  /** The ARN of the bus, needed by `eventBridgeNotifier`. */
  readonly bus?: string;
  /** Of AWS's Regions: `aws-cn` in China, `aws-us-gov` in GovCloud. */
  readonly partition?: string;
}

const ALL = { ...AWS_PERMISSIONS, ...STORE_PERMISSIONS, ...SENDING_PERMISSIONS };

const IAM_POLICY_OPTIONS: OptionNames<IamPolicyOptions> = {
  adapters: true,
  bucket: true,
  results: true,
  stateBucket: true,
  stateKey: true,
  table: true,
  topic: true,
  bus: true,
  partition: true,
};

type Statement = IamPolicy['Statement'][number];

/**
 * The policy that allows some adapters, all that read by default, and nothing else. Nearly all of the reading actions know no
 * resource but `*` (Service Authorization Reference); those on S3 are for the buckets named, those that write and send for the
 * one place that they go to. Logs or a state that are encrypted with a KMS key need `kms:Decrypt` on that key besides, and
 * `kms:GenerateDataKey` to keep a state.
 */
export function iamPolicy(options: IamPolicyOptions = {}): IamPolicy {
  checkOptions(options, IAM_POLICY_OPTIONS);
  const adapters = options.adapters ?? (Object.keys(AWS_PERMISSIONS) as AwsAdapter[]);
  checkAdapters(adapters);
  for (const [name, value] of Object.entries(options)) {
    if (name !== 'adapters' && value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new InputError(`${name} must be text, got ${shown(value)}`);
    }
  }
  const statements = [
    ...readingStatements(adapters.filter(isReader), options),
    ...stateStatements(adapters, options),
    ...sendingStatements(adapters, options),
  ];
  return {
    Version: '2012-10-17',
    Statement: statements
      .filter(({ Action }) => Action.length > 0)
      .map((statement) => ({ ...statement, Action: [...new Set(statement.Action)].sort() })),
  };
}

function checkAdapters(given: unknown): void {
  if (!Array.isArray(given)) throw new InputError(`adapters must be an array of names, got ${shown(given)}`);
  for (const [i, adapter] of given.entries()) {
    if (typeof adapter === 'string' && Object.hasOwn(ALL, adapter)) continue;
    throw new InputError(`adapters[${i}] must be one of ${Object.keys(ALL).join(', ')}, got ${shown(adapter)}`);
  }
}

const isReader = (adapter: keyof typeof ALL): adapter is AwsAdapter => Object.hasOwn(AWS_PERMISSIONS, adapter);

/** An option that an adapter cannot do without: without it, everything of its kind would be open to the role. */
function needed(options: IamPolicyOptions, name: keyof IamPolicyOptions, what: string): string {
  const value = options[name];
  if (typeof value === 'string') return value;
  throw new InputError(`${name} must be ${what}, got ${shown(value)}`);
}

function readingStatements(adapters: readonly AwsAdapter[], options: IamPolicyOptions): Statement[] {
  const { results = 'aws-athena-query-results-*', partition = 'aws' } = options;
  const s3 = `arn:${partition}:s3:::`;
  const athena = adapters.includes('athenaCounts');
  const called = adapters.flatMap((adapter): readonly AwsAction[] => AWS_PERMISSIONS[adapter]);
  const reader = adapters.find((adapter) => adapter === 'athenaCounts' || AWS_PERMISSIONS[adapter].some(isOfS3));
  const bucket = reader === undefined ? '' : needed(options, 'bucket', `the name of the bucket that ${reader} reads`);
  const on = (action: AwsAction): AwsAction[] => (called.includes(action) ? [action] : []);
  return [
    allow(
      'Read',
      called.filter((action) => !isOfS3(action)),
      '*',
    ),
    allow('ListLogs', [...on('s3:ListBucket'), ...(athena ? ATHENA_LOGS : [])], `${s3}${bucket}`),
    allow('ReadLogs', athena ? ['s3:GetObject'] : on('s3:GetObject'), `${s3}${bucket}/*`),
    allow('AthenaTables', athena ? ATHENA_CATALOGUE : [], '*'),
    allow('AthenaResults', athena ? [...ATHENA_LOGS, ...ATHENA_RESULTS] : [], [`${s3}${results}`, `${s3}${results}/*`]),
  ];
}

function stateStatements(adapters: NonNullable<IamPolicyOptions['adapters']>, options: IamPolicyOptions): Statement[] {
  const { partition = 'aws' } = options;
  const found: Statement[] = [];
  const [keeps, snapshots] = [adapters.includes('s3Store'), adapters.includes('s3Snapshots')];
  if (keeps || snapshots) {
    const bucket = needed(options, 'stateBucket', 'the name of the bucket of the state');
    const key = needed(options, 'stateKey', 'the key of the state');
    const object = `arn:${partition}:s3:::${bucket}/${key}`;
    found.push(allow('FindState', ['s3:ListBucket'], `arn:${partition}:s3:::${bucket}`));
    if (keeps) found.push(allow('KeepState', withoutList(STORE_PERMISSIONS.s3Store), [object, `${object}.claim`]));
    if (snapshots) {
      found.push(allow('KeepSnapshots', withoutList(STORE_PERMISSIONS.s3Snapshots), `${object}.snapshots/*`));
    }
  }
  if (adapters.includes('dynamoStore')) {
    const table = needed(options, 'table', 'the name of the table of the state');
    found.push(
      allow('KeepStateInTable', STORE_PERMISSIONS.dynamoStore, `arn:${partition}:dynamodb:*:*:table/${table}`),
    );
  }
  return found;
}

function sendingStatements(
  adapters: NonNullable<IamPolicyOptions['adapters']>,
  options: IamPolicyOptions,
): Statement[] {
  const found: Statement[] = [];
  if (adapters.includes('snsNotifier')) {
    found.push(allow('SendNotices', SENDING_PERMISSIONS.snsNotifier, needed(options, 'topic', 'the ARN of the topic')));
  }
  if (adapters.includes('eventBridgeNotifier')) {
    found.push(
      allow('PutNotices', SENDING_PERMISSIONS.eventBridgeNotifier, needed(options, 'bus', 'the ARN of the bus')),
    );
  }
  if (adapters.includes('publishScores')) {
    found.push(allow('PublishScores', SENDING_PERMISSIONS.publishScores, '*'));
  }
  return found;
}

function allow(Sid: string, Action: readonly PolicyAction[], Resource: string | readonly string[]): Statement {
  return { Sid, Effect: 'Allow', Action, Resource };
}

const isOfS3 = (action: PolicyAction): boolean => action.startsWith('s3:');

/** Of a bucket, where all others are of its objects. */
const withoutList = (actions: readonly PolicyAction[]): PolicyAction[] =>
  actions.filter((action) => action !== 's3:ListBucket');
