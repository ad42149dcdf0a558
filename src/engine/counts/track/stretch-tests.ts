import { LOG_SILENCE_WEIGHT, rawSilenceNats } from '../silence.js';
import { calibrate, calibrateIn } from '../tail-calibration.js';
import {
  DOUBT,
  EXPOSURE,
  LIMIT_ABOVE,
  LIMIT_BELOW,
  MEAN,
  MOST_SMALL,
  nearNats,
  REACH,
  SILENCE_ADDED,
} from './bucket-distributions.js';
import { UNCALIBRATED } from './bucket-test.js';
import { limitDriftAbove, limitDriftBelow } from './drift.js';
import type { TrackerParts } from './parts.js';
import { SILENCE } from './scratch.js';
import { ANCHOR_RATE, BURST_SHIFT, SILENCE_SHIFT } from './state.js';
import {
  AT_EXPOSURE,
  AT_EXPOSURE_VAR,
  AT_HELD,
  AT_JUDGED_BY,
  AT_LAW,
  AT_LOWER,
  AT_MEAN,
  AT_NATS,
  AT_RATIO,
  AT_REACH,
  AT_SILENCE_AFTER,
  AT_SUM,
  AT_SUM_EXPOSURE,
  AT_SUM_EXPOSURE_VAR,
  AT_UPPER,
  AT_Y,
} from './stretch.js';
import { keepBucket, loadBucket } from './stretch-bucket.js';
import { correctionOf, doubtOf, hourOf } from './young-hours.js';

// The tests of bucket-test.ts and drift.ts as loops over a stretch of `n` buckets: the same figures in the same order.

/** Finds the distribution of each bucket, and what the block holds with it. */
export function lookUpAll(parts: TrackerParts, n: number): void {
  const { scratch } = parts;
  const { distributions, stretch: t, block: k } = scratch;
  const c = t.all;
  const { values } = distributions;
  const { whole } = t;
  let { sum, sumExposure, sumExposureVar } = k;
  for (let j = 0; j < n; j++) {
    const slot = whole[AT_JUDGED_BY + j];
    let at: number;
    if (k.isYoung) {
      const hour = hourOf(parts, slot);
      at = distributions.at(slot, hour, correctionOf(parts, hour, slot), doubtOf(parts, hour, slot));
    } else at = distributions.at(slot, 0, 1, 0);
    whole[AT_LAW + j] = at;
  }
  for (let j = 0; j < n; j++) {
    const at = whole[AT_LAW + j];
    const y = c[AT_Y + j];
    const mean = values[at + MEAN];
    const reach = values[at + REACH];
    c[AT_MEAN + j] = mean;
    c[AT_REACH + j] = reach;
    const exposure = values[at + EXPOSURE];
    const exposureVar = values[at + DOUBT];
    const held = y > mean + reach ? mean + reach : y < mean - reach ? mean - reach : y;
    c[AT_EXPOSURE + j] = exposure;
    c[AT_EXPOSURE_VAR + j] = exposureVar;
    c[AT_HELD + j] = held;
    sum += held;
    sumExposure += exposure;
    sumExposureVar += exposureVar;
    c[AT_SUM + j] = sum;
    c[AT_SUM_EXPOSURE + j] = sumExposure;
    c[AT_SUM_EXPOSURE_VAR + j] = sumExposureVar;
  }
}

/** Each bucket by itself. */
export function testBuckets({ s, derivedAt: d, scratch, tails, rules, straddles }: TrackerParts, n: number): void {
  const { distributions, stretch: t, block: k } = scratch;
  const c = t.all;
  const { values } = distributions;
  const weight = rules.logWeights[0];
  const shift = s[d + BURST_SHIFT];
  const { above, below } = tails;
  const { whole } = t;
  const { isReported, decided, dates, isSuspect } = t;
  for (let j = 0; j < t.said; j++) {
    decided[j] = 0;
    dates[j] = 0;
    isReported[j] = 0;
    isSuspect[j] = 0;
  }
  t.said = 0;
  let late = k.carriedShortfall;
  for (let j = 0; j < n; j++) {
    const at = whole[AT_LAW + j];
    if (Number.isNaN(values[at + LIMIT_ABOVE])) distributions.limit(at);
    const own = Math.floor(values[at + LIMIT_ABOVE] + late);
    const small = values[at + MOST_SMALL];
    c[AT_UPPER + j] = own > small ? own : small;
    c[AT_LOWER + j] = values[at + LIMIT_BELOW];
    if (straddles) late = shortOf(c, j);
  }
  late = k.carriedShortfall;
  for (let j = 0; j < n; j++) {
    const at = whole[AT_LAW + j];
    const y = c[AT_Y + j];
    const mean = c[AT_MEAN + j];
    const isAbove = y >= mean;
    const timely = isAbove && late > 0 ? (y - late > mean ? y - late : mean) : y;
    let nats = nearNats(values, at, timely, isAbove);
    if (!(nats >= 0)) {
      c[AT_NATS + j] = timely;
      distributions.toNats(at, isAbove, c, AT_NATS + j);
      nats = c[AT_NATS + j];
    }
    if (nats > UNCALIBRATED) nats = isAbove ? calibrateIn(nats, above[0], shift) : calibrate(nats, below[0]);
    c[AT_NATS + j] = nats + weight;
    if (isAbove ? y > c[AT_UPPER + j] : y < c[AT_LOWER + j]) {
      isReported[j] = 1;
      t.said = j + 1;
    }
    if (straddles) late = shortOf(c, j);
  }
}

