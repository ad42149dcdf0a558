import { LOG_SILENCE_WEIGHT, rawSilenceNats } from '../silence.js';
import { calibrate, calibrateIn } from '../tail-calibration.js';
import {
  DOUBT,
  EXPOSURE,
  LIMIT_ABOVE,
  LIMIT_BELOW,
  MEAN,
  MOST_SMALL,
  REACH,
  SILENCE_ADDED,
} from './bucket-distributions.js';
import type { TrackerParts } from './parts.js';
import { SILENCE } from './scratch.js';
import { BURST_SHIFT, SILENCE_SHIFT } from './state.js';
import { correctionOf, doubtOf, hourOf } from './young-hours.js';

/** Below it no calibration changes anything: no need to look up the series'. */
export const UNCALIBRATED = 2.9;

/** Finds the distribution of a bucket in this slot. */
export function lookUp(parts: TrackerParts, slot: number, y: number): void {
  const { scratch } = parts;
  const { distributions, bucket: b } = scratch;
  let at: number;
  if (scratch.block.isYoung) {
    b.hour = hourOf(parts, slot);
    b.correction = correctionOf(parts, b.hour, slot);
    at = distributions.at(slot, b.hour, b.correction, doubtOf(parts, b.hour, slot));
  } else at = distributions.at(slot, 0, 1, 0);
  const { values } = distributions;
  const mean = values[at + MEAN];
  const reach = values[at + REACH];
  b.at = at;
  b.y = y;
  b.mean = mean;
  b.exposure = values[at + EXPOSURE];
  b.exposureVar = values[at + DOUBT];
  b.reach = reach;
  b.isAbove = y >= mean;
  // What it teaches, and what it brings into windows of many hours: bursts are for the short windows to report.
  b.held = y > mean + reach ? mean + reach : y < mean - reach ? mean - reach : y;
}

/** The bucket by itself. */
export function testBucket({ s, derivedAt: d, scratch, tails, rules }: TrackerParts): void {
  const { distributions, bucket: b, block: k } = scratch;
  const { values } = distributions;
  const { at, y, mean, isAbove } = b;
  const late = k.carriedShortfall;
  if (Number.isNaN(values[at + LIMIT_ABOVE])) distributions.limit(at);
  b.upper = Math.max(Math.floor(values[at + LIMIT_ABOVE] + late), values[at + MOST_SMALL]);
  b.lower = values[at + LIMIT_BELOW];
  const column = scratch.stretch.all;
  column[0] = isAbove && late > 0 ? Math.max(mean, y - late) : y;
  distributions.toNats(at, isAbove, column, 0);
  let nats = column[0];
  if (nats > UNCALIBRATED) {
    const { above, below } = tails;
    nats = isAbove ? calibrateIn(nats, above[0], s[d + BURST_SHIFT]) : calibrate(nats, below[0]);
  }
  b.nats = nats + rules.logWeights[0];
  b.ratio = 0;
  b.decided = 0;
  b.dates = 0;
  b.isReported = isAbove ? y > b.upper : y < b.lower;
}

/** The silence, as it would stand after this bucket without a call. It never tells more nats than it shows. */
export function testSilence(parts: TrackerParts): void {
  const { s, derivedAt: d, scratch, rules } = parts;
  const { distributions, bucket: b, block: k } = scratch;
  const { values } = distributions;
  const { y, at } = b;
  const before = k.silenceNats;
  const shift = s[d + SILENCE_SHIFT];
  b.silenceAfter = y === 0 ? before + values[at + SILENCE_ADDED] * k.silenceRatio : before;
  const most = before + b.mean * k.silenceRatio - shift + LOG_SILENCE_WEIGHT;
  const reportedFrom = rules.nats;
  if (!((b.lower < 1 && most > reportedFrom) || (y === 0 && most > b.nats))) return;
  const silence = silenceNats(parts, y === 0 ? b.silenceAfter : before + values[at + SILENCE_ADDED] * k.silenceRatio);
  if (silence > reportedFrom && b.lower < 1) b.lower = 1;
  if (y === 0 && silence > b.nats && !b.isAbove) {
    b.nats = silence;
    b.ratio = 0;
    b.decided = SILENCE;
    b.dates = SILENCE;
  }
}

/** −ln p of a silence whose evidence has come to `after`, on the scale of the windows. */
export function silenceNats({ s, derivedAt: d, scratch, tails }: TrackerParts, after: number): number {
  const raw = Math.max(0, rawSilenceNats(after, scratch.block.silenceVariance) - s[d + SILENCE_SHIFT]);
  return (raw < UNCALIBRATED ? raw : calibrate(raw, tails.silence)) + LOG_SILENCE_WEIGHT;
}
