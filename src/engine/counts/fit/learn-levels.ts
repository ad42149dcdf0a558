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
  /** What is learned from: blocks, and stretches of blocks without a call. */
  readonly runs: Runs;
}

/** `[runs]` each, of which the first `n` count: the first block of each and how many it is, calls, and exposure, of a block on average. */
interface Runs {
  n: number;
  readonly first: Int32Array;
  readonly length: Uint8Array;
  readonly clipped: Float64Array;
  readonly exposure: Float64Array;
}

/** Blocks without a call of a quiet row are learned from so many at once. */
const AT_ONCE = 4;
/** A quiet row has calls in one block of so many at most. */
const QUIET = 4;

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
    runs: {
      n: 0,
      first: new Int32Array(blocks),
      length: new Uint8Array(blocks),
      clipped: column(),
      exposure: column(),
    },
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
 * products. Three times as fast as block by block (Node 20). Of quiet rows most blocks hold no call: four of those that follow one
 * another are learned from by their mean exposure and what is known at their middle, and what was known before each is on the line
 * between middles: mostly to 1 %, and a fifth of the time of such a row.
 */
export function learnLevels(s: Float64Array, blocks: LearnedBlocks, terms: Terms, work: LevelScratch): void {
  const { level, levelVariance } = blocks;
  const { runs } = work;
  const known = s[RATE];
  const variance = s[RATE_VARIANCE];
  findRuns(blocks, runs);
  runFilters(s, terms, work);
  const reference = FILTERS - 1;
  for (let j = 0; j < FILTERS; j++) weighFilter(j, reference, terms, work);
  rememberBlocks(terms, work);
  addEvidence(s, work);
  averageFilters(level, levelVariance, work);
  averageRate(s, terms.anchor);
  if (level.length === 0) return;
  level[0] = known;
  levelVariance[0] = variance;
  if (runs.n < level.length) fillRuns(s, level, levelVariance, runs);
}

function findRuns({ clipped, exposure }: LearnedBlocks, runs: Runs): void {
  const blocks = clipped.length;
  let held = 0;
  for (let k = 0; k < blocks; k++) held += clipped[k] > 0 ? 1 : 0;
  const isQuiet = held * QUIET <= blocks;
  let n = 0;
  for (let k = 0; k < blocks; n++) {
    const length = isQuiet && isEmpty(clipped, exposure, k) ? AT_ONCE : 1;
    let sum = exposure[k];
    for (let i = 1; i < length; i++) sum += exposure[k + i];
    runs.first[n] = k;
    runs.length[n] = length;
    runs.clipped[n] = clipped[k];
    runs.exposure[n] = length === 1 ? sum : sum / length;
    k += length;
  }
  runs.n = n;
}

/** What is kept over so many blocks. @param keep over one */
function keptOver(keep: number, blocks: number): number {
  return Math.exp(blocks * Math.log(keep));
}

/** Whether none of the next blocks holds a call, and all were observed. */
function isEmpty(clipped: Float64Array, exposure: Float64Array, from: number): boolean {
  if (from + AT_ONCE > clipped.length) return false;
  for (let k = from; k < from + AT_ONCE; k++) if (clipped[k] > 0 || !(exposure[k] > 0)) return false;
  return true;
}

/**
 * From runs to their blocks, from the last on: their figures, which are those of their middles, stand at the front.
 * @param s what is known after the last
 */
function fillRuns(s: Float64Array, level: Float64Array, levelVariance: Float64Array, { n, first, length }: Runs): void {
  let rate = s[RATE];
  let variance = s[RATE_VARIANCE];
  let next = level.length;
  for (let r = n - 1; r >= 0; r--) {
    const own = level[r];
    const ownVariance = levelVariance[r];
    const middle = first[r] + (length[r] - 1) / 2;
    // The line from the middle of the run before, or, where that was a block whose calls moved the rate, on from what follows.
    const last = r > 0 && length[r - 1] > 1 ? r - 1 : r;
    const since = last < r ? middle - first[last] - (length[last] - 1) / 2 : middle - next;
    const before = last < r ? level[last] : Math.min(rate, own);
    const varianceBefore = last < r ? levelVariance[last] : variance;
    for (let k = first[r] + length[r] - 1; k >= first[r]; k--) {
      const away = k - middle;
      const share = away < 0 ? -away / since : away / (next - middle);
      level[k] = own + share * ((away < 0 ? before : rate) - own);
      levelVariance[k] = Math.max(0, ownVariance + share * ((away < 0 ? varianceBefore : variance) - ownVariance));
    }
    rate = own;
    variance = ownVariance;
    next = middle;
  }
}

