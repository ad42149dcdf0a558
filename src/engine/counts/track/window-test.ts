import { KEPT } from '../../../stats/kept-limits.js';
import { WIDE_CELL } from '../../../stats/limits.js';
import { LAW, putLowerNats, putUpperNats } from '../../../stats/negative-binomial.js';
import { deviateAt } from '../../../stats/normal.js';
import { putLowerBody, putUpperBody } from '../../../stats/tail-body.js';
import type { DecidedWriter } from '../../types.js';
import { LEAST_MEAN } from '../model.js';
import { EDGED, IN_SAMPLE } from '../multi-window.js';
import { calibrate, calibrateIn, uncalibrate, uncalibrateIn } from '../tail-calibration.js';
import type { TrackerParts } from './parts.js';
import type { WindowInHand } from './scratch.js';
import { DRIFT, SILENCE } from './scratch.js';
import {
  ALPHA,
  ANCHOR_RATE,
  BURST_SHIFT,
  FLAT,
  LAST_CALL,
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
  SHIFT_VARIANCE,
  WIDE,
} from './state.js';
import { isPassedOver, SURPRISING, SUSPECT, setScreen } from './window-screen.js';

/** A window's approximate tail stands by itself below this (nats): combined, its surprise is under 1.2. */
const BODY_NATS = 4.3;
/** Counts and sizes from which on a window's approximate tail is good to 0.0005 nats below that. */
const BODY_FROM = 20;
/** How far below the best so far a window's approximate nats must be to be passed over. */
const BODY_SLACK = 0.01;
/**
 * Deviations of a normal law that surely lie within the negative binomial's limit above, for its skewness: their share of the
 * normal deviate at as many nats; and the relative variance from which on a law is too skewed.
 */
const SURELY = 0.95;
export const MOST_SKEWED = 3;
/** Means up to this share of the nats at a limit below have none. */
export const LEAST_MEAN_BELOW = 0.8;
/** Relative variance up to which an accepted rate is as well known as the one before it was. */
export const SHIFT_SETTLED = 0.004;

/** Sets up what the windows need of a tracker's model, where another had its turn before. */
export function armWindows({ s, derivedAt: d, rules, scratch, shapePrior }: TrackerParts): void {
  const { blocks, block, step } = rules.windows;
  for (let w = 0; w < blocks.length; w++) {
    const win = scratch.windows[w];
    armLimits(win, s[d + NATS_ABOVE + w], s[d + NATS_BELOW + w], s, d + WIDE + WIDE_CELL * w);
    win.isLong = blocks[w] > 0;
    win.back = Math.round((Math.max(0, blocks[w] - 1) * block) / step);
    // What is not known of a young series' day is common to its hours.
    win.hourShare = Math.max(shapePrior > 0 ? 1 : 0, IN_SAMPLE / Math.sqrt(Math.max(1, blocks[w])));
    win.phi = s[d + PHI + w];
    win.leastMean = LEAST_MEAN_BELOW * s[d + NATS_BELOW + w];
  }
}

function armLimits(win: WindowInHand, above: number, below: number, kept: Float64Array, at: number): void {
  win.limits.arm(above, below, kept, at);
  win.surely = SURELY * deviateAt(above);
}

/** What follows of the windows from model and rules, behind the state. */
export function deriveWindows({ s, derivedAt: d, model, tails, rules }: TrackerParts): void {
  const { windows, nats, logWeights } = rules;
  const { phi, alpha } = model;
  for (let w = 0; w < windows.weights.length; w++) {
    const least = nats - logWeights[w];
    const above = uncalibrate(least, tails.above[w]);
    const below = uncalibrate(least, tails.below[w]);
    s[d + PHI + w] = phi[w];
    s[d + ALPHA + w] = alpha[w];
    s[d + NATS_ABOVE + w] = above;
    s[d + NATS_BELOW + w] = below;
  }
}

