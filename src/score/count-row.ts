import { LEVEL, LEVEL_STATE, LEVEL_VARIANCE, learnLevel, scaleLevel } from '../baseline/level-filter.js';
import { LEAST_MEAN, type RowModel, silenceNats, silenceOf, straddles } from '../baseline/model.js';
import { EDGED, IN_SAMPLE } from '../baseline/replay.js';
import { calibrate, uncalibrate } from '../baseline/tail.js';
import type { Windows } from '../baseline/windows.js';
import { LimitsNear } from '../stats/limits.js';
import { logLowerTail, logUpperTail } from '../stats/negative-binomial.js';
import { logNormalUpper } from '../stats/normal.js';
import { DAY, HOUR } from '../time/grid.js';
import type { Judged } from './judged.js';
import { ABOVE, BELOW, NORMAL } from './scores.js';

/** How a row is judged. */
export interface CountRules {
  readonly windows: Windows;
  /** A verdict is given where −ln of the combined, calibrated probability exceeds this. */
  readonly nats: number;
  /** Least relative departure of an alarm: 0.1 lets 1.05 times a million calls pass. */
  readonly minEffect: number;
  /** Whether a lasting shift of the level is accepted in the end. */
  readonly acceptShifts: boolean;
}

/**
 * The windows overlap, so that the least of their weighted p-values is less often small than Bonferroni grants; ln of how
 * much less, by the clean fleets of `npm run evaluate -- calibration` (a third).
 */
const DEPENDENCE = Math.log(1.35);
/** The weight of the silence clock beside the windows; it overlaps the longer ones. */
const SILENCE_WEIGHT = 0.2;
/** Learning holds a bucket to its mean ± (4 sd + 2): single calls are never outliers. */
const CLIP_SDS = 4;
const CLIP_SLACK = 2;
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
const SHAPE_HOURS = 24;
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

// The state, in one Float64Array: it is copied, compared and written out as one.
const BLOCK = LEVEL_STATE; // number of the block under way; NaN before the first
const TAUGHT = BLOCK + 1; // what the block has taught so far: clipped calls and their exposure
const TAUGHT_X = BLOCK + 2;
const SUM = BLOCK + 3; // the block's part in the long windows: calls, exposure, exposure · profile variance
const SUM_X = BLOCK + 4;
const SUM_V = BLOCK + 5;
const CLOCK = BLOCK + 6;
const SILENT = BLOCK + 7;
const DIRECTION = BLOCK + 8; // of the open incident: 0 none
const RATIO = BLOCK + 9; // of its calls to those expected
const EVIDENCE = BLOCK + 10;
const BEGAN = BLOCK + 11; // its beginning (ms): that of the window that opened it
const HEARD = BLOCK + 12; // the last bucket of it that was told
const INCIDENT = BLOCK + 13; // calls and mean since it opened
const INCIDENT_M = BLOCK + 14;
const OLD = BLOCK + 15; // the level before an accepted shift over the one now; 0 none
const OLD_EVIDENCE = BLOCK + 16;
const OLD_UNTIL = BLOCK + 17;
const AT = BLOCK + 18; // next place in the ring of buckets
const SEEN = BLOCK + 19; // 1 once a call was seen, in the history or since
const FRESH = BLOCK + 20; // what is not known of a level just accepted: relative variance, ages by the hour
const MOST = BLOCK + 21; // the most evidence that is kept of the open incident
const LATE = BLOCK + 22; // what the last bucket lacked, of a series whose runs straddle buckets
const HOUR_CELL = BLOCK + 23; // local hour of what was last taught
const LINE = BLOCK + 24; // direction of the last incident, open or closed, while another would be its continuation
const HOUR_TAUGHT = BLOCK + 25; // what that hour has taught so far, and what was expected of it uncorrected
const HOUR_MEAN = BLOCK + 26;
const RINGS = BLOCK + 27;
/** Of a block in its ring: calls, exposure, exposure · profile variance, level in force and its relative variance. */
const PER_BLOCK = 5;
/** Of a bucket in its ring: calls, exposure, exposure · profile variance. */
const PER_BUCKET = 3;

/**
 * One series of counts as it is watched: judges bucket after bucket over all window lengths, then learns, guarded. What
 * an incident holds teaches nothing, and enters the longer windows as what was expected, so that it is told once and does
 * not hold them high after its end.
 */
