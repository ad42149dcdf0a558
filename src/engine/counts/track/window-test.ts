import { logLowerTail, logUpperTail } from '../../../stats/negative-binomial.js';
import { deviateAt } from '../../../stats/normal.js';
import { lowerBody, upperBody } from '../../../stats/tail-body.js';
import type { DecidedSink } from '../../decided-sink.js';
import { EDGED, IN_SAMPLE } from '../fit/one-step-residuals.js';
import { LEAST_MEAN } from '../model.js';
import { calibrate, calibrateIn, uncalibrate, uncalibrateIn } from '../tail-calibration.js';
import { DRIFT_SPAN } from './drift.js';
import type { TrackerParts } from './parts.js';
import type { BucketInHand, WindowInHand } from './scratch.js';
import { DRIFT, SILENCE } from './scratch.js';
import {
  ALPHA,
  BURST_SHIFT,
  FLAT,
  LAST_CALL,
  NATS_ABOVE,
  NATS_BELOW,
  PAST,
  PAST_EXPOSURE,
  PAST_EXPOSURE_VAR,
  PAST_RATE,
  PAST_VARIANCE,
  PER_BUCKET,
  PHI,
  RING,
  SHIFT_VARIANCE,
  SURELY_ABOVE,
  SURELY_BELOW,
} from './state.js';

/** Standard deviations of a long window from which on nothing is learned: what may be an incident must not teach before it is reported. */
const SUSPECT = 3;
/** A window's approximate tail stands by itself below this (nats): combined, its surprise is under 1.2. */
const BODY_NATS = 4.3;
/** Counts and sizes from which on a window's approximate tail is good to 0.0005 nats below that. */
const BODY_FROM = 20;
/** How far below the best so far a window's approximate nats must be to be passed over. */
const BODY_SLACK = 0.01;
/**
 * Deviations of a normal law that surely lie within the negative binomial's limit above, and beyond that below: shares of
 * the normal deviate at as many nats. The first by its skewness, the second in Wilson and Hilferty's cube for the gamma law
 * of the same mean and variance, which is more skewed.
 */
const SURE_ABOVE = 0.95;
const SURE_BELOW = 0.88;
/** Relative variance from which on a law is too skewed for either. */
const MOST_SKEWED = 3;
/** Relative variance up to which an accepted rate is as well known as the one before it was. */
export const SHIFT_SETTLED = 0.004;

/** Sets up what the windows need of a tracker's model, where another had its turn before. */
export function armWindows({ s, derivedAt: d, rules, scratch }: TrackerParts): void {
  const { windows } = rules;
  const { blocks } = windows;
  const { limits, hourShares, backs } = scratch;
  for (let w = 0; w < blocks.length; w++) {
    limits[w].arm(s[d + NATS_ABOVE + w], s[d + NATS_BELOW + w]);
    hourShares[w] = IN_SAMPLE / Math.sqrt(Math.max(1, blocks[w]));
    backs[w] = Math.round((Math.max(0, blocks[w] - 1) * windows.block) / windows.step);
  }
}

/** What follows of the windows from model and rules, behind the state. */
export function deriveWindows({ s, derivedAt: d, model, rules }: TrackerParts): void {
  const { windows, nats, logWeights } = rules;
  for (let w = 0; w < windows.weights.length; w++) {
    const least = nats - logWeights[w];
    const above = uncalibrate(least, model.above[w]);
    const below = uncalibrate(least, model.below[w]);
    s[d + PHI + w] = model.phi[w];
    s[d + ALPHA + w] = model.alpha[w];
    s[d + NATS_ABOVE + w] = above;
    s[d + NATS_BELOW + w] = below;
    s[d + SURELY_ABOVE + w] = SURE_ABOVE * deviateAt(above);
    s[d + SURELY_BELOW + w] = SURE_BELOW * deviateAt(below);
  }
}

/** Limits above are set anew where bursts become more surprising, or less: twice a day, of series that have some. */
export function enterBurstHour(parts: TrackerParts, shift: number): void {
  const { s, derivedAt: d, model, rules, scratch } = parts;
  if (s[d + BURST_SHIFT] === shift) return;
  s[d + BURST_SHIFT] = shift;
  const { windows, nats, logWeights } = rules;
  for (let w = 0; w < windows.weights.length && windows.blocks[w] === 0; w++) {
    const above = uncalibrateIn(nats - logWeights[w], model.above[w], shift);
    s[d + NATS_ABOVE + w] = above;
    s[d + SURELY_ABOVE + w] = SURE_ABOVE * deviateAt(above);
    scratch.limits[w].arm(above, s[d + NATS_BELOW + w]);
  }
  scratch.distributions.forget();
}

