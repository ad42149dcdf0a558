import { expOfNegative } from '../../../stats/elementary.js';
import { logGamma } from '../../../stats/gamma.js';

/**
 * Half-lives in days of the level filters: one follows a change within a day or two, one takes all history as one. Which
 * of them predicts a series best is settled by evidence, not by setting.
 */
const HALF_LIVES = [1.5, 5, 20, 1000] as const;
/** What is kept of each filter's past over a day. */
const KEEPS = Float64Array.from(HALF_LIVES, (halfLife) => Math.exp(-Math.LN2 / halfLife));
/** How fast evidence about the filters ages, per day. */
const MEMORY = 0.9;
/** A filter never falls further behind than this (in nats), so that it can win back within a few days. */
const REACH = 7;
/** What a day's level is taken to vary by (relative variance) in the first run. */
const FIRST_NOISE = 0.05;
/** The same in what it is estimated by, and how firmly: a standard deviation of 0.04. */
const NOISE = 0.02;
const NOISE_PRECISION = 1 / (2 * 0.04 * 0.04);

/**
 * The level of each day of a history, in calls per bucket at shape 1, smoothed from both sides: gamma filters with
 * forgetting over daily sums, weighted by how well each predicts the next day (dynamic model averaging, Raftery, Kárný and
 * Ettler 2010, with gamma-Poisson filters in place of Kalman ones).
 * @param observed `[days]` calls by day, outliers clipped
 * @param exposure `[days]` sum of the shape over the day's observed buckets; 0 where none was
 * @param phi batchiness, see {@link Dispersion}
 * @returns `[days]`; working space, overwritten by the next fit
 */
export function fitLevel(observed: Float64Array, exposure: Float64Array, phi: number): Float64Array {
  const calls = heldDays(observed, exposure, phi);
  let totalCalls = 0;
  let totalExposure = 0;
  for (let d = 0; d < calls.length; d++) {
    totalCalls += calls[d];
    totalExposure += exposure[d];
  }
  // Jeffreys' half call keeps the rate of a series that has never called above zero.
  const anchor = (totalCalls + 0.5) / Math.max(totalExposure, 1);
  const dayNoise = run(calls, exposure, phi, anchor, FIRST_NOISE);
  run(calls, exposure, phi, anchor, dayNoise);
  return smooth(calls, exposure, phi, anchor, dayNoise);
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
  const { held } = scratchFor(calls.length);
  for (let d = 0; d < calls.length; d++) {
    held[d] = calls[d];
    if (!(exposure[d] > 0)) continue;
    const from = Math.max(0, d - HELD_DAYS);
    const to = Math.min(calls.length - 1, d + HELD_DAYS);
    let n = 0;
    for (let k = from; k <= to; k++) {
      if (!(exposure[k] > 0)) continue;
      // Put where it belongs among those before: 15 numbers are sorted in a tenth of the time that `sort` took to begin.
      const rate = calls[k] / exposure[k];
      let at = n++;
      for (; at > 0 && rates[at - 1] > rate; at--) rates[at] = rates[at - 1];
      rates[at] = rate;
    }
    if (n < HELD_DAYS) continue;
    const m = ((rates[(n - 1) >> 1] + rates[n >> 1]) / 2) * exposure[d];
    const reach = HELD_SDS * Math.sqrt(m * (1 + phi) + HELD_SCATTER * m * m) + 2;
    held[d] = Math.min(Math.max(calls[d], m - reach), m + reach);
  }
  return held;
}

/** Working space: days held, their levels, and what the filters hold of each. */
let scratch = daysOf(0);
const rates = new Float64Array(2 * HELD_DAYS + 1);

function daysOf(days: number) {
  const column = () => new Float64Array(days);
  return { held: column(), daily: column(), a: column(), b: column() };
}

function scratchFor(days: number): typeof scratch {
  if (scratch.held.length !== days) scratch = daysOf(days);
  return scratch;
}

