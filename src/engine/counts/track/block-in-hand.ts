import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import { setDriftLimits } from './drift.js';
import type { TrackerParts } from './parts.js';
import {
  BLOCK_TRAIN_CALLS,
  BLOCK_TRAIN_EXPOSURE,
  CARRIED_SHORTFALL,
  DRIFT_CALLS,
  DRIFT_EXPOSURE,
  EVER_CALLED,
  INCIDENT_SIDE,
  MERGE_SIDE,
  PRE_SHIFT_RATE,
  PRE_SHIFT_UNTIL,
  RING_INDEX,
  RING_PARTIAL_EXPOSURE,
  RING_PARTIAL_EXPOSURE_VAR,
  RING_PARTIAL_SUM,
  SHIFT_VARIANCE,
  SILENCE_MEAN,
  SILENCE_NATS,
  SILENCE_RATE,
  SILENCE_VARIANCE,
  SILENT_BUCKETS,
  SUM,
  SUM_EXPOSURE,
  SUM_EXPOSURE_VAR,
} from './state.js';
import { setWindows } from './window-test.js';
import { shapeDoubtOf } from './young-hours.js';

/** Whether no incident is open and no rate of before one is kept, so that what a bucket holds is all that may be said of it. */
export function isUndisturbed(s: Float64Array): boolean {
  return s[INCIDENT_SIDE] === 0 && s[PRE_SHIFT_RATE] === 0 && s[EVER_CALLED] !== 0;
}

/** What of the state changes with every bucket is kept at hand until {@link putBack}. */
export function takeInHand(parts: TrackerParts, time: number, isPlain: boolean, learn: boolean): void {
  const { s, scratch, shapePrior } = parts;
  const { block: k } = scratch;
  if (s[PRE_SHIFT_RATE] > 0 && time > s[PRE_SHIFT_UNTIL]) s[PRE_SHIFT_RATE] = 0;
  k.rate = s[RATE];
  k.rateVariance = s[RATE_VARIANCE] + s[SHIFT_VARIANCE];
  k.isYoung = shapePrior > 0;
  k.isTraining = k.isYoung && learn;
  k.isCalm = isPlain && isUndisturbed(s);
  k.isMerging = s[MERGE_SIDE] !== 0;
  setWindows(parts);
  setDriftLimits(parts, learn);
  k.silenceRatio = s[SILENCE_RATE] / k.rate;
  k.silenceVariance = s[SILENCE_VARIANCE] + s[SHIFT_VARIANCE] + shapeDoubtOf(parts);
  scratch.distributions.begin(k);
  takeSums(parts);
}

/**
 * The same where all but the sums, the silence and the ring stands as it was taken in hand: in an open incident, one bucket
 * after another.
 */
export function takeSums({ s, scratch }: TrackerParts): void {
  const { block: k } = scratch;
  k.driftCalls = s[DRIFT_CALLS];
  k.driftExposure = s[DRIFT_EXPOSURE];
  k.silenceMean = s[SILENCE_MEAN];
  k.silenceNats = s[SILENCE_NATS];
  k.silentBuckets = s[SILENT_BUCKETS];
  // A whole number to V8 (Node 20) too: places worked out from a double are doubles, and boxed as such.
  k.ringIndex = s[RING_INDEX] | 0;
  k.sum = s[SUM];
  k.sumExposure = s[SUM_EXPOSURE];
  k.sumExposureVar = s[SUM_EXPOSURE_VAR];
  k.partialSum = s[RING_PARTIAL_SUM];
  k.partialExposure = s[RING_PARTIAL_EXPOSURE];
  k.partialExposureVar = s[RING_PARTIAL_EXPOSURE_VAR];
  k.trainCalls = s[BLOCK_TRAIN_CALLS];
  k.trainExposure = s[BLOCK_TRAIN_EXPOSURE];
  k.carriedShortfall = s[CARRIED_SHORTFALL];
}

/** The state is up to date again. */
export function putBack({ s, scratch }: TrackerParts): void {
  const { block: k } = scratch;
  s[SILENCE_NATS] = k.silenceNats;
  s[SILENCE_MEAN] = k.silenceMean;
  s[DRIFT_CALLS] = k.driftCalls;
  s[DRIFT_EXPOSURE] = k.driftExposure;
  s[SILENT_BUCKETS] = k.silentBuckets;
  s[RING_INDEX] = k.ringIndex;
  s[SUM] = k.sum;
  s[SUM_EXPOSURE] = k.sumExposure;
  s[SUM_EXPOSURE_VAR] = k.sumExposureVar;
  s[RING_PARTIAL_SUM] = k.partialSum;
  s[RING_PARTIAL_EXPOSURE] = k.partialExposure;
  s[RING_PARTIAL_EXPOSURE_VAR] = k.partialExposureVar;
  s[BLOCK_TRAIN_CALLS] = k.trainCalls;
  s[BLOCK_TRAIN_EXPOSURE] = k.trainExposure;
  s[CARRIED_SHORTFALL] = k.carriedShortfall;
}
