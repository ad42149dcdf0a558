import type { WeekSlots } from '../../time/week.js';

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
/** The same of working days, to a history that holds a week end at most: people may well be ten times as busy. */
const UNSEEN_WORK = 2;

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
 * @param out where to write it; made when left out
 */
export function fitProfile(
  calls: Float64Array,
  exposure: Float64Array,
  repeats: Float64Array,
  cells: WeekCells,
  dispersion: Dispersion,
  hourly: Dispersion,
  squares?: Float64Array,
  out?: Profile,
): Profile {
  const { perWeek, perDay } = cells.slots;
  const minutes = cells.minuteOfHour.count;
  const hours = cells.hourOfDay.count;
  const { hourOfDay, dayOfWeek, hourOfWeek, minuteOfHour, slotOfDay, slotOfWeek } = scratchOf(cells);
  for (const level of [hourOfDay, dayOfWeek, hourOfWeek, minuteOfHour, slotOfDay]) clear(level);

  // All that days and hours are told by are sums of hours: 168 cells in place of 2,016 slots at each of three levels.
  for (let h = 0, k = 0; h < 7 * hours; h++) {
    const end = Math.min(k + minutes, (Math.floor(h / hours) + 1) * perDay);
    // Occurrences, not buckets: the twelve of one noisy hour are not twelve witnesses.
    hourOfWeek.n[h] = repeats[k];
    let sum = 0;
    let expected = 0;
    for (; k < end; k++) {
      sum += calls[k];
      expected += exposure[k];
    }
    hourOfWeek.calls[h] = sum;
    hourOfWeek.expected[h] = expected;
  }
  for (let h = 0; h < 7 * hours; h++) {
    const cell = h % hours;
    hourOfDay.calls[cell] += hourOfWeek.calls[h];
    hourOfDay.expected[cell] += hourOfWeek.expected[h];
    // One cell all week long is one occurrence.
    if (hours > 1 || h === 0) hourOfDay.n[cell] += hourOfWeek.n[h];
  }
  shrink(hourOfDay, hourly);
  for (let h = 0; h < 7 * hours; h++) {
    const cell = Math.floor(h / hours);
    dayOfWeek.calls[cell] += hourOfWeek.calls[h];
    dayOfWeek.expected[cell] += hourOfWeek.expected[h] * hourOfDay.ratio[h % hours];
    if (h % hours === 0) dayOfWeek.n[cell] = hourOfWeek.n[h];
  }
  shrink(dayOfWeek, hourly, UNSEEN_DAY);
  let workingHours = 0;
  for (let h = 0; h < 5 * hours; h++) if (hourOfWeek.n[h] > 0) workingHours++;
  if (2 * workingHours < hours) dayOfWeek.variance.fill(UNSEEN_WORK, 0, 5);
  for (let h = 0; h < 7 * hours; h++) {
    hourOfWeek.expected[h] *= hourOfDay.ratio[h % hours] * dayOfWeek.ratio[Math.floor(h / hours)];
  }
  shrink(hourOfWeek, hourly, 0, 2);
  for (let h = 0; h < 7 * hours; h++) {
    const hour = h % hours;
    const day = Math.floor(h / hours);
    hourOfWeek.ratio[h] *= hourOfDay.ratio[hour] * dayOfWeek.ratio[day];
    // To a cell's own uncertainty its parents' comes as far as it still rests on them.
    const above = hourOfDay.variance[hour] + dayOfWeek.variance[day];
    hourOfWeek.variance[h] += hourOfWeek.own[h] * hourOfWeek.own[h] * above;
  }

  const { shape, variance, hourVariance } = out ?? emptyProfile(perWeek);
  const sums = squares === undefined ? undefined : slotOfDay.squares.fill(0);
  for (let h = 0, k = 0; h < 7 * hours; h++) {
    const end = Math.min(k + minutes, (Math.floor(h / hours) + 1) * perDay);
    const rate = hourOfWeek.ratio[h];
    hourVariance.fill(hourOfWeek.variance[h], k, end);
    for (let slot = k % perDay; k < end; k++, slot++) {
      slotOfDay.calls[slot] += calls[k];
      slotOfDay.expected[slot] += exposure[k] * rate;
      if (perDay > 1 || k === 0) slotOfDay.n[slot] += repeats[k];
      if (sums !== undefined && squares !== undefined) sums[slot] += squares[k];
    }
  }
  for (let slot = 0; slot < perDay; slot++) {
    const minute = slot % minutes;
    minuteOfHour.calls[minute] += slotOfDay.calls[slot];
    minuteOfHour.expected[minute] += slotOfDay.expected[slot];
    if (minutes > 1) minuteOfHour.n[minute] += slotOfDay.n[slot];
  }
  if (minutes === 1) minuteOfHour.n[0] = repeats[0];
  shrink(minuteOfHour, dispersion);
  for (let slot = 0; slot < perDay; slot++) slotOfDay.expected[slot] *= minuteOfHour.ratio[slot % minutes];
  shrink(slotOfDay, dispersion, 0, 0, sums);
  for (let slot = 0; slot < perDay; slot++) {
    slotOfDay.ratio[slot] *= minuteOfHour.ratio[slot % minutes];
    slotOfDay.variance[slot] += slotOfDay.own[slot] * slotOfDay.own[slot] * minuteOfHour.variance[slot % minutes];
  }

  for (let h = 0, k = 0; h < 7 * hours; h++) {
    const end = Math.min(k + minutes, (Math.floor(h / hours) + 1) * perDay);
    const rate = hourOfWeek.ratio[h];
    const left = hourOfWeek.variance[h];
    for (let slot = k % perDay; k < end; k++, slot++) {
      shape[k] = rate * slotOfDay.ratio[slot];
      variance[k] = left + slotOfDay.variance[slot];
      slotOfWeek.expected[k] = exposure[k] * shape[k];
    }
  }
  // The finest cells are the week's own columns: what they hold is not copied.
  shrink(slotOfWeek, dispersion, 0, squares === undefined ? 2 : Number.POSITIVE_INFINITY, undefined, calls, repeats);
  const { ratio, own, variance: left } = slotOfWeek;
  let sum = 0;
  for (let k = 0; k < perWeek; k++) {
    shape[k] *= ratio[k];
    variance[k] = left[k] + own[k] * own[k] * variance[k];
    sum += shape[k];
  }
  if (sum > 0) {
    const scale = perWeek / sum;
    for (let k = 0; k < perWeek; k++) shape[k] *= scale;
  }
  return { shape, variance, hourVariance };
}

