import { DAY, HOUR } from '../../../time/grid.js';
import { ahead } from '../growth.js';
import { learnRate, RATE, RATE_VARIANCE, startRate } from '../rate-filter.js';
import { rawSilenceNats } from '../silence.js';
import { ageDrift, holdToAnchor, startDrift } from './drift.js';
import { markEvent, passEvents } from './event-blocks.js';
import { acceptShift, dropPending, extendIncident, forgetPreShift, isLastingShift } from './incident.js';
import type { TrackerParts } from './parts.js';
import { endRound, placeOf, sumBlocks } from './rings.js';
import { setSilenceRate } from './silence-rate.js';
import {
  ALPHA,
  ANCHOR,
  BLOCK,
  BLOCK_TRAIN_CALLS,
  BLOCK_TRAIN_EXPOSURE,
  LAST_CALL,
  MERGE_SIDE,
  PENDING_EXPOSURE,
  PENDING_HOURS,
  PER_BLOCK,
  PER_BUCKET,
  PHI,
  RING,
  SHIFT_VARIANCE,
  SILENCE_MEAN,
  SILENCE_NATS,
  SILENCE_VARIANCE,
  SILENT_BUCKETS,
  SUM,
  SUM_EXPOSURE,
  SUM_EXPOSURE_VAR,
} from './state.js';
import { trainShape } from './young-hours.js';

/** What a calm bucket leaves behind in what is at hand of its block. */
export function leaveInHand(parts: TrackerParts, learn: boolean): void {
  const { scratch, rules, s } = parts;
  const { block: k, bucket: b } = scratch;
  k.carriedShortfall = parts.straddles ? Math.max(0, b.mean - b.y) : 0;
  if (b.y === 0) {
    k.silenceNats = b.silenceAfter;
    k.silenceMean += b.mean * k.silenceRatio;
    k.silentBuckets++;
  } else {
    s[LAST_CALL] = b.time / rules.windows.step + 1;
    k.silenceNats = 0;
    k.silenceMean = 0;
    k.silentBuckets = 0;
  }
  if (k.isMerging) {
    extendIncident(s, b);
    k.isMerging = s[MERGE_SIDE] !== 0;
  }
  if (learn) {
    k.driftCalls += b.held;
    k.driftExposure += b.exposure;
    if (b.isSuspect) markEvent(s);
    else {
      k.trainCalls += b.held;
      k.trainExposure += b.exposure;
      if (k.isTraining) trainShape(parts);
    }
  }
  k.sum += b.held;
  k.sumExposure += b.exposure;
  k.sumExposureVar += b.exposureVar;
  const { hourBuckets } = rules.windows;
  if (hourBuckets === 0) return;
  const place = RING + PER_BUCKET * k.ringIndex;
  s[place] = b.y;
  s[place + 1] = b.exposure;
  s[place + 2] = b.exposureVar;
  k.partialSum += b.y;
  k.partialExposure += b.exposure;
  k.partialExposureVar += b.exposureVar;
  if (++k.ringIndex < hourBuckets) return;
  endRound(parts);
  k.ringIndex = 0;
  k.partialSum = 0;
  k.partialExposure = 0;
  k.partialExposureVar = 0;
}

/** Ends the blocks before that of `time`: what they taught is learned, and they enter the ring. */
export function enterBlock(parts: TrackerParts, time: number, learn: boolean): void {
  if (endBlocks(parts, time, learn)) sumBlocks(parts);
}

/** The same but for the sums over whole blocks, which only tests need. @returns whether they are others */
export function endBlocks(parts: TrackerParts, time: number, learn: boolean): boolean {
  const { s, rules, layout } = parts;
  const { block } = rules.windows;
  const now = Math.floor(time / block);
  if (s[BLOCK] === now) return false;
  if (Number.isNaN(s[BLOCK])) {
    s[BLOCK] = now;
    growOld(parts, time);
    return false;
  }
  const rate = s[RATE];
  const variance = s[RATE_VARIANCE];
  const passed = now - s[BLOCK];
  const blockStart = s[BLOCK] * block;
  const due = s[SUM_EXPOSURE] / (block / rules.windows.step);
  if (learn) {
    learnBlocks(parts, passed);
    forgetPreShift(s);
    ageDrift(parts, passed);
    if (hasCalledIn(parts, s[BLOCK])) setSilenceRate(parts, s[parts.derivedAt + ANCHOR]);
  }
  s[SHIFT_VARIANCE] = s[SHIFT_VARIANCE] < 1e-5 ? 0 : s[SHIFT_VARIANCE] * Math.exp((-Math.LN2 * passed * block) / DAY);
  s[BLOCK_TRAIN_CALLS] = 0;
  s[BLOCK_TRAIN_EXPOSURE] = 0;
  const { ringBlocks: places, blocksAt } = layout;
  if (places > 0) {
    for (let k = 0; k < Math.min(passed, places); k++) {
      const number = now - Math.min(passed, places) + k;
      const at = blocksAt + PER_BLOCK * placeOf(number, places);
      const ended = number === s[BLOCK];
      s[at] = ended ? s[SUM] : 0;
      s[at + 1] = ended ? s[SUM_EXPOSURE] : 0;
      s[at + 2] = ended ? s[SUM_EXPOSURE_VAR] : 0;
      s[at + 3] = rate;
      s[at + 4] = variance;
    }
  }
  s[SUM] = 0;
  s[SUM_EXPOSURE] = 0;
  s[SUM_EXPOSURE_VAR] = 0;
  s[BLOCK] = now;
  passEvents(s, passed);
  if (learn && rules.acceptShifts && isLastingShift(s, time, blockStart, due)) acceptShift(parts, time);
  return true;
}

