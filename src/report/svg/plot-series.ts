import type { Scores } from '../../engine/types.js';
import { InputError } from '../../errors.js';
import { keyId, type SeriesKey, seriesKey } from '../../series/key.js';
import { observedRow, readRow, rowOf } from '../../series/series-set.js';
import type { TimeGrid } from '../../time/grid.js';

/** One series over a grid, as pictures show it. Every column has `grid.length` entries. */
export interface PlotSeries {
  readonly grid: TimeGrid;
  /** NaN where nothing was observed. */
  readonly values: ArrayLike<number>;
  readonly expected?: ArrayLike<number>;
  /** What would have been normal, `lower` to `upper`; NaN where not known, infinite where there is no limit. */
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** ABOVE, BELOW, NORMAL or UNKNOWN of each bucket. */
  readonly verdicts?: ArrayLike<number>;
}

/**
 * One row of a judged window as a picture shows it: counts, band and verdicts.
 * @throws InputError when the window has no such row
 */
export function plotSeries(scores: Scores, key: Partial<SeriesKey>): PlotSeries {
  const row = rowOf(scores.window, key);
  if (row < 0) throw new InputError(`key must be a row of the window, got ${keyId(seriesKey(key))}`);
  return plotRow(scores, row);
}

/** The same of a row by its number. */
export function plotRow(scores: Scores, row: number): PlotSeries {
  const { grid } = scores.window;
  const values = new Float64Array(grid.length);
  readRow(scores.window, row, values);
  const observed = observedRow(scores.window, row);
  for (let i = 0; i < grid.length; i++) if (observed[i] === 0) values[i] = Number.NaN;
  const from = row * grid.length;
  const to = from + grid.length;
  return {
    grid,
    values,
    expected: scores.expected.subarray(from, to),
    lower: scores.lower.subarray(from, to),
    upper: scores.upper.subarray(from, to),
    verdicts: scores.verdicts.subarray(from, to),
  };
}
