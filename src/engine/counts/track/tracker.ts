import { upperLimitNear } from '../../../stats/limits.js';
import { DAY } from '../../../time/grid.js';
import {
  ABOVE,
  type Band,
  BELOW,
  type BucketVerdict,
  LEARNING,
  NORMAL,
  NOTABLE,
  type ScoreColumns,
  UNKNOWN,
  unobserved,
} from '../../types.js';
import { bandOf } from '../band.js';
import { burstShift } from '../burst-hours.js';
import { LEAST_MEAN, type RowModel, straddles } from '../model.js';
import type { KeptProfile } from '../quantized-profile.js';
import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import { evidenceFor, LOG_SILENCE_WEIGHT, rawSilenceNats } from '../silence.js';
import { calibrate, calibrateIn, uncalibrate } from '../tail-calibration.js';
import {
  DOUBT,
  EXPOSURE,
  LIMIT_ABOVE,
  LIMIT_BELOW,
  MEAN,
  MOST_SMALL,
  REACH,
  RELATIVE,
  SILENCE_ADDED,
} from './bucket-distributions.js';
import { DRIFT_SPAN, setDriftLimits, startDrift, testDrift } from './drift.js';
import { followIncident, limitByIncident, ongoingSide, signOff, tryPreShiftRate } from './incident.js';
import { endSilence, enterBlock, leaveInHand, trainShape } from './learn.js';
import type { TrackerParts } from './parts.js';
import { push, sumBlocks } from './rings.js';
import type { CountRules } from './rules.js';
import { DRIFT, SILENCE, type TrackScratch } from './scratch.js';
import { setSilenceRate } from './silence-rate.js';
import {
  ALPHA,
  AWAKE,
  BLOCK,
  BLOCK_TRAIN_CALLS,
  BLOCK_TRAIN_EXPOSURE,
  BURST_SHIFT,
  CARRIED_SHORTFALL,
  DERIVED,
  DRIFT_CALLS,
  DRIFT_EXPOSURE,
  EVER_CALLED,
  FLAT,
  INCIDENT_SIDE,
  LAST_CALL,
  layoutOf,
  MERGE_SIDE,
  PHI,
  PRE_SHIFT_RATIO,
  PRE_SHIFT_UNTIL,
  RING,
  RING_INDEX,
  RING_PARTIAL_EXPOSURE,
  RING_PARTIAL_EXPOSURE_VAR,
  RING_PARTIAL_SUM,
  SHAPE_HOURS,
  SHIFT_VARIANCE,
  SILENCE_MEAN,
  SILENCE_NATS,
  SILENCE_RATE,
  SILENCE_SHIFT,
  SILENCE_VARIANCE,
  SILENT_BUCKETS,
  type StateLayout,
  SUM,
  SUM_EXPOSURE,
  SUM_EXPOSURE_VAR,
} from './state.js';
import { armWindows, deriveWindows, enterBurstHour, setWindows, testWindows, writeDecided } from './window-test.js';

/**
 * The windows overlap, so that the least of their weighted p-values is less often small than Bonferroni grants; ln of how
 * much less, by the clean fleets of `npm run evaluate -- calibration` (a third).
 */
const DEPENDENCE = Math.log(1.35);
/** Below it no calibration changes anything: no need to look up the series'. */
const UNCALIBRATED = 2.9;
/** Buckets of a block that are too few to look ahead for. */
const FEW_BUCKETS = 3;
const PER_NAT = 1 / Math.LN10;
/** Days of history from which on the hours of the day are as well known as they will be without a new fit. */
const SHAPE_KNOWN = 21;

/**
 * Relative variance of what an hour of the day is, after so many days: two of them may both have been at a week end. As
 * high as 0.3 at first, 0.04 after a week.
 */
function shapeDoubtAfter(days: number): number {
  return 0.3 / (1 + (days * days) / 8);
}

