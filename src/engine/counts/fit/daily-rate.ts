import { expOfNegative } from '../../../stats/elementary.js';
import { logGamma, stirlingSeries } from '../../../stats/gamma.js';
import { age, FILTER_AT, holdEvidence, keptOver, RATE_STATE, worthOf } from '../rate-filter.js';

/** Half-lives of the filters in days: one follows a change within a day or two, one takes all history as one. */
const HALF_LIVES = [1.5, 5, 20, 1000] as const;
const FILTERS = HALF_LIVES.length;
const KEEPS = keptOver(HALF_LIVES, 1);
const { calls: A, exposure: B, evidence: L } = FILTER_AT;
/** How fast evidence about the filters ages, per day. */
const MEMORY = 0.9;
/** What a day's rate is taken to vary by (relative variance) in the first run. */
const FIRST_NOISE = 0.05;
/** The same in what it is estimated by, and how firmly: a standard deviation of 0.04. */
const NOISE = 0.02;
const NOISE_PRECISION = 1 / (2 * 0.04 * 0.04);
/** Days on either side by whose median a day is held, its scatter about it (relative variance), and how many sds. */
const HELD_DAYS = 7;
const HELD_SCATTER = 0.03;
const HELD_SDS = 3;
/** Up to so many calls ln(Γ(y + size)/Γ(size)) is taken of a product. */
const FEW = 12;

/**
 * The rate of each day of a history, in calls per bucket at shape 1, smoothed from both sides: the filters of
 * rate-filter.ts over daily sums, weighted by how well each predicts the next day. Which of them predicts a series best is
 * settled by evidence, not by setting. Holds the working space of one series after another.
 */
export class DailyRates {
  /** `[days]` each: calls held, rates, and what a filter knows before each day. */
  readonly #held: Float64Array;
  readonly #daily: Float64Array;
  readonly #calls: Float64Array;
  readonly #exposure: Float64Array;
  /** The filters, their rates and weights. */
  readonly #state = new Float64Array(RATE_STATE);
  readonly #rates = new Float64Array(FILTERS);
  readonly #weights = new Float64Array(FILTERS);
  readonly #fortnight = new Float64Array(2 * HELD_DAYS + 1);

  constructor(days: number) {
    this.#held = new Float64Array(days);
    this.#daily = new Float64Array(days);
    this.#calls = new Float64Array(days);
    this.#exposure = new Float64Array(days);
  }

  /**
   * @param observed `[days]` calls by day, outliers clipped
   * @param exposure `[days]` sum of the shape over the day's observed buckets; 0 where none was
   * @param phi batchiness, see {@link Dispersion}
   * @returns `[days]`; working space, overwritten by the next fit
   */
  fit(observed: Float64Array, exposure: Float64Array, phi: number): Float64Array {
    const calls = this.#hold(observed, exposure, phi);
    let totalCalls = 0;
    let totalExposure = 0;
    for (let d = 0; d < calls.length; d++) {
      totalCalls += calls[d];
      totalExposure += exposure[d];
    }
    // Jeffreys' half call keeps the rate of a series that has never called above zero.
    const anchor = (totalCalls + 0.5) / Math.max(totalExposure, 1);
    const dayNoise = this.#run(exposure, phi, anchor, FIRST_NOISE);
    this.#run(exposure, phi, anchor, dayNoise);
    return this.#smooth(exposure, phi, anchor, dayNoise);
  }

  /**
   * The days' calls, each held to the median rate of the fortnight around it ± 3 sd: an incident of two days must not pass
   * for two days of a higher rate, by which its own buckets would be ordinary. A shift that lasts more than a week is one.
   */
  #hold(calls: Float64Array, exposure: Float64Array, phi: number): Float64Array {
    const held = this.#held;
    const sorted = this.#fortnight;
    const days = calls.length;
    let n = 0;
    for (let d = -HELD_DAYS; d < days; d++) {
      // The rates of the fortnight stay in order while it moves on by a day: half the time of sorting the 15 anew.
      const gone = d - HELD_DAYS - 1;
      if (gone >= 0 && exposure[gone] > 0) {
        const rate = calls[gone] / exposure[gone];
        let at = 0;
        while (at < n - 1 && sorted[at] !== rate) at++;
        n--;
        for (; at < n; at++) sorted[at] = sorted[at + 1];
      }
      const come = d + HELD_DAYS;
      if (come < days && exposure[come] > 0) {
        const rate = calls[come] / exposure[come];
        let at = n++;
        for (; at > 0 && sorted[at - 1] > rate; at--) sorted[at] = sorted[at - 1];
        sorted[at] = rate;
      }
      if (d < 0) continue;
      held[d] = calls[d];
      if (!(exposure[d] > 0) || n < HELD_DAYS) continue;
      const m = ((sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2) * exposure[d];
      const reach = HELD_SDS * Math.sqrt(m * (1 + phi) + HELD_SCATTER * m * m) + 2;
      held[d] = Math.min(Math.max(calls[d], m - reach), m + reach);
    }
    return held;
  }

