import { logLowerTail, logUpperTail } from '../../../stats/negative-binomial.js';
import { DAY, HOUR } from '../../../time/grid.js';
import { ABOVE, BELOW, NORMAL } from '../../types.js';
import { holdRate, RATE, scaleRate } from '../rate-filter.js';
import { SIZE } from './bucket-distributions.js';
import { anchorHere, DRIFT_SPAN, forgetDrift } from './drift.js';
import type { TrackerParts } from './parts.js';
import { forgetWindows } from './rings.js';
import { type BucketInHand, DRIFT, SILENCE } from './scratch.js';
import { setSilenceRate } from './silence-rate.js';
import {
  ANCHOR_RATE,
  ANCHOR_SLOWEST,
  BLOCK_TRAIN_CALLS,
  BLOCK_TRAIN_EXPOSURE,
  INCIDENT_CALLS,
  INCIDENT_FROM,
  INCIDENT_LAST_BREACH,
  INCIDENT_LAST_REPORT,
  INCIDENT_LLR,
  INCIDENT_LLR_CAP,
  INCIDENT_MEAN,
  INCIDENT_RATIO,
  INCIDENT_REPORTS,
  INCIDENT_SIDE,
  LAST_CALL,
  MERGE_SIDE,
  PAST_RATE,
  PENDING_EXPOSURE,
  PENDING_HOURS,
  PRE_SHIFT_LLR,
  PRE_SHIFT_RATE,
  PRE_SHIFT_UNTIL,
  SHAPE_HOUR_CALLS,
  SHAPE_HOUR_MEAN,
  SHIFT_VARIANCE,
  SILENCE_MEAN,
  SILENCE_NATS,
  SILENT_BUCKETS,
} from './state.js';
import { SHIFT_SETTLED } from './window-test.js';

/**
 * An open incident carries on while a bucket's evidence for its own ratio, against the usual rate, does not fall by more
 * than this (nats) from where it stands; more than the cap is not kept, so that the end is seen soon.
 */
const CAP = 4;
/** The same for an incident that only a window of hours could report: its buckets say little, and vary. */
const SLOW_CAP = 8;
const END = -2;
/** A bucket that tells less than this (nats) is no part of a drop: nothing was to be expected of it. */
const LEAST_NATS = 0.01;
/** Ratios that an incident is followed at. */
const RATIO_MOST = 50;
/** An incident without a breach for so long is over, if the usual rate has been telling better since. */
const QUIET_END = 6 * HOUR;
/** An incident that closes and opens again within so long, on the same side, is one: a shift of the rate that hovers. */
const SAME_INCIDENT = 12 * HOUR;
/** Age of an incident at which it is a shift of the rate, if it was breached that long after it began. */
const SHIFT_AGE = 36 * HOUR;
const SHIFT_BREACHED = 20 * HOUR;
/** A block of which less than this part of an average one is expected shows nothing by what it lacks. */
const LEAST_DUE = 0.1;
/** How long the rate before a shift is remembered, and the evidence (nats) at which it is taken up again. */
const PRE_SHIFT_KEPT = 21 * DAY;
const PRE_SHIFT_BACK = 15;
/** So near to it, it is back. */
const PRE_SHIFT_NEAR = 0.1;
/** Relative variance of an accepted rate: as much again at first as 15 %, half of it a day later. */
const SHIFT_START = 0.0225;
/** Evidence of one bucket counts so many nats at most: one bucket is one witness. */
const WITNESS = 4;

/** What a nat of Poisson evidence is worth where calls scatter more. */
function perNatOf({ phi, alpha }: TrackerParts, mean: number, ratio: number): number {
  return 1 / (1 + phi + alpha * mean * Math.max(1, ratio));
}

/**
 * What an open incident makes of the bucket: it goes on until a bucket speaks for the usual rate again. Within an hour of
 * the last bucket that is reported by itself, what carries it on is reported with it; after that it goes on quietly.
 */