/** What a tracker is run over: `length` buckets from `start` on. */
export interface TrackedRange {
  start: number;
  length: number;
  /** `[length]` each: calls, and 1 where the source was listening. */
  calls: Float64Array;
  observed: Uint8Array;
  /** `[length]`: the week slot to judge each bucket by. */
  slots: Int32Array;
  /** Chooses another slot by what a bucket holds, where the series' zone is not known. */
  choose: ((tracker: CountTracker, calls: number, bucket: number) => number) | undefined;
  exceptions: Exceptions | undefined;
  /** `[length]`: where what each bucket left behind goes: {@link TRAINED}, {@link HELD_BACK} or {@link OTHER}. */
  outcomes?: Uint8Array;
  /** True when `outcomes` holds that already, none of it {@link OTHER}: nothing is judged again. */
  isJudged?: boolean;
}

/** A calm bucket that taught, one that did not, and one that was not calm. */
const TRAINED = 0;
const HELD_BACK = 1;
export const OTHER = 2;

/** What a bucket is to a series besides its count. */
export interface Exceptions {
  /** Acknowledged: not judged by, not learned from. */
  expected(time: number): boolean;
  /** The key is gone: no call is nothing to report. */
  retired(time: number): boolean;
}

/**
 * One series of counts as it is watched: judges bucket after bucket over all window lengths, then learns, guarded. What
 * an incident holds teaches nothing, and enters the longer windows as what was expected, so that it is reported once and
 * does not hold them high after its end.
 */
export class CountTracker implements TrackerParts {
  readonly model: RowModel;
  readonly profile: KeptProfile;
  readonly tails: TrackerParts['tails'];
  readonly #bursts: RowModel['bursts'];
  readonly rules: CountRules;
  readonly layout: StateLayout;
  readonly scratch: TrackScratch;
  s: Float64Array;
  readonly derivedAt: number;
  readonly scatter: { readonly phi: number; readonly alpha: number };
  readonly straddles: boolean;
  readonly shapePrior: number;
  readonly #perDay: number;

  /**
   * @param isNew whether the first call of all is reported
   * @param scratch of whoever runs this tracker and others, one after another
   * @param state of {@link toState}; without it, the end of the history
   */
  constructor(model: RowModel, rules: CountRules, isNew: boolean, scratch: TrackScratch, state?: Float64Array) {
    const { windows } = rules;
    const count = windows.weights.length;
    this.model = model;
    this.profile = model.profile;
    this.tails = { above: model.above, below: model.below, silence: model.silence };
    this.#bursts = model.bursts;
    this.rules = rules;
    this.scratch = scratch;
    this.layout = layoutOf(windows);
    this.scatter = { phi: model.phi[Math.min(1, count - 1)], alpha: model.alpha[Math.min(1, count - 1)] };
    this.#perDay = model.profile.perWeek / 7;
    const days = (model.support * windows.step) / DAY;
    this.shapePrior = model.calls > 0 && days < SHAPE_KNOWN ? 1 / shapeDoubtAfter(days) : 0;
    this.straddles = count > 1 && straddles(model.alpha[0], model.alpha[1]);
    this.derivedAt = this.shapePrior > 0 ? this.layout.youngLength : this.layout.length;
    if (state !== undefined) {
      this.s = state;
      if (state[AWAKE] === 1) this.#extend();
      return;
    }
    this.s = new Float64Array(RING);
    this.s.set(model.level);
    this.s[BLOCK] = Number.NaN;
    this.s[SILENCE_NATS] = model.clock;
    this.s[SILENT_BUCKETS] = model.silent;
    this.s[EVER_CALLED] = isNew ? 0 : 1;
    this.s[LAST_CALL] = model.lastCall / windows.step + 1;
    startDrift(this);
    setSilenceRate(this);
    this.s[SILENCE_MEAN] = model.silent * this.s[SILENCE_RATE];
    if (model.calls > 0) this.#extend();
  }

