import { WEEK } from '../../time/grid.js';
import type { Windows } from '../windows.js';

/** How the rate of a series goes on after its history. */
export interface Growth {
  /** ln of what it grows by in a week. */
  readonly growth: number;
  /** What is not known of that: its variance. */
  readonly growthVariance: number;
}

/** What a week's growth may be before a history has shown any: nothing, give or take 5 %. */
const PRIOR_VARIANCE = 0.05 * 0.05;
export const UNKNOWN_GROWTH: Growth = { growth: 0, growthVariance: PRIOR_VARIANCE };

/** Weeks are as alike as this (relative variance) at best, and such a share of one must have been observed. */
const LEAST_SCATTER = 0.02 * 0.02;
const LEAST_SHARE = 0.5;
/** Fewer weeks than this show no growth. */
const LEAST_WEEKS = 4;
/** Scatter about the line counts as if two more weeks had shown none; and weeks that follow one another stray together. */
const SCATTER_WEIGHT = 2;
const TOGETHER = 2;
/** Beyond it (relative variance) nothing is known of a rate, however old the history. */
const MOST_UNKNOWN = 4;

/**
 * The growth that the weeks of a history show, counted back from its end: the slope of the logarithms of their rates by
 * weighted least squares, or the median of the steps from week to week where that is less. A step up, once, has a slope and
 * no median: it is no growth, and leaves as much doubt as the two disagree by. Drawn to none as far as it is in doubt.
 * @param calls `[blocks]`, outliers clipped, and `exposure`, the calls at rate 1
 * @param phi batchiness of sums of a week
 */
export function growthOf(
  { clipped: calls, exposure }: { readonly clipped: Float64Array; readonly exposure: Float64Array },
  { block, step }: Pick<Windows, 'block' | 'step'>,
  phi: number,
): Growth {
  const perWeek = Math.max(1, Math.round(WEEK / block));
  const usual = WEEK / step;
  const logs: number[] = [];
  const weeks: number[] = [];
  const weights: number[] = [];
  for (let end = calls.length, week = 0; end - perWeek >= 0; end -= perWeek, week--) {
    let sum = 0;
    let over = 0;
    for (let k = end - perWeek; k < end; k++) {
      sum += calls[k];
      over += exposure[k];
    }
    if (over < LEAST_SHARE * usual) continue;
    weeks.unshift(week);
    logs.unshift(Math.log((sum + 0.5) / over));
    weights.unshift(1 / ((1 + phi) / (sum + 0.5) + LEAST_SCATTER));
  }
  const n = weeks.length;
  if (n < LEAST_WEEKS) return UNKNOWN_GROWTH;
  let total = 0;
  let meanWeek = 0;
  let meanLog = 0;
  for (let i = 0; i < n; i++) {
    total += weights[i];
    meanWeek += weights[i] * weeks[i];
    meanLog += weights[i] * logs[i];
  }
  meanWeek /= total;
  meanLog /= total;
  let spread = 0;
  let slope = 0;
  for (let i = 0; i < n; i++) {
    const away = weeks[i] - meanWeek;
    spread += weights[i] * (away * away);
    slope += weights[i] * away * (logs[i] - meanLog);
  }
  slope /= spread;
  let scatter = SCATTER_WEIGHT;
  for (let i = 0; i < n; i++) {
    const off = logs[i] - meanLog - slope * (weeks[i] - meanWeek);
    scatter += weights[i] * (off * off);
  }
  scatter = Math.max(1, scatter / (n - 2 + SCATTER_WEIGHT));
  const steps = logs.slice(1).map((log, i) => (log - logs[i]) / (weeks[i + 1] - weeks[i]));
  const middle = median(steps);
  const shown = slope * middle <= 0 ? 0 : Math.abs(middle) < Math.abs(slope) ? middle : slope;
  const doubt = Math.max((TOGETHER * scatter) / spread, ofMean(steps)) + (slope - shown) * (slope - shown);
  const share = PRIOR_VARIANCE / (PRIOR_VARIANCE + doubt);
  return { growth: share * shown, growthVariance: share * doubt };
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Variance of the mean of steps that are apart from one another, as those of a rate that wanders are. */
function ofMean(steps: readonly number[]): number {
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  return steps.reduce((sum, step) => sum + (step - mean) * (step - mean), 0) / (steps.length * (steps.length - 1));
}

/**
 * What a rate is to that of the end of its history, days later, and the relative variance that this adds to it: the growth
 * that was shown goes on, with its doubt, and the rate wanders.
 * @param walk relative variance a day
 */
export function ahead(
  { growth, growthVariance, walk }: Growth & { readonly walk: number },
  days: number,
): { readonly ratio: number; readonly variance: number } {
  const weeks = Math.max(0, days) / 7;
  const variance = walk * Math.max(0, days) + Math.expm1(Math.min(3, growthVariance * weeks * weeks));
  return { ratio: Math.exp(growth * weeks), variance: Math.min(MOST_UNKNOWN, variance) };
}
