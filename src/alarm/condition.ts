import { type Scores, UNKNOWN } from '../engine/types.js';
import { observedRow, type SeriesSet, valueAt } from '../series/series-set.js';
import type { AlarmCondition, Side } from './rule.js';

/** The value of a period from those of its buckets; NaN, where all are missing. */
export function valueOfPeriod(condition: AlarmCondition, values: Iterable<number>): number {
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
  }
}

/** How far the extremes of signed values go on a side. */
function onSide(side: Side, least: number, most: number): number {
  return side === 'above' ? most : side === 'below' ? -least : Math.max(most, -least);
}

/** Whether a period's value breaches; `open` while the alarm is in ALARM, when what clears it may be another threshold. */
export function breaches(condition: AlarmCondition, value: number, open: boolean): boolean {
  if (condition.on === 'verdict') return value >= 1;
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
  if (condition.on === 'verdict') return scores.verdicts[at] === UNKNOWN ? Number.NaN : scores.verdicts[at];
  if (condition.on === 'surprise') return scores.verdicts[at] === UNKNOWN ? Number.NaN : scores.surprise[at];
  return pointInSet(scores.window, row, bucket);
}

/** A value of a set; NaN where it was not observed. */
export function pointInSet(set: SeriesSet, row: number, bucket: number): number {
  return observedRow(set, row)[bucket] === 1 ? valueAt(set, row, bucket) : Number.NaN;
}
