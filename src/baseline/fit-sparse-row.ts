import { DAY } from '../time/grid.js';
import { PHI_PRECISION, PRIOR } from './dispersion.js';
import type { FitPlan } from './fit-row.js';
import { fitLevel } from './level.js';
import type { RowModel } from './model.js';
import type { Profile, WeekCells } from './profile.js';
import { leastStretch } from './tail.js';

/** One flat week for all sparse rows of a plan: 2,016 numbers each would be their whole size. */
const flat = new WeakMap<WeekCells, Profile>();

function flatProfile(cells: WeekCells): Profile {
  let profile = flat.get(cells);
  if (profile === undefined) {
    const { perWeek } = cells.slots;
    profile = { shape: new Float64Array(perWeek).fill(1), variance: new Float64Array(perWeek) };
    flat.set(cells, profile);
  }
  return profile;
}

/**
 * Fits a series of few calls: a level, and how much its calls cluster; the week is flat, and the tails are the model's.
 * phi is the factorial moment Σ y (y − 1) / Σ y, which is phi · μ/μ for a mean far below 1, with the prior's weight.
 * @param mask 1 where the bucket may teach
 * @param past what of the model is known before any fit
 */
export function fitSparseRow(
  y: Float64Array,
  mask: Uint8Array,
  { grid, cells }: FitPlan,
  past: Pick<RowModel, 'calls' | 'support' | 'listened' | 'firstCall' | 'lastCall' | 'firstCount'>,
): RowModel {
  const { step, length } = grid;
  const dayLength = Math.max(DAY, step);
  const days = Math.max(1, Math.ceil((length * step) / dayLength));
  const dayCalls = new Float64Array(days);
  const dayExposure = new Float64Array(days);
  let pairs = 0;
  for (let i = 0; i < length; i++) {
    if (mask[i] === 0) continue;
    const day = Math.floor((i * step) / dayLength);
    dayCalls[day] += y[i];
    dayExposure[day]++;
    pairs += y[i] * (y[i] - 1);
  }
  const phi = (pairs + PHI_PRECISION * PRIOR.phi) / (past.calls + PHI_PRECISION);
  const level = fitLevel(dayCalls, dayExposure, phi);
  const stretch = leastStretch((past.support * step) / DAY);
  return {
    level: level.last,
    levelVariance: level.variance,
    levelWalk: level.walk,
    profile: flatProfile(cells),
    phi,
    alpha: PRIOR.alpha,
    stretchAbove: stretch,
    stretchBelow: stretch,
    stretchSilence: stretch,
    silenceShift: 0,
    ...past,
  };
}
