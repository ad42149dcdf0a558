import { expOfNegative } from './elementary.js';
import { logLowerTail, logUpperTail, logZero } from './negative-binomial.js';

/**
 * The real y at which −ln P(Y ≥ y) of the negative binomial is `nats` (> 0): counts up to it are at least as probable.
 * P is continued between whole numbers by the incomplete beta function. To 0.01 nats.
 */
export function upperQuantile(mean: number, size: number, nats: number): number {
  const sd = Math.sqrt(mean + (mean * mean) / size);
  let low = 0;
  let fLow = nats;
  let high = mean + sd * Math.sqrt(2 * nats) + nats * (0.5 + mean / size);
  let fHigh = nats + logUpperTail(high, mean, size);
  while (fHigh > 0) {
    low = high;
    fLow = fHigh;
    high = high * 2 + 1;
    if (high > 1e300) return high;
    fHigh = nats + logUpperTail(high, mean, size);
  }
  return root((y) => nats + logUpperTail(y, mean, size), low, fLow, high, fHigh);
}

/**
 * The real y at which −ln P(Y ≤ y) is `nats`: counts from it on are at least as probable. −1 where even no call is.
 */
export function lowerQuantile(mean: number, size: number, nats: number): number {
  const zero = logZero(mean, size) + nats;
  if (zero >= 0) return -1;
  return root((y) => -nats - logLowerTail(y, mean, size), 0, -zero, Math.max(1, mean * 1.5 + 1), -nats);
}

/** Where the falling `f` crosses 0 between `low` and `high`: regula falsi with Anderson and Björck's (1973) speed-up. */
function root(f: (y: number) => number, low: number, fLow: number, high: number, fHigh: number): number {
  for (let i = 0; i < 60; i++) {
    // Where f hardly falls over a long way the chord lands at its end: halve then.
    let y = i % 4 === 3 ? (low + high) / 2 : low + ((high - low) * fLow) / (fLow - fHigh);
    if (!(y > low && y < high)) y = (low + high) / 2;
    const fy = f(y);
    if (Math.abs(fy) < 0.01 || high - low < 1e-6 * (1 + high)) return y;
    if (fy > 0) {
      const m = 1 - fy / fLow;
      fHigh *= m > 0 ? Math.max(0.5, Math.min(1, m)) : 0.5;
      low = y;
      fLow = fy;
    } else {
      const m = 1 - fy / fHigh;
      fLow *= m > 0 ? Math.max(0.5, Math.min(1, m)) : 0.5;
      high = y;
      fHigh = fy;
    }
  }
  return (low + high) / 2;
}

/** Steps of the grid on which limits are computed: 2 % in the mean, 5 % in the size. */
const MEAN_STEP = 0.02;
const SIZE_STEP = 0.05;
/** Sets of the memory of limits, a power of two, and the limits of one side in each: 2 MB in all. */
const SETS = 1 << 14;
const WAYS = 4;
/**
 * Key and limit side by side, and a set in one line of a processor's memory: one wait. With one limit to a place, a fifth of
 * the places sent one another away, and one in twenty of the limits asked for was sought anew each time, at 2 µs.
 */
const memory = new Float64Array(2 * SETS * 2 * WAYS).fill(Number.NaN);

/**
 * {@link upperQuantile} and {@link lowerQuantile} on a grid of means and sizes, scaled from the grid's mean to the one
 * asked for: a bucket's limits cost some 0.02 µs where they were met before, in place of 2 µs. What they stand for moves
 * by less than 3 % of its nats. The memory is only that: the same question has the same answer whatever was asked before.
 */
export function upperLimitNear(mean: number, size: number, nats: number): number {
  const limit = near(0, meanStep(mean), sizeStep(size), natsStep(nats));
  return limit < 0 ? -1 : (limit * mean) / gridMean(meanStep(mean));
}

