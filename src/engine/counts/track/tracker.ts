import { logMass } from '../../../stats/negative-binomial.js';
import { type Band, type ScoreColumns, type TrackedRange, type Tracker, unobserved } from '../../types.js';
import { bandOf } from '../band.js';
import { type KeptModel, LEAST_MEAN, type RowModel, straddles } from '../model.js';
import type { KeptProfile } from '../quantized-profile.js';
import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import { evidenceFor, LOG_SILENCE_WEIGHT } from '../silence.js';
import { runAsleep } from './asleep.js';
import { FEW, FEW_MASS } from './bucket-distributions.js';
import { startDrift } from './drift.js';
import type { KnownEvents } from './event-blocks.js';
import { runIdle } from './idle-run.js';
import { signOff } from './incident.js';
import { endBlocks, endSilence, enterBlock } from './learn.js';
import type { TrackerParts } from './parts.js';
import { replayBlock } from './plain-replay.js';
import { pushNothing, sumBlocks } from './rings.js';
import type { CountRules } from './rules.js';
import { runBlock } from './run-block.js';
import type { TrackScratch } from './scratch.js';
import { setSilenceRate, startSilence } from './silence-rate.js';
import {
  ALPHA,
  ANCHOR,
  AWAKE,
  BLOCK,
  DERIVED,
  EVER_CALLED,
  FLAT,
  INCIDENT_CALLS,
  INCIDENT_MEAN,
  INCIDENT_SIDE,
  LAST_CALL,
  PHI,
  RING,
  SHIFT_VARIANCE,
  SILENCE_NATS,
  SILENCE_RATE,
  SILENCE_SHIFT,
  SILENCE_VARIANCE,
  SILENT_BUCKETS,
  type StateLayout,
} from './state.js';
import { clearVerdicts } from './stretch-end.js';
import { armWindows, deriveWindows } from './window-test.js';
import { correctionOf, hourOf, shapeDoubtOf, shapePriorOf } from './young-hours.js';

/**
 * One series of counts as it is watched: judges bucket after bucket over all window lengths, then learns, guarded. What
 * an incident holds teaches nothing, and enters the longer windows as what was expected, so that it is reported once and
 * does not hold them high after its end.
 */
export class CountTracker implements Tracker, TrackerParts {
  readonly model: KeptModel;
  readonly profile: KeptProfile;
  readonly phi: number;
  readonly alpha: number;
  readonly bursts: RowModel['bursts'];
  readonly rules: CountRules;
  readonly layout: StateLayout;
  readonly scratch: TrackScratch;
  s: Float64Array;
  readonly derivedAt: number;
  readonly straddles: boolean;
  readonly shapePrior: number;
  /** Whether its week has no shape: all slots are one to it. */
  readonly isFlat: boolean;
  /** Whether the state has all its room, and what follows from it. */
  #isReady = false;

  /**
   * @param isNew whether the first call of all is reported
   * @param scratch of whoever runs this tracker and others, one after another
   * @param state of {@link toState}; without it, the end of the history
   */
  constructor(model: KeptModel, rules: CountRules, isNew: boolean, scratch: TrackScratch, state?: Float64Array) {
    const { windows } = rules;
    const { phi, alpha } = model;
    this.model = model;
    this.profile = model.profile;
    this.phi = phi[0];
    this.alpha = alpha[0];
    this.bursts = model.bursts;
    this.rules = rules;
    this.scratch = scratch;
    this.layout = rules.layout;
    this.shapePrior = shapePriorOf(model, windows);
    this.isFlat = isFlat(model.profile) && this.shapePrior === 0;
    this.straddles = alpha.length > 1 && straddles(alpha[0], alpha[1]);
    this.derivedAt = this.shapePrior > 0 ? this.layout.youngLength : this.layout.length;
    if (state !== undefined) {
      this.s = state;
      return;
    }
    this.s = model.calls > 0 ? scratch.states.take(this.derivedAt + DERIVED) : new Float64Array(RING);
    this.s.set(model.level);
    this.s[BLOCK] = Number.NaN;
    this.s[SILENCE_NATS] = model.clock;
    this.s[SILENT_BUCKETS] = model.silent;
    this.s[EVER_CALLED] = isNew ? 0 : 1;
    this.s[LAST_CALL] = model.lastCall / windows.step + 1;
    startDrift(this);
    setSilenceRate(this, model.anchor);
    startSilence(this, model.silent);
    if (model.calls > 0) this.s[AWAKE] = 1;
  }

  toState(): Float64Array {
    return this.stateAndMore.slice(0, this.stateLength);
  }

  get tails(): TrackerParts['tails'] {
    return this.scratch.tailsOf(this.model);
  }

  /** How the counts of an hour scatter, for what they teach. */
  get scatter(): TrackerParts['scatter'] {
    const { s, derivedAt: d } = this;
    const w = Math.min(1, this.rules.windows.weights.length - 1);
    return { phi: s[d + PHI + w], alpha: s[d + ALPHA + w] };
  }

