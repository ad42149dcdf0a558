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
 * loops in place of one that V8 (Node 20) kept in memory, 60 ns a block in place of 150.
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
  const evidence = FILTER_AT.evidence;
  const perCall = 1 + phi;
  const usual = Math.max(anchor * perBlock, 1e-12);
  const usually = expOfNegative(LOG_MEMORY * hours);
  const [p0, p1, p2, p3] = PRIOR_WEIGHTS;
  let [l0, l1, l2, l3] = s.subarray(evidence, evidence + FILTERS);
  for (let k = 0, at = 0; k < clipped.length; k++, at += FILTERS) {
    const r0 = rates[at];
    const r1 = rates[at + 1];
    const r2 = rates[at + 2];
    const r3 = rates[at + 3];
    const i0 = inverses[at];
    const i1 = inverses[at + 1];
    const i2 = inverses[at + 2];
    const i3 = inverses[at + 3];
    if (k > 0) {
      const best = Math.max(l0 + p0, l1 + p1, l2 + p2, l3 + p3);
      const w0 = expOfNegative(l0 + p0 - best);
      const w1 = expOfNegative(l1 + p1 - best);
      const w2 = expOfNegative(l2 + p2 - best);
      const w3 = expOfNegative(l3 + p3 - best);
      const sum = w0 + w1 + w2 + w3;
      const mean = w0 * r0 + w1 * r1 + w2 * r2 + w3 * r3;
      const square = w0 * r0 * (r0 + i0) + w1 * r1 * (r1 + i1) + w2 * r2 * (r2 + i2) + w3 * r3 * (r3 + i3);
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
    const m = r3 * x;
    const reference = m * (perCall + alpha * m + x * i3);
    const half = 0.5 * weight;
    l0 = memory * l0 - half * surprise(y, r0 * x, x * i0, perCall, alpha, reference);
    l1 = memory * l1 - half * surprise(y, r1 * x, x * i1, perCall, alpha, reference);
    l2 = memory * l2 - half * surprise(y, r2 * x, x * i2, perCall, alpha, reference);
    l3 = memory * l3 - half * Math.min(16, ((y - m) * (y - m)) / reference);
    const least = Math.max(l0, l1, l2, l3) - REACH;
    const shift = least + REACH;
    l0 = Math.max(l0, least) - shift;
    l1 = Math.max(l1, least) - shift;
    l2 = Math.max(l2, least) - shift;
    l3 = Math.max(l3, least) - shift;
  }
  s.set([l0, l1, l2, l3], evidence);
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
