import { isEnough, isWithin, KEPT } from '../../../stats/kept-limits.js';
import { enterWide, isTooSkewed, natsStep, WIDE_CELL } from '../../../stats/limits.js';
import { LEAST_MEAN } from '../model.js';
import { EDGED, IN_SAMPLE } from '../multi-window.js';
import { RATE } from '../rate-filter.js';
import type { TrackerParts } from './parts.js';
import {
  ALPHA,
  FLAT,
  NATS_ABOVE,
  NATS_BELOW,
  NEAR,
  PAST,
  PAST_EXPOSURE,
  PAST_EXPOSURE_VAR,
  PAST_RATE,
  PAST_VARIANCE,
  PER_BUCKET,
  PHI,
  RING,
  RING_INDEX,
  RING_PARTIAL_EXPOSURE,
  RING_PARTIAL_EXPOSURE_VAR,
  RING_PARTIAL_SUM,
  SHIFT_VARIANCE,
  SUM,
  SUM_EXPOSURE,
  SUM_EXPOSURE_VAR,
  WIDE,
} from './state.js';
import { SURPRISING, SUSPECT } from './window-screen.js';
import { LEAST_MEAN_BELOW, SHIFT_SETTLED } from './window-test.js';

// The windows over buckets of one law without a call: what they could say is bounded by what they hold at both ends, and where that
// leaves a doubt, each bucket is held against the limit itself, of the cell of the grid that the row was in before. See
// window-test.ts for the law of a window.

/** Beyond what doubles are off by. */
const SLACK = 1e-9;

/** Whether no window has anything to say of any of the buckets. Sets whether they are suspect. */
export function areWindowsSilent(parts: TrackerParts, slots: Int32Array): boolean {
  const { s, derivedAt: d, rules, scratch } = parts;
  const { law } = scratch;
  const { blocks } = rules.windows;
  const isSettled = s[SHIFT_VARIANCE] <= SHIFT_SETTLED;
  law.isSuspect = false;
  for (let w = 1; w < blocks.length; w++) {
    const isLong = blocks[w] > 0;
    const isThen = isLong && isSettled;
    const rate = isThen ? s[d + PAST_RATE + w] : s[RATE];
    law.rate = rate;
    law.hourRate = rate * (IN_SAMPLE / Math.sqrt(Math.max(1, blocks[w])));
    law.relative = s[d + ALPHA + w] + (isThen ? s[d + PAST_VARIANCE + w] + s[SHIFT_VARIANCE] : law.rateVariance);
    // Beyond its reach a count moves a window of hours no further.
    law.enough = isLong ? Math.min(law.upper, law.mean + law.reach) : law.upper;
    if (isLong) holdHours(parts, w);
    else holdRound(parts);
    if (isSurelySilent(parts, w, isLong)) continue;
    if (isLong ? !areHoursSilent(parts, w, slots) : !isRoundSilent(parts, w)) return false;
  }
  return true;
}

/** The window of an hour, see `testHour`. */
function holdRound({ s, scratch }: TrackerParts): void {
  const { law } = scratch;
  const { length: n, exposure: own, exposureVar: ownVar } = law;
  let next = RING + PER_BUCKET * ((s[RING_INDEX] | 0) + 1);
  let sum = s[RING_PARTIAL_EXPOSURE];
  let sumVar = s[RING_PARTIAL_EXPOSURE_VAR];
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let leastVar = Number.POSITIVE_INFINITY;
  let mostVar = 0;
  law.mostRest = s[next] + s[RING_PARTIAL_SUM];
  for (let j = 0; j < n; j++, next += PER_BUCKET) {
    sum += own;
    sumVar += ownVar;
    const exposure = s[next + 1] + sum;
    const exposureVar = s[next + 2] + sumVar;
    if (exposure < least) least = exposure;
    if (exposure > most) most = exposure;
    if (exposureVar < leastVar) leastVar = exposureVar;
    if (exposureVar > mostVar) mostVar = exposureVar;
  }
  law.leastRest = s[next - PER_BUCKET] + s[RING_PARTIAL_SUM];
  law.leastExposure = least;
  law.mostExposure = most;
  law.leastVar = leastVar;
  law.mostVar = mostVar;
}

