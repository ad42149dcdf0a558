import { ABOVE, type Anomaly, BELOW, type DecidedWindows, NORMAL, type Scores } from '../../engine/types.js';
import { observedRow, readRow, rowOf, type SeriesSet } from '../../series/series-set.js';
import { HOUR } from '../../time/grid.js';
import { hourOfWeek } from '../hour-of-week.js';
import type { Evidence } from '../judge.js';
import { type PlotSeries, plotRow } from '../svg/plot-series.js';
import { usualWeek } from './hours.js';

/** A series as the window that decided an anomaly saw it. */
export interface DecidingView extends PlotSeries {
  /** What each value adds up, ms: the bucket, or so much time up to the bucket's end. */
  readonly span: number;
  /** The bucket at whose end the anomaly was decided; its value lies outside `lower` to `upper`. */
  readonly mark: number;
  /** True of a silence: one call is all that parts normal from not, which a linear axis hides. */
  readonly fine: boolean;
}

type Columns = Record<'values' | 'expected' | 'lower' | 'upper', Float64Array>;

/**
 * The counts of an anomaly's series in the window that decided it. Where a bucket did, these are the buckets with their
 * limits. Where longer windows or a silence did: at each bucket the calls up to its end in a window of that length, so that
 * what was decided stands outside the band it was held against. Limits are those that were judged by at the buckets that
 * such a window decided; at others they follow what was expected there, drawn rather too wide than too narrow.
 * @returns `undefined` when the scores hold no such series
 */
export function decidingView(evidence: Evidence, anomaly: Anomaly): DecidingView | undefined {
  const { scores } = evidence;
  const row = rowOf(scores.window, anomaly.key);
  if (row < 0) return undefined;
  const { start, step, length } = scores.window.grid;
  const mark = Math.min(length - 1, Math.max(0, Math.round((anomaly.decidedBy.to - start) / step) - 1));
  const windows = decidedOf(scores, row);
  const at = windows?.get(mark);
  const by = scores.decided;
  if (by === undefined || at === undefined || by.from[at] < anomaly.decidedBy.from) {
    return { ...plotRow(scores, row), span: step, mark, fine: false };
  }
  const lengthOf = (bucket: number, entry: number) => start + (bucket + 1) * step - by.from[entry];
  const isWhole = by.from[at] === anomaly.decidedBy.from;
  const span = isWhole ? lengthOf(mark, at) : wholeHours(lengthOf(mark, at));
  const fine = anomaly.kind === 'silence';
  const sums = sumsOver(evidence, row, Math.round(span / step));
  const lower = new Float64Array(length);
  const upper = new Float64Array(length);
  const least = fine ? leastSilence(by, windows, anomaly, scores) : 0;
  for (let i = 0; i < length; i++) {
    const expected = sums.expected[i];
    // What a rate is not known by goes with the rate, chance with its root: the wider of the two is drawn.
    const ratio = expected / by.expected[at];
    const scale = Math.max(ratio, Math.sqrt(ratio));
    upper[i] = Math.ceil(expected + (by.upper[at] - by.expected[at]) * scale);
    lower[i] = fine
      ? Math.min(expected, expected >= least ? 1 : 0)
      : Math.max(0, Math.floor(expected - (by.expected[at] - by.lower[at]) * scale));
    const own = windows?.get(i);
    if (own !== undefined && wholeHours(lengthOf(i, own)) === wholeHours(span))
      put({ ...sums, lower, upper }, i, by, own);
  }
  put({ ...sums, lower, upper }, mark, by, at);
  const verdicts = new Int8Array(length).fill(NORMAL);
  verdicts[mark] = anomaly.verdict === 'above' ? ABOVE : BELOW;
  return { grid: scores.window.grid, ...sums, lower, upper, verdicts, span, mark, fine };
}

/** How long a window of hours is said to be: those before the one under way, and all of that. */
function wholeHours(ms: number): number {
  return Math.ceil(ms / HOUR) * HOUR;
}

