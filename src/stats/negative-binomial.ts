import { devianceTerm, stirlingError } from './gamma.js';

const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * What the factors of a tail are asked for, and what they are: handed over as arguments they would be boxed, 0.1 KB of garbage a
 * tail and a fifth of its time, wherever V8 (Node 20) does not inline. Nothing is kept in it from one tail to the next.
 */
const factor = new Float64Array(6);
const A = 0;
const B = 1;
const X = 2;
const Q = 3; // 1 − x, given apart so that it is right where x is near 1
const BY = 4;
const DENSITY = 5;

function ask(a: number, b: number, x: number, q: number): void {
  factor[A] = a;
  factor[B] = b;
  factor[X] = x;
  factor[Q] = q;
}

/**
 * Makes of {@link BY} ln of x^a (1−x)^b Γ(a+b) / (Γ(a+1) Γ(b)), the factor before the continued fraction of I_x(a, b), times BY,
 * in Loader's saddle-point form: at a = b = 1e7 the plain formula subtracts logarithms of size 1e8, and half the digits go with
 * them. What is not in Loader's terms, b/√(2π a b (a + b)) and BY, shares one logarithm.
 */
function toLogFront(): void {
  const a = factor[A];
  const b = factor[B];
  const n = a + b;
  factor[DENSITY] = stirlingError(n) - stirlingError(a) - stirlingError(b);
  takeDeviances();
  factor[BY] = factor[DENSITY] + Math.log(factor[BY] * Math.sqrt(b / (a * n))) - HALF_LOG_TWO_PI;
}

/** Apart, so that V8 has room to inline the terms in either: they are boxed otherwise. */
function takeDeviances(): void {
  const a = factor[A];
  const b = factor[B];
  const n = a + b;
  factor[DENSITY] -= devianceTerm(a, n * factor[X]) + devianceTerm(b, n * factor[Q]);
}

/**
 * Puts the continued fraction of I_x(a, b) into {@link BY}, that of Numerical Recipes 6.4; fast for x < (a+1)/(a+b+2). Its even part, by the recurrence of
 * numerators and denominators, all in units of a: no round divides, and none waits for more than the one before it. With a division
 * a round and both parts, tails of thousands of calls took 0.32 µs in place of 0.23 (Node 20); Lentz's method divides six times.
 */
function toFraction(): void {
  const a = factor[A];
  const b = factor[B];
  const x = factor[X];
  const unit = 1 / a;
  const unitX = unit * x;
  const bX = b * unitX;
  const abX = (a + b) * unitX;
  let oddBefore = -abX;
  let aBefore = 0;
  let bBefore = 1;
  let aNow = 1 + unit;
  let bNow = aNow - abX;
  // It takes on the order of √max(a, b) rounds (Numerical Recipes 6.4); 100,000 are enough for 1e10.
  for (let m = 1; m <= 100_000; m++) {
    const step = m * unit;
    const stepX = m * unitX;
    const middle = 1 + 2 * step;
    const low = middle - unit;
    const high = middle + unit;
    const even = step * (bX - stepX) * high;
    const odd = -(1 + step) * (abX + stepX) * low;
    const keep = low * middle * high + (even + odd);
    const add = oddBefore * even;
    const aNext = keep * aNow - add * aBefore;
    const bNext = keep * bNow - add * bBefore;
    const cross = aNext * bNow;
    // So that NaN, of a damaged state, ends it as well.
    if (!(Math.abs(cross - aNow * bNext) > 1e-15 * Math.abs(cross))) {
      factor[BY] = aNext / bNext;
      return;
    }
    oddBefore = odd;
    aBefore = aNow;
    bBefore = bNow;
    aNow = aNext;
    bNow = bNext;
    if (bNow < 1e100 && bNow > 1e-100) continue;
    const inverse = 1 / bNow;
    aBefore *= inverse;
    bBefore *= inverse;
    aNow *= inverse;
    bNow = 1;
  }
  factor[BY] = aNow / bNow;
}

