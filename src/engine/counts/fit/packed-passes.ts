import { type Dispersion, fitDispersion, PRIOR } from '../dispersion.js';
import { LEAST_MEAN, straddles } from '../model.js';
import { rawSilenceNats } from '../silence.js';
import { gatherBuckets } from './fit-kernels.js';
import type { Blocks, FitPlan } from './fit-plan.js';
import { hourMaxima } from './hour-maxima.js';
import type { BaseTails, BucketPasses } from './one-step-residuals.js';
import type { Training } from './training-layout.js';

/** The passes of a replay over all buckets, one after another. */
export function packedPasses(taught: Training, plan: FitPlan): BucketPasses {
  const { scratch } = plan;
  return {
    sums(profile) {
      profile.expand(scratch.profile);
      return sumsOf(taught, plan);
    },
    dispersion(rough, most, cap) {
      const { level, levelVariance } = scratch.blocks;
      gatherBuckets(taught, plan, taught.pieceBlock, level, levelVariance, rough, most, LEAST_MEAN);
      // From the prior: from the rough ones, a round under the cap of jobs that straddle an edge does not settle (7 of 40 such jobs
      // were missed, in place of 4).
      return fitDispersion(scratch.residuals, PRIOR, 1, cap);
    },
    hourMaxima: (dispersions) => hourMaxima(taught, plan, dispersions),
    baseTails: (dispersions) => baseTails(taught, plan, dispersions),
  };
}

/**
 * What the blocks hold of the shape; their calls are summed up already. A whole hour holds what its hour of the week does: 168
 * sums in place of one over all buckets.
 */
function sumsOf({ bucket, pieces, pieceFrom, pieceSlot, pieceBlock, byHour }: Training, plan: FitPlan): Blocks {
  const { blockOf, scratch } = plan;
  const { shape, hourVariance } = scratch.profile;
  const { exposure, doubt, firstShape, lastShape } = scratch.blocks;
  for (const sums of [exposure, doubt, firstShape, lastShape]) sums.fill(0);
  const { shapes, doubts } = scratch.hourSums;
  const each = byHour?.each ?? Number.POSITIVE_INFINITY;
  for (let hour = 0; byHour !== undefined && hour * each < shape.length; hour++) {
    shapes[hour] = sumOf(shape, hour * each, each);
    doubts[hour] = shapes[hour] * hourVariance[hour * each];
  }
  for (let p = 0; p < pieces; p++) {
    const b = pieceBlock[p];
    const i = bucket[pieceFrom[p]];
    const from = pieceSlot[p];
    const length = pieceFrom[p + 1] - pieceFrom[p];
    const isWhole = length === each && from % each === 0;
    const sum = isWhole ? shapes[from / each] : sumOf(shape, from, length);
    exposure[b] += sum;
    doubt[b] += isWhole ? doubts[from / each] : productOf(shape, hourVariance, from, length);
    lastShape[b] = shape[from + length - 1];
    if (i === 0 || blockOf[i - 1] !== b) firstShape[b] = shape[from];
  }
  return scratch.blocks;
}

function sumOf(x: Float64Array, from: number, length: number): number {
  let sum = 0;
  for (let s = from; s < from + length; s++) sum += x[s];
  return sum;
}

function productOf(x: Float64Array, y: Float64Array, from: number, length: number): number {
  let sum = 0;
  for (let s = from; s < from + length; s++) sum += x[s] * y[s];
  return sum;
}

/**
 * How surprising single buckets and silences were on each day. No function is called for a bucket that is ordinary: V8 (Node 20)
 * does not inline into loops of this size, and the numbers handed over were boxed, 2 MB of garbage a row.
 */
function baseTails(
  { pieces, pieceFrom, pieceSlot, pieceDate, pieceBlock }: Training,
  { scratch }: FitPlan,
  dispersions: readonly Dispersion[],
): BaseTails {
  const { calls: y, maxima, silence } = scratch;
  const { shape, variance } = scratch.profile;
  const { level, levelVariance, silenceRate, silenceVariance } = scratch.blocks;
  maxima.clear();
  silence.fill(0);
  const { screen } = maxima;
  const { screen: above } = maxima.above;
  const { screen: below, quick: quietest } = maxima.below;
  const { phi, alpha } = dispersions[0];
  const perCall = 1 + phi;
  const logPerCall = Math.log1p(phi);
  const inverse = 1 / perCall;
  const late = dispersions.length > 1 && straddles(alpha, dispersions[1].alpha);
  let silences = 0;
  let clock = 0;
  let silent = 0;
  let carried = 0;
  for (let p = 0, k = 0; p < pieces; p++) {
    const end = pieceFrom[p + 1];
    const date = pieceDate[p];
    const rate = level[pieceBlock[p]];
    const known = levelVariance[pieceBlock[p]];
    const ratio = silenceRate[pieceBlock[p]] / rate;
    const silenceKnown = silenceVariance[pieceBlock[p]];
    for (let s = pieceSlot[p]; k < end; k++, s++) {
      const fitted = rate * shape[s];
      const mean = fitted < LEAST_MEAN ? LEAST_MEAN : fitted;
      const own = alpha + variance[s];
      let count = y[k];
      if (count === 0) {
        // As silenceOf(mean, own + phi/mean); ln(1 + phi + x) by the series of ln(1 + t) where few calls are missing.
        const t = own * mean * inverse;
        const log =
          t < 0.05
            ? logPerCall +
              t * (1 - t * (1 / 2 - t * (1 / 3 - t * (1 / 4 - t * (1 / 5 - t * (1 / 6 - t * (1 / 7 - t / 8)))))))
            : Math.log1p(own * mean + phi);
        clock += (log * mean * ratio) / (own * mean + phi);
        silent++;
      } else {
        // Of silences that went on from the hour before all has been looked at.
        if (clock > 0 && k > pieceFrom[p]) silence[date] = Math.max(silence[date], rawSilenceNats(clock, silenceKnown));
        silences++;
        clock = 0;
        silent = 0;
      }
      if (late) {
        const missing = mean - count;
        if (missing < 0) count = Math.max(mean, count - carried);
        carried = missing > 0 ? missing : 0;
      }
      const off = count - mean;
      const square = off * off;
      const spread = mean * (perCall + (own + known) * mean);
      if (count > 0 && square <= screen[date] * spread) continue;
      if (square <= (off > 0 ? above[date] : below[date]) * spread) {
        // Of no calls where m are expected, −ln p is m at most.
        if (count > 0 || mean <= quietest[date] || square <= spread) continue;
      }
      maxima.add(date, count, mean, own + known + phi / mean, s);
    }
    // A silence only grows: what it came to is looked at where it ends, and where an hour does.
    if (clock > 0) silence[date] = Math.max(silence[date], rawSilenceNats(clock, silenceKnown));
  }
  return { maxima, silences, clock, silent };
}
