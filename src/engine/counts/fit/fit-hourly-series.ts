import { type Dispersion, fitDispersion, PRIOR } from '../dispersion.js';
import { type Past, roundedModel, straddles } from '../model.js';
import { quantizedHours } from '../quantized-profile.js';
import type { FitPlan } from './fit-plan.js';
import type { HourLayout } from './hour-layout.js';
import type { HourlyCalls } from './hourly-calls.js';
import { hourlyDispersion } from './hourly-dispersion.js';
import { hourlyPasses } from './hourly-passes.js';
import { isSettled } from './is-settled.js';
import { type FittedRow, mostPull, replay } from './one-step-residuals.js';
import { beyond, dropped, reachOf } from './outlier-clipping.js';
import type { Events } from './read-calls.js';
import type { Training } from './training-layout.js';

/** Counts up to this are never clipped. */
const NEVER_CLIPPED = 2;

/**
 * Fits a series of few calls as a fit slot by slot would, in a tenth of the time: nothing within its hours differs, so that all
 * buckets of one that hold no call are one entry. What is left are 700 hours and the calls.
 * @returns nothing where slots differ within hours, or calls come in runs that straddle buckets: that is for the other fit
 */
export function fitHourlyRow(events: Events, training: Training, plan: FitPlan, past: Past): FittedRow | undefined {
  const { hours: byHour } = training;
  const { hourly: row, hourCounts: counts, slotStructure } = plan.scratch;
  if (!training.isByHour || !row.take(events, training, byHour)) return undefined;
  const { scratch } = plan;
  sumRaw(row, training, plan);
  clipFirst(row, training, byHour);
  const most = mostPull(past, plan.grid.step);
  let bucket: Dispersion = PRIOR;
  let hour: Dispersion = PRIOR;
  row.profile.shape.fill(1);
  for (let round = 0; ; round++) {
    sumClipped(row, training, byHour, plan);
    const daily = scratch.dailyRates.fit(scratch.dayCalls, scratch.dayExposure, bucket.phi);
    sumRates(row, training, byHour, daily);
    row.fit.fitHours({ ...row.week, repeats: byHour.weeks }, { bucket, hour }, row.profile);
    counts.gather(training, training.pieceDay, daily, undefined, bucket, most);
    sumMeans(training, byHour, plan);
    const before = { bucket, hour };
    const isFirst = round === 0;
    bucket = fitDispersion(counts, PRIOR, 1, undefined, isFirst ? undefined : bucket);
    if (slotStructure.isShown(row, training, byHour, bucket)) return undefined;
    hour = hourlyDispersion(plan, bucket, isFirst ? undefined : hour);
    if (straddles(bucket.alpha, hour.alpha)) return undefined;
    if (isSettled(round, before, { bucket, hour }, past, plan)) {
      const profile = quantizedHours(row.profile, training.repeats.length);
      const passes = hourlyPasses(row, training, byHour, plan);
      const { model, tails } = replay(passes, training, plan, profile, bucket, hour, daily[0], past);
      return { model: roundedModel(model, plan.columns), tails };
    }
    for (let e = 0; e < row.n; e++) {
      const y = row.calls[e];
      row.clipped[e] = y <= NEVER_CLIPPED ? y : y - beyond(y, counts.pieceMean[row.piece[e]], bucket);
    }
  }
}

/** Sums of the calls as they were, by block, and of all before each bucket. */
function sumRaw(row: HourlyCalls, { pieceBlock }: Training, { scratch: { blocks } }: FitPlan): void {
  blocks.calls.fill(0);
  for (let e = 0; e < row.n; e++) blocks.calls[pieceBlock[row.piece[e]]] += row.calls[e];
}

/** The first estimate of what is ordinary, as Clips.first has it: a slot's mean without its highest counts, or its hour's. */
function clipFirst(row: HourlyCalls, { repeats }: Training, { each }: HourLayout): void {
  for (let e = 0; e < row.n; e++) {
    const y = row.calls[e];
    if (y <= NEVER_CLIPPED) continue;
    const slot = row.slot[e];
    const trimmed = (at: number) => row.trimmedMean(at, repeats[at], dropped(repeats[at]));
    const first = slot - (slot % each);
    let sum = 0;
    let slots = 0;
    for (let at = first; at < first + each; at++) {
      if (repeats[at] === 0) continue;
      sum += trimmed(at);
      slots++;
    }
    const m = Math.max(trimmed(slot), sum / slots);
    row.clipped[e] = Math.min(y, m + reachOf(m));
  }
}

/** Sums of the clipped calls by day, block and hour of the week, and of the shape by day. */
function sumClipped(
  row: HourlyCalls,
  { pieces, pieceDay, pieceBlock }: Training,
  { hourOf, buckets }: HourLayout,
  { scratch: { dayCalls, dayExposure, blocks } }: FitPlan,
): void {
  const { calls } = row.week;
  const { shape } = row.profile;
  calls.fill(0);
  dayCalls.fill(0);
  dayExposure.fill(0);
  blocks.clipped.fill(0);
  for (let e = 0; e < row.n; e++) {
    const p = row.piece[e];
    const y = row.clipped[e];
    calls[hourOf[p]] += y;
    dayCalls[pieceDay[p]] += y;
    blocks.clipped[pieceBlock[p]] += y;
  }
  for (let p = 0; p < pieces; p++) dayExposure[pieceDay[p]] += buckets[p] * shape[hourOf[p]];
}

/** What a flat shape would have given each hour of the week. */
function sumRates(
  { week: { exposure } }: HourlyCalls,
  { pieces, pieceDay }: Training,
  { hourOf, buckets }: HourLayout,
  daily: Float64Array,
): void {
  exposure.fill(0);
  for (let p = 0; p < pieces; p++) exposure[hourOf[p]] += buckets[p] * daily[pieceDay[p]];
}

/** The fitted means by block. */
function sumMeans(
  { pieces, pieceBlock }: Training,
  { buckets }: HourLayout,
  {
    scratch: {
      means,
      hourCounts: { pieceMean },
    },
  }: FitPlan,
): void {
  means.fill(0);
  for (let p = 0; p < pieces; p++) means[pieceBlock[p]] += pieceMean[p] * buckets[p];
}
