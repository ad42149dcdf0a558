import { logLowerTail, logUpperTail } from '../stats/negative-binomial.js';
import { DAY, HOUR, type TimeGrid, WEEK } from '../time/grid.js';
import { clip, firstClip, orderByCell } from './clip.js';
import { fitDispersion, PRIOR, type Residuals, residuals } from './dispersion.js';
import { fitSparseRow, flatProfile } from './fit-sparse-row.js';
import { fitLevel, type Level } from './level.js';
import { LEVEL, LEVEL_STATE, LEVEL_VARIANCE, learnLevel, startLevel, walkPerDay } from './level-filter.js';
import { LEAST_MEAN, type Past, type RowModel, rawSilenceNats, silenceOf, straddles } from './model.js';
import { type Dispersion, fitProfile, type Profile, type WeekCells } from './profile.js';
import { rounded } from './quantise.js';
import { fitTail, KNOWN_AFTER, type LeastTails, leastStretch, silenceTail, type Tail } from './tail.js';
import { type Windows, windowsOf } from './windows.js';

/** What all rows of one zone share: where each bucket of the history falls in the week, and working space. */
export interface FitPlan {
  readonly grid: TimeGrid;
  readonly cells: WeekCells;
  readonly windows: Windows;
  /** `[grid.length]` */
  readonly slots: Int32Array;
  /** `[grid.length]`: the block of the long windows that each bucket falls into, from 0. */
  readonly blockOf: Int32Array;
  readonly blocks: number;
  readonly scratch: {
    readonly clipped: Float64Array;
    readonly residuals: Residuals;
    /** The same by blocks, without leverage. */
    readonly hours: Residuals;
    /** Beside the residuals of windows: the last block of each, and the relative variance of its profile. */
    readonly lastBlock: Int32Array;
    readonly doubt: Float64Array;
    /** The squares of the shapes of a window's first and last bucket over that of its sum. */
    readonly edge: Float64Array;
  };
}

export function fitPlan(grid: TimeGrid, cells: WeekCells, slots: Int32Array): FitPlan {
  const { length, start, step } = grid;
  const windows = windowsOf(step);
  const first = Math.floor(start / windows.block);
  const blockOf = new Int32Array(length);
  for (let i = 0; i < length; i++) blockOf[i] = Math.floor((start + i * step) / windows.block) - first;
  return {
    grid,
    cells,
    windows,
    slots,
    blockOf,
    blocks: length === 0 ? 0 : blockOf[length - 1] + 1,
    scratch: {
      clipped: new Float64Array(length),
      residuals: residuals(length),
      hours: residuals(length),
      lastBlock: new Int32Array(length),
      doubt: new Float64Array(length),
      edge: new Float64Array(length),
    },
  };
}

/** Fewer calls than this have no shape of a week to show: shrunk, they come out flat, after all the work. */
export const SPARSE = 12;
/** A series expected to have called more often than this before its first call has no past before it. */
const BORN = 7;
/** Clip, profile, level and dispersion depend on one another: the first round stands on rough clips, the last on fitted ones. */
const ROUNDS = 3;
/**
 * Where runs fall on either side of a bucket's edge, the bucket that gets one in ten has a square of ten times its variance
 * each time: that is its ordinary scatter.
 */
const STRADDLING_CAP = 200;
/** Squares of windows count so many variances at most; Gaussian ones lose 5 % by it. */
const WINDOW_CAP = 6;
/**
 * How many times a window's profile variance adds to its scatter about the history's: once as the profile is not known,
 * once as the history's own residuals lack it.
 */
export const IN_SAMPLE = 2;
/** Share of a window's scatter that the buckets at its edges make up from which on it says no more than they do. */
export const EDGED = 0.5;
/** What the level is taken to rest on before the first block, in independent calls. */
const START_CALLS = 8;

/**
 * Fits one series.
 * @param y `[grid.length]` calls
 * @param use `[grid.length]` 1 where the bucket was observed and may teach
 * @param pooled how long the tails of its kind are, for a series too young to have shown its own
 */
