import { expOfNegative, twoArtanh } from '../../../stats/elementary.js';
import {
  averageRate,
  FILTER_AT,
  FILTERS,
  keptOverHours,
  LOG_MEMORY,
  PRIOR_WEIGHTS,
  RATE,
  RATE_VARIANCE,
  REACH,
  type Scatter,
} from '../rate-filter.js';

/** Filter by filter, `[FILTERS × blocks]` each. */
export interface LevelScratch {
  /** The rate before each block, and one over the exposure behind it. */
  readonly rates: Float64Array;
  readonly inverses: Float64Array;
  /** What a block speaks against the filter with; then the evidence for the filter before each. */
  readonly evidence: Float64Array;
  /** `[blocks]`: how much of the evidence before each is left after it. */
  readonly memory: Float64Array;
  /** `[blocks]` each: sums over the filters of their weights, of those times rates, and times their second moments. */
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly squares: Float64Array;
}

export function levelScratch(blocks: number): LevelScratch {
  const column = () => new Float64Array(blocks);
  const columns = () => new Float64Array(FILTERS * blocks);
  return {
    rates: columns(),
    inverses: columns(),
    evidence: columns(),
    memory: column(),
    weights: column(),
    means: column(),
    squares: column(),
  };
}

/** Calls and exposures of blocks of equal length; and what was known of the rate before each, which is to be filled in. */
interface LearnedBlocks {
  readonly clipped: Float64Array;
  readonly exposure: Float64Array;
  readonly level: Float64Array;
  readonly levelVariance: Float64Array;
}

interface Terms {
  readonly hours: number;
  readonly perBlock: number;
  readonly anchor: number;
  readonly scatter: Scatter;
}

/**
 * What {@link learnRate} does, over blocks of equal length one after another; and before each, the rate and its variance as
 * they were known. No filter looks at another's rate, so that each is run over all blocks first, what the blocks say of each is
 * added up next, and the rates are averaged at last: small loops of which no step waits for the one before, but for a few
 * products. Three times as fast as block by block (Node 20).
 */
export function learnLevels(s: Float64Array, blocks: LearnedBlocks, terms: Terms, work: LevelScratch): void {
  const { level, levelVariance } = blocks;
  const known = s[RATE];
  const variance = s[RATE_VARIANCE];
  runFilters(s, blocks, terms, keptOverHours(terms.hours), work);
  const reference = FILTERS - 1;
  for (let j = 0; j < FILTERS; j++) weighFilter(j, reference, blocks, terms, work);
  rememberBlocks(blocks, terms, work);
  addEvidence(s, level.length, work);
  averageFilters(level, levelVariance, work);
  if (level.length > 0) {
    level[0] = known;
    levelVariance[0] = variance;
  }
  averageRate(s, terms.anchor);
}

function runFilters(
  s: Float64Array,
  { clipped, exposure }: LearnedBlocks,
  { anchor, scatter: { phi, alpha } }: Terms,
  keeps: Float64Array,
  { rates, inverses }: LevelScratch,
): void {
  const { calls: A, exposure: B } = FILTER_AT;
  const perCall = 1 + phi;
  const half = 0.5 / anchor;
  const blocks = clipped.length;
  for (let j = 0; j < FILTERS; j += 2) {
    // Two at a time: the divisions of one hide those of the other.
    const keep = keeps[j];
    const keepNext = keeps[j + 1];
    let a = s[A + j];
    let b = s[B + j];
    let c = s[A + j + 1];
    let d = s[B + j + 1];
    for (let k = 0, at = j * blocks, next = at + blocks; k < blocks; k++, at++, next++) {
      const y = clipped[k];
      const x = exposure[k];
      const inverse = 1 / (b + half);
      const rate = (a + 0.5) * inverse;
      const inverseOfNext = 1 / (d + half);
      const rateOfNext = (c + 0.5) * inverseOfNext;
      rates[at] = rate;
      inverses[at] = inverse;
      rates[next] = rateOfNext;
      inverses[next] = inverseOfNext;
      // What a block's calls are worth as independent ones, by the anchor's mean where that is more, see learnRate.
      const worth = 1 / (perCall + alpha * x * (rate > anchor ? rate : anchor));
      const worthOfNext = 1 / (perCall + alpha * x * (rateOfNext > anchor ? rateOfNext : anchor));
      a = keep * a + worth * y;
      b = keep * b + worth * x;
      c = keepNext * c + worthOfNext * y;
      d = keepNext * d + worthOfNext * x;
    }
    s[A + j] = a;
    s[B + j] = b;
    s[A + j + 1] = c;
    s[B + j + 1] = d;
  }
}

