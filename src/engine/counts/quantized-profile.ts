import { logRatio } from '../../stats/elementary.js';
import type { Profile, WeekCells } from './seasonal-profile.js';

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
 * the same all week, as those of sparse rows are, is one entry.
 */
export class KeptProfile implements Profile {
  readonly perWeek: number;
  /** `[perWeek]`, or one entry for all. */
  readonly shapeSteps: Int16Array;
  readonly varianceSteps: Int16Array;
  /** `[perWeek / each]`, or one entry for all. */
  readonly hourSteps: Int16Array;
  /** Slots that share an entry of `hourSteps`: those of an hour. */
  readonly each: number;

  constructor(perWeek: number, each: number, shape: Int16Array, variance: Int16Array, hours: Int16Array) {
    this.perWeek = perWeek;
    this.each = each;
    this.shapeSteps = evened(shape);
    this.varianceSteps = evened(variance);
    this.hourSteps = evened(hours);
  }

  shapeAt(slot: number): number {
    return shapeOf(this.shapeSteps[this.shapeSteps.length === 1 ? 0 : slot]);
  }

  varianceAt(slot: number): number {
    return varianceOf(this.varianceSteps[this.varianceSteps.length === 1 ? 0 : slot]);
  }

  hourVarianceAt(slot: number): number {
    return varianceOf(this.hourSteps[this.hourSteps.length === 1 ? 0 : Math.floor(slot / this.each)]);
  }

  /** `[perWeek]` each, written out; for the fit and for merging, not for every bucket. */
  get shape(): Float64Array {
    return expandedOf(this).shape;
  }

  get variance(): Float64Array {
    return expandedOf(this).variance;
  }

  get hourVariance(): Float64Array {
    return expandedOf(this).hourVariance;
  }

  /** Writes it out into columns of `[perWeek]`. */
  expand({ shape, variance, hourVariance }: Profile): void {
    const { perWeek, shapeSteps, varianceSteps, hourSteps, each } = this;
    if (shapeSteps.length === 1) shape.fill(shapeOf(shapeSteps[0]));
    else for (let k = 0; k < perWeek; k++) shape[k] = shapeOf(shapeSteps[k]);
    if (varianceSteps.length === 1) variance.fill(varianceOf(varianceSteps[0]));
    else for (let k = 0; k < perWeek; k++) variance[k] = varianceOf(varianceSteps[k]);
    if (hourSteps.length === 1) hourVariance.fill(varianceOf(hourSteps[0]));
    else
      for (let h = 0; h < hourSteps.length; h++) hourVariance.fill(varianceOf(hourSteps[h]), h * each, (h + 1) * each);
  }
}

/** The profile written out last: loops over the week ask for one row's again and again. */
let expanded: { readonly of: KeptProfile; readonly profile: Profile } | undefined;

function expandedOf(kept: KeptProfile): Profile {
  if (expanded?.of !== kept) {
    const column = () => new Float64Array(kept.perWeek);
    const profile = { shape: column(), variance: column(), hourVariance: column() };
    kept.expand(profile);
    expanded = { of: kept, profile };
  }
  return expanded.profile;
}

function evened(steps: Int16Array): Int16Array {
  for (let k = 1; k < steps.length; k++) if (steps[k] !== steps[0]) return steps;
  return steps.slice(0, 1);
}

/** What the steps from NO_VARIANCE to −NO_VARIANCE stand for, as they come up: an exponential a slot was 0.1 ms a profile. */
const shapes = new Float64Array(1 - 2 * NO_VARIANCE).fill(Number.NaN);
const variances = new Float64Array(1 - 2 * NO_VARIANCE).fill(Number.NaN);

function shapeOf(step: number): number {
  const known = shapes[step - NO_VARIANCE];
  return known >= 0 ? known : remember(shapes, step, Math.exp(step * SHAPE_STEP));
}

function varianceOf(step: number): number {
  const known = variances[step - NO_VARIANCE];
  return known >= 0 ? known : remember(variances, step, step === NO_VARIANCE ? 0 : Math.exp(step * VARIANCE_STEP));
}

function remember(table: Float64Array, step: number, value: number): number {
  const at = step - NO_VARIANCE;
  if (at >= 0 && at < table.length) table[at] = value;
  return value;
}

/**
 * Whole steps of the logarithm, `each` slots to an entry, all of which are alike. Next to one another, slots are alike as well: their
 * logarithms are taken from the one before, and those of equal ones not at all (80 µs a profile in place of 110).
 */
function logSteps(column: Float64Array, each: number, width: number): Int16Array {
  const steps = new Int16Array(column.length / each);
  let last = 1;
  let log = 0;
  let step = 0;
  for (let k = 0, at = 0; k < steps.length; k++, at += each) {
    const value = column[at];
    if (value !== last) {
      log = value > 0 && last > 0 ? log + logRatio(value, last) : Math.log(value);
      step = Math.floor(log / width + 0.5);
      last = value;
    }
    steps[k] = step > MOST_STEPS ? MOST_STEPS : step > -MOST_STEPS ? step : -MOST_STEPS;
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
export function rounded({ shape, variance, hourVariance }: Profile): KeptProfile {
  const each = slotsPerHour(shape.length);
  return new KeptProfile(
    shape.length,
    each,
    logSteps(shape, 1, SHAPE_STEP),
    varianceSteps(variance, 1),
    varianceSteps(hourVariance, each),
  );
}

const flat = new WeakMap<WeekCells, KeptProfile>();

/** One flat week for all sparse rows of a step: shape 1, nothing in doubt. */
export function flatProfile(cells: WeekCells): KeptProfile {
  let profile = flat.get(cells);
  if (profile === undefined) {
    const { perWeek } = cells.slots;
    const none = Int16Array.of(NO_VARIANCE);
    profile = new KeptProfile(perWeek, slotsPerHour(perWeek), Int16Array.of(0), none, none);
    flat.set(cells, profile);
  }
  return profile;
}
