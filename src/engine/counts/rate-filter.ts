import { expOfNegative, twoArtanh } from '../../stats/elementary.js';

/**
 * The rate of a series, its mean calls per bucket at shape 1, followed by gamma filters with forgetting, one a half-life, averaged by how well each has
 * predicted lately (dynamic model averaging, Raftery, Kárný and Ettler 2010, with gamma-Poisson filters in place of Kalman
 * ones). No optimiser, and nothing to set: a series that stands still ends up on the slow filters, one that wanders on
 * the fast ones.
 *
 * State, in a Float64Array of {@link RATE_STATE} entries: A[4], B[4] (discounted calls and exposure), L[4] (discounted
 * log scores), then the averaged rate and its relative variance.
 */

/** Half-lives in hours: a change is followed within a working day, within two days, within a week, or hardly. */
const HALF_LIVES = [8, 36, 144, 960] as const;
/** The longest of them. */
export const SLOWEST_HALF_LIFE = HALF_LIVES[3];
/** ln of the weights before any evidence: most series stand still, and a fast filter is a noisy one. */
export const PRIOR_WEIGHTS: readonly number[] = [-2.5, -1, 0, 0] as const;
export const FILTERS = HALF_LIVES.length;
/** How evidence about the filters ages, per hour: a half-life of two days. */
export const LOG_MEMORY = Math.log(0.985);
/** A filter never falls further behind than this (nats), so that it can win back within a few hours, or days. */
export const REACH = 7;
// V8 (Node 20) folds a module's constants into its loops, but not exported ones: 195 or 255 ns a block.
const A = 0;
const B = FILTERS;
const L = 2 * FILTERS;
/** Where the filters' calls, exposure and evidence begin. */
export const FILTER_AT = { calls: A, exposure: B, evidence: L };
export const RATE = 3 * FILTERS;
export const RATE_VARIANCE = RATE + 1;
export const RATE_STATE = RATE + 2;

/** How the counts of an hour scatter, for what is learned of them: variance μ (1 + phi) + alpha μ². */
export interface Scatter {
  readonly phi: number;
  readonly alpha: number;
}

/** What is kept of each filter's past over `span`, in the unit of the half-lives. */
export function keptOver(halfLives: readonly number[], span: number): Float64Array {
  return Float64Array.from(halfLives, (halfLife) => Math.exp((-Math.LN2 * span) / halfLife));
}

/** What a call on so much exposure is worth as independent ones: a busy time says no more of the rate than its own noise lets it. */
export function worthOf(perCall: number, alpha: number, rate: number, exposure: number): number {
  return 1 / (perCall + alpha * rate * exposure);
}

/** Lets filter `j` forget, and know `calls` more, as independent ones, on `exposure`. */
export function age(s: Float64Array, j: number, keep: number, calls: number, exposure: number): void {
  s[A + j] = keep * s[A + j] + calls;
  s[B + j] = keep * s[B + j] + exposure;
}

/** Holds the evidence for each filter to {@link REACH} behind that for the best. */
export function holdEvidence(s: Float64Array): void {
  let best = -Infinity;
  for (let j = 0; j < FILTERS; j++) if (s[L + j] > best) best = s[L + j];
  for (let j = 0; j < FILTERS; j++) {
    const behind = s[L + j] - best;
    s[L + j] = behind > -REACH ? behind : -REACH;
  }
}

/** A state that knows `calls` calls (as independent ones) at `rate` calls per unit of exposure. */
export function startRate(s: Float64Array, rate: number, calls: number): void {
  for (let j = 0; j < FILTERS; j++) {
    s[A + j] = calls;
    s[B + j] = calls / rate;
    s[L + j] = 0;
  }
  averageRate(s, rate);
}

/** Sets the averaged rate and its variance. Half a call at the anchor's rate is always known: a silent series relaxes towards its anchor, never to 0. */
export function averageRate(s: Float64Array, anchor: number): void {
  const prior = 0.5 / anchor;
  let best = -Infinity;
  for (let j = 0; j < FILTERS; j++) {
    const evidence = s[L + j] + PRIOR_WEIGHTS[j];
    if (evidence > best) best = evidence;
  }
  let sum = 0;
  let mean = 0;
  let square = 0;
  for (let j = 0; j < FILTERS; j++) {
    const w = expOfNegative(s[L + j] + PRIOR_WEIGHTS[j] - best);
    const known = s[A + j] + 0.5;
    const exposure = s[B + j] + prior;
    // rate = known/exposure, and rate² (1 + 1/known), by one division.
    const inverse = 1 / exposure;
    const rate = known * inverse;
    sum += w;
    mean += w * rate;
    square += w * rate * (known + 1) * inverse;
  }
  s[RATE] = mean / sum;
  const variance = (square * sum) / (mean * mean) - 1;
  s[RATE_VARIANCE] = variance > 0 ? variance : 0;
}

/**
 * One block of time: `calls` (clipped) on `exposure` (sum of the shape over its observed buckets). With no exposure,
 * what is known only ages.
 * @param hours length of the block, or of the gap
 * @param perBlock buckets of a block: its exposure in a usual hour
 */
export function learnRate(
  s: Float64Array,
  calls: number,
  exposure: number,
  hours: number,
  perBlock: number,
  anchor: number,
  scatter: Scatter,
): void {
  s[RATE] = calls;
  s[RATE_VARIANCE] = exposure;
  learn(s, keptOverHours(hours), hours, perBlock, anchor, scatter);
}

