import { DAY, HOUR } from '../time/grid.js';
import { PHI_PRECISION, PRIOR } from './dispersion.js';
import type { FitPlan } from './fit-row.js';
import { LEVEL_STATE, learnLevel, startLevel } from './level-filter.js';
import { LEAST_MEAN, type Past, type RowModel } from './model.js';
import type { Profile, WeekCells } from './profile.js';
import { leastTail } from './tail.js';

/** One flat week for all sparse rows of a plan: 2,016 numbers each would be their whole size. */
const flat = new WeakMap<WeekCells, Profile>();

export function flatProfile(cells: WeekCells): Profile {
  let profile = flat.get(cells);
  if (profile === undefined) {
    const { perWeek } = cells.slots;
    const zero = new Float64Array(perWeek);
    profile = { shape: new Float64Array(perWeek).fill(1), variance: zero, hourVariance: zero };
    flat.set(cells, profile);
  }
  return profile;
}

/**
 * Fits a series of few calls: a level, and how much its calls cluster within each window length; the week is flat, and
 * the tails are the model's. phi is the factorial moment Σ Y (Y − 1) / Σ Y of separate windows, less what a steady rate
 * alone would put together, with the prior's weight.
 * @param mask 1 where the bucket may teach
 * @param past what of the model is known before any fit
 */
export function fitSparseRow(y: Float64Array, mask: Uint8Array, plan: FitPlan, past: Past): RowModel {
  const { grid, cells, windows } = plan;
  const { step, length, start } = grid;
  const days = (past.support * step) / DAY;
  const perBucket = (past.calls + 0.5) / Math.max(1, past.support);
  const phi = windows.spans.map((span) => {
    let pairs = 0;
    let at = Number.NEGATIVE_INFINITY;
    let calls = 0;
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0 || y[i] === 0) continue;
      const window = Math.floor((start + i * step) / span);
      if (window !== at) calls = 0;
      at = window;
      pairs += 2 * calls * y[i] + y[i] * (y[i] - 1);
      calls += y[i];
    }
    const steady = (past.calls * perBucket * span) / step;
    return (Math.max(0, pairs - steady) + PHI_PRECISION * PRIOR.phi) / (past.calls + PHI_PRECISION);
  });
  // Clusters of an hour are clusters of a day.
  for (let w = 1; w < phi.length; w++) phi[w] = Math.max(phi[w], phi[w - 1]);

  const level = new Float64Array(LEVEL_STATE);
  const scatter = { phi: phi[phi.length - 1], alpha: PRIOR.alpha };
  startLevel(level, Math.max(perBucket, LEAST_MEAN), 0.5);
  const perDay = Math.max(1, Math.round(DAY / step));
  for (let from = 0; from < length; from += perDay) {
    let calls = 0;
    let exposure = 0;
    for (let i = from; i < Math.min(length, from + perDay); i++) {
      if (mask[i] === 0) continue;
      calls += y[i];
      exposure++;
    }
    learnLevel(level, calls, exposure, (Math.min(length - from, perDay) * step) / HOUR, perDay, perBucket, scatter);
  }
  let silent = 0;
  for (let i = length - 1; i >= 0 && !(mask[i] !== 0 && y[i] > 0); i--) silent += mask[i];
  const tail = leastTail(days);
  return {
    ...past,
    profile: flatProfile(cells),
    level,
    anchor: perBucket,
    walk: 0,
    phi: Float64Array.from(phi),
    alpha: new Float64Array(phi.length).fill(PRIOR.alpha),
    above: phi.map(() => tail),
    below: phi.map(() => tail),
    silence: tail,
    silenceShift: 0,
    clock: silent * perBucket,
    silent,
  };
}