/** Limits above are set anew where bursts become more surprising, or less: twice a day, of series that have some. */
export function enterBurstHour(parts: TrackerParts, shift: number): void {
  const { s, derivedAt: d, tails, rules, scratch } = parts;
  if (s[d + BURST_SHIFT] === shift) return;
  s[d + BURST_SHIFT] = shift;
  const { windows, nats, logWeights } = rules;
  for (let w = 0; w < windows.weights.length && windows.blocks[w] === 0; w++) {
    const above = uncalibrateIn(nats - logWeights[w], tails.above[w], shift);
    s[d + NATS_ABOVE + w] = above;
    const wide = d + WIDE + WIDE_CELL * w;
    s.fill(0, wide, wide + WIDE_CELL);
    s.fill(0, d + NEAR + KEPT * w, d + NEAR + KEPT * (w + 1));
    armLimits(scratch.windows[w], above, s[d + NATS_BELOW + w], s, wide);
  }
  scratch.distributions.forget();
}

/** What stands of the windows from the beginning of a block on. */
export function setWindows({ s, derivedAt: d, rules, scratch }: TrackerParts): void {
  const count = rules.windows.blocks.length;
  const { block: k, windows } = scratch;
  const isSettled = s[SHIFT_VARIANCE] <= SHIFT_SETTLED;
  for (let w = 1; w < count; w++) {
    const win = windows[w];
    // A rate just accepted is better known by now than when it was.
    const isThen = win.isLong && isSettled;
    win.rate = isThen ? s[d + PAST_RATE + w] : k.rate;
    win.hourRate = win.rate * win.hourShare;
    win.relative = s[d + ALPHA + w] + (isThen ? s[d + PAST_VARIANCE + w] + s[SHIFT_VARIANCE] : k.rateVariance);
    if (!win.isLong) continue;
    win.past = s[d + PAST + w];
    win.pastExposure = s[d + PAST_EXPOSURE + w];
    win.pastExposureVar = s[d + PAST_EXPOSURE_VAR + w];
    setScreen(win, rules.minEffect);
  }
}

/** Judges the windows longer than the bucket: what this bucket may hold, the rest of each window as it is. */
export function testWindows(parts: TrackerParts): void {
  const { rules, scratch } = parts;
  const { bucket: b, block: k, windows } = scratch;
  const count = rules.windows.blocks.length;
  for (let w = 1; w < count; w++) {
    const win = windows[w];
    if (!win.isLong) testHour(parts, win, w);
    else if (!isPassedOver(win, k, b)) testHours(parts, win, w);
  }
}

/** The window of the last buckets of an hour. */
function testHour(parts: TrackerParts, win: WindowInHand, w: number): void {
  const { s, rules, scratch } = parts;
  const { bucket: b, block: k } = scratch;
  const next = RING + PER_BUCKET * (k.ringIndex + 1);
  win.rest = s[next] + k.partialSum;
  const isLast = k.ringIndex + 1 === rules.windows.hourBuckets;
  win.oldest = k.rate * (isLast ? s[RING + 1] : s[next + 1] - s[next + PER_BUCKET + 1]);
  win.exposure = s[next + 1] + k.partialExposure;
  win.exposureVar = s[next + 2] + k.partialExposureVar;
  if (win.exposure <= 0 || !setLaw(parts, win)) return;
  win.off = win.rest + b.y - win.mean;
  win.least = Number.NEGATIVE_INFINITY;
  win.most = Number.POSITIVE_INFINITY;
  say(parts, win, w);
}

/** A window of hours: whole blocks and the one so far. */
export function testHours(parts: TrackerParts, win: WindowInHand, w: number): void {
  const { s, derivedAt: d, scratch, profile } = parts;
  const { bucket: b, block: k } = scratch;
  win.rest = win.past + k.sum;
  // The window's first bucket: whole blocks back from the beginning of the one under way. No window is as long as a week.
  const first = b.slot - k.back - win.back;
  const flatShape = s[d + FLAT];
  win.oldest = k.rate * (flatShape > 0 ? flatShape : profile.shapeAt(first < 0 ? first + profile.perWeek : first));
  win.exposure = win.pastExposure + k.sumExposure;
  win.exposureVar = win.pastExposureVar + k.sumExposureVar;
  if (win.exposure <= 0 || !setLaw(parts, win)) return;
  win.off = win.rest + b.held - win.mean;
  if (win.off > SUSPECT * win.sd || win.off < -SUSPECT * win.sd) {
    b.isSuspect = true;
    b.isChanged = true;
  }
  win.least = b.mean - b.reach;
  win.most = b.mean + b.reach;
  say(parts, win, w);
}

