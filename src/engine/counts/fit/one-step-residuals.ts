import { DAY, HOUR, WEEK } from '../../../time/grid.js';
import { burstHours } from '../burst-hours.js';
import { areAlike, type Dispersion, fitDispersion, type Residuals } from '../dispersion.js';
import { type Growth, growthOf } from '../growth.js';
import { LEAST_MEAN, type Past, type RowModel, straddles } from '../model.js';
import { EDGED, IN_SAMPLE } from '../multi-window.js';
import type { KeptProfile } from '../quantized-profile.js';
import { RATE_STATE, startRate, walkPerDay } from '../rate-filter.js';
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
import type { Blocks, FitPlan } from './fit-plan.js';
import { learnLevels } from './learn-levels.js';
import { rateHistory } from './rate-history.js';
import type { Training } from './training-layout.js';

/**
 * Where runs fall on either side of a bucket's edge, the bucket that gets one in ten has a square of ten times its variance
 * each time: that is its ordinary scatter.
 */
export const STRADDLING_CAP = 200;
/** Squares of windows count so many variances at most; Gaussian ones lose 5 % by it. */
export const WINDOW_CAP = 6;
/** Hours whose variance is as near to what was thought have their level followed alike. */
const FOLLOWED = 0.15;
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

/** What of the replay goes over single buckets, of which there are eight thousand where hours are seven hundred. */
export interface BucketPasses {
  /** What the blocks hold of the shape; their calls are summed up already. */
  sums(profile: KeptProfile): Blocks;
  /** How buckets scatter about what was known before each block. @param rough the same by the fit, and `most` the pull of one */
  dispersion(rough: Dispersion, most: number, cap: number | undefined): Dispersion;
  /** The furthest windows of an hour, which move by single buckets. */
  hourMaxima(dispersions: readonly Dispersion[]): DailyMaxima;
  /** The furthest buckets of each day, and its longest silence in `scratch.silence`. */
  baseTails(dispersions: readonly Dispersion[]): BaseTails;
}

/** What {@link BucketPasses.baseTails} leaves besides. */
export interface BaseTails {
  readonly maxima: DailyMaxima;
  /** Silences that ended. */
  readonly silences: number;
  /** The silence that goes on: in nats, and in buckets. */
  readonly clock: number;
  readonly silent: number;
}

/**
 * The history once more as the detector would have met it: the level known at each block from those before alone. So the
 * scatter and the tails of every window length are those of predictions, with all that prediction gets wrong.
 */
