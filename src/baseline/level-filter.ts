/**
 * The level of a series, followed by gamma filters with forgetting, one a half-life, averaged by how well each has
 * predicted lately (dynamic model averaging, Raftery, Kárný and Ettler 2010, with gamma-Poisson filters in place of Kalman
 * ones). No optimiser, and nothing to set: a series that stands still ends up on the slow filters, one that wanders on
 * the fast ones.
 *
 * State, in a Float64Array of {@link LEVEL_STATE} entries: A[4], B[4] (discounted calls and exposure), L[4] (discounted
 * log scores), then the averaged level and its relative variance.
 */

/** Half-lives in hours: a change is followed within a working day, within two days, within a week, or hardly. */
export const HALF_LIVES = [8, 36, 144, 960] as const;
/** ln of the weights before any evidence: most series stand still, and a fast filter is a noisy one. */
const PRIOR_WEIGHTS = [-2.5, -1, 0, 0] as const;
const FILTERS = HALF_LIVES.length;
/** How evidence about the filters ages, per hour: a half-life of two days. */
const LOG_MEMORY = Math.log(0.985);
/** A filter never falls further behind than this (nats), so that it can win back within a few hours. */
const REACH = 7;
const A = 0;
const B = FILTERS;
const L = 2 * FILTERS;
export const LEVEL = 3 * FILTERS;
export const LEVEL_VARIANCE = LEVEL + 1;
export const LEVEL_STATE = LEVEL + 2;

/** How the counts of an hour scatter, for what they teach: variance μ (1 + phi) + alpha μ². */
interface Scatter {
  readonly phi: number;
  readonly alpha: number;
}

/** A state that knows `calls` calls (as independent ones) at `rate` calls per unit of exposure. */
export function startLevel(s: Float64Array, rate: number, calls: number): void {
  for (let j = 0; j < FILTERS; j++) {
    s[A + j] = calls;
    s[B + j] = calls / rate;
    s[L + j] = 0;
  }
  averageLevel(s, rate);
}

/** Sets the averaged level and its variance. Half a call at the anchor's rate is always known: a silent series relaxes towards its anchor, never to 0. */
export function averageLevel(s: Float64Array, anchor: number): void {
  let best = -Infinity;
  for (let j = 0; j < FILTERS; j++) best = Math.max(best, s[L + j] + PRIOR_WEIGHTS[j]);
  let sum = 0;
  let level = 0;
  let square = 0;
  for (let j = 0; j < FILTERS; j++) {
    const w = Math.exp(s[L + j] + PRIOR_WEIGHTS[j] - best);
    const rate = (s[A + j] + 0.5) / (s[B + j] + 0.5 / anchor);
    sum += w;
    level += w * rate;
    square += w * rate * rate * (1 + 1 / (s[A + j] + 0.5));
  }
  s[LEVEL] = level / sum;
  s[LEVEL_VARIANCE] = Math.max(0, (square * sum) / (level * level) - 1);
}

/** What is kept of each filter's past over the length of the last block met. */
const keeps = new Float64Array(FILTERS);
let keptHours = Number.NaN;

/**
 * One block of time: `calls` (clipped) on `exposure` (sum of the shape over its observed buckets). With no exposure,
 * what is known only ages.
 * @param hours length of the block, or of the gap
 * @param perBlock buckets of a block: its exposure in a usual hour
 */
export function learnLevel(
  s: Float64Array,
  calls: number,
  exposure: number,
  hours: number,
  perBlock: number,
  anchor: number,
  { phi, alpha }: Scatter,
): void {
  if (exposure > 0) {
    // An hour at night tells next to nothing of the level, and a little error of the profile there would speak for
    // whichever filter happens to be off by as much: hours count by their information, at most as much as a usual one.
    const here = alpha + (1 + phi) / Math.max(anchor * exposure, 1e-12);
    const usual = alpha + (1 + phi) / Math.max(anchor * perBlock, 1e-12);
    const weight = Math.min(1, usual / here);
    const memory = Math.exp(LOG_MEMORY * hours * weight);
    let best = -Infinity;
    for (let j = 0; j < FILTERS; j++) {
      const rate = (s[A + j] + 0.5) / (s[B + j] + 0.5 / anchor);
      const m = rate * exposure;
      const variance = m * (1 + phi) + (alpha + 1 / (s[A + j] + 0.5)) * m * m;
      const z2 = ((calls - m) * (calls - m)) / variance;
      s[L + j] = memory * s[L + j] - 0.5 * weight * (Math.log(variance) + Math.min(z2, 16));
      if (s[L + j] > best) best = s[L + j];
    }
    for (let j = 0; j < FILTERS; j++) s[L + j] = Math.max(s[L + j] - best, -REACH);
  }
  // Nearly every block is an hour: its exponentials are taken once, a third of the time that a block took.
  if (hours !== keptHours) {
    for (let j = 0; j < FILTERS; j++) keeps[j] = Math.exp((-Math.LN2 * hours) / HALF_LIVES[j]);
    keptHours = hours;
  }
  for (let j = 0; j < FILTERS; j++) {
    const keep = keeps[j];
    // What a block's calls are worth as independent ones. By the anchor's mean where that is more: after a drop to 0 the
    // current one would let every zero weigh a hundredfold.
    const rate = Math.max(anchor, (s[A + j] + 0.5) / (s[B + j] + 0.5 / anchor));
    const worth = 1 / (1 + phi + alpha * rate * exposure);
    s[A + j] = keep * s[A + j] + worth * calls;
    s[B + j] = keep * s[B + j] + worth * exposure;
  }
  averageLevel(s, anchor);
}

/** Multiplies the level by `factor`, keeping at most `calls` calls' worth of what is known. */
export function scaleLevel(s: Float64Array, factor: number, calls: number, anchor: number): void {
  for (let j = 0; j < FILTERS; j++) {
    const keep = Math.min(1, calls / Math.max(1e-9, s[A + j] * factor));
    s[A + j] *= factor * keep;
    s[B + j] *= keep;
    if (calls < Infinity) s[L + j] = 0;
  }
  averageLevel(s, anchor);
}

/**
 * What each further day ahead adds to the level's relative variance: of the scatter that days show about what was expected
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
