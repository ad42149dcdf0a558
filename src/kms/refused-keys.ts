import { type SeriesKey, seriesKey } from '../series/key.js';
import { observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { DAY } from '../time/grid.js';

/** What stands as `metric` of a row that counts keys, not calls. */
export const REFUSED_KEYS = 'Refused keys';

/** For so long, a key that has refused a caller is not counted again. */
export const ONCE_IN = DAY;

/**
 * On how many keys each caller fails: for every caller with failed calls or dry runs, a row that counts the keys which refused
 * it and had not in the 24 h before, in the bucket where they did. Somebody who tries key after key, with a call or two on each,
 * hides among the failures of busy keys; on how many keys a caller fails is steady.
 *
 * @param set with rows that name `keyArn`, `caller` and an `outcome` of `error` or `dry-run`; others do not matter
 * @returns rows `{ caller, outcome: 'error', metric: REFUSED_KEYS }` over the same grid; what lies before it is not known
 */
export function refusedKeys(set: SeriesSet): SeriesSet {
  const { grid } = set;
  const callers = callersOf(set);
  const offsets = new Float64Array(callers.size + 1);
  const buckets: number[] = [];
  const counts: number[] = [];
  const isShared = set.observed.length === grid.length;
  const observed = isShared ? set.observed : new Uint8Array(callers.size * grid.length).fill(1);
  for (const [place, keys] of [...callers.values()].entries()) {
    const mask = isShared ? undefined : observed.subarray(place * grid.length, (place + 1) * grid.length);
    const found = newlyRefusing(set, keys, mask);
    for (let i = 0; i < grid.length; i++) {
      if (found[i] === 0) continue;
      buckets.push(i);
      counts.push(found[i]);
    }
    offsets[place + 1] = buckets.length;
  }
  const keys = Array.from(callers.keys(), (caller) => seriesKey({ caller, outcome: 'error', metric: REFUSED_KEYS }));
  const values = { offsets, buckets: Uint32Array.from(buckets), counts: Float64Array.from(counts) };
  return { grid, keys, measure: 'count', values, observed };
}

/** The rows of failed calls and dry runs, by caller and key. */
function callersOf(set: SeriesSet): ReadonlyMap<string, ReadonlyMap<string, number[]>> {
  const callers = new Map<string, Map<string, number[]>>();
  for (const [row, key] of set.keys.entries()) {
    const { caller, keyArn } = key;
    if (caller === null || keyArn === null || !isRefused(key)) continue;
    const keys = callers.get(caller) ?? new Map<string, number[]>();
    callers.set(caller, keys);
    const rows = keys.get(keyArn);
    if (rows === undefined) keys.set(keyArn, [row]);
    else rows.push(row);
  }
  return callers;
}

/**
 * How many keys of one caller refuse it in each bucket and did not in the 24 h before.
 * @param mask is left 1 where all of its rows are observed
 */
function newlyRefusing(
  set: SeriesSet,
  keys: ReadonlyMap<string, readonly number[]>,
  mask: Uint8Array | undefined,
): Uint32Array {
  const { length, step } = set.grid;
  const counts = new Uint32Array(length);
  const failed = new Float64Array(length);
  const y = new Float64Array(length);
  const quiet = Math.ceil(ONCE_IN / step);
  for (const rows of keys.values()) {
    failed.fill(0);
    for (const row of rows) {
      readRow(set, row, y);
      for (let i = 0; i < length; i++) failed[i] += y[i];
      const observed = observedRow(set, row);
      if (mask !== undefined) for (let i = 0; i < length; i++) mask[i] &= observed[i];
    }
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < length; i++) {
      if (failed[i] === 0) continue;
      if (i - last >= quiet) counts[i]++;
      last = i;
    }
  }
  return counts;
}

/** Whether a row is of calls that failed, or were tried in a dry run. */
export function isRefused({ outcome }: SeriesKey): boolean {
  return outcome === 'error' || outcome === 'dry-run';
}