/**
 * Sets the law of a window with the bucket in it, by what it holds without.
 * @returns false where the bucket's own verdict says all that the window could
 */
function setLaw({ s, derivedAt: d, scratch }: TrackerParts, win: WindowInHand): boolean {
  const { bucket: b } = scratch;
  const { exposure, exposureVar, oldest } = win;
  const m = Math.max(win.rate * (exposure + b.exposure), LEAST_MEAN);
  // m² times what is not known of the rate, of the hours (known apart from one another, but within one the profile's
  // errors go together), the window's own scatter and batchiness. Where a run may fall on either side of a window's edge,
  // as a nightly job does that starts now before and now after five past, the window may hold it or not: the bucket at
  // the edge brings its own scatter.
  const edge = s[d + ALPHA] * (b.mean * b.mean + oldest * oldest);
  const hours = win.hourRate * (exposureVar + b.exposureVar);
  const over = m * (m * win.relative + hours + win.phi) + edge;
  win.mean = m;
  win.over = over;
  win.sd = Math.sqrt(m + over);
  // Where the edge is most of the scatter, the bucket's own verdict says it all.
  return !(edge > EDGED * over);
}

/** What the window's law makes of the bucket. Limits are sought only where they may count: nearly all surely do not. */
export function say(parts: TrackerParts, win: WindowInHand, w: number): void {
  const { rules, scratch } = parts;
  const { bucket: b } = scratch;
  const { mean: m, over, sd, rest, off } = win;
  let surely = Math.max(over < MOST_SKEWED * m * m ? m + win.surely * sd : 0, m * (1 + rules.minEffect)) - rest;
  if (surely < win.most && (surely < b.upper + 1 || b.y > surely)) {
    surely = Math.max(surely, m + win.limits.around(win).above * sd - rest);
  }
  const mayLower = surely < win.most && (surely < b.upper + 1 || b.y > surely);
  const small = m * (1 - rules.minEffect) - rest;
  const mayRaise = small > win.least && (small > b.lower || b.y < small) && m >= win.leastMean;
  win.tellsAbove = false;
  win.tellsBelow = false;
  if (mayLower) limitAbove(parts, win);
  if (mayRaise) limitBelow(parts, win);
  if (win.tellsAbove || win.tellsBelow || (b.isAbove ? off > SURPRISING * sd : off < -SURPRISING * sd))
    weigh(parts, win, w);
}

/** Lowers the bucket's limit above to what the window lets it hold. */
function limitAbove({ rules, scratch }: TrackerParts, win: WindowInHand): void {
  const { bucket: b } = scratch;
  const m = win.mean;
  const most = Math.max(win.limits.upper(m, (m * m) / win.over), m * (1 + rules.minEffect));
  if (most - win.rest >= win.most) return;
  const highest = Math.floor(most - win.rest);
  if (highest < b.upper) {
    b.upper = highest;
    b.isChanged = true;
  }
  win.tellsAbove = b.y > highest;
}

/** Raises the bucket's limit below to what the window needs it to hold. */
function limitBelow({ rules, scratch }: TrackerParts, win: WindowInHand): void {
  const { bucket: b } = scratch;
  const { mean: m, over, rest } = win;
  const bound = m - win.limits.around(win).below * win.sd - rest;
  if (!(bound > b.lower || b.y < bound)) return;
  const least = Math.min(win.limits.lower(m, (m * m) / over), m * (1 - rules.minEffect));
  if (!(least >= 0) || least - rest <= win.least) return;
  const lowest = Math.ceil(least - rest);
  if (lowest > b.lower) {
    b.lower = lowest;
    b.isChanged = true;
  }
  win.tellsBelow = b.y < lowest;
}

