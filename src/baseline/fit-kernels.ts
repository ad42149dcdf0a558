import { clip } from './clip.js';
import type { FitPlan, Taught } from './fit-plan.js';
import type { Dispersion } from './profile.js';

// The loops over all buckets of a fit, each a function of its own: inside one large function V8 (Node 20) left the
// calls in them uninlined and boxed every number that they returned, 400 KB of garbage a row.

/** Sums of the clipped calls by day, block and slot, and of the shape by day. */
export function sumUp(
  { slot, dayFrom, blockFrom, days }: Taught,
  { blocks: blockCount, scratch }: FitPlan,
  dayCalls: Float64Array,
  dayExposure: Float64Array,
): void {
  const { clipped, slotCalls, blocks, profile } = scratch;
  const { shape } = profile;
  slotCalls.fill(0);
  // Day by day, so that its sums stay in registers: added up in memory each waits for the one before.
  for (let d = 0; d < days; d++) {
    let sum = 0;
    let exposure = 0;
    for (let k = dayFrom[d]; k < dayFrom[d + 1]; k++) {
      const s = slot[k];
      sum += clipped[k];
      exposure += shape[s];
      slotCalls[s] += clipped[k];
    }
    dayCalls[d] = sum;
    dayExposure[d] = exposure;
  }
  for (let b = 0; b < blockCount; b++) {
    let sum = 0;
    for (let k = blockFrom[b]; k < blockFrom[b + 1]; k++) sum += clipped[k];
    blocks.calls[b] = sum;
  }
}

/** What a flat shape would have given each slot: the sum of the level over its buckets. */
export function sumLevels({ slot, dayFrom, days }: Taught, daily: Float64Array, slotExposure: Float64Array): void {
  slotExposure.fill(0);
  for (let d = 0; d < days; d++) {
    const level = daily[d];
    for (let k = dayFrom[d]; k < dayFrom[d + 1]; k++) slotExposure[slot[k]] += level;
  }
}

/** Squares of the clipped calls by slot. */
export function sumSquares({ slot, n }: Taught, clipped: Float64Array, slotSquares: Float64Array): void {
  slotSquares.fill(0);
  for (let k = 0; k < n; k++) slotSquares[slot[k]] += clipped[k] * clipped[k];
}

/**
 * Residuals of all buckets about level · shape, and the means by block. A bucket pulls at the mean that it is held
 * against, by what its calls are worth as independent ones over all that its cell rests on, at most by `most`: its
 * residual is enlarged by 1/(1 − pull).
 * @param levelOf the level of each day or block, as `at` numbers them
 * @param known relative variance of each of them; none where the level is that of the history itself
 */
export function gatherBuckets(
  { n, slot, blockFrom }: Taught,
  { blocks: blockCount, scratch }: FitPlan,
  at: Int32Array,
  levelOf: Float64Array,
  known: Float64Array | undefined,
  { phi, alpha }: Dispersion,
  most: number,
  least: number,
): void {
  const { calls, residuals, profile, means } = scratch;
  const { shape, variance } = profile;
  const { mu, square } = residuals;
  const greatest = 1 / (1 - most);
  for (let b = 0; b < blockCount; b++) {
    let sum = 0;
    for (let k = blockFrom[b]; k < blockFrom[b + 1]; k++) {
      const s = slot[k];
      const m = Math.max(levelOf[at[k]] * shape[s], least);
      const scatter = 1 + phi + alpha * m;
      const pull = variance[s] * m;
      const r = (calls[k] - m) * (pull < most * scatter ? scatter / (scatter - pull) : greatest);
      mu[k] = m;
      square[k] = r * r;
      sum += m;
    }
    means[b] = sum;
  }
  if (known === undefined) residuals.known.fill(0, 0, n);
  else for (let k = 0; k < n; k++) residuals.known[k] = known[at[k]];
  residuals.n = n;
}

/** Holds every count to its fitted mean ± what is ordinary, see {@link clip}. */
export function clipAll({ n }: Taught, { scratch }: FitPlan, { phi, alpha }: Dispersion): void {
  const { calls, clipped, residuals } = scratch;
  for (let k = 0; k < n; k++) {
    const m = residuals.mu[k];
    clipped[k] = clip(calls[k], m, m * (1 + phi) + alpha * m * m);
  }
}
