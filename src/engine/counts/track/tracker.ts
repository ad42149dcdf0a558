import { LimitsNear, upperLimitNear } from '../../../stats/limits.js';
import { logLowerTail, logUpperTail } from '../../../stats/negative-binomial.js';
import { deviateAt } from '../../../stats/normal.js';
import { lowerBody, upperBody } from '../../../stats/tail-body.js';
import { DAY, HOUR } from '../../../time/grid.js';
import type { BucketVerdict } from '../../types.js';
import { ABOVE, BELOW, LEARNING, NORMAL, type ScoreColumns, UNKNOWN, unobserved } from '../../types.js';
import { burstShift } from '../burst-hours.js';
import { EDGED, IN_SAMPLE } from '../fit/one-step-residuals.js';
import { LEAST_MEAN, type RowModel, rawSilenceNats, straddles } from '../model.js';
import {
  RATE as LEVEL,
  RATE_VARIANCE as LEVEL_VARIANCE,
  learnRate as learnLevel,
  scaleRate as scaleLevel,
} from '../rate-filter.js';
import { calibrate, calibrateIn, uncalibrate, uncalibrateIn } from '../tail-calibration.js';
import {
  BucketLaws,
  DOUBT,
  LIMIT_ABOVE,
  LIMIT_BELOW,
  MEAN,
  MOST_SMALL,
  REACH,
  RELATIVE,
  SIZE,
  X,
} from './bucket-distributions.js';
import type { CountRules } from './rules.js';
import {
  AT,
  BEGAN,
  BLOCK,
  CLOCK,
  DIRECTION,
  EVIDENCE,
  FRESH,
  HEARD,
  HOUR_CELL,
  HOUR_MEAN,
  HOUR_TAUGHT,
  INCIDENT,
  INCIDENT_M,
  LATE,
  LINE,
  layoutOf,
  MOST,
  OLD,
  OLD_EVIDENCE,
  OLD_UNTIL,
  PER_BLOCK,
  PER_BUCKET,
  RATIO,
  RING,
  ROUND,
  ROUND_V,
  ROUND_X,
  SEEN,
  SHAPE_HOURS,
  SILENT,
  type StateLayout,
  SUM,
  SUM_V,
  SUM_X,
  TAUGHT,
  TAUGHT_X,
} from './state.js';

/**
 * The windows overlap, so that the least of their weighted p-values is less often small than Bonferroni grants; ln of how
 * much less, by the clean fleets of `npm run evaluate -- calibration` (a third).
 */
const DEPENDENCE = Math.log(1.35);
/** The weight of the silence clock beside the windows; it overlaps the longer ones. */
const SILENCE_WEIGHT = 0.2;
/**
 * An open incident carries on while a bucket's evidence for its own ratio, against the usual level, does not fall by more
 * than this (nats) from where it stands; more than MOST is not kept, so that the end is seen soon.
 */
const INCIDENT_MOST = 4;
/** The same for an incident that only a window of hours could tell: its buckets say little, and vary. */
const SLOW_INCIDENT_MOST = 8;
const INCIDENT_END = -2;
/** A bucket that tells less than this (nats) is no part of a drop: nothing was to be expected of it. */
const TELLS = 0.01;
/** Ratios that an incident is followed at. */
const RATIO_MOST = 50;
/** An incident of which nothing was heard for so long is over, if the usual level has been telling better since. */
const QUIET_END = 6 * HOUR;
/** An incident that closes and opens again within so long, the same way, is one: a shift of the level that hovers. */
const SAME_LINE = 12 * HOUR;
/** Age of an incident at which it is a shift of the level, if it was heard of again that long after it began. */
const SHIFT_AGE = 36 * HOUR;
const SHIFT_HEARD = 20 * HOUR;
/** How long the level before a shift is remembered, and the evidence (nats) at which it is taken up again. */
const OLD_LEVEL_KEPT = 21 * DAY;
const OLD_LEVEL_BACK = 15;
/** Relative variance of an accepted level: as much again at first as 15 %, half of it a day later. */
const FRESH_START = 0.0225;
const FRESH_SETTLED = 0.004;
/** Days of history from which on the hours of the day are as well known as they will be without a new fit. */
const SHAPE_KNOWN = 21;
/**
 * Relative variance of what an hour of the day is, after so many days: two of them may both have been at a week end. As
 * high as 0.3 at first, 0.04 after a week.
 */
function shapeDoubtAfter(days: number): number {
  return 0.3 / (1 + (days * days) / 8);
}

/** Standard deviations of a long window from which on nothing is learned: what may be an incident must not teach before it is told. */
const SUSPECT = 3;
/** Evidence of one bucket counts so many nats at most: one bucket is one witness. */
const WITNESS = 4;

const LOG_SILENCE_WEIGHT = Math.log(SILENCE_WEIGHT);
/** At most so many windows are judged together. */
const MOST_WINDOWS = 4;
/** Below it no calibration changes anything: no need to look up the row's. */
const UNCALIBRATED = 2.9;
/** A window's approximate tail stands by itself below this (nats): combined, its surprise is under 1.2. */
const BODY_NATS = 4.3;
/** Counts and sizes from which on a window's approximate tail is good to 0.0005 nats below that. */
const BODY_FROM = 20;
/** How far below the best so far a window's approximate nats must be to be passed over. */
const BODY_SLACK = 0.01;
/**
 * Deviations of a normal law that surely lie within the negative binomial's limit above, and beyond that below: shares of
 * the normal deviate at as many nats. The first by its skewness, the second in Wilson and Hilferty's cube for the gamma law
 * of the same mean and variance, which is more skewed.
 */
const SURE_ABOVE = 0.95;
const SURE_BELOW = 0.88;
/** Relative variance from which on a law is too skewed for either. */
const MOST_SKEWED = 3;

/** What a row is run over: `length` buckets from `start` on. */
export interface Stretch {
  start: number;
  length: number;
  /** `[length]` each: calls, and 1 where the source was listening. */
  calls: Float64Array;
  observed: Uint8Array;
  /** `[length]`: the week slot to judge each bucket by. */
  slots: Int32Array;
  /** Chooses another slot by what a bucket holds, where the row's clock is not known. */
  choose: ((row: CountRow, calls: number, bucket: number) => number) | undefined;
  exceptions: Exceptions | undefined;
  /** `[length]`: where what each bucket left behind goes: {@link TAUGHT_CALM}, {@link HELD_BACK} or {@link OTHER}. */
  outcomes?: Uint8Array;
  /** True when `outcomes` holds that already, none of it {@link OTHER}: nothing is judged again. */
  isJudged?: boolean;
}