/** Takes the window's surprise where it is the greatest so far. */
function weigh({ s, derivedAt: d, tails, rules, scratch }: TrackerParts, win: WindowInHand, w: number): void {
  const { bucket: b } = scratch;
  const { mean: m, over, off, sd } = win;
  const { isAbove } = b;
  const tells = isAbove ? win.tellsAbove : win.tellsBelow;
  if (!tells && !(isAbove ? off > SURPRISING * sd : off < -SURPRISING * sd)) return;
  const logWeight = rules.logWeights[w];
  const total = win.rest + (win.isLong ? b.held : b.y);
  const size = (m * m) / over;
  const { tail } = scratch;
  tail[0] = m;
  tail[1] = size;
  let raw = 0;
  if (total >= BODY_FROM && size >= BODY_FROM) {
    tail[LAW] = total;
    if (isAbove) putUpperBody(tail, LAW, tail, 0);
    else putLowerBody(tail, LAW, tail, 0);
    raw = tail[LAW];
    if (!tells && raw + logWeight < b.nats - BODY_SLACK) return;
  }
  if (!(raw > 0 && raw < BODY_NATS)) {
    tail[LAW - 1] = Number.NaN;
    tail[LAW] = total;
    if (isAbove) putUpperNats(tail, LAW, tail, 0);
    else putLowerNats(tail, LAW, tail, 0);
    raw = tail[LAW];
  }
  const calibrated = isAbove
    ? calibrateIn(raw, tails.above[w], win.isLong ? 0 : s[d + BURST_SHIFT])
    : calibrate(raw, tails.below[w]);
  const here = calibrated + logWeight;
  const isFirst = tells && !b.isReported;
  if (isFirst || (tells === b.isReported && here > b.nats)) {
    b.ratio = (total + 0.5) / (m + 0.5);
    b.decided = w;
  }
  // Of those that report, the shortest dates it.
  if (isFirst || (!b.isReported && here > b.nats)) {
    b.dates = w;
    b.datesMean = m;
    b.datesOver = over;
    b.datesValue = total;
  }
  if (tells) b.isReported = true;
  if (here > b.nats) b.nats = here;
  b.isChanged = true;
}

/** Keeps the window that decided the bucket, its limits for all of it. What came in it is counted by those who have the counts. */
export function writeDecided(parts: TrackerParts, out: DecidedWriter | undefined): void {
  if (out === undefined) return;
  const { s, rules, scratch } = parts;
  const { bucket: b, block: k, windows } = scratch;
  const { step } = rules.windows;
  if (b.dates === SILENCE) {
    const mean = k.silenceMean + b.mean * k.silenceRatio;
    const from = Number.isNaN(s[LAST_CALL]) ? b.time : Math.min(b.time, s[LAST_CALL] * step);
    const size = 1 / Math.max(k.silenceVariance, 1e-9);
    out.add(b.cell, from, 0, 0, mean, Math.min(1, mean), Math.max(mean, windows[0].limits.upper(mean, size)));
    return;
  }
  const isDrift = b.dates === DRIFT;
  const size = (b.datesMean * b.datesMean) / Math.max(b.datesOver, 1e-300);
  const by = isDrift ? 0 : b.dates;
  const m = isDrift ? driftingMean(parts) : b.datesMean;
  const from = beginOf(parts, isDrift ? rules.windows.blocks.length - 1 : b.dates);
  const value = isDrift ? Number.NaN : b.datesValue;
  const upper = Math.max(windows[by].limits.upper(m, size), m * (1 + rules.minEffect));
  const lower = Math.min(windows[by].limits.lower(m, size), m * (1 - rules.minEffect));
  out.add(b.cell, from, value, Number.NaN, m, Math.max(0, Math.ceil(lower)), Math.floor(upper));
}

/** The first bucket of a window that ends with the one in hand. */
function beginOf({ rules, scratch }: TrackerParts, w: number): number {
  const { time } = scratch.bucket;
  const { blocks, block, hourBuckets, step } = rules.windows;
  if (w === 0) return time;
  if (blocks[w] === 0) return time - (hourBuckets - 1) * step;
  const first = (Math.floor(time / block) - blocks[w] + 1) * block;
  return time - Math.floor((time - first) / step) * step;
}

/**
 * What the anchored rate expects of the longest window: a drift is told by it. The sums that tell it fade with time, and are
 * those of no span.
 */
function driftingMean({ s, derivedAt: d, rules, scratch }: TrackerParts): number {
  const { bucket: b, block: k } = scratch;
  const w = rules.windows.blocks.length - 1;
  const before = w === 0 ? 0 : s[d + PAST_EXPOSURE + w] + k.sumExposure;
  return s[ANCHOR_RATE] * (before + b.exposure);
}
