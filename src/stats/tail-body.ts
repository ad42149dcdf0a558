import { upperNats } from './normal.js';

/** Below these the error is a percent and more; see {@link putUpperBody}. */
const LEAST_SIZE = 5;
const LEAST_COUNT = 8;

/** Whether {@link putUpperBody} and {@link putLowerBody} may be asked. */
export function hasBody(y: number, size: number): boolean {
  return y >= LEAST_COUNT && size >= LEAST_SIZE;
}

/**
 * Puts −ln P(Y ≥ y) of a negative binomial of size ≥ 5 where y ≥ 8 stands, by Peizer and Pratt's normal
 * approximation of the incomplete beta function (1968, "A normal approximation for binomial, F, beta, and other common,
 * related tail probabilities", I). Off by 0.0022 at most where P > 0.03, by 0.0003 from a size and a count of 20 on (in
 * log₁₀ 0.001 and 0.00013; test/stats/tail-body.test.ts), for a fifth of what the continued fraction costs.
 * @param law its mean and size are the entries from `at` on: as arguments they would be boxed (Node 20)
 */
export function putUpperBody(column: Float64Array, j: number, law: Float64Array, at: number): void {
  const mean = law[at];
  const size = law[at + 1];
  const total = mean + size;
  column[j] = upperNats(-betaDeviate(column[j], size, mean / total, size / total));
}

/** −ln P(Y ≤ y) of the same law, as well. */
export function putLowerBody(column: Float64Array, j: number, law: Float64Array, at: number): void {
  const mean = law[at];
  const size = law[at + 1];
  const total = mean + size;
  column[j] = upperNats(-betaDeviate(size, column[j] + 1, size / total, mean / total));
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