export function limitByIncident(parts: TrackerParts): void {
  const { s, scratch, rules } = parts;
  const { bucket: b } = scratch;
  const side = s[INCIDENT_SIDE];
  b.goesOn = false;
  if (side === 0) return;
  const ratio = s[INCIDENT_RATIO];
  const perNat = perNatOf(parts, b.mean, ratio);
  // Of one incident it is one number, and a call out of the engine for each bucket is not needed.
  if (scratch.incident.ratio !== ratio) {
    scratch.incident.ratio = ratio;
    scratch.incident.log = Math.log(ratio);
  }
  const end = ((END - s[INCIDENT_LLR]) / perNat + (ratio - 1) * b.mean) / scratch.incident.log;
  const { minEffect, windows } = rules;
  const isReported = b.time - s[INCIDENT_LAST_REPORT] <= Math.max(HOUR - windows.step, windows.step);
  const isOwn = side === ABOVE ? b.y > b.upper : b.y < b.lower;
  if (isOwn) s[INCIDENT_REPORTS]++;
  // What is expected is not reported, whatever carries the incident on: limits that are lie beyond the mean.
  if (side === ABOVE) {
    const upper = Math.max(Math.floor(end), Math.floor(b.mean * (1 + minEffect)));
    b.goesOn = b.y > upper;
    if (isReported) b.upper = Math.min(b.upper, Math.max(upper, Math.ceil(b.mean)));
  } else if ((1 - ratio) * b.mean * perNat > LEAST_NATS) {
    const lower = Math.min(Math.floor(end) + 1, Math.ceil(b.mean * (1 - minEffect)));
    b.goesOn = b.y < lower;
    if (isReported) b.lower = Math.max(b.lower, Math.min(lower, Math.floor(b.mean)));
  }
  // One bucket that stands alone is not carried on by what comes within the hour.
  const isBreach = side === ABOVE ? b.y > b.upper : b.y < b.lower;
  if (isBreach && (isOwn || s[INCIDENT_REPORTS] > 1)) s[INCIDENT_LAST_REPORT] = b.time;
}

/** Adds a bucket to an incident that is open, or may be continued; and forgets one that no longer may. */
export function extendIncident(s: Float64Array, { time, y, mean }: BucketInHand): void {
  s[INCIDENT_CALLS] += y;
  s[INCIDENT_MEAN] += mean;
  if (time - s[INCIDENT_LAST_BREACH] > SAME_INCIDENT && s[INCIDENT_SIDE] === 0) s[MERGE_SIDE] = 0;
}

/**
 * What the bucket makes of the incidents: evidence for and against an open one, its end, a new one.
 * @returns true where the bucket is part of an incident, and teaches nothing
 */
export function followIncident(parts: TrackerParts, verdict: number): boolean {
  const { s, scratch } = parts;
  const { bucket: b } = scratch;
  const { time, y, mean } = b;
  const open = s[INCIDENT_SIDE];
  if (s[MERGE_SIDE] !== 0) extendIncident(s, b);
  if (open !== 0) {
    const ratio = s[INCIDENT_RATIO];
    const log = scratch.incident.log;
    const gain = Math.min(WITNESS, (y * log - (ratio - 1) * mean) * perNatOf(parts, mean, ratio));
    s[INCIDENT_LLR] = Math.min(s[INCIDENT_LLR_CAP], s[INCIDENT_LLR] + gain);
    const isBreach = verdict === open || b.goesOn;
    if (isBreach) s[INCIDENT_LAST_BREACH] = time;
    if (!isBreach && isOver(parts, time)) s[INCIDENT_SIDE] = 0;
    if (verdict === -open) s[INCIDENT_SIDE] = 0;
  }
  if (verdict !== NORMAL && s[INCIDENT_SIDE] === 0) openIncident(parts, verdict);
  return s[INCIDENT_SIDE] !== 0 || verdict !== NORMAL;
}