/** A window of whole blocks and the one so far, see `testHours`. */
function holdHours({ s, derivedAt: d, scratch }: TrackerParts, w: number): void {
  const { law } = scratch;
  const { length: n, exposure: own, exposureVar: ownVar } = law;
  const exposure = s[d + PAST_EXPOSURE + w] + s[SUM_EXPOSURE];
  const exposureVar = s[d + PAST_EXPOSURE_VAR + w] + s[SUM_EXPOSURE_VAR];
  law.leastExposure = exposure + own;
  law.mostExposure = exposure + n * own;
  law.leastVar = exposureVar + ownVar;
  law.mostVar = exposureVar + n * ownVar;
  law.leastRest = s[d + PAST + w] + s[SUM];
  law.mostRest = law.leastRest;
}

/** Whether what a window holds over all of the buckets shows that it has nothing to say; see `isSilent` and `setScreen`. */
function isSurelySilent({ s, derivedAt: d, rules, scratch }: TrackerParts, w: number, isLong: boolean): boolean {
  const { law } = scratch;
  const { rate, relative, hourRate, mostRest, leastRest } = law;
  const least = rate * law.leastExposure * (1 - SLACK);
  const most = rate * law.mostExposure * (1 + SLACK);
  if (!(least > LEAST_MEAN) || most >= LEAST_MEAN_BELOW * s[d + NATS_BELOW + w]) return false;
  const phi = s[d + PHI + w];
  // Both without the buckets at the window's edges, which scatter as much again at most.
  const leastOver = relative + (hourRate * law.leastVar + phi) / most;
  const mostOver = (relative + (hourRate * law.mostVar + phi) / least) / (1 - EDGED);
  const sd = Math.sqrt(least + least * least * leastOver) * (1 - SLACK);
  // Calls that it holds beyond its mean are no surprise of a bucket without one, but make it suspect.
  if (most - leastRest > SURPRISING * sd || (isLong && mostRest - least > SUSPECT * sd)) return false;
  const enough = law.enough + mostRest * (1 + SLACK);
  if (least * (1 + rules.minEffect) >= enough) return true;
  const wide = d + WIDE + WIDE_CELL * w;
  if (!isWithin(s, wide, least, leastOver)) enterWideOf(s, d, w, least, leastOver);
  // The more it expects and scatters, the higher its limit: it is least where both are, if what scatters most is not too skewed.
  if (!(mostOver < s[wide + 3] && s[wide + 4] > 0) && isTooSkewed(mostOver, natsStep(s[d + NATS_ABOVE + w])))
    return false;
  return least + s[wide + 4] * sd >= enough;
}

/** The same, bucket by bucket, of the window of an hour: see `testRound`. */
function isRoundSilent(parts: TrackerParts, w: number): boolean {
  const { s, derivedAt: d, scratch } = parts;
  const { law } = scratch;
  const { length: n, exposure: own, exposureVar: ownVar, mean, rate, relative, hourRate } = law;
  const phi = s[d + PHI + w];
  const ringIndex = s[RING_INDEX] | 0;
  // The first place of the ring, once this round has filled it.
  const first = ringIndex === 0 ? own : s[RING + 1];
  const last = RING + PER_BUCKET * parts.rules.windows.hourBuckets;
  let next = RING + PER_BUCKET * (ringIndex + 1);
  const sum = s[RING_PARTIAL_SUM];
  let sumExposure = s[RING_PARTIAL_EXPOSURE];
  let sumVar = s[RING_PARTIAL_EXPOSURE_VAR];
  for (let j = 0; j < n; j++, next += PER_BUCKET) {
    const oldest = s[RATE] * (next === last ? first : s[next + 1] - s[next + PER_BUCKET + 1]);
    const exposure = s[next + 1] + sumExposure;
    const hours = hourRate * (s[next + 2] + sumVar + ownVar);
    sumExposure += own;
    sumVar += ownVar;
    if (exposure <= 0) continue;
    const known = rate * (exposure + own);
    const m = known > LEAST_MEAN ? known : LEAST_MEAN;
    const edge = s[d + ALPHA] * (mean * mean + oldest * oldest);
    const over = m * (m * relative + hours + phi) + edge;
    if (edge > EDGED * over) continue;
    law.windowMean = m;
    law.windowOver = over;
    law.rest = s[next] + sum;
    if (!saysNothing(parts, w)) return false;
  }
  return true;
}