export function replay(
  passes: BucketPasses,
  { n: buckets, pieceDate }: Training,
  plan: FitPlan,
  profile: KeptProfile,
  rough: Dispersion,
  roughHourly: Dispersion,
  firstLevel: number,
  past: Past,
): FittedRow {
  const { grid, windows, blocks, scratch } = plan;
  const { step } = grid;
  const b = passes.sums(profile);
  const anchor = meanRate(b, blocks);
  const state = new Float64Array(RATE_STATE);
  const follow = (hourly: Dispersion) => {
    startRate(state, Math.max(firstLevel, LEAST_MEAN), START_CALLS);
    const terms = { hours: windows.block / HOUR, perBlock: windows.block / step, anchor, scatter: hourly };
    learnLevels(state, b, terms, scratch.levels);
  };
  follow(roughHourly);
  const straddling = straddles(rough.alpha, roughHourly.alpha);
  const days = (past.support * step) / DAY;
  const dispersions = [passes.dispersion(rough, mostPull(past, step), straddling ? STRADDLING_CAP : undefined)];
  // A series that began later has no days before: days of nothing would pass for a body far below its tail.
  const born = pieceDate[0];
  const shownBy = (side: DailyMaxima['above'], tests: number) =>
    tailShown(side.quick.subarray(born), tests, (day) => side.nats(born + day));
  const above: TailShown[] = [];
  const below: TailShown[] = [];
  for (let w = 1; w < windows.spans.length; w++) {
    const width = windows.blocks[w];
    gatherWindows(Math.max(1, width), plan, b, w > 1 ? b.clipped : b.calls);
    dispersions.push(dispersionOf(Math.max(1, width), dispersions[w - 1], scratch.residuals));
    if (w === 1) {
      // Hours that scatter much as was thought are followed as they were.
      if (!areAlike(dispersions[1], roughHourly, (anchor * windows.block) / step, FOLLOWED)) follow(dispersions[1]);
      if (width > 0) gatherWindows(width, plan, b, b.clipped);
    }
    const tests = days * (width === 0 ? windows.tests[w] : windows.blockTests[w]);
    const maxima =
      width === 0 ? passes.hourMaxima(dispersions) : windowMaxima(dispersions[w], dispersions[0].alpha, plan);
    maxima.settle();
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
  const base = passes.baseTails(dispersions);
  base.maxima.settle();
  above[0] = shownBy(base.maxima.above, buckets);
  below[0] = shownBy(base.maxima.below, buckets);
  const silence = silenceShown(scratch.silence.subarray(born), base.silences);
  const shown = { above, below, silence };
  const tails = tailsAtLeast(shown, leastStretch(days));
  const bursts = burstHours(burstsOf(base.maxima.above, buckets), plan.cells.slots);
  const growth = growthOf(b, windows, dispersions[dispersions.length - 1].phi);
  const model = modelOf(past, profile, { state, anchor, drift, dispersions }, growth, { ...tails, bursts }, base);
  return { model, tails: shown };
}

/** Field by field: copies of five objects in one, and mapped columns, were a twentieth of the time of a quiet row (Node 20). */
function modelOf(
  past: Past,
  profile: KeptProfile,
  rate: {
    readonly state: Float64Array;
    readonly anchor: number;
    readonly drift: number;
    readonly dispersions: readonly Dispersion[];
  },
  { growth, growthVariance }: Growth,
  tails: Pick<RowModel, 'above' | 'below' | 'silence' | 'silenceShift' | 'bursts'>,
  { clock, silent }: BaseTails,
): RowModel {
  const { state, anchor, drift, dispersions } = rate;
  return {
    calls: past.calls,
    support: past.support,
    listened: past.listened,
    firstCall: past.firstCall,
    lastCall: past.lastCall,
    firstCount: past.firstCount,
    profile,
    level: state,
    anchor,
    growth,
    growthVariance,
    walk: walkPerDay(state, dispersions[dispersions.length - 1].alpha),
    phi: columnOf(dispersions, 'phi'),
    alpha: columnOf(dispersions, 'alpha'),
    above: tails.above,
    below: tails.below,
    silence: tails.silence,
    silenceShift: tails.silenceShift,
    bursts: tails.bursts,
    drift,
    clock,
    silent,
  };
}

/** How sums of so many blocks scatter, given how shorter ones do. Of windows that share five calls in six, one is looked at. */
function dispersionOf(width: number, { phi, alpha }: Dispersion, found: Residuals): Dispersion {
  const every = Math.max(1, Math.floor(width / 6));
  found.every = every;
  return fitDispersion(found, { phi, alpha: alpha / 2 }, width / every, WINDOW_CAP);
}

function columnOf(dispersions: readonly Dispersion[], name: 'phi' | 'alpha'): Float64Array {
  const column = new Float64Array(dispersions.length);
  for (let w = 0; w < column.length; w++) column[w] = dispersions[w][name];
  return column;
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

/** The rolling sums of `width` blocks against what was expected of them when they began. */
function gatherWindows(width: number, { blocks, scratch }: FitPlan, b: Blocks, sums: Float64Array): void {
  const { residuals: found, lastBlock } = scratch;
  const shared = IN_SAMPLE / Math.sqrt(width);
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
    const y = Math.max(0, calls);
    lastBlock[n] = last;
    if (y > 0 || m > 1) {
      const inverse = 1 / exposure;
      const edge = b.lastShape[last] * b.lastShape[last] + b.firstShape[first] * b.firstShape[first];
      scratch.doubt[n] = exposure > 0 ? shared * doubt * inverse : 0;
      scratch.edge[n] = edge * inverse * inverse;
    }
    found.y[n] = y;
    found.mu[n] = m;
    found.square[n] = (y - m) * (y - m);
    found.known[n++] = b.levelVariance[first];
  }
  found.n = n;
}

function windowMaxima({ phi, alpha }: Dispersion, bucketAlpha: number, { dateOf, scratch }: FitPlan): DailyMaxima {
  const { maxima, lastBlock, doubt, edge: edges } = scratch;
  const { y, mu, known, n } = scratch.residuals;
  maxima.clear();
  const { screen } = maxima;
  const { screen: above } = maxima.above;
  const { screen: below } = maxima.below;
  for (let i = 0; i < n; i++) {
    const m = mu[i];
    // No calls are within a standard deviation of so few.
    if (y[i] === 0 && m <= 1 + phi) continue;
    const edge = bucketAlpha * edges[i];
    const shared = alpha + known[i] + doubt[i] + edge;
    const day = dateOf[lastBlock[i]];
    const off = y[i] - m;
    const variance = m * (1 + phi + shared * m);
    if (off * off <= screen[day] * variance) continue;
    if (off * off <= (off > 0 ? above[day] : below[day]) * variance) continue;
    const relative = shared + phi / m;
    if (edge <= EDGED * relative) maxima.add(day, y[i], m, relative);
  }
  return maxima;
}