export function lowerLimitNear(mean: number, size: number, nats: number): number {
  if (hasNoLower(mean, size, nats)) return -1;
  const limit = near(1, meanStep(mean), sizeStep(size), natsStep(nats));
  return limit < 0 ? -1 : (limit * mean) / gridMean(meanStep(mean));
}

/** Most rows expect too little for no call to be unusual: no need to look. */
function hasNoLower(mean: number, size: number, nats: number): boolean {
  // No call is at least as probable as of a Poisson law: of three in four no logarithm need be taken.
  return mean < nats && (mean < 0.79 * nats || -size * Math.log1p(mean / size) + nats > 0.2 * nats);
}

/** Numbers of a {@link WideCell}. */
export const WIDE_CELL = 6;

/** Laws of like mean and scatter, and by how many deviations their limits surely are away from the mean, at least. */
class WideCell {
  leastMean = Number.NaN;
  mostMean = Number.NaN;
  /** Bounds of the relative variance beyond Poisson's. */
  leastOver = Number.NaN;
  mostOver = Number.NaN;
  above = Number.NaN;
  below = Number.NaN;
}

/** A law whose limits are asked for. */
interface TestedLaw {
  readonly mean: number;
  /** Variance beyond Poisson's: mean²/size. */
  readonly over: number;
}

/**
 * Both limits of one row and window, which moves little from bucket to bucket: two comparisons tell that mean and size are
 * still in the cell of the grid that they were in, where two logarithms and two look-ups in 3 MB would (a quarter of the
 * time of a bucket). The answers are those of {@link upperLimitNear} and {@link lowerLimitNear} to the last bit.
 */
export class LimitsNear {
  #above = 0;
  #below = 0;
  #natsBelow = 0;
  /** The cell: bounds of mean and size, its mean, the limits in it, and its steps of either; in one array, next to one another. */
  readonly #cell = new Float64Array(9).fill(Number.NaN);
  /** Looked up last by {@link around}. */
  readonly #wide = new WideCell();
  #kept: Float64Array | undefined;
  #keptAt = 0;
  readonly #own = new Float64Array(WIDE_CELL);

  constructor(natsAbove: number, natsBelow: number) {
    this.arm(natsAbove, natsBelow);
  }

  /**
   * From here on for another row or window.
   * @param kept where, from entry `at` on, {@link WIDE_CELL} numbers hold the cell that {@link around} found last for the same nats;
   *   zeros where it found none. Finding it takes 1 µs, half of a bucket's tests where rows have their turns for one (Node 20).
   */
  arm(natsAbove: number, natsBelow: number, kept?: Float64Array, at = 0): void {
    this.#above = natsStep(natsAbove);
    this.#below = natsStep(natsBelow);
    this.#natsBelow = natsBelow;
    this.#cell[0] = Number.NaN;
    this.#kept = kept;
    this.#keptAt = at;
    if (kept === undefined) this.#wide.leastMean = Number.NaN;
    else this.#takeWide(kept, at);
  }

  /**
   * What is sure of the limits of this law and its like, for 5 ns where a look-up takes 50 to 300; good until the next one.
   * Its numbers are read from where they stand: as arguments they would be boxed wherever V8 (Node 20) does not inline this.
   */
  around(law: TestedLaw): WideCell {
    const wide = this.#wide;
    const { mean, over } = law;
    const square = mean * mean;
    const isIn =
      mean > wide.leastMean && mean < wide.mostMean && over > wide.leastOver * square && over < wide.mostOver * square;
    if (!isIn) this.#enterWide(mean, square / over);
    return wide;
  }

  #enterWide(mean: number, size: number): void {
    const kept = this.#kept ?? this.#own;
    enterWide(kept, this.#keptAt, mean, size, this.#above, this.#below);
    this.#takeWide(kept, this.#keptAt);
  }

