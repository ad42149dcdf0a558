import type { TrackedRange } from '../../types.js';
import { LEAST_MEAN } from '../model.js';
import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import { silenceOf } from '../silence.js';
import { isUndisturbed, putBack, takeSums } from './block-in-hand.js';
import { CLIP_SLACK, reachOf } from './bucket-distributions.js';
import type { KnownEvents } from './event-blocks.js';
import { endBlocks } from './learn.js';
import type { TrackerParts } from './parts.js';
import { sumBlocks } from './rings.js';
import { runBlock } from './run-block.js';
import { BLOCK, MERGE_SIDE, PER_BUCKET, RING, SHIFT_VARIANCE, SILENCE_RATE } from './state.js';
import {
  AT_EXPOSURE,
  AT_EXPOSURE_VAR,
  AT_HELD,
  AT_MEAN,
  AT_SILENCE_AFTER,
  AT_SUM,
  AT_SUM_EXPOSURE,
  AT_SUM_EXPOSURE_VAR,
  AT_Y,
  MOST_BUCKETS,
} from './stretch.js';
import { leaveStretch } from './stretch-end.js';

// A bucket is plain where all that was judged of it led to nothing: normal, not suspect, no incident under way. Most are, and where
// that is known from before, as a restored detector knows what it judged, nothing has to be tested to learn from one: 40 ns in place
// of 400 (Node 20). Every sum is taken in the order in which judging takes it, to the last bit.

/**
 * Learns from the observed buckets from `i` on to the end of their block, where they are plain; others are run as ever, and those of a
 * series of which the state itself says that more may happen.
 * @returns the next bucket; the sums over whole blocks are left to the caller, see `sumBlocks`
 */
export function replayBlock(
  parts: TrackerParts,
  range: TrackedRange,
  i: number,
  { first, blocks }: KnownEvents,
): number {
  const { start, length } = range;
  const { s, scratch } = parts;
  const { step, block, hourBuckets } = parts.rules.windows;
  endBlocks(parts, start + i * step, true);
  if (s[BLOCK] < first || blocks.includes(s[BLOCK] - first) || !mayBePlain(parts)) {
    sumBlocks(parts);
    return runBlock(parts, range, i, true, undefined, 0, false);
  }
  const { block: k } = scratch;
  const end = Math.min(length, Math.ceil((s[BLOCK] * block + block - start) / step));
  k.rate = s[RATE];
  k.rateVariance = s[RATE_VARIANCE] + s[SHIFT_VARIANCE];
  k.silenceRatio = s[SILENCE_RATE] / k.rate;
  k.isYoung = false;
  k.isTraining = false;
  k.isMerging = false;
  takeSums(parts);
  let next = i;
  if (
    k.ringIndex === 0 &&
    end - i === hourBuckets &&
    isIdle(parts, range, i, end) &&
    learnIdleHour(parts, range.slots[i])
  ) {
    putBack(parts);
    return end;
  }
  while (next < end) {
    const round = hourBuckets === 0 ? 1 : hourBuckets - k.ringIndex;
    const n = takePlain(parts, range, next, Math.min(end - next, MOST_BUCKETS, round));
    if (n === 0) break;
    leaveStretch(parts, undefined, n, true);
    next += n;
  }
  putBack(parts);
  return next;
}

/** Whether the state leaves it to the tests alone whether a bucket is plain. */
function mayBePlain({ s, shapePrior }: TrackerParts): boolean {
  return isUndisturbed(s) && s[MERGE_SIDE] === 0 && shapePrior === 0;
}

/** Whether no call came in buckets `[from, to)`, all observed, and all are judged by one law: those of an hour, where the profile goes by hours. */
function isIdle(
  { profile }: TrackerParts,
  { values, observed, slots }: TrackedRange,
  from: number,
  to: number,
): boolean {
  const { perWeek, each, shapeSteps, varianceSteps, hourSteps } = profile;
  const n = to - from;
  if (shapeSteps.length + varianceSteps.length + hourSteps.length > 3) {
    if (n !== each || shapeSteps.length === perWeek || varianceSteps.length === perWeek) return false;
    if (slots[from] % each !== 0 || slots[to - 1] !== slots[from] + n - 1) return false;
  }
  for (let i = from; i < to; i++) if (values[i] !== 0 || observed[i] === 0) return false;
  return true;
}

