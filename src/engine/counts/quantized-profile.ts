import { logRatio } from '../../stats/elementary.js';
import { emptyProfile, type Profile } from './week-profile.js';

/** Steps of ln shape (1 %) and of ln variance (5 %): what a model keeps of its profile. */
const SHAPE_STEP = 0.01;
const VARIANCE_STEP = 0.05;
/** Kept for a variance of 0; any other is above. */
export const NO_VARIANCE = -2_000;
/** Steps are kept in 16 bits: e^±300 is more than any shape comes to. */
const MOST_STEPS = 32_767;

/**
 * A profile in whole steps of its logarithms: what is fitted, kept and judged by is the same to the last bit. At 16 bits a
 * step it takes 8 KB a row where the numbers themselves took 48: a hundred thousand rows fit in memory. A column that is
 * the same all week, as those of sparse rows are, is one entry; one whose hours are each of one piece has an entry for each.
 */
export class KeptProfile {
  readonly perWeek: number;
  /** `[perWeek]`, `[perWeek / each]`, or one entry for all: the shortest that says it. */
  readonly shapeSteps: Int16Array;
  readonly varianceSteps: Int16Array;
  /** `[perWeek / each]`, or one entry for all. */
  readonly hourSteps: Int16Array;
  /** Slots of an hour: those that share an entry of a column of hours. */
  readonly each: number;
  /** Whether it is a {@link flatProfile}. */
  readonly isFlat: boolean;

  constructor(
    perWeek: number,
    each: number,
    shape: Int16Array,
    variance: Int16Array,
    hours: Int16Array,
    isFlat = false,
  ) {
    this.perWeek = perWeek;
    this.each = each;
    this.isFlat = isFlat;
    this.shapeSteps = shortened(shape, perWeek, each);
    this.varianceSteps = shortened(variance, perWeek, each);
    this.hourSteps = shortened(hours, perWeek, each);
  }

  /** The entry of one of its columns that a slot has. */
  stepAt(steps: Int16Array, slot: number): number {
    const { length } = steps;
    return steps[length === 1 ? 0 : length === this.perWeek ? slot : Math.floor(slot / this.each)];
  }

  shapeAt(slot: number): number {
    return shapeOf(this.stepAt(this.shapeSteps, slot));
  }

  varianceAt(slot: number): number {
    return varianceOf(this.stepAt(this.varianceSteps, slot));
  }

  hourVarianceAt(slot: number): number {
    return varianceOf(this.stepAt(this.hourSteps, slot));
  }

  /** Its three columns of steps: shape, variance, variance of the hour. */
  get columns(): readonly Int16Array[] {
    return [this.shapeSteps, this.varianceSteps, this.hourSteps];
  }

  /** Writes it out into columns of `[perWeek]`; of as many hours, where none of its own has more entries. */
  expand({ shape, variance, hourVariance }: Profile): void {
    spread(this.shapeSteps, shapeOf, shape);
    spread(this.varianceSteps, varianceOf, variance);
    spread(this.hourSteps, varianceOf, hourVariance);
  }
}

function spread(steps: Int16Array, meant: (step: number) => number, out: Float64Array): void {
  const each = out.length / steps.length;
  if (each === 1) for (let k = 0; k < steps.length; k++) out[k] = meant(steps[k]);
  else for (let k = 0; k < steps.length; k++) out.fill(meant(steps[k]), k * each, (k + 1) * each);
}

/** A column in the fewest entries that say the same: one for all, one for each hour, or all. */
function shortened(steps: Int16Array, perWeek: number, each: number): Int16Array {
  let isEven = true;
  let isByHour = steps.length === perWeek && each > 1;
  for (let k = 1; k < steps.length && (isEven || isByHour); k++) {
    if (steps[k] === steps[k - 1]) continue;
    isEven = false;
    if (k % each !== 0) isByHour = false;
  }
  if (isEven) return steps.slice(0, 1);
  if (!isByHour) return steps;
  const hours = new Int16Array(perWeek / each);
  for (let hour = 0; hour < hours.length; hour++) hours[hour] = steps[hour * each];
  return hours;
}

