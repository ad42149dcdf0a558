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
import { keepBucket, loadBucket } from './stretch-bucket.js';
import { correctionOf, hourOf } from './young-hours.js';

// The tests of bucket-test.ts and drift.ts as loops over a stretch of `n` buckets: the same figures in the same order.

/** Finds the distribution of each bucket, and what the block holds with it. */
export function lookUpAll(parts: TrackerParts, n: number): void {
  const { scratch, s, layout, shapePrior } = parts;
  const { distributions, stretch: t, block: k } = scratch;
  const { values } = distributions;
  const { at: ats, y: ys, mean: means, reach: reaches, held: helds, judgedBy } = t;
  const { exposure: exposures, exposureVar: exposureVars } = t;
  const { sum: sums, sumExposure: sumExposures, sumExposureVar: sumVars } = t;
  let { sum, sumExposure, sumExposureVar } = k;
  for (let j = 0; j < n; j++) {
    const slot = judgedBy[j];
    let at: number;
    if (k.isYoung) {
      const hour = hourOf(parts, slot);
      at = distributions.at(slot, hour, correctionOf(parts, hour), 1 / (s[layout.shapeAt + 2 * hour] + shapePrior));
    } else at = distributions.at(slot, 0, 1, 0);
    const y = ys[j];
    const mean = values[at + MEAN];
    const reach = values[at + REACH];
    ats[j] = at;
    means[j] = mean;
    reaches[j] = reach;
    const exposure = values[at + EXPOSURE];
    const exposureVar = values[at + DOUBT];
    const held = y > mean + reach ? mean + reach : y < mean - reach ? mean - reach : y;
    exposures[j] = exposure;
    exposureVars[j] = exposureVar;
    helds[j] = held;
    sum += held;
    sumExposure += exposure;
    sumExposureVar += exposureVar;
    sums[j] = sum;
    sumExposures[j] = sumExposure;
    sumVars[j] = sumExposureVar;
  }
}

/** Each bucket by itself. */
export function testBuckets({ s, derivedAt: d, scratch, tails, rules, straddles }: TrackerParts, n: number): void {
  const { distributions, stretch: t, block: k } = scratch;
  const { values } = distributions;
  const weight = rules.logWeights[0];
  const shift = s[d + BURST_SHIFT];
  const { above, below } = tails;
  const { at: ats, y: ys, mean: means, upper: uppers, lower: lowers, nats: allNats } = t;
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
    const at = ats[j];
    const y = ys[j];
    const mean = means[j];
    const isAbove = y >= mean;
    if (Number.isNaN(values[at + LIMIT_ABOVE])) distributions.limit(at);
    const own = Math.floor(values[at + LIMIT_ABOVE] + late);
    const small = values[at + MOST_SMALL];
    const upper = own > small ? own : small;
    const lower = values[at + LIMIT_BELOW];
    const timely = isAbove && late > 0 ? (y - late > mean ? y - late : mean) : y;
    let nats = nearNats(values, at, timely, isAbove);
    if (!(nats >= 0)) {
      allNats[j] = timely;
      distributions.toNats(at, isAbove, allNats, j);
      nats = allNats[j];
    }
    if (nats > UNCALIBRATED) nats = isAbove ? calibrateIn(nats, above[0], shift) : calibrate(nats, below[0]);
    uppers[j] = upper;
    lowers[j] = lower;
    allNats[j] = nats + weight;
    if (isAbove ? y > upper : y < lower) {
      isReported[j] = 1;
      t.said = j + 1;
    }
    late = straddles && mean > y ? mean - y : 0;
  }
}

/** The silence, as it stands after each. */
export function testSilences({ s, derivedAt: d, scratch, tails, rules }: TrackerParts, n: number): void {
  const { distributions, stretch: t, block: k } = scratch;
  const { values } = distributions;
  const { silenceRatio: ratio, silenceVariance: variance } = k;
  const shift = s[d + SILENCE_SHIFT];
  const reportedFrom = rules.nats;
  const { at: ats, y: ys, mean: means, lower: lowers, nats, silenceAfter } = t;
  let before = k.silenceNats;
  for (let j = 0; j < n; j++) {
    const y = ys[j];
    const without = before + values[ats[j] + SILENCE_ADDED] * ratio;
    const after = y === 0 ? without : before;
    silenceAfter[j] = after;
    const most = before + means[j] * ratio - shift + LOG_SILENCE_WEIGHT;
    before = y === 0 ? after : 0;
    if (!((lowers[j] < 1 && most > reportedFrom) || (y === 0 && most > nats[j]))) continue;
    const raw = Math.max(0, rawSilenceNats(without, variance) - shift);
    const silence = (raw < UNCALIBRATED ? raw : calibrate(raw, tails.silence)) + LOG_SILENCE_WEIGHT;
    if (silence > reportedFrom && t.lower[j] < 1) {
      t.lower[j] = 1;
      if (j >= t.said) t.said = j + 1;
    }
    if (y === 0 && silence > t.nats[j] && !(y >= t.mean[j])) {
      t.nats[j] = silence;
      t.ratio[j] = 0;
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
  const { driftCalls, driftExposure, driftAbove, driftBelow } = k;
  if (driftAbove === Number.POSITIVE_INFINITY) return;
  const rate = s[ANCHOR_RATE];
  let calls = driftCalls;
  let before = driftExposure;
  for (let j = 0; j < n; j++) {
    const exposure = before + t.exposure[j];
    const expected = rate * exposure;
    const most = t.mean[j] + t.reach[j];
    const isNearAbove =
      calls + (t.upper[j] < most ? t.upper[j] : most) > (driftAbove > expected ? driftAbove : expected);
    const isNearBelow = j + k.back === 0 && calls + t.lower[j] < (driftBelow < expected ? driftBelow : expected);
    if (isNearAbove || isNearBelow) {
      loadBucket(parts, j);
      k.driftCalls = calls;
      if (isNearAbove) limitDriftAbove(parts, exposure);
      if (isNearBelow) limitDriftBelow(parts, exposure);
      k.driftCalls = driftCalls;
      keepBucket(parts, j);
    }
    calls += t.held[j];
    before = exposure;
  }
}

/** Sets the last limits, which are a bucket's own where nothing else was said. @returns how many buckets from the first on are calm */
export function limitAll({ scratch }: TrackerParts, n: number): number {
  const { y: ys, mean: means, upper: uppers, lower: lowers, said } = scratch.stretch;
  for (let j = 0; j < said; j++) {
    const y = ys[j];
    const whole = Math.floor(means[j]);
    const least = whole > 1 ? whole : 1;
    // A count below its mean is never above, one above it never below, whatever a window says.
    if (uppers[j] < whole) uppers[j] = whole;
    if (lowers[j] > least) lowers[j] = least;
    if (y > uppers[j] || y < lowers[j]) return j;
  }
  return n;
}
