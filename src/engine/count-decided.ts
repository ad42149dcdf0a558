import { observedRow, type SeriesSet, valueAt } from '../series/series-set.js';
import type { Recent } from './recent-counts.js';
import type { RoomForScores } from './score-window.js';

/**
 * Counts what came in the windows that decided, some of which begin before the window that is observed, and puts them in order.
 * @param first of the window's buckets that is not among the recent ones
 * @param scores of some buckets of the window, all rows
 */
export function countDecided(
  { decided, window }: RoomForScores,
  whole: SeriesSet,
  rowOf: Int32Array,
  first: number,
  recent: Recent,
): void {
  const { start, step } = whole.grid;
  const time = start + first * step;
  const shift = Math.round((window.grid.start - start) / step);
  decided.count(Math.min(recent.begins, start), (row, from, bucket) => {
    let calls = from < time ? recent.callsOf(rowOf[row], from, time) : 0;
    const observed = observedRow(whole, row);
    for (let i = Math.max(first, Math.round((from - start) / step)); i <= bucket + shift; i++) {
      if (observed[i] !== 0) calls += valueAt(whole, row, i);
    }
    return calls;
  });
  decided.sort();
}