/** Opens an incident: what its window holds was reported, and counts as expected from here on. */
function openIncident(parts: TrackerParts, side: number): void {
  const { s, derivedAt: d, rules, scratch } = parts;
  const { time, y, mean, ratio, decided, dates } = scratch.bucket;
  const { windows } = rules;
  if (decided === DRIFT && rules.acceptShifts) {
    // Reported once, then followed.
    anchorHere(parts);
    return;
  }
  s[INCIDENT_SIDE] = side;
  s[INCIDENT_RATIO] =
    side === ABOVE ? Math.min(RATIO_MOST, Math.max(1.2, ratio)) : Math.max(1 / RATIO_MOST, Math.min(0.8, ratio));
  // A silence ends with a call.
  s[INCIDENT_LLR_CAP] = decided === SILENCE ? END : decided === DRIFT || windows.blocks[decided] > 0 ? SLOW_CAP : CAP;
  const goesOn = s[MERGE_SIDE] === side && time - s[INCIDENT_LAST_BREACH] <= SAME_INCIDENT;
  if (goesOn) s[INCIDENT_LLR_CAP] = Math.max(s[INCIDENT_LLR_CAP], SLOW_CAP);
  s[INCIDENT_LLR] = s[INCIDENT_LLR_CAP];
  s[INCIDENT_LAST_BREACH] = time;
  s[INCIDENT_LAST_REPORT] = time;
  s[INCIDENT_REPORTS] = decided === 0 ? 1 : 2;
  if (!goesOn) {
    s[MERGE_SIDE] = side;
    if (decided === SILENCE) {
      // All of it counts, and it stays open for as long as another shift does before its rate is accepted.
      s[INCIDENT_FROM] = Math.max(s[LAST_CALL] * windows.step, time - (SHIFT_AGE - SHIFT_BREACHED));
      s[INCIDENT_CALLS] = 0;
      s[INCIDENT_MEAN] = s[SILENCE_MEAN];
    } else {
      // Where its bucket shows it alone, it begins there, though a day with it in may show more.
      s[INCIDENT_FROM] = time + windows.step - (dates === DRIFT ? DRIFT_SPAN : windows.spans[Math.max(0, dates)]);
      s[INCIDENT_CALLS] = y;
      s[INCIDENT_MEAN] = mean;
    }
  }
  if (side === BELOW) dropPending(s);
  if (decided === 0) return;
  if (decided === SILENCE) dropTraining(s);
  else if (decided === DRIFT) {
    takeBack(parts, side, s[ANCHOR_RATE]);
    forgetDrift(parts);
    dropTraining(s);
  } else if (windows.blocks[decided] > 0) {
    // The rate has followed the incident since it began: back to where it was.
    const rate = s[SHIFT_VARIANCE] > SHIFT_SETTLED ? 0 : s[d + PAST_RATE + decided];
    if (rate > 0) takeBack(parts, side, rate);
    dropTraining(s);
  }
  forgetWindows(parts);
}

/** What has followed an incident of this side is back at the rate before it. */
function takeBack({ s, model }: TrackerParts, side: number, rate: number): void {
  const slowest = s[ANCHOR_SLOWEST];
  if (side === ABOVE) holdRate(s, 0, rate, 0, Math.max(rate, slowest), model.anchor);
  else holdRate(s, rate, Number.POSITIVE_INFINITY, Math.min(rate, slowest), Number.POSITIVE_INFINITY, model.anchor);
}

/** What of the block under way may teach does not. */
function dropTraining(s: Float64Array): void {
  s[BLOCK_TRAIN_CALLS] = 0;
  s[BLOCK_TRAIN_EXPOSURE] = 0;
}

/** Quiet blocks that waited for the end of their silence teach nothing. */
export function dropPending(s: Float64Array): void {
  s[PENDING_EXPOSURE] = 0;
  s[PENDING_HOURS] = 0;
}

function isOver({ s, rules }: TrackerParts, time: number): boolean {
  if (s[INCIDENT_LLR] < END) return true;
  const quiet = time - s[INCIDENT_LAST_BREACH];
  // Under 'hold' only the usual rate ends it.
  return quiet > QUIET_END && (s[INCIDENT_LLR] < s[INCIDENT_LLR_CAP] - 1 || (rules.acceptShifts && quiet > SHIFT_AGE));
}

/**
 * The side of the incident that is seen to go on after a bucket; 0 for none. One bucket says what it is, and nothing of the
 * hours behind it, though it may turn out to have been the first of a shift; what buckets reported by themselves is over
 * once none has carried it on for an hour, and only what a window of hours reported goes on as long as its evidence does.
 */
export function ongoingSide(s: Float64Array, time: number): number {
  const isCarried = s[INCIDENT_LLR_CAP] !== CAP || time - s[INCIDENT_LAST_BREACH] < HOUR;
  const isOne = s[INCIDENT_REPORTS] <= 1 && time - s[INCIDENT_LAST_REPORT] >= HOUR;
  return isCarried && !isOne ? s[INCIDENT_SIDE] : 0;
}

/**
 * Whether the open incident has lasted for so long that its rate is the rate. Of one below, something has to be due in the block that
 * ends: windows miss the run that a daily job missed for a day, and that is no second one.
 * @param blockStart of that block (ms)
 * @param due what is usually expected of it, over what is of a block on the average
 */
export function isLastingShift(s: Float64Array, time: number, blockStart: number, due: number): boolean {
  const side = s[INCIDENT_SIDE];
  if (side === 0) return false;
  const from = s[INCIDENT_FROM];
  const breached = s[INCIDENT_LAST_BREACH];
  const saysSo = side === ABOVE || (breached >= blockStart && due >= LEAST_DUE);
  return saysSo && time - from >= SHIFT_AGE && breached - from >= SHIFT_BREACHED;
}

