import type { Anomaly } from '../engine/types.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { rowsById, type SeriesSet, valueAt } from '../series/series-set.js';

/**
 * Findings with the calls that were made from their beginning to their end. The window that decided one may hold calls of
 * another that was reported before it, and counts these as what was expected then; what is printed is what was counted.
 * @param sets that hold the time, without overlap; of a finding that reaches beyond them, the figure stays as it is
 */
export function withRawCalls(anomalies: readonly Anomaly[], sets: readonly SeriesSet[]): Anomaly[] {
  const rows = sets.map(({ keys }) => rowsById(keys));
  return anomalies.map((anomaly) => {
    const value = callsIn(anomaly, sets, rows);
    return value === undefined || value === anomaly.value ? anomaly : { ...anomaly, value };
  });
}

function callsIn(
  { key, from, to }: Pick<Anomaly, 'from' | 'to'> & { readonly key: SeriesKey },
  sets: readonly SeriesSet[],
  rows: readonly ReadonlyMap<string, number>[],
): number | undefined {
  const id = keyId(key);
  let calls = 0;
  let held = 0;
  for (const [i, set] of sets.entries()) {
    if (set.measure !== 'count') return undefined;
    const { start, step, length } = set.grid;
    const first = Math.max(0, Math.floor((from - start) / step));
    const end = Math.min(length, Math.ceil((to - start) / step));
    if (end <= first) continue;
    held += (end - first) * step;
    const row = rows[i].get(id);
    if (row === undefined) continue;
    for (let bucket = first; bucket < end; bucket++) calls += valueAt(set, row, bucket);
  }
  return held >= to - from ? calls : undefined;
}
