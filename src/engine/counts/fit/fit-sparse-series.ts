import { DAY, HOUR } from '../../../time/grid.js';
import { PHI_PRECISION, PRIOR } from '../dispersion.js';
import { UNKNOWN_GROWTH } from '../growth.js';
import { FEW_CALLS_DRIFT, LEAST_MEAN, type Past, type RowModel } from '../model.js';
import { learnRate, RATE_STATE, startRate } from '../rate-filter.js';
import { leastTail } from '../tail-calibration.js';
import type { FitPlan } from './fit-plan.js';
import type { Events } from './read-calls.js';
import type { Training } from './training-layout.js';

/**
 * Fits a series of few calls: a level, and how much its calls cluster within each window length; the week is flat, and
 * the tails are the model's. phi is the factorial moment Σ Y (Y − 1) / Σ Y of separate windows, less what a steady rate
 * alone would put together, with the prior's weight.
 * @param whole the training buckets of all rows, of which those from `born` on count
 * @param past what of the model is known before any fit
 */
export function fitSparseRow(row: Events, whole: Training, born: number, plan: FitPlan, past: Past): RowModel {
  const { grid, flat, windows } = plan;
  const { step, length, start } = grid;
  const { n, bucket, calls } = row;
  const { rank } = whole;
  const days = (past.support * step) / DAY;
  const perBucket = (past.calls + 0.5) / Math.max(1, past.support);
  const phi = windows.spans.map((span) => {
    let pairs = 0;
    let at = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let e = 0; e < n; e++) {
      const window = Math.floor((start + bucket[e] * step) / span);
      if (window !== at) sum = 0;
      at = window;
      pairs += 2 * sum * calls[e] + calls[e] * (calls[e] - 1);
      sum += calls[e];
    }
    const steady = (past.calls * perBucket * span) / step;
    return (Math.max(0, pairs - steady) + PHI_PRECISION * PRIOR.phi) / (past.calls + PHI_PRECISION);
  });
  // Clusters of an hour are clusters of a day.
  for (let w = 1; w < phi.length; w++) phi[w] = Math.max(phi[w], phi[w - 1]);

  const level = new Float64Array(RATE_STATE);
  const scatter = { phi: phi[phi.length - 1], alpha: PRIOR.alpha };
  startRate(level, Math.max(perBucket, LEAST_MEAN), 0.5);
  const perDay = Math.max(1, Math.round(DAY / step));
  let e = 0;
  for (let from = 0; from < length; from += perDay) {
    const to = Math.min(length, from + perDay);
    // Of a day without a call only the length counts: no bucket needs to be looked at.
    const exposure = rank[Math.max(born, to)] - rank[Math.max(born, from)];
    let sum = 0;
    for (; e < n && bucket[e] < to; e++) sum += calls[e];
    learnRate(level, sum, exposure, ((to - from) * step) / HOUR, perDay, perBucket, scatter);
  }
  const silent = rank[length] - rank[n === 0 ? born : bucket[n - 1] + 1];
  const tail = leastTail(days);
  return {
    ...past,
    profile: flat,
    level,
    anchor: perBucket,
    walk: 0,
    ...UNKNOWN_GROWTH,
    phi: Float64Array.from(phi),
    alpha: new Float64Array(phi.length).fill(PRIOR.alpha),
    above: phi.map(() => tail),
    below: phi.map(() => tail),
    bursts: null,
    silence: tail,
    silenceShift: 0,
    drift: FEW_CALLS_DRIFT,
    clock: silent * perBucket,
    silent,
  };
}
