import { type Dispersion, fitDispersion, PRIOR } from '../dispersion.js';
import { LEAST_MEAN } from '../model.js';
import { EDGED, IN_SAMPLE } from '../multi-window.js';
import { rawSilenceNats, silenceBeside } from '../silence.js';
import { PIVOT } from '../tail-calibration.js';
import type { DailyMaxima } from './daily-maxima.js';
import type { Blocks, FitPlan } from './fit-plan.js';
import type { HourLayout } from './hour-layout.js';
import type { HourlyCalls } from './hourly-calls.js';
import type { BaseTails, BucketPasses } from './one-step-residuals.js';
import type { Training } from './training-layout.js';

/** The passes of a replay over hours and calls. */
export function hourlyPasses(row: HourlyCalls, taught: Training, byHour: HourLayout, plan: FitPlan): BucketPasses {
  const { scratch } = plan;
  return {
    sums(profile) {
      profile.expand(row.profile);
      return sumsOf(row, taught, byHour, plan);
    },
    dispersion(rough, most, cap) {
      const { level, levelVariance } = scratch.blocks;
      scratch.hourCounts.gather(taught, taught.pieceBlock, level, levelVariance, rough, most);
      return fitDispersion(scratch.hourCounts, PRIOR, 1, cap);
    },
    hourMaxima: (dispersions) => hourMaxima(row, taught, byHour, plan, dispersions),
    baseTails: (dispersions) => baseTails(row, taught, byHour, plan, dispersions[0]),
  };
}

/** What the blocks hold of the shape. */
function sumsOf(
  { profile: { shape, hourVariance } }: HourlyCalls,
  { pieces, pieceBlock, pieceFrom, bucket }: Training,
  { hourOf, buckets }: HourLayout,
  { blockOf, scratch: { blocks } }: FitPlan,
): Blocks {
  const { exposure, doubt, firstShape, lastShape } = blocks;
  for (const sums of [exposure, doubt, firstShape, lastShape]) sums.fill(0);
  for (let p = 0; p < pieces; p++) {
    const b = pieceBlock[p];
    const own = shape[hourOf[p]];
    exposure[b] += buckets[p] * own;
    doubt[b] += buckets[p] * own * hourVariance[hourOf[p]];
    lastShape[b] = own;
    const i = bucket[pieceFrom[p]];
    if (i === 0 || blockOf[i - 1] !== b) firstShape[b] = own;
  }
  return blocks;
}

/**
 * Those of the window of an hour: the furthest above end with a bucket that holds calls, or with the first of a day; of those
 * below are looked at the hours themselves, where more is due in one than no calls are ordinary for.
 */
