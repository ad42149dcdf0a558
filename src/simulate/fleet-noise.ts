import { gamma, poisson } from './draws.js';
import type { FleetNoise } from './fleet-traffic.js';
import type { Random } from './random.js';

/** The variance of a bucket's count around a mean. */
export function varianceOf(mean: number, { dispersion, batch }: FleetNoise): number {
  return (2 * batch - 1) * mean + dispersion * mean * mean;
}

/** Counts around means, each bucket for itself: batches of a gamma-Poisson number, each of a geometric size. */
export function drawCounts(mean: Float64Array, { dispersion, batch }: FleetNoise, random: Random): Uint32Array {
  const counts = new Uint32Array(mean.length);
  for (let i = 0; i < mean.length; i++) {
    if (mean[i] <= 0) continue;
    const load = dispersion > 0 ? dispersion * gamma(random, 1 / dispersion) : 1;
    const batches = poisson(random, (mean[i] / batch) * load);
    // What n geometric sizes of mean b hold beyond their n first calls is a gamma-Poisson number too.
    const more = batch > 1 && batches > 0 ? poisson(random, (batch - 1) * gamma(random, batches)) : 0;
    counts[i] = batches + more;
  }
  return counts;
}