  /**
   * Runs the filters over the days; the weights are theirs at the end.
   * @returns relative variance of a day about the filtered rate, beyond counting noise
   */
  #run(exposure: Float64Array, phi: number, anchor: number, dayNoise: number): number {
    const calls = this.#held;
    const s = this.#state.fill(0);
    const rates = this.#rates;
    const weights = this.#weights.fill(1 / FILTERS);
    const prior = 0.5 / anchor;
    let noiseSum = NOISE_PRECISION * NOISE;
    let noiseWeight = NOISE_PRECISION;
    for (let d = 0; d < calls.length; d++) {
      const x = exposure[d];
      if (x > 0) {
        let rate = 0;
        for (let j = 0; j < FILTERS; j++) {
          rates[j] = (s[A + j] + 0.5) / (s[B + j] + prior);
          rate += weights[j] * rates[j];
        }
        const m = rate * x;
        const spread = m * (1 + phi) + dayNoise * m * m;
        const square = Math.min((calls[d] - m) * (calls[d] - m), 9 * spread);
        if (d > 0) {
          // By the precision of (y − m)² as an estimate of variance: a day of 3 calls says next to nothing of noise.
          const relative = (1 + phi) / m + dayNoise;
          const precision = 1 / (2 * relative * relative + 1 / (m * m * m));
          noiseSum += (precision * (square - m * (1 + phi))) / (m * m);
          noiseWeight += precision;
        }
        for (let j = 0; j < FILTERS; j++) {
          const mean = rates[j] * x;
          const size = 1 / (dayNoise + 1 / (s[A + j] + 0.5) + phi / mean);
          s[L + j] = MEMORY * s[L + j] + logLikelihood(calls[d], mean, size);
        }
        holdEvidence(s);
        let sum = 0;
        for (let j = 0; j < FILTERS; j++) {
          weights[j] = expOfNegative(s[L + j]);
          sum += weights[j];
        }
        for (let j = 0; j < FILTERS; j++) weights[j] /= sum;
      }
      const worth = worthOf(1 + phi, dayNoise, anchor, x);
      for (let j = 0; j < FILTERS; j++) age(s, j, KEEPS[j], worth * calls[d], worth * x);
    }
    return Math.min(0.5, Math.max(1e-4, noiseSum / noiseWeight));
  }

  /** The same filters run from both ends over the days and added, so that a day goes by its neighbours on both sides. */
  #smooth(exposure: Float64Array, phi: number, anchor: number, dayNoise: number): Float64Array {
    const calls = this.#held;
    const daily = this.#daily.fill(0);
    const before = this.#calls;
    const exposureBefore = this.#exposure;
    const prior = 0.5 / anchor;
    const days = calls.length;
    for (let j = 0; j < FILTERS; j++) {
      const keep = KEEPS[j];
      const weight = this.#weights[j];
      let a = 0;
      let b = 0;
      for (let d = 0; d < days; d++) {
        const worth = worthOf(1 + phi, dayNoise, anchor, exposure[d]);
        a = keep * a + worth * calls[d];
        b = keep * b + worth * exposure[d];
        before[d] = a;
        exposureBefore[d] = b;
      }
      a = 0;
      b = 0;
      for (let d = days - 1; d >= 0; d--) {
        daily[d] += weight * ((before[d] + a + 0.5) / (exposureBefore[d] + b + prior));
        const worth = worthOf(1 + phi, dayNoise, anchor, exposure[d]);
        a = keep * (a + worth * calls[d]);
        b = keep * (b + worth * exposure[d]);
      }
    }
    return daily;
  }
}

/**
 * ln P(Y = y) of the negative binomial but for ln y!, which all filters have in common; y real: clipped sums are not whole.
 * ln Γ(y + size) − ln Γ(size) by Stirling's formula, so that its logarithms are taken together with the distribution's own.
 */
function logLikelihood(y: number, mean: number, size: number): number {
  if (size < 8) {
    // Of a day without a call it is the chance of that; and a few calls are a product, where both gammas took most of the time of a
    // row of few calls' days.
    const none = -size * Math.log1p(mean / size);
    if (y === 0) return none;
    const p = mean / (mean + size);
    if (y > FEW || y !== (y | 0)) return logGamma(y + size) - logGamma(size) + y * Math.log(p) + none;
    let product = 1;
    for (let i = 0; i < y; i++) product *= p * (size + i);
    return Math.log(product) + none;
  }
  const n = y + size;
  return (
    n * Math.log(n / (mean + size)) -
    0.5 * Math.log(n / size) +
    (y > 0 ? y * (Math.log(mean) - 1) : 0) +
    stirlingSeries(n) -
    stirlingSeries(size)
  );
}
