import type { IamPolicy } from '../aws/iam-policy.js';
import { iamPolicy } from '../aws/index.js';

/** What `kms-baseline init` is told of the account, checked. */
export interface DeploySettings {
  /** Lower-case letters, digits and hyphens; part of all names. */
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** The bucket that a trail delivers to, and the prefix of its logs there; without a bucket, metrics and event history. */
  readonly bucket?: string;
  readonly prefix?: string;
  /** The ARN of a topic that is there; without, one is made. */
  readonly topic?: string;
  /** Where the new topic sends mail. */
  readonly email?: string;
  readonly owner: string;
  readonly timeZone?: string;
}

/** The names of all that is made. */
export interface DeployNames {
  readonly function: string;
  readonly logGroup: string;
  readonly stateBucket: string;
  readonly stateKey: string;
  /** An ARN. */
  readonly topic: string;
  readonly arnOf: (service: string, resource: string) => string;
}

/** A poll every five minutes, and an alarm where it was not so for three of them. */
export const SCHEDULE = 'rate(5 minutes)';
/** Seconds; less than between two polls. */
export const TIMEOUT = 240;
/** MB. */
export const MEMORY = 1024;
export const RUNTIME = 'nodejs22.x';

export function deployNames({ name, account, region, topic }: DeploySettings): DeployNames {
  const partition = partitionOf(region);
  const own = `kms-baseline-${name}`;
  const arnOf = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  return {
    function: own,
    logGroup: `/aws/lambda/${own}`,
    stateBucket: `${own}-${account}-${region}`,
    stateKey: `${name}.state`,
    topic: topic ?? arnOf('sns', own),
    arnOf,
  };
}

/** The plan as a file of JSON. */
export function deployPlan(settings: DeploySettings): object {
  const { name, account, region, bucket, prefix, owner, timeZone } = settings;
  const { stateBucket, stateKey, topic } = deployNames(settings);
  const logs = { bucket, account, region, ...(prefix === undefined ? {} : { prefix }) };
  return {
    name,
    purpose: `Notice misuse and outages of the KMS keys of ${account} in ${region}`,
    owner,
    ...(timeZone === undefined ? {} : { timeZone }),
    sources:
      bucket === undefined
        ? [
            { metrics: true, region },
            { eventHistory: true, account, region },
          ]
        : [logs],
    // One message an incident; without `changes` another where it is worse, and when it is over.
    notify: [{ sns: topic, changes: ['opened'] }],
    state: `s3://${stateBucket}/${stateKey}`,
  };
}

/** What the function may do: what its plan's sources read, its state, its topic. */
export function deployPolicy(settings: DeploySettings): IamPolicy {
  const { bucket, region } = settings;
  const { stateBucket, stateKey, topic } = deployNames(settings);
  return iamPolicy({
    adapters: [
      ...(bucket === undefined ? (['fetchMetricSeries', 'lookupKmsCalls'] as const) : (['s3Logs'] as const)),
      's3Store',
      's3Snapshots',
      'snsNotifier',
    ],
    ...(bucket === undefined ? {} : { bucket }),
    stateBucket,
    stateKey,
    topic,
    partition: partitionOf(region),
  });
}

/** What a function needs besides, so that what it logs is kept. */
export function logPolicy({ logGroup, arnOf }: DeployNames): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'WriteLog',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: arnOf('logs', `log-group:${logGroup}:*`),
      },
    ],
  };
}

/** Who may take the role. */
export const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
} as const;

/** The alarms on the function itself: what it finds is reported by the plan; that it does not run, nobody else would report. */
export const OWN_ALARMS = [
  {
    id: 'Errors',
    why: 'The function failed in 2 of its last 3 polls: a source, the state or the topic; its log says which',
    metric: 'Errors',
    operator: 'GreaterThanOrEqualToThreshold',
    period: 300,
    periods: 3,
    datapoints: 2,
    missing: 'notBreaching',
  },
  {
    id: 'NotRunning',
    why: 'The function has not run for 15 minutes: nobody watches the keys',
    metric: 'Invocations',
    operator: 'LessThanThreshold',
    period: 900,
    periods: 1,
    datapoints: 1,
    missing: 'breaching',
  },
] as const;

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