const KEPT_AN_HOUR = keptOver(HALF_LIVES, 1);
const KEPT_A_DAY = keptOver(HALF_LIVES, 24);

/** Nearly every block is an hour, or a day of a sparse series: their exponentials were a third of the time that a block took. */
export function keptOverHours(hours: number): Float64Array {
  return hours === 1 ? KEPT_AN_HOUR : hours === 24 ? KEPT_A_DAY : keptOver(HALF_LIVES, hours);
}

/**
 * One block, whose calls and exposure stand where their result will, the rate and its variance: as arguments they would be
 * boxed, 60 KB of garbage for every row fitted.
 */
function learn(
  s: Float64Array,
  keeps: Float64Array,
  hours: number,
  perBlock: number,
  anchor: number,
  { phi, alpha }: Scatter,
): void {
  const calls = s[RATE];
  const exposure = s[RATE_VARIANCE];
  const perCall = 1 + phi;
  const half = 0.5 / anchor;
  // An hour at night says next to nothing of the rate, and a little error of the profile there would speak for
  // whichever filter happens to be off by as much: hours count by their information, at most as much as a usual one.
  const here = Math.max(anchor * exposure, 1e-12);
  const usual = Math.max(anchor * perBlock, 1e-12);
  const weight = here < usual ? (here * (alpha * usual + perCall)) / (usual * (alpha * here + perCall)) : 1;
  const memory = exposure > 0 ? expOfNegative(LOG_MEMORY * hours * weight) : 1;
  const least = worthOf(perCall, alpha, anchor, exposure);
  let reference = 1;
  for (let j = FILTERS - 1; j >= 0; j--) {
    const inverse = 1 / (s[B + j] + half);
    const rate = (s[A + j] + 0.5) * inverse;
    if (exposure > 0) {
      const m = rate * exposure;
      // m (1 + phi) + alpha m² + m²/known, m/known being exposure/(B + half).
      const variance = m * (perCall + alpha * m + exposure * inverse);
      // What the logarithms of all variances have in common speaks for no filter.
      if (j === FILTERS - 1) reference = variance;
      // (y − m)²/variance and the argument of the logarithm's series by one division.
      const both = variance + reference;
      const inverseOfBoth = 1 / (variance * both);
      const square = (calls - m) * (calls - m) * both * inverseOfBoth;
      const u = (variance - reference) * variance * inverseOfBoth;
      const log = u * u < 0.03 ? twoArtanh(u) : Math.log(variance / reference);
      s[L + j] = memory * s[L + j] - 0.5 * weight * (log + (square < 16 ? square : 16));
    }
    // What a block's calls are worth as independent ones. By the anchor's mean where that is more: after a drop to 0 the
    // current one would let every zero weigh a hundredfold.
    const worth = rate > anchor ? worthOf(perCall, alpha, rate, exposure) : least;
    age(s, j, keeps[j], worth * calls, worth * exposure);
  }
  if (exposure > 0) holdEvidence(s);
  averageRate(s, anchor);
}

/** The rate by the slowest filter alone. */
export function slowestRate(s: Float64Array, anchor: number): number {
  return (s[A + FILTERS - 1] + 0.5) / (s[B + FILTERS - 1] + 0.5 / anchor);
}

/**
 * Holds what each filter knows of the rate between two, the slowest, by which silences are judged, between two of its own. To scale
 * all of them by what the fast ones have followed took it from the slowest, which has not.
 */
export function holdRate(
  s: Float64Array,
  least: number,
  most: number,
  slowLeast: number,
  slowMost: number,
  anchor: number,
): void {
  for (let j = 0; j < FILTERS; j++) {
    const isSlowest = j === FILTERS - 1;
    const exposure = s[B + j] + 0.5 / anchor;
    const known = Math.min(s[A + j], (isSlowest ? slowMost : most) * exposure - 0.5);
    s[A + j] = Math.max(0, known, (isSlowest ? slowLeast : least) * exposure - 0.5);
  }
  averageRate(s, anchor);
}

/** Multiplies the rate by `factor`, keeping at most `calls` calls' worth of what is known. */
export function scaleRate(s: Float64Array, factor: number, calls: number, anchor: number): void {
  for (let j = 0; j < FILTERS; j++) {
    const keep = Math.min(1, calls / Math.max(1e-9, s[A + j] * factor));
    s[A + j] *= factor * keep;
    s[B + j] *= keep;
    s[L + j] = 0;
  }
  averageRate(s, anchor);
}

/**
 * What each further day ahead adds to the rate's relative variance: of the scatter that days show about what was expected
 * a day before, the part that the winning filters take for movement. One that follows within a day takes all of it, one
 * that hardly moves none.
 * @param daily alpha of the window of a day
 */
export function walkPerDay(s: Float64Array, daily: number): number {
  let best = -Infinity;
  for (let j = 0; j < FILTERS; j++) best = Math.max(best, s[L + j] + PRIOR_WEIGHTS[j]);
  let sum = 0;
  let walk = 0;
  for (let j = 0; j < FILTERS; j++) {
    const w = Math.exp(s[L + j] + PRIOR_WEIGHTS[j] - best);
    sum += w;
    walk += w * -Math.expm1((-Math.LN2 * 24) / HALF_LIVES[j]) * daily;
  }
  return walk / sum;
}