/** A calm bucket that taught, one that did not, and one that was not calm. */
const TAUGHT_CALM = 0;
const HELD_BACK = 1;
export const OTHER = 2;

/** What a bucket is to a row besides its count. */
export interface Exceptions {
  /** Acknowledged: not judged by, not taught. */
  expected(time: number): boolean;
  /** The key is gone: no call is no news. */
  retired(time: number): boolean;
}

// Scratch of the row that runs. Rows run one after another, and what they need of it is set up anew.
const limits = Array.from({ length: MOST_WINDOWS }, () => new LimitsNear(0, 0));
const laws = new BucketLaws(limits[0]);
let armed: CountRow | undefined;
/** Per window, how much the hours' doubts add, by the level when it began, and by what is not known of it. */
const hourShares = new Float64Array(MOST_WINDOWS);
/** Per window, buckets from the beginning of its first block to that of the one under way. */
const backs = new Int32Array(MOST_WINDOWS);
const levels = new Float64Array(MOST_WINDOWS);
const levelDoubts = new Float64Array(MOST_WINDOWS);

// What follows from model, rules and state stands behind the state: a tick of 100,000 rows waits for memory, and following
// the model's objects to it took three times as long as all else.
/** Per window: batchiness and noise, the model's nats at the limits, and by how many deviations these are sure to be away. */
const PHI = 0;
const ALPHA = PHI + MOST_WINDOWS;
const NATS_ABOVE = ALPHA + MOST_WINDOWS;
const NATS_BELOW = NATS_ABOVE + MOST_WINDOWS;
const SURELY_ABOVE = NATS_BELOW + MOST_WINDOWS;
const SURELY_BELOW = SURELY_ABOVE + MOST_WINDOWS;
const SILENCE_SHIFT = SURELY_BELOW + MOST_WINDOWS;
/** What bursts are more surprising by in the hour that the limits above are set for, see {@link burstShift}. */
const BURST_SHIFT = SILENCE_SHIFT + 1;
/** Shape, variance and the hour's variance of a week that is flat; the first NaN of any other. */
const FLAT = BURST_SHIFT + 1;
/** Per window: sums over its whole blocks, the level when it began and its relative variance. */
const PAST = FLAT + 3;
const PAST_X = PAST + MOST_WINDOWS;
const PAST_V = PAST_X + MOST_WINDOWS;
const PAST_LEVEL = PAST_V + MOST_WINDOWS;
const PAST_VARIANCE = PAST_LEVEL + MOST_WINDOWS;
const DERIVED = PAST_VARIANCE + MOST_WINDOWS;

/** A bucket that is judged, as far as it is when it turns out not to be a calm one. */
interface Hand {
  time: number;
  y: number;
  law: number;
  hour: number;
  correction: number;
  side: number;
  upper: number;
  lower: number;
  nats: number;
  ratio: number;
  decided: number;
  suspect: boolean;
  held: number;
  clock: number;
  expected: boolean;
  retired: boolean;
  cell: number;
}

const hand: Hand = {
  time: 0,
  y: 0,
  law: 0,
  hour: 0,
  correction: 1,
  side: 0,
  upper: 0,
  lower: 0,
  nats: 0,
  ratio: 0,
  decided: 0,
  suspect: false,
  held: 0,
  clock: 0,
  expected: false,
  retired: false,
  cell: 0,
};

/**
 * One series of counts as it is watched: judges bucket after bucket over all window lengths, then learns, guarded. What
 * an incident holds teaches nothing, and enters the longer windows as what was expected, so that it is told once and does
 * not hold them high after its end.
 */
export class CountRow {
  readonly model: RowModel;
  readonly #rules: CountRules;
  /** A row that sleeps has the first part of a state only. */
  #s: Float64Array;
  readonly #layout: StateLayout;
  readonly #scatter: { readonly phi: number; readonly alpha: number };
  readonly #straddles: boolean;
  /** What the corrections of a young series' hours weigh before any evidence; 0 for no corrections. */
  readonly #shapePrior: number;
  readonly #perDay: number;
  /** Entries of the state; what follows from it stands behind them. */
  readonly #wholeLength: number;

  /**
   * @param news whether the first call of all is told
   * @param state of {@link toState}; without it, the end of the history
   */
  constructor(model: RowModel, rules: CountRules, news: boolean, state?: Float64Array) {
    const { windows } = rules;
    const count = windows.weights.length;
    this.model = model;
    this.#rules = rules;
    this.#layout = layoutOf(windows);
    this.#scatter = { phi: model.phi[Math.min(1, count - 1)], alpha: model.alpha[Math.min(1, count - 1)] };
    this.#perDay = model.profile.perWeek / 7;
    const days = (model.support * windows.step) / DAY;
    this.#shapePrior = model.calls > 0 && days < SHAPE_KNOWN ? 1 / shapeDoubtAfter(days) : 0;
    this.#straddles = count > 1 && straddles(model.alpha[0], model.alpha[1]);
    this.#wholeLength = this.#shapePrior > 0 ? this.#layout.youngLength : this.#layout.length;
    if (state !== undefined) {
      this.#s = state;
      if (state.length > RING) this.#extend();
      return;
    }
    this.#s = new Float64Array(RING);
    this.#s.set(model.level);
    this.#s[BLOCK] = Number.NaN;
    this.#s[CLOCK] = model.clock;
    this.#s[SILENT] = model.silent;
    this.#s[SEEN] = news ? 0 : 1;
    if (model.calls > 0) this.#extend();
  }

  toState(): Float64Array {
    return this.#s.slice(0, this.#s.length === RING ? RING : this.#wholeLength);
  }

  /** Nothing is known of what was just before: no silence goes on. */
  startAnew(): void {
    this.#s[CLOCK] = 0;
    this.#s[SILENT] = 0;
  }

  /** The level that is followed now, in calls per bucket at shape 1. */
  get level(): number {
    return this.#s[LEVEL];
  }

  /** Buckets since the last call; of a row that has never called, as many as can be. */
  get silent(): number {
    return this.#asleep ? Number.POSITIVE_INFINITY : this.#s[SILENT];
  }

  /** True while an incident is open. */
  get inIncident(): boolean {
    return this.#s[DIRECTION] !== 0;
  }