/** The rate that each window is judged by, from the beginning of a block on. */
export function setWindowRates({ s, derivedAt: d, rules, scratch }: TrackerParts): void {
  const { blocks } = rules.windows;
  const { rates, rateDoubts, block } = scratch;
  for (let w = 1; w < blocks.length; w++) {
    // A rate just accepted is better known by now than when it was.
    const settled = blocks[w] > 0 && s[SHIFT_VARIANCE] <= SHIFT_SETTLED;
    rates[w] = settled ? s[d + PAST_RATE + w] : block.rate;
    rateDoubts[w] = settled ? s[d + PAST_VARIANCE + w] + s[SHIFT_VARIANCE] : block.rateVariance;
  }
}

/** Judges the windows longer than the bucket: what this bucket may hold, the rest of each window as it is. */
export function testWindows(parts: TrackerParts): void {
  const { s, derivedAt: d, rules, scratch, model } = parts;
  const { bucket: b, block: k, window: win, hourShares, rates, rateDoubts, backs } = scratch;
  const { blocks, hourBuckets } = rules.windows;
  const { minEffect } = rules;
  const alpha = s[d + ALPHA];
  const flatShape = s[d + FLAT];
  const count = blocks.length;
  for (let w = 1; w < count; w++) {
    const isLong = blocks[w] > 0;
    let rest: number;
    let restExposure: number;
    let restVar: number;
    let oldest: number;
    if (isLong) {
      rest = s[d + PAST + w] + k.sum;
      restExposure = s[d + PAST_EXPOSURE + w] + k.sumExposure;
      restVar = s[d + PAST_EXPOSURE_VAR + w] + k.sumExposureVar;
      // The window's first bucket: whole blocks back from the beginning of the one under way.
      if (flatShape > 0) oldest = k.rate * flatShape;
      else {
        // In whole numbers: a remainder of doubles is a call out of the engine, which took a tenth of a bucket's time.
        const perWeek = model.profile.perWeek | 0;
        const first = ((b.slot - k.back - backs[w]) | 0) % perWeek;
        oldest = k.rate * model.profile.shapeAt(first < 0 ? first + perWeek : first);
      }
    } else {
      const next = RING + PER_BUCKET * (k.ringIndex + 1);
      rest = s[next] + k.partialSum;
      restExposure = s[next + 1] + k.partialExposure;
      restVar = s[next + 2] + k.partialExposureVar;
      oldest = k.rate * (k.ringIndex + 1 === hourBuckets ? s[RING + 1] : s[next + 1] - s[next + PER_BUCKET + 1]);
    }
    if (restExposure <= 0) continue;
    const rate = rates[w];
    const m = Math.max(rate * (restExposure + b.exposure), LEAST_MEAN);
    // m² times what is not known of the rate, of the hours (known apart from one another, but within one the profile's
    // errors go together), the window's own scatter and batchiness. Where a run may fall on either side of a window's edge,
    // as a nightly job does that starts now before and now after five past, the window may hold it or not: the bucket at
    // the edge brings its own scatter.
    const edge = alpha * (b.mean * b.mean + oldest * oldest);
    const hours = rate * hourShares[w] * (restVar + b.exposureVar);
    const over = m * (m * (s[d + ALPHA + w] + rateDoubts[w]) + hours + s[d + PHI + w]) + edge;
    // Where the edge is most of the scatter, the bucket's own verdict says it all.
    if (edge > EDGED * over) continue;
    const sd = Math.sqrt(m + over);
    const off = rest + (isLong ? b.held : b.y) - m;
    if (isLong && (off > SUSPECT * sd || off < -SUSPECT * sd)) b.isSuspect = true;
    // Limits are sought only where they may count: nine in ten are surely beyond the bucket's own.
    const isRound = over < MOST_SKEWED * m * m;
    const surely = Math.max(m + s[d + SURELY_ABOVE + w] * sd, m * (1 + minEffect)) - rest;
    const mayLower = !isRound || surely < b.upper + 1 || b.y > surely;
    const small = m * (1 - minEffect) - rest;
    const isReached = isLong ? small > b.mean - b.reach : true;
    const mayRaise = isReached && (small > b.lower || b.y < small) && m >= 0.8 * s[d + NATS_BELOW + w];
    if (!mayLower && !mayRaise && !(b.isAbove ? off > 2 * sd : off < -2 * sd)) continue;
    win.mean = m;
    win.over = over;
    win.sd = sd;
    win.rest = rest;
    win.off = off;
    win.isLong = isLong;
    win.isRound = isRound;
    win.tellsAbove = false;
    win.tellsBelow = false;
    if (mayLower) limitAbove(parts, win, b, w);
    if (mayRaise) limitBelow(parts, win, b, w);
    weigh(parts, win, b, w);
  }
}

