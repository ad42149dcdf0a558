import { InputError } from '../errors.js';
import type { AlarmDefinition } from './definitions-alarms.js';
import type { DashboardDefinition } from './definitions-dashboard.js';
import type { MetricFilterDefinition } from './definitions-filters.js';
import type { RuleDefinition } from './definitions-rules.js';

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
