import type { PutMetricFilterCommandInput } from '@aws-sdk/client-cloudwatch-logs';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { type DefinitionOf, fittingName, NAMESPACE } from './definitions.js';

export type MetricFilterDefinition = DefinitionOf<'PutMetricFilter', PutMetricFilterCommandInput>;

/** A change that a metric filter counts. */
export interface WatchedChange {
  readonly metric: string;
  /** Its operations; null where the pattern is another. */
  readonly operations: readonly string[] | null;
  readonly pattern: string;
  readonly why: string;
}

const KMS = '$.eventSource=kms.amazonaws.com';

function on(metric: string, operations: readonly string[], why: string): WatchedChange {
  const names = operations.map((operation) => `($.eventName=${operation})`).join(' || ');
  return { metric, operations, pattern: `{(${KMS}) && (${names})}`, why };
}

/**
 * The CIS alarm (AWS Foundations Benchmark 1.4.0, 4.7; Security Hub CloudWatch.7), by its own pattern, and filters for what
 * it leaves out: other ways to take a key from its users, to give it to others, and to stop its rotation; and calls on a
 * key that is pending deletion (KMS Developer Guide, deleting-keys-creating-cloudwatch-alarm).
 */
export const WATCHED_CHANGES: readonly WatchedChange[] = [
  {
    ...on('DisabledOrScheduledForDeletion', ['DisableKey', 'ScheduleKeyDeletion'], ''),
    why: 'CIS AWS Foundations 4.7: a key was disabled or scheduled for deletion.',
  },
  on(
    'KeyMaterialDeleted',
    ['DeleteImportedKeyMaterial', 'DeleteExpiredKeyMaterial', 'DeleteKey'],
    'Key material is gone: deleted, expired, or with its key. The CIS alarm leaves it out.',
  ),
  on(
    'CustomKeyStoreChanged',
    ['DisconnectCustomKeyStore', 'DeleteCustomKeyStore', 'UpdateCustomKeyStore'],
    'Every key of a disconnected custom key store is unavailable. The CIS alarm leaves it out.',
  ),
  on('KeyPolicyChanged', ['PutKeyPolicy'], 'Who may use or manage a key was changed. The CIS alarm leaves it out.'),
  on(
    'GrantsChanged',
    ['CreateGrant', 'RevokeGrant', 'RetireGrant'],
    'A grant was made or taken back. Services do so too: set the threshold by what is usual. The CIS alarm leaves it out.',
  ),
  on(
    'RotationOrRegionChanged',
    ['DisableKeyRotation', 'ReplicateKey', 'UpdatePrimaryRegion'],
    'Rotation was stopped, or key material came to another Region. The CIS alarm leaves it out.',
  ),
  {
    metric: 'UsedWhilePendingDeletion',
    operations: null,
    pattern: '{($.eventSource=kms.amazonaws.com) && ($.errorMessage="* is pending deletion.")}',
    why: 'Somebody still needs a key that is about to be deleted.',
  },
];

/**
 * Metric filters for the log group of a trail, one for each kind of change. Without dimensions: a filter that yields a
 * thousand different ones is switched off by CloudWatch, and a key's ARN would (User Guide, cloudwatch_limits_cwl).
 * @throws InputError without a log group
 */
export function metricFilters(options: {
  readonly logGroupName: string;
  readonly prefix?: string;
}): MetricFilterDefinition[] {
  checkOptions(options, METRIC_FILTERS_OPTIONS);
  const { logGroupName, prefix = 'kms-baseline' } = options;
  if (typeof logGroupName !== 'string' || !/^[\w./#-]{1,512}$/.test(logGroupName)) {
    throw new InputError(`logGroupName must be the name of a log group, got ${shown(logGroupName)}`);
  }
  return WATCHED_CHANGES.map(({ metric, pattern, why }) => ({
    operation: 'PutMetricFilter',
    region: null,
    why,
    input: {
      logGroupName,
      // ':' and '*' are not allowed in the name of a filter.
      filterName: fittingName(`${prefix}-${metric}`, 512, /[:*]/g),
      filterPattern: pattern,
      metricTransformations: [{ metricNamespace: NAMESPACE, metricName: metric, metricValue: '1', defaultValue: 0 }],
    },
  }));
}

const METRIC_FILTERS_OPTIONS: OptionNames<NonNullable<Parameters<typeof metricFilters>[0]>> = {
  logGroupName: true,
  prefix: true,
};
