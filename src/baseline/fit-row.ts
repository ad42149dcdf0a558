import { logLowerTail, logUpperTail } from '../stats/negative-binomial.js';
import { DAY, type TimeGrid } from '../time/grid.js';
import { clip, firstClip, orderByCell } from './clip.js';
import { fitDispersion, PRIOR } from './dispersion.js';
import { fitSparseRow } from './fit-sparse-row.js';
import { fitLevel, type Level } from './level.js';
import { type RowModel, rawLogSilence, silenceOf, sizeOf } from './model.js';
import { type Dispersion, fitProfile, type Profile, type WeekCells } from './profile.js';
import { leastStretch, silenceShift, tailStretch } from './tail.js';

/** What all rows of one zone share: where each bucket of the history falls in the week, and working space. */
export interface FitPlan {
  readonly grid: TimeGrid;
  readonly cells: WeekCells;
  /** `[grid.length]` */
  readonly slots: Int32Array;
  readonly scratch: {
    readonly clipped: Float64Array;
    readonly mu: Float64Array;
    readonly leverage: Float64Array;
    readonly used: Float64Array;
  };
}

export function fitPlan(grid: TimeGrid, cells: WeekCells, slots: Int32Array): FitPlan {
  const column = () => new Float64Array(grid.length);
  return { grid, cells, slots, scratch: { clipped: column(), mu: column(), leverage: column(), used: column() } };
}

/** Fewer calls than this have no shape of a week to show: shrunk, they come out flat, after all the work. */
const SPARSE = 12;

/** A series expected to have called more often than this before its first call has no past before it. */
const BORN = 7;
/** Clip, profile, level and dispersion depend on one another: the first round stands on rough clips, the last on fitted ones. */
const ROUNDS = 3;

/**
 * Fits one series.
 * @param y `[grid.length]` calls
 * @param use `[grid.length]` 1 where the bucket was observed and may teach
 */
export function fitRow(y: Float64Array, use: Uint8Array, plan: FitPlan): RowModel {
  const { grid, cells, slots, scratch } = plan;
  const { length, start, step } = grid;
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
  const mask = born > 0 ? use.map((u, i) => (i < born ? 0 : u)) : use;
  const support = born > 0 ? observed - before : observed;

  const past = {
    calls,
    support,
    listened: observed,
    firstCall: first < 0 ? Number.NaN : start + first * step,
    lastCall: last < 0 ? Number.NaN : start + last * step,
    firstCount: first < 0 ? 0 : y[first],
  };
  if (calls < SPARSE) return fitSparseRow(y, mask, plan, past);

  const { perWeek } = cells.slots;
  const clipped = scratch.clipped;
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
  let profile: Profile = { shape: new Float64Array(perWeek).fill(1), variance: new Float64Array(perWeek) };
  let dispersion: Dispersion = PRIOR;
  let level!: Level;

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
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0) continue;
      slotCalls[slots[i]] += clipped[i];
      slotExposure[slots[i]] += level.daily[dayOf(i)];
    }
    profile = fitProfile(slotCalls, slotExposure, repeats, cells, dispersion);
    const n = gather(y, mask, plan, profile, level, dayOf, dispersion);
    dispersion = fitDispersion(scratch.used, scratch.mu, scratch.leverage, n);
    if (round === ROUNDS - 1) break;
    let k = 0;
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0) continue;
      const m = scratch.mu[k++];
      clipped[i] = clip(y[i], m, m * (1 + dispersion.phi) + dispersion.alpha * m * m);
    }
  }

  const model = {
    level: level.last,
    levelVariance: level.variance,
    levelWalk: level.walk,
    profile,
    phi: dispersion.phi,
    alpha: dispersion.alpha,
    stretchAbove: 1,
    stretchBelow: 1,
    stretchSilence: 1,
    silenceShift: 0,
    ...past,
  };
  return { ...model, ...stretches(y, mask, plan, model, level, dayOf) };
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

/** Counts, means and leverages of the buckets in use, packed to the front of the scratch columns; returns how many. */
function gather(
  y: Float64Array,
  mask: Uint8Array,
  { grid, slots, scratch }: FitPlan,
  profile: Profile,
  level: Level,
  dayOf: (i: number) => number,
  dispersion: Dispersion,
): number {
  let n = 0;
  for (let i = 0; i < grid.length; i++) {
    if (mask[i] === 0) continue;
    const slot = slots[i];
    const m = level.daily[dayOf(i)] * profile.shape[slot];
    scratch.used[n] = y[i];
    scratch.mu[n] = m;
    // A bucket's pull on its own mean: what its calls are worth as independent ones, over all that the cell rests on.
    const worth = m / (1 + dispersion.phi + dispersion.alpha * m);
    scratch.leverage[n] = Math.min(0.7, profile.variance[slot] * worth);
    n++;
  }
  return n;
}

/** The tail stretches of a fitted series, from how surprising its own days were. */
function stretches(
  y: Float64Array,
  mask: Uint8Array,
  { grid, slots }: FitPlan,
  model: RowModel,
  level: Level,
  dayOf: (i: number) => number,
): Pick<RowModel, 'stretchAbove' | 'stretchBelow' | 'stretchSilence' | 'silenceShift'> {
  const days = level.daily.length;
  const above = new Float64Array(days);
  const below = new Float64Array(days);
  const silence = new Float64Array(days);
  const highest = new Float64Array(days);
  const lowest = new Float64Array(days);
  let tests = 0;
  let silences = 0;
  let clock = 0;
  for (let i = 0; i < grid.length; i++) {
    if (mask[i] === 0) continue;
    const slot = slots[i];
    const day = dayOf(i);
    const mean = Math.max(level.daily[day] * model.profile.shape[slot], 1e-12);
    tests++;
    if (y[i] === 0) {
      clock += silenceOf(model, mean, slot);
      silence[day] = Math.max(silence[day], -rawLogSilence(clock, model.levelVariance));
    } else {
      silences++;
      clock = 0;
    }
    const size = sizeOf(model, mean, slot, model.levelVariance);
    const z = (y[i] - mean) / Math.sqrt(mean + (mean * mean) / size);
    // The exact tail only where z is near the day's furthest: the furthest p is nearly always one of those.
    if (z > 1.5 && z > 0.8 * highest[day]) {
      above[day] = Math.max(above[day], -logUpperTail(y[i], mean, size));
      highest[day] = Math.max(highest[day], z);
    } else if (z < -1.5 && z < 0.8 * lowest[day]) {
      below[day] = Math.max(below[day], -logLowerTail(y[i], mean, size));
      lowest[day] = Math.min(lowest[day], z);
    }
  }
  const observedDays = (tests * grid.step) / DAY;
  return {
    stretchAbove: tailStretch(above, tests, observedDays),
    stretchBelow: tailStretch(below, tests, observedDays),
    stretchSilence: leastStretch(observedDays),
    silenceShift: silenceShift(silence, silences),
  };
}
