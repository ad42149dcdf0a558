import { ABOVE, BELOW } from '../../engine/types.js';
import type { PlotSeries } from './plot-series.js';

/** A series in at most so many columns of equal width, each of one bucket or of several that follow one another. */
export interface PlotColumns {
  /** Columns. */
  readonly length: number;
  /** Buckets a column; the last may hold fewer. */
  readonly width: number;
  /** Least and greatest value seen in each; NaN where nothing was observed. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /**
   * Mean expectation, and the widest band: least `lower`, greatest finite `upper`; NaN where not known. Where a bucket
   * breached, the band is that bucket's: beside its neighbours' it would seem to lie within.
   */
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** ABOVE or BELOW where a bucket breached (the greater count of the two), else 0. */
  readonly breach: Int8Array;
}

/** Buckets taken together so that a picture of some hundred pixels draws no line twice, and loses no peak. */
export function plotColumns(series: PlotSeries, most: number): PlotColumns {
  const buckets = series.grid.length;
  const width = Math.max(1, Math.ceil(buckets / most));
  const length = Math.ceil(buckets / width);
  const empty = () => new Float64Array(length).fill(Number.NaN);
  const columns = { low: empty(), high: empty(), expected: empty(), lower: empty(), upper: empty() };
  const breach = new Int8Array(length);
  for (let c = 0; c < length; c++) {
    let expected = 0;
    let known = 0;
    let balance = 0;
    let worst = -1;
    for (let i = c * width; i < Math.min(buckets, (c + 1) * width); i++) {
      const value = series.values[i];
      if (!Number.isNaN(value)) {
        if (!(columns.low[c] <= value)) columns.low[c] = value;
        if (!(columns.high[c] >= value)) columns.high[c] = value;
      }
      const mean = series.expected?.[i] ?? Number.NaN;
      if (!Number.isNaN(mean)) {
        expected += mean;
        known++;
      }
      const lower = series.lower?.[i] ?? Number.NaN;
      const upper = series.upper?.[i] ?? Number.NaN;
      if (Number.isFinite(lower) && !(columns.lower[c] <= lower)) columns.lower[c] = lower;
      if (Number.isFinite(upper) && !(columns.upper[c] >= upper)) columns.upper[c] = upper;
      const verdict = series.verdicts?.[i];
      if (verdict === ABOVE) balance++;
      else if (verdict === BELOW) balance--;
      if ((verdict === ABOVE || verdict === BELOW) && isWorse(series, i, worst, verdict)) worst = i;
    }
    if (worst >= 0) {
      const [low, high] = [series.lower?.[worst] ?? Number.NaN, series.upper?.[worst] ?? Number.NaN];
      columns.lower[c] = Number.isFinite(low) ? low : Number.NaN;
      columns.upper[c] = Number.isFinite(high) ? high : Number.NaN;
    }
    if (known > 0) columns.expected[c] = expected / known;
    breach[c] = Math.sign(balance);
  }
  return { length, width, ...columns, breach };
}

/** Whether bucket `i` lies further on the side of its breach than the one that did so far. */
function isWorse({ values }: PlotSeries, i: number, before: number, verdict: number): boolean {
  return before < 0 || (verdict === ABOVE ? values[i] > values[before] : values[i] < values[before]);
}
