import type { Dispersion } from '../dispersion.js';
import { LEAST_MEAN } from '../model.js';
import { EDGED, IN_SAMPLE } from '../multi-window.js';
import type { DailyMaxima } from './daily-maxima.js';
import type { FitPlan, Scratch } from './fit-plan.js';
import type { Training } from './training-layout.js';

/** Those of the window of an hour, which moves by single buckets: what starts on either side of its edge is in them. */
export function hourMaxima(
  { bucket, slot, pieces, pieceFrom, pieceSlot, pieceDate, pieceBlock, wholeHour }: Training,
  { slots, windows, scratch }: FitPlan,
  [{ alpha: bucketAlpha }, { phi, alpha }]: readonly Dispersion[],
): DailyMaxima {
  const { calls: y, before, maxima, hourShape, hourDoubt, hourEdge } = scratch;
  const { shape, hourVariance } = scratch.profile;
  const { level, levelVariance } = scratch.blocks;
  const width = windows.hourBuckets;
  sumHours(scratch, width);
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
    for (let s = pieceSlot[p]; k < end; k++, s++) {
      let calls: number;
      let exposure: number;
      let doubt: number;
      let edges: number;
      if (wholeHour[p] === 1) {
        calls = before[k + 1] - before[k + 1 - width];
        exposure = hourShape[s];
        doubt = hourDoubt[s];
        edges = hourEdge[s];
      } else {
        // After a gap or a change of the clocks the hour is what was heard of it.
        const gone = bucket[k] - width;
        calls = exposure = doubt = 0;
        for (let j = k; j >= 0 && bucket[j] > gone; j--) {
          calls += y[j];
          exposure += shape[slot[j]];
          doubt += shape[slot[j]] * hourVariance[slot[j]];
        }
        const first = shape[slots[gone < 0 ? 0 : gone + 1]];
        edges = first * first + shape[s] * shape[s];
      }
      if (!(exposure > 1e-9)) continue;
      const fitted = rate * exposure;
      const m = fitted < LEAST_MEAN ? LEAST_MEAN : fitted;
      // The variance m (1 + phi) + m² (known + 2 doubt/exposure + alpha edges/exposure²), without the divisions.
      const variance = m * (perCall + known * m) + rate * rate * (IN_SAMPLE * doubt * exposure + bucketAlpha * edges);
      const off = calls - m;
      const square = off * off;
      if (square <= screen[date] * variance) continue;
      if (square <= (off > 0 ? above[date] : below[date]) * variance) continue;
      const edge = (bucketAlpha * edges) / (exposure * exposure);
      const relative = known + (IN_SAMPLE * doubt) / exposure + edge + phi / m;
      // Mostly the scatter of a single bucket: such windows are not judged.
      if (edge <= EDGED * relative) maxima.add(date, calls, m, relative);
    }
  }
  return maxima;
}

/**
 * Of the hour that ends with each slot: the sums of the shape and of the shape times its variance, and the squares of the shapes at
 * its edges. 2,016 sums in place of 8,064.
 */
function sumHours({ profile, hourShape, hourDoubt, hourEdge }: Scratch, width: number): void {
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
    hourShape[s] = exposure;
    hourDoubt[s] = doubt > 0 ? doubt : 0;
    hourEdge[s] = shape[first] * shape[first] + shape[s] * shape[s];
  }
}
