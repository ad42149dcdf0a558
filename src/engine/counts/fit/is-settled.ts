import { areAlike } from '../dispersion.js';
import type { Past } from '../model.js';
import type { ProfileScatter } from '../seasonal-profile.js';
import type { FitPlan } from './fit-plan.js';

/** Clip, profile, level and dispersion depend on one another: the first round stands on rough clips, the last on fitted ones. */
const ROUNDS = 3;

/**
 * Whether another round would find what this one did: it weighs counts by how they scatter, and they scatter as before. So of
 * two rows in three after the second.
 */
export function isSettled(
  round: number,
  before: ProfileScatter,
  { bucket, hour }: ProfileScatter,
  { calls, support }: Past,
  { windows: { block, step } }: FitPlan,
): boolean {
  if (round === ROUNDS - 1) return true;
  if (round === 0) return false;
  const mean = calls / support;
  return areAlike(before.bucket, bucket, mean) && areAlike(before.hour, hour, (mean * block) / step);
}