/** What the steps from NO_VARIANCE to −NO_VARIANCE stand for: an exponential a slot was 0.1 ms a profile. */
const SHAPES = Float64Array.from({ length: 1 - 2 * NO_VARIANCE }, (_, k) => Math.exp((k + NO_VARIANCE) * SHAPE_STEP));
const VARIANCES = Float64Array.from({ length: 1 - 2 * NO_VARIANCE }, (_, k) =>
  k === 0 ? 0 : Math.exp((k + NO_VARIANCE) * VARIANCE_STEP),
);

function shapeOf(step: number): number {
  const known = SHAPES[step - NO_VARIANCE];
  return known >= 0 ? known : Math.exp(step * SHAPE_STEP);
}

function varianceOf(step: number): number {
  const known = VARIANCES[step - NO_VARIANCE];
  return known >= 0 ? known : Math.exp(step * VARIANCE_STEP);
}

/**
 * Whole steps of the logarithm, `each` slots to an entry, all of which are alike. Next to one another, slots are alike as well: their
 * logarithms are taken from the one before, and those of equal ones not at all (80 µs a profile in place of 110).
 */
function logSteps(column: Float64Array, each: number, width: number): Int16Array {
  const steps = new Int16Array(column.length / each);
  const perWidth = 1 / width;
  let last = 1;
  let log = 0;
  let step = 0;
  for (let k = 0, at = 0; k < steps.length; k++, at += each) {
    const value = column[at];
    if (value !== last) {
      log = value > 0 && last > 0 ? log + logRatio(value, last) : Math.log(value);
      step = Math.floor(log * perWidth + 0.5);
      if (!(step < MOST_STEPS)) step = MOST_STEPS;
      else if (!(step > -MOST_STEPS)) step = -MOST_STEPS;
      last = value;
    }
    steps[k] = step;
  }
  return steps;
}

/** Of variances: 0 apart, and any other above {@link NO_VARIANCE}. */
function varianceSteps(column: Float64Array, each: number): Int16Array {
  const steps = logSteps(column, each, VARIANCE_STEP);
  for (let k = 0; k < steps.length; k++) {
    if (steps[k] <= NO_VARIANCE) steps[k] = column[k * each] > 0 ? NO_VARIANCE + 1 : NO_VARIANCE;
  }
  return steps;
}

/** Slots that always have the same variance of the hour: an hour's, where hours divide the day. */
export function slotsPerHour(perWeek: number): number {
  const perHour = Math.max(1, Math.floor(perWeek / 168));
  return perWeek % (7 * perHour) === 0 ? perHour : 1;
}

/** The profile in steps, as it is kept. */
export function quantized({ shape, variance, hourVariance }: Profile): KeptProfile {
  const each = slotsPerHour(shape.length);
  return new KeptProfile(
    shape.length,
    each,
    logSteps(shape, 1, SHAPE_STEP),
    varianceSteps(variance, 1),
    varianceSteps(hourVariance, each),
  );
}

/** The same of a profile by hours, each of one piece. */
export function quantizedHours({ shape, variance, hourVariance }: Profile, perWeek: number): KeptProfile {
  return new KeptProfile(
    perWeek,
    slotsPerHour(perWeek),
    logSteps(shape, 1, SHAPE_STEP),
    varianceSteps(variance, 1),
    varianceSteps(hourVariance, 1),
  );
}

/** A flat week, for sparse rows: shape 1, nothing in doubt. */
export function flatProfile(perWeek: number): KeptProfile {
  const none = Int16Array.of(NO_VARIANCE);
  return new KeptProfile(perWeek, slotsPerHour(perWeek), Int16Array.of(0), none, none, true);
}

/** One profile of two histories of a series: the mean shape by the later one's share, and what both leave open. */
export function mergedProfile(early: KeptProfile, late: KeptProfile, share: number): KeptProfile {
  const both = (x: number, y: number) => (x > 0 && y > 0 ? 1 / (1 / x + 1 / y) : Math.max(x, y));
  const x = emptyProfile(early.perWeek);
  const y = emptyProfile(late.perWeek);
  early.expand(x);
  late.expand(y);
  return quantized({
    shape: x.shape.map((value, k) => value + share * (y.shape[k] - value)),
    variance: x.variance.map((value, k) => both(value, y.variance[k])),
    hourVariance: x.hourVariance.map((value, k) => both(value, y.hourVariance[k])),
  });
}