/** Lowers the bucket's limit above to what the window lets it hold. */
function limitAbove({ rules, scratch }: TrackerParts, win: WindowInHand, b: BucketInHand, w: number): void {
  const m = win.mean;
  const most = Math.max(scratch.limits[w].upper(m, (m * m) / win.over), m * (1 + rules.minEffect));
  // Beyond the clip a count moves a long window no further.
  if (win.isLong && most - win.rest >= b.mean + b.reach) return;
  const highest = Math.floor(most - win.rest);
  if (highest < b.upper) b.upper = highest;
  win.tellsAbove = b.y > highest;
}

/** Raises the bucket's limit below to what the window needs it to hold. */
function limitBelow({ s, derivedAt: d, rules, scratch }: TrackerParts, win: WindowInHand, b: BucketInHand, w: number) {
  const { mean: m, sd, rest } = win;
  const cube = 1 - ((sd / m) * (sd / m)) / 9 - (s[d + SURELY_BELOW + w] * sd) / m / 3;
  const bound = m * (cube > 0 ? cube * cube * cube : 0) - rest;
  if (win.isRound && !(bound > b.lower || b.y < bound)) return;
  const least = Math.min(scratch.limits[w].lower(m, (m * m) / win.over), m * (1 - rules.minEffect));
  if (!(least >= 0) || (win.isLong && least - rest <= b.mean - b.reach)) return;
  const lowest = Math.ceil(least - rest);
  if (lowest > b.lower) b.lower = lowest;
  win.tellsBelow = b.y < lowest;
}

/** Takes the window's surprise where it is the greatest so far. */
function weigh({ s, derivedAt: d, model, rules }: TrackerParts, win: WindowInHand, b: BucketInHand, w: number) {
  const { mean: m, over, off, sd } = win;
  const { isAbove } = b;
  const tells = isAbove ? win.tellsAbove : win.tellsBelow;
  if (!tells && !(isAbove ? off > 2 * sd : off < -2 * sd)) return;
  const logWeight = rules.logWeights[w];
  const total = win.rest + (win.isLong ? b.held : b.y);
  const size = (m * m) / over;
  let raw = 0;
  if (total >= BODY_FROM && size >= BODY_FROM) {
    raw = isAbove ? upperBody(total, m, size) : lowerBody(total, m, size);
    if (!tells && raw + logWeight < b.nats - BODY_SLACK) return;
  }
  if (!(raw > 0 && raw < BODY_NATS)) raw = isAbove ? -logUpperTail(total, m, size) : -logLowerTail(total, m, size);
  const calibrated = isAbove
    ? calibrateIn(raw, model.above[w], win.isLong ? 0 : s[d + BURST_SHIFT])
    : calibrate(raw, model.below[w]);
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
}

/** Keeps the window that decided the bucket, its limits for all of it. */
export function writeDecided({ s, rules, scratch }: TrackerParts, out: DecidedSink | undefined): void {
  if (out === undefined) return;
  const { bucket: b, block: k, limits } = scratch;
  const { spans, step } = rules.windows;
  const end = b.time + step;
  if (b.dates === SILENCE) {
    const mean = k.silenceMean + b.mean * k.silenceRatio;
    const from = Number.isNaN(s[LAST_CALL]) ? b.time : Math.min(b.time, s[LAST_CALL] * step);
    const size = 1 / Math.max(k.silenceVariance, 1e-9);
    out.add(b.cell, from, 0, mean, Math.min(1, mean), Math.max(mean, limits[0].upper(mean, size)));
    return;
  }
  const { dates, datesMean: m } = b;
  const size = (m * m) / Math.max(b.datesOver, 1e-300);
  const by = dates === DRIFT ? 0 : dates;
  const span = dates === DRIFT ? DRIFT_SPAN : spans[dates];
  const upper = Math.max(limits[by].upper(m, size), m * (1 + rules.minEffect));
  const lower = Math.min(limits[by].lower(m, size), m * (1 - rules.minEffect));
  out.add(b.cell, end - span, b.datesValue, m, Math.max(0, Math.ceil(lower)), Math.floor(upper));
}
