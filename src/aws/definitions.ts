import type {
  PutAnomalyDetectorCommandInput,
  PutDashboardCommandInput,
  PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import type { PutMetricFilterCommandInput } from '@aws-sdk/client-cloudwatch-logs';
import type { PutRuleCommandInput, PutTargetsCommandInput } from '@aws-sdk/client-eventbridge';
import { InputError } from '../errors.js';
import { crc32c } from '../series/codec-checksum.js';

/** Something to be reviewed and then sent by its owner; the library sends none of it. */
interface DefinitionOf<Operation extends string, Input> {
  /** The API operation that takes it. */
  readonly operation: Operation;
  /** The Region it belongs to; null where that is up to whoever sends it. */
  readonly region: string | null;
  /** What it is for and what it was made of, for the reviewer. */
  readonly why: string;
  /** For the operation's command of the SDK; as JSON, for `aws … --cli-input-json`. */
  readonly input: Input;
}

export type AlarmDefinition =
  | DefinitionOf<'PutMetricAlarm', PutMetricAlarmCommandInput>
  | DefinitionOf<'PutAnomalyDetector', PutAnomalyDetectorCommandInput>;
export type MetricFilterDefinition = DefinitionOf<'PutMetricFilter', PutMetricFilterCommandInput>;
export type RuleDefinition =
  | DefinitionOf<'PutRule', PutRuleCommandInput>
  | DefinitionOf<'PutTargets', PutTargetsCommandInput>;

export type DashboardDefinition = DefinitionOf<'PutDashboard', PutDashboardCommandInput>;
/** Anything that the library makes for review. */
export type Definition = AlarmDefinition | MetricFilterDefinition | RuleDefinition | DashboardDefinition;

/**
 * The definitions of one Region, with those that belong to none.
 * @throws InputError where no Region is given and they belong to several
 */
export function definitionsOfRegion(definitions: readonly Definition[], region: string | undefined): Definition[] {
  const regions = [...new Set(definitions.flatMap((made) => made.region ?? []))].sort();
  if (region === undefined && regions.length > 1) {
    throw new InputError(`region must be one of ${regions.join(', ')}: a stack has one Region, got none`);
  }
  return definitions.filter((made) => made.region === null || made.region === (region ?? regions[0]));
}

/** Where metrics of this library's making go: no name of AWS's own may begin `AWS/`. */
export const NAMESPACE = 'KmsBaseline';

const KEY_ARN = /^arn:[^:]+:kms:([^:]+):\d{12}:key\/(.+)$/;

/** Region and id in a key's ARN; both empty where it is none. */
export function partsOfKey(keyArn: string): { region: string; id: string } {
  const [, region = '', id = ''] = KEY_ARN.exec(keyArn) ?? [];
  return { region, id };
}

/**
 * A name of at most `most` characters, of those that alarms, rules and filters take. One that had to be changed ends in a
 * checksum of what it was, so that two never become one.
 */
export function fittingName(text: string, most: number, allowed = /[^\w .:/()-]/g): string {
  const clean = text.replace(allowed, '_');
  if (clean === text && clean.length <= most) return clean;
  const sum = crc32c(new TextEncoder().encode(text)).toString(16).padStart(8, '0');
  return `${clean.slice(0, most - 9)}-${sum}`;
}

/** Dimensions as CloudWatch writes them. */
export function dimensions(values: Readonly<Record<string, string>>): { Name: string; Value: string }[] {
  return Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
}
