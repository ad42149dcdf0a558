import { expOfNegative, twoArtanh } from '../../stats/elementary.js';

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
export const FILTERS = HALF_LIVES.length;
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
  const prior = 0.5 / anchor;
  let best = -Infinity;
  for (let j = 0; j < FILTERS; j++) {
    const evidence = s[L + j] + PRIOR_WEIGHTS[j];
    if (evidence > best) best = evidence;
  }
  let sum = 0;
  let level = 0;
  let square = 0;
  for (let j = 0; j < FILTERS; j++) {
    const w = expOfNegative(s[L + j] + PRIOR_WEIGHTS[j] - best);
    const known = s[A + j] + 0.5;
    const exposure = s[B + j] + prior;
    // rate = known/exposure, and rate² (1 + 1/known), by one division.
    const inverse = 1 / exposure;
    const rate = known * inverse;
    sum += w;
    level += w * rate;
    square += w * rate * (known + 1) * inverse;
  }
  s[LEVEL] = level / sum;
  const variance = (square * sum) / (level * level) - 1;
  s[LEVEL_VARIANCE] = variance > 0 ? variance : 0;
}

/** What is kept of each filter's past over the length of the last block met. */
const keeps = new Float64Array(FILTERS);
let keptHours = Number.NaN;
/** The level by each filter, as the block under way found it, and one over what it has been told by. */
const rates = new Float64Array(FILTERS);
const inverses = new Float64Array(FILTERS);

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
  given[0] = calls;
  given[1] = exposure;
  given[2] = hours;
  given[3] = perBlock;
  given[4] = anchor;
  given[5] = phi;
  given[6] = alpha;
  learn(s);
}

/** What {@link learn} is given: numbers handed over as arguments would be boxed, 0.1 MB of garbage for every row fitted. */
const given = new Float64Array(7);

/** Blocks of equal length one after another; before each, the level and its variance as they were known. */
export function learnLevels(
  s: Float64Array,
  blocks: {
    readonly clipped: Float64Array;
    readonly exposure: Float64Array;
    readonly level: Float64Array;
    readonly levelVariance: Float64Array;
  },
  { hours, perBlock, anchor, scatter }: { hours: number; perBlock: number; anchor: number; scatter: Scatter },
): void {
  const { clipped, exposure, level, levelVariance } = blocks;
  given[2] = hours;
  given[3] = perBlock;
  given[4] = anchor;
  given[5] = scatter.phi;
  given[6] = scatter.alpha;
  for (let b = 0; b < clipped.length; b++) {
    level[b] = s[LEVEL];
    levelVariance[b] = s[LEVEL_VARIANCE];
    given[0] = clipped[b];
    given[1] = exposure[b];
    learn(s);
  }
}

function learn(s: Float64Array): void {
  const calls = given[0];
  const exposure = given[1];
  const hours = given[2];
  const perBlock = given[3];
  const anchor = given[4];
  const phi = given[5];
  const alpha = given[6];
  const perCall = 1 + phi;
  const half = 0.5 / anchor;
  for (let j = 0; j < FILTERS; j++) {
    inverses[j] = 1 / (s[B + j] + half);
    rates[j] = (s[A + j] + 0.5) * inverses[j];
  }
  if (exposure > 0) {
    // An hour at night tells next to nothing of the level, and a little error of the profile there would speak for
    // whichever filter happens to be off by as much: hours count by their information, at most as much as a usual one.
    const here = Math.max(anchor * exposure, 1e-12);
    const usual = Math.max(anchor * perBlock, 1e-12);
    const weight = here < usual ? (here * (alpha * usual + perCall)) / (usual * (alpha * here + perCall)) : 1;
    const memory = expOfNegative(LOG_MEMORY * hours * weight);
    let best = -Infinity;
    let reference = 1;
    for (let j = FILTERS - 1; j >= 0; j--) {
      const m = rates[j] * exposure;
      // m (1 + phi) + alpha m² + m²/known, m/known being exposure/(B + half).
      const variance = m * (perCall + alpha * m + exposure * inverses[j]);
      // What the logarithms of all variances have in common tells the filters apart by nothing.
      if (j === FILTERS - 1) reference = variance;
      // (y − m)²/variance and the argument of the logarithm's series by one division.
      const both = variance + reference;
      const inverse = 1 / (variance * both);
      const square = (calls - m) * (calls - m) * both * inverse;
      const u = (variance - reference) * variance * inverse;
      const log = u * u < 0.03 ? twoArtanh(u) : Math.log(variance / reference);
      const evidence = memory * s[L + j] - 0.5 * weight * (log + (square < 16 ? square : 16));
      s[L + j] = evidence;
      if (evidence > best) best = evidence;
    }
    for (let j = 0; j < FILTERS; j++) {
      const behind = s[L + j] - best;
      s[L + j] = behind > -REACH ? behind : -REACH;
    }
  }
  // Nearly every block is an hour: its exponentials are taken once, a third of the time that a block took.
  if (hours !== keptHours) {
    for (let j = 0; j < FILTERS; j++) keeps[j] = Math.exp((-Math.LN2 * hours) / HALF_LIVES[j]);
    keptHours = hours;
  }
  const least = 1 / (perCall + alpha * anchor * exposure);
  for (let j = 0; j < FILTERS; j++) {
    const keep = keeps[j];
    // What a block's calls are worth as independent ones. By the anchor's mean where that is more: after a drop to 0 the
    // current one would let every zero weigh a hundredfold.
    const worth = rates[j] > anchor ? 1 / (perCall + alpha * rates[j] * exposure) : least;
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