export class CountRow {
  readonly model: RowModel;
  readonly #rules: CountRules;
  readonly #s: Float64Array;
  readonly #scatter: { readonly phi: number; readonly alpha: number };
  readonly #straddles: boolean;
  /** Where the corrections of a young series' hours lie, and what they weigh before any evidence; 0 for no corrections. */
  readonly #shapeAt: number;
  readonly #shapePrior: number;
  readonly #perDay: number;
  /** Places of the two rings. */
  readonly #blocksAt: number;
  readonly #ringBlocks: number;
  /** `[windows]` each at the model's nats at which either side's limit lies. */
  readonly #limits: readonly LimitsNear[];
  /** `[windows]` sums over the whole blocks of each long window, and the level when it began: derived from the rings. */
  readonly #past: Float64Array;
  readonly #pastX: Float64Array;
  readonly #pastV: Float64Array;
  readonly #pastLevel: Float64Array;
  readonly #pastVariance: Float64Array;

  /**
   * @param news whether the first call of all is told
   * @param state of {@link toState}; without it, the end of the history
   */
  constructor(model: RowModel, rules: CountRules, news: boolean, state?: Float64Array) {
    const { windows, nats } = rules;
    const { hourBuckets, blocks, weights } = windows;
    const count = weights.length;
    this.model = model;
    this.#rules = rules;
    this.#scatter = { phi: model.phi[Math.min(1, count - 1)], alpha: model.alpha[Math.min(1, count - 1)] };
    this.#blocksAt = RINGS + PER_BUCKET * hourBuckets;
    this.#ringBlocks = Math.max(0, ...blocks);
    this.#shapeAt = this.#blocksAt + PER_BLOCK * this.#ringBlocks;
    this.#perDay = model.profile.perWeek / 7;
    const days = (model.support * windows.step) / DAY;
    this.#shapePrior = model.calls > 0 && days < SHAPE_KNOWN ? 1 / shapeDoubtAfter(days) : 0;
    this.#limits = weights.map((weight, w) => {
      const least = nats - Math.log(weight);
      return new LimitsNear(uncalibrate(least, model.above[w]), uncalibrate(least, model.below[w]));
    });
    this.#straddles = count > 1 && straddles(model.alpha[0], model.alpha[1]);
    this.#past = new Float64Array(count);
    this.#pastX = new Float64Array(count);
    this.#pastV = new Float64Array(count);
    this.#pastLevel = new Float64Array(count);
    this.#pastVariance = new Float64Array(count);
    if (state !== undefined) {
      this.#s = state.slice();
    } else {
      this.#s = new Float64Array(this.#shapeAt + (this.#shapePrior > 0 ? 2 * SHAPE_HOURS : 0));
      this.#s.set(model.level);
      this.#s[BLOCK] = Number.NaN;
      this.#s[CLOCK] = model.clock;
      this.#s[SILENT] = model.silent;
      this.#s[SEEN] = news ? 0 : 1;
    }
    this.#sumBlocks();
  }

  toState(): Float64Array {
    return this.#s.slice();
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

  /** True while an incident is open. */
  get inIncident(): boolean {
    return this.#s[DIRECTION] !== 0;
  }

  meanAt(slot: number): number {
    const shape = this.model.profile.shapeAt(slot) * this.#correction(this.#hourOf(slot));
    return Math.max(this.#s[LEVEL] * shape, LEAST_MEAN);
  }

  /** Log-likelihood of `y` calls in a bucket of this slot, by a normal law of the model's mean and variance. */
  likelihood(y: number, slot: number): number {
    const mean = this.meanAt(slot);
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
    const at = this.#shapeAt + 2 * hour;
    return (this.#s[at] + prior) / (this.#s[at + 1] + prior);
  }

  /** True until the first bucket is judged. */
  get dormant(): boolean {
    return Number.isNaN(this.#s[BLOCK]);
  }

  /**
   * A bucket without a call, of a key that has never called: normal, and nothing is learned, so that a row is the same
   * whether it was there all along or came with its first call.
   */
  judgeDormant(slot: number, out: Judged): void {
    const mean = this.meanAt(slot);
    const size = 1 / (this.model.alpha[0] + this.#s[LEVEL_VARIANCE] + this.model.phi[0] / mean);
    out.expected = mean;
    out.lower = 0;
    out.upper = this.#s[SEEN] === 0 ? 0 : Math.floor(this.#limits[0].upper(mean, size));
    out.surprise = 0;
    out.span = this.#rules.windows.step;
    out.verdict = NORMAL;
    out.reason = 0;
  }

  /** The bucket at `time` was not observed. */
  skip(time: number, learn: boolean): void {
    this.#enterBlock(time, learn);
    this.#push(0, 0, 0, 0);
  }

  /**
   * Judges the bucket that begins at `time`, then learns from it unless `learn` is false.
   * @param y calls
   * @param slot of the week
   * @param expected true when this time is acknowledged: it is not judged by, nor taught
   * @param retired true when the key is gone: no call is no news, and teaches nothing
   */
  observe(y: number, time: number, slot: number, learn: boolean, out: Judged, expected = false, retired = false): void {
    this.#enterBlock(time, learn);
    const s = this.#s;
    const { model } = this;
    const { windows, minEffect } = this.#rules;
    const { weights, spans, hourBuckets, step } = windows;
    const hour = this.#hourOf(slot);
    const correction = this.#correction(hour);
    const x = model.profile.shapeAt(slot) * correction;
    const shapeDoubt = this.#shapePrior === 0 ? 0 : 1 / (s[this.#shapeAt + 2 * hour] + this.#shapePrior);
    const doubt = model.profile.varianceAt(slot) + shapeDoubt;
    const hourDoubt = model.profile.hourVarianceAt(slot) + shapeDoubt;
    if (s[OLD] > 0 && time > s[OLD_UNTIL]) s[OLD] = 0;
    const levelVariance = s[LEVEL_VARIANCE] + s[FRESH];
    const mean = Math.max(s[LEVEL] * x, LEAST_MEAN);
    const phi = model.phi[0];
    const alpha = model.alpha[0];
    const own = alpha + doubt + phi / mean;
    const size = 1 / (own + levelVariance);

    // The bucket itself.
    let upper = Math.max(Math.floor(this.#limits[0].upper(mean, size) + s[LATE]), Math.floor(mean * (1 + minEffect)));
    let lower = Math.ceil(this.#limits[0].lower(mean, size));
    lower = lower <= 0 ? 0 : Math.min(lower, Math.ceil(mean * (1 - minEffect)));
    const side = y >= mean ? ABOVE : BELOW;
    let nats =
      this.#bucketNats(side === ABOVE ? Math.max(mean, y - s[LATE]) : y, mean, size, side) + Math.log(weights[0]);
    let ratio = (y + 0.5) / (mean + 0.5);
    let decided = 0;
    let suspect = false;
    let told = side === ABOVE ? y > upper : y < lower;

    // What it teaches, and what it brings into windows of many hours: bursts are for the short windows to tell.
    const reach = CLIP_SDS * Math.sqrt(mean + (mean * mean) / size) + CLIP_SLACK;
    const held = Math.min(Math.max(y, mean - reach), mean + reach);

    // The longer windows: what this bucket may hold, the rest of the window as it is.
    for (let w = 1; w < spans.length; w++) {
      let rest: number;
      let restX: number;
      let restV: number;
      let level: number;
      // Where a run may fall on either side of a window's edge, as a nightly job does that starts now before and now after
      // five past, the window may hold it or not: the bucket at the edge brings its own scatter.
      let edge = mean * mean;
      let levelDoubt = levelVariance;
      if (windows.blocks[w] === 0) {
        rest = 0;
        restX = 0;
        restV = 0;
        const skip = s[AT];
        for (let k = 0; k < hourBuckets; k++) {
          if (k === skip) continue; // the bucket that leaves as this one comes
          const at = RINGS + PER_BUCKET * k;
          rest += s[at];
          restX += s[at + 1];
          restV += s[at + 2];
        }
        level = s[LEVEL];
        const oldest = level * s[RINGS + PER_BUCKET * (skip + 1 === hourBuckets ? 0 : skip + 1) + 1];
        edge += oldest * oldest;
      } else {
        // The window's first bucket: whole blocks back from the beginning of the one under way.
        const back =
          Math.floor((time - s[BLOCK] * windows.block) / step) + (windows.blocks[w] - 1) * (windows.block / step);
        const { perWeek } = model.profile;
        const first = (((slot - Math.round(back)) % perWeek) + perWeek) % perWeek;
        const oldest = s[LEVEL] * model.profile.shapeAt(first);
        edge += oldest * oldest;
        rest = this.#past[w] + s[SUM];
        restX = this.#pastX[w] + s[SUM_X];
        restV = this.#pastV[w] + s[SUM_V];
        // A level just accepted is better known by now than when it was.
        const settled = s[FRESH] <= FRESH_SETTLED;
        level = settled ? this.#pastLevel[w] : s[LEVEL];
        if (settled) levelDoubt = this.#pastVariance[w] + s[FRESH];
      }
      if (restX <= 0) continue;
      const m = Math.max(level * (restX + x), LEAST_MEAN);
      const long = windows.blocks[w] > 0;
      const sum = rest + (long ? held : y);
      // A window's hours are known apart from one another; within an hour the profile's errors go together.
      const profile = (IN_SAMPLE * (restV + x * hourDoubt)) / (restX + x);
      const known = levelDoubt + profile / Math.sqrt(Math.max(1, windows.blocks[w]));
      const atEdge = (alpha * edge) / (m * m);
      const windowSize = 1 / (model.alpha[w] + known + atEdge + model.phi[w] / m);
      // Where the edge is most of the scatter, the bucket's own verdict says it all.
      if (atEdge * windowSize > EDGED) continue;
      const z = (sum - m) / Math.sqrt(m + (m * m) / windowSize);
      const most = Math.max(this.#limits[w].upper(m, windowSize), m * (1 + minEffect));
      const least = Math.min(this.#limits[w].lower(m, windowSize), m * (1 - minEffect));
      // Beyond the clip a count moves a long window no further.
      const highest = long && most - rest >= mean + reach ? Number.POSITIVE_INFINITY : Math.floor(most - rest);
      const lowest = least < 0 || (long && least - rest <= mean - reach) ? 0 : Math.ceil(least - rest);
      if (highest < upper) upper = highest;
      if (lowest > lower) lower = lowest;
      if (long && (z > SUSPECT || z < -SUSPECT)) suspect = true;
      if (side === ABOVE ? z > 2 || y > highest : z < -2 || y < lowest) {
        const raw = side === ABOVE ? -logUpperTail(sum, m, windowSize) : -logLowerTail(sum, m, windowSize);
        const here = calibrate(raw, side === ABOVE ? model.above[w] : model.below[w]) + Math.log(weights[w]);
        const tells = side === ABOVE ? y > highest : y < lowest;
        if ((tells && !told) || (tells === told && here > nats)) {
          ratio = (sum + 0.5) / (m + 0.5);
          decided = w;
        }
        if (tells) told = true;
        if (here > nats) nats = here;
      }
    }

    // The silence clock, as it would stand after this bucket without a call.
    const clock = s[CLOCK] + silenceOf(mean, own);
    const silence = silenceNats(model, clock, levelVariance) + Math.log(SILENCE_WEIGHT);
    const silenceTells = silence > this.#rules.nats;
    if (silenceTells && lower < 1) lower = 1;
    if (y === 0 && silence > nats && side === BELOW) {
      nats = silence;
      ratio = 0;
      decided = -1;
    }

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
      const beforeSize = 1 / (alpha + doubt + phi / before + levelVariance);
      if (s[OLD] > 1) upper = Math.max(upper, Math.floor(this.#limits[0].upper(before, beforeSize)));
      else lower = Math.min(lower, Math.max(0, Math.ceil(this.#limits[0].lower(before, beforeSize))));
    }
    if (retired) lower = 0;
    let verdict = y > upper ? ABOVE : y < lower ? BELOW : NORMAL;
    out.expected = mean;
    out.surprise = Math.min(1e4, Math.max(0, nats + DEPENDENCE) / Math.LN10) * (side === ABOVE ? 1 : -1);
    out.span = decided < 0 ? (s[SILENT] + 1) * step : spans[decided];
    if (expected) {
      verdict = NORMAL;
      lower = 0;
      upper = Number.POSITIVE_INFINITY;
    }
    out.lower = lower;
    out.upper = upper;
    out.verdict = verdict;
    out.reason = 0;

    // What this bucket leaves behind.
    s[LATE] = this.#straddles ? Math.max(0, mean - y) : 0;
    if (y === 0) {
      s[CLOCK] = clock;
      s[SILENT]++;
    } else {
      s[CLOCK] = 0;
      s[SILENT] = 0;
      s[SEEN] = 1;
    }
    if (expected || (retired && y === 0)) {
      this.#push(s[LEVEL] * x, s[LEVEL] * x, x, x * hourDoubt);
      return;
    }
    if (s[OLD] > 0 && this.#tryOldLevel(y, mean, size)) {
      this.#push(s[LEVEL] * x, s[LEVEL] * x, x, x * hourDoubt);
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
      this.#push(s[LEVEL] * x, s[LEVEL] * x, x, x * hourDoubt);
      return;
    }
    if (!suspect) {
      s[TAUGHT] += held;
      s[TAUGHT_X] += x;
      if (this.#shapePrior > 0) {
        if (s[HOUR_CELL] !== hour) this.#learnShape(learn);
        s[HOUR_CELL] = hour;
        s[HOUR_TAUGHT] += held;
        s[HOUR_MEAN] += mean / correction;
      }
    }
    this.#push(y, held, x, x * hourDoubt);
  }

  /** −ln p of one bucket, calibrated. Exact where it may matter, by a normal law with its skewness near the middle. */
  #bucketNats(y: number, mean: number, size: number, side: number): number {
    const variance = mean + (mean * mean) / size;
    const sd = Math.sqrt(variance);
    const z = side === ABOVE ? (y - 0.5 - mean) / sd : (mean - y - 0.5) / sd;
    let raw: number;
    const skewness = (1 + (2 * mean) / size) / sd;
    if (mean > 4 && skewness < 0.5 && z < 2) {
      // Cornish and Fisher's first term: P is off by 2 % at most here, and costs a tenth.
      raw = -logNormalUpper(z - (((side === ABOVE ? 1 : -1) * skewness) / 6) * (z * z - 1));
    } else {
      raw = side === ABOVE ? -logUpperTail(y, mean, size) : -logLowerTail(y, mean, size);
    }
    return calibrate(raw, side === ABOVE ? this.model.above[0] : this.model.below[0]);
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
      const level = s[FRESH] > FRESH_SETTLED ? 0 : this.#pastLevel[decided];
      if (level > 0 && s[LEVEL] > 0) scaleLevel(s, level / s[LEVEL], Number.POSITIVE_INFINITY, this.model.anchor);
      s[TAUGHT] = 0;
      s[TAUGHT_X] = 0;
    }
    this.#forget();
  }

  /** What the windows hold becomes what was expected. */
  #forget(): void {
    const s = this.#s;
    for (let k = 0; k < this.#rules.windows.hourBuckets; k++) {
      const at = RINGS + PER_BUCKET * k;
      s[at] = s[LEVEL] * s[at + 1];
    }
    for (let k = 0; k < this.#ringBlocks; k++) {
      const at = this.#blocksAt + PER_BLOCK * k;
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
    const at = RINGS + PER_BUCKET * s[AT];
    s[at] = y;
    s[at + 1] = x;
    s[at + 2] = v;
    s[AT] = s[AT] + 1 === hourBuckets ? 0 : s[AT] + 1;
  }

  /** The local hour that ended, against what its place in the day led to expect: the level is held to be right. */
  #learnShape(learn: boolean): void {
    const s = this.#s;
    const { phi, alpha } = this.#scatter;
    if (learn && s[HOUR_MEAN] > 0) {
      const at = this.#shapeAt + 2 * s[HOUR_CELL];
      const worth = 1 / (1 + phi + alpha * Math.max(s[HOUR_MEAN], s[HOUR_TAUGHT]));
      s[at] += worth * s[HOUR_TAUGHT];
      s[at + 1] += worth * s[HOUR_MEAN];
    }
    s[HOUR_TAUGHT] = 0;
    s[HOUR_MEAN] = 0;
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
    const places = this.#ringBlocks;
    if (places > 0) {
      for (let k = 0; k < Math.min(passed, places); k++) {
        const number = now - Math.min(passed, places) + k;
        const at = this.#blocksAt + PER_BLOCK * (((number % places) + places) % places);
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
    const places = this.#ringBlocks;
    const { blocks } = this.#rules.windows;
    for (let w = 1; w < blocks.length; w++) {
      let sum = 0;
      let x = 0;
      let v = 0;
      let level = 0;
      let variance = 0;
      if (blocks[w] > 0 && !Number.isNaN(s[BLOCK])) {
        for (let k = blocks[w] - 1; k >= 1; k--) {
          const number = s[BLOCK] - k;
          const at = this.#blocksAt + PER_BLOCK * (((number % places) + places) % places);
          sum += s[at];
          x += s[at + 1];
          v += s[at + 2];
          if (level === 0) {
            level = s[at + 3];
            variance = s[at + 4];
          }
        }
      }
      this.#past[w] = sum;
      this.#pastX[w] = x;
      this.#pastV[w] = v;
      this.#pastLevel[w] = level > 0 ? level : s[LEVEL];
      this.#pastVariance[w] = level > 0 ? variance : s[LEVEL_VARIANCE];
    }
  }
}

/** ln of the odds that a budget buys: see {@link natsFor}. */
export function natsFor(perWeek: number, rows: number, windows: Windows): number {
  let tests = 0;
  for (let w = 0; w < windows.spans.length; w++) tests += windows.tests[w] * windows.weights[w];
  const perWeekTests = 2 * 7 * Math.max(1, rows) * tests;
  return Math.max(Math.log(20), Math.log(perWeekTests / perWeek));
}
