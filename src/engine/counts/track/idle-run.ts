import { wholeLimit } from '../../../stats/kept-limits.js';
import { natsStep } from '../../../stats/limits.js';
import { logZero } from '../../../stats/negative-binomial.js';
import { LEARNING, NOTABLE, type ScoreColumns, type TrackedRange, UNKNOWN } from '../../types.js';
import { LEAST_MEAN } from '../model.js';
import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import { LOG_SILENCE_WEIGHT, rawSilenceNats, silenceOf } from '../silence.js';
import { calibrate } from '../tail-calibration.js';
import { isUndisturbed } from './block-in-hand.js';
import { reachOf } from './bucket-distributions.js';
import { UNCALIBRATED } from './bucket-test.js';
import { mayDrift } from './drift.js';
import { markEvent } from './event-blocks.js';
import { areWindowsSilent } from './idle-silent.js';
import type { TrackerParts } from './parts.js';
import { endRound } from './rings.js';
import {
  ALPHA,
  BLOCK,
  BLOCK_TRAIN_EXPOSURE,
  CARRIED_SHORTFALL,
  DRIFT_EXPOSURE,
  FLAT,
  MERGE_SIDE,
  NATS_ABOVE,
  NATS_BELOW,
  NEAR,
  PER_BUCKET,
  PHI,
  RING,
  RING_INDEX,
  RING_PARTIAL_EXPOSURE,
  RING_PARTIAL_EXPOSURE_VAR,
  RING_PARTIAL_SUM,
  SHIFT_VARIANCE,
  SILENCE_MEAN,
  SILENCE_NATS,
  SILENCE_RATE,
  SILENCE_SHIFT,
  SILENCE_VARIANCE,
  SILENT_BUCKETS,
  SUM_EXPOSURE,
  SUM_EXPOSURE_VAR,
} from './state.js';
import { DEPENDENCE, PER_NAT } from './verdict.js';

// Most rows of an organisation have no call for hours. Of buckets without one the same is asked again and again: what they share
// is found once, one comparison for each window shows that it has nothing to say of any of them, and what is left of a bucket is
// the silence that it prolongs and some additions. What comes out is what judge-stretch.ts would make of them, to the last bit;
// whatever is in doubt is left to that.

/** Up to this mean the tail of no call is the law's own, and no limit lies above it, see `nearNats` and `LimitsNear.lower`. */
const MOST_MEAN = 4;
/** Share of the nats of a limit below up to which a mean surely has none. */
const NO_LOWER = 0.79;

/**
 * Runs over buckets from `i` on in which no call comes, all observed and judged by their slots, up to the end of the block or to the
 * first that may be reported, or of which a window has something to say.
 * @param length where those without a call end
 * @returns how many it was; the others are to be run otherwise
 */
export function runIdle(
  parts: TrackerParts,
  { start, slots, learning }: TrackedRange,
  i: number,
  length: number,
  learn: boolean,
  out: ScoreColumns | undefined,
  at: number,
): number {
  if (!isPlain(parts)) return 0;
  const { s, rules, scratch } = parts;
  const { law } = scratch;
  const { step, block, hourBuckets } = rules.windows;
  const blockStart = s[BLOCK] * block;
  const end = Math.min(length, Math.ceil((blockStart + block - start) / step));
  let next = i;
  while (next < end) {
    law.first = next;
    law.back = ((start + next * step - blockStart) / step) | 0;
    law.length = alikeFrom(parts, slots, next, Math.min(end, next + hourBuckets - (s[RING_INDEX] | 0)));
    if (!setLaw(parts, slots[next]) || !areWindowsSilent(parts, slots) || (learn && mayDrift(parts))) break;
    const { length: n } = law;
    const calm = prolongSilence(parts, out, at + next);
    if (calm === 0) break;
    if (out !== undefined) writeIdle(parts, out, at + next, calm, learning);
    leaveIdle(parts, calm, learn);
    next += calm;
    if (calm < n) break;
  }
  return next - i;
}