  /** When the series began within its history, epoch ms; −∞ where the history holds all of it. */
  get begins(): number {
    const { support, listened, firstCall } = this.model;
    return support < listened ? firstCall : Number.NEGATIVE_INFINITY;
  }

  /** Entries of a state: the first ones of {@link stateAndMore}. */
  get stateLength(): number {
    return this.isAsleep ? RING : this.derivedAt;
  }

  /** Not a copy where that can be helped, nor a view: one takes as long as to write a state (Node 20). */
  get stateAndMore(): Float64Array {
    const { s } = this;
    if (s.length >= this.stateLength) return s;
    const whole = new Float64Array(this.derivedAt);
    whole.set(s);
    return whole;
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

  /** Calls expected of a bucket in a slot, by the rate that is followed alone. */
  expectedAt(slot: number): number {
    return this.s[RATE] * this.profile.shapeAt(slot);
  }

  /** Buckets since the last call; of a series that has never called, as many as can be. */
  get silent(): number {
    return this.isAsleep ? Number.POSITIVE_INFINITY : this.s[SILENT_BUCKETS];
  }

  /** True while an incident is open. */
  get inIncident(): boolean {
    return this.s[INCIDENT_SIDE] !== 0;
  }

  /** How much is usual in a slot, in means of the week. */
  shapeOf(slot: number): number {
    return this.profile.shapeAt(slot);
  }

  /** Log-likelihood of `y` calls in a bucket of this slot. */
  likelihood(y: number, slot: number): number {
    if (!this.isAsleep) this.#ready();
    const { s, scratch, shapePrior } = this;
    const { distributions } = scratch;
    // Of a few calls it is asked again and again, of the same laws: four in five times while a zone is in doubt.
    const isKept =
      y < FEW &&
      y === (y | 0) &&
      shapePrior === 0 &&
      scratch.armed === this &&
      distributions.isAt(s[RATE], s[RATE_VARIANCE] + s[SHIFT_VARIANCE]);
    if (!isKept) return this.#massOf(y, slot, 1);
    const at = distributions.at(slot, 0, 1, 0) + FEW_MASS + y;
    const { values } = distributions;
    if (Number.isNaN(values[at])) values[at] = this.#massOf(y, slot, 1);
    return values[at];
  }

  /** The same, at the rate of the incident that is open. */
  likelihoodInIncident(y: number, slot: number): number {
    return this.#massOf(y, slot, (this.s[INCIDENT_CALLS] + 0.5) / (this.s[INCIDENT_MEAN] + 0.5));
  }

  /** @param ratio of the rate that counts here to the one that is followed */
  #massOf(y: number, slot: number, ratio: number): number {
    const { s, profile, phi, alpha } = this;
    const correction = this.shapePrior === 0 ? 1 : correctionOf(this, hourOf(this, slot), slot);
    const mean = Math.max(ratio * (s[RATE] * (profile.shapeAt(slot) * correction)), LEAST_MEAN);
    return logMass(y, mean, 1 / (alpha + profile.varianceAt(slot) + s[RATE_VARIANCE] + phi / mean));
  }

  /** What is expected now of a bucket in this slot, at `nats` a side, after all that was learned. */
  band(slot: number, nats: number): Band {
    if (!this.isAsleep) this.#ready();
    const known = { rate: this.s[RATE], variance: this.s[RATE_VARIANCE] + this.s[SHIFT_VARIANCE] };
    return bandOf(this.model, slot, nats, known, correctionOf(this, hourOf(this, slot), slot));
  }

  /**
   * How much evidence the silence that goes on still needs to be reported, and the rate it is judged by (calls per bucket at
   * shape 1), and where it began (epoch ms); `null` of a series that has never called.
   */
  silenceLeft(): { readonly needed: number; readonly rate: number; readonly since: number } | null {
    const { s, model } = this;
    if (this.isAsleep) return null;
    const variance = s[SILENCE_VARIANCE] + s[SHIFT_VARIANCE] + shapeDoubtOf(this);
    const needed = evidenceFor(this.rules.nats - LOG_SILENCE_WEIGHT, variance, model.silenceShift, model.silence);
    return { needed: needed - s[SILENCE_NATS], rate: s[SILENCE_RATE], since: s[LAST_CALL] * this.rules.windows.step };
  }

  /**
   * Signs off what was observed: it is what is expected, and what later departures are held against.
   * @param calls and `slots` of the buckets, `[length]` each; NaN where not observed
   * @param time the end of the last
   */
  accept(calls: Float64Array, slots: Int32Array, time: number): void {
    if (this.isAsleep) return;
    this.#ready();
    let sum = 0;
    let exposure = 0;
    for (let i = 0; i < calls.length; i++) {
      if (Number.isNaN(calls[i])) continue;
      sum += calls[i];
      exposure += this.model.profile.shapeAt(slots[i]) * correctionOf(this, hourOf(this, slots[i]), slots[i]);
    }
    if (exposure > 0) signOff(this, sum, exposure, time);
  }

