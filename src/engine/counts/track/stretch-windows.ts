import { LEAST_MEAN } from '../model.js';
import { EDGED } from '../multi-window.js';
import type { TrackerParts } from './parts.js';
import type { WindowInHand } from './scratch.js';
import { ALPHA, PER_BUCKET, RING } from './state.js';
import {
  AT_ABOVE,
  AT_BELOW,
  AT_EXPOSURE,
  AT_EXPOSURE_VAR,
  AT_HELD,
  AT_LOWER,
  AT_MEAN,
  AT_REACH,
  AT_SUM,
  AT_SUM_EXPOSURE,
  AT_SUM_EXPOSURE_VAR,
  AT_UPPER,
  AT_Y,
  type Stretch,
} from './stretch.js';
import { keepBucket, loadBucket } from './stretch-bucket.js';
import { SURPRISING } from './window-screen.js';
import { MOST_SKEWED, say, testHours } from './window-test.js';

// The windows of window-test.ts as loops over a stretch of `n` buckets. What they mostly have to say is nothing, and some
// comparisons with bounds that cannot err show it; the rest is said bucket by bucket, by the functions there.

/** The window of an hour, of the stretch's first `n` buckets, all in one round of its ring; see `testHour` and `setLaw`. */
export function testHourAll(parts: TrackerParts, n: number): void {
  const { rules, scratch } = parts;
  if (rules.windows.hourBuckets > 0) testRound(parts, scratch.windows[1], 1, n);
}

/** The windows of hours, of the stretch's first `n` buckets. */
export function testHoursAll(parts: TrackerParts, n: number): void {
  const { rules, scratch } = parts;
  const { windows } = scratch;
  const count = rules.windows.blocks.length;
  if (!windows[count - 1].isLong) return;
  setMoves(scratch.stretch, n);
  for (let w = 1; w < count; w++) if (windows[w].isLong) testBlock(parts, windows[w], w, n);
}

function testRound(parts: TrackerParts, win: WindowInHand, w: number, n: number): void {
  const { s, derivedAt: d, rules, scratch } = parts;
  const { stretch: t, block: k, bucket } = scratch;
  const c = t.all;
  const { rate, relative, hourRate, phi, leastMean, surely: deviations, limits } = win;
  const edgeAlpha = s[d + ALPHA];
  const more = 1 + rules.minEffect;
  const less = 1 - rules.minEffect;
  const blockRate = k.rate;
  // The first place of the ring, once this round has filled it.
  const first = k.ringIndex === 0 ? c[AT_EXPOSURE] : s[RING + 1];
  const last = RING + PER_BUCKET * rules.windows.hourBuckets;
  let next = RING + PER_BUCKET * (k.ringIndex + 1);
  let sum = k.partialSum;
  let sumExposure = k.partialExposure;
  let sumVar = k.partialExposureVar;
  for (let j = 0; j < n; j++, next += PER_BUCKET) {
    const y = c[AT_Y + j];
    const own = c[AT_EXPOSURE + j];
    const mean = c[AT_MEAN + j];
    const rest = s[next] + sum;
    const oldest = blockRate * (next === last ? first : s[next + 1] - s[next + PER_BUCKET + 1]);
    const exposure = s[next + 1] + sumExposure;
    const exposureVar = s[next + 2] + sumVar;
    sum += y;
    sumExposure += own;
    sumVar += c[AT_EXPOSURE_VAR + j];
    if (exposure <= 0) continue;
    const known = rate * (exposure + own);
    const m = known > LEAST_MEAN ? known : LEAST_MEAN;
    const edge = edgeAlpha * (mean * mean + oldest * oldest);
    const hours = hourRate * (exposureVar + c[AT_EXPOSURE_VAR + j]);
    const over = m * (m * relative + hours + phi) + edge;
    if (edge > EDGED * over) continue;
    const sd = Math.sqrt(m + over);
    const off = rest + y - m;
    const wide = SURPRISING * sd;
    win.mean = m;
    win.over = over;
    let isSaid = off > wide || off < -wide;
    if (!isSaid) {
      const most = c[AT_UPPER + j] + 1 > y ? c[AT_UPPER + j] + 1 : y;
      const effect = m * more;
      const sure = over < MOST_SKEWED * m * m ? m + deviations * sd : 0;
      const surely = (sure > effect ? sure : effect) - rest;
      if (surely < most) isSaid = m + limits.around(win).above * sd - rest < most;
    }
    if (!isSaid && m >= leastMean) {
      const least = c[AT_LOWER + j] < y ? c[AT_LOWER + j] : y;
      const small = m * less - rest;
      if (small > least) isSaid = m - limits.around(win).below * sd - rest > least;
    }
    if (!isSaid) continue;
    win.sd = sd;
    win.rest = rest;
    win.off = off;
    win.least = Number.NEGATIVE_INFINITY;
    win.most = Number.POSITIVE_INFINITY;
    loadBucket(parts, j);
    say(parts, win, w);
    if (bucket.isChanged) keepBucket(parts, j);
  }
}

