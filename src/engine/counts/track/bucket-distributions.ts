import type { LimitsNear } from '../../../stats/limits.js';
import { LAW, putLowerNats, putUpperNats } from '../../../stats/negative-binomial.js';
import { upperNats } from '../../../stats/normal.js';
import { hasBody, putLowerBody, putUpperBody } from '../../../stats/tail-body.js';
import { LEAST_MEAN } from '../model.js';
import type { KeptProfile } from '../quantized-profile.js';
import { silenceOf } from '../silence.js';

/** Learning holds a bucket to its mean ± (4 sd + 2): single calls are never outliers. */
const CLIP_SDS = 4;
export const CLIP_SLACK = 2;

/** Places to look for distributions by their steps: a power of two, twice what a week of five minutes can have. */
const PLACES = 4096;
/** What is kept of a law. */
export const EXPOSURE = 0; // exposure: the shape, corrected
export const MEAN = 1; // the law, as `putUpperNats` has it
export const SIZE = 2;
export const REACH = MEAN + LAW; // what learning holds a bucket within, about its mean
export const LIMIT_ABOVE = REACH + 1; // real; NaN until asked for, as the one below
export const LIMIT_BELOW = REACH + 2; // whole; next to the other
export const MOST_SMALL = REACH + 3; // the greatest count that is too small a departure to be told
export const DOUBT = REACH + 4; // exposure · what is not known of the hour
export const SKEW = REACH + 5; // a sixth of the skewness; NaN where a normal law will not do
const SD = REACH + 6;
export const SILENCE_ADDED = REACH + 7; // nats of silence that a bucket without a call adds
export const RELATIVE = REACH + 8; // relative variance of load noise and profile
const FEW_ABOVE = REACH + 9; // −ln P(Y ≥ y) for y below FEW, as they come up
export const FEW = 8;
const FEW_BELOW = FEW_ABOVE + FEW; // −ln P(Y ≤ y)
export const FEW_MASS = FEW_BELOW + FEW; // ln P(Y = y), as a zone's candidates are told apart by it
const ENTRIES = FEW_MASS + FEW;

/** −ln P below which the body's approximation stands. */
const BODY_NATS = 3.3;

/** A level, in calls per bucket at shape 1, and its relative variance. */
interface Level {
  readonly rate: number;
  readonly rateVariance: number;
}

/**
 * The distributions of single buckets of one row at one level: mean, size, limits, and the tails of small counts. A profile is kept
 * in whole steps, so that the 2,016 slots of a week have some hundred distributions between them (median 76 of busy series, 132
 * of a mixed fleet), and a window of two weeks asks for each some fifty times: looking one up takes 4 ns, making it 150.
 */
export class BucketDistributions {
  /** `[distributions × ENTRIES]` */
  readonly values = new Float64Array((PLACES / 2) * ENTRIES);
  #count = 0;
  /** By slot where its law is, and {@link #now} when it was found: two entries next to one another. */
  readonly #slots = new Int32Array(PLACES);
  /**
   * By the steps that make a law: two numbers that hold them, where it is, and {@link #now} when it was made. All four in one line of
   * a processor's memory: apart they were three waits for each slot that is met the first time.
   */
  readonly #places = new Int32Array(4 * PLACES);
  #now = 1;
  #isFlatMade = false;
  #profile: KeptProfile | undefined;
  #level = 0;
  #levelVariance = 0;
  #phi = 0;
  #alpha = 0;
  #minEffect = 0;
  #shape = Number.NaN;
  #variance = 0;
  #hourVariance = 0;
  readonly #limits: LimitsNear;

  /** @param limits of one bucket, armed for the row that {@link begin} names */
  constructor(limits: LimitsNear) {
    this.#limits = limits;
  }

  /**
   * From here on distributions are those of this row.
   * @param shape and the two variances: the one law's of a week that is flat; NaN where it is not
   */
  arm(
    profile: KeptProfile,
    phi: number,
    alpha: number,
    minEffect: number,
    shape: number,
    variance: number,
    hourVariance: number,
  ): void {
    this.#profile = profile;
    this.#phi = phi;
    this.#alpha = alpha;
    this.#minEffect = minEffect;
    this.#shape = shape;
    this.#variance = variance;
    this.#hourVariance = hourVariance;
    this.forget();
  }

