import type { Anomaly } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';
import type { LogSource } from './log-source.js';
import { accountOfKey, regionOfKey } from './names.js';

/** What an anomaly concerns: the names that it can be found by. Each once, its own row's first. */
export interface Facets {
  readonly operations: readonly string[];
  /** ARNs, as they are in the counts. */
  readonly keys: readonly string[];
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** Those with a part in it: who made more calls than usual of an anomaly above, fewer of one below. */
  readonly callers: readonly string[];
}

/**
 * What an anomaly concerns, by its own row and those that moved with it. Rows over all keys name neither account nor
 * Region: they are those of the only account and Region with KMS calls, where there is one.
 */
export function facetsOf(anomaly: Anomaly, sources: readonly LogSource[]): Facets {
  const rows = [anomaly.key, ...anomaly.related];
  const used = sources.filter(({ kmsCalls }) => kmsCalls > 0);
  const sign = anomaly.verdict === 'above' ? 1 : -1;
  return {
    operations: distinct(rows.map(({ operation }) => operation)),
    keys: distinct(rows.map(({ keyArn }) => keyArn)),
    accounts: distinct(rows.map(accountOf), only(used.map(({ account }) => account))),
    regions: distinct(rows.map(regionOf), only(used.map(({ region }) => region))),
    callers: distinct([
      anomaly.key.caller,
      ...(anomaly.callers ?? []).map(({ caller, calls, usual }) => (sign * (calls - (usual ?? 0)) > 0 ? caller : null)),
    ]),
  };
}

/** The account of a row: that of its key, or by name; `null` of a row over several. */
export function accountOf({ account, keyArn }: SeriesKey): string | null {
  return account ?? (keyArn === null ? null : accountOfKey(keyArn));
}

export function regionOf({ region, keyArn }: SeriesKey): string | null {
  return region ?? (keyArn === null ? null : regionOfKey(keyArn));
}

function distinct(names: readonly (string | null)[], otherwise: string | undefined = undefined): string[] {
  const found = new Set(names.filter((name) => name !== null));
  if (found.size === 0 && otherwise !== undefined) found.add(otherwise);
  return [...found];
}

function only(names: readonly string[]): string | undefined {
  const found = new Set(names);
  return found.size === 1 ? names[0] : undefined;
}
