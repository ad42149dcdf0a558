import { LEAST_MEAN, type RowModel, silenceOf } from '../baseline/model.js';
import type { LimitsNear } from '../stats/limits.js';
import { logLowerTail, logUpperTail } from '../stats/negative-binomial.js';
import { upperNats } from '../stats/normal.js';
import { hasBody, lowerBody, upperBody } from '../stats/tail-body.js';

/** Learning holds a bucket to its mean ± (4 sd + 2): single calls are never outliers. */
const CLIP_SDS = 4;
const CLIP_SLACK = 2;

/** Laws kept: a power of two. */
const PLACES = 1024;
/** What is kept of a law. */
export const X = 0; // exposure: the shape, corrected
export const MEAN = 1;
export const RELATIVE = 2; // relative variance of load noise and profile
export const SIZE = 3;
export const REACH = 4; // what learning holds a bucket within, about its mean
export const LIMIT_ABOVE = 5; // real
export const MOST_SMALL = 6; // the greatest count that is too small a departure to be told
export const LIMIT_BELOW = 7; // whole
export const DOUBT = 8; // exposure · what is not known of the hour
export const SKEW = 9; // a sixth of the skewness; NaN where a normal law will not do
const SD = 10;
const OWN = 11; // relative variance without the level's
const SILENCE = 12; // nats of silence that one of no calls adds; NaN until asked for
const FEW_ABOVE = 13; // −ln P(Y ≥ y) for y below FEW, as they come up
const FEW = 8;
const FEW_BELOW = FEW_ABOVE + FEW; // −ln P(Y ≤ y)
const ENTRIES = FEW_BELOW + FEW;

/** −ln P below which the body's approximation stands. */
const BODY_NATS = 3.3;

/**
 * The laws of single buckets of one row at one level: mean, size, limits, and the tails of small counts. A profile is kept
 * in whole steps, so that the 2,016 slots of a week have some hundred laws between them (median 76 of busy series, 132
 * of a mixed fleet), and a window of two weeks asks for each some fifty times: looking one up takes 4 ns, making it 150.
 */
export class BucketLaws {
  /** `[PLACES × ENTRIES]` */
  readonly values = new Float64Array(PLACES * ENTRIES);
  readonly #keys = new Float64Array(PLACES).fill(Number.NaN);
  /** The {@link begin} that a place was filled after. */
  readonly #made = new Uint32Array(PLACES);
  #now = 0;
  #model: RowModel | undefined;
  #level = 0;
  #levelVariance = 0;
  #phi = 0;
  #alpha = 0;
  #minEffect = 0;
  readonly #limits: LimitsNear;

  /** @param limits of one bucket, armed for the row that {@link begin} names */
  constructor(limits: LimitsNear) {
    this.#limits = limits;
  }