export function emptyProfile(perWeek: number): Profile {
  const column = () => new Float64Array(perWeek);
  return { shape: column(), variance: column(), hourVariance: column() };
}

/** The cells of one level of the hierarchy: what they hold, then what {@link shrink} makes of it. */
interface LevelCells {
  readonly calls: Float64Array;
  /** Calls that the parent's rate would have given on the same exposure. */
  readonly expected: Float64Array;
  /** Occurrences. */
  readonly n: Float64Array;
  /** Squares of counts, where they are told apart. */
  readonly squares: Float64Array;
  /** Posterior mean over the parent's; the weight that is still on the parent; the cell's own relative variance. */
  readonly ratio: Float64Array;
  readonly own: Float64Array;
  readonly variance: Float64Array;
}

interface Scratch {
  readonly hourOfDay: LevelCells;
  readonly dayOfWeek: LevelCells;
  readonly hourOfWeek: LevelCells;
  readonly minuteOfHour: LevelCells;
  readonly slotOfDay: LevelCells;
  readonly slotOfWeek: LevelCells;
}

/** Working space by week: made anew for every fit it was a fifth of the time, and most of the garbage. */
const scratches = new WeakMap<WeekCells, Scratch>();

function scratchOf(cells: WeekCells): Scratch {
  let scratch = scratches.get(cells);
  if (scratch === undefined) {
    const level = ({ count }: Cells): LevelCells => {
      const column = () => new Float64Array(count);
      return {
        calls: column(),
        expected: column(),
        n: column(),
        squares: column(),
        ratio: column(),
        own: column(),
        variance: column(),
      };
    };
    scratch = {
      hourOfDay: level(cells.hourOfDay),
      dayOfWeek: level(cells.dayOfWeek),
      hourOfWeek: level(cells.hourOfWeek),
      minuteOfHour: level(cells.minuteOfHour),
      slotOfDay: level(cells.slotOfDay),
      slotOfWeek: level(cells.slotOfWeek),
    };
    scratches.set(cells, scratch);
  }
  return scratch;
}

function clear({ calls, expected, n }: LevelCells): void {
  calls.fill(0);
  expected.fill(0);
  n.fill(0);
}

/**
 * One level of the hierarchy. A cell's rate relative to its parent's has a gamma prior of mean 1 and precision a0 = 1/s²;
 * given c calls where the parent's rate would have given m its posterior mean is (f c + a0) / (f m + a0), with relative
 * variance 1 / (f c + a0). The factor f = 1 / (1 + phi + alpha c/n) turns over-dispersed calls into the independent ones
 * they are worth.
 */