  #takeWide(kept: Float64Array, at: number): void {
    const wide = this.#wide;
    wide.leastMean = kept[at];
    wide.mostMean = kept[at + 1];
    wide.leastOver = kept[at + 2];
    wide.mostOver = kept[at + 3];
    wide.above = kept[at + 4];
    wide.below = kept[at + 5];
  }

  upper(mean: number, size: number): number {
    this.#enter(mean, size);
    return this.#upper(mean);
  }

  lower(mean: number, size: number): number {
    if (hasNoLower(mean, size, this.#natsBelow)) return -1;
    this.#enter(mean, size);
    return this.#lower(mean);
  }

  /**
   * Both of the law whose mean and size are the entries of `law` from `at` on: the upper one into `law[to]`, the lower behind it.
   * Numbers in and out stand in an array: they would be boxed otherwise (Node 20).
   */
  put(law: Float64Array, at: number, to: number): void {
    const mean = law[at];
    const size = law[at + 1];
    this.#enter(mean, size);
    law[to] = this.#upper(mean);
    law[to + 1] = hasNoLower(mean, size, this.#natsBelow) ? -1 : this.#lower(mean);
  }

  #upper(mean: number): number {
    const cell = this.#cell;
    if (Number.isNaN(cell[5])) cell[5] = near(0, cell[7], cell[8], this.#above);
    return cell[5] < 0 ? -1 : (cell[5] * mean) / cell[4];
  }

  #lower(mean: number): number {
    const cell = this.#cell;
    if (Number.isNaN(cell[6])) cell[6] = near(1, cell[7], cell[8], this.#below);
    return cell[6] < 0 ? -1 : (cell[6] * mean) / cell[4];
  }

  #enter(mean: number, size: number): void {
    const cell = this.#cell;
    if (mean > cell[0] && mean < cell[1] && size > cell[2] && size < cell[3]) return;
    const m = meanStep(mean);
    const k = sizeStep(size);
    boundCells(cell, 0, m, m, k, k);
    cell[4] = gridMean(m);
    cell[5] = Number.NaN;
    cell[6] = Number.NaN;
    cell[7] = m;
    cell[8] = k;
  }
}

/**
 * Where, from entry `at` on, a row keeps the {@link WideCell} of a law. Deviations above rise with the skewness, those below fall:
 * in a cell the former are least where the mean is greatest and the size too, the latter where both are least. SURE is for what
 * the grid of limits and their 0.01 nats are off by.
 * @param above and `below` nats in 32nds, see {@link natsStep}
 */
export function enterWide(
  kept: Float64Array,
  at: number,
  mean: number,
  size: number,
  above: number,
  below: number,
): void {
  const m = WIDE_MEANS * Math.round(meanStep(mean) / WIDE_MEANS);
  const k = WIDE_SIZES * Math.round(sizeStep(size) / WIDE_SIZES);
  const most = gridMean(m + WIDE_MEANS_REACH);
  const least = gridMean(m - WIDE_MEANS_REACH);
  const skewed = 1 / gridSize(k - WIDE_SKEWED_REACH);
  const round = 1 / gridSize(k + WIDE_SIZES_REACH);
  const wide = wideNats(above);
  const upper = near(0, m + WIDE_MEANS_REACH, k + WIDE_SIZES_REACH, wide);
  const lower = near(1, m - WIDE_MEANS_REACH, k - WIDE_SKEWED_REACH, wideNats(below));
  kept[at] = least;
  kept[at + 1] = most;
  kept[at + 2] = round;
  kept[at + 3] = skewed;
  kept[at + 4] = isSkewed(skewed, wide) ? -1 : (SURE * (upper - most)) / Math.sqrt(most + most * most * round);
  kept[at + 5] = (SURE * (least - Math.max(0, lower))) / Math.sqrt(least + least * least * skewed);
}

/** A little inside the bounds of some cells of the grid, where rounding cannot tell another cell: the least and the most of mean and size. */
export function boundCells(
  cell: Float64Array,
  at: number,
  fewest: number,
  most: number,
  skewed: number,
  round: number,
): void {
  cell[at] = gridMean(fewest - 0.5) * (1 + INSIDE);
  cell[at + 1] = gridMean(most + 0.5) * (1 - INSIDE);
  cell[at + 2] = gridSize(skewed - 0.5) * (1 + INSIDE);
  cell[at + 3] = gridSize(round + 0.5) * (1 - INSIDE);
}

const INSIDE = 1e-9;
/** Cells of {@link LimitsNear.around}, in steps of the grid: how far their middles are apart, and how far each reaches. */
const WIDE_MEANS = 8;
const WIDE_MEANS_REACH = 20;
const WIDE_SIZES = 4;
const WIDE_SIZES_REACH = 12;
/** The same towards skewed laws. */
const WIDE_SKEWED_REACH = 24;
const SURE = 0.93;

/** Nearly all of a law that is so skewed lies at 0: the more skewed, the lower its limit. @param nats in 32nds */
export function isTooSkewed(over: number, nats: number): boolean {
  return isSkewed(over, wideNats(nats));
}

export function isSkewed(over: number, nats: number): boolean {
  return over * expOfNegative(-nats / NATS_STEPS) >= 0.02;
}
/**
 * Nats of a wide cell go in halves, rounded down, so that rows of an organisation, of which each has tails of its own, find
 * those of others: fewer nats lie nearer to the mean, and a bound stays one.
 */
const WIDE_NATS = 16;
/** Steps of nats that make one. */
export const NATS_STEPS = 32;

export function meanStep(mean: number): number {
  return Math.round(Math.log(mean) / MEAN_STEP);
}

export function sizeStep(size: number): number {
  return Math.round(Math.log(size) / SIZE_STEP);
}

/** Nats in 32nds: limits are of a grid of them, as well. */
export function natsStep(nats: number): number {
  return Math.round(nats * NATS_STEPS);
}

function wideNats(n: number): number {
  return n < WIDE_NATS ? n : n - (n % WIDE_NATS);
}

/**
 * The exponentials of the steps that are met, and of the halves between them: as calls out of the engine, four for each cell of
 * {@link LimitsNear.around}, they were 1.5 % of a window (Node 20).
 */
const MOST_MEANS = 1024;
const MOST_SIZES = 512;
const MEANS = Float64Array.from({ length: 4 * MOST_MEANS + 1 }, (_, i) => Math.exp((i / 2 - MOST_MEANS) * MEAN_STEP));
const SIZES = Float64Array.from({ length: 4 * MOST_SIZES + 1 }, (_, i) => Math.exp((i / 2 - MOST_SIZES) * SIZE_STEP));

/** @param m a whole number of steps, or a half beyond one */
export function gridMean(m: number): number {
  return m >= -MOST_MEANS && m <= MOST_MEANS ? MEANS[2 * (m + MOST_MEANS)] : Math.exp(m * MEAN_STEP);
}

export function gridSize(k: number): number {
  return k >= -MOST_SIZES && k <= MOST_SIZES ? SIZES[2 * (k + MOST_SIZES)] : Math.exp(k * SIZE_STEP);
}

/** The limit in a cell of the grid. @param n nats in 32nds */
export function near(side: 0 | 1, m: number, k: number, n: number): number {
  const key = ((m + 4096) * 4096 + k + 2048) * 1048576 + n;
  const hash = (Math.imul(m, 0x9e3779b1) ^ Math.imul(k, 0x85ebca6b) ^ Math.imul(n, 0xc2b2ae35)) >>> 0;
  const at = 2 * WAYS * (side * SETS + ((hash ^ (hash >>> 15)) & (SETS - 1)));
  for (let way = at; way < at + 2 * WAYS; way += 2) if (memory[way] === key) return memory[way + 1];
  const mean = gridMean(m);
  const size = gridSize(k);
  // The oldest leaves.
  memory.copyWithin(at + 2, at, at + 2 * WAYS - 2);
  memory[at + 1] = side === 0 ? upperQuantile(mean, size, n / NATS_STEPS) : lowerQuantile(mean, size, n / NATS_STEPS);
  memory[at] = key;
  return memory[at + 1];
}
