import { DAY, HOUR, WEEK } from '../time/grid.js';
import { DailyMaxima } from './daily-maxima.js';
import { fitDispersion, PRIOR } from './dispersion.js';
import { gatherBuckets } from './fit-kernels.js';
import type { Blocks, FitPlan, Taught } from './fit-plan.js';
import { LEVEL, LEVEL_STATE, LEVEL_VARIANCE, learnLevel, startLevel, walkPerDay } from './level-filter.js';
import { LEAST_MEAN, type Past, type RowModel, rawSilenceNats, silenceOf, straddles } from './model.js';
import type { Dispersion, Profile } from './profile.js';
import type { KeptProfile } from './quantise.js';
import { fitTail, KNOWN_AFTER, type LeastTails, leastStretch, silenceTail, type Tail } from './tail.js';

/**
 * Where runs fall on either side of a bucket's edge, the bucket that gets one in ten has a square of ten times its variance
 * each time: that is its ordinary scatter.
 */
export const STRADDLING_CAP = 200;
/** Squares of windows count so many variances at most; Gaussian ones lose 5 % by it. */
export const WINDOW_CAP = 6;
/**
 * How many times a window's profile variance adds to its scatter about the history's: once as the profile is not known,
 * once as the history's own residuals lack it.
 */
export const IN_SAMPLE = 2;
/** Share of a window's scatter that the buckets at its edges make up from which on it says no more than they do. */
export const EDGED = 0.5;
/** What the level is taken to rest on before the first block, in independent calls. */
const START_CALLS = 8;

/** A bucket is one of as many that its place in the week has had, so that its pull on its mean is at most one in those. */
export function mostPull({ support }: Past, step: number): number {
  return Math.min(0.7, WEEK / (support * step));
}

/**
 * The history once more as the detector would have met it: the level known at each block from those before alone. So the
 * scatter and the tails of every window length are those of predictions, with all that prediction gets wrong.
 */
export function replay(
  taught: Taught,
  plan: FitPlan,
  profile: KeptProfile,
  rough: Dispersion,
  roughHourly: Dispersion,
  firstLevel: number,
  past: Past,
  pooled: LeastTails | undefined,
): RowModel {
  const { grid, windows, blocks, scratch } = plan;
  const { step } = grid;
  const kept = scratch.profile;
  profile.expand(kept);
  const b = sumsOf(taught, plan, kept);
  let total = 0;
  let totalExposure = 0;
  for (let k = 0; k < blocks; k++) {
    total += b.clipped[k];
    totalExposure += b.exposure[k];
  }
  const anchor = (total + 0.5) / Math.max(totalExposure, 1);
  const state = new Float64Array(LEVEL_STATE);
  const follow = (hourly: Dispersion) => {
    startLevel(state, Math.max(firstLevel, LEAST_MEAN), START_CALLS);
    for (let k = 0; k < blocks; k++) {
      b.level[k] = state[LEVEL];
      b.levelVariance[k] = state[LEVEL_VARIANCE];
      learnLevel(state, b.clipped[k], b.exposure[k], windows.block / HOUR, windows.block / step, anchor, hourly);
    }
  };
  follow(roughHourly);
  gatherBuckets(taught, plan, taught.block, b.level, b.levelVariance, rough, mostPull(past, step), LEAST_MEAN);
  const straddling = straddles(rough.alpha, roughHourly.alpha);
  const dispersions = [fitDispersion(scratch.residuals, PRIOR, 1, straddling ? STRADDLING_CAP : undefined)];
  const days = (past.support * step) / DAY;
  const unknown = leastStretch(days);
  const least = days < KNOWN_AFTER && pooled !== undefined ? pooled : undefined;
  const above: Tail[] = [];
  const below: Tail[] = [];
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
      width === 0
        ? hourMaxima(taught, plan, kept, dispersions, b)
        : windowMaxima(dispersions[w], dispersions[0].alpha, plan, taught);
    above[w] = fitTail(maxima.above, tests, least?.above[w] ?? unknown);
    below[w] = fitTail(maxima.below, tests, least?.below[w] ?? unknown);
  }
  const base = baseTails(taught, plan, kept, dispersions, b);
  const silence = silenceTail(base.silence, base.silences, least?.silence ?? unknown);
  above[0] = fitTail(base.maxima.above, taught.n, least?.above[0] ?? unknown);
  below[0] = fitTail(base.maxima.below, taught.n, least?.below[0] ?? unknown);
  return {
    ...past,
    profile,
    level: state,
    anchor,
    walk: walkPerDay(state, dispersions[dispersions.length - 1].alpha),
    phi: Float64Array.from(dispersions, ({ phi }) => phi),
    alpha: Float64Array.from(dispersions, ({ alpha }) => alpha),
    above,
    below,
    silence: silence.tail,
    silenceShift: silence.shift,
    clock: base.clock,
    silent: base.silent,
  };
}