  /** From here on laws are those of this row at this level. */
  begin(model: RowModel, level: number, levelVariance: number, minEffect: number): void {
    if (model === this.#model && level === this.#level && levelVariance === this.#levelVariance) return;
    this.#now = (this.#now + 1) >>> 0;
    this.#model = model;
    this.#level = level;
    this.#levelVariance = levelVariance;
    this.#phi = model.phi[0];
    this.#alpha = model.alpha[0];
    this.#minEffect = minEffect;
  }

  /** What the laws stand on besides has changed. */
  forget(): void {
    this.#now = (this.#now + 1) >>> 0;
  }

  /**
   * Where the law of a slot begins in `values`.
   * @param correction of the shape, and `shapeDoubt` the relative variance it leaves; `hour` tells those of one row apart
   */
  at(slot: number, hour: number, correction: number, shapeDoubt: number): number {
    const { shapeSteps, varianceSteps, hourSteps, each } = (this.#model as RowModel).profile;
    const shape = shapeSteps[shapeSteps.length === 1 ? 0 : slot];
    const variance = varianceSteps[varianceSteps.length === 1 ? 0 : slot];
    const hours = hourSteps[hourSteps.length === 1 ? 0 : Math.floor(slot / each)];
    const key = ((shape * 65_536 + variance) * 16_384 + hours) * 32 + hour;
    const hash =
      Math.imul(shape, 0x9e3779b1) ^ Math.imul(variance, 0x85ebca6b) ^ Math.imul(hours * 32 + hour, 0xc2b2ae35);
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const from = place * ENTRIES;
    if (this.#made[place] === this.#now && this.#keys[place] === key) return from;
    this.#made[place] = this.#now;
    this.#keys[place] = key;
    this.#fill(from, slot, correction, shapeDoubt);
    return from;
  }

  #fill(at: number, slot: number, correction: number, shapeDoubt: number): void {
    const { values } = this;
    const { profile } = this.#model as RowModel;
    const x = profile.shapeAt(slot) * correction;
    const mean = Math.max(this.#level * x, LEAST_MEAN);
    const relative = this.#alpha + (profile.varianceAt(slot) + shapeDoubt);
    const own = relative + this.#phi / mean;
    const size = 1 / (own + this.#levelVariance);
    const sd = Math.sqrt(mean + (mean * mean) / size);
    const skewness = (1 + (2 * mean) / size) / sd;
    values[at + X] = x;
    values[at + MEAN] = mean;
    values[at + RELATIVE] = relative;
    values[at + OWN] = own;
    values[at + SILENCE] = Number.NaN;
    values[at + SIZE] = size;
    values[at + REACH] = CLIP_SDS * sd + CLIP_SLACK;
    values[at + LIMIT_ABOVE] = this.#limits.upper(mean, size);
    values[at + MOST_SMALL] = Math.floor(mean * (1 + this.#minEffect));
    const lower = Math.ceil(this.#limits.lower(mean, size));
    values[at + LIMIT_BELOW] = lower <= 0 ? 0 : Math.min(lower, Math.ceil(mean * (1 - this.#minEffect)));
    values[at + DOUBT] = x * (profile.hourVarianceAt(slot) + shapeDoubt);
    values[at + SKEW] = mean > 4 && skewness < 0.5 ? skewness / 6 : Number.NaN;
    values[at + SD] = sd;
    for (let k = FEW_ABOVE; k < ENTRIES; k++) values[at + k] = Number.NaN;
  }

  /** What a bucket without a call adds to the silence clock. */
  silence(at: number): number {
    const { values } = this;
    if (!(values[at + SILENCE] >= 0)) values[at + SILENCE] = silenceOf(values[at + MEAN], values[at + OWN]);
    return values[at + SILENCE];
  }

  /** −ln P(Y ≥ y) of a law, not calibrated: see {@link below}. */
  above(at: number, y: number): number {
    const { values } = this;
    const mean = values[at + MEAN];
    const z = (y - 0.5 - mean) / values[at + SD];
    const skew = values[at + SKEW];
    if (z < 2 && skew > 0) return upperNats(z - skew * (z * z - 1));
    const size = values[at + SIZE];
    if (z < 2 && hasBody(y, size)) {
      const nats = upperBody(y, mean, size);
      if (nats < BODY_NATS) return nats;
    }
    const isFew = y < FEW && Math.trunc(y) === y;
    if (isFew && values[at + FEW_ABOVE + y] >= 0) return values[at + FEW_ABOVE + y];
    const nats = -logUpperTail(y, mean, size);
    if (isFew) values[at + FEW_ABOVE + y] = nats;
    return nats;
  }

  /**
   * −ln P(Y ≤ y) of a law, not calibrated. Exact where it may matter. Within two deviations by a normal law with its
   * skewness, where that is small (Cornish and Fisher's first term; P is off by 2 % at most), and by {@link lowerBody}
   * where counts are large enough; a fifth of the buckets of busy series have another, and cost 0.3 µs each without.
   */
  below(at: number, y: number): number {
    const { values } = this;
    const mean = values[at + MEAN];
    const z = (mean - y - 0.5) / values[at + SD];
    const skew = values[at + SKEW];
    if (z < 2 && skew > 0) return upperNats(z + skew * (z * z - 1));
    const size = values[at + SIZE];
    if (z < 2 && hasBody(y, size)) {
      const nats = lowerBody(y, mean, size);
      if (nats < BODY_NATS) return nats;
    }
    const isFew = y < FEW && Math.trunc(y) === y;
    if (isFew && values[at + FEW_BELOW + y] >= 0) return values[at + FEW_BELOW + y];
    const nats = -logLowerTail(y, mean, size);
    if (isFew) values[at + FEW_BELOW + y] = nats;
    return nats;
  }
}
