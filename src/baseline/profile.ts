import type { WeekSlots } from '../time/week.js';

/** How counts scatter about their mean μ: variance μ (1 + phi) + alpha μ². */
export interface Dispersion {
  /** Batchiness: calls that come several at a time (retries, pages) add phi · μ. */
  readonly phi: number;
  /** Load noise that multiplies: adds alpha · μ². */
  readonly alpha: number;
}

/** The shape of a week. */
export interface Profile {
  /** `[perWeek]`; mean 1 over the week, so level · shape is calls per bucket. */
  readonly shape: Float64Array;
  /** `[perWeek]`; relative variance of each entry: what the history leaves open. */
  readonly variance: Float64Array;
  /** `[perWeek]`; the same of the hour around each entry, whose slots' own errors are averaged out. */
  readonly hourVariance: Float64Array;
}

/** A profile without the hours' own variance: a level of the hierarchy. */
type Shape = Omit<Profile, 'hourVariance'>;

/** Cells of a coarser view of the week: `of[slot]` is the cell a slot falls into. */
interface Cells {
  readonly count: number;
  readonly of: Int32Array;
}

/** The views of the week through which the profile is shrunk, coarse to fine. */
export interface WeekCells {
  readonly slots: WeekSlots;
  readonly dayOfWeek: Cells;
  readonly hourOfDay: Cells;
  readonly hourOfWeek: Cells;
  readonly minuteOfHour: Cells;
  readonly slotOfDay: Cells;
  readonly slotOfWeek: Cells;
}

const cellsByDay = new Map<number, WeekCells>();

export function weekCells(slots: WeekSlots): WeekCells {
  let cells = cellsByDay.get(slots.perDay);
  if (cells === undefined) {
    cells = makeCells(slots);
    cellsByDay.set(slots.perDay, cells);
  }
  return cells;
}

function makeCells(slots: WeekSlots): WeekCells {
  const perHour = Math.max(1, Math.floor(slots.perDay / 24));
  const hours = Math.ceil(slots.perDay / perHour);
  const cells = (count: number, of: (slot: number) => number): Cells => ({
    count,
    of: Int32Array.from({ length: slots.perWeek }, (_, slot) => of(slot)),
  });
  const day = (slot: number) => Math.floor(slot / slots.perDay);
  const inDay = (slot: number) => slot % slots.perDay;
  return {
    slots,
    dayOfWeek: cells(7, day),
    hourOfDay: cells(hours, (slot) => Math.floor(inDay(slot) / perHour)),
    hourOfWeek: cells(7 * hours, (slot) => day(slot) * hours + Math.floor(inDay(slot) / perHour)),
    minuteOfHour: cells(perHour, (slot) => inDay(slot) % perHour),
    slotOfDay: cells(slots.perDay, inDay),
    slotOfWeek: cells(slots.perWeek, (slot) => slot),
  };
}

/** Relative variance granted to a day of the week that the history has not seen: such a day may well be half or double. */
const UNSEEN_DAY = 0.2;

/**
 * The weekly profile by hierarchical shrinkage: hour of day and day of week first, their product the parent of the 168
 * hours of the week; within the hour, twelve five-minute shapes, common to all hours, then the day's 288, then the week's
 * 2,016. Every cell is drawn towards its parent as far as its own evidence is weak, and how far cells differ from their
 * parents at all is estimated from them; so flat, daily, weekly, office-hours and once-a-week traffic all fall out, and
 * a series of three calls a month keeps to a flat line. No test for seasonality, no threshold.
 *
 * @param calls `[perWeek]` calls by slot of week, outliers clipped
 * @param exposure `[perWeek]` calls that a flat shape would have given there: the sum of the level over observed buckets
 * @param repeats `[perWeek]` observed buckets by slot
 * @param dispersion how single buckets scatter: what slots are told by
 * @param hourly how sums of an hour do: what hours and days are told by. Noise of buckets apart from one another is a
 *   twelfth of it in an hour, and taken for common noise would leave every hour's place in the week in doubt
 * @param squares `[perWeek]` sum of the squared counts by slot, of a series whose runs straddle buckets: its slots are told
 *   by how their own counts scatter. No law of one phi and alpha fits both the bucket that has nine runs in ten and the
 *   one that has the tenth, and the weeks are too few for such scatter to tell one week's slot from another's
 */