/** ln(1 − e^l) for l ≤ 0 (Mächler 2012, "Accurately computing log(1 − exp(−|a|))"). */
export function log1mExp(l: number): number {
  if (l >= 0) return -Infinity;
  return l > -Math.LN2 ? Math.log(-Math.expm1(l)) : Math.log1p(-Math.exp(l));
}

/** Whole counts up to which the probabilities of all smaller ones are added up, of means up to {@link FEW_MEAN}. */
const FEW = 32;
/** So that none of their sums exceeds what a double holds: 1000^32/32! is 4e60. */
const FEW_MEAN = 1000;
/** 1/k for k ≥ 1. */
const INVERSE = Float64Array.from({ length: FEW + 1 }, (_, k) => 1 / k);
/** P(Y < y) up to which P(Y ≥ y), then 0.02 and more, keeps 13 digits where it is what the sum leaves of 1. */
const LEAVES_ENOUGH = 0.98;
/** ln P(Y ≤ y) up to which it keeps as many of its own. */
const SAYS_ENOUGH = -1e-4;

function isFew(y: number, mean: number, size: number): boolean {
  return y <= FEW && mean <= FEW_MEAN && size > 1e-6 && y === (y | 0);
}

/** Σ of P(Y = k)/P(Y = 0) for k ≤ y, a whole number up to {@link FEW}; x = mean/(mean + size). */
function sumOfFew(y: number, size: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k <= y; k++) {
    term *= x * (size + (k - 1)) * INVERSE[k];
    sum += term;
  }
  return sum;
}

/** P(Y = y)/P(Y = 0), as well. */
function termOfFew(y: number, size: number, x: number): number {
  let term = 1;
  for (let k = 1; k <= y; k++) term *= x * (size + (k - 1)) * INVERSE[k];
  return term;
}

/** Of a law, next to one another: its mean, its size, and what {@link putUpperNats} keeps for the next tail; NaN before. */
export const LAW = 4;
const SIZE = 1;
const LOG_NONE = 2;
const NONE = 3;

function findNone(law: Float64Array, at: number): void {
  if (!Number.isNaN(law[at + NONE])) return;
  law[at + LOG_NONE] = logZero(law[at], law[at + SIZE]);
  law[at + NONE] = Math.exp(law[at + LOG_NONE]);
}

/**
 * Puts −ln P(Y ≥ y) of the negative binomial with mean > 0 and size > 0 (variance mean + mean²/size) where y stands, by
 * I_{mean/(mean+size)}(y, size). 0 for y ≤ 0. Right far beyond where 1 − cdf is 0: at 1e-300, at a mean of 1e-4 and 1e7
 * (test/fixtures/negative-binomial holds 60-digit values). Digits go from a size of 1e9 on, where the law is Poisson's.
 * A few calls, half of what is asked, take a sum: a third of the time of the three gamma functions (Node 20).
 * @param column `column[j]` is y, and then the nats
 * @param law the {@link LAW} entries from `at` on
 */
export function putUpperNats(column: Float64Array, j: number, law: Float64Array, at: number): void {
  const y = column[j];
  const mean = law[at];
  const size = law[at + SIZE];
  if (y <= 0) {
    column[j] = 0;
    return;
  }
  const x = mean / (mean + size);
  const isBeyond = x < (y + 1) / (y + size + 2);
  if (isFew(y, mean, size)) {
    findNone(law, at);
    const less = law[at + NONE] * sumOfFew(y - 1, size, x);
    if (less < LEAVES_ENOUGH) {
      column[j] = -Math.log1p(-less);
      return;
    }
    if (isBeyond) {
      ask(y, size, x, 0);
      toFraction();
      const nats = -law[at + LOG_NONE] - Math.log(termOfFew(y, size, x) * factor[BY]);
      column[j] = nats < 0 ? 0 : nats;
      return;
    }
  }
  const q = size / (mean + size);
  if (isBeyond) ask(y, size, x, q);
  else ask(size, y, q, x);
  toFraction();
  toLogFront();
  const log = factor[BY] > 0 ? 0 : factor[BY];
  column[j] = isBeyond ? -log : -log1mExp(log);
}

