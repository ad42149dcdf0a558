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
export function sumClipped({ dayBySlot, blockBySlot, pieces, pieceDay }: Training, { scratch }: FitPlan): void {
  const { clips, blocks, slotCalls, dayCalls, dayExposure, pieceSums } = scratch;
  slotCalls.set(scratch.bySlot.sums);
  dayCalls.set(scratch.rawDays);
  blocks.clipped.set(blocks.calls);
  for (let i = 0; i < clips.n; i++) {
    const j = clips.at[i];
    const by = clips.by[i];
    slotCalls[clips.slot[i]] += by;
    dayCalls[dayBySlot[j]] += by;
    blocks.clipped[blockBySlot[j]] += by;
  }
  dayExposure.fill(0);
  for (let p = 0; p < pieces; p++) dayExposure[pieceDay[p]] += pieceSums[p];
}

/** The sum of the shape over each piece: of a whole hour it is that of its hour of the week, 168 sums in place of one over all buckets. */
export function sumPieces({ pieces, pieceSlot, hours }: Training, { scratch }: FitPlan): void {
  const { shape } = scratch.profile;
  const { hourSums, pieceSums } = scratch;
  const { each, isPartial, hourOf, buckets } = hours;
  for (let hour = 0, s = 0; s < shape.length; hour++, s += each) hourSums[hour] = sumOf(shape, s, each);
  for (let p = 0; p < pieces; p++) {
    pieceSums[p] = isPartial[p] === 0 ? hourSums[hourOf[p]] : sumOf(shape, pieceSlot[p], buckets[p]);
  }
}

function sumOf(x: Float64Array, from: number, length: number): number {
  let sum = 0;
  for (let s = from; s < from + length; s++) sum += x[s];
  return sum;
}

/** Means by block, of a level by day. */
export function sumMeans(
  { pieces, pieceDay, pieceBlock }: Training,
  { scratch: { pieceSums, means } }: FitPlan,
  daily: Float64Array,
): void {
  means.fill(0);
  for (let p = 0; p < pieces; p++) means[pieceBlock[p]] += daily[pieceDay[p]] * pieceSums[p];
}

/** What a flat shape would have given each slot: the sum of the daily rates over its buckets, those of whole hours hour by hour. */
export function sumRates(
  { pieces, pieceDay, pieceSlot, hours: { each, isPartial, partial, hourOf, buckets } }: Training,
  { scratch: { hourSums, slotExposure } }: FitPlan,
  daily: Float64Array,
): void {
  hourSums.fill(0);
  for (let p = 0; p < pieces; p++) if (isPartial[p] === 0) hourSums[hourOf[p]] += daily[pieceDay[p]];
  for (let hour = 0, s = 0; s < slotExposure.length; hour++, s += each) slotExposure.fill(hourSums[hour], s, s + each);
  for (const p of partial) {
    const end = pieceSlot[p] + buckets[p];
    for (let s = pieceSlot[p]; s < end; s++) slotExposure[s] += daily[pieceDay[p]];
  }
}

/** Squares of the clipped calls by slot. */
export function sumSquares({ scratch: { bySlot, clips, slotSquares } }: FitPlan): void {
  const { calls } = bySlot;
  slotSquares.set(bySlot.callSquares);
  for (let i = 0; i < clips.n; i++) {
    slotSquares[clips.slot[i]] += clips.by[i] * (2 * calls[clips.at[i]] + clips.by[i]);
  }
}
