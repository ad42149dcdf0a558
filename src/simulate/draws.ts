import { stirlingError } from '../stats/gamma.js';
import type { Random } from './random.js';

const LOG_TWO_PI = 1.8378770664093453;

/**
 * A gamma number of mean and variance `shape` (scale 1), by Marsaglia and Tsang 2000, "A simple method for generating
 * gamma variables"; for a shape below 1 by their boost, gamma(shape + 1) · u^(1/shape). 0 when `shape` is 0.
 */
export function gamma(random: Random, shape: number): number {
  if (shape <= 0) return 0;
  // exp and log in place of pow, whose last bits differ between Node versions.
  if (shape < 1) return gamma(random, shape + 1) * Math.exp(Math.log(1 - random.uniform()) / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    if (Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A Poisson number: by products of uniforms below a mean of 10 (Knuth), else by transformed rejection. Exact both ways. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean >= 10) return transformedRejection(random, mean);
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

/** Algorithm PTRS of Hörmann 1993, "The transformed rejection method for generating Poisson random variables"; mean ≥ 10. */
function transformedRejection(random: Random, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const vr = 0.9277 - 3.6224 / (b - 2);
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= logPoisson(k, mean)) return k;
  }
}

/** ln P(k) of the Poisson law. */
function logPoisson(k: number, mean: number): number {
  if (k === 0) return -mean;
  return k * Math.log(mean / k) + k - mean - stirlingError(k) - 0.5 * (LOG_TWO_PI + Math.log(k));
}

/**
 * A negative-binomial number of mean `mean` and variance mean + `dispersion` · mean², drawn as a Poisson number whose
 * rate is a gamma number; Poisson when `dispersion` is 0.
 */
export function negativeBinomial(random: Random, mean: number, dispersion: number): number {
  if (dispersion <= 0 || mean <= 0) return poisson(random, mean);
  return poisson(random, mean * dispersion * gamma(random, 1 / dispersion));
}

/**
 * How many of `trials` succeed, each with probability `p`: exact, by skipping from one success to the next (Devroye
 * 1986, X.4.3), in time that grows with `trials` · min(p, 1 − p).
 */
export function binomial(random: Random, trials: number, p: number): number {
  if (p <= 0 || trials <= 0) return 0;
  if (p >= 1) return trials;
  if (p > 0.5) return trials - binomial(random, trials, 1 - p);
  const log = Math.log(1 - p);
  let successes = 0;
  for (let at = 0; ; successes++) {
    at += Math.floor(Math.log(1 - random.uniform()) / log) + 1;
    if (at > trials) return successes;
  }
}
