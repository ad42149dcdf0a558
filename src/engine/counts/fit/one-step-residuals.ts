import { DAY, HOUR, WEEK } from '../../../time/grid.js';
import { burstHours } from '../burst-hours.js';
import { type Dispersion, fitDispersion, PRIOR } from '../dispersion.js';
import { growthOf } from '../growth.js';
import { LEAST_MEAN, type Past, type RowModel, straddles } from '../model.js';
import { EDGED, IN_SAMPLE } from '../multi-window.js';
import type { KeptProfile } from '../quantized-profile.js';
import { learnRates as learnLevels, RATE_STATE, startRate, walkPerDay } from '../rate-filter.js';
import { rawSilenceNats } from '../silence.js';
import {
  leastStretch,
  RANK,
  silenceShown,
  type TailShown,
  type TailsShown,
  tailShown,
  tailsAtLeast,
} from '../tail-calibration.js';
import type { DailyMaxima } from './daily-maxima.js';
import { gatherBuckets } from './fit-kernels.js';
import type { Blocks, FitPlan } from './fit-plan.js';
import { hourMaxima } from './hour-maxima.js';
import { rateHistory } from './rate-history.js';
import type { Training } from './training-layout.js';

/**
 * Where runs fall on either side of a bucket's edge, the bucket that gets one in ten has a square of ten times its variance
 * each time: that is its ordinary scatter.
 */
export const STRADDLING_CAP = 200;
/** Squares of windows count so many variances at most; Gaussian ones lose 5 % by it. */
export const WINDOW_CAP = 6;
/** What the level is taken to rest on before the first block, in independent calls. */
const START_CALLS = 8;

/** A bucket is one of as many that its place in the week has had, so that its pull on its mean is at most one in those. */
export function mostPull({ support }: Past, step: number): number {
  return Math.min(0.7, WEEK / (support * step));
}

/** A fitted row, and what its history tells of its tails: what is granted to a young one on top may yet change. */
export interface FittedRow {
  readonly model: RowModel;
  /** `undefined` of a row of few calls. */
  readonly tails?: TailsShown | undefined;
}

/**
 * The history once more as the detector would have met it: the level known at each block from those before alone. So the
 * scatter and the tails of every window length are those of predictions, with all that prediction gets wrong.
 */
export function replay(
  taught: Training,
  plan: FitPlan,
  profile: KeptProfile,
  rough: Dispersion,
  roughHourly: Dispersion,
  firstLevel: number,
  past: Past,
): FittedRow {
  const { grid, windows, blocks, scratch } = plan;
  const { step } = grid;
  const kept = scratch.profile;
  profile.expand(kept);
  const b = sumsOf(taught, plan);
  const anchor = meanRate(b, blocks);
  const state = new Float64Array(RATE_STATE);
  const follow = (hourly: Dispersion) => {
    startRate(state, Math.max(firstLevel, LEAST_MEAN), START_CALLS);
    learnLevels(state, b, { hours: windows.block / HOUR, perBlock: windows.block / step, anchor, scatter: hourly });
  };
  follow(roughHourly);
  gatherBuckets(taught, plan, taught.pieceBlock, b.level, b.levelVariance, rough, mostPull(past, step), LEAST_MEAN);
  const straddling = straddles(rough.alpha, roughHourly.alpha);
  const days = (past.support * step) / DAY;
  const buckets = fitDispersion(scratch.residuals, PRIOR, 1, straddling ? STRADDLING_CAP : undefined);
  const dispersions = [buckets];
  // A series that began later has no days before: days of nothing would pass for a body far below its tail.
  const born = taught.pieceDate[0];
  const shownBy = (side: DailyMaxima['above'], tests: number) =>
    tailShown(side.quick.subarray(born), tests, (day) => side.nats(born + day));
  const above: TailShown[] = [];
  const below: TailShown[] = [];
  for (let w = 1; w < windows.spans.length; w++) {
    const width = windows.blocks[w];
    gatherWindows(Math.max(1, width), plan, b, w > 1 ? b.clipped : b.calls);
    const { phi, alpha } = dispersions[w - 1];
    dispersions.push(fitDispersion(scratch.residuals, { phi, alpha: alpha / 2 }, Math.max(1, width), WINDOW_CAP));
    if (w === 1) {
      follow(dispersions[1]);
      if (width > 0) gatherWindows(width, plan, b, b.clipped);
    }
    const tests = days * (width === 0 ? windows.tests[w] : windows.blockTests[w]);
    const maxima =
      width === 0 ? hourMaxima(taught, plan, dispersions) : windowMaxima(dispersions[w], dispersions[0].alpha, plan);
    above[w] = shownBy(maxima.above, tests);
    below[w] = shownBy(maxima.below, tests);
  }
  const hourly = dispersions[Math.min(1, dispersions.length - 1)];
  const drift = rateHistory(b, {
    hours: windows.block / HOUR,
    anchor,
    scatter: hourly,
    start: START_CALLS,
    rate: Math.max(firstLevel, LEAST_MEAN),
    days,
  });
  const base = baseTails(taught, plan, dispersions);
  above[0] = shownBy(base.maxima.above, taught.n);
  below[0] = shownBy(base.maxima.below, taught.n);
  const silence = silenceShown(scratch.silence.subarray(born), base.silences);
  const model = {
    ...past,
    profile,
    level: state,
    anchor,
    ...growthOf(b, windows, dispersions[dispersions.length - 1].phi),
    walk: walkPerDay(state, dispersions[dispersions.length - 1].alpha),
    phi: Float64Array.from(dispersions, ({ phi }) => phi),
    alpha: Float64Array.from(dispersions, ({ alpha }) => alpha),
    ...tailsAtLeast({ above, below, silence }, leastStretch(days)),
    bursts: burstHours(burstsOf(base.maxima.above, taught.n), plan.cells.slots),
    drift,
    clock: base.clock,
    silent: base.silent,
  };
  return { model, tails: { above, below, silence } };
}

