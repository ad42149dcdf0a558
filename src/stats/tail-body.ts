import { upperNats } from './normal.js';

/** Below these the error is a percent and more; see {@link upperBody}. */
const LEAST_SIZE = 5;
const LEAST_COUNT = 8;

/** Whether {@link upperBody} and {@link lowerBody} may be asked. */
export function hasBody(y: number, size: number): boolean {
  return y >= LEAST_COUNT && size >= LEAST_SIZE;
}

/**
 * −ln P(Y ≥ y) of the negative binomial with mean `mean` and size `size` (≥ 5) for y ≥ 8, by Peizer and Pratt's normal
 * approximation of the incomplete beta function (1968, "A normal approximation for binomial, F, beta, and other common,
 * related tail probabilities", I). Off by 0.0022 at most where P > 0.03, by 0.0003 from a size and a count of 20 on (in
 * log₁₀ 0.001 and 0.00013; test/stats/tail-body.test.ts), for a fifth of what the continued fraction costs.
 */
export function upperBody(y: number, mean: number, size: number): number {
  const total = mean + size;
  return upperNats(-betaDeviate(y, size, mean / total, size / total));
}

/** −ln P(Y ≤ y) of the same law, as well. */
export function lowerBody(y: number, mean: number, size: number): number {
  const total = mean + size;
  return upperNats(-betaDeviate(size, y + 1, size / total, mean / total));
}

/** The z at which Φ(z) ≈ I_x(a, b). @param q 1 − x */
function betaDeviate(a: number, b: number, x: number, q: number): number {
  const s = b - 0.5;
  const t = a - 0.5;
  const n = s + t;
  const d = s + 1 / 6 - (n + 1 / 3) * q + 0.02 * (x / b - q / a + (x - 0.5) / (n + 1));
  return d * Math.sqrt((1 + x * skewing(s / (n * q)) + q * skewing(t / (n * x))) / ((n + 1 / 6) * x * q));
}

/** Peizer and Pratt's g(r) = (1 − r² + 2 r ln r) / (1 − r)², without its cancellation near 1. */
function skewing(r: number): number {
  const t = 1 - r;
  if (t < 0.05 && t > -0.05) return t * (1 / 3 + t * (1 / 6 + t * (1 / 10 + t * (1 / 15 + t * (1 / 21 + t / 28)))));
  return (1 - r * r + 2 * r * Math.log(r)) / (t * t);
}