  /** Log-likelihood of `y` calls in a bucket of this slot, by a normal law of the model's mean and variance. */
  likelihood(y: number, slot: number): number {
    const shape = this.model.profile.shapeAt(slot) * this.#correction(this.#hourOf(slot));
    const mean = Math.max(this.#s[LEVEL] * shape, LEAST_MEAN);
    const { phi, alpha, profile } = this.model;
    const relative = alpha[0] + profile.varianceAt(slot) + this.#s[LEVEL_VARIANCE];
    const variance = mean * (1 + phi[0]) + relative * mean * mean + 0.01;
    return -0.5 * (((y - mean) * (y - mean)) / variance + Math.log(variance));
  }

  #hourOf(slot: number): number {
    return Math.floor((slot % this.#perDay) / Math.max(1, this.#perDay / SHAPE_HOURS));
  }

  /** What a young series' hours have turned out to be, over what little history made of them; 1 for any other. */
  #correction(hour: number): number {
    const prior = this.#shapePrior;
    if (prior === 0) return 1;
    const at = this.#layout.shapeAt + 2 * hour;
    return (this.#s[at] + prior) / (this.#s[at + 1] + prior);
  }

  /** A key that has never called sleeps until it does: then it is as if it had come with its first call. */
  get #asleep(): boolean {
    return this.#s.length === RING;
  }

  /**
   * Judges the bucket that begins at `time`, then learns from it unless `learn` is false.
   * @param y calls
   * @param slot of the week
   * @param expected true when this time is acknowledged: it is not judged by, nor taught
   * @param retired true when the key is gone: no call is no news, and teaches nothing
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
    one.calls[0] = y;
    one.slots[0] = slot;
    const exceptions = { expected: () => expected, retired: () => retired };
    this.run({ ...one, start: time, exceptions }, learn, false, single, 0);
    out.expected = single.expected[0];
    out.lower = single.lower[0];
    out.upper = single.upper[0];
    out.surprise = single.surprise[0];
    out.verdict = single.verdicts[0];
    out.reason = single.reasons[0];
    out.span = single.spans[0];
  }

  /** The bucket at `time` was not observed. */
  skip(time: number, learn: boolean): void {
    if (this.#asleep) this.#extend();
    this.#enterBlock(time, learn);
    this.#push(0, 0, 0, 0);
  }

  /**
   * Judges the buckets of a stretch one after another, and learns from each unless `learn` is false.
   * @param learning whether the history was too short for a verdict
   * @param out where the judgement goes, from entry `at` on; nowhere when left out
   */
  run(stretch: Stretch, learn: boolean, learning: boolean, out: ScoreColumns | undefined, at: number): void {
    const { start, length, calls, observed, slots, choose, exceptions, outcomes } = stretch;
    const isJudged = stretch.isJudged === true;
    let i = 0;
    if (this.#asleep) {
      i = this.#sleep(stretch, learning, out, at);
      if (i === length) return;
      this.#extend();
    }
    this.#arm();
    const s = this.#s;
    const { model } = this;
    const { windows, minEffect, nats: toldFrom } = this.#rules;
    const { step, block, hourBuckets, blocks, spans, weights } = windows;
    const count = spans.length;
    const d = this.#wholeLength;
    const alpha = s[d + ALPHA];
    const silenceShift = s[d + SILENCE_SHIFT];
    const flatShape = s[d + FLAT];
    const isFlat = flatShape > 0;
    const perWeek = (this.#perDay * 7) | 0;
    const isYoung = this.#shapePrior > 0;
    const { bursts } = model;
    const { values } = laws;
    const logWeight = logWeightsOf(weights);
    while (i < length) {
      if (observed[i] === 0 || !Number.isFinite(calls[i])) {
        this.skip(start + i * step, learn);
        if (out !== undefined) unobserved(out, at + i, step);
        i++;
        continue;
      }
      this.#enterBlock(start + i * step, learn);
      // To the end of the block the level stands, and what changes is kept at hand: 40 reads and writes of the state a
      // bucket were half of its time.
      const blockStart = s[BLOCK] * block;
      const end = Math.min(length, Math.ceil((blockStart + block - start) / step));
      if (s[OLD] > 0 && start + i * step > s[OLD_UNTIL]) s[OLD] = 0;
      const level = s[LEVEL];
      const levelVariance = s[LEVEL_VARIANCE] + s[FRESH];
      this.#setUpWindows(levelVariance);
      const isCalm = s[DIRECTION] === 0 && s[OLD] === 0 && s[SEEN] !== 0 && s[LINE] === 0 && exceptions === undefined;
      let clock = s[CLOCK];
      let silent = s[SILENT];
      let ring = s[AT];
      let sum = s[SUM];
      let sumX = s[SUM_X];
      let sumV = s[SUM_V];
      let roundY = s[ROUND];
      let roundX = s[ROUND_X];
      let roundV = s[ROUND_V];
      let taught = s[TAUGHT];
      let taughtX = s[TAUGHT_X];
      let late = s[LATE];
      let back = ((start + i * step - blockStart) / step) | 0;
      let isHandled = true;
      for (; i < end && isHandled; i++, back++) {
        if (observed[i] === 0) break;
        const y = calls[i];
        if (!(y < Number.POSITIVE_INFINITY)) break;
        const slot = (choose === undefined ? slots[i] : choose(this, y, i)) | 0;
        if (bursts !== null) this.#enterHour(burstShift(bursts, slot, this.#perDay));
        const shift = s[d + BURST_SHIFT];
        let hour = 0;
        let correction = 1;
        let law: number;
        if (isYoung) {
          hour = this.#hourOf(slot);
          correction = this.#correction(hour);
          law = laws.at(slot, hour, correction, 1 / (s[this.#layout.shapeAt + 2 * hour] + this.#shapePrior));
        } else law = laws.at(slot, 0, 1, 0);
        const x = values[law + X];
        const v = values[law + DOUBT];
        const mean = values[law + MEAN];
        const reach = values[law + REACH];

        // The bucket itself.
        if (!isJudged && Number.isNaN(values[law + LIMIT_ABOVE])) laws.limit(law);
        let upper = Math.max(Math.floor(values[law + LIMIT_ABOVE] + late), values[law + MOST_SMALL]);
        let lower = values[law + LIMIT_BELOW];
        const isAbove = y >= mean;
        let nats = 0;
        if (!isJudged) nats = isAbove ? laws.above(law, late > 0 ? Math.max(mean, y - late) : y) : laws.below(law, y);
        if (nats > UNCALIBRATED) {
          nats = isAbove ? calibrateIn(nats, model.above[0], shift) : calibrate(nats, model.below[0]);
        }
        nats += logWeight[0];
        let ratio = 0;
        let decided = 0;
        let suspect = isJudged && outcomes !== undefined && outcomes[i] === HELD_BACK;
        let told = isAbove ? y > upper : y < lower;

        // What it teaches, and what it brings into windows of many hours: bursts are for the short windows to tell.
        const held = y > mean + reach ? mean + reach : y < mean - reach ? mean - reach : y;

        // The longer windows: what this bucket may hold, the rest of the window as it is.
        for (let w = isJudged ? count : 1; w < count; w++) {
          const isLong = blocks[w] > 0;
          let rest: number;
          let restX: number;
          let restV: number;
          let oldest: number;
          if (isLong) {
            rest = s[d + PAST + w] + sum;
            restX = s[d + PAST_X + w] + sumX;
            restV = s[d + PAST_V + w] + sumV;
            // The window's first bucket: whole blocks back from the beginning of the one under way.
            if (isFlat) oldest = level * flatShape;
            else {
              // In whole numbers: a remainder of doubles is a call out of the engine, which took a tenth of a bucket's time.
              const first = (slot - back - backs[w]) % perWeek;
              oldest = level * model.profile.shapeAt(first < 0 ? first + perWeek : first);
            }
          } else {
            const next = RING + PER_BUCKET * (ring + 1);
            rest = s[next] + roundY;
            restX = s[next + 1] + roundX;
            restV = s[next + 2] + roundV;
            oldest = level * (ring + 1 === hourBuckets ? s[RING + 1] : s[next + 1] - s[next + PER_BUCKET + 1]);
          }
          if (restX <= 0) continue;
          const levelOf = levels[w];
          const m = Math.max(levelOf * (restX + x), LEAST_MEAN);
          // m² times what is not known of the level, of the hours (known apart from one another, but within one the
          // profile's errors go together), the window's own scatter and batchiness. Where a run may fall on either side of
          // a window's edge, as a nightly job does that starts now before and now after five past, the window may hold it
          // or not: the bucket at the edge brings its own scatter.
          const edge = alpha * (mean * mean + oldest * oldest);
          const hours = levelOf * hourShares[w] * (restV + v);
          const over = m * (m * (s[d + ALPHA + w] + levelDoubts[w]) + hours + s[d + PHI + w]) + edge;
          // Where the edge is most of the scatter, the bucket's own verdict says it all.
          if (edge > EDGED * over) continue;
          const sd = Math.sqrt(m + over);
          const total = rest + (isLong ? held : y);
          const off = total - m;
          // Limits are sought only where they may count: nine in ten are surely beyond the bucket's own.
          let tellsAbove = false;
          const isRound = over < MOST_SKEWED * m * m;
          const surely = Math.max(m + s[d + SURELY_ABOVE + w] * sd, m * (1 + minEffect)) - rest;
          if (!isRound || surely < upper + 1 || y > surely) {
            const most = Math.max(limits[w].upper(m, (m * m) / over), m * (1 + minEffect));
            // Beyond the clip a count moves a long window no further.
            if (!(isLong && most - rest >= mean + reach)) {
              const highest = Math.floor(most - rest);
              if (highest < upper) upper = highest;
              tellsAbove = y > highest;
            }
          }
          let tellsBelow = false;
          const small = m * (1 - minEffect) - rest;
          const isReached = isLong ? small > mean - reach : true;
          if (isReached && (small > lower || y < small) && m >= 0.8 * s[d + NATS_BELOW + w]) {
            const cube = 1 - ((sd / m) * (sd / m)) / 9 - (s[d + SURELY_BELOW + w] * sd) / m / 3;
            const bound = m * (cube > 0 ? cube * cube * cube : 0) - rest;
            if (!isRound || bound > lower || y < bound) {
              const least = Math.min(limits[w].lower(m, (m * m) / over), m * (1 - minEffect));
              if (least >= 0 && !(isLong && least - rest <= mean - reach)) {
                const lowest = Math.ceil(least - rest);
                if (lowest > lower) lower = lowest;
                tellsBelow = y < lowest;
              }
            }
          }
          if (isLong && (off > SUSPECT * sd || off < -SUSPECT * sd)) suspect = true;
          const tells = isAbove ? tellsAbove : tellsBelow;
          if (!tells && !(isAbove ? off > 2 * sd : off < -2 * sd)) continue;
          const size = (m * m) / over;
          let raw = 0;
          if (total >= BODY_FROM && size >= BODY_FROM) {
            raw = isAbove ? upperBody(total, m, size) : lowerBody(total, m, size);
            if (!tells && raw + logWeight[w] < nats - BODY_SLACK) continue;
          }
          if (!(raw > 0 && raw < BODY_NATS)) {
            raw = isAbove ? -logUpperTail(total, m, size) : -logLowerTail(total, m, size);
          }
          const calibrated = isAbove
            ? calibrateIn(raw, model.above[w], isLong ? 0 : shift)
            : calibrate(raw, model.below[w]);
          const here = calibrated + logWeight[w];
          if ((tells && !told) || (tells === told && here > nats)) {
            ratio = (total + 0.5) / (m + 0.5);
            decided = w;
          }
          if (tells) told = true;
          if (here > nats) nats = here;
        }

        // The silence clock, as it would stand after this bucket without a call. It never tells more nats than it shows.
        let ends = clock;
        if (y === 0) ends = clock + laws.silence(law);
        const most = clock + mean - silenceShift + LOG_SILENCE_WEIGHT;
        if (!isJudged && ((lower < 1 && most > toldFrom) || (y === 0 && most > nats))) {
          const after = y === 0 ? ends : clock + laws.silence(law);
          const raw = Math.max(0, rawSilenceNats(after, levelVariance) - silenceShift);
          const silence = (raw < UNCALIBRATED ? raw : calibrate(raw, model.silence)) + LOG_SILENCE_WEIGHT;
          if (silence > toldFrom && lower < 1) lower = 1;
          if (y === 0 && silence > nats && !isAbove) {
            nats = silence;
            ratio = 0;
            decided = -1;
          }
        }

        // A count below its mean is never above, one above it never below, whatever a window says.
        const most0 = Math.max(upper, Math.floor(mean));
        const least0 = Math.min(lower, Math.max(1, Math.floor(mean)));
        if (!isCalm || (!isJudged && (y > most0 || y < least0))) {
          if (outcomes !== undefined) outcomes[i] = OTHER;
          const h = hand;
          h.time = start + i * step;
          h.y = y;
          h.law = law;
          h.hour = hour;
          h.correction = correction;
          h.side = isAbove ? ABOVE : BELOW;
          h.upper = upper;
          h.lower = lower;
          h.nats = nats;
          h.ratio = decided === 0 ? (y + 0.5) / (mean + 0.5) : ratio;
          h.decided = decided;
          h.suspect = suspect;
          h.held = held;
          h.clock = clock + laws.silence(law);
          h.expected = exceptions?.expected(h.time) ?? false;
          h.retired = exceptions?.retired(h.time) ?? false;
          h.cell = at + i;
          isHandled = false;
          break;
        }
        if (out !== undefined) {
          const cell = at + i;
          const surprise = Math.max(0, nats + DEPENDENCE) * PER_NAT;
          out.expected[cell] = mean;
          out.lower[cell] = least0;
          out.upper[cell] = most0;
          out.surprise[cell] = isAbove ? Math.min(1e4, surprise) : -Math.min(1e4, surprise);
          out.spans[cell] = decided < 0 ? (silent + 1) * step : spans[decided];
          out.verdicts[cell] = learning ? UNKNOWN : NORMAL;
          out.reasons[cell] = learning ? LEARNING : 0;
        }

        // What a calm bucket leaves behind.
        if (outcomes !== undefined) outcomes[i] = suspect ? HELD_BACK : TAUGHT_CALM;
        late = this.#straddles ? Math.max(0, mean - y) : 0;
        if (y === 0) {
          clock = ends;
          silent++;
        } else {
          clock = 0;
          silent = 0;
        }
        if (!suspect) {
          taught += held;
          taughtX += x;
          if (isYoung) {
            if (s[HOUR_CELL] !== hour) this.#learnShape(learn);
            s[HOUR_CELL] = hour;
            s[HOUR_TAUGHT] += held;
            s[HOUR_MEAN] += mean / correction;
          }
        }
        sum += held;
        sumX += x;
        sumV += v;
        if (hourBuckets > 0) {
          const place = RING + PER_BUCKET * ring;
          s[place] = y;
          s[place + 1] = x;
          s[place + 2] = v;
          roundY += y;
          roundX += x;
          roundV += v;
          if (++ring === hourBuckets) {
            this.#endRound();
            ring = 0;
            roundY = 0;
            roundX = 0;
            roundV = 0;
          }
        }
      }
      s[CLOCK] = clock;
      s[SILENT] = silent;
      s[AT] = ring;
      s[SUM] = sum;
      s[SUM_X] = sumX;
      s[SUM_V] = sumV;
      s[ROUND] = roundY;
      s[ROUND_X] = roundX;
      s[ROUND_V] = roundV;
      s[TAUGHT] = taught;
      s[TAUGHT_X] = taughtX;
      s[LATE] = late;
      if (!isHandled) {
        this.#finish(hand, learn, learning, out);
        i++;
      }
    }
  }

  /** What {@link run} would make of a stretch in which no call comes; the row stays as it is. */
  foresee(stretch: Stretch, learning: boolean, out: ScoreColumns, at: number): void {
    const state = this.#s;
    // A sleeping row is changed by calls only.
    if (!this.#asleep) this.#s = copyOf(state);
    armed = undefined;
    this.run(stretch, true, learning, out, at);
    armed = undefined;
    this.#s = state;
  }

  /** The buckets of a key that has never called, until it does: normal, and nothing is learned. @returns where it calls */
  #sleep(
    { length, calls, observed, slots }: Stretch,
    learning: boolean,
    out: ScoreColumns | undefined,
    at: number,
  ): number {
    const { step } = this.#rules.windows;
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
      if (last < 0 || this.model.profile.shapeSteps.length > 1) {
        last = slots[i];
        mean = Math.max(this.#s[LEVEL] * this.model.profile.shapeAt(last), LEAST_MEAN);
        const size = 1 / (this.model.alpha[0] + this.#s[LEVEL_VARIANCE] + this.model.phi[0] / mean);
        const above = uncalibrate(this.#rules.nats - logWeightsOf(this.#rules.windows.weights)[0], this.model.above[0]);
        upper = this.#s[SEEN] === 0 ? 0 : Math.floor(upperLimitNear(mean, size, above));
      }
      out.expected[at + i] = mean;
      out.lower[at + i] = 0;
      out.upper[at + i] = upper;
      out.surprise[at + i] = 0;
      out.spans[at + i] = step;
      out.verdicts[at + i] = learning ? UNKNOWN : NORMAL;
      out.reasons[at + i] = learning ? LEARNING : 0;
    }
    return i;
  }

  /** Room for the whole state, and what follows from it. */
  #extend(): void {
    const { model } = this;
    const { windows, nats } = this.#rules;
    const { profile } = model;
    const d = this.#wholeLength;
    const s = new Float64Array(d + DERIVED);
    s.set(this.#s);
    this.#s = s;
    const logWeight = logWeightsOf(windows.weights);
    for (let w = 0; w < windows.weights.length; w++) {
      const least = nats - logWeight[w];
      const above = uncalibrate(least, model.above[w]);
      const below = uncalibrate(least, model.below[w]);
      s[d + PHI + w] = model.phi[w];
      s[d + ALPHA + w] = model.alpha[w];
      s[d + NATS_ABOVE + w] = above;
      s[d + NATS_BELOW + w] = below;
      s[d + SURELY_ABOVE + w] = SURE_ABOVE * deviateAt(above);
      s[d + SURELY_BELOW + w] = SURE_BELOW * deviateAt(below);
    }
    s[d + SILENCE_SHIFT] = model.silenceShift;
    const isFlat = [profile.shapeSteps, profile.varianceSteps, profile.hourSteps].every((steps) => steps.length === 1);
    s[d + FLAT] = isFlat && this.#shapePrior === 0 ? profile.shapeAt(0) : Number.NaN;
    s[d + FLAT + 1] = profile.varianceAt(0);
    s[d + FLAT + 2] = profile.hourVarianceAt(0);
    this.#sumBlocks();
  }

  /** Limits above are set anew where bursts become more surprising, or less: twice a day, of series that have some. */
  #enterHour(shift: number): void {
    const s = this.#s;
    const d = this.#wholeLength;
    if (s[d + BURST_SHIFT] === shift) return;
    s[d + BURST_SHIFT] = shift;
    const { windows, nats } = this.#rules;
    const logWeight = logWeightsOf(windows.weights);
    for (let w = 0; w < windows.weights.length && windows.blocks[w] === 0; w++) {
      const above = uncalibrateIn(nats - logWeight[w], this.model.above[w], shift);
      s[d + NATS_ABOVE + w] = above;
      s[d + SURELY_ABOVE + w] = SURE_ABOVE * deviateAt(above);
      limits[w].arm(above, s[d + NATS_BELOW + w]);
    }
    laws.forget();
  }

  /** Sets up the scratch for this row. */
  #arm(): void {
    if (armed === this) return;
    armed = this;
    const s = this.#s;
    const d = this.#wholeLength;
    const { windows, minEffect } = this.#rules;
    const { blocks } = windows;
    for (let w = 0; w < blocks.length; w++) {
      limits[w].arm(s[d + NATS_ABOVE + w], s[d + NATS_BELOW + w]);
      hourShares[w] = IN_SAMPLE / Math.sqrt(Math.max(1, blocks[w]));
      backs[w] = Math.round((Math.max(0, blocks[w] - 1) * windows.block) / windows.step);
    }
    laws.arm(this.model, s[d + PHI], s[d + ALPHA], minEffect, s[d + FLAT], s[d + FLAT + 1], s[d + FLAT + 2]);
  }

  /** The level that each window is judged by; laws from here on are those of the level now. */
  #setUpWindows(levelVariance: number): void {
    const s = this.#s;
    const d = this.#wholeLength;
    const { blocks } = this.#rules.windows;
    for (let w = 1; w < blocks.length; w++) {
      // A level just accepted is better known by now than when it was.
      const settled = blocks[w] > 0 && s[FRESH] <= FRESH_SETTLED;
      levels[w] = settled ? s[d + PAST_LEVEL + w] : s[LEVEL];
      levelDoubts[w] = settled ? s[d + PAST_VARIANCE + w] + s[FRESH] : levelVariance;
    }
    laws.begin(s[LEVEL], levelVariance);
  }

  /** Ends the judgement of a bucket that is not a calm one, of a row that has an open incident, or another exception. */
  #finish(h: Hand, learn: boolean, learning: boolean, out: ScoreColumns | undefined): void {
    const s = this.#s;
    const { model } = this;
    const { windows, minEffect } = this.#rules;
    const { spans, step } = windows;
    const { values } = laws;
    const { time, y, law, side, nats, ratio, decided, suspect, held, expected, retired } = h;
    let { upper, lower } = h;
    const x = values[law + X];
    const v = values[law + DOUBT];
    const mean = values[law + MEAN];
    const size = values[law + SIZE];
    const phi = model.phi[0];
    const alpha = model.alpha[0];

    // An open incident goes on until a bucket speaks for the usual level again.
    const open = s[DIRECTION];
    const perNat = 1 / (1 + phi + alpha * mean * Math.max(1, s[RATIO]));
    const log = open === 0 ? 0 : Math.log(s[RATIO]);
    if (open !== 0) {
      const end = ((INCIDENT_END - s[EVIDENCE]) / perNat + (s[RATIO] - 1) * mean) / log;
      if (open === ABOVE) upper = Math.min(upper, Math.max(Math.floor(end), Math.floor(mean * (1 + minEffect))));
      else if ((1 - s[RATIO]) * mean * perNat > TELLS) {
        lower = Math.max(lower, Math.min(Math.floor(end) + 1, Math.ceil(mean * (1 - minEffect))));
      }
    }

    // A count below its mean is never above, one above it never below, whatever a window says.
    upper = Math.max(upper, Math.floor(mean));
    lower = Math.min(lower, Math.max(1, Math.floor(mean)));
    if (s[SEEN] === 0) upper = 0;
    if (s[OLD] > 0) {
      // What was usual before an accepted shift is no news either: its return raises nothing.
      const before = Math.max(mean * s[OLD], LEAST_MEAN);
      const beforeSize = 1 / (values[law + RELATIVE] + phi / before + (s[LEVEL_VARIANCE] + s[FRESH]));
      if (s[OLD] > 1) upper = Math.max(upper, Math.floor(limits[0].upper(before, beforeSize)));
      else lower = Math.min(lower, Math.max(0, Math.ceil(limits[0].lower(before, beforeSize))));
    }
    if (retired) lower = 0;
    let verdict = y > upper ? ABOVE : y < lower ? BELOW : NORMAL;
    if (expected) {
      verdict = NORMAL;
      lower = 0;
      upper = Number.POSITIVE_INFINITY;
    }
    if (out !== undefined) {
      out.expected[h.cell] = mean;
      out.lower[h.cell] = lower;
      out.upper[h.cell] = upper;
      out.surprise[h.cell] = Math.min(1e4, Math.max(0, nats + DEPENDENCE) * PER_NAT) * (side === ABOVE ? 1 : -1);
      out.spans[h.cell] = decided < 0 ? (s[SILENT] + 1) * step : spans[decided];
      out.verdicts[h.cell] = learning ? UNKNOWN : verdict;
      out.reasons[h.cell] = learning ? LEARNING : 0;
    }

    // What this bucket leaves behind.
    s[LATE] = this.#straddles ? Math.max(0, mean - y) : 0;
    if (y === 0) {
      s[CLOCK] = h.clock;
      s[SILENT]++;
    } else {
      s[CLOCK] = 0;
      s[SILENT] = 0;
      s[SEEN] = 1;
    }
    if (expected || (retired && y === 0)) {
      this.#push(s[LEVEL] * x, s[LEVEL] * x, x, v);
      return;
    }
    if (s[OLD] > 0 && this.#tryOldLevel(y, mean, size)) {
      this.#push(s[LEVEL] * x, s[LEVEL] * x, x, v);
      return;
    }
    if (s[LINE] !== 0) {
      s[INCIDENT] += y;
      s[INCIDENT_M] += mean;
      if (time - s[HEARD] > SAME_LINE && open === 0) s[LINE] = 0;
    }
    if (open !== 0) {
      const gain = Math.min(WITNESS, (y * log - (s[RATIO] - 1) * mean) * perNat);
      s[EVIDENCE] = Math.min(s[MOST], s[EVIDENCE] + gain);
      if (verdict === open) s[HEARD] = time;
      if (verdict !== open && this.#isOver(time)) s[DIRECTION] = 0;
      if (verdict === -open) s[DIRECTION] = 0;
    }
    if (verdict !== NORMAL && s[DIRECTION] === 0) this.#open(verdict, ratio, decided, time, mean, y);
    if (s[DIRECTION] !== 0 || verdict !== NORMAL) {
      this.#push(s[LEVEL] * x, s[LEVEL] * x, x, v);
      return;
    }
    if (!suspect) {
      s[TAUGHT] += held;
      s[TAUGHT_X] += x;
      if (this.#shapePrior > 0) {
        if (s[HOUR_CELL] !== h.hour) this.#learnShape(learn);
        s[HOUR_CELL] = h.hour;
        s[HOUR_TAUGHT] += held;
        s[HOUR_MEAN] += mean / h.correction;
      }
    }
    this.#push(y, held, x, v);
  }

  /** Opens an incident: what its window holds was told, and counts as expected from here on. */
  #open(direction: number, ratio: number, decided: number, time: number, mean: number, y: number): void {
    const s = this.#s;
    const { windows } = this.#rules;
    const span = decided < 0 ? 0 : windows.spans[decided];
    s[DIRECTION] = direction;
    s[RATIO] =
      direction === ABOVE ? Math.min(RATIO_MOST, Math.max(1.2, ratio)) : Math.max(1 / RATIO_MOST, Math.min(0.8, ratio));
    // A silence ends with a call.
    s[MOST] = decided < 0 ? INCIDENT_END : windows.blocks[decided] > 0 ? SLOW_INCIDENT_MOST : INCIDENT_MOST;
    const goesOn = s[LINE] === direction && time - s[HEARD] <= SAME_LINE;
    if (goesOn) s[MOST] = Math.max(s[MOST], SLOW_INCIDENT_MOST);
    s[EVIDENCE] = s[MOST];
    s[HEARD] = time;
    if (!goesOn) {
      s[LINE] = direction;
      s[BEGAN] = decided < 0 ? time - s[SILENT] * windows.step : time - span + windows.step;
      s[INCIDENT] = y;
      s[INCIDENT_M] = mean;
    }
    if (decided < 1) return;
    if (windows.blocks[decided] > 0) {
      // The level has followed the incident since it began: back to where it was.
      const level = s[FRESH] > FRESH_SETTLED ? 0 : s[this.#wholeLength + PAST_LEVEL + decided];
      if (level > 0 && s[LEVEL] > 0) scaleLevel(s, level / s[LEVEL], Number.POSITIVE_INFINITY, this.model.anchor);
      s[TAUGHT] = 0;
      s[TAUGHT_X] = 0;
    }
    this.#forget();
  }

  /** What the windows hold becomes what was expected. */
  #forget(): void {
    const s = this.#s;
    const { ringBlocks, blocksAt } = this.#layout;
    for (let k = 0; k < this.#rules.windows.hourBuckets; k++) {
      const at = RING + PER_BUCKET * k;
      s[at] = s[LEVEL] * s[at + 1];
    }
    s[ROUND] = s[LEVEL] * s[ROUND_X];
    for (let k = 0; k < ringBlocks; k++) {
      const at = blocksAt + PER_BLOCK * k;
      s[at] = s[LEVEL] * s[at + 1];
      s[at + 3] = s[LEVEL];
      s[at + 4] = s[LEVEL_VARIANCE];
    }
    s[SUM] = s[LEVEL] * s[SUM_X];
    this.#sumBlocks();
  }

  #isOver(time: number): boolean {
    const s = this.#s;
    if (s[EVIDENCE] < INCIDENT_END) return true;
    const quiet = time - s[HEARD];
    return quiet > QUIET_END && (s[EVIDENCE] < s[MOST] - 1 || quiet > SHIFT_AGE);
  }

  /** If the level before an accepted shift has told the buckets better for a while, that level is back. */
  #tryOldLevel(y: number, mean: number, size: number): boolean {
    const s = this.#s;
    const ratio = s[OLD];
    const perNat = 1 / (1 + this.model.phi[0] + this.model.alpha[0] * mean * Math.max(1, ratio));
    const gain = (y * Math.log(ratio) - (ratio - 1) * mean) * perNat;
    s[OLD_EVIDENCE] = Math.max(0, s[OLD_EVIDENCE] + Math.min(WITNESS, gain));
    // Out of the question now: no need to wait.
    const leaves = ratio > 1 ? y > mean && logUpperTail(y, mean, size) : y < mean && logLowerTail(y, mean, size);
    if (!(leaves !== false && leaves < -OLD_LEVEL_BACK) && s[OLD_EVIDENCE] < OLD_LEVEL_BACK) return false;
    scaleLevel(s, ratio, Number.POSITIVE_INFINITY, this.model.anchor);
    s[OLD] = 0;
    s[DIRECTION] = 0;
    s[LINE] = 0;
    s[TAUGHT] = 0;
    s[TAUGHT_X] = 0;
    s[HOUR_TAUGHT] = 0;
    s[HOUR_MEAN] = 0;
    this.#forget();
    return true;
  }

  /** The incident has lasted: its level is the level. */
  #acceptShift(time: number): void {
    const s = this.#s;
    const factor = (s[INCIDENT] + 0.5) / (s[INCIDENT_M] + 0.5);
    const worth = s[INCIDENT] / (1 + this.#scatter.phi + this.#scatter.alpha * s[LEVEL]);
    scaleLevel(s, factor, Math.max(8, worth), this.model.anchor);
    s[FRESH] = FRESH_START;
    s[TAUGHT] = 0;
    s[TAUGHT_X] = 0;
    s[OLD] = 1 / factor;
    s[OLD_EVIDENCE] = 0;
    s[OLD_UNTIL] = time + OLD_LEVEL_KEPT;
    s[DIRECTION] = 0;
    s[LINE] = 0;
    s[CLOCK] = 0;
    s[SILENT] = 0;
    this.#forget();
  }

  /** @param held calls as the long windows take them */
  #push(y: number, held: number, x: number, v: number): void {
    const s = this.#s;
    s[SUM] += held;
    s[SUM_X] += x;
    s[SUM_V] += v;
    const { hourBuckets } = this.#rules.windows;
    if (hourBuckets === 0) return;
    const at = RING + PER_BUCKET * s[AT];
    s[at] = y;
    s[at + 1] = x;
    s[at + 2] = v;
    s[ROUND] += y;
    s[ROUND_X] += x;
    s[ROUND_V] += v;
    s[AT]++;
    if (s[AT] < hourBuckets) return;
    this.#endRound();
    s[AT] = 0;
    s[ROUND] = 0;
    s[ROUND_X] = 0;
    s[ROUND_V] = 0;
  }

  /** The buckets of the round become sums from each to the end. */
  #endRound(): void {
    const s = this.#s;
    for (let at = RING + PER_BUCKET * this.#rules.windows.hourBuckets - 1; at >= RING; at--)
      s[at] += s[at + PER_BUCKET];
  }

  /** The local hour that ended, against what its place in the day led to expect: the level is held to be right. */
  #learnShape(learn: boolean): void {
    const s = this.#s;
    const { phi, alpha } = this.#scatter;
    if (learn && s[HOUR_MEAN] > 0) {
      const at = this.#layout.shapeAt + 2 * s[HOUR_CELL];
      const worth = 1 / (1 + phi + alpha * Math.max(s[HOUR_MEAN], s[HOUR_TAUGHT]));
      s[at] += worth * s[HOUR_TAUGHT];
      s[at + 1] += worth * s[HOUR_MEAN];
    }
    s[HOUR_TAUGHT] = 0;
    s[HOUR_MEAN] = 0;
    laws.forget();
  }

