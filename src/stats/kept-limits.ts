import { boundCells, gridMean, gridSize, isSkewed, meanStep, NATS_STEPS, near, sizeStep } from './limits.js';
import { logUpperTail } from './negative-binomial.js';

// Limits above as a row keeps them. Its laws move little from hour to hour, a memory that all rows share is too small for 100,000 of them,
// and a limit that is sought anew takes 2 µs and more. What is asked of one is mostly whether it is still what it was, and two
// tails, or one, show that of all laws about it.

/**
 * Entries of what is kept: the least and the most of mean and size; then the grid's mean and the limit there, of one cell of the
 * grid; or 0 and a whole number, of a box of cells: the limit of all of them lies at or above it, and below the next one where it
 * was asked for by {@link wholeLimit}.
 */
export const KEPT = 6;
const MIDDLE = 4;
const LIMIT = 5;

/** A box: so many steps of the grid down and up from the law that it is made for. Means mostly fall, while no call comes. */
interface Reach {
  readonly fewer: number;
  readonly more: number;
  readonly skewed: number;
  readonly round: number;
}
const ABOUT: Reach = { fewer: 3, more: 1, skewed: 1, round: 1 };
/** Where a limit only has to be high enough, that of the least law of the box says it all. */
const BEYOND: Reach = { fewer: 6, more: 20, skewed: 6, round: 3 };
/** What the limit of the last cell has to be beyond a whole number, and below the next, for a box to be worth two tails. */
const CLEAR_BELOW = 0.92;
const CLEAR_ABOVE = 1.08;
/** How far a limit in a cell is scaled, at most, and a little. */
const SCALED = Math.exp(0.0101);
/** Nats that the limits of the grid are off by, 0.01, and as much again. */
const MARGIN = 0.02;

/** Whether a law lies within the bounds kept from entry `at` on; zeros are none. */
export function isWithin(kept: Float64Array, at: number, mean: number, size: number): boolean {
  return mean > kept[at] && mean < kept[at + 1] && size > kept[at + 2] && size < kept[at + 3];
}

/**
 * The greatest whole number up to the limit above of a law, as `LimitsNear.upper` has it; −1 below 0.
 * @param nats in 32nds, see `natsStep`
 */
export function wholeLimit(kept: Float64Array, at: number, mean: number, size: number, nats: number): number {
  if (!isWithin(kept, at, mean, size)) enterWhole(kept, at, mean, size, nats);
  return wholeOf(kept, at, mean);
}

function wholeOf(kept: Float64Array, at: number, mean: number): number {
  const limit = kept[at + LIMIT];
  return limit < 0 || kept[at + MIDDLE] === 0 ? limit : Math.floor((limit * mean) / kept[at + MIDDLE]);
}

function enterWhole(kept: Float64Array, at: number, mean: number, size: number, nats: number): void {
  const before = wholeOf(kept, at, mean);
  const limit = kept[at + MIDDLE] === 0 ? before + 0.5 : (kept[at + LIMIT] * mean) / kept[at + MIDDLE];
  const isClear = before >= 1 && limit * CLEAR_BELOW > before && limit * CLEAR_ABOVE < before + 1;
  if (isClear && enterBox(kept, at, mean, size, nats, before, before + 1)) return;
  enterCell(kept, at, mean, size, nats);
}

/**
 * Whether the limit above of a law, less `rest`, is `enough` at least.
 * @param nats in 32nds, see `natsStep`
 */
export function isEnough(
  kept: Float64Array,
  at: number,
  mean: number,
  size: number,
  nats: number,
  rest: number,
  enough: number,
): boolean {
  const isIn = isWithin(kept, at, mean, size);
  if (!isIn || kept[at + MIDDLE] === 0) {
    const whole = Math.ceil(enough + rest);
    if (isIn && kept[at + LIMIT] >= whole) return true;
    if (whole >= 1 && enterBox(kept, at, mean, size, nats, whole, Number.POSITIVE_INFINITY)) return true;
    enterCell(kept, at, mean, size, nats);
  }
  const limit = kept[at + LIMIT];
  return limit >= 0 && (limit * mean) / kept[at + MIDDLE] - rest >= enough;
}

/** Keeps the cell of a law. */
function enterCell(kept: Float64Array, at: number, mean: number, size: number, nats: number): void {
  const m = meanStep(mean);
  const k = sizeStep(size);
  boundCells(kept, at, m, m, k, k);
  kept[at + MIDDLE] = gridMean(m);
  kept[at + LIMIT] = near(0, m, k, nats);
}

/**
 * Keeps a box about a law, where all limits in it are sure to be `least` at least and below `above`: limits rise with the mean and
 * with the scatter, where laws are not too skewed.
 */
function enterBox(
  kept: Float64Array,
  at: number,
  mean: number,
  size: number,
  nats: number,
  least: number,
  above: number,
): boolean {
  const m = meanStep(mean);
  const k = sizeStep(size);
  const reach = above < Number.POSITIVE_INFINITY ? ABOUT : BEYOND;
  const fewest = m - reach.fewer;
  const most = m + reach.more;
  const skewed = k - reach.skewed;
  const round = k + reach.round;
  if (isSkewed(1 / gridSize(skewed), nats)) return false;
  const asked = nats / NATS_STEPS;
  if (-logUpperTail(least * SCALED, gridMean(fewest), gridSize(round)) > asked - MARGIN) return false;
  if (above < Number.POSITIVE_INFINITY) {
    if (-logUpperTail(above / SCALED, gridMean(most), gridSize(skewed)) < asked + MARGIN) return false;
  }
  boundCells(kept, at, fewest, most, skewed, round);
  kept[at + MIDDLE] = 0;
  kept[at + LIMIT] = least;
  return true;
}
