import type { Baseline } from '../engine/baseline.js';
import { CANNOT_JUDGE, LEARNING, NOT_OBSERVED, type Scores } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';
import { gridEnd } from '../time/grid.js';
import { wholeRows } from './whole-rows.js';

/** What a judgement leaves open. Counted are the buckets of every series: `judged` and the unknown ones add up to `cells`. */
export interface Unknowns {
  readonly series: number;
  /** Those of them with a verdict in no bucket. */
  readonly seriesNeverJudged: number;
  /** Those that the history does not hold a call of: they are judged by what newcomers do. */
  readonly newSeries: number;
  readonly cells: number;
  readonly judged: number;
  /** Unknown because the logs were not listening; because the history is too short; because no count could have told. */
  readonly notObserved: number;
  readonly learning: number;
  readonly cannotBeJudged: number;
  /** Known series, outcomes apart, whose silence over all of the judged time could not be told from chance; none while learning. */
  readonly tooQuiet: {
    readonly of: number;
    readonly series: number;
    /** The busiest of them, at most {@link MOST_LISTED}, the soonest heard first. */
    readonly listed: readonly QuietSeries[];
  };
}

export interface QuietSeries {
  readonly key: SeriesKey;
  readonly callsPerHour: number;
  /** How long a silence must last before it can be told from chance at one in a million, ms; `null` beyond 90 days. */
  readonly timeToDetectSilence: number | null;
}

/** Each costs up to a millisecond to describe, and nobody reads more. */
export const MOST_LISTED = 500;

/** −ln of one in a million: a silence tells no more than the calls that it missed, one e-fold for each at most. */
const LEAST_MISSED = Math.log(1e6);

/** What could not be judged, and why. */
export function unknownsOf(baseline: Baseline, scores: Scores): Unknowns {
  const { grid, keys } = scores.window;
  const byReason = [0, 0, 0, 0];
  let seriesNeverJudged = 0;
  let newSeries = 0;
  for (let row = 0; row < keys.length; row++) {
    let judged = 0;
    for (let i = row * grid.length; i < (row + 1) * grid.length; i++) {
      byReason[scores.reasons[i]]++;
      if (scores.reasons[i] === 0) judged++;
    }
    if (judged === 0) seriesNeverJudged++;
    if (scores.known[row] === 0) newSeries++;
  }
  return {
    series: keys.length,
    seriesNeverJudged,
    newSeries,
    cells: keys.length * grid.length,
    judged: byReason[0],
    notObserved: byReason[NOT_OBSERVED],
    learning: byReason[LEARNING],
    cannotBeJudged: byReason[CANNOT_JUDGE],
    tooQuiet: baseline.learning ? { of: 0, series: 0, listed: [] } : tooQuiet(baseline, scores),
  };
}

/** A time to detect counts from the end of the history, where the window is taken to begin. */
function tooQuiet(baseline: Baseline, scores: Scores): Unknowns['tooQuiet'] {
  const { grid, keys } = scores.window;
  const length = gridEnd(grid) - grid.start;
  const rates: { key: SeriesKey; mean: number }[] = [];
  const whole = wholeRows(keys);
  for (const [row, key] of keys.entries()) {
    // That failures stop is not missed, successes show what their operation shows, and a caller's key is in the list itself.
    if (scores.known[row] === 0 || !whole.has(row) || key.caller !== null) continue;
    rates.push({ key, mean: meanOf(scores, row) });
  }
  rates.sort((a, b) => b.mean - a.mean);
  const listed: QuietSeries[] = [];
  let series = 0;
  for (const { key, mean } of rates) {
    if (mean * grid.length < LEAST_MISSED && listed.length >= MOST_LISTED) {
      series++;
      continue;
    }
    const { timeToDetectSilence, callsPerHour } = baseline.describe(key);
    if (timeToDetectSilence !== null && timeToDetectSilence <= length) continue;
    series++;
    if (listed.length < MOST_LISTED) listed.push({ key, callsPerHour, timeToDetectSilence });
  }
  const takes = ({ timeToDetectSilence }: QuietSeries) => timeToDetectSilence ?? Infinity;
  listed.sort((a, b) => (takes(a) === takes(b) ? b.callsPerHour - a.callsPerHour : takes(a) - takes(b)));
  return { of: rates.length, series, listed };
}

/** Mean expected calls of a row's observed buckets; 0 without any. */
function meanOf(scores: Scores, row: number): number {
  const { length } = scores.window.grid;
  let sum = 0;
  let n = 0;
  for (let i = row * length; i < (row + 1) * length; i++) {
    if (Number.isNaN(scores.expected[i])) continue;
    sum += scores.expected[i];
    n++;
  }
  return n === 0 ? 0 : sum / n;
}