function sumsOf({ n, bucket, slot, block }: Taught, { blockOf, scratch }: FitPlan, kept: Profile): Blocks {
  const { shape, hourVariance } = kept;
  const { calls, clipped, exposure, doubt, firstShape, lastShape } = scratch.blocks;
  for (const sums of [calls, clipped, exposure, doubt, firstShape, lastShape]) sums.fill(0);
  for (let k = 0; k < n; k++) {
    const b = block[k];
    const x = shape[slot[k]];
    calls[b] += scratch.calls[k];
    clipped[b] += scratch.clipped[k];
    exposure[b] += x;
    doubt[b] += x * hourVariance[slot[k]];
    lastShape[b] = x;
    if (bucket[k] === 0 || blockOf[bucket[k] - 1] !== b) firstShape[b] = x;
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

function windowMaxima(
  { phi, alpha }: Dispersion,
  bucketAlpha: number,
  { windows, scratch }: FitPlan,
  { dates }: Taught,
): DailyMaxima {
  const { y, mu, known, n } = scratch.residuals;
  const maxima = new DailyMaxima(dates);
  for (let i = 0; i < n; i++) {
    const edge = bucketAlpha * scratch.edge[i];
    const relative = alpha + known[i] + scratch.doubt[i] + edge + phi / mu[i];
    if (edge > EDGED * relative) continue;
    maxima.add(Math.floor((scratch.lastBlock[i] * windows.block) / DAY), y[i], mu[i], relative);
  }
  return maxima;
}

/** Those of the window of an hour, which moves by single buckets: what starts on either side of its edge is in them. */
function hourMaxima(
  { n, bucket, slot, block, date, dates }: Taught,
  { slots, windows, scratch }: FitPlan,
  { shape, hourVariance }: Profile,
  [{ alpha: bucketAlpha }, { phi, alpha }]: readonly Dispersion[],
  { level, levelVariance }: Blocks,
): DailyMaxima {
  const maxima = new DailyMaxima(dates);
  const { calls: y } = scratch;
  const width = windows.hourBuckets;
  let calls = 0;
  let exposure = 0;
  let doubt = 0;
  let oldest = 0;
  for (let k = 0; k < n; k++) {
    const x = shape[slot[k]];
    calls += y[k];
    exposure += x;
    doubt += x * hourVariance[slot[k]];
    const gone = bucket[k] - width;
    for (; bucket[oldest] <= gone; oldest++) {
      const was = shape[slot[oldest]];
      calls -= y[oldest];
      exposure -= was;
      doubt -= was * hourVariance[slot[oldest]];
    }
    if (!(exposure > 1e-9)) continue;
    const b = block[k];
    const inverse = 1 / exposure;
    const m = Math.max(level[b] * exposure, LEAST_MEAN);
    const first = shape[slots[gone < 0 ? 0 : gone + 1]];
    const edge = bucketAlpha * (first * first + x * x) * inverse * inverse;
    const relative = alpha + levelVariance[b] + IN_SAMPLE * Math.max(0, doubt) * inverse + edge + phi / m;
    // Mostly the scatter of a single bucket: such windows are not judged.
    if (edge > EDGED * relative) continue;
    maxima.add(date[k], calls, m, relative);
  }
  return maxima;
}

/** How surprising single buckets and silences were on each day. */
function baseTails(
  { n, slot, block, date, dates }: Taught,
  { scratch }: FitPlan,
  { shape, variance }: Profile,
  dispersions: readonly Dispersion[],
  { level, levelVariance }: Blocks,
): { maxima: DailyMaxima; silence: Float64Array; silences: number; clock: number; silent: number } {
  const { calls: y } = scratch;
  const maxima = new DailyMaxima(dates);
  const silence = new Float64Array(dates);
  const { phi, alpha } = dispersions[0];
  const late = dispersions.length > 1 && straddles(alpha, dispersions[1].alpha);
  let silences = 0;
  let clock = 0;
  let silent = 0;
  let carried = 0;
  let lastMean = 0;
  let lastOwn = 0;
  let nats = 0;
  for (let k = 0; k < n; k++) {
    const b = block[k];
    const mean = Math.max(level[b] * shape[slot[k]], LEAST_MEAN);
    const own = alpha + variance[slot[k]] + phi / mean;
    if (y[k] === 0) {
      // Buckets of a quiet hour are alike, and a logarithm each was a third of the time of a sparse series.
      if (mean !== lastMean || own !== lastOwn) nats = silenceOf(mean, own);
      lastMean = mean;
      lastOwn = own;
      clock += nats;
      silent++;
      // A silence only grows: what it came to is looked at where a block or a day ends, and where it does.
      if (k + 1 === n || y[k + 1] > 0 || block[k + 1] !== b || date[k + 1] !== date[k]) {
        silence[date[k]] = Math.max(silence[date[k]], rawSilenceNats(clock, levelVariance[b]));
      }
    } else {
      silences++;
      clock = 0;
      silent = 0;
    }
    maxima.add(date[k], y[k] > mean ? Math.max(mean, y[k] - carried) : y[k], mean, own + levelVariance[b]);
    carried = late ? Math.max(0, mean - y[k]) : 0;
  }
  return { maxima, silence, silences, clock, silent };
}