  /** A key that has never called sleeps until it does: then it is as if it had come with its first call. */
  get isAsleep(): boolean {
    return this.s[AWAKE] === 0;
  }

  /** The bucket at `time` was not observed. */
  skip(time: number, learn: boolean): void {
    this.#ready();
    enterBlock(this, time, learn);
    pushNothing(this);
  }

  /**
   * Judges the buckets of a range one after another, and learns from each unless `learn` is false.
   * @param out where the verdicts go, from entry `at` on; nowhere when left out
   */
  run(range: TrackedRange, learn: boolean, out: ScoreColumns | undefined, at: number): void {
    this.#run(range, learn, out, at, false, false);
  }

  /** The same of buckets without a call, all observed, whose slots are in no doubt, and of which nothing is excepted. */
  runIdle(range: TrackedRange, out: ScoreColumns | undefined, at: number): void {
    this.#run(range, true, out, at, false, true);
  }

  /** The same up to the first that is not calm. @returns how many were; where not all, the state is good for nothing */
  runCalm(range: TrackedRange, out: ScoreColumns, at: number): number {
    return this.#run(range, true, out, at, true, true);
  }

  /**
   * Learns from a range that was judged before, as {@link run} does. @param events the blocks that held a bucket that was not
   * plain, see plain-replay.ts
   */
  replay(range: TrackedRange, events: KnownEvents): void {
    const { start, length, values, observed } = range;
    const { step } = this.rules.windows;
    if (range.choose !== undefined || range.exceptions !== undefined || this.shapePrior > 0) {
      this.run(range, true, undefined, 0);
      return;
    }
    let i = 0;
    if (this.isAsleep) {
      i = runAsleep(this, range, undefined, 0);
      if (i === length) return;
    }
    this.#ready();
    this.#arm();
    while (i < length) {
      if (observed[i] !== 0 && Number.isFinite(values[i])) i = replayBlock(this, range, i, events);
      else {
        endBlocks(this, start + i * step, true);
        pushNothing(this);
        i++;
      }
    }
    sumBlocks(this);
  }

  #run(
    range: TrackedRange,
    learn: boolean,
    out: ScoreColumns | undefined,
    at: number,
    onlyCalm: boolean,
    isIdle: boolean,
  ): number {
    const { start, length, values, observed } = range;
    const { step } = this.rules.windows;
    let i = 0;
    if (this.isAsleep) {
      i = runAsleep(this, range, out, at);
      if (i === length) return i;
    }
    this.#ready();
    if (out !== undefined) clearVerdicts(out, at + i, length - i, step);
    while (i < length) {
      if (observed[i] === 0 || !Number.isFinite(values[i])) {
        this.skip(start + i * step, learn);
        if (out !== undefined) unobserved(out, at + i, step);
        i++;
        continue;
      }
      enterBlock(this, start + i * step, learn);
      const quiet = isIdle ? length : this.#quietUntil(range, i);
      if (quiet > i) {
        const done = runIdle(this, range, i, quiet, learn, out, at);
        i += done;
        if (done > 0) continue;
      }
      this.#arm();
      const next = runBlock(this, range, i, learn, out, at, onlyCalm);
      if (next < 0) return -1 - next;
      i = next;
    }
    return length;
  }

  /**
   * The end of the block, where no call comes until then, and nothing else is in doubt; else `i`. Of windows of 1,500 hardly used
   * series it saves a third, of busy ones it costs nothing (Node 20).
   */
  #quietUntil({ start, length, values, observed, choose, exceptions }: TrackedRange, i: number): number {
    if (values[i] !== 0 || choose !== undefined || exceptions !== undefined) return i;
    const { step, block } = this.rules.windows;
    const end = Math.min(length, Math.ceil(((this.s[BLOCK] + 1) * block - start) / step));
    let next = i;
    while (next < end && values[next] === 0 && observed[next] !== 0) next++;
    return next === end && next - i >= LEAST_QUIET ? next : i;
  }

  /** Room for the whole state, and what follows from it; the series is awake from here on. */
  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    const { model, derivedAt: d } = this;
    const { profile } = model;
    if (this.s.length !== d + DERIVED) {
      const whole = this.scratch.states.take(d + DERIVED);
      whole.set(this.s);
      this.s = whole;
    }
    const { s } = this;
    s[AWAKE] = 1;
    deriveWindows(this);
    s[d + SILENCE_SHIFT] = model.silenceShift;
    s[d + ANCHOR] = model.anchor;
    s[d + FLAT] = this.isFlat ? profile.shapeAt(0) : Number.NaN;
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

/** Buckets from which on it pays to look at those without a call together: what they share takes 0.3 µs. */
const LEAST_QUIET = 4;

function isFlat({ shapeSteps, varianceSteps, hourSteps }: KeptProfile): boolean {
  return shapeSteps.length === 1 && varianceSteps.length === 1 && hourSteps.length === 1;
}
