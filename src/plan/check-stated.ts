import { InputError } from '../errors.js';
import { seriesName } from '../report/names.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import type { Taken } from './stated-counts.js';

/** So many series are named. */
const NAMED = 3;

/**
 * Makes sure that what a source states fits the plan's buckets.
 * @throws InputError that names the source and what is wrong
 */
export function checkStated(set: SeriesSet, step: number, name: string, measure: SeriesSet['measure']): void {
  const { grid, keys } = set;
  if (set.measure !== measure) throw new InputError(`${name} must be of measure '${measure}', got '${set.measure}'`);
  if (grid.step !== step) {
    throw new InputError(`${name} must have the plan's step, ${duration(step)}, got ${duration(grid.step)}`);
  }
  if (grid.start % step !== 0) {
    throw new InputError(
      `${name}.grid.start must be a multiple of the step, got ${new Date(grid.start).toISOString()}`,
    );
  }
  if (measure === 'level') return;
  const y = new Float64Array(grid.length);
  for (const row of keys.keys()) {
    readRow(set, row, y);
    const observed = observedRow(set, row);
    const wrong = y.findIndex((count, b) => observed[b] === 1 && !(Number.isSafeInteger(count) && count >= 0));
    if (wrong < 0) continue;
    throw new InputError(`${name} must be whole numbers from 0, got ${y[wrong]} of ${seriesName(keys[row])}`);
  }
}

/** Rows that were left out because another source counts them, in words; null without any. */
export function refusedText(refused: Taken['refused']): string | null {
  if (refused.length === 0) return null;
  const names = refused.slice(0, NAMED).map(({ key, source }) => `${seriesName(key)} (${printable(source, 60)})`);
  const more = refused.length > NAMED ? ', …' : '';
  return `left out ${counted(refused.length, 'series', 'series')} that other sources count: ${names.join(', ')}${more}`;
}
