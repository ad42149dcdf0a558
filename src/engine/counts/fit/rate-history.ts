import { DAY, HOUR } from '../../../time/grid.js';
import { SLOWEST_HALF_LIFE } from '../rate-filter.js';
import type { Blocks } from './fit-plan.js';

/** Half-lives of the sums that a detector holds against its anchored rate, and of that rate where it follows; hours. */
export const DRIFT_HALF_LIFE = 48;
export const ANCHOR_HALF_LIFE = 240;
/** What three days are taken to wander before a history has shown it (relative variance), and how many weeks' worth of it. */
const USUAL_WANDER = 0.005;
const USUAL_WEIGHT = 2;
/** A departure counts so much at most: an incident in the history is no wandering. */
const MOST_WANDER = 0.25;
/** Days before the sums show anything, and between two that show something new. */
const SETTLED = 7;
const APART = 4;

/**
 * What of each block's past silences are judged by, and how far the series wanders: as a detector would have met it.
 * Fills `silenceRate` and `silenceVariance`: of the slowest filter, as it was after the block of the last call.
 * @returns relative variance of three days about the rate of the weeks before, beside counting
 */
export function rateHistory(
  b: Blocks,
  terms: {
    /** Of a block. */
    readonly hours: number;
    readonly anchor: number;
    readonly scatter: { readonly phi: number; readonly alpha: number };
    /** Calls that the filter knows at first, and their rate. */
    readonly start: number;
    readonly rate: number;
    /** Of the history. */
    readonly days: number;
  },
): number {
  const { hours, anchor, scatter, start, days } = terms;
  const { clipped, exposure, calls, level, silenceRate, silenceVariance } = b;
  const perCall = 1 + scatter.phi;
  const half = 0.5 / anchor;
  const keep = Math.exp((-Math.LN2 * hours) / SLOWEST_HALF_LIFE);
  const keepDrift = Math.exp((-Math.LN2 * hours) / DRIFT_HALF_LIFE);
  const follow = -Math.expm1((-Math.LN2 * hours) / ANCHOR_HALF_LIFE);
  const settled = (SETTLED * DAY) / (hours * HOUR);
  let known = start;
  let over = start / terms.rate;
  let anchored = level[0];
  let driftCalls = 0;
  let driftExposure = 0;
  let wander = 0;
  let n = 0;
  silenceRate[0] = (known + 0.5) / (over + half);
  silenceVariance[0] = 1 / (known + 0.5);
  for (let k = 0; k < clipped.length; k++) {
    const rate = (known + 0.5) / (over + half);
    const worth = 1 / (perCall + scatter.alpha * Math.max(rate, anchor) * exposure[k]);
    known = keep * known + worth * clipped[k];
    over = keep * over + worth * exposure[k];
    if (k + 1 < clipped.length) {
      const isCall = calls[k] > 0;
      silenceRate[k + 1] = isCall ? (known + 0.5) / (over + half) : silenceRate[k];
      silenceVariance[k + 1] = isCall ? 1 / (known + 0.5) : silenceVariance[k];
    }
    driftCalls = keepDrift * driftCalls + clipped[k];
    driftExposure = keepDrift * driftExposure + exposure[k];
    anchored += follow * (level[k] - anchored);
    const mean = anchored * driftExposure;
    if (k < settled || !(mean > 0)) continue;
    const off = driftCalls / mean - 1;
    wander += Math.min(MOST_WANDER, off * off) - Math.min(MOST_WANDER, perCall / mean);
    n++;
  }
  const seen = Math.max(0, days - SETTLED) / APART;
  const shown = n === 0 ? 0 : wander / n;
  return Math.max(USUAL_WANDER / 4, (seen * shown + USUAL_WEIGHT * USUAL_WANDER) / (seen + USUAL_WEIGHT));
}