function hourMaxima(
  row: HourlyCalls,
  { bucket, slot, pieces, pieceDate, pieceBlock, pieceSlot, pieceFrom, wholeHour }: Training,
  { each, hourOf, isPartial }: HourLayout,
  { slots, windows, scratch }: FitPlan,
  [{ alpha: bucketAlpha }, { phi, alpha }]: readonly Dispersion[],
): DailyMaxima {
  const { maxima } = scratch;
  const { shape, hourVariance } = row.profile;
  const { level, levelVariance } = scratch.blocks;
  const width = windows.hourBuckets;
  maxima.clear();
  const add = (p: number, calls: number, exposure: number, doubt: number, edges: number): void => {
    if (!(exposure > 1e-9)) return;
    const m = Math.max(level[pieceBlock[p]] * exposure, LEAST_MEAN);
    const edge = (bucketAlpha * edges) / (exposure * exposure);
    const relative = alpha + levelVariance[pieceBlock[p]] + (IN_SAMPLE * doubt) / exposure + edge + phi / m;
    if (edge <= EDGED * relative) maxima.add(pieceDate[p], calls, m, relative);
  };
  // The window that ends with an entry, of which `first` is the first event that it may hold and `end` the first after it.
  const look = (k: number, p: number, first: number, end: number): void => {
    const gone = bucket[k] - width;
    let calls = 0;
    for (let e = first; e < end; e++) if (bucket[row.entry[e]] > gone) calls += row.calls[e];
    if (calls === 0) return;
    const hour = hourOf[p];
    if (wholeHour[p] === 1 && p > 0 && isPartial[p] === 0) {
      // Of two hours that follow one another: a part of each.
      const last = hourOf[p - 1];
      const own = (k + 1 - pieceFrom[p]) * shape[hour];
      const rest = (pieceFrom[p] + width - k - 1) * shape[last];
      const begun = rest > 0 ? shape[last] : shape[hour];
      add(
        p,
        calls,
        own + rest,
        own * hourVariance[hour] + rest * hourVariance[last],
        begun * begun + shape[hour] * shape[hour],
      );
      return;
    }
    let exposure = 0;
    let doubt = 0;
    for (let j = k; j >= 0 && bucket[j] > gone; j--) {
      const at = Math.floor(slot[j] / each);
      exposure += shape[at];
      doubt += shape[at] * hourVariance[at];
    }
    const begun = shape[Math.floor(slots[gone < 0 ? 0 : gone + 1] / each)];
    add(p, calls, exposure, doubt, begun * begun + shape[hour] * shape[hour]);
  };
  let first = 0;
  for (let p = 0, e = 0; p < pieces; p++) {
    const from = pieceFrom[p];
    // What came before midnight is in the windows of the next day.
    while (first < e && bucket[row.entry[first]] <= bucket[from] - width) first++;
    if (first < e && p > 0 && pieceDate[p] !== pieceDate[p - 1]) look(from, p, first, e);
    for (; e < row.n && row.piece[e] === p; e++) look(row.entry[e], p, first, e + 1);
  }
  for (let p = 0; p < pieces; p++) {
    const own = shape[hourOf[p]];
    if (level[pieceBlock[p]] * own * width <= PIVOT) continue;
    const isEmpty = row.empty[p] === width && pieceSlot[p] % each === 0;
    if (isEmpty) add(p, 0, width * own, width * own * hourVariance[hourOf[p]], 2 * own * own);
  }
  return maxima;
}

/** How surprising single buckets and silences were on each day: those with calls, and where a silence ends or a day does. */
function baseTails(
  row: HourlyCalls,
  { pieces, pieceFrom, pieceDate, pieceBlock }: Training,
  { hourOf }: HourLayout,
  { scratch }: FitPlan,
  { phi, alpha }: Dispersion,
): BaseTails {
  const { maxima, silence } = scratch;
  const { shape, variance } = row.profile;
  const { level, levelVariance, silenceRate, silenceVariance } = scratch.blocks;
  maxima.clear();
  const { screen } = maxima;
  silence.fill(0);
  const logPerCall = Math.log1p(phi);
  let silences = 0;
  let clock = 0;
  let silent = 0;
  for (let p = 0, e = 0; p < pieces; p++) {
    const b = pieceBlock[p];
    const date = pieceDate[p];
    const rate = level[b];
    const hour = hourOf[p];
    const mean = Math.max(rate * shape[hour], LEAST_MEAN);
    // As scatter of the mean: relative + phi/mean is that of a count.
    const relative = alpha + variance[hour] + levelVariance[b];
    const spread = mean * (1 + phi + relative * mean);
    const each = silenceBeside(mean, alpha + variance[hour], phi, logPerCall) * (silenceRate[b] / rate);
    let k = pieceFrom[p];
    for (; e < row.n && row.piece[e] === p; e++) {
      clock += (row.entry[e] - k) * each;
      if (clock > 0) silence[date] = Math.max(silence[date], rawSilenceNats(clock, silenceVariance[b]));
      silences++;
      clock = 0;
      silent = 0;
      k = row.entry[e] + 1;
      const off = row.calls[e] - mean;
      if (off * off > screen[date] * spread) maxima.add(date, row.calls[e], mean, relative + phi / mean, row.slot[e]);
    }
    const left = pieceFrom[p + 1] - k;
    clock += left * each;
    silent += left;
    // A silence only grows: what it came to is looked at where it ends, and where a day does.
    if (clock > 0 && pieceDate[p + 1] !== date)
      silence[date] = Math.max(silence[date], rawSilenceNats(clock, silenceVariance[b]));
    // Of no calls where m are expected, −ln p is m at most: less than the pivot shows nothing.
    if (left > 0 && mean > PIVOT) maxima.add(date, 0, mean, relative + phi / mean);
  }
  return { maxima, silences, clock, silent };
}