function runFilters(
  s: Float64Array,
  { hours, anchor, scatter: { phi, alpha } }: Terms,
  { rates, inverses, memory, runs: { n, length, clipped, exposure } }: LevelScratch,
): void {
  const { calls: A, exposure: B } = FILTER_AT;
  const keeps = keptOverHours(hours);
  const perCall = 1 + phi;
  const prior = 0.5 / anchor;
  const blocks = memory.length;
  for (let j = 0; j < FILTERS; j += 2) {
    // Two at a time: the divisions of one hide those of the other.
    const keep = keeps[j];
    const keepNext = keeps[j + 1];
    // Of many blocks: what is kept up to their middle and from there on, and what their exposures come to in either.
    const keepHalf = keptOver(keep, (AT_ONCE - 1) / 2);
    const keepHalfNext = keptOver(keepNext, (AT_ONCE - 1) / 2);
    const keepRest = keptOver(keep, (AT_ONCE + 1) / 2);
    const keepRestNext = keptOver(keepNext, (AT_ONCE + 1) / 2);
    const half = (1 - keepHalf) / (1 - keep);
    const halfNext = (1 - keepHalfNext) / (1 - keepNext);
    const rest = (1 - keepRest) / (1 - keep);
    const restNext = (1 - keepRestNext) / (1 - keepNext);
    let a = s[A + j];
    let b = s[B + j];
    let c = s[A + j + 1];
    let d = s[B + j + 1];
    for (let k = 0, at = j * blocks, next = at + blocks; k < n; k++, at++, next++) {
      const y = clipped[k];
      const x = exposure[k];
      const isMany = length[k] > 1;
      if (isMany) {
        // By the mean of the anchor, from which a quiet row's worth hardly differs.
        const x2 = x / (perCall + alpha * x * anchor);
        a *= keepHalf;
        b = keepHalf * b + half * x2;
        c *= keepHalfNext;
        d = keepHalfNext * d + halfNext * x2;
      }
      const inverse = 1 / (b + prior);
      const rate = (a + 0.5) * inverse;
      const inverseOfNext = 1 / (d + prior);
      const rateOfNext = (c + 0.5) * inverseOfNext;
      rates[at] = rate;
      inverses[at] = inverse;
      rates[next] = rateOfNext;
      inverses[next] = inverseOfNext;
      // What a block's calls are worth as independent ones, by the anchor's mean where that is more, see learnRate.
      const worth = 1 / (perCall + alpha * x * (rate > anchor ? rate : anchor));
      const worthOfNext = 1 / (perCall + alpha * x * (rateOfNext > anchor ? rateOfNext : anchor));
      if (isMany) {
        a *= keepRest;
        b = keepRest * b + rest * worth * x;
        c *= keepRestNext;
        d = keepRestNext * d + restNext * worthOfNext * x;
      } else {
        a = keep * a + worth * y;
        b = keep * b + worth * x;
        c = keepNext * c + worthOfNext * y;
        d = keepNext * d + worthOfNext * x;
      }
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
  { scatter: { phi, alpha } }: Terms,
  { rates, inverses, evidence, memory, runs: { n, clipped, exposure } }: LevelScratch,
): void {
  const perCall = 1 + phi;
  const blocks = memory.length;
  for (let k = 0, at = filter * blocks, by = reference * blocks; k < n; k++, at++, by++) {
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
  { hours, perBlock, anchor, scatter: { phi, alpha } }: Terms,
  { evidence, memory, runs: { n, length, exposure } }: LevelScratch,
): void {
  const perCall = 1 + phi;
  const usual = Math.max(anchor * perBlock, 1e-12);
  const usually = expOfNegative(LOG_MEMORY * hours);
  const blocks = memory.length;
  for (let k = 0; k < n; k++) {
    const x = exposure[k];
    const here = Math.max(anchor * x, 1e-12);
    const weight =
      length[k] * (here < usual ? (here * (alpha * usual + perCall)) / (usual * (alpha * here + perCall)) : 1);
    memory[k] = !(x > 0) ? 1 : weight === 1 ? usually : expOfNegative(LOG_MEMORY * hours * weight);
    // Of a block that was not observed nothing follows.
    const half = x > 0 ? 0.5 * weight : 0;
    for (let at = k; at < evidence.length; at += blocks) evidence[at] = half > 0 ? half * evidence[at] : 0;
  }
}

/** Adds up what the blocks say of each filter, none further than REACH behind the best. */
function addEvidence(s: Float64Array, { evidence, memory, runs: { n, length } }: LevelScratch): void {
  const { evidence: L } = FILTER_AT;
  const blocks = memory.length;
  for (let k = 0; k < n; k++) {
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
    if (length[k] === 1) continue;
    for (let j = 0, at = k; j < FILTERS; j++, at += blocks) evidence[at] = 0.5 * (evidence[at] + s[L + j]);
  }
}

/** The rates by their filters' weights. Evidence is never above 0, nor far below, so that no weight needs to be scaled. */
function averageFilters(
  level: Float64Array,
  levelVariance: Float64Array,
  { rates, inverses, evidence, weights, means, squares, memory, runs: { n } }: LevelScratch,
): void {
  const blocks = memory.length;
  weights.fill(0, 0, n);
  means.fill(0, 0, n);
  squares.fill(0, 0, n);
  for (let j = 0; j < FILTERS; j++) {
    const prior = PRIOR_WEIGHTS[j];
    for (let k = 0, at = j * blocks; k < n; k++, at++) {
      const w = expOfNegative(evidence[at] + prior);
      const mean = w * rates[at];
      weights[k] += w;
      means[k] += mean;
      squares[k] += mean * (rates[at] + inverses[at]);
    }
  }
  for (let k = 0; k < n; k++) {
    level[k] = means[k] / weights[k];
    const variance = (squares[k] * weights[k]) / (means[k] * means[k]) - 1;
    levelVariance[k] = variance > 0 ? variance : 0;
  }
}