export function fitRow(y: Float64Array, use: Uint8Array, plan: FitPlan, pooled?: LeastTails): RowModel {
  const { grid, cells, slots, windows, scratch } = plan;
  const { length, step } = grid;
  const { past, mask } = pastOf(y, use, grid);
  if (past.calls < SPARSE) return fitSparseRow(y, mask, plan, past);

  const { perWeek } = cells.slots;
  const { clipped } = scratch;
  clipByFirstEstimate(y, mask, plan, clipped);
  const repeats = new Float64Array(perWeek);
  for (let i = 0; i < length; i++) if (mask[i] !== 0) repeats[slots[i]]++;

  const dayLength = Math.max(DAY, step);
  const days = Math.max(1, Math.ceil((length * step) / dayLength));
  const dayOf = (i: number) => Math.floor((i * step) / dayLength);
  const dayCalls = new Float64Array(days);
  const dayExposure = new Float64Array(days);
  const slotCalls = new Float64Array(perWeek);
  const slotExposure = new Float64Array(perWeek);
  const slotSquares = new Float64Array(perWeek);
  let profile: Profile = flatProfile(cells);
  let dispersion: Dispersion = PRIOR;
  let hourly: Dispersion = PRIOR;
  let late = false;
  let level!: Level;
  const most = mostLeverage(past, step);

  for (let round = 0; round < ROUNDS; round++) {
    dayCalls.fill(0);
    dayExposure.fill(0);
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0) continue;
      dayCalls[dayOf(i)] += clipped[i];
      dayExposure[dayOf(i)] += profile.shape[slots[i]];
    }
    level = fitLevel(dayCalls, dayExposure, dispersion.phi);
    slotCalls.fill(0);
    slotExposure.fill(0);
    slotSquares.fill(0);
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0) continue;
      slotCalls[slots[i]] += clipped[i];
      slotSquares[slots[i]] += clipped[i] * clipped[i];
      slotExposure[slots[i]] += level.daily[dayOf(i)];
    }
    profile = fitProfile(slotCalls, slotExposure, repeats, cells, dispersion, hourly, late ? slotSquares : undefined);
    const found = scratch.residuals;
    let n = 0;
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0) continue;
      const m = level.daily[dayOf(i)] * profile.shape[slots[i]];
      push(found, n++, y[i], m, profile.variance[slots[i]], dispersion, 0, most);
    }
    found.n = n;
    dispersion = fitDispersion(found);
    hourly = windows.hourBuckets === 0 ? dispersion : fitHourly(clipped, mask, plan, found.mu, dispersion);
    late = straddles(dispersion.alpha, hourly.alpha);
    if (late) dispersion = fitDispersion(found, PRIOR, 1, STRADDLING_CAP);
    if (round === ROUNDS - 1) break;
    let k = 0;
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0) continue;
      const m = found.mu[k++];
      clipped[i] = clip(y[i], m, m * (1 + dispersion.phi) + dispersion.alpha * m * m);
    }
  }
  return replay(y, mask, plan, rounded(profile), dispersion, hourly, level.daily[0], past, pooled);
}

/** How the sums of hours scatter about their means; `mu` holds the means of the buckets in use, packed. */
function fitHourly(
  clipped: Float64Array,
  mask: Uint8Array,
  { grid, blockOf, blocks, scratch }: FitPlan,
  mu: Float64Array,
  { phi, alpha }: Dispersion,
): Dispersion {
  const calls = new Float64Array(blocks);
  const means = new Float64Array(blocks);
  let k = 0;
  for (let i = 0; i < grid.length; i++) {
    if (mask[i] === 0) continue;
    calls[blockOf[i]] += clipped[i];
    means[blockOf[i]] += mu[k++];
  }
  const hours = scratch.hours;
  hours.n = 0;
  for (let b = 0; b < blocks; b++) {
    if (means[b] <= 0) continue;
    hours.y[hours.n] = calls[b];
    hours.mu[hours.n++] = means[b];
  }
  return fitDispersion(hours, { phi, alpha: alpha / 2 }, 1, WINDOW_CAP);
}

function push(
  r: Residuals,
  at: number,
  y: number,
  m: number,
  variance: number,
  { phi, alpha }: Dispersion,
  known: number,
  most: number,
): void {
  r.y[at] = y;
  r.mu[at] = m;
  // A bucket's pull on its own mean: what its calls are worth as independent ones, over all that the cell rests on.
  r.leverage[at] = Math.min(most, (variance * m) / (1 + phi + alpha * m));
  r.known[at] = known;
}

/** A bucket is one of as many that its place in the week has had, so that its pull on its mean is at most one in those. */
function mostLeverage({ support }: Past, step: number): number {
  return Math.min(0.7, WEEK / (support * step));
}