  /** From here on they are those at this level. An object, since numbers would be boxed: 32 bytes a block. */
  begin({ rate, rateVariance }: Level): void {
    if (rate === this.#level && rateVariance === this.#levelVariance) return;
    this.#level = rate;
    this.#levelVariance = rateVariance;
    this.forget();
  }

  isAt(level: number, levelVariance: number): boolean {
    return level === this.#level && levelVariance === this.#levelVariance;
  }

  /** What the distributions stand on besides has changed. */
  forget(): void {
    this.#count = 0;
    this.#isFlatMade = false;
    this.#now++;
    if (this.#now < 2 ** 31) return;
    this.#now = 1;
    this.#slots.fill(0);
    this.#places.fill(0);
  }

  /**
   * Where the law of a slot begins in `values`.
   * @param correction of the shape, and `shapeDoubt` what it has come to that is not known of the hour, over the profile's; `hour` tells those of one row apart
   */
  at(slot: number, hour: number, correction: number, shapeDoubt: number): number {
    if (this.#shape > 0) {
      if (this.#isFlatMade) return 0;
      this.#isFlatMade = true;
      this.values[EXPOSURE] = this.#shape;
      this.values[RELATIVE] = this.#variance;
      this.values[DOUBT] = this.#hourVariance;
      this.#fill(0);
      return 0;
    }
    if (this.#slots[2 * slot + 1] === this.#now) return this.#slots[2 * slot];
    const at = this.#find(slot, hour, correction, shapeDoubt);
    this.#slots[2 * slot] = at;
    this.#slots[2 * slot + 1] = this.#now;
    return at;
  }

  #find(slot: number, hour: number, correction: number, shapeDoubt: number): number {
    const profile = this.#profile as KeptProfile;
    const shape = profile.stepAt(profile.shapeSteps, slot);
    const variance = profile.stepAt(profile.varianceSteps, slot);
    const hours = profile.stepAt(profile.hourSteps, slot) * 64 + hour;
    // Steps are of 16 bits.
    const both = (shape << 16) ^ (variance & 0xffff);
    const places = this.#places;
    const hash = Math.imul(both, 0x9e3779b1) ^ Math.imul(hours, 0xc2b2ae35);
    let place = 4 * ((hash ^ (hash >>> 15)) & (PLACES - 1));
    while (places[place + 3] === this.#now) {
      if (places[place] === both && places[place + 1] === hours) return places[place + 2];
      place = (place + 4) & (4 * PLACES - 1);
    }
    const at = this.#count++ * ENTRIES;
    places[place] = both;
    places[place + 1] = hours;
    places[place + 2] = at;
    places[place + 3] = this.#now;
    const { values } = this;
    values[at + EXPOSURE] = profile.shapeAt(slot) * correction;
    const hourDoubt = profile.hourVarianceAt(slot) + shapeDoubt;
    const own = profile.varianceAt(slot) + shapeDoubt;
    values[at + DOUBT] = hourDoubt;
    // Where it has become less, of a slot that the fit knew better than its hour.
    values[at + RELATIVE] = shapeDoubt < 0 && own < hourDoubt ? hourDoubt : own;
    this.#fill(at);
    return at;
  }

  /** Makes the law whose shape and variances stand where its exposure, relative variance and doubt will. */
  #fill(at: number): void {
    const { values } = this;
    const x = values[at + EXPOSURE];
    const doubt = values[at + RELATIVE];
    const hourDoubt = values[at + DOUBT];
    const mean = Math.max(this.#level * x, LEAST_MEAN);
    const relative = this.#alpha + doubt;
    const own = relative + this.#phi / mean;
    const size = 1 / (own + this.#levelVariance);
    const sd = sdOf(mean, size);
    const skewness = (1 + (2 * mean) / size) / sd;
    values[at + MEAN] = mean;
    values[at + RELATIVE] = relative;
    values[at + SILENCE_ADDED] = silenceOf(mean, own);
    values[at + SIZE] = size;
    values[at + MEAN + LAW - 1] = Number.NaN;
    values[at + REACH] = reachOf(mean, size);
    values[at + LIMIT_ABOVE] = Number.NaN;
    values[at + MOST_SMALL] = Math.floor(mean * (1 + this.#minEffect));
    values[at + DOUBT] = x * hourDoubt;
    values[at + SKEW] = mean > 4 && skewness < 0.5 ? skewness / 6 : Number.NaN;
    values[at + SD] = sd;
    for (let k = FEW_ABOVE; k < ENTRIES; k++) values[at + k] = Number.NaN;
  }

  /** Sets the limits of a law, where a bucket is judged by it the first time. */
  limit(at: number): void {
    const { values } = this;
    this.#limits.put(values, at + MEAN, at + LIMIT_ABOVE);
    const mean = values[at + MEAN];
    const lower = Math.ceil(values[at + LIMIT_BELOW]);
    // Never above the mean, however a model was damaged: no window is asked whether it is.
    const most = Math.min(Math.ceil(mean * (1 - this.#minEffect)), Math.max(1, Math.floor(mean)));
    values[at + LIMIT_BELOW] = lower <= 0 ? 0 : Math.min(lower, most);
  }

  /**
   * Puts −ln P(Y ≥ y) of a law, not calibrated, or −ln P(Y ≤ y), where the count y stood: as an argument and a result they
   * would be boxed (Node 20). Exact where it may matter; where {@link nearNats} says nothing, and within two deviations, by
   * {@link putLowerBody} where counts are large enough; a fifth of the buckets of busy series have another, 0.2 µs each.
   */
  toNats(at: number, isAbove: boolean, column: Float64Array, j: number): void {
    const { values } = this;
    const y = column[j];
    const mean = values[at + MEAN];
    const size = values[at + SIZE];
    const near = nearNats(values, at, y, isAbove);
    if (near >= 0) {
      column[j] = near;
      return;
    }
    const z = (isAbove ? y - 0.5 - mean : mean - y - 0.5) / values[at + SD];
    if (z < 2 && hasBody(y, size)) {
      if (isAbove) putUpperBody(column, j, values, at + MEAN);
      else putLowerBody(column, j, values, at + MEAN);
      if (column[j] < BODY_NATS) return;
      column[j] = y;
    }
    if (isAbove) putUpperNats(column, j, values, at + MEAN);
    else putLowerNats(column, j, values, at + MEAN);
    if (y < FEW && Math.trunc(y) === y) values[at + (isAbove ? FEW_ABOVE : FEW_BELOW) + y] = column[j];
  }
}

function sdOf(mean: number, size: number): number {
  return Math.sqrt(mean + (mean * mean) / size);
}

/** What learning holds a bucket within, about its mean. */
export function reachOf(mean: number, size: number): number {
  return CLIP_SDS * sdOf(mean, size) + CLIP_SLACK;
}

/**
 * The same of nine in ten buckets, for a tenth of the time, small enough for V8 to have it within the loop over a stretch
 * (a call would box the result, Node 20); NaN of the others. A few calls as they came up before; within two deviations by a
 * normal law with its skewness, where that is small (Cornish and Fisher's first term; P is off by 2 % at most).
 * @param values of {@link BucketDistributions}
 */
export function nearNats(values: Float64Array, at: number, y: number, isAbove: boolean): number {
  const skew = values[at + SKEW];
  if (skew > 0) {
    const mean = values[at + MEAN];
    const z = (isAbove ? y - 0.5 - mean : mean - y - 0.5) / values[at + SD];
    const bend = skew * (z * z - 1);
    if (z < 2) return upperNats(isAbove ? z - bend : z + bend);
  }
  return y < FEW && y === (y | 0) ? values[at + (isAbove ? FEW_ABOVE : FEW_BELOW) + y] : Number.NaN;
}