function put({ values, expected, lower, upper }: Columns, i: number, by: DecidedWindows, at: number): void {
  values[i] = by.values[at];
  expected[i] = by.expected[at];
  lower[i] = by.lower[at];
  upper[i] = by.upper[at];
}

/** The entries of {@link Scores.decided} of a row, by their bucket. */
function decidedOf({ decided }: Scores, row: number): ReadonlyMap<number, number> | undefined {
  if (decided === undefined) return undefined;
  const found = new Map<number, number>();
  // Rows ascend: the first by halving.
  let low = 0;
  let high = decided.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decided.rows[middle] < row) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < decided.rows.length && decided.rows[at] === row; at++) found.set(decided.buckets[at], at);
  return found;
}

/** The fewest calls that were expected while the silence was reported: with fewer, none is normal. */
function leastSilence(
  by: DecidedWindows,
  windows: ReadonlyMap<number, number> | undefined,
  { from, to }: Anomaly,
  { window: { grid }, verdicts }: Scores,
): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [bucket, at] of windows ?? []) {
    const time = grid.start + bucket * grid.step;
    const reported = verdicts[by.rows[at] * grid.length + bucket] === BELOW;
    if (reported && time >= from && time < to) least = Math.min(least, by.expected[at]);
  }
  return least;
}

/** Calls and expectations of the `count` buckets up to each one; NaN where none of them was observed. */
function sumsOver(
  { scores, history, baseline }: Evidence,
  row: number,
  count: number,
): Pick<Columns, 'values' | 'expected'> {
  const { window } = scores;
  const { start, step, length } = window.grid;
  const key = window.keys[row];
  const before = count - 1;
  const y = new Float64Array(before + length).fill(Number.NaN);
  const means = new Float64Array(before + length).fill(Number.NaN);
  const known = history === null ? -1 : rowOf(history, key);
  if (history !== null && known >= 0) readBefore(history, known, start, y.subarray(0, before));
  if (known >= 0 && !baseline.learning) {
    const hours = usualWeek(baseline, key);
    const { timeZone } = baseline.modelOf(key);
    for (let i = 0; i < before; i++) {
      const hour = hourOfWeek(start + (i - before) * step, timeZone);
      if (!Number.isNaN(y[i])) means[i] = (hours[hour] * step) / HOUR;
    }
  }
  const own = y.subarray(before);
  readRow(window, row, own);
  const observed = observedRow(window, row);
  for (let i = 0; i < length; i++) {
    if (observed[i] === 0) own[i] = Number.NaN;
    means[before + i] = scores.expected[row * length + i];
  }
  return { values: rolling(y, count), expected: rolling(means, count) };
}

function readBefore(history: SeriesSet, row: number, end: number, into: Float64Array): void {
  const { start, step, length } = history.grid;
  const y = new Float64Array(length);
  readRow(history, row, y);
  const observed = observedRow(history, row);
  const offset = Math.round((end - start) / step) - into.length;
  for (let i = 0; i < into.length; i++) {
    const at = offset + i;
    if (at >= 0 && at < length && observed[at] !== 0) into[i] = y[at];
  }
}

/** Sums over `count` entries, ending with each from the `count`-th on. */
function rolling(column: Float64Array, count: number): Float64Array {
  const sums = new Float64Array(column.length - count + 1);
  let sum = 0;
  let known = 0;
  for (const [i, value] of column.entries()) {
    if (!Number.isNaN(value)) [sum, known] = [sum + value, known + 1];
    const gone = column[i - count] ?? Number.NaN;
    if (!Number.isNaN(gone)) [sum, known] = [sum - gone, known - 1];
    // A sum of differences keeps a crumb of what has gone.
    if (i >= count - 1) sums[i - count + 1] = known === 0 ? Number.NaN : Math.max(0, sum < 1e-9 ? 0 : sum);
  }
  return sums;
}