/** The rate of the open incident becomes the usual one; that before it is remembered for a while. */
export function acceptShift(parts: TrackerParts, time: number): void {
  const { s, model, scatter, rules } = parts;
  const factor = (s[INCIDENT_CALLS] + 0.5) / (s[INCIDENT_MEAN] + 0.5);
  const worth = s[INCIDENT_CALLS] / (1 + scatter.phi + scatter.alpha * s[RATE]);
  s[PRE_SHIFT_RATE] = s[RATE];
  scaleRate(s, factor, Math.max(8, worth), model.anchor);
  s[SHIFT_VARIANCE] = SHIFT_START;
  s[PRE_SHIFT_LLR] = 0;
  s[PRE_SHIFT_UNTIL] = time + PRE_SHIFT_KEPT;
  settleShift(parts);
  s[LAST_CALL] = time / rules.windows.step;
}

/**
 * Signs off what was observed: its rate is followed and anchored, and nothing is open.
 * @param calls on `exposure`, up to `time`
 */
export function signOff(parts: TrackerParts, calls: number, exposure: number, time: number): void {
  const { s, model, scatter, rules } = parts;
  const rate = (calls + 0.5) / (exposure + 0.5 / s[RATE]);
  const worth = calls / (1 + scatter.phi + scatter.alpha * s[RATE]);
  scaleRate(s, rate / s[RATE], Math.max(8, worth), model.anchor);
  s[SHIFT_VARIANCE] = SHIFT_START;
  s[PRE_SHIFT_RATE] = 0;
  settleShift(parts);
  // What the hour under way has shown was held against another rate.
  s[SHAPE_HOUR_CALLS] = 0;
  s[SHAPE_HOUR_MEAN] = 0;
  s[LAST_CALL] = time / rules.windows.step;
}

/** What is followed now is the usual rate. */
function settleShift(parts: TrackerParts): void {
  const { s } = parts;
  dropTraining(s);
  dropPending(s);
  s[INCIDENT_SIDE] = 0;
  s[MERGE_SIDE] = 0;
  s[SILENCE_NATS] = 0;
  s[SILENCE_MEAN] = 0;
  s[SILENT_BUCKETS] = 0;
  anchorHere(parts);
  setSilenceRate(parts, parts.model.anchor);
  forgetWindows(parts);
}

/** From its first call on, a key that was silent for weeks is given as long as any to show that it is back. */
export function prolongPreShift({ s, scratch, rules }: TrackerParts): void {
  const { y, time } = scratch.bucket;
  const accepted = s[PRE_SHIFT_UNTIL] - PRE_SHIFT_KEPT;
  if (y > 0 && s[LAST_CALL] * rules.windows.step <= accepted) s[PRE_SHIFT_UNTIL] = time + PRE_SHIFT_KEPT;
}

/** The rate before an accepted shift is no other than the one that is followed by now. */
export function forgetPreShift(s: Float64Array): void {
  if (Math.abs(s[RATE] - s[PRE_SHIFT_RATE]) < PRE_SHIFT_NEAR * s[PRE_SHIFT_RATE]) s[PRE_SHIFT_RATE] = 0;
}

/** If the rate before an accepted shift has told the buckets better for a while, that rate is back. @returns whether */
export function tryPreShiftRate(parts: TrackerParts): boolean {
  const { s, scratch, model } = parts;
  const { y, mean, at } = scratch.bucket;
  const size = scratch.distributions.values[at + SIZE];
  const ratio = s[PRE_SHIFT_RATE] / s[RATE];
  const gain = (y * Math.log(ratio) - (ratio - 1) * mean) * perNatOf(parts, mean, ratio);
  s[PRE_SHIFT_LLR] = Math.max(0, s[PRE_SHIFT_LLR] + Math.min(WITNESS, gain));
  // Out of the question now: no need to wait.
  const leaves = ratio > 1 ? y > mean && logUpperTail(y, mean, size) : y < mean && logLowerTail(y, mean, size);
  if (!(leaves !== false && leaves < -PRE_SHIFT_BACK) && s[PRE_SHIFT_LLR] < PRE_SHIFT_BACK) return false;
  // Every filter: those that forget soonest know nothing of it any more.
  const before = s[PRE_SHIFT_RATE];
  holdRate(s, before, before, before, before, model.anchor);
  s[PRE_SHIFT_RATE] = 0;
  s[INCIDENT_SIDE] = 0;
  s[MERGE_SIDE] = 0;
  dropTraining(s);
  dropPending(s);
  s[SHAPE_HOUR_CALLS] = 0;
  s[SHAPE_HOUR_MEAN] = 0;
  anchorHere(parts);
  setSilenceRate(parts, parts.model.anchor);
  forgetWindows(parts);
  return true;
}