/**
 * −2 ln of the normal density of each block's calls by one filter, but for what the logarithms of all variances have in common: that
 * of a filter of reference.
 */
function weighFilter(
  filter: number,
  reference: number,
  { clipped, exposure }: LearnedBlocks,
  { scatter: { phi, alpha } }: Terms,
  { rates, inverses, evidence }: LevelScratch,
): void {
  const perCall = 1 + phi;
  const blocks = clipped.length;
  for (let k = 0, at = filter * blocks, by = reference * blocks; k < blocks; k++, at++, by++) {
    const x = exposure[k];
    const y = clipped[k];
    const usual = rates[by] * x;
    const usually = usual * (perCall + alpha * usual + x * inverses[by]);
    const m = rates[at] * x;
    const variance = m * (perCall + alpha * m + x * inverses[at]);
    // (y − m)²/variance and the argument of the logarithm's series by one division.
    const both = variance + usually;
    const inverse = 1 / (variance * both);
    const square = (y - m) * (y - m) * both * inverse;
    const u = (variance - usually) * variance * inverse;
    evidence[at] = (u * u < 0.03 ? twoArtanh(u) : Math.log(variance / usually)) + (square < 16 ? square : 16);
  }
}

/** Hours count by their information, see learnRate: what each block says of the filters, and what is left of what was said before. */
function rememberBlocks(
  { exposure }: LearnedBlocks,
  { hours, perBlock, anchor, scatter: { phi, alpha } }: Terms,
  { evidence, memory }: LevelScratch,
): void {
  const perCall = 1 + phi;
  const usual = Math.max(anchor * perBlock, 1e-12);
  const usually = expOfNegative(LOG_MEMORY * hours);
  const blocks = exposure.length;
  for (let k = 0; k < blocks; k++) {
    const x = exposure[k];
    const here = Math.max(anchor * x, 1e-12);
    const weight = here < usual ? (here * (alpha * usual + perCall)) / (usual * (alpha * here + perCall)) : 1;
    memory[k] = !(x > 0) ? 1 : weight === 1 ? usually : expOfNegative(LOG_MEMORY * hours * weight);
    // Of a block that was not observed nothing follows.
    const half = x > 0 ? 0.5 * weight : 0;
    for (let at = k; at < evidence.length; at += blocks) evidence[at] = half > 0 ? half * evidence[at] : 0;
  }
}

/** Adds up what the blocks say of each filter, none further than REACH behind the best. */
function addEvidence(s: Float64Array, blocks: number, { evidence, memory }: LevelScratch): void {
  const { evidence: L } = FILTER_AT;
  for (let k = 0; k < blocks; k++) {
    const left = memory[k];
    let most = Number.NEGATIVE_INFINITY;
    for (let j = 0, at = k; j < FILTERS; j++, at += blocks) {
      const before = s[L + j];
      const after = left * before - evidence[at];
      evidence[at] = before;
      s[L + j] = after;
      most = most > after ? most : after;
    }
    for (let j = 0; j < FILTERS; j++) {
      const behind = s[L + j] - most;
      s[L + j] = behind > -REACH ? behind : -REACH;
    }
  }
}

/** The rates by their filters' weights. Evidence is never above 0, nor far below, so that no weight needs to be scaled. */
function averageFilters(
  level: Float64Array,
  levelVariance: Float64Array,
  { rates, inverses, evidence, weights, means, squares }: LevelScratch,
): void {
  const blocks = level.length;
  weights.fill(0);
  means.fill(0);
  squares.fill(0);
  for (let j = 0; j < FILTERS; j++) {
    const prior = PRIOR_WEIGHTS[j];
    for (let k = 0, at = j * blocks; k < blocks; k++, at++) {
      const w = expOfNegative(evidence[at] + prior);
      const mean = w * rates[at];
      weights[k] += w;
      means[k] += mean;
      squares[k] += mean * (rates[at] + inverses[at]);
    }
  }
  for (let k = 0; k < blocks; k++) {
    level[k] = means[k] / weights[k];
    const variance = (squares[k] * weights[k]) / (means[k] * means[k]) - 1;
    levelVariance[k] = variance > 0 ? variance : 0;
  }
}