function shrink(
  cells: LevelCells,
  { phi, alpha }: Dispersion,
  unseen = 0,
  witnesses = 0,
  squares?: Float64Array,
  calls = cells.calls,
  n = cells.n,
): void {
  const { expected, ratio, own, variance } = cells;
  const count = calls.length;
  if (noise.length < count) noise = new Float64Array(count);
  const perCall = 1 + phi;
  for (let i = 0; i < count; i++) {
    const m = expected[i];
    const times = n[i] > 1 ? n[i] : 1;
    noise[i] = m * (perCall + (alpha * m) / times);
  }
  if (squares !== undefined) {
    for (let i = 0; i < count; i++) {
      noise[i] = Math.max(noise[i], squares[i] - (calls[i] * calls[i]) / Math.max(1, n[i]));
    }
  }
  const s2 = heterogeneity(calls, expected, noise);
  const a0 = 1 / s2;
  const fresh = 1 / Math.max(s2, unseen);
  for (let i = 0; i < count; i++) {
    const c = calls[i];
    const m = expected[i];
    if (witnesses > n[i]) {
      // Seen once, a departure from the parent may be an incident as well as a habit: that the cell differs at all stays open.
      ratio[i] = 1;
      own[i] = 1;
      variance[i] = m > 0 ? s2 : Math.max(s2, unseen);
      continue;
    }
    const prior = m > 0 ? a0 : fresh;
    if (squares === undefined) {
      // f = times/worth, so that all three are fractions of these, and one division does for them.
      const times = n[i] > 1 ? n[i] : 1;
      const worth = perCall * times + alpha * (c > m ? c : m);
      const byMean = times * m + a0 * worth;
      const byCalls = times * c + prior * worth;
      const scale = 1 / (byMean * byCalls);
      ratio[i] = (times * c + a0 * worth) * byCalls * scale;
      own[i] = a0 * worth * byCalls * scale;
      variance[i] = worth * byMean * scale;
    } else {
      const f = m / Math.max(noise[i], 1e-12);
      const weight = 1 / (f * m + a0);
      ratio[i] = (f * c + a0) * weight;
      own[i] = a0 * weight;
      variance[i] = 1 / (f * c + prior);
    }
  }
}

/** Working space of {@link shrink} and {@link heterogeneity}, as long as the finest week so far has slots. */
let noise = new Float64Array(0);
let heard = { square: new Float64Array(0), relative: new Float64Array(0), noise: new Float64Array(0) };

const LEAST_S2 = 1e-6;
const MOST_S2 = 100;
const LEAST_CALLS = 0.1;

/**
 * s², the relative variance of cells about their parents, such that Σ (c − m)²/(v + s² m²) is what chance alone would
 * make it (Paule and Mandel 1982, who weigh cells alike in relative terms: with moments, busy office hours would speak
 * for quiet week ends), plus two standard errors: without those the noise of a sparse series would pass for structure.
 */
function heterogeneity(calls: Float64Array, expected: Float64Array, noise: Float64Array): number {
  if (heard.noise.length < calls.length) {
    const column = () => new Float64Array(calls.length);
    heard = { square: column(), relative: column(), noise: column() };
  }
  const { square, relative, noise: chance } = heard;
  let cells = 0;
  let spread = 0;
  let sum = 0;
  for (let i = 0; i < calls.length; i++) {
    const m = expected[i];
    // A cell of which next to nothing is expected says nothing of shape, and its square has a kurtosis of 1/m.
    if (m < LEAST_CALLS) continue;
    const inverse = 1 / noise[i];
    square[cells] = (calls[i] - m) * (calls[i] - m);
    relative[cells] = m * m;
    chance[cells] = noise[i];
    sum += square[cells] * inverse;
    spread += 2 + inverse;
    cells++;
  }
  const target = cells + 2 * Math.sqrt(spread);
  let s2 = 0;
  // Newton's method on 1/sum, which rises almost in a line (exactly, were all cells alike) and is concave, so that from 0
  // no step overshoots: two steps where Newton on the sum itself took six.
  for (let step = 0; step < 30 && sum > target * 1.0001; step++) {
    let slope = 0;
    sum = 0;
    for (let i = 0; i < cells; i++) {
      const inverse = 1 / (chance[i] + s2 * relative[i]);
      const share = square[i] * inverse;
      sum += share;
      slope += share * relative[i] * inverse;
    }
    if (sum <= target * 1.0001 || slope === 0) break;
    s2 += ((sum - target) / slope) * (sum / target);
    if (s2 > MOST_S2) break;
  }
  return Math.min(MOST_S2, Math.max(LEAST_S2, s2));
}