/** Puts −ln P(Y ≤ y) of the same law there, as well; ∞ for y < 0. */
export function putLowerNats(column: Float64Array, j: number, law: Float64Array, at: number): void {
  const y = column[j];
  const mean = law[at];
  const size = law[at + SIZE];
  if (y < 0) {
    column[j] = Number.POSITIVE_INFINITY;
    return;
  }
  const x = mean / (mean + size);
  if (isFew(y, mean, size)) {
    findNone(law, at);
    const few = law[at + LOG_NONE] + (y === 0 ? 0 : Math.log(sumOfFew(y, size, x)));
    if (few < SAYS_ENOUGH || y === 0) {
      column[j] = -few;
      return;
    }
  }
  const q = size / (mean + size);
  const a = y + 1;
  const isBeyond = x < (a + 1) / (a + size + 2);
  if (isBeyond) ask(a, size, x, q);
  else ask(size, a, q, x);
  toFraction();
  toLogFront();
  const log = factor[BY] > 0 ? 0 : factor[BY];
  column[j] = isBeyond ? -log1mExp(log) : -log;
}

/** ln P(Y ≥ y), of a law that is asked for once; see {@link putUpperNats}. */
export function logUpperTail(y: number, mean: number, size: number): number {
  setOnce(y, mean, size);
  putUpperNats(once, LAW, once, 0);
  return -once[LAW];
}

/** ln P(Y ≤ y), as well. */
export function logLowerTail(y: number, mean: number, size: number): number {
  setOnce(y, mean, size);
  putLowerNats(once, LAW, once, 0);
  return -once[LAW];
}

/** A law and, behind it, what is asked of it. */
const once = new Float64Array(LAW + 1);

function setOnce(y: number, mean: number, size: number): void {
  once[0] = mean;
  once[SIZE] = size;
  once[NONE] = Number.NaN;
  once[LAW] = y;
}

/** ln P(Y = y) of the same law, for y ≥ 0: {@link toLogFront} at a = y and b = size. */
export function logMass(y: number, mean: number, size: number): number {
  if (y === 0) return logZero(mean, size);
  const x = mean / (mean + size);
  if (isFew(y, mean, size)) return logZero(mean, size) + Math.log(termOfFew(y, size, x));
  ask(y, size, x, size / (mean + size));
  factor[BY] = 1;
  toLogFront();
  return factor[BY];
}

/** ln P(Y = 0) = −size · ln(1 + mean/size). */
export function logZero(mean: number, size: number): number {
  return -size * Math.log1p(mean / size);
}

/**
 * The largest count that is still normal above: the greatest y with P(Y ≥ y) ≥ e^`logAlpha`. 0 at least, since
 * P(Y ≥ 0) = 1.
 */
export function upperLimit(mean: number, size: number, logAlpha: number): number {
  const sd = Math.sqrt(mean + (mean * mean) / size);
  let width = Math.max(1, Math.ceil(sd * Math.sqrt(-2 * logAlpha)));
  let low = Math.floor(mean);
  while (low > 0 && logUpperTail(low, mean, size) < logAlpha) low = Math.floor(low / 2);
  let high = low + width;
  while (logUpperTail(high, mean, size) >= logAlpha) {
    low = high;
    width *= 2;
    high += width;
    if (high > Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle <= low || middle >= high) break; // past 2^53 numbers are further than 1 apart
    if (logUpperTail(middle, mean, size) >= logAlpha) low = middle;
    else high = middle;
  }
  return low;
}

/** The smallest count that is still normal below: the least y ≥ 0 with P(Y ≤ y) ≥ e^`logAlpha`. */
export function lowerLimit(mean: number, size: number, logAlpha: number): number {
  if (logZero(mean, size) >= logAlpha) return 0;
  let low = 0;
  let high = Math.max(1, Math.ceil(mean));
  while (logLowerTail(high, mean, size) < logAlpha) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle <= low || middle >= high) break;
    if (logLowerTail(middle, mean, size) < logAlpha) low = middle;
    else high = middle;
  }
  return high;
}
