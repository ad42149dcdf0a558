import { type Dispersion, fitDispersion } from '../dispersion.js';
import type { FitPlan } from './fit-plan.js';
import { WINDOW_CAP } from './one-step-residuals.js';

/** How the sums of an hour scatter about the fitted means, given how buckets do. @param near see fitDispersion */
export function hourlyDispersion(
  { windows, scratch }: FitPlan,
  { phi, alpha }: Dispersion,
  near: Dispersion | undefined,
): Dispersion {
  if (windows.hourBuckets === 0) return { phi, alpha };
  const { hours, means, blocks } = scratch;
  hours.n = 0;
  for (let b = 0; b < means.length; b++) {
    const m = means[b];
    if (m <= 0) continue;
    hours.mu[hours.n] = m;
    hours.square[hours.n++] = (blocks.clipped[b] - m) * (blocks.clipped[b] - m);
  }
  hours.known.fill(0, 0, hours.n);
  return fitDispersion(hours, { phi, alpha: alpha / 2 }, 1, WINDOW_CAP, near);
}