/**
 * Learns from an hour without a call, which ends a round of the ring: an eighth of the time of its buckets, for nine in ten hours of
 * a series that is hardly used. @returns false, and learns nothing, where so many are usual that 0 may be held to more
 */
function learnIdleHour({ s, phi, alpha, profile, scratch, rules, straddles }: TrackerParts, slot: number): boolean {
  const { block: k } = scratch;
  const n = rules.windows.hourBuckets;
  const x = profile.shapeAt(slot);
  const mean = Math.max(k.rate * x, LEAST_MEAN);
  if (mean > CLIP_SLACK) return false;
  const nats = silenceOf(mean, alpha + profile.varianceAt(slot) + phi / mean) * k.silenceRatio;
  const missed = mean * k.silenceRatio;
  const exposureVar = x * profile.hourVarianceAt(slot);
  let { silenceNats, silenceMean, sumExposure, sumExposureVar, driftExposure, trainExposure } = k;
  let toEnd = 0;
  let toEndVar = 0;
  for (let j = n - 1; j >= 0; j--) {
    silenceNats += nats;
    silenceMean += missed;
    sumExposure += x;
    sumExposureVar += exposureVar;
    driftExposure += x;
    trainExposure += x;
    toEnd += x;
    toEndVar += exposureVar;
    const place = RING + PER_BUCKET * j;
    s[place] = 0;
    s[place + 1] = toEnd;
    s[place + 2] = toEndVar;
  }
  k.silenceNats = silenceNats;
  k.silenceMean = silenceMean;
  k.silentBuckets += n;
  k.sumExposure = sumExposure;
  k.sumExposureVar = sumExposureVar;
  k.driftExposure = driftExposure;
  k.trainExposure = trainExposure;
  k.carriedShortfall = straddles ? mean : 0;
  return true;
}

/** Takes up to `most` buckets into the stretch, with what is learned of them: see `lookUpAll`. @returns how many are observed */
function takePlain(parts: TrackerParts, range: TrackedRange, i: number, most: number): number {
  const { start, values, observed, slots } = range;
  const { phi, alpha, profile, scratch, rules } = parts;
  const { stretch: t, block: k } = scratch;
  const { shapeSteps, varianceSteps } = profile;
  let { sum, sumExposure, sumExposureVar, silenceNats } = k;
  let shape = Number.NaN;
  let variance = Number.NaN;
  let x = 0;
  let mean = 0;
  let own = 0;
  let added = Number.NaN;
  const c = t.all;
  t.start = start + i * rules.windows.step;
  let n = 0;
  for (; n < most; n++) {
    const y = values[i + n];
    if (observed[i + n] === 0 || !(y < Number.POSITIVE_INFINITY)) break;
    const slot = slots[i + n];
    // Slots next to one another mostly have one law.
    if (profile.stepAt(shapeSteps, slot) !== shape || profile.stepAt(varianceSteps, slot) !== variance) {
      shape = profile.stepAt(shapeSteps, slot);
      variance = profile.stepAt(varianceSteps, slot);
      x = profile.shapeAt(slot);
      mean = Math.max(k.rate * x, LEAST_MEAN);
      own = alpha + profile.varianceAt(slot) + phi / mean;
      added = Number.NaN;
    }
    let held = y;
    // No reach is less than the slack.
    if (y > mean + CLIP_SLACK || y < mean - CLIP_SLACK) {
      const reach = reachOf(mean, 1 / (own + k.rateVariance));
      held = y > mean + reach ? mean + reach : y < mean - reach ? mean - reach : y;
    }
    if (y === 0 && Number.isNaN(added)) added = silenceOf(mean, own);
    silenceNats = y === 0 ? silenceNats + added * k.silenceRatio : 0;
    const exposureVar = x * profile.hourVarianceAt(slot);
    c[AT_Y + n] = y;
    c[AT_MEAN + n] = mean;
    c[AT_HELD + n] = held;
    c[AT_EXPOSURE + n] = x;
    c[AT_EXPOSURE_VAR + n] = exposureVar;
    c[AT_SILENCE_AFTER + n] = silenceNats;
    t.isSuspect[n] = 0;
    sum += held;
    sumExposure += x;
    sumExposureVar += exposureVar;
    c[AT_SUM + n] = sum;
    c[AT_SUM_EXPOSURE + n] = sumExposure;
    c[AT_SUM_EXPOSURE_VAR + n] = sumExposureVar;
  }
  return n;
}