/** What a bucket lacks, where it may come with the next. */
function shortOf(c: Float64Array, j: number): number {
  const lacks = c[AT_MEAN + j] - c[AT_Y + j];
  return lacks > 0 ? lacks : 0;
}

/** The silence, as it stands after each. */
export function testSilences({ s, derivedAt: d, scratch, tails, rules }: TrackerParts, n: number): void {
  const { distributions, stretch: t, block: k } = scratch;
  const c = t.all;
  const { values } = distributions;
  const { silenceRatio: ratio, silenceVariance: variance } = k;
  const shift = s[d + SILENCE_SHIFT];
  const reportedFrom = rules.nats;
  const { whole } = t;
  let before = k.silenceNats;
  for (let j = 0; j < n; j++) {
    const y = c[AT_Y + j];
    const without = before + values[whole[AT_LAW + j] + SILENCE_ADDED] * ratio;
    const after = y === 0 ? without : before;
    c[AT_SILENCE_AFTER + j] = after;
    const most = before + c[AT_MEAN + j] * ratio - shift + LOG_SILENCE_WEIGHT;
    before = y === 0 ? after : 0;
    if (!((c[AT_LOWER + j] < 1 && most > reportedFrom) || (y === 0 && most > c[AT_NATS + j]))) continue;
    const raw = Math.max(0, rawSilenceNats(without, variance) - shift);
    const silence = (raw < UNCALIBRATED ? raw : calibrate(raw, tails.silence)) + LOG_SILENCE_WEIGHT;
    if (silence > reportedFrom && c[AT_LOWER + j] < 1) {
      c[AT_LOWER + j] = 1;
      if (j >= t.said) t.said = j + 1;
    }
    if (y === 0 && silence > c[AT_NATS + j] && !(y >= c[AT_MEAN + j])) {
      c[AT_NATS + j] = silence;
      c[AT_RATIO + j] = 0;
      t.decided[j] = SILENCE;
      t.dates[j] = SILENCE;
      if (j >= t.said) t.said = j + 1;
    }
  }
}

/** The drift, as it would stand with each; see `testDrift`. */
export function testDrifts(parts: TrackerParts, n: number): void {
  const { s, scratch } = parts;
  const { stretch: t, block: k } = scratch;
  const c = t.all;
  const { driftCalls, driftExposure, driftLeast: least, driftFewest } = k;
  if (least === Number.POSITIVE_INFINITY) return;
  const rate = s[ANCHOR_RATE];
  let calls = driftCalls;
  let before = driftExposure;
  for (let j = 0; j < n; j++) {
    const exposure = before + c[AT_EXPOSURE + j];
    const expected = rate * exposure;
    const most = c[AT_MEAN + j] + c[AT_REACH + j];
    const isNearAbove = calls + (c[AT_UPPER + j] < most ? c[AT_UPPER + j] : most) > least * expected;
    const isNearBelow = j + k.back === 0 && (calls + c[AT_LOWER + j]) * least < expected;
    if ((isNearAbove || isNearBelow) && !(expected < driftFewest)) {
      loadBucket(parts, j);
      k.driftCalls = calls;
      if (isNearAbove) limitDriftAbove(parts, exposure);
      if (isNearBelow) limitDriftBelow(parts, exposure);
      k.driftCalls = driftCalls;
      keepBucket(parts, j);
    }
    calls += c[AT_HELD + j];
    before = exposure;
  }
}

/** Sets the last limits, which are a bucket's own where nothing else was said. @returns how many buckets from the first on are calm */
export function limitAll({ scratch }: TrackerParts, n: number): number {
  const { all: c, said } = scratch.stretch;
  for (let j = 0; j < said; j++) {
    const y = c[AT_Y + j];
    const whole = Math.floor(c[AT_MEAN + j]);
    const least = whole > 1 ? whole : 1;
    // A count below its mean is never above, one above it never below, whatever a window says.
    if (c[AT_UPPER + j] < whole) c[AT_UPPER + j] = whole;
    if (c[AT_LOWER + j] > least) c[AT_LOWER + j] = least;
    if (y > c[AT_UPPER + j] || y < c[AT_LOWER + j]) return j;
  }
  return n;
}