/** Whether nothing is open, remembered or in doubt that would have a bucket looked at twice. */
function isPlain({ s, bursts, straddles, shapePrior, rules }: TrackerParts): boolean {
  return (
    bursts === null &&
    !straddles &&
    shapePrior === 0 &&
    rules.windows.hourBuckets > 0 &&
    s[MERGE_SIDE] === 0 &&
    isUndisturbed(s)
  );
}

/** How many buckets from `i` on, before `end`, have the law of the first. */
function alikeFrom({ s, derivedAt: d, profile }: TrackerParts, slots: Int32Array, i: number, end: number): number {
  if (s[d + FLAT] > 0) return end - i;
  const { shapeSteps, varianceSteps, hourSteps } = profile;
  const slot = slots[i];
  let next = i + 1;
  const shape = profile.stepAt(shapeSteps, slot);
  const variance = profile.stepAt(varianceSteps, slot);
  const hour = profile.stepAt(hourSteps, slot);
  for (; next < end; next++) {
    const other = slots[next];
    if (profile.stepAt(shapeSteps, other) !== shape || profile.stepAt(varianceSteps, other) !== variance) break;
    if (profile.stepAt(hourSteps, other) !== hour) break;
  }
  return next - i;
}

/** Finds the law of a slot, as `BucketDistributions` does. @returns false where a limit below it, or more than its own tail, may count */
function setLaw(parts: TrackerParts, slot: number): boolean {
  const { s, derivedAt: d, profile, rules, scratch } = parts;
  const { law } = scratch;
  const isFlat = s[d + FLAT] > 0;
  const x = isFlat ? s[d + FLAT] : profile.shapeAt(slot);
  const doubt = isFlat ? s[d + FLAT + 1] : profile.varianceAt(slot);
  const hourDoubt = isFlat ? s[d + FLAT + 2] : profile.hourVarianceAt(slot);
  const known = s[RATE] * x;
  const mean = known > LEAST_MEAN ? known : LEAST_MEAN;
  if (!(mean < MOST_MEAN && mean < NO_LOWER * s[d + NATS_BELOW])) return false;
  const rateVariance = s[RATE_VARIANCE] + s[SHIFT_VARIANCE];
  const own = s[d + ALPHA] + doubt + s[d + PHI] / mean;
  const size = 1 / (own + rateVariance);
  const reach = reachOf(mean, size);
  if (!(mean < reach)) return false;
  const nats = -logZero(mean, size);
  law.rateVariance = rateVariance;
  law.exposure = x;
  law.exposureVar = x * hourDoubt;
  law.mean = mean;
  law.reach = reach;
  const limit = wholeLimit(s, d + NEAR, mean, size, natsStep(s[d + NATS_ABOVE]));
  law.upper = Math.max(limit, Math.floor(mean * (1 + rules.minEffect)));
  law.nats = (nats > UNCALIBRATED ? calibrate(nats, parts.tails.below[0]) : nats) + rules.logWeights[0];
  law.silenceAdded = silenceOf(mean, own) * (s[SILENCE_RATE] / s[RATE]);
  return true;
}

/**
 * The silence after each, and what is told of it: see `testSilences`. Surprise and spans are written on the way.
 * @returns how many from the first on are neither reported nor notable
 */