/** The mean rate of a history; never 0: half a call was always seen. */
function meanRate({ clipped, exposure }: Blocks, blocks: number): number {
  let calls = 0;
  let over = 0;
  for (let k = 0; k < blocks; k++) {
    calls += clipped[k];
    over += exposure[k];
  }
  return (calls + 0.5) / Math.max(over, 1);
}

/** Nats beyond the most surprising that the model alone would show from which on a day's furthest count is a burst. */
const BURST = 2;

/** The slots of the bursts of a history, at most one a day. @param tests independent tests in the history */
function burstsOf({ quick, slot }: DailyMaxima['above'], tests: number): number[] {
  const least = Math.log(tests / RANK) + BURST;
  const slots: number[] = [];
  for (let day = 0; day < quick.length; day++) if (quick[day] > least) slots.push(slot[day]);
  return slots;
}

/** What the blocks hold of the shape; their calls are summed up already. */
function sumsOf({ bucket, pieces, pieceFrom, pieceSlot, pieceBlock }: Training, { blockOf, scratch }: FitPlan): Blocks {
  const { shape, hourVariance } = scratch.profile;
  const { exposure, doubt, firstShape, lastShape } = scratch.blocks;
  for (const sums of [exposure, doubt, firstShape, lastShape]) sums.fill(0);
  for (let p = 0; p < pieces; p++) {
    const b = pieceBlock[p];
    const i = bucket[pieceFrom[p]];
    const end = pieceSlot[p] + pieceFrom[p + 1] - pieceFrom[p];
    let sum = 0;
    let doubts = 0;
    for (let s = pieceSlot[p]; s < end; s++) {
      sum += shape[s];
      doubts += shape[s] * hourVariance[s];
    }
    exposure[b] += sum;
    doubt[b] += doubts;
    lastShape[b] = shape[end - 1];
    if (i === 0 || blockOf[i - 1] !== b) firstShape[b] = shape[pieceSlot[p]];
  }
  return scratch.blocks;
}

/** The rolling sums of `width` blocks against what was expected of them when they began. */
function gatherWindows(width: number, { blocks, scratch }: FitPlan, b: Blocks, sums: Float64Array): void {
  const { residuals: found, lastBlock } = scratch;
  let n = 0;
  let calls = 0;
  let exposure = 0;
  let doubt = 0;
  for (let last = 0; last < blocks; last++) {
    calls += sums[last];
    exposure += b.exposure[last];
    doubt += b.doubt[last];
    const first = last - width + 1;
    if (first > 0) {
      calls -= sums[first - 1];
      exposure -= b.exposure[first - 1];
      doubt -= b.doubt[first - 1];
    }
    if (first < 0 || !(b.exposure[last] > 0)) continue;
    const m = Math.max(b.level[first] * exposure, LEAST_MEAN);
    const relative = exposure > 0 ? (IN_SAMPLE * doubt) / exposure / Math.sqrt(width) : 0;
    const edge = b.lastShape[last] * b.lastShape[last] + b.firstShape[first] * b.firstShape[first];
    lastBlock[n] = last;
    scratch.doubt[n] = relative;
    scratch.edge[n] = edge / (exposure * exposure);
    const y = Math.max(0, calls);
    found.y[n] = y;
    found.mu[n] = m;
    found.square[n] = (y - m) * (y - m);
    found.known[n++] = b.levelVariance[first];
  }
  found.n = n;
}

function windowMaxima({ phi, alpha }: Dispersion, bucketAlpha: number, { windows, scratch }: FitPlan): DailyMaxima {
  const { maxima, lastBlock, doubt, edge: edges } = scratch;
  const { y, mu, known, n } = scratch.residuals;
  maxima.clear();
  const { screen } = maxima;
  const { screen: above } = maxima.above;
  const { screen: below } = maxima.below;
  for (let i = 0; i < n; i++) {
    const m = mu[i];
    const edge = bucketAlpha * edges[i];
    const shared = alpha + known[i] + doubt[i] + edge;
    const day = Math.floor((lastBlock[i] * windows.block) / DAY);
    const off = y[i] - m;
    const variance = m * (1 + phi + shared * m);
    if (off * off <= screen[day] * variance) continue;
    if (off * off <= (off > 0 ? above[day] : below[day]) * variance) continue;
    const relative = shared + phi / m;
    if (edge <= EDGED * relative) maxima.add(day, y[i], m, relative);
  }
  return maxima;
}

/**
 * How surprising single buckets and silences were on each day. No function is called for a bucket that is ordinary: V8 (Node 20)
 * does not inline into loops of this size, and the numbers handed over were boxed, 2 MB of garbage a row.
 */
function baseTails(
  { pieces, pieceFrom, pieceSlot, pieceDate, pieceBlock }: Training,
  { scratch }: FitPlan,
  dispersions: readonly Dispersion[],
): { maxima: DailyMaxima; silences: number; clock: number; silent: number } {
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