  toState(): Float64Array {
    return this.s.slice(0, this.#asleep ? RING : this.derivedAt);
  }

  /** Nothing is known of what was before `time`: no silence goes on. */
  startAnew(time: number): void {
    this.s[LAST_CALL] = time / this.rules.windows.step;
    endSilence(this.s);
  }

  /** The rate that is followed now, in calls per bucket at shape 1. */
  get level(): number {
    return this.s[RATE];
  }

  /** Buckets since the last call; of a series that has never called, as many as can be. */
  get silent(): number {
    return this.#asleep ? Number.POSITIVE_INFINITY : this.s[SILENT_BUCKETS];
  }

  /** True while an incident is open. */
  get inIncident(): boolean {
    return this.s[INCIDENT_SIDE] !== 0;
  }

  /** Log-likelihood of `y` calls in a bucket of this slot, by a normal law of the model's mean and variance. */
  likelihood(y: number, slot: number): number {
    const shape = this.model.profile.shapeAt(slot) * this.#correction(this.#hourOf(slot));
    const mean = Math.max(this.s[RATE] * shape, LEAST_MEAN);
    const { phi, alpha, profile } = this.model;
    const relative = alpha[0] + profile.varianceAt(slot) + this.s[RATE_VARIANCE];
    const variance = mean * (1 + phi[0]) + relative * mean * mean + 0.01;
    return -0.5 * (((y - mean) * (y - mean)) / variance + Math.log(variance));
  }

  /** What is expected now of a bucket in this slot, at `nats` a side, after all that was learned. */
  band(slot: number, nats: number): Band {
    const known = { rate: this.s[RATE], variance: this.s[RATE_VARIANCE] + this.s[SHIFT_VARIANCE] };
    return bandOf(this.model, slot, nats, known, this.#correction(this.#hourOf(slot)));
  }

  /**
   * How much evidence the silence that goes on still needs to be reported, and the rate it is judged by (calls per bucket at
   * shape 1), and where it began (epoch ms); `null` of a series that has never called.
   */
  silenceLeft(): { readonly needed: number; readonly rate: number; readonly since: number } | null {
    const { s, model } = this;
    if (this.#asleep) return null;
    const variance = s[SILENCE_VARIANCE] + s[SHIFT_VARIANCE] + this.#shapeDoubt;
    const needed = evidenceFor(this.rules.nats - LOG_SILENCE_WEIGHT, variance, model.silenceShift, model.silence);
    return { needed: needed - s[SILENCE_NATS], rate: s[SILENCE_RATE], since: s[LAST_CALL] * this.rules.windows.step };
  }

  /**
   * Signs off what was observed: it is what is expected, and what later departures are held against.
   * @param calls and `slots` of the buckets, `[length]` each; NaN where not observed
   * @param time the end of the last
   */
  accept(calls: Float64Array, slots: Int32Array, time: number): void {
    if (this.#asleep) return;
    let sum = 0;
    let exposure = 0;
    for (let i = 0; i < calls.length; i++) {
      if (Number.isNaN(calls[i])) continue;
      sum += calls[i];
      exposure += this.model.profile.shapeAt(slots[i]) * this.#correction(this.#hourOf(slots[i]));
    }
    if (exposure > 0) signOff(this, sum, exposure, time);
  }

  #hourOf(slot: number): number {
    return Math.floor((slot % this.#perDay) / Math.max(1, this.#perDay / SHAPE_HOURS));
  }

  /** What is not known of a young series' days, and shared by the buckets of a silence. */
  get #shapeDoubt(): number {
    return this.shapePrior > 0 ? 1 / this.shapePrior : 0;
  }

  /** What a young series' hours have turned out to be, over what little history made of them; 1 for any other. */
  #correction(hour: number): number {
    const prior = this.shapePrior;
    if (prior === 0) return 1;
    const at = this.layout.shapeAt + 2 * hour;
    return (this.s[at] + prior) / (this.s[at + 1] + prior);
  }

  /** A key that has never called sleeps until it does: then it is as if it had come with its first call. */
  get #asleep(): boolean {
    return this.s[AWAKE] === 0;
  }

  /**
   * Judges the bucket that begins at `time`, then learns from it unless `learn` is false.
   * @param y calls
   * @param slot of the week
   * @param expected true when this time is acknowledged: it is not judged by, nor learned from
   * @param retired true when the key is gone: no call is nothing to report, and teaches nothing
   */
  observe(
    y: number,
    time: number,
    slot: number,
    learn: boolean,
    out: BucketVerdict,
    expected = false,
    retired = false,
  ): void {
    const { calls, observed, slots, out: columns } = this.scratch.one;
    calls[0] = y;
    slots[0] = slot;
    const exceptions = { expected: () => expected, retired: () => retired };
    this.run(
      { start: time, length: 1, calls, observed, slots, choose: undefined, exceptions },
      learn,
      false,
      columns,
      0,
    );
    out.expected = columns.expected[0];
    out.lower = columns.lower[0];
    out.upper = columns.upper[0];
    out.surprise = columns.surprise[0];
    out.verdict = columns.verdicts[0];
    out.reason = columns.reasons[0];
    out.span = columns.spans[0];
  }

  /** The bucket at `time` was not observed. */
  skip(time: number, learn: boolean): void {
    if (this.#asleep) this.#extend();
    enterBlock(this, time, learn);
    push(this, 0, 0, 0, 0);
  }

  /**
   * Judges the buckets of a range one after another, and learns from each unless `learn` is false.
   * @param learning whether the history was too short for a verdict
   * @param out where the verdicts go, from entry `at` on; nowhere when left out
   */
  run(range: TrackedRange, learn: boolean, learning: boolean, out: ScoreColumns | undefined, at: number): void {
    const { start, length, calls, observed } = range;
    const { step } = this.rules.windows;
    let i = 0;
    if (this.#asleep) {
      i = this.#sleep(range, learning, out, at);
      if (i === length) return;
      this.#extend();
    }
    this.#arm();
    while (i < length) {
      if (observed[i] === 0 || !Number.isFinite(calls[i])) {
        this.skip(start + i * step, learn);
        if (out !== undefined) unobserved(out, at + i, step);
        i++;
        continue;
      }
      enterBlock(this, start + i * step, learn);
      i = this.#runBlock(range, i, learn, learning, out, at);
    }
  }

  /**
   * Runs from bucket `i` to the end of its block, of what is observed, or to the first bucket that is not calm: to the end
   * of the block the rate stands, and what changes is kept at hand; 40 reads and writes of the state a bucket were half
   * of its time (Node 20).
   * @returns the next bucket
   */
  #runBlock(
    range: TrackedRange,
    i: number,
    learn: boolean,
    learning: boolean,
    out: ScoreColumns | undefined,
    at: number,
  ): number {
    const { start, length, calls, observed, slots, choose, outcomes } = range;
    const isJudged = range.isJudged === true;
    const { step, block } = this.rules.windows;
    const { block: k, bucket: b } = this.scratch;
    const bursts = this.#bursts;
    const blockStart = this.s[BLOCK] * block;
    const end = Math.min(length, Math.ceil((blockStart + block - start) / step));
    this.#takeInHand(start + i * step, range.exceptions === undefined, learn, end - i > FEW_BUCKETS);
    k.back = ((start + i * step - blockStart) / step) | 0;
    let isCalm = true;
    for (; i < end && isCalm; i++, k.back++) {
      const y = calls[i];
      if (observed[i] === 0 || !(y < Number.POSITIVE_INFINITY)) break;
      const slot = (choose === undefined ? slots[i] : choose(this, y, i)) | 0;
      if (bursts !== null) enterBurstHour(this, burstShift(bursts, slot, this.#perDay));
      this.#lookUp(slot, y);
      b.time = start + i * step;
      b.cell = at + i;
      b.isSuspect = false;
      if (isJudged) b.isSuspect = outcomes !== undefined && outcomes[i] === HELD_BACK;
      else {
        this.#testBucket();
        testWindows(this);
      }
      this.#testSilence(isJudged);
      if (!isJudged) testDrift(this);
      // A count below its mean is never above, one above it never below, whatever a window says.
      b.upper = Math.max(b.upper, Math.floor(b.mean));
      b.lower = Math.min(b.lower, Math.max(1, Math.floor(b.mean)));
      isCalm = k.isCalm && (isJudged || !(b.y > b.upper || b.y < b.lower));
      if (outcomes !== undefined) outcomes[i] = !isCalm ? OTHER : b.isSuspect ? HELD_BACK : TRAINED;
      if (!isCalm) break;
      if (out !== undefined) this.#write(out, NORMAL, learning, k.silentBuckets);
      leaveInHand(this, learn);
    }
    this.#putBack();
    if (isCalm) return i;
    this.#finish(range.exceptions, learn, learning, out);
    return i + 1;
  }

  /** What of the state changes with every bucket is kept at hand until {@link #putBack}. */
  #takeInHand(time: number, isPlain: boolean, learn: boolean, isLongRun: boolean): void {
    const { s, scratch } = this;
    const { block: k } = scratch;
    if (s[PRE_SHIFT_RATIO] > 0 && time > s[PRE_SHIFT_UNTIL]) s[PRE_SHIFT_RATIO] = 0;
    k.rate = s[RATE];
    k.rateVariance = s[RATE_VARIANCE] + s[SHIFT_VARIANCE];
    k.isYoung = this.shapePrior > 0;
    k.isCalm = isPlain && s[INCIDENT_SIDE] === 0 && s[PRE_SHIFT_RATIO] === 0 && s[EVER_CALLED] !== 0;
    k.isMerging = s[MERGE_SIDE] !== 0;
    setWindows(this, isLongRun);
    setDriftLimits(this, learn);
    k.driftCalls = s[DRIFT_CALLS];
    k.driftExposure = s[DRIFT_EXPOSURE];
    k.silenceMean = s[SILENCE_MEAN];
    k.silenceRatio = s[SILENCE_RATE] / k.rate;
    k.silenceVariance = s[SILENCE_VARIANCE] + s[SHIFT_VARIANCE] + this.#shapeDoubt;
    scratch.distributions.begin(k.rate, k.rateVariance);
    k.silenceNats = s[SILENCE_NATS];
    k.silentBuckets = s[SILENT_BUCKETS];
    k.ringIndex = s[RING_INDEX];
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

  #putBack(): void {
    const { s } = this;
    const { block: k } = this.scratch;
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

  /** Finds the distribution of a bucket in this slot. */
  #lookUp(slot: number, y: number): void {
    const { distributions, bucket: b } = this.scratch;
    let at: number;
    if (this.scratch.block.isYoung) {
      b.hour = this.#hourOf(slot);
      b.correction = this.#correction(b.hour);
      const doubt = 1 / (this.s[this.layout.shapeAt + 2 * b.hour] + this.shapePrior);
      at = distributions.at(slot, b.hour, b.correction, doubt);
    } else at = distributions.at(slot, 0, 1, 0);
    const { values } = distributions;
    const mean = values[at + MEAN];
    const reach = values[at + REACH];
    b.at = at;
    b.slot = slot;
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
  #testBucket(): void {
    const { distributions, bucket: b, block: k } = this.scratch;
    const { values } = distributions;
    const { at, y, mean, isAbove } = b;
    const late = k.carriedShortfall;
    if (Number.isNaN(values[at + LIMIT_ABOVE])) distributions.limit(at);
    b.upper = Math.max(Math.floor(values[at + LIMIT_ABOVE] + late), values[at + MOST_SMALL]);
    b.lower = values[at + LIMIT_BELOW];
    let nats: number;
    if (isAbove) nats = distributions.above(at, late > 0 ? Math.max(mean, y - late) : y);
    else nats = distributions.below(at, y);
    if (nats > UNCALIBRATED) {
      const { above, below } = this.tails;
      nats = isAbove ? calibrateIn(nats, above[0], this.s[this.derivedAt + BURST_SHIFT]) : calibrate(nats, below[0]);
    }
    b.nats = nats + this.rules.logWeights[0];
    b.ratio = 0;
    b.decided = 0;
    b.dates = 0;
    b.isReported = isAbove ? y > b.upper : y < b.lower;
  }

  /** The silence, as it would stand after this bucket without a call. It never tells more nats than it shows. */
  #testSilence(isJudged: boolean): void {
    const { distributions, bucket: b, block: k } = this.scratch;
    const { values } = distributions;
    const { y, at } = b;
    const silenceNats = k.silenceNats;
    const shift = this.s[this.derivedAt + SILENCE_SHIFT];
    b.silenceAfter = y === 0 ? silenceNats + values[at + SILENCE_ADDED] * k.silenceRatio : silenceNats;
    const most = silenceNats + b.mean * k.silenceRatio - shift + LOG_SILENCE_WEIGHT;
    const reportedFrom = this.rules.nats;
    if (isJudged || !((b.lower < 1 && most > reportedFrom) || (y === 0 && most > b.nats))) return;
    const after = y === 0 ? b.silenceAfter : silenceNats + values[at + SILENCE_ADDED] * k.silenceRatio;
    const raw = Math.max(0, rawSilenceNats(after, k.silenceVariance) - shift);
    const silence = (raw < UNCALIBRATED ? raw : calibrate(raw, this.tails.silence)) + LOG_SILENCE_WEIGHT;
    if (silence > reportedFrom && b.lower < 1) b.lower = 1;
    if (y === 0 && silence > b.nats && !b.isAbove) {
      b.nats = silence;
      b.ratio = 0;
      b.decided = SILENCE;
      b.dates = SILENCE;
    }
  }

  #write(out: ScoreColumns, verdict: number, learning: boolean, silentBuckets: number): void {
    const { bucket: b } = this.scratch;
    const { spans, step } = this.rules.windows;
    const { cell } = b;
    const surprise = Math.min(1e4, Math.max(0, b.nats + DEPENDENCE) * PER_NAT);
    out.expected[cell] = b.mean;
    out.lower[cell] = b.lower;
    out.upper[cell] = b.upper;
    out.surprise[cell] = b.isAbove ? surprise : -surprise;
    out.spans[cell] =
      b.dates === SILENCE ? (silentBuckets + 1) * step : b.dates === DRIFT ? DRIFT_SPAN : spans[b.dates];
    out.verdicts[cell] = learning ? UNKNOWN : verdict;
    out.reasons[cell] = learning ? LEARNING : 0;
    if (out.ongoing !== undefined) out.ongoing[cell] = NORMAL;
    if (b.dates !== 0 && (verdict !== NORMAL || surprise >= NOTABLE)) writeDecided(this, out.decided);
  }

  /** Ends the verdict on a bucket that is not a calm one, of a series that has an open incident, or another exception. */
  #finish(exceptions: Exceptions | undefined, learn: boolean, learning: boolean, out: ScoreColumns | undefined): void {
    const { s } = this;
    const { bucket: b, distributions } = this.scratch;
    const { y, mean, exposure, exposureVar } = b;
    b.isExpected = exceptions?.expected(b.time) ?? false;
    b.isRetired = exceptions?.retired(b.time) ?? false;
    if (b.decided === 0) b.ratio = (y + 0.5) / (mean + 0.5);
    const verdict = this.#verdict();
    if (out !== undefined) this.#write(out, verdict, learning, s[SILENT_BUCKETS]);

    s[CARRIED_SHORTFALL] = this.straddles ? Math.max(0, mean - y) : 0;
    const isExcused = b.isExpected || (b.isRetired && y === 0);
    if (y > 0) s[EVER_CALLED] = 1;
    if (y > 0 || isExcused) s[LAST_CALL] = b.time / this.rules.windows.step + 1;
    // While no call is nothing to report, no silence goes on: what follows lasts as long as any.
    if (y > 0 || isExcused) endSilence(s);
    else {
      const ratio = this.scratch.block.silenceRatio;
      s[SILENCE_NATS] += distributions.values[b.at + SILENCE_ADDED] * ratio;
      s[SILENCE_MEAN] += mean * ratio;
      s[SILENT_BUCKETS]++;
    }
    const isIncident = isExcused || (s[PRE_SHIFT_RATIO] > 0 && tryPreShiftRate(this)) || followIncident(this, verdict);
    if (out?.ongoing !== undefined) out.ongoing[b.cell] = ongoingSide(s, b.time);
    if (isIncident) {
      push(this, s[RATE] * exposure, s[RATE] * exposure, exposure, exposureVar);
      return;
    }
    if (!b.isSuspect) {
      s[BLOCK_TRAIN_CALLS] += b.held;
      s[BLOCK_TRAIN_EXPOSURE] += exposure;
      if (this.shapePrior > 0) trainShape(this, learn);
    }
    push(this, y, b.held, exposure, exposureVar);
  }

