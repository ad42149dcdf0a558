import { boundCells, gridMean, gridSize, isSkewed, meanStep, NATS_STEPS, near, sizeStep } from './limits.js';
import { logUpperTail } from './negative-binomial.js';

// Limits above as a row keeps them. Its laws move little from hour to hour, a memory that all rows share is too small for 100,000 of them,
// and a limit that is sought anew takes 2 µs and more. What a window asks of one is mostly whether it is high enough, and one tail shows
// that of all laws about it.

/**
 * Entries of what is kept: the least and the most of mean and size; then the grid's mean and the limit there, of one cell of the
 * grid; or 0 and a whole number, of a box of cells: the limit of all of them lies at or above it. What is kept for {@link wholeLimit}
 * and what is for {@link isEnough} are apart.
 */
export const KEPT = 6;
const MIDDLE = 4;
const LIMIT = 5;

/** A box: so many steps of the grid down and up from the law that it is made for. Means mostly fall, while no call comes. */
const FEWER = 6;
const MORE = 20;
const SKEWED = 6;
const ROUND = 3;
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
  if (!isWithin(kept, at, mean, size)) enterCell(kept, at, mean, size, nats);
  const limit = kept[at + LIMIT];
  return limit < 0 ? limit : Math.floor((limit * mean) / kept[at + MIDDLE]);
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
    if (whole >= 1 && enterBox(kept, at, mean, size, nats, whole)) return true;
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
 * Keeps a box about a law, where all limits in it are sure to be `least` at least: limits rise with the mean and with the scatter,
 * where laws are not too skewed, so that the least law of the box says it all.
 */
function enterBox(kept: Float64Array, at: number, mean: number, size: number, nats: number, least: number): boolean {
  const m = meanStep(mean);
  const k = sizeStep(size);
  if (isSkewed(1 / gridSize(k - SKEWED), nats)) return false;
  const tail = -logUpperTail(least * SCALED, gridMean(m - FEWER), gridSize(k + ROUND));
  if (tail > nats / NATS_STEPS - MARGIN) return false;
  boundCells(kept, at, m - FEWER, m + MORE, k - SKEWED, k + ROUND);
  kept[at + MIDDLE] = 0;
  kept[at + LIMIT] = least;
  return true;
}