export function fitProfile(
  calls: Float64Array,
  exposure: Float64Array,
  repeats: Float64Array,
  cells: WeekCells,
  dispersion: Dispersion,
  hourly: Dispersion,
  squares?: Float64Array,
): Profile {
  const { perWeek } = cells.slots;
  const one = new Float64Array(perWeek).fill(1);
  const zero = new Float64Array(perWeek);
  const step = (
    view: Cells,
    base: Float64Array,
    parent: Float64Array,
    parentVariance: Float64Array,
    scatter: Dispersion,
    unseen = 0,
    witnesses = 0,
    own?: Float64Array,
  ) => shrink(calls, exposure, repeats, view, base, parent, parentVariance, scatter, unseen, witnesses, own);

  const hour = step(cells.hourOfDay, one, one, zero, hourly);
  const day = step(cells.dayOfWeek, hour.shape, one, zero, hourly, UNSEEN_DAY);
  const coarse = times(hour, day);
  const hourOfWeek = step(cells.hourOfWeek, one, coarse.shape, coarse.variance, hourly, 0, 2);
  const minute = step(cells.minuteOfHour, hourOfWeek.shape, one, zero, dispersion);
  const slotOfDay = step(cells.slotOfDay, hourOfWeek.shape, minute.shape, minute.variance, dispersion, 0, 0, squares);
  const fine = times(hourOfWeek, slotOfDay);
  const { shape, variance } = step(
    cells.slotOfWeek,
    one,
    fine.shape,
    fine.variance,
    dispersion,
    0,
    squares === undefined ? 2 : Number.POSITIVE_INFINITY,
  );

  let mean = 0;
  for (const s of shape) mean += s / perWeek;
  if (mean > 0) for (let k = 0; k < perWeek; k++) shape[k] /= mean;
  return { shape, variance, hourVariance: hourOfWeek.variance };
}

function times(a: Shape, b: Shape): Shape {
  return { shape: a.shape.map((s, k) => s * b.shape[k]), variance: a.variance.map((v, k) => v + b.variance[k]) };
}

/**
 * One level of the hierarchy. A cell's rate relative to `base` has a gamma prior with the parent's mean m and precision
 * a0 = 1/s²; given c calls on an exposure e (in calls at rate 1) its posterior mean is m (f c + a0) / (f e m + a0), with
 * relative variance 1 / (f c + a0), to which the parent's own uncertainty comes as far as it still counts. The factor
 * f = 1 / (1 + phi + alpha c/n) turns over-dispersed calls into the independent ones they are worth.
 * Returned per slot, not per cell.
 */
