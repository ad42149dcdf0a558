import { devianceTerm, stirlingError } from './gamma.js';

const LOG_TWO_PI = 1.8378770664093453;

/**
 * ln of x^a (1−x)^b Γ(a+b) / (Γ(a+1) Γ(b)), the factor before the continued fraction of I_x(a, b), in Loader's
 * saddle-point form: at a = b = 1e7 the plain formula subtracts logarithms of size 1e8, and half the digits go with them.
 * `q` is 1 − x, given apart so that it is right where x is near 1.
 */
function logFront(a: number, b: number, x: number, q: number): number {
  const n = a + b;
  const density =
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b) -
    devianceTerm(a, n * x) -
    devianceTerm(b, n * q) +
    0.5 * (Math.log(n / a) - Math.log(b) - LOG_TWO_PI);
  return density + Math.log(b / n);
}

/**
 * The continued fraction of I_x(a, b) of Numerical Recipes 6.4, by the recurrence of its numerators and denominators; fast
 * for x < (a+1)/(a+b+2). They are not normalised in each round, as they are there, nor is it Lentz's method: one division a
 * round, of which the next does not wait, in place of six makes a tail twice as fast.
 */
function betaFraction(a: number, b: number, x: number): number {
  const ab = a + b;
  let aBefore = 1;
  let bBefore = 1;
  let aNow = 1;
  let bNow = 1 - (ab * x) / (a + 1);
  // It takes on the order of √max(a, b) rounds (Numerical Recipes 6.4); 100,000 are enough for 1e10.
  for (let m = 1; m <= 100_000; m++) {
    const at = a + 2 * m;
    const scale = x / ((at - 1) * at * (at + 1));
    const even = m * (b - m) * (at + 1) * scale;
    const odd = -(a + m) * (ab + m) * (at - 1) * scale;
    const aMiddle = aNow + even * aBefore;
    const bMiddle = bNow + even * bBefore;
    const aNext = aMiddle + odd * aNow;
    const bNext = bMiddle + odd * bNow;
    const cross = aNext * bNow;
    // So that NaN, of a damaged state, ends it as well.
    if (!(Math.abs(cross - aNow * bNext) > 1e-15 * Math.abs(cross))) return aNext / bNext;
    aBefore = aMiddle;
    bBefore = bMiddle;
    aNow = aNext;
    bNow = bNext;
    if (bNow < 1e100 && bNow > 1e-100) continue;
    const inverse = 1 / bNow;
    aBefore *= inverse;
    bBefore *= inverse;
    aNow *= inverse;
    bNow = 1;
  }
  return aNow / bNow;
}

/** ln(1 − e^l) for l ≤ 0 (Mächler 2012, "Accurately computing log(1 − exp(−|a|))"). */
export function log1mExp(l: number): number {
  if (l >= 0) return -Infinity;
  return l > -Math.LN2 ? Math.log(-Math.expm1(l)) : Math.log1p(-Math.exp(l));
}

/**
 * ln P(Y ≥ y) of the negative binomial with mean `mean` > 0 and size `size` > 0 (variance mean + mean²/size), by
 * I_{mean/(mean+size)}(y, size). 0 for y ≤ 0. Right far beyond where 1 − cdf is 0: at 1e-300, at a mean of 1e-4 and 1e7
 * (test/fixtures/negative-binomial holds 60-digit values). Digits go from a size of 1e9 on, where the law is Poisson's.
 */
export function logUpperTail(y: number, mean: number, size: number): number {
  if (y <= 0) return 0;
  const x = mean / (mean + size);
  const q = size / (mean + size);
  if (x < (y + 1) / (y + size + 2)) {
    return Math.min(0, logFront(y, size, x, q) + Math.log(betaFraction(y, size, x)));
  }
  return log1mExp(Math.min(0, logFront(size, y, q, x) + Math.log(betaFraction(size, y, q))));
}

/** ln P(Y ≤ y) of the same law; −∞ for y < 0. */
export function logLowerTail(y: number, mean: number, size: number): number {
  if (y < 0) return -Infinity;
  if (y === 0) return logZero(mean, size);
  const a = y + 1;
  const x = mean / (mean + size);
  const q = size / (mean + size);
  if (x < (a + 1) / (a + size + 2)) {
    return log1mExp(Math.min(0, logFront(a, size, x, q) + Math.log(betaFraction(a, size, x))));
  }
  return Math.min(0, logFront(size, a, q, x) + Math.log(betaFraction(size, a, q)));
}

/** ln P(Y = y) of the same law, for y ≥ 0: {@link logFront} at a = y and b = size. */
export function logMass(y: number, mean: number, size: number): number {
  return y === 0 ? logZero(mean, size) : logFront(y, size, mean / (mean + size), size / (mean + size));
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
