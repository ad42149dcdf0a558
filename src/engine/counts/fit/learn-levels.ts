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

/** `[FILTERS × blocks]` each: the rate by each filter before each block, and one over the exposure behind it. */
export interface LevelScratch {
  readonly rates: Float64Array;
  readonly inverses: Float64Array;
}

export function levelScratch(blocks: number): LevelScratch {
  return { rates: new Float64Array(FILTERS * blocks), inverses: new Float64Array(FILTERS * blocks) };
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
 * they were known. No filter looks at another, so that all four are run over all blocks first, and averaged then: two small
 * loops, each with one place that calls an exponential, so that V8 (Node 20) inlines it: 1.3 times as fast as one by one.
 */
export function learnLevels(s: Float64Array, blocks: LearnedBlocks, terms: Terms, work: LevelScratch): void {
  if (blocks.level.length > 0) {
    blocks.level[0] = s[RATE];
    blocks.levelVariance[0] = s[RATE_VARIANCE];
  }
  runFilters(s, blocks, terms, keptOverHours(terms.hours), work);
  weighFilters(s, blocks, terms, work);
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
  for (let j = 0; j < FILTERS; j += 2) {
    // Two at a time: the divisions of one hide those of the other.
    const keep = keeps[j];
    const keepNext = keeps[j + 1];
    let a = s[A + j];
    let b = s[B + j];
    let c = s[A + j + 1];
    let d = s[B + j + 1];
    for (let k = 0, at = j; k < clipped.length; k++, at += FILTERS) {
      const y = clipped[k];
      const x = exposure[k];
      const inverse = 1 / (b + half);
      const rate = (a + 0.5) * inverse;
      const next = 1 / (d + half);
      const rateOfNext = (c + 0.5) * next;
      rates[at] = rate;
      inverses[at] = inverse;
      rates[at + 1] = rateOfNext;
      inverses[at + 1] = next;
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

function weighFilters(
  s: Float64Array,
  { clipped, exposure, level, levelVariance }: LearnedBlocks,
  { hours, perBlock, anchor, scatter: { phi, alpha } }: Terms,
  { rates, inverses }: LevelScratch,
): void {
  const { evidence: L } = FILTER_AT;
  const perCall = 1 + phi;
  const usual = Math.max(anchor * perBlock, 1e-12);
  const usually = expOfNegative(LOG_MEMORY * hours);
  const log = s.slice(L, L + FILTERS);
  const prior = Float64Array.from(PRIOR_WEIGHTS);
  for (let k = 0, at = 0; k < clipped.length; k++, at += FILTERS) {
    if (k > 0) {
      let best = log[0] + prior[0];
      for (let j = 1; j < FILTERS; j++) best = Math.max(best, log[j] + prior[j]);
      let sum = 0;
      let mean = 0;
      let square = 0;
      for (let j = 0; j < FILTERS; j++) {
        const w = expOfNegative(log[j] + prior[j] - best);
        const rate = rates[at + j];
        sum += w;
        mean += w * rate;
        square += w * rate * (rate + inverses[at + j]);
      }
      level[k] = mean / sum;
      const variance = (square * sum) / (mean * mean) - 1;
      levelVariance[k] = variance > 0 ? variance : 0;
    }
    const x = exposure[k];
    if (!(x > 0)) continue;
    // Hours count by their information, see learnRate.
    const here = Math.max(anchor * x, 1e-12);
    const weight = here < usual ? (here * (alpha * usual + perCall)) / (usual * (alpha * here + perCall)) : 1;
    const memory = weight === 1 ? usually : expOfNegative(LOG_MEMORY * hours * weight);
    const y = clipped[k];
    const m = rates[at + FILTERS - 1] * x;
    const reference = m * (perCall + alpha * m + x * inverses[at + FILTERS - 1]);
    let most = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < FILTERS; j++) {
      const unlikely = surprise(y, rates[at + j] * x, x * inverses[at + j], perCall, alpha, reference);
      log[j] = memory * log[j] - 0.5 * weight * unlikely;
      if (log[j] > most) most = log[j];
    }
    for (let j = 0; j < FILTERS; j++) log[j] = log[j] - most > -REACH ? log[j] - most : -REACH;
  }
  s.set(log, L);
}

/** −2 ln of the normal density of a block's calls by one filter, but for what the logarithms of all variances have in common. */
function surprise(y: number, m: number, unsure: number, perCall: number, alpha: number, reference: number): number {
  const variance = m * (perCall + alpha * m + unsure);
  // (y − m)²/variance and the argument of the logarithm's series by one division.
  const both = variance + reference;
  const inverse = 1 / (variance * both);
  const square = (y - m) * (y - m) * both * inverse;
  const u = (variance - reference) * variance * inverse;
  return (u * u < 0.03 ? twoArtanh(u) : Math.log(variance / reference)) + (square < 16 ? square : 16);
}