function shrink(
  calls: Float64Array,
  exposure: Float64Array,
  repeats: Float64Array,
  view: Cells,
  base: Float64Array,
  parent: Float64Array,
  parentVariance: Float64Array,
  { phi, alpha }: Dispersion,
  unseen: number,
  witnesses: number,
  squares?: Float64Array,
): Shape {
  const c = new Float64Array(view.count);
  const e = new Float64Array(view.count); // at rate 1
  const em = new Float64Array(view.count); // at the parent's rate
  const n = new Float64Array(view.count);
  const ev = new Float64Array(view.count);
  const { of } = view;
  for (let k = 0; k < of.length; k++) {
    const cell = of[k];
    const x = exposure[k] * base[k];
    c[cell] += calls[k];
    e[cell] += x;
    em[cell] += x * parent[k];
    ev[cell] += x * parent[k] * parentVariance[k];
    // Occurrences, not buckets: the twelve of one noisy hour are not twelve witnesses.
    if (k === 0 || of[k - 1] !== cell) n[cell] += repeats[k];
  }
  const noise = new Float64Array(view.count);
  for (let i = 0; i < view.count; i++) noise[i] = em[i] * (1 + phi) + (alpha * em[i] * em[i]) / Math.max(1, n[i]);
  if (squares !== undefined) {
    const sum = new Float64Array(view.count);
    for (let k = 0; k < of.length; k++) sum[of[k]] += squares[k];
    for (let i = 0; i < view.count; i++) noise[i] = Math.max(noise[i], sum[i] - (c[i] * c[i]) / Math.max(1, n[i]));
  }
  const s2 = heterogeneity(c, em, noise);
  const a0 = 1 / s2;
  const ratio = new Float64Array(view.count); // posterior mean over the parent's
  const own = new Float64Array(view.count); // weight still on the parent
  const variance = new Float64Array(view.count);
  for (let i = 0; i < view.count; i++) {
    if (witnesses > n[i]) {
      // Seen once, a departure from the parent may be an incident as well as a habit: that the cell differs at all stays open.
      ratio[i] = 1;
      own[i] = 1;
      variance[i] = e[i] > 0 ? s2 : Math.max(s2, unseen);
      continue;
    }
    const f =
      squares === undefined
        ? 1 / (1 + phi + (alpha * Math.max(c[i], em[i])) / Math.max(1, n[i]))
        : em[i] / Math.max(noise[i], 1e-12);
    const prior = e[i] > 0 ? a0 : 1 / Math.max(s2, unseen);
    ratio[i] = (f * c[i] + a0) / (f * em[i] + a0);
    own[i] = a0 / (f * em[i] + a0);
    variance[i] = 1 / (f * c[i] + prior);
  }
  const shape = new Float64Array(of.length);
  const relative = new Float64Array(of.length);
  for (let k = 0; k < of.length; k++) {
    const cell = of[k];
    const above = em[cell] > 0 ? ev[cell] / em[cell] : parentVariance[k];
    shape[k] = parent[k] * ratio[cell];
    relative[k] = variance[cell] + own[cell] * own[cell] * above;
  }
  return { shape, variance: relative };
}

const LEAST_S2 = 1e-6;
const MOST_S2 = 100;
const LEAST_CALLS = 0.1;

/**
 * s², the relative variance of cells about their parents, such that Σ (c − m)²/(v + s² m²) is what chance alone would
 * make it (Paule and Mandel 1982, who weigh cells alike in relative terms: with moments, busy office hours would speak
 * for quiet week ends), plus two standard errors: without those the noise of a sparse series would pass for structure.
 */
function heterogeneity(c: Float64Array, em: Float64Array, noise: Float64Array): number {
  let s2 = 0;
  let target = 0;
  // Newton from 0: the sum is convex and falls in s², so steps never overshoot.
  for (let step = 0; step < 30; step++) {
    let sum = 0;
    let slope = 0;
    let cells = 0;
    let spread = 0;
    for (let i = 0; i < c.length; i++) {
      const m = em[i];
      // A cell of which next to nothing is expected says nothing of shape, and its square has a kurtosis of 1/m.
      if (m < LEAST_CALLS) continue;
      const variance = noise[i] + s2 * m * m;
      const square = (c[i] - m) * (c[i] - m);
      sum += square / variance;
      slope -= (square * m * m) / (variance * variance);
      cells++;
      spread += 2 + 1 / noise[i];
    }
    if (step === 0) target = cells + 2 * Math.sqrt(spread);
    if (sum <= target * 1.001 || slope === 0) break;
    s2 += (target - sum) / slope;
    if (s2 > MOST_S2) break;
  }
  return Math.min(MOST_S2, Math.max(LEAST_S2, s2));
}
