import { LEAST_MEAN } from '../model.js';
import { EDGED } from '../multi-window.js';
import type { TrackerParts } from './parts.js';
import type { WindowInHand } from './scratch.js';
import { PER_BUCKET, RING } from './state.js';
import type { Stretch } from './stretch.js';
import { AT_EXPOSURE, AT_EXPOSURE_VAR, AT_HELD, AT_UPPER, AT_Y } from './stretch.js';
import { setMoves, testBlock, testRound } from './stretch-windows.js';
import { SURPRISING } from './window-screen.js';

// Windows that hold few calls only loosen while none comes, and what they could say of a whole stretch without calls is bounded by
// what they hold at both of its ends: a dozen operations for each in place of forty a bucket.

/** Beyond what doubles are off by. */
const SLACK = 1e-9;

/** What windows hold over a stretch, with each bucket in them: the least and the most of exposure, exposure · variance, and other calls. */
interface Held {
  leastExposure: number;
  mostExposure: number;
  leastVar: number;
  mostVar: number;
  leastRest: number;
  mostRest: number;
}

/** Whether no bucket of the stretch has a call, nor is taken for one by the long windows. */
export function isIdle({ all: c }: Stretch, n: number): boolean {
  for (let j = 0; j < n; j++) if (c[AT_Y + j] !== 0 || c[AT_HELD + j] !== 0) return false;
  return true;
}

/** The windows over a stretch that {@link isIdle}: those that surely have nothing to say are passed over. */
export function testIdleWindows(parts: TrackerParts, n: number): void {
  const { rules, scratch } = parts;
  const { windows, idle, stretch } = scratch;
  let mostUpper = 0;
  const c = stretch.all;
  for (let j = 0; j < n; j++) if (c[AT_UPPER + j] > mostUpper) mostUpper = c[AT_UPPER + j];
  const count = rules.windows.blocks.length;
  for (let w = 1; w < count; w++) {
    const win = windows[w];
    if (win.isLong) holdHours(parts, win, n, idle);
    else holdRound(parts, n, idle);
    if (isSilent(win, idle, mostUpper, rules.minEffect)) continue;
    if (!win.isLong) testRound(parts, win, w, n);
    else {
      setMoves(stretch, n);
      testBlock(parts, win, w, n);
    }
  }
}

/** The window of an hour, see `testHour`. */
function holdRound({ s, scratch }: TrackerParts, n: number, held: Held): void {
  const { stretch: t, block: k } = scratch;
  const c = t.all;
  let next = RING + PER_BUCKET * (k.ringIndex + 1);
  held.mostRest = s[next] + k.partialSum;
  held.leastExposure = Number.POSITIVE_INFINITY;
  held.mostExposure = 0;
  held.leastVar = Number.POSITIVE_INFINITY;
  held.mostVar = 0;
  let sumExposure = k.partialExposure;
  let sumVar = k.partialExposureVar;
  for (let j = 0; j < n; j++, next += PER_BUCKET) {
    sumExposure += c[AT_EXPOSURE + j];
    sumVar += c[AT_EXPOSURE_VAR + j];
    const exposure = s[next + 1] + sumExposure;
    const exposureVar = s[next + 2] + sumVar;
    if (exposure < held.leastExposure) held.leastExposure = exposure;
    if (exposure > held.mostExposure) held.mostExposure = exposure;
    if (exposureVar < held.leastVar) held.leastVar = exposureVar;
    if (exposureVar > held.mostVar) held.mostVar = exposureVar;
  }
  held.leastRest = s[next - PER_BUCKET] + k.partialSum;
}

/** A window of whole blocks and the one so far, see `testHours`. */
function holdHours({ scratch }: TrackerParts, win: WindowInHand, n: number, held: Held): void {
  const { stretch: t, block: k } = scratch;
  const c = t.all;
  held.mostRest = win.past + k.sum;
  held.leastRest = held.mostRest;
  let exposure = win.pastExposure + k.sumExposure;
  let exposureVar = win.pastExposureVar + k.sumExposureVar;
  held.leastExposure = exposure + c[AT_EXPOSURE];
  held.leastVar = exposureVar + c[AT_EXPOSURE_VAR];
  for (let j = 0; j < n; j++) {
    exposure += c[AT_EXPOSURE + j];
    exposureVar += c[AT_EXPOSURE_VAR + j];
  }
  held.mostExposure = exposure;
  held.mostVar = exposureVar;
}

/** Whether a window surely has nothing to say of buckets without a call; its bounds are those of `setScreen`. */
function isSilent(win: WindowInHand, held: Held, mostUpper: number, minEffect: number): boolean {
  const { rate, relative, hourRate, phi, leastMean, limits } = win;
  const least = rate * held.leastExposure * (1 - SLACK);
  const most = rate * held.mostExposure * (1 + SLACK);
  if (!(least > LEAST_MEAN) || most >= leastMean) return false;
  // Both without the buckets at the window's edges, which scatter as much again at most.
  const leastOver = relative + (hourRate * held.leastVar + phi) / most;
  const mostOver = (relative + (hourRate * held.mostVar + phi) / least) / (1 - EDGED);
  const sd = Math.sqrt(least + least * least * leastOver) * (1 - SLACK);
  const far = SURPRISING * sd;
  if (most - held.leastRest > far || held.mostRest - least > far) return false;
  const upper = mostUpper + 1 + held.mostRest * (1 + SLACK);
  if (least * (1 + minEffect) >= upper) return true;
  // The more it expects and scatters, the higher its limit: it is least where both are, if what scatters most is not too skewed.
  if (limits.isTooSkewed(mostOver)) return false;
  win.mean = least;
  win.over = least * least * leastOver;
  return least + limits.around(win).above * sd >= upper;
}