  /** The verdict on a bucket, and its last limits: by the open incident, by the rate before a shift, by what is excused. */
  #verdict(): number {
    const { s } = this;
    const { bucket: b, distributions, windows } = this.scratch;
    limitByIncident(this);
    b.upper = Math.max(b.upper, Math.floor(b.mean));
    b.lower = Math.min(b.lower, Math.max(1, Math.floor(b.mean)));
    if (s[EVER_CALLED] === 0) b.upper = 0;
    const ratio = s[PRE_SHIFT_RATIO];
    if (ratio > 0) {
      // What was usual before an accepted shift is no surprise either: its return raises nothing.
      const before = Math.max(b.mean * ratio, LEAST_MEAN);
      const relative = distributions.values[b.at + RELATIVE];
      const size = 1 / (relative + this.model.phi[0] / before + (s[RATE_VARIANCE] + s[SHIFT_VARIANCE]));
      if (ratio > 1) b.upper = Math.max(b.upper, Math.floor(windows[0].limits.upper(before, size)));
      else b.lower = Math.min(b.lower, Math.max(0, Math.ceil(windows[0].limits.lower(before, size))));
    }
    if (b.isRetired) b.lower = 0;
    if (b.isExpected) {
      b.lower = 0;
      b.upper = Number.POSITIVE_INFINITY;
      return NORMAL;
    }
    return b.y > b.upper ? ABOVE : b.y < b.lower ? BELOW : NORMAL;
  }

  /** What {@link run} would make of a range in which no call comes; the series stays as it is. */
  foresee(range: TrackedRange, learning: boolean, out: ScoreColumns, at: number): void {
    const state = this.s;
    // A sleeping series is changed by calls only.
    if (!this.#asleep) this.s = this.scratch.copyOf(state);
    this.scratch.armed = undefined;
    this.run(range, true, learning, out, at);
    this.scratch.armed = undefined;
    this.s = state;
  }

  /** The buckets of a key that has never called, until it does: normal, and nothing is learned. @returns where it calls */
  #sleep(
    { length, calls, observed, slots }: TrackedRange,
    learning: boolean,
    out: ScoreColumns | undefined,
    at: number,
  ): number {
    const { windows, nats, logWeights } = this.rules;
    const { step } = windows;
    const { profile, alpha, phi, above } = this.model;
    let i = 0;
    let last = -1;
    let mean = 0;
    let upper = 0;
    for (; i < length; i++) {
      if (observed[i] === 0 || Number.isNaN(calls[i])) {
        if (out !== undefined) unobserved(out, at + i, step);
        continue;
      }
      if (calls[i] !== 0) break;
      if (out === undefined) continue;
      if (last < 0 || profile.shapeSteps.length > 1) {
        last = slots[i];
        mean = Math.max(this.s[RATE] * profile.shapeAt(last), LEAST_MEAN);
        const size = 1 / (alpha[0] + this.s[RATE_VARIANCE] + phi[0] / mean);
        const natsAbove = uncalibrate(nats - logWeights[0], above[0]);
        upper = this.s[EVER_CALLED] === 0 ? 0 : Math.floor(upperLimitNear(mean, size, natsAbove));
      }
      out.expected[at + i] = mean;
      out.lower[at + i] = 0;
      out.upper[at + i] = upper;
      out.surprise[at + i] = 0;
      out.spans[at + i] = step;
      out.verdicts[at + i] = learning ? UNKNOWN : NORMAL;
      out.reasons[at + i] = learning ? LEARNING : 0;
      if (out.ongoing !== undefined) out.ongoing[at + i] = NORMAL;
    }
    return i;
  }

  /** Room for the whole state, and what follows from it. */
  #extend(): void {
    const { model, derivedAt: d } = this;
    const { profile } = model;
    const s = new Float64Array(d + DERIVED);
    s.set(this.s);
    s[AWAKE] = 1;
    this.s = s;
    deriveWindows(this);
    s[d + SILENCE_SHIFT] = model.silenceShift;
    const isFlat = [profile.shapeSteps, profile.varianceSteps, profile.hourSteps].every((steps) => steps.length === 1);
    s[d + FLAT] = isFlat && this.shapePrior === 0 ? profile.shapeAt(0) : Number.NaN;
    s[d + FLAT + 1] = profile.varianceAt(0);
    s[d + FLAT + 2] = profile.hourVarianceAt(0);
    sumBlocks(this);
  }

  /** Sets up the scratch for this series. */
  #arm(): void {
    const { scratch, s, derivedAt: d } = this;
    if (scratch.armed === this) return;
    scratch.armed = this;
    armWindows(this);
    scratch.distributions.arm(
      this.profile,
      s[d + PHI],
      s[d + ALPHA],
      this.rules.minEffect,
      s[d + FLAT],
      s[d + FLAT + 1],
      s[d + FLAT + 2],
    );
  }
}
