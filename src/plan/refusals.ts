import { isRefused, ONCE_IN, REFUSED_KEYS } from '../kms/refused-keys.js';
import { type SeriesKey, seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';

/** So many callers are judged by the keys that refuse them; with more that fail, who fails says nothing. */
const MOST = 1000;

/**
 * When which key refused which caller: the rows of {@link refusedKeys}, of a ledger that grows by calls in any order. What is
 * kept grows with the failed calls of the last days.
 */
export class Refusals {
  /** By caller and key: the times of buckets, ascending. */
  readonly #callers = new Map<string, Map<string, number[]>>();

  /** Notes calls of a row in a bucket, where they are one caller's failed calls on one key. */
  add(key: SeriesKey, bucket: number): void {
    const { caller, keyArn } = key;
    if (caller === null || keyArn === null || !isRefused(key)) return;
    let keys = this.#callers.get(caller);
    if (keys === undefined) {
      if (this.#callers.size >= MOST) return;
      keys = new Map();
      this.#callers.set(caller, keys);
    }
    const times = keys.get(keyArn);
    if (times === undefined) {
      keys.set(keyArn, [bucket]);
      return;
    }
    const at = placeOf(times, bucket);
    if (times[at] !== bucket) times.splice(at, 0, bucket);
  }

  forgetBefore(time: number): void {
    for (const [caller, keys] of this.#callers) {
      for (const [keyArn, times] of keys) {
        times.splice(0, placeOf(times, time));
        if (times.length === 0) keys.delete(keyArn);
      }
      if (keys.size === 0) this.#callers.delete(caller);
    }
  }

  /** A row for each caller with a failed call in the days that are kept. */
  rows(grid: SeriesSet['grid'], observed: Uint8Array): SeriesSet {
    const { start, step, length } = grid;
    const callers = [...this.#callers].sort(([a], [b]) => (a < b ? -1 : 1));
    const counts = new Float64Array(callers.length * length);
    for (const [row, [, byKey]] of callers.entries()) {
      for (const times of byKey.values()) {
        for (let i = placeOf(times, start); i < times.length && times[i] < start + length * step; i++) {
          if (i === 0 || times[i] - times[i - 1] >= ONCE_IN) counts[row * length + (times[i] - start) / step]++;
        }
      }
    }
    const keys = callers.map(([caller]) => seriesKey({ caller, outcome: 'error', metric: REFUSED_KEYS }));
    return { grid, keys, measure: 'count', values: counts, observed };
  }
}

/** The first place whose time is `time` or later. */
function placeOf(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