/** What is plain to see of a series, and the buckets that may teach: those since it began. */
function pastOf(y: Float64Array, use: Uint8Array, { length, start, step }: TimeGrid): { past: Past; mask: Uint8Array } {
  let calls = 0;
  let first = -1;
  let last = -1;
  let before = 0;
  let observed = 0;
  for (let i = 0; i < length; i++) {
    if (use[i] === 0) continue;
    if (y[i] > 0) {
      if (first < 0) {
        first = i;
        before = observed;
      }
      last = i;
      calls += y[i];
    }
    observed++;
  }
  // Quiet before the first call is a part of the history, unless at the rate since then it could hardly have been one:
  // then the key (or its use) began there.
  const born = first >= 0 && (calls / Math.max(1, observed - before)) * before > BORN ? first : 0;
  return {
    mask: born > 0 ? use.map((u, i) => (i < born ? 0 : u)) : use,
    past: {
      calls,
      support: born > 0 ? observed - before : observed,
      listened: observed,
      firstCall: first < 0 ? Number.NaN : start + first * step,
      lastCall: last < 0 ? Number.NaN : start + last * step,
      firstCount: first < 0 ? 0 : y[first],
    },
  };
}

/** The finest season of which the history holds three rounds: week, day or hour; less, and everything is one cell. */
function clipByFirstEstimate(
  y: Float64Array,
  mask: Uint8Array,
  { grid, cells, slots }: FitPlan,
  clipped: Float64Array,
): void {
  const { perDay } = cells.slots;
  let seen = 0;
  for (const use of mask) seen += use;
  const days = (seen * grid.step) / DAY;
  const view = days >= 21 ? cells.slotOfWeek : days >= 3 ? cells.slotOfDay : cells.minuteOfHour;
  const hourView = days >= 21 ? cells.hourOfWeek : days >= 3 ? cells.hourOfDay : undefined;
  const cell = slots.map((slot) => view.of[slot]);
  const hour = new Int32Array(view.count);
  if (hourView !== undefined) for (let k = 0; k < 7 * perDay; k++) hour[view.of[k]] = hourView.of[k];
  firstClip(y, orderByCell(cell, mask, grid.length, view.count), hour, hourView?.count ?? 1, clipped);
}

/**
 * The history once more as the detector would have met it: the level known at each block from those before alone. So the
 * scatter and the tails of every window length are those of predictions, with all that prediction gets wrong.
 */
