import type { Dispersion } from '../dispersion.js';
import type { FitPlan } from './fit-plan.js';
import type { Training } from './training-layout.js';

// The loops over all buckets of a fit, each a function of its own: inside one large function V8 (Node 20) left the
// calls in them uninlined and boxed every number that they returned, 400 KB of garbage a row.

/** Sums of the calls as they were by day and block, and of all before each bucket. */
export function sumCalls(
  { pieces, pieceFrom, pieceDay, pieceBlock }: Training,
  { scratch: { calls, before, rawDays, blocks } }: FitPlan,
): void {
  rawDays.fill(0);
  blocks.calls.fill(0);
  let total = 0;
  for (let p = 0, k = 0; p < pieces; p++) {
    const end = pieceFrom[p + 1];
    const start = total;
    for (; k < end; k++) {
      total += calls[k];
      before[k + 1] = total;
    }
    rawDays[pieceDay[p]] += total - start;
    blocks.calls[pieceBlock[p]] += total - start;
  }
}

/**
 * The same sums, and those by slot, with outliers clipped; and the sum of the shape by day. Of whole numbers every sum is
 * exact, so that the few counts which are clipped are taken off those made once: no pass over all buckets, three in all.
 */
export function sumClipped({ slot, pieceOf, pieceDay, pieceBlock, spans }: Training, { scratch }: FitPlan): void {
  const { clips, blocks, slotCalls, dayCalls, dayExposure, stretches } = scratch;
  const { shape } = scratch.profile;
  slotCalls.set(scratch.rawSlots);
  dayCalls.set(scratch.rawDays);
  blocks.clipped.set(blocks.calls);
  for (let i = 0; i < clips.n; i++) {
    const k = clips.at[i];
    const by = clips.by[i];
    slotCalls[slot[k]] += by;
    dayCalls[pieceDay[pieceOf[k]]] += by;
    blocks.clipped[pieceBlock[pieceOf[k]]] += by;
  }
  const { slotFrom, day, from, to } = spans;
  const count = slotFrom.length - 1;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let s = slotFrom[i]; s < slotFrom[i + 1]; s++) sum += shape[s];
    stretches[i] = sum;
  }
  dayExposure.fill(0);
  for (let j = 0; j < day.length; j++) for (let i = from[j]; i < to[j]; i++) dayExposure[day[j]] += stretches[i];
}

/** What a flat shape would have given each slot: the sum of the daily rates over its buckets. */
export function sumRates({ spans }: Training, { scratch }: FitPlan, daily: Float64Array): void {
  const { stretches, slotExposure } = scratch;
  const { slotFrom, day, from, to } = spans;
  const count = slotFrom.length - 1;
  stretches.fill(0, 0, count);
  for (let j = 0; j < day.length; j++) for (let i = from[j]; i < to[j]; i++) stretches[i] += daily[day[j]];
  for (let i = 0; i < count; i++) slotExposure.fill(stretches[i], slotFrom[i], slotFrom[i + 1]);
}

/** Squares of the clipped calls by slot. */
export function sumSquares({ slot, n }: Training, { scratch: { calls, clips, slotSquares } }: FitPlan): void {
  slotSquares.fill(0);
  for (let k = 0; k < n; k++) slotSquares[slot[k]] += calls[k] * calls[k];
  for (let i = 0; i < clips.n; i++) {
    const k = clips.at[i];
    slotSquares[slot[k]] += clips.by[i] * (2 * calls[k] + clips.by[i]);
  }
}

/**
 * Residuals of all buckets about level · shape, and the means by block. A bucket pulls at the mean that it is held
 * against, by what its calls are worth as independent ones over all that its cell rests on, at most by `most`: its
 * residual is enlarged by 1/(1 − pull).
 * @param levelOf the level of each day or block, as `at` numbers them for each piece
 * @param known relative variance of each of them; none where the level is that of the history itself
 */
export function gatherBuckets(
  { n, pieces, pieceFrom, pieceSlot, pieceBlock }: Training,
  { scratch }: FitPlan,
  at: Int32Array,
  levelOf: Float64Array,
  known: Float64Array | undefined,
  { phi, alpha }: Dispersion,
  most: number,
  least: number,
): void {
  const { calls, residuals, profile, means } = scratch;
  const { shape, variance } = profile;
  const { mu, square, known: unsure } = residuals;
  const greatest = 1 / (1 - most);
  const perCall = 1 + phi;
  means.fill(0);
  for (let p = 0, k = 0; p < pieces; p++) {
    const end = pieceFrom[p + 1];
    const level = levelOf[at[p]];
    const doubt = known === undefined ? 0 : known[at[p]];
    let sum = 0;
    for (let s = pieceSlot[p]; k < end; k++, s++) {
      // Math.max is of doubles: a choice between the argument and a product was boxed for each bucket (Node 20), 0.1 MB a row.
      const m = Math.max(level * shape[s], least);
      const scatter = perCall + alpha * m;
      const pull = variance[s] * m;
      const r = (calls[k] - m) * (pull < most * scatter ? scatter / (scatter - pull) : greatest);
      mu[k] = m;
      square[k] = r * r;
      unsure[k] = doubt;
      sum += m;
    }
    means[pieceBlock[p]] += sum;
  }
  residuals.n = n;
}
