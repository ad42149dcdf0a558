import { logGamma } from '../stats/gamma.js';

/**
 * Half-lives in days of the level filters: one follows a change within a day or two, one takes all history as one. Which
 * of them predicts a series best is settled by evidence, not by setting.
 */
const HALF_LIVES = [1.5, 5, 20, 1000] as const;
/** How fast evidence about the filters ages, per day. */
const MEMORY = 0.9;
/** A filter never falls further behind than this (in nats), so that it can win back within a few days. */
const REACH = 7;
/** What a day's level is taken to vary by (relative variance) before it is known, and how firmly: a standard deviation of 0.04. */
const NOISE = 0.02;
const NOISE_PRECISION = 1 / (2 * 0.04 * 0.04);

/** The level of a series: calls per bucket at shape 1. */
export interface Level {
  /** At the end of the history. */
  readonly last: number;
  /** Relative variance of the next day's level about `last`. */
  readonly variance: number;
  /** What each further day ahead adds to that: how far the level wanders. */
  readonly walk: number;
  /** `[days]`: the level of each day of the history, smoothed from both sides. */
  readonly daily: Float64Array;
}

/**
 * Gamma filters with forgetting over daily sums, weighted by how well each predicts the next day (dynamic model
 * averaging, Raftery, Kárný and Ettler 2010, with gamma-Poisson filters in place of Kalman ones).
 * @param observed `[days]` calls by day, outliers clipped
 * @param exposure `[days]` sum of the shape over the day's observed buckets; 0 where none was
 * @param phi batchiness, see {@link Dispersion}
 */
export function fitLevel(observed: Float64Array, exposure: Float64Array, phi: number): Level {
  const calls = heldDays(observed, exposure, phi);
  const days = calls.length;
  let totalCalls = 0;
  let totalExposure = 0;
  for (let d = 0; d < days; d++) {
    totalCalls += calls[d];
    totalExposure += exposure[d];
  }
  // Jeffreys' half call keeps the rate of a series that has never called above zero.
  const anchor = (totalCalls + 0.5) / Math.max(totalExposure, 1);
  let dayNoise = 0.05;
  let result = run(calls, exposure, phi, anchor, dayNoise);
  dayNoise = result.noise;
  result = run(calls, exposure, phi, anchor, dayNoise);
  let walk = 0;
  for (const [j, halfLife] of HALF_LIVES.entries()) {
    // A filter of gain K is the best one for a level that takes steps of variance K² times that of its own errors
    // (the local level model in its steady state), so which filters win tells how the level wanders.
    const gain = 1 - Math.exp(-Math.LN2 / halfLife);
    walk += result.weights[j] * gain * gain * dayNoise;
  }
  const daily = smooth(calls, exposure, phi, anchor, result);
  return { last: result.last, variance: result.variance + dayNoise, walk, daily };
}

/** Days on either side by whose median a day is held, its scatter about it (relative variance), and how many sds. */
const HELD_DAYS = 7;
const HELD_SCATTER = 0.03;
const HELD_SDS = 3;

/**
 * The days' calls, each held to the median rate of the fortnight around it ± 3 sd: an incident of two days must not pass
 * for two days of a higher level, by which its own buckets would be ordinary. A shift that lasts more than a week is one.
 */
function heldDays(calls: Float64Array, exposure: Float64Array, phi: number): Float64Array {
  const held = calls.slice();
  const around = new Float64Array(2 * HELD_DAYS + 1);
  for (let d = 0; d < calls.length; d++) {
    if (!(exposure[d] > 0)) continue;
    let n = 0;
    for (let k = Math.max(0, d - HELD_DAYS); k <= Math.min(calls.length - 1, d + HELD_DAYS); k++) {
      if (exposure[k] > 0) around[n++] = calls[k] / exposure[k];
    }
    if (n < HELD_DAYS) continue;
    const rates = around.subarray(0, n).sort();
    const m = ((rates[(n - 1) >> 1] + rates[n >> 1]) / 2) * exposure[d];
    const reach = HELD_SDS * Math.sqrt(m * (1 + phi) + HELD_SCATTER * m * m) + 2;
    held[d] = Math.min(Math.max(calls[d], m - reach), m + reach);
  }
  return held;
}

interface Run {
  readonly last: number;
  readonly variance: number;
  readonly weights: Float64Array;
  /** Relative variance of a day about the filtered level, beyond counting noise. */
  readonly noise: number;
  readonly dayNoise: number;
}

