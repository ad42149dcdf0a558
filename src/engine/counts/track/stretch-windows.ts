import { LEAST_MEAN } from '../model.js';
import { EDGED } from '../multi-window.js';
import type { TrackerParts } from './parts.js';
import type { WindowInHand } from './scratch.js';
import { ALPHA, PER_BUCKET, RING } from './state.js';
import { keepBucket, loadBucket } from './stretch-bucket.js';
import { SURPRISING } from './window-screen.js';
import { MOST_SKEWED, say, testHours } from './window-test.js';

// The windows of window-test.ts as loops over a stretch of `n` buckets. What they mostly have to say is nothing, and some
// comparisons with bounds that cannot err show it; the rest is said bucket by bucket, by the functions there.

/** The window of an hour, of buckets `[from, to)` in one round of its ring; see `testHour` and `setLaw`. */
export function testHourAll(parts: TrackerParts, from: number, to: number): void {
  const { rules, scratch } = parts;
  if (rules.windows.hourBuckets > 0) testRound(parts, scratch.windows[1], 1, from, to);
}

/** The windows of hours, of buckets `[from, to)` in one block. */
export function testHoursAll(parts: TrackerParts, from: number, to: number): void {
  const { rules, scratch } = parts;
  const { windows } = scratch;
  const count = rules.windows.blocks.length;
  for (let w = 1; w < count; w++) if (windows[w].isLong) testHoursOf(parts, windows[w], w, from, to);
}

export function testRound(parts: TrackerParts, win: WindowInHand, w: number, from: number, to: number): void {
  const { s, derivedAt: d, rules, scratch } = parts;
  const { stretch: t, block: k } = scratch;
  const { y: ys, mean: means, exposure: exposures, exposureVar: exposureVars, upper: uppers, lower: lowers } = t;
  const { rate, relative, hourRate, phi, leastMean, surely: deviations, limits } = win;
  const edgeAlpha = s[d + ALPHA];
  const more = 1 + rules.minEffect;
  const less = 1 - rules.minEffect;
  const blockRate = k.rate;
  // The first place of the ring, once this round has filled it.
  const first = k.ringIndex === 0 ? exposures[from] : s[RING + 1];
  const last = RING + PER_BUCKET * rules.windows.hourBuckets;
  let next = RING + PER_BUCKET * (k.ringIndex + 1);
  let sum = k.partialSum;
  let sumExposure = k.partialExposure;
  let sumVar = k.partialExposureVar;
  for (let j = from; j < to; j++, next += PER_BUCKET) {
    const y = ys[j];
    const own = exposures[j];
    const mean = means[j];
    const rest = s[next] + sum;
    const oldest = blockRate * (next === last ? first : s[next + 1] - s[next + PER_BUCKET + 1]);
    const exposure = s[next + 1] + sumExposure;
    const exposureVar = s[next + 2] + sumVar;
    sum += y;
    sumExposure += own;
    sumVar += exposureVars[j];
    if (exposure <= 0) continue;
    const known = rate * (exposure + own);
    const m = known > LEAST_MEAN ? known : LEAST_MEAN;
    const edge = edgeAlpha * (mean * mean + oldest * oldest);
    const hours = hourRate * (exposureVar + exposureVars[j]);
    const over = m * (m * relative + hours + phi) + edge;
    if (edge > EDGED * over) continue;
    const sd = Math.sqrt(m + over);
    const off = rest + y - m;
    const wide = SURPRISING * sd;
    let isSaid = off > wide || off < -wide;
    if (!isSaid) {
      const most = uppers[j] + 1 > y ? uppers[j] + 1 : y;
      const effect = m * more;
      const sure = over < MOST_SKEWED * m * m ? m + deviations * sd : 0;
      const surely = (sure > effect ? sure : effect) - rest;
      if (surely < most) isSaid = m + limits.around(m, over).above * sd - rest < most;
    }
    if (!isSaid && m >= leastMean) {
      const least = lowers[j] < y ? lowers[j] : y;
      const small = m * less - rest;
      if (small > least) isSaid = m - limits.around(m, over).below * sd - rest > least;
    }
    if (!isSaid) continue;
    win.mean = m;
    win.over = over;
    win.sd = sd;
    win.rest = rest;
    win.off = off;
    win.least = Number.NEGATIVE_INFINITY;
    win.most = Number.POSITIVE_INFINITY;
    loadBucket(parts, j);
    say(parts, win, w);
    keepBucket(parts, j);
  }
}

/** A window of whole blocks and the one so far; see `isPassedOver` and `testHours`. */
export function testHoursOf(parts: TrackerParts, win: WindowInHand, w: number, from: number, to: number): void {
  const { scratch } = parts;
  const { stretch: t, block: k } = scratch;
  const { y: ys, mean: means, held: helds, reach: reaches, upper: uppers, lower: lowers } = t;
  const { exposure: exposures, exposureVar: exposureVars } = t;
  const { screen, rate } = win;
  const { mostExposure, mostExposureVar, off: offBefore, surprising, upper: upperBound, lower: lowerBound } = screen;
  const { sum: sumBefore, sumExposure: exposureBefore, sumExposureVar: varBefore, back } = k;
  let sum = sumBefore;
  let sumExposure = exposureBefore;
  let sumVar = varBefore;
  for (let j = from; j < to; j++) {
    const y = ys[j];
    const mean = means[j];
    const held = helds[j];
    const exposure = sumExposure + exposures[j];
    const exposureVar = sumVar + exposureVars[j];
    let isPassed = !(exposure > mostExposure || exposureVar > mostExposureVar);
    if (isPassed) {
      const off = offBefore + (sum + held) - rate * exposure;
      // On whichever side the bucket is: processors guess that wrong half of the time.
      if (off > surprising || -off > surprising) isPassed = false;
      else {
        const reach = reaches[j];
        const most = (uppers[j] > y ? uppers[j] : y) + 1;
        const least = lowers[j] < y ? lowers[j] : y;
        const upper = most < mean + reach ? most : mean + reach;
        const lower = least > mean - reach ? least : mean - reach;
        isPassed = upper - held + off < upperBound && held - lower - off < lowerBound;
      }
    }
    if (!isPassed) {
      k.sum = sum;
      k.sumExposure = sumExposure;
      k.sumExposureVar = sumVar;
      k.back = back + j - from;
      loadBucket(parts, j);
      testHours(parts, win, w);
      keepBucket(parts, j);
    }
    sum += held;
    sumExposure = exposure;
    sumVar = exposureVar;
  }
  k.sum = sumBefore;
  k.sumExposure = exposureBefore;
  k.sumExposureVar = varBefore;
  k.back = back;
}