function replay(
  y: Float64Array,
  mask: Uint8Array,
  plan: FitPlan,
  profile: Profile,
  rough: Dispersion,
  roughHourly: Dispersion,
  firstLevel: number,
  past: Past,
  pooled: LeastTails | undefined,
): RowModel {
  const { grid, windows, slots, blockOf, blocks, scratch } = plan;
  const { length, step } = grid;
  const { shape, variance, hourVariance } = profile;
  const calls = new Float64Array(blocks);
  const taught = new Float64Array(blocks);
  const exposure = new Float64Array(blocks);
  const doubt = new Float64Array(blocks);
  const firstShape = new Float64Array(blocks);
  const lastShape = new Float64Array(blocks);
  let total = 0;
  let totalExposure = 0;
  for (let i = 0; i < length; i++) {
    if (mask[i] === 0) continue;
    const b = blockOf[i];
    const x = shape[slots[i]];
    calls[b] += y[i];
    taught[b] += scratch.clipped[i];
    exposure[b] += x;
    doubt[b] += x * hourVariance[slots[i]];
    lastShape[b] = x;
    if (i === 0 || blockOf[i - 1] !== b) firstShape[b] = x;
    total += scratch.clipped[i];
    totalExposure += x;
  }
  const anchor = (total + 0.5) / Math.max(totalExposure, 1);
  const state = new Float64Array(LEVEL_STATE);
  const level = new Float64Array(blocks);
  const levelVariance = new Float64Array(blocks);
  const hours = windows.block / HOUR;
  let hourly = roughHourly;
  const follow = () => {
    startLevel(state, Math.max(firstLevel, LEAST_MEAN), START_CALLS);
    for (let b = 0; b < blocks; b++) {
      level[b] = state[LEVEL];
      levelVariance[b] = state[LEVEL_VARIANCE];
      learnLevel(state, taught[b], exposure[b], hours, windows.block / step, anchor, hourly);
    }
  };
  follow();

  const most = mostLeverage(past, step);
  const straddling = straddles(rough.alpha, roughHourly.alpha);
  const found = scratch.residuals;
  let n = 0;
  for (let i = 0; i < length; i++) {
    if (mask[i] === 0) continue;
    const b = blockOf[i];
    const v = variance[slots[i]];
    push(found, n++, y[i], Math.max(level[b] * shape[slots[i]], LEAST_MEAN), v, rough, levelVariance[b], most);
  }
  found.n = n;
  const dispersions = [fitDispersion(found, PRIOR, 1, straddling ? STRADDLING_CAP : undefined)];
  for (let w = 1; w < windows.spans.length; w++) {
    const width = Math.max(1, windows.blocks[w]);
    gatherWindows(width, plan, {
      calls: w > 1 ? taught : calls,
      exposure,
      doubt,
      level,
      levelVariance,
      firstShape,
      lastShape,
    });
    const { phi, alpha } = dispersions[w - 1];
    const fitted = fitDispersion(found, { phi, alpha: alpha / 2 }, width, WINDOW_CAP);
    dispersions.push(fitted);
    if (w === 1) {
      hourly = fitted;
      follow();
    }
  }

  const days = (past.support * step) / DAY;
  const unknown = leastStretch(days);
  const least = days < KNOWN_AFTER && pooled !== undefined ? pooled : undefined;
  const leastAbove = (w: number) => least?.above[w] ?? unknown;
  const leastBelow = (w: number) => least?.below[w] ?? unknown;
  const base = baseTails(y, mask, plan, profile, dispersions, level, levelVariance);
  const silence = silenceTail(base.silence, base.silences, least?.silence ?? unknown);
  const above: Tail[] = [fitTail(base.maxima.above, base.tests, leastAbove(0))];
  const below: Tail[] = [fitTail(base.maxima.below, base.tests, leastBelow(0))];
  for (let w = 1; w < windows.spans.length; w++) {
    if (windows.blocks[w] === 0) {
      const maxima = hourMaxima(y, mask, plan, profile, dispersions, level, levelVariance);
      above.push(fitTail(maxima.above, days * windows.tests[w], leastAbove(w)));
      below.push(fitTail(maxima.below, days * windows.tests[w], leastBelow(w)));
      continue;
    }
    const width = windows.blocks[w];
    gatherWindows(width, plan, { calls: taught, exposure, doubt, level, levelVariance, firstShape, lastShape });
    const maxima = windowMaxima(dispersions[w], dispersions[0].alpha, plan);
    above.push(fitTail(maxima.above, days * windows.blockTests[w], leastAbove(w)));
    below.push(fitTail(maxima.below, days * windows.blockTests[w], leastBelow(w)));
  }
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

interface Blocks {
  readonly calls: Float64Array;
  readonly exposure: Float64Array;
  readonly doubt: Float64Array;
  readonly level: Float64Array;
  readonly levelVariance: Float64Array;
  /** Shapes of the first and the last bucket of each block. */
  readonly firstShape: Float64Array;
  readonly lastShape: Float64Array;
}

/** The rolling sums of `width` blocks against what was expected of them when they began. */
function gatherWindows(width: number, { blocks, scratch }: FitPlan, b: Blocks): void {
  const { residuals: found, lastBlock } = scratch;
  let n = 0;
  let calls = 0;
  let exposure = 0;
  let doubt = 0;
  for (let last = 0; last < blocks; last++) {
    calls += b.calls[last];
    exposure += b.exposure[last];
    doubt += b.doubt[last];
    const first = last - width + 1;
    if (first > 0) {
      calls -= b.calls[first - 1];
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
    found.y[n] = Math.max(0, calls);
    found.mu[n] = m;
    found.leverage[n] = 0;
    found.known[n++] = b.levelVariance[first];
  }
  found.n = n;
}

function windowMaxima(
  { phi, alpha }: Dispersion,
  bucketAlpha: number,
  { windows, grid, scratch }: FitPlan,
): DailyMaxima {
  const { y, mu, known, n } = scratch.residuals;
  const maxima = new DailyMaxima(Math.ceil((grid.length * grid.step) / DAY) + 1);
  for (let i = 0; i < n; i++) {
    const edge = bucketAlpha * scratch.edge[i];
    const size = 1 / (alpha + known[i] + scratch.doubt[i] + edge + phi / mu[i]);
    if (edge * size > EDGED) continue;
    maxima.add(Math.floor((scratch.lastBlock[i] * windows.block) / DAY), y[i], mu[i], size);
  }
  return maxima;
}

/** Those of the window of an hour, which moves by single buckets: what starts on either side of its edge is in them. */
function hourMaxima(
  y: Float64Array,
  mask: Uint8Array,
  { grid, slots, blockOf, windows }: FitPlan,
  { shape, hourVariance }: Profile,
  [{ alpha: bucketAlpha }, { phi, alpha }]: readonly Dispersion[],
  level: Float64Array,
  levelVariance: Float64Array,
): DailyMaxima {
  const maxima = new DailyMaxima(Math.ceil((grid.length * grid.step) / DAY) + 1);
  const n = windows.hourBuckets;
  let calls = 0;
  let exposure = 0;
  let doubt = 0;
  for (let i = 0; i < grid.length; i++) {
    if (mask[i] !== 0) {
      const x = shape[slots[i]];
      calls += y[i];
      exposure += x;
      doubt += x * hourVariance[slots[i]];
    }
    const gone = i - n;
    if (gone >= 0 && mask[gone] !== 0) {
      const x = shape[slots[gone]];
      calls -= y[gone];
      exposure -= x;
      doubt -= x * hourVariance[slots[gone]];
    }
    if (mask[i] === 0 || !(exposure > 1e-9)) continue;
    const b = blockOf[i];
    const m = Math.max(level[b] * exposure, LEAST_MEAN);
    const first = shape[slots[Math.max(0, gone + 1)]];
    const last = shape[slots[i]];
    const edge = (bucketAlpha * (first * first + last * last)) / (exposure * exposure);
    const size = 1 / (alpha + levelVariance[b] + (IN_SAMPLE * Math.max(0, doubt)) / exposure + edge + phi / m);
    // Mostly the scatter of a single bucket: such windows are not judged.
    if (edge * size > EDGED) continue;
    maxima.add(Math.floor((i * grid.step) / DAY), calls, m, size);
  }
  return maxima;
}

/** The largest −ln p of each day, on both sides. */
class DailyMaxima {
  readonly above: Float64Array;
  readonly below: Float64Array;
  readonly #highest: Float64Array;
  readonly #lowest: Float64Array;

  constructor(days: number) {
    this.above = new Float64Array(days);
    this.below = new Float64Array(days);
    this.#highest = new Float64Array(days);
    this.#lowest = new Float64Array(days);
  }

  add(day: number, y: number, mean: number, size: number): void {
    const z = (y - mean) / Math.sqrt(mean + (mean * mean) / size);
    // The exact tail only where z is near the day's furthest: the furthest p is nearly always one of those.
    if (z > 1.5 && z > 0.8 * this.#highest[day]) {
      this.above[day] = Math.max(this.above[day], -logUpperTail(y, mean, size));
      this.#highest[day] = Math.max(this.#highest[day], z);
    } else if (z < -1 && (y === 0 || z < 0.8 * this.#lowest[day])) {
      this.below[day] = Math.max(this.below[day], -logLowerTail(y, mean, size));
      this.#lowest[day] = Math.min(this.#lowest[day], z);
    }
  }
}

/** How surprising single buckets and silences were on each day. */
function baseTails(
  y: Float64Array,
  mask: Uint8Array,
  { grid, slots, blockOf }: FitPlan,
  { shape, variance }: Profile,
  dispersions: readonly Dispersion[],
  level: Float64Array,
  levelVariance: Float64Array,
): { maxima: DailyMaxima; tests: number; silence: Float64Array; silences: number; clock: number; silent: number } {
  const count = Math.ceil((grid.length * grid.step) / DAY) + 1;
  const maxima = new DailyMaxima(count);
  const silence = new Float64Array(count);
  let tests = 0;
  let silences = 0;
  let clock = 0;
  let silent = 0;
  const { phi, alpha } = dispersions[0];
  const late = dispersions.length > 1 && straddles(alpha, dispersions[1].alpha);
  let carried = 0;
  for (let i = 0; i < grid.length; i++) {
    if (mask[i] === 0) continue;
    const slot = slots[i];
    const day = Math.floor((i * grid.step) / DAY);
    const b = blockOf[i];
    const mean = Math.max(level[b] * shape[slot], LEAST_MEAN);
    const own = alpha + variance[slot] + phi / mean;
    tests++;
    if (y[i] === 0) {
      clock += silenceOf(mean, own);
      silent++;
      silence[day] = Math.max(silence[day], rawSilenceNats(clock, levelVariance[b]));
    } else {
      silences++;
      clock = 0;
      silent = 0;
    }
    maxima.add(day, y[i] > mean ? Math.max(mean, y[i] - carried) : y[i], mean, 1 / (own + levelVariance[b]));
    carried = late ? Math.max(0, mean - y[i]) : 0;
  }
  return { maxima, tests, silence, silences, clock, silent };
}
