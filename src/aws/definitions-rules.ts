import type { PutRuleCommandInput, PutTargetsCommandInput } from '@aws-sdk/client-eventbridge';
import { checkOptions, InputError, type OptionNames } from '../errors.js';
import { KMS_OPERATIONS, type OperationGroup } from '../kms/operations.js';
import { type DefinitionOf, fittingName } from './definitions.js';

export type RuleDefinition =
  | DefinitionOf<'PutRule', PutRuleCommandInput>
  | DefinitionOf<'PutTargets', PutTargetsCommandInput>;

export interface RuleDefinitionOptions {
  /** ARN of what gets the events: a queue, a function; without it, there are rules and no targets. */
  readonly target?: string;
  /** Also a rule for every cryptographic call: as many events as calls, each billed; false by default. */
  readonly cryptographic?: boolean;
  /** What the names of rules begin with; `kms-baseline` by default. */
  readonly prefix?: string;
}

/** By default an event pattern may have so many characters (EventBridge User Guide, eb-quota). */
const MOST_PATTERN = 2048;
const CHANGES: readonly OperationGroup[] = [
  'availability',
  'custom-key-store',
  'access',
  'rotation',
  'multi-region',
  'alias',
  'tag',
];

/**
 * EventBridge rules on the default bus, for review: KMS's own events, the critical changes that CloudTrail tells of, and on
 * demand every cryptographic call. The last one is in the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS: to a rule
 * that is merely ENABLED no read-only event comes, and all cryptographic calls are read-only. What CloudTrail tells of
 * comes only where a trail logs it.
 */
export function ruleDefinitions(options: RuleDefinitionOptions = {}): RuleDefinition[] {
  checkOptions(options, RULE_DEFINITION_OPTIONS);
  const { target, prefix = 'kms-baseline' } = options;
  const rules = [
    rule(prefix, 'key-events', 'ENABLED', 'KMS itself: a key was rotated or deleted, imported material expired.', {
      source: ['aws.kms'],
      'detail-type': ['KMS CMK Rotation', 'KMS Imported Key Material Expiration', 'KMS CMK Deletion'],
    }),
    ...CHANGES.flatMap((group) => {
      const eventName = KMS_OPERATIONS.filter((info) => info.group === group && info.critical).map(({ name }) => name);
      return eventName.length === 0
        ? []
        : [
            rule(
              prefix,
              `changes-${group}`,
              'ENABLED',
              `Critical changes, ${group}: ${eventName.join(', ')}.`,
              viaCloudTrail(eventName),
            ),
          ];
    }),
  ];
  if (options.cryptographic === true) {
    const eventName = KMS_OPERATIONS.filter(({ plane }) => plane === 'data').map(({ name }) => name);
    rules.push(
      rule(
        prefix,
        'cryptographic',
        'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
        'Every cryptographic call: one event each.',
        viaCloudTrail(eventName),
      ),
    );
  }
  if (target === undefined) return rules;
  return rules.flatMap((made) => [
    made,
    {
      operation: 'PutTargets',
      region: null,
      why: `Sends the events of ${made.input.Name} to ${target}, which must allow EventBridge to do so.`,
      input: { Rule: made.input.Name, Targets: [{ Id: 'kms-baseline', Arn: target }] },
    },
  ]);
}

const RULE_DEFINITION_OPTIONS: OptionNames<RuleDefinitionOptions> = { target: true, cryptographic: true, prefix: true };

function viaCloudTrail(eventName: readonly string[]): object {
  return {
    source: ['aws.kms'],
    'detail-type': ['AWS API Call via CloudTrail', 'AWS Service Event via CloudTrail'],
    detail: { eventSource: ['kms.amazonaws.com'], eventName },
  };
}

function rule(
  prefix: string,
  name: string,
  State: 'ENABLED' | 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
  why: string,
  pattern: object,
): Extract<RuleDefinition, { operation: 'PutRule' }> {
  const EventPattern = JSON.stringify(pattern);
  if (EventPattern.length > MOST_PATTERN) {
    throw new InputError(`EventPattern must have at most ${MOST_PATTERN} characters, got ${EventPattern.length}`);
  }
  return {
    operation: 'PutRule',
    region: null,
    why,
    input: {
      Name: fittingName(`${prefix}-${name}`, 64, /[^\w.-]/g),
      Description: why.slice(0, 512),
      EventPattern,
      State,
    },
  };
}
