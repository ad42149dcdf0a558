import type { Baseline } from '../../engine/baseline.js';
import { RATE } from '../../engine/counts/rate-filter.js';
import type { SeriesKey } from '../../series/key.js';
import { observedRow, readRow, type SeriesSet } from '../../series/series-set.js';
import { HOUR } from '../../time/grid.js';
import { weekSlots } from '../../time/week.js';

export const HOURS_A_WEEK = 168;

/** Usual calls of each hour of the week of a series, Monday 00:00 of its own clock first, at the end of the history. */
export function usualWeek(baseline: Baseline, key: SeriesKey): Float64Array {
  const { model } = baseline.modelOf(key);
  const { step } = baseline.grid;
  const { perWeek } = weekSlots(step);
  const hours = new Float64Array(HOURS_A_WEEK);
  const buckets = HOUR / step;
  for (let h = 0; h < HOURS_A_WEEK; h++) {
    // Slots wider than an hour hold several hours alike; of finer ones an hour holds several.
    const first = Math.floor((h * perWeek) / HOURS_A_WEEK);
    const end = Math.max(first + 1, Math.floor(((h + 1) * perWeek) / HOURS_A_WEEK));
    let shape = 0;
    for (let slot = first; slot < end; slot++) shape += model.profile.shapeAt(slot);
    hours[h] = (model.level[RATE] * buckets * shape) / (end - first);
  }
  return hours;
}

/** Adds the calls of a row's buckets to the hours from `from` on; NaN stays where nothing was observed. */
export function addHours(set: SeriesSet, row: number, from: number, hours: Float64Array, y: Float64Array): void {
  const { start, step, length } = set.grid;
  readRow(set, row, y);
  const observed = observedRow(set, row);
  for (let i = Math.max(0, Math.floor((from - start) / step)); i < length; i++) {
    const hour = Math.floor((start + i * step - from) / HOUR);
    if (hour < 0 || hour >= hours.length || observed[i] === 0) continue;
    hours[hour] = (Number.isNaN(hours[hour]) ? 0 : hours[hour]) + y[i];
  }
}
