import { LEAST_MEAN } from '../model.js';
import { EDGED } from '../multi-window.js';
import type { BlockInHand, BucketInHand, WindowInHand } from './scratch.js';

// Nine in ten buckets leave a window of hours with nothing to say, and a few comparisons with bounds that hold to the end of
// the block show which, for a tenth of what it takes to judge the window: its mean and its scatter only grow until then.

/** Standard deviations of a window of hours from which on nothing is learned: what may be an incident must not teach before it is reported. */
export const SUSPECT = 3;
/** Those from which on a window's surprise is weighed. */
export const SURPRISING = 2;
/** Beyond what doubles are off by. */
const ROUNDING = 1e-9;
/** How much a block may bring of what the window held before, for the bounds to hold. */
const MOST_BROUGHT = 0.5;

/** Sets the bounds for the block that begins. */
export function setScreen(win: WindowInHand, minEffect: number): void {
  const { screen, past, pastExposure, pastExposureVar, rate, relative, hourRate, phi } = win;
  screen.mostExposure = -1;
  const mean = rate * pastExposure;
  if (!(mean > LEAST_MEAN)) return;
  const over = mean * (mean * relative + hourRate * pastExposureVar + phi);
  win.mean = mean;
  win.over = over;
  const wide = win.limits.around(win);
  const most = Math.min((1 + MOST_BROUGHT) * mean, wide.mostMean);
  screen.mostExposure = (most / rate - pastExposure) * (1 - ROUNDING);
  screen.mostExposureVar = MOST_BROUGHT * pastExposureVar;
  screen.off = past - mean;
  const rounding = ROUNDING * (past + most);
  // Both without the buckets at the window's edges, which scatter as much again at most.
  const sd = Math.sqrt(mean + over) * (1 - ROUNDING);
  const leastOver = relative + (hourRate * pastExposureVar + phi) / most;
  const mostOver = (relative + ((1 + MOST_BROUGHT) * hourRate * pastExposureVar + phi) / mean) / (1 - EDGED);
  const effect = minEffect * mean;
  screen.surprising = SURPRISING * sd - rounding;
  screen.suspect = SUSPECT * sd - rounding;
  screen.upper = Math.max(effect, leastOver > wide.leastOver ? wide.above * sd : 0) - rounding;
  screen.lower = Math.max(effect, mostOver < wide.mostOver ? wide.below * sd : 0) - rounding;
  if (most * (1 + ROUNDING) < win.leastMean) screen.lower = Number.POSITIVE_INFINITY;
}

/** Whether the window surely has nothing to say of the bucket. */
export function isPassedOver({ screen, rate }: WindowInHand, k: BlockInHand, b: BucketInHand): boolean {
  const exposure = k.sumExposure + b.exposure;
  if (exposure > screen.mostExposure || k.sumExposureVar + b.exposureVar > screen.mostExposureVar) return false;
  const off = screen.off + (k.sum + b.held) - rate * exposure;
  if (off > (b.isAbove ? screen.surprising : screen.suspect)) return false;
  if (-off > (b.isAbove ? screen.suspect : screen.surprising)) return false;
  // Beyond its reach a count moves the window no further.
  const upper = Math.min(Math.max(b.upper, b.y) + 1, b.mean + b.reach);
  const lower = Math.max(Math.min(b.lower, b.y), b.mean - b.reach);
  return upper - b.held + off < screen.upper && b.held - lower - off < screen.lower;
}