function prolongSilence(parts: TrackerParts, out: ScoreColumns | undefined, cell: number): number {
  // Not the tails: they are fetched from the model, and few buckets need them (a fortieth of a tick, Node 20).
  const { s, derivedAt: d, scratch, rules } = parts;
  const { law } = scratch;
  const { step } = rules.windows;
  const { length: n, silenceAdded: added, nats: own } = law;
  const missing = law.mean * (s[SILENCE_RATE] / s[RATE]);
  const variance = s[SILENCE_VARIANCE] + s[SHIFT_VARIANCE];
  const shift = s[d + SILENCE_SHIFT];
  const reportedFrom = rules.nats;
  // Without a place to be written to, only what is reported counts.
  const least = out === undefined ? reportedFrom : Math.min(own, reportedFrom);
  let before = s[SILENCE_NATS];
  let silent = s[SILENT_BUCKETS];
  for (let j = 0; j < n; j++) {
    const after = before + added;
    const most = before + missing - shift + LOG_SILENCE_WEIGHT;
    let nats = own;
    if (most > least) {
      const raw = Math.max(0, rawSilenceNats(after, variance) - shift);
      const silence = (raw < UNCALIBRATED ? raw : calibrate(raw, parts.tails.silence)) + LOG_SILENCE_WEIGHT;
      if (silence > reportedFrom) {
        law.silenceNats = before;
        return j;
      }
      if (silence > own) nats = silence;
    }
    silent++;
    if (out !== undefined) {
      const figure = (nats + DEPENDENCE) * PER_NAT;
      const surprise = figure > 0 ? figure : 0;
      // What decided a notable one is kept with it.
      if (surprise >= NOTABLE) {
        law.silenceNats = before;
        return j;
      }
      out.surprise[cell + j] = -surprise;
      if (nats > own) out.spans[cell + j] = silent * step;
    }
    before = after;
  }
  law.silenceNats = before;
  return n;
}

/** The rest of the verdicts on `n` buckets, all normal, over what `clearVerdicts` left. */
function writeIdle({ scratch }: TrackerParts, out: ScoreColumns, cell: number, n: number, learning: boolean): void {
  const { mean, upper } = scratch.law;
  for (let c = cell; c < cell + n; c++) {
    out.expected[c] = mean;
    out.lower[c] = 0;
    out.upper[c] = upper;
    if (!learning) continue;
    out.verdicts[c] = UNKNOWN;
    out.reasons[c] = LEARNING;
  }
}

/** What `n` buckets leave behind, see `leaveStretch`: sums go on bucket by bucket, so that they are the same to the last bit. */
function leaveIdle({ s, scratch, rules }: TrackerParts, n: number, learn: boolean): void {
  const { law } = scratch;
  const { exposure: x, exposureVar: v, isSuspect } = law;
  const missing = law.mean * (s[SILENCE_RATE] / s[RATE]);
  let silenceMean = s[SILENCE_MEAN];
  let sum = s[SUM_EXPOSURE];
  let sumVar = s[SUM_EXPOSURE_VAR];
  let partial = s[RING_PARTIAL_EXPOSURE];
  let partialVar = s[RING_PARTIAL_EXPOSURE_VAR];
  let drift = s[DRIFT_EXPOSURE];
  let train = s[BLOCK_TRAIN_EXPOSURE];
  let place = RING + PER_BUCKET * (s[RING_INDEX] | 0);
  for (let j = 0; j < n; j++, place += PER_BUCKET) {
    silenceMean += missing;
    sum += x;
    sumVar += v;
    partial += x;
    partialVar += v;
    drift += x;
    train += x;
    s[place] = 0;
    s[place + 1] = x;
    s[place + 2] = v;
  }
  s[SILENCE_MEAN] = silenceMean;
  s[SILENCE_NATS] = law.silenceNats;
  s[SILENT_BUCKETS] += n;
  s[CARRIED_SHORTFALL] = 0;
  s[SUM_EXPOSURE] = sum;
  s[SUM_EXPOSURE_VAR] = sumVar;
  if (learn) {
    s[DRIFT_EXPOSURE] = drift;
    if (isSuspect) markEvent(s);
    else s[BLOCK_TRAIN_EXPOSURE] = train;
  }
  s[RING_PARTIAL_EXPOSURE] = partial;
  s[RING_PARTIAL_EXPOSURE_VAR] = partialVar;
  s[RING_INDEX] += n;
  if (s[RING_INDEX] === rules.windows.hourBuckets) endIdleRound({ s, rules });
}

function endIdleRound(parts: Pick<TrackerParts, 's' | 'rules'>): void {
  endRound(parts);
  const { s } = parts;
  s[RING_INDEX] = 0;
  s[RING_PARTIAL_SUM] = 0;
  s[RING_PARTIAL_EXPOSURE] = 0;
  s[RING_PARTIAL_EXPOSURE_VAR] = 0;
}