/** What both windows of hours ask of a bucket, once for both: the one may hold it to less than this, never to more. */
function setMoves(t: Stretch, n: number): void {
  const c = t.all;
  for (let j = 0; j < n; j++) {
    const y = c[AT_Y + j];
    const mean = c[AT_MEAN + j];
    const reach = c[AT_REACH + j];
    const held = c[AT_HELD + j];
    const most = (c[AT_UPPER + j] > y ? c[AT_UPPER + j] : y) + 1;
    const least = c[AT_LOWER + j] < y ? c[AT_LOWER + j] : y;
    // Beyond its reach a count moves the window no further.
    c[AT_ABOVE + j] = (most < mean + reach ? most : mean + reach) - held;
    c[AT_BELOW + j] = held - (least > mean - reach ? least : mean - reach);
  }
}

/** A window of whole blocks and the one so far; see `isPassedOver` and `testHours`. */
function testBlock(parts: TrackerParts, win: WindowInHand, w: number, n: number): void {
  const { scratch } = parts;
  const { stretch: t, block: k, bucket } = scratch;
  const c = t.all;
  const { screen, rate } = win;
  const { mostExposure, mostExposureVar, off: offBefore, surprising, suspect, upper, lower } = screen;
  const { sum, sumExposure, sumExposureVar, back } = k;
  for (let j = 0; j < n; j++) {
    const off = offBefore + c[AT_SUM + j] - rate * c[AT_SUM_EXPOSURE + j];
    let isPassed =
      c[AT_ABOVE + j] + off < upper &&
      c[AT_BELOW + j] - off < lower &&
      !(c[AT_SUM_EXPOSURE + j] > mostExposure || c[AT_SUM_EXPOSURE_VAR + j] > mostExposureVar);
    // The side of the bucket is asked for where it may count: processors guess it wrong half of the time.
    if (isPassed && off > surprising) isPassed = c[AT_Y + j] < c[AT_MEAN + j] && !(off > suspect);
    else if (isPassed && -off > surprising) isPassed = c[AT_Y + j] >= c[AT_MEAN + j] && !(-off > suspect);
    if (isPassed) continue;
    k.sum = j === 0 ? sum : c[AT_SUM + j - 1];
    k.sumExposure = j === 0 ? sumExposure : c[AT_SUM_EXPOSURE + j - 1];
    k.sumExposureVar = j === 0 ? sumExposureVar : c[AT_SUM_EXPOSURE_VAR + j - 1];
    k.back = back + j;
    loadBucket(parts, j);
    testHours(parts, win, w);
    if (bucket.isChanged) keepBucket(parts, j);
  }
  k.sum = sum;
  k.sumExposure = sumExposure;
  k.sumExposureVar = sumExposureVar;
  k.back = back;
}