/** What a day's calls are worth as independent ones: a busy day tells no more of the level than its own noise lets it. */
function worth(anchor: number, exposure: number, phi: number, dayNoise: number): number {
  return 1 / (1 + phi + dayNoise * anchor * exposure);
}

/**
 * Runs the filters over the days; `weights` are theirs at the end.
 * @returns relative variance of a day about the filtered level, beyond counting noise
 */
function run(calls: Float64Array, exposure: Float64Array, phi: number, anchor: number, dayNoise: number): number {
  const J = HALF_LIVES.length;
  A.fill(0);
  B.fill(0);
  L.fill(0);
  weights.fill(1 / J);
  const prior = 0.5 / anchor;
  let noiseSum = NOISE_PRECISION * NOISE;
  let noiseWeight = NOISE_PRECISION;
  for (let d = 0; d < calls.length; d++) {
    const x = exposure[d];
    if (x > 0) {
      let level = 0;
      for (let j = 0; j < J; j++) {
        levels[j] = (A[j] + 0.5) / (B[j] + prior);
        level += weights[j] * levels[j];
      }
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
        const mean = levels[j] * x;
        const size = 1 / (dayNoise + 1 / (A[j] + 0.5) + phi / mean);
        L[j] = MEMORY * L[j] + logLikelihood(calls[d], mean, size);
        if (L[j] > best) best = L[j];
      }
      let sum = 0;
      for (let j = 0; j < J; j++) {
        L[j] = Math.max(L[j] - best, -REACH);
        weights[j] = expOfNegative(L[j]);
        sum += weights[j];
      }
      for (let j = 0; j < J; j++) weights[j] /= sum;
    }
    const g = worth(anchor, x, phi, dayNoise);
    for (let j = 0; j < J; j++) {
      A[j] = KEEPS[j] * A[j] + g * calls[d];
      B[j] = KEEPS[j] * B[j] + g * x;
    }
  }
  return Math.min(0.5, Math.max(1e-4, noiseSum / noiseWeight));
}

/** Working space of {@link run}: calls, exposure, evidence, level and weight of each filter. */
const A = new Float64Array(HALF_LIVES.length);
const B = new Float64Array(HALF_LIVES.length);
const L = new Float64Array(HALF_LIVES.length);
const levels = new Float64Array(HALF_LIVES.length);
const weights = new Float64Array(HALF_LIVES.length);

/**
 * ln P(Y = y) of the negative binomial but for ln y!, which all filters have in common; y real: clipped sums are not whole.
 * ln Γ(y + size) − ln Γ(size) by Stirling's formula, so that its logarithms are taken together with the law's own.
 */
function logLikelihood(y: number, mean: number, size: number): number {
  if (size < 8) {
    const shape = logGamma(y + size) - logGamma(size);
    return shape + y * Math.log(mean / (mean + size)) - size * Math.log1p(mean / size);
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

/** ln Γ(x) − (x − ½) ln x + x − ½ ln 2π for x ≥ 8, to 1e-12. */
function stirlingSeries(x: number): number {
  const s = 1 / (x * x);
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / x;
}

/** The same filters run from both ends over the days and added, so that a day is told by its neighbours on both sides. */
function smooth(
  calls: Float64Array,
  exposure: Float64Array,
  phi: number,
  anchor: number,
  dayNoise: number,
): Float64Array {
  const days = calls.length;
  const { a, b, daily } = scratch;
  const prior = 0.5 / anchor;
  daily.fill(0);
  for (let j = 0; j < HALF_LIVES.length; j++) {
    const keep = KEEPS[j];
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
      daily[d] += weights[j] * ((a[d] + A + 0.5) / (b[d] + B + prior));
      const g = worth(anchor, exposure[d], phi, dayNoise);
      A = keep * (A + g * calls[d]);
      B = keep * (B + g * exposure[d]);
    }
  }
  return daily;
}