/** What is known of the rate when the first bucket comes days after the history. */
function growOld(parts: TrackerParts, time: number): void {
  const { s, model, rules } = parts;
  const days = Math.floor((time - rules.historyEnd) / DAY);
  if (!(days >= 1) || model.calls === 0) return;
  const { ratio, variance } = ahead(model, days);
  const rate = s[RATE] * ratio;
  const unknown = s[RATE_VARIANCE] + variance;
  startRate(s, rate, 1 / unknown);
  // As it is known to the last digit, until something is learned of it.
  s[RATE] = rate;
  s[RATE_VARIANCE] = unknown;
  startDrift(parts);
  setSilenceRate(parts, model.anchor);
  sumBlocks(parts);
}

/** Nats of a silence from which on quiet blocks wait to teach until a call ends it: at 3 one in twenty gets as far. */
const PENDING_FROM = 3;
/** Evidence of a silence that surely comes to less: what is not known of the rate only takes away from it. */
const NOT_PENDING = 2.99;

/** Whether the last call lies in the block of this number. */
function hasCalledIn({ s, rules }: TrackerParts, number: number): boolean {
  return s[LAST_CALL] * rules.windows.step > number * rules.windows.block;
}

/**
 * The rate filters learn the block that ended, and the gap behind it. Blocks of a silence that may be an outage wait: a
 * call that ends it has them learned as one, a report drops them, so that what is expected is still what was usual.
 */
function learnBlocks(parts: TrackerParts, passed: number): void {
  const { s, derivedAt: d, rules, scratch } = parts;
  const { block, step } = rules.windows;
  // From behind the state, as what is asked of the tracker's objects is waited for: a twentieth of a tick (Node 20).
  const anchor = s[d + ANCHOR];
  const { scatter } = scratch;
  const w = Math.min(1, rules.windows.blocks.length - 1);
  scatter.phi = s[d + PHI + w];
  scatter.alpha = s[d + ALPHA + w];
  // What an hour brings that is not known teaches what the hour is, and the rate no more than that leaves.
  if (parts.shapePrior > 0 && s[SUM_EXPOSURE] > 0) scatter.alpha += s[SUM_EXPOSURE_VAR] / s[SUM_EXPOSURE];
  const hours = block / HOUR;
  const perBlock = block / step;
  // What was held back, as suspect or in an incident, neither teaches nor lets what is known grow old.
  const share = s[SUM_EXPOSURE] > 0 ? s[BLOCK_TRAIN_EXPOSURE] / s[SUM_EXPOSURE] : 1;
  if (share > 0) {
    const isSilent = s[BLOCK_TRAIN_CALLS] === 0 && !hasCalledIn(parts, s[BLOCK]);
    if (
      isSilent &&
      s[SILENCE_NATS] > NOT_PENDING &&
      rawSilenceNats(s[SILENCE_NATS], s[SILENCE_VARIANCE]) > PENDING_FROM
    ) {
      s[PENDING_EXPOSURE] += s[BLOCK_TRAIN_EXPOSURE];
      s[PENDING_HOURS] += hours * share;
    } else {
      if (s[PENDING_HOURS] > 0) {
        learnRate(s, 0, s[PENDING_EXPOSURE], s[PENDING_HOURS], perBlock, anchor, scatter);
        dropPending(s);
      }
      learnRate(s, s[BLOCK_TRAIN_CALLS], s[BLOCK_TRAIN_EXPOSURE], hours * share, perBlock, anchor, scatter);
    }
  }
  if (passed > 1) learnRate(s, 0, 0, hours * (passed - 1), perBlock, anchor, scatter);
  if (!rules.acceptShifts) holdToAnchor(parts);
}

/** A call, or what excuses that there was none. */
export function endSilence(s: Float64Array): void {
  s[SILENCE_NATS] = 0;
  s[SILENCE_MEAN] = 0;
  s[SILENT_BUCKETS] = 0;
}
