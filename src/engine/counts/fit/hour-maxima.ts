import type { Dispersion } from '../dispersion.js';
import { LEAST_MEAN } from '../model.js';
import { EDGED, IN_SAMPLE } from '../multi-window.js';
import type { DailyMaxima } from './daily-maxima.js';
import type { FitPlan, Scratch } from './fit-plan.js';
import type { Training } from './training-layout.js';

/** Those of the window of an hour, which moves by single buckets: what starts on either side of its edge is in them. */
export function hourMaxima(
  training: Training,
  { slots, windows, scratch }: FitPlan,
  [{ alpha: bucketAlpha }, { phi, alpha }]: readonly Dispersion[],
): DailyMaxima {
  const { pieces, pieceFrom, pieceSlot, pieceDate, pieceBlock, wholeHour, hours } = training;
  const { before, maxima, hourShape, hourDoubt, hourEdge, hourSpread, pieceSums } = scratch;
  const { level, levelVariance } = scratch.blocks;
  const { isPartial } = hours;
  const width = windows.hourBuckets;
  sumHours(scratch, width, bucketAlpha);
  maxima.clear();
  const { screen } = maxima;
  const { screen: above } = maxima.above;
  const { screen: below } = maxima.below;
  const perCall = 1 + phi;
  for (let p = 0, k = 0; p < pieces; p++) {
    const end = pieceFrom[p + 1];
    const date = pieceDate[p];
    const rate = level[pieceBlock[p]];
    const known = alpha + levelVariance[pieceBlock[p]];
    if (wholeHour[p] === 0) {
      for (; k < end; k++) addOdd(training, k, p, slots, width, scratch, { known, phi, bucketAlpha });
      continue;
    }
    // Windows without a call that hold no more than one by their means are within a standard deviation.
    const isEmpty = before[end] === before[k + 1 - width] && isPartial[p] === 0 && isPartial[p - 1] === 0;
    if (isEmpty && rate * (pieceSums[p] + pieceSums[p - 1]) <= perCall) {
      k = end;
      continue;
    }
    const rateSquare = rate * rate;
    for (let s = pieceSlot[p]; k < end; k++, s++) {
      const calls = before[k + 1] - before[k + 1 - width];
      const exposure = hourShape[s];
      const fitted = rate * exposure;
      const m = fitted < LEAST_MEAN ? LEAST_MEAN : fitted;
      if (calls === 0 && m <= perCall) continue;
      // The variance m (1 + phi) + m² (known + 2 doubt/exposure + alpha edges/exposure²), without the divisions.
      const variance = m * (perCall + known * m) + rateSquare * hourSpread[s];
      const off = calls - m;
      const square = off * off;
      if (square <= screen[date] * variance) continue;
      if (square <= (off > 0 ? above[date] : below[date]) * variance || !(exposure > LEAST_EXPOSURE)) continue;
      const edge = (bucketAlpha * hourEdge[s]) / (exposure * exposure);
      const relative = known + (IN_SAMPLE * hourDoubt[s]) / exposure + edge + phi / m;
      // Mostly the scatter of a single bucket: such windows are not judged.
      if (edge <= EDGED * relative) maxima.add(date, calls, m, relative);
    }
  }
  return maxima;
}

/** An hour of less exposure holds nothing to be judged. */
const LEAST_EXPOSURE = 1e-9;

/** After a gap or a change of the clocks the hour is what was heard of it. */
function addOdd(
  { bucket, slot, pieceDate, pieceBlock }: Training,
  k: number,
  p: number,
  slots: Int32Array,
  width: number,
  { calls: y, maxima, profile: { shape, hourVariance }, blocks }: Scratch,
  { known, phi, bucketAlpha }: { readonly known: number; readonly phi: number; readonly bucketAlpha: number },
): void {
  const gone = bucket[k] - width;
  let calls = 0;
  let exposure = 0;
  let doubt = 0;
  for (let j = k; j >= 0 && bucket[j] > gone; j--) {
    calls += y[j];
    exposure += shape[slot[j]];
    doubt += shape[slot[j]] * hourVariance[slot[j]];
  }
  if (!(exposure > LEAST_EXPOSURE)) return;
  const first = shape[slots[gone < 0 ? 0 : gone + 1]];
  const last = shape[slot[k]];
  const m = Math.max(blocks.level[pieceBlock[p]] * exposure, LEAST_MEAN);
  const edge = (bucketAlpha * (first * first + last * last)) / (exposure * exposure);
  const relative = known + (IN_SAMPLE * doubt) / exposure + edge + phi / m;
  const off = calls - m;
  const { screen } = off > 0 ? maxima.above : maxima.below;
  if (off * off <= screen[pieceDate[p]] * m * (1 + relative * m)) return;
  if (edge <= EDGED * relative) maxima.add(pieceDate[p], calls, m, relative);
}

/**
 * Of the hour that ends with each slot: the sums of the shape and of the shape times its variance, the squares of the shapes at
 * its edges, and what both come to in the variance of its calls at a rate of one. 2,016 sums in place of 8,064.
 */
function sumHours(
  { profile, hourShape, hourDoubt, hourEdge, hourSpread }: Scratch,
  width: number,
  bucketAlpha: number,
): void {
  const { shape, hourVariance } = profile;
  const { length } = shape;
  let exposure = 0;
  let doubt = 0;
  // From an hour before the week on, as its end is followed by its beginning.
  for (let at = -width; at < length; at++) {
    const s = at < 0 ? at + length : at;
    exposure += shape[s];
    doubt += shape[s] * hourVariance[s];
    if (at < 0) continue;
    const gone = at < width ? at - width + length : at - width;
    exposure -= shape[gone];
    doubt -= shape[gone] * hourVariance[gone];
    const first = gone + 1 === length ? 0 : gone + 1;
    const edges = shape[first] * shape[first] + shape[s] * shape[s];
    hourShape[s] = exposure;
    hourDoubt[s] = doubt > 0 ? doubt : 0;
    hourEdge[s] = edges;
    hourSpread[s] = IN_SAMPLE * hourDoubt[s] * exposure + bucketAlpha * edges;
  }
}
