import { type Dispersion, fitDispersion, PRIOR } from '../dispersion.js';
import { LEAST_MEAN, straddles } from '../model.js';
import { rawSilenceNats, silenceBeside } from '../silence.js';
import { sumPieces } from './fit-kernels.js';
import type { Blocks, FitPlan, Scratch } from './fit-plan.js';
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
      const { bySlot, profile, calls } = scratch;
      const levels = { of: level, known: levelVariance, at: taught.pieceBlock, atBySlot: taught.blockBySlot };
      bySlot.gather(profile, calls, taught, levels, rough, most);
      // From the prior: from the rough ones, a round under the cap of jobs that straddle an edge does not settle (7 of 40 such jobs
      // were missed, in place of 4).
      return fitDispersion(bySlot, PRIOR, 1, cap);
    },
    hourMaxima: (dispersions) => hourMaxima(taught, plan, dispersions),
    baseTails: (dispersions) => baseTails(taught, plan, dispersions),
  };
}

/** What the blocks hold of the shape; their calls are summed up already. */
function sumsOf(training: Training, plan: FitPlan): Blocks {
  sumPieces(training, plan);
  const { bucket, pieces, pieceFrom, pieceSlot, pieceBlock, isByHour } = training;
  const { blockOf, scratch } = plan;
  const { shape, hourVariance } = scratch.profile;
  const { exposure, doubt, firstShape, lastShape } = scratch.blocks;
  const { pieceSums } = scratch;
  for (const sums of [exposure, doubt, firstShape, lastShape]) sums.fill(0);
  for (let p = 0; p < pieces; p++) {
    const b = pieceBlock[p];
    const i = bucket[pieceFrom[p]];
    const from = pieceSlot[p];
    const length = pieceFrom[p + 1] - pieceFrom[p];
    exposure[b] += pieceSums[p];
    // A piece of an hour has the one variance of it.
    doubt[b] += isByHour ? pieceSums[p] * hourVariance[from] : productOf(shape, hourVariance, from, length);
    lastShape[b] = shape[from + length - 1];
    if (i === 0 || blockOf[i - 1] !== b) firstShape[b] = shape[from];
  }
  return scratch.blocks;
}

function productOf(x: Float64Array, y: Float64Array, from: number, length: number): number {
  let sum = 0;
  for (let s = from; s < from + length; s++) sum += x[s] * y[s];
  return sum;
}

/**
 * How surprising single buckets were on each day. No function is called for a bucket that is ordinary: V8 (Node 20) does not
 * inline into loops of this size, and the numbers handed over were boxed, 2 MB of garbage a row.
 */
function baseTails(training: Training, { scratch }: FitPlan, dispersions: readonly Dispersion[]): BaseTails {
  const { pieces, pieceFrom, pieceSlot, pieceDate, pieceBlock } = training;
  const { calls: y, before, maxima, pieceSums } = scratch;
  const { shape, variance } = scratch.profile;
  const { level, levelVariance } = scratch.blocks;
  maxima.clear();
  const { screen } = maxima;
  const { screen: above } = maxima.above;
  const { screen: below, quick: quietest } = maxima.below;
  const { phi, alpha } = dispersions[0];
  const perCall = 1 + phi;
  const late = dispersions.length > 1 && straddles(alpha, dispersions[1].alpha);
  // Up to this mean no calls are within one standard deviation, and nothing to be looked at.
  const leastMissed = late ? 0 : perCall;
  let carried = 0;
  for (let p = 0, k = 0; p < pieces; p++) {
    const end = pieceFrom[p + 1];
    const date = pieceDate[p];
    const rate = level[pieceBlock[p]];
    if (before[end] === before[k] && rate * pieceSums[p] <= leastMissed) {
      k = end;
      continue;
    }
    const known = levelVariance[pieceBlock[p]];
    for (let s = pieceSlot[p]; k < end; k++, s++) {
      const fitted = rate * shape[s];
      const mean = fitted < LEAST_MEAN ? LEAST_MEAN : fitted;
      let count = y[k];
      if (count === 0 && mean <= leastMissed) continue;
      const own = alpha + variance[s];
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
  }
  return { maxima, ...silences(training, scratch, dispersions[0]) };
}

/**
 * The longest silence of each day: looked at where one ends, and where a day does. A bucket adds at most the mean that a silence is
 * judged by, so that a sum of shapes tells of most silences that they are not their day's longest: no logarithm for those.
 */
function silences(training: Training, scratch: Scratch, dispersion: Dispersion): Omit<BaseTails, 'maxima'> {
  const { n, pieces, pieceFrom, pieceSlot, pieceDate, pieceBlock } = training;
  const { calls: y, before, silence, pieceSums } = scratch;
  const { shape } = scratch.profile;
  const { silenceRate, silenceVariance } = scratch.blocks;
  silence.fill(0);
  let found = 0;
  // Of the silence that goes on: its first bucket, nats up to `summed`, and what it can have come to.
  let since = 0;
  let summed = 0;
  let clock = 0;
  let most = 0;
  for (let p = 0, k = 0; p < pieces; p++) {
    const end = pieceFrom[p + 1];
    const date = pieceDate[p];
    const rate = silenceRate[pieceBlock[p]];
    if (before[end] === before[k]) {
      most += rate * pieceSums[p];
      k = end;
    }
    for (let s = pieceSlot[p]; k < end; k++, s++) {
      if (y[k] === 0) {
        most += rate * shape[s];
        continue;
      }
      // Of silences that went on from the hour before all has been looked at.
      if (most > silence[date] && k > pieceFrom[p]) {
        clock = natsOf(training, scratch, dispersion, summed, k, clock);
        silence[date] = Math.max(silence[date], rawSilenceNats(clock, silenceVariance[pieceBlock[p]]));
      }
      found++;
      since = k + 1;
      summed = since;
      clock = 0;
      most = 0;
    }
    if (most > silence[date] && (pieceDate[p + 1] !== date || y[end] > 0)) {
      clock = natsOf(training, scratch, dispersion, summed, end, clock);
      summed = end;
      silence[date] = Math.max(silence[date], rawSilenceNats(clock, silenceVariance[pieceBlock[p]]));
    }
  }
  clock = natsOf(training, scratch, dispersion, summed, n, clock);
  return { silences: found, clock, silent: n - since };
}

/** `nats` and what the buckets from `from` up to `to` without a call add to them, see silenceOf. */
function natsOf(
  { pieceOf, piecesBefore, pieceFrom, pieceSlot, pieceBlock }: Training,
  { profile: { shape, variance }, blocks: { level, silenceRate } }: Scratch,
  { phi, alpha }: Dispersion,
  from: number,
  to: number,
  nats: number,
): number {
  const logPerCall = Math.log1p(phi);
  let clock = nats;
  for (let k = from; k < to; ) {
    const p = pieceOf[k] - piecesBefore;
    const end = Math.min(to, pieceFrom[p + 1]);
    const rate = level[pieceBlock[p]];
    const ratio = silenceRate[pieceBlock[p]] / rate;
    for (let s = pieceSlot[p] + k - pieceFrom[p]; k < end; k++, s++) {
      const mean = Math.max(rate * shape[s], LEAST_MEAN);
      clock += silenceBeside(mean, alpha + variance[s], phi, logPerCall) * ratio;
    }
  }
  return clock;
}