/** The same of a window of hours: see `testHours`. */
function areHoursSilent(parts: TrackerParts, w: number, slots: Int32Array): boolean {
  const { s, derivedAt: d, scratch, profile, rules } = parts;
  const { law } = scratch;
  const { length: n, first, back, exposure: own, exposureVar: ownVar, mean, rate, relative, hourRate } = law;
  const { blocks, block, step } = rules.windows;
  const flat = s[d + FLAT];
  const before = back + Math.round(((blocks[w] - 1) * block) / step);
  const phi = s[d + PHI + w];
  const rest = s[d + PAST + w] + s[SUM];
  let sumExposure = s[SUM_EXPOSURE];
  let sumVar = s[SUM_EXPOSURE_VAR];
  let suspect = 0;
  for (let j = 0; j < n; j++) {
    const exposure = s[d + PAST_EXPOSURE + w] + sumExposure;
    const hours = hourRate * (s[d + PAST_EXPOSURE_VAR + w] + sumVar + ownVar);
    sumExposure += own;
    sumVar += ownVar;
    const slot = slots[first + j] - before - j;
    const oldest = s[RATE] * (flat > 0 ? flat : profile.shapeAt(slot < 0 ? slot + profile.perWeek : slot));
    if (exposure <= 0) continue;
    const known = rate * (exposure + own);
    const m = known > LEAST_MEAN ? known : LEAST_MEAN;
    const edge = s[d + ALPHA] * (mean * mean + oldest * oldest);
    const over = m * (m * relative + hours + phi) + edge;
    if (edge > EDGED * over) continue;
    if (rest - m > SUSPECT * Math.sqrt(m + over)) suspect++;
    law.windowMean = m;
    law.windowOver = over;
    law.rest = rest;
    if (!saysNothing(parts, w)) return false;
  }
  if (suspect === n) law.isSuspect = true;
  return suspect === 0 || suspect === n;
}

/** Whether a window's law leaves a bucket as it is: see `say`. */
function saysNothing({ s, derivedAt: d, scratch, rules }: TrackerParts, w: number): boolean {
  const { windowMean: m, windowOver: over, rest, enough } = scratch.law;
  const sd = Math.sqrt(m + over);
  if (rest - m < -SURPRISING * sd) return false;
  const { minEffect } = rules;
  if (m * (1 - minEffect) - rest > 0 && m >= LEAST_MEAN_BELOW * s[d + NATS_BELOW + w]) {
    const wide = d + WIDE + WIDE_CELL * w;
    if (!isWithin(s, wide, m, over / (m * m))) enterWideOf(s, d, w, m, over / (m * m));
    if (m - s[wide + 5] * sd - rest > 0) return false;
  }
  const effect = m * (1 + minEffect);
  if (effect - rest >= enough) return true;
  return isEnough(s, d + NEAR + KEPT * w, m, (m * m) / over, natsStep(s[d + NATS_ABOVE + w]), rest, enough);
}

/** @param over relative variance beyond Poisson's */
function enterWideOf(s: Float64Array, d: number, w: number, mean: number, over: number): void {
  const at = d + WIDE + WIDE_CELL * w;
  enterWide(s, at, mean, 1 / over, natsStep(s[d + NATS_ABOVE + w]), natsStep(s[d + NATS_BELOW + w]));
}
