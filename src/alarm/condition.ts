import { type Scores, UNKNOWN } from '../engine/types.js';
import { observedRow, type SeriesSet, valueAt } from '../series/series-set.js';
import type { AlarmCondition, Side } from './rule.js';

/** The value of a period from those of its buckets; NaN, where all are missing. */
export function valueOfPeriod(condition: AlarmCondition, values: readonly number[]): number {
  let count = 0;
  let sum = 0;
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (count === 0) return Number.NaN;
  if (condition.on !== 'value') return onSide(condition.is, least, most);
  switch (condition.statistic) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / count;
    case 'Minimum':
      return least;
    case 'Maximum':
      return most;
    case 'SampleCount':
      return count;
    default:
      return percentile(values, Number(condition.statistic.slice(1)));
  }
}

/** Between the two nearest in rank, in proportion; of the values that are there. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const rank = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)];
  return below + (sorted[Math.ceil(rank)] - below) * (rank - Math.floor(rank));
}

/** How far the extremes of signed values go on a side. */
function onSide(side: Side, least: number, most: number): number {
  return side === 'above' ? most : side === 'below' ? -least : Math.max(most, -least);
}

/** Whether a period's value breaches; `open` while the alarm is in ALARM, when what clears it may be another threshold. */
export function breaches(condition: AlarmCondition, value: number, open: boolean): boolean {
  if (condition.on === 'verdict') return value >= 1;
  if (condition.on === 'band') return value > 0;
  if (condition.on === 'surprise')
    return value >= (open ? (condition.clearBelow ?? condition.atLeast) : condition.atLeast);
  const threshold = open ? (condition.clearAt ?? condition.threshold) : condition.threshold;
  switch (condition.comparison) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
  }
}

/** What a condition looks at in one bucket of scores; NaN where it was not observed or could not be judged. */
export function pointInScores(condition: AlarmCondition, scores: Scores, row: number, bucket: number): number {
  const at = row * scores.window.grid.length + bucket;
  if (condition.on === 'value') return pointInSet(scores.window, row, bucket);
  if (scores.verdicts[at] === UNKNOWN) return Number.NaN;
  const point =
    condition.on === 'verdict'
      ? scores.verdicts[at]
      : condition.on === 'surprise'
        ? scores.surprise[at]
        : outside(pointInSet(scores.window, row, bucket), scores.lower[at], scores.upper[at]);
  return isInteresting(point, condition.minCalls ?? 0, scores, row, bucket) ? point : 0;
}

/** How far a value lies above the band, or, with its sign, below; 0 inside. Where the ends have crossed, nothing is inside. */
function outside(value: number, lower: number, upper: number): number {
  if (value > upper) return value - upper;
  return value < lower ? value - lower : 0;
}

/** Whether enough calls were made, where there are too many, or expected, where there are too few: in the window that decided. */
function isInteresting(point: number, least: number, scores: Scores, row: number, bucket: number): boolean {
  if (least === 0 || point === 0) return true;
  const { step, length } = scores.window.grid;
  const buckets = Math.max(1, Math.round(scores.spans[row * length + bucket] / step) || 1);
  let calls = 0;
  for (let b = Math.max(0, bucket - buckets + 1); b <= bucket; b++) {
    const value = point > 0 ? pointInSet(scores.window, row, b) : scores.expected[row * length + b];
    if (Number.isFinite(value)) calls += value;
  }
  return calls >= least;
}

/** A value of a set; NaN where it was not observed. */
export function pointInSet(set: SeriesSet, row: number, bucket: number): number {
  return observedRow(set, row)[bucket] === 1 ? valueAt(set, row, bucket) : Number.NaN;
}
