import { type Dispersion, fitDispersion, PRIOR } from '../dispersion.js';
import { type Past, roundedModel, straddles } from '../model.js';
import { quantized } from '../quantized-profile.js';
import { fitHourlyRow } from './fit-hourly-series.js';
import { sumCalls, sumClipped, sumMeans, sumPieces, sumRates, sumSquares } from './fit-kernels.js';
import type { FitPlan } from './fit-plan.js';
import { fitSparseRow } from './fit-sparse-series.js';
import { FEW_CALLS } from './hourly-calls.js';
import { hourlyDispersion } from './hourly-dispersion.js';
import { isSettled } from './is-settled.js';
import { type FittedRow, mostPull, replay, STRADDLING_CAP } from './one-step-residuals.js';
import { packedPasses } from './packed-passes.js';
import { packCalls, type RowCalls } from './read-calls.js';
import { type Training, trainingSince } from './training-layout.js';

/** Fewer calls than this have no shape of a week to show: shrunk, they come out flat, after all the work. */
export const SPARSE = 12;
/**
 * Nats of the chance that all calls of a series come after as long a quiet from which on it has no past before its first
 * call: one in 1,100.
 */
const BORN = 7;
/**
 * Fits one series, and says what its history shows of its tails; not of one of few calls, whose tails are the model's.
 * @param row its calls, read by `whole`
 * @param whole the training buckets of all rows
 */
export function fitRow(row: RowCalls, whole: Training, plan: FitPlan): FittedRow {
  const { grid } = plan;
  const { past, born } = pastOf(row, whole, grid.start, grid.step);
  if (past.calls < SPARSE) {
    return { model: roundedModel(fitSparseRow(row.events, whole, born, plan, past), plan.columns) };
  }

  const training = trainingSince(whole, born, plan);
  if (past.calls < FEW_CALLS) {
    const fitted = fitHourlyRow(row.events, training, plan, past);
    if (fitted !== undefined) return fitted;
  }
  packCalls(row, whole, plan.scratch.calls);
  return fitPackedRow(whole.n, training, plan, past);
}

/**
 * The same slot by slot, with all that is looked for within hours.
 * @param all buckets that hold the row's calls in `scratch.calls`, of which those of `training` are the last
 */
export function fitPackedRow(all: number, training: Training, plan: FitPlan, past: Past): FittedRow {
  const { grid, scratch } = plan;
  const { calls, clips, bySlot, profile } = scratch;
  bySlot.take(calls, training);
  if (training.from > 0) calls.copyWithin(0, training.from, all);
  sumCalls(training, plan);
  clips.first(bySlot, training);

  const { dayCalls, dayExposure, slotCalls, slotExposure: exposure, slotSquares } = scratch;
  const most = mostPull(past, grid.step);
  let bucket: Dispersion = PRIOR;
  let hour: Dispersion = PRIOR;
  let late = false;
  profile.shape.fill(1);
  sumPieces(training, plan);

  for (let round = 0; ; round++) {
    sumClipped(training, plan);
    if (late) sumSquares(plan);
    const daily = scratch.dailyRates.fit(dayCalls, dayExposure, bucket.phi);
    sumRates(training, plan, daily);
    const sums = { calls: slotCalls, exposure, repeats: training.repeats, squares: late ? slotSquares : undefined };
    scratch.profileFit.fit(sums, { bucket, hour }, profile);
    sumPieces(training, plan);
    sumMeans(training, plan, daily);
    const levels = { of: daily, at: training.pieceDay, atBySlot: training.dayBySlot };
    bySlot.gather(profile, calls, training, levels, bucket, most);
    const before = { bucket, hour };
    const isFirst = round === 0;
    bucket = fitDispersion(bySlot, PRIOR, 1, undefined, isFirst || late ? undefined : bucket);
    hour = hourlyDispersion(plan, bucket, isFirst ? undefined : hour);
    late = straddles(bucket.alpha, hour.alpha);
    if (late) bucket = fitDispersion(bySlot, PRIOR, 1, STRADDLING_CAP);
    if (isSettled(round, before, { bucket, hour }, past, plan)) {
      const { model, tails } = replay(
        packedPasses(training, plan),
        training,
        plan,
        quantized(profile),
        bucket,
        hour,
        daily[0],
        past,
      );
      return { model: roundedModel(model, plan.columns), tails };
    }
    clips.all(bySlot, training, bucket);
  }
}

/** What is plain to see of a series, and the bucket that it began with: the series is fitted to those since. */
function pastOf(
  { total: calls, first, last, firstCount }: RowCalls,
  { rank, n: observed }: Training,
  start: number,
  step: number,
): { past: Past; born: number } {
  const isSilent = first < 0;
  const before = isSilent ? 0 : rank[first];
  // Quiet before the first call is a part of the history, unless n calls spread over all of it would hardly all come so
  // late: (1 - before/N)^n. Then the key (or its use) began there. The rate since then says nothing of few calls: that of one
  // call two days before the end is as many a day as in all of a history before it.
  const isYoung = !isSilent && calls * Math.log(observed / (observed - before)) > BORN;
  return {
    born: isYoung ? first : 0,
    past: {
      calls,
      support: isYoung ? observed - before : observed,
      listened: observed,
      firstCall: isSilent ? Number.NaN : start + first * step,
      lastCall: isSilent ? Number.NaN : start + last * step,
      firstCount: isSilent ? 0 : firstCount,
    },
  };
}
