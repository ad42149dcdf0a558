import { keyId, type SeriesKey } from '../series/key.js';

/**
 * The rows that tell of all calls known under their names: those of no one outcome, and those of successes where nothing else
 * is counted, as CloudWatch has it.
 */
export function wholeRows(keys: readonly SeriesKey[]): ReadonlySet<number> {
  const ids = new Set(keys.map(keyId));
  return new Set(
    keys.flatMap((key, row) =>
      key.outcome === null || (key.outcome === 'ok' && !ids.has(keyId({ ...key, outcome: null }))) ? [row] : [],
    ),
  );
}