  /** Ends the blocks before that of `time`: what they taught is learned, and they enter the ring. */
  #enterBlock(time: number, learn: boolean): void {
    const s = this.#s;
    const { block, step } = this.#rules.windows;
    const now = Math.floor(time / block);
    if (s[BLOCK] === now) return;
    if (Number.isNaN(s[BLOCK])) {
      s[BLOCK] = now;
      return;
    }
    const level = s[LEVEL];
    const variance = s[LEVEL_VARIANCE];
    const passed = now - s[BLOCK];
    if (learn) {
      const hours = block / HOUR;
      const perBlock = block / step;
      // What was held back, as suspect or in an incident, neither teaches nor lets what is known grow old.
      const share = s[SUM_X] > 0 ? s[TAUGHT_X] / s[SUM_X] : 1;
      if (share > 0) learnLevel(s, s[TAUGHT], s[TAUGHT_X], hours * share, perBlock, this.model.anchor, this.#scatter);
      if (passed > 1) learnLevel(s, 0, 0, hours * (passed - 1), perBlock, this.model.anchor, this.#scatter);
    }
    s[FRESH] = s[FRESH] < 1e-5 ? 0 : s[FRESH] * Math.exp((-Math.LN2 * passed * block) / DAY);
    s[TAUGHT] = 0;
    s[TAUGHT_X] = 0;
    const { ringBlocks: places, blocksAt } = this.#layout;
    if (places > 0) {
      for (let k = 0; k < Math.min(passed, places); k++) {
        const number = now - Math.min(passed, places) + k;
        const at = blocksAt + PER_BLOCK * (((number % places) + places) % places);
        const ended = number === s[BLOCK];
        s[at] = ended ? s[SUM] : 0;
        s[at + 1] = ended ? s[SUM_X] : 0;
        s[at + 2] = ended ? s[SUM_V] : 0;
        s[at + 3] = level;
        s[at + 4] = variance;
      }
    }
    s[SUM] = 0;
    s[SUM_X] = 0;
    s[SUM_V] = 0;
    s[BLOCK] = now;
    const lasting = s[DIRECTION] !== 0 && time - s[BEGAN] >= SHIFT_AGE && s[HEARD] - s[BEGAN] >= SHIFT_HEARD;
    if (learn && this.#rules.acceptShifts && lasting) this.#acceptShift(time);
    this.#sumBlocks();
  }

  /** Sums over the whole blocks of each long window, from the rings. */
  #sumBlocks(): void {
    const s = this.#s;
    const { ringBlocks: places, blocksAt } = this.#layout;
    const { blocks } = this.#rules.windows;
    const d = this.#wholeLength;
    let sum = 0;
    let x = 0;
    let v = 0;
    let level = s[LEVEL];
    let variance = s[LEVEL_VARIANCE];
    let w = 1;
    while (w < blocks.length && blocks[w] === 0) w++;
    const isBegun = !Number.isNaN(s[BLOCK]);
    let place = isBegun && places > 0 ? ((s[BLOCK] % places) + places) % places : 0;
    // From the last block back, once for all windows.
    for (let k = 1; w < blocks.length; k++) {
      for (; w < blocks.length && blocks[w] === k; w++) {
        s[d + PAST + w] = sum;
        s[d + PAST_X + w] = x;
        s[d + PAST_V + w] = v;
        s[d + PAST_LEVEL + w] = level;
        s[d + PAST_VARIANCE + w] = variance;
      }
      if (!isBegun) continue;
      place = place === 0 ? places - 1 : place - 1;
      const at = blocksAt + PER_BLOCK * place;
      sum += s[at];
      x += s[at + 1];
      v += s[at + 2];
      // Where the window's first blocks were before all, the first that was.
      if (s[at + 3] > 0) {
        level = s[at + 3];
        variance = s[at + 4];
      }
    }
  }
}

const PER_NAT = 1 / Math.LN10;

/** Copies of states that are thrown away, by their length: there are two. */
const copies = new Map<number, Float64Array>();

function copyOf(state: Float64Array): Float64Array {
  let copy = copies.get(state.length);
  if (copy === undefined) {
    copy = new Float64Array(state.length);
    copies.set(state.length, copy);
  }
  copy.set(state);
  return copy;
}

/** ln of the weights last asked for: nearly always the same. */
let logged: readonly number[] | undefined;
const logs = new Float64Array(MOST_WINDOWS);

function logWeightsOf(weights: readonly number[]): Float64Array {
  if (logged !== weights) for (const [w, weight] of weights.entries()) logs[w] = Math.log(weight);
  logged = weights;
  return logs;
}

/** Where one bucket is run, and what it is judged. */
const one = {
  length: 1,
  calls: new Float64Array(1),
  observed: new Uint8Array([1]),
  slots: new Int32Array(1),
  choose: undefined,
};
const single: ScoreColumns = {
  expected: new Float64Array(1),
  lower: new Float64Array(1),
  upper: new Float64Array(1),
  surprise: new Float64Array(1),
  spans: new Float64Array(1),
  verdicts: new Int8Array(1),
  reasons: new Uint8Array(1),
};