/** What a day's calls are worth as independent ones: a busy day tells no more of the level than its own noise lets it. */
function worth(anchor: number, exposure: number, phi: number, dayNoise: number): number {
  return 1 / (1 + phi + dayNoise * anchor * exposure);
}

function run(calls: Float64Array, exposure: Float64Array, phi: number, anchor: number, dayNoise: number): Run {
  const J = HALF_LIVES.length;
  const A = new Float64Array(J);
  const B = new Float64Array(J);
  const L = new Float64Array(J);
  const weights = new Float64Array(J).fill(1 / J);
  let noiseSum = NOISE_PRECISION * NOISE;
  let noiseWeight = NOISE_PRECISION;
  for (let d = 0; d < calls.length; d++) {
    const x = exposure[d];
    if (x > 0) {
      let level = 0;
      for (let j = 0; j < J; j++) level += (weights[j] * (A[j] + 0.5)) / (B[j] + 0.5 / anchor);
      const m = level * x;
      const spread = m * (1 + phi) + dayNoise * m * m;
      const square = Math.min((calls[d] - m) * (calls[d] - m), 9 * spread);
      if (d > 0) {
        // By the precision of (y − m)² as an estimate of variance: a day of 3 calls tells next to nothing of noise.
        const relative = (1 + phi) / m + dayNoise;
        const precision = 1 / (2 * relative * relative + 1 / (m * m * m));
        noiseSum += (precision * (square - m * (1 + phi))) / (m * m);
        noiseWeight += precision;
      }
      let best = -Infinity;
      for (let j = 0; j < J; j++) {
        const mean = ((A[j] + 0.5) / (B[j] + 0.5 / anchor)) * x;
        const size = 1 / (dayNoise + 1 / (A[j] + 0.5) + phi / mean);
        L[j] = MEMORY * L[j] + logProbability(calls[d], mean, size);
        best = Math.max(best, L[j]);
      }
      let sum = 0;
      for (let j = 0; j < J; j++) {
        L[j] = Math.max(L[j] - best, -REACH);
        weights[j] = Math.exp(L[j]);
        sum += weights[j];
      }
      for (let j = 0; j < J; j++) weights[j] /= sum;
    }
    const g = worth(anchor, x, phi, dayNoise);
    for (let j = 0; j < J; j++) {
      const keep = Math.exp(-Math.LN2 / HALF_LIVES[j]);
      A[j] = keep * A[j] + g * calls[d];
      B[j] = keep * B[j] + g * x;
    }
  }
  let last = 0;
  for (let j = 0; j < J; j++) last += (weights[j] * (A[j] + 0.5)) / (B[j] + 0.5 / anchor);
  let variance = -1;
  for (let j = 0; j < J; j++) {
    const level = (A[j] + 0.5) / (B[j] + 0.5 / anchor) / last;
    variance += weights[j] * level * level * (1 + 1 / (A[j] + 0.5));
  }
  const noise = Math.min(0.5, Math.max(1e-4, noiseSum / noiseWeight));
  return { last, variance: Math.max(0, variance), weights, noise, dayNoise };
}

/** ln P(Y = y), y real: clipped sums are not whole. */
function logProbability(y: number, mean: number, size: number): number {
  return (
    logGamma(y + size) -
    logGamma(size) -
    logGamma(y + 1) +
    y * Math.log(mean / (mean + size)) -
    size * Math.log1p(mean / size)
  );
}

/** The same filters run from both ends over the days and added, so that a day is told by its neighbours on both sides. */
function smooth(
  calls: Float64Array,
  exposure: Float64Array,
  phi: number,
  anchor: number,
  { weights, dayNoise }: Run,
): Float64Array {
  const days = calls.length;
  const daily = new Float64Array(days);
  const a = new Float64Array(days);
  const b = new Float64Array(days);
  for (let j = 0; j < HALF_LIVES.length; j++) {
    const keep = Math.exp(-Math.LN2 / HALF_LIVES[j]);
    let A = 0;
    let B = 0;
    for (let d = 0; d < days; d++) {
      const g = worth(anchor, exposure[d], phi, dayNoise);
      A = keep * A + g * calls[d];
      B = keep * B + g * exposure[d];
      a[d] = A;
      b[d] = B;
    }
    A = 0;
    B = 0;
    for (let d = days - 1; d >= 0; d--) {
      daily[d] += weights[j] * ((a[d] + A + 0.5) / (b[d] + B + 0.5 / anchor));
      const g = worth(anchor, exposure[d], phi, dayNoise);
      A = keep * (A + g * calls[d]);
      B = keep * (B + g * exposure[d]);
    }
  }
  return daily;
}
