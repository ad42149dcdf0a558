import {
  CENTER,
  EXPERTS,
  FAST_SCALE,
  GAP,
  type GaugeLayout,
  LEVELS,
  SEEN,
  SHAPES,
  SHIFT_BY,
  SHIFTED,
  SLOW_SCALE,
  SPREAD,
  UNIT,
} from './layout.js';
import { MEMORY } from './tail.js';

/** How the scatter of a metric grows with its level: in proportion to (|level| + floor)^power. */
export interface GaugeScatter {
  readonly power: number;
  /** The level at which the factor is 1. */
  readonly typical: number;
}

/** Shares of the memory that are lost with each bucket: evidence for the experts, for those of the slow prediction. */
const FORGET = 0.02;
const FORGET_SLOW = 0.005;
/** An expert is charged for this many scales at most, and never falls further behind than so many nats. */
const CHARGE_MOST = 4;
const BEHIND_MOST = 12;
/** Scales to which a residual is held while learning: the scale itself, the levels (shortest first), the shapes. */
const CLIP_SCALE = 4;
const CLIP_LEVELS = [Number.POSITIVE_INFINITY, 8, 4, 4] as const;
const CLIP_SHAPE = 4;
/** Turns a mean absolute residual into a standard deviation, for normal residuals: √(π/2). */
const TO_SD = 1.2533141373155003;
/** Buckets of memory of the scales, at most. */
const SCALE_MEMORY = 500;
/** Least share that one more day, or week, has in the shape. */
const DAY_GAIN = 0.12;
const WEEK_GAIN = 0.15;
/** Days behind the scale of a cell of the day: trust in 1 at first, and memory later. */
const CELL_TRUST = 3;
const CELL_MEMORY = 15;
/** Least scales: of both as a share of the spread of the values, and of the fast one as a share of the slow one. */
const OF_SPREAD = 0.03;
const OF_SLOW = 0.4;
/** A scale that no metric has, so that nothing is divided by 0. */
const LEAST = 1e-150;
/** The level below which scatter no longer falls, as a share of the typical one. */
const SCATTER_FLOOR = 2;
/** Slow misses of so many scales count as lasting; this far up (of 1) they are a shift, after about a day. */
const SHIFT_SCALES = 3;
const SHIFT_AT = 0.6;
/** Where shifts are not accepted, learning stops from here: after an hour or two of it. */
const HOLD_AT = 0.05;
/** The first of the levels that such a shift must not move. */
const FIRST_HELD = 2;
/** Weights in the tails are brought down by this when they have grown so far. */
const RESCALE = 2 ** 20;

/**
 * Several predictions of the next value of a metric, learned as it goes: levels with four memories, laid upon nothing, on
 * the day's shape or on that of the week, averaged by how well each did lately (dynamic model averaging: Raftery and
 * others, Technometrics 52, 2010). Two averages come out: the fast one of all, and the slow one of those with the longest
 * memory, which sees what creeps or lasts.
 *
 * Learning is guarded: residuals are held to a few scales, so that little is learned of an incident.
 */
export class GaugeFilter {
  readonly layout: GaugeLayout;
  readonly state: Float64Array;
  /** The floats behind the doubles of `state`: profiles and tails. */
  readonly body: Float32Array;
  readonly scatter: GaugeScatter;
  /** Whether a lasting shift is accepted as the new level. */
  acceptShifts = true;

  /** What {@link predict} found. */
  fast = 0;
  slow = 0;
  fastScale = 1;
  slowScale = 1;

  readonly #predictions = new Float64Array(EXPERTS);
  #daySlot = 0;
  #weekCell = 0;
  #dayCell = 0;
  #fastFactor = 1;
  #slowFactor = 1;
  #fastUnit = 1;
  #slowUnit = 1;

  constructor(layout: GaugeLayout, scatter: GaugeScatter, state?: Float64Array) {
    this.layout = layout;
    this.scatter = scatter;
    this.state = new Float64Array(layout.size);
    if (state !== undefined) this.state.set(state);
    this.body = new Float32Array(this.state.buffer, layout.wide * 8);
    if (state === undefined) {
      this.state[UNIT] = 1;
      this.state.fill(1, layout.windowScales, layout.windowScales + layout.windows.length);
      this.body.fill(1, layout.cellFast, layout.cellSeen);
    }
  }

  /** What the next value should be, in week slot `slot`. */
  predict(slot: number): void {
    const { layout, state, body } = this;
    const { levels, weights, slowWeights, perDay, cells } = layout;
    const daySlot = slot % perDay;
    this.#daySlot = daySlot;
    this.#weekCell = Math.floor((slot * cells) / perDay);
    this.#dayCell = this.#weekCell % cells;
    const day = body[layout.day + daySlot];
    const week = day + body[layout.week + this.#weekCell];
    let sum = 0;
    let mean = 0;
    let slowSum = 0;
    let slowMean = 0;
    for (let e = 0; e < EXPERTS; e++) {
      const shape = e < LEVELS ? 0 : e < 2 * LEVELS ? day : week;
      const prediction = shape + state[levels + e];
      this.#predictions[e] = prediction;
      const weight = Math.exp(state[weights + e]);
      sum += weight;
      mean += weight * prediction;
      if (e % LEVELS !== LEVELS - 1) continue;
      const slowWeight = Math.exp(state[slowWeights + (e - LEVELS + 1) / LEVELS]);
      slowSum += slowWeight;
      slowMean += slowWeight * prediction;
    }
    this.fast = mean / sum;
    this.slow = slowMean / slowSum;
    const least = OF_SPREAD * state[SPREAD] + 1e-9 * Math.abs(state[CENTER]) + LEAST;
    this.#fastUnit = Math.max(state[FAST_SCALE], least);
    this.#slowUnit = Math.max(state[SLOW_SCALE], least);
    const gap = state[GAP];
    this.#fastFactor = this.#scatterAt(this.fast);
    this.#slowFactor = this.#scatterAt(this.slow);
    const slow = Math.max(this.#slowUnit * this.#slowFactor * body[layout.cellSlow + this.#dayCell], least);
    const fast = Math.max(this.#fastUnit * this.#fastFactor * body[layout.cellFast + this.#dayCell], OF_SLOW * slow);
    // What a level may have done while nobody looked is a walk; the fast one cannot stray further than the slow one.
    this.slowScale = gap <= 1 ? slow : slow * Math.sqrt(1 + gap * layout.gains[LEVELS - 1]);
    this.fastScale = gap === 0 ? fast : Math.max(fast, Math.min(this.slowScale, fast * Math.sqrt(1 + gap)));
  }

  #scatterAt(level: number): number {
    const { power, typical } = this.scatter;
    if (power === 0) return 1;
    const floor = SCATTER_FLOOR * typical;
    return Math.exp(power * Math.log((Math.abs(level) + floor) / (typical + floor)));
  }

  /** Learns what came after {@link predict}. */
  learn(value: number): void {
    const { state } = this;
    const seen = state[SEEN];
    if (seen === 0) {
      state.fill(value, this.layout.levels, this.layout.levels + EXPERTS);
      state[CENTER] = value;
    } else {
      this.#learnScales(value, seen);
      this.#weigh(value);
      this.#learnLevels(value, seen);
      this.#learnShapes(value, seen);
      this.#learnShift(value);
    }
    state[SEEN] = seen + 1;
    state[GAP] = 0;
    if (!this.held) state[UNIT] *= 1 + 1 / MEMORY;
    if (state[UNIT] > RESCALE) this.#rescaleTails();
  }

  #learnScales(value: number, seen: number): void {
    const { state, body, layout } = this;
    const gain = seen === 1 ? 1 : 1 / Math.min(seen, SCALE_MEMORY);
    const loose = CLIP_SCALE * (seen < 20 ? 3 : 1);
    const fast = this.#miss(value - this.fast, this.#fastFactor, state[FAST_SCALE], this.#fastUnit * loose);
    const slow = this.#miss(value - this.slow, this.#slowFactor, state[SLOW_SCALE], this.#slowUnit * loose);
    state[FAST_SCALE] += gain * (fast - state[FAST_SCALE]);
    if (this.held) return;
    state[SLOW_SCALE] += gain * (slow - state[SLOW_SCALE]);
    const off = Math.abs(value - state[CENTER]);
    // A spread of nothing has no multiple that could hold what comes first.
    const held = seen < 50 || state[SPREAD] === 0 ? off : Math.min(off, 8 * state[SPREAD]);
    state[SPREAD] += (held - state[SPREAD]) / Math.min(seen, 4 * SCALE_MEMORY);
    state[CENTER] += (value - state[CENTER]) / Math.min(seen + 1, 4 * SCALE_MEMORY);
    if (seen < layout.perDay * layout.perSlot * 0.5 || layout.cells === 1) return;
    const cell = this.#dayCell;
    body[layout.cellSeen + cell]++;
    const share = Math.max(
      1 / (body[layout.cellSeen + cell] + CELL_TRUST * layout.perCell),
      1 / (CELL_MEMORY * layout.perCell),
    );
    const cellFast = layout.cellFast + cell;
    const cellSlow = layout.cellSlow + cell;
    body[cellFast] = Math.max(0.3, body[cellFast] + share * (Math.min(fast / this.#fastUnit, 4) - body[cellFast]));
    body[cellSlow] = Math.max(0.3, body[cellSlow] + share * (Math.min(slow / this.#slowUnit, 4) - body[cellSlow]));
  }

  /** A residual as a standard deviation at the typical level, held to `most` once there is a `scale` to hold it by. */
  #miss(residual: number, factor: number, scale: number, most: number): number {
    const size = Math.abs(residual) / factor;
    return TO_SD * (scale === 0 ? size : Math.min(size, most));
  }

  /** Charges every expert for its miss, in log score of a Laplace distribution. */
  #weigh(value: number): void {
    const { state, layout } = this;
    const fast = this.#fastUnit * this.#fastFactor;
    let best = Number.NEGATIVE_INFINITY;
    let slowBest = Number.NEGATIVE_INFINITY;
    for (let e = 0; e < EXPERTS; e++) {
      const miss = Math.abs(value - this.#predictions[e]);
      const at = layout.weights + e;
      state[at] = state[at] * (1 - FORGET) - Math.min(miss / fast, CHARGE_MOST);
      if (state[at] > best) best = state[at];
      if (e % LEVELS !== LEVELS - 1) continue;
      const slowAt = layout.slowWeights + (e - LEVELS + 1) / LEVELS;
      state[slowAt] = state[slowAt] * (1 - FORGET_SLOW) - Math.min(miss / this.#slowUnit, CHARGE_MOST);
      if (state[slowAt] > slowBest) slowBest = state[slowAt];
    }
    for (let e = 0; e < EXPERTS; e++) {
      state[layout.weights + e] = Math.max(state[layout.weights + e] - best, -BEHIND_MOST);
    }
    for (let k = 0; k < SHAPES; k++) {
      state[layout.slowWeights + k] = Math.max(state[layout.slowWeights + k] - slowBest, -BEHIND_MOST);
    }
  }

  #learnLevels(value: number, seen: number): void {
    const { state, layout } = this;
    const unit = this.#slowUnit * (seen < 50 ? 4 : 1);
    for (let e = 0; e < EXPERTS; e++) {
      const j = e % LEVELS;
      if (j >= FIRST_HELD && this.held) continue;
      const most = CLIP_LEVELS[j] * unit;
      const gain = Math.max(layout.gains[j], 1 / (seen + 1));
      state[layout.levels + e] += gain * Math.max(-most, Math.min(most, value - this.#predictions[e]));
    }
  }

  /** Follows how lastingly the slow prediction is missed, and moves it there when that is accepted. */
  #learnShift(value: number): void {
    const { state, layout } = this;
    const miss = (value - this.slow) / (SHIFT_SCALES * this.slowScale);
    const counts = Math.abs(miss) < 1 / 3 ? 0 : Math.max(-1, Math.min(1, miss));
    state[SHIFTED] += layout.shiftGain * (counts - state[SHIFTED]);
    state[SHIFT_BY] += layout.gains[LEVELS - 2] * (value - this.slow - state[SHIFT_BY]);
    if (!this.acceptShifts || Math.abs(state[SHIFTED]) < SHIFT_AT) return;
    for (let e = LEVELS - 1; e < EXPERTS; e += LEVELS) state[layout.levels + e] += state[SHIFT_BY];
    state[SHIFTED] = 0;
    state[SHIFT_BY] = 0;
  }

  /** Whether a shift that may not be accepted seems to be under way: what lasts longest then learns nothing. */
  get held(): boolean {
    return !this.acceptShifts && Math.abs(this.state[SHIFTED]) > HOLD_AT;
  }

  #learnShapes(value: number, seen: number): void {
    const { state, body, layout } = this;
    const { perDay, perSlot, perCell } = layout;
    if (this.held) return;
    const most = CLIP_SHAPE * this.#slowUnit * (seen < perDay * perSlot ? 4 : 1);
    // Neighbouring slots learn with their slot: the day's shape is smooth, and a day or two must be enough to be of use.
    const reach = perDay < 12 ? 0 : Math.max(1, Math.round(perDay / 96));
    const target = value - state[layout.levels + 2 * LEVELS - 1];
    for (let offset = -reach; offset <= reach; offset++) {
      const weight = 1 - Math.abs(offset) / (reach + 1);
      const slot = (this.#daySlot + offset + perDay) % perDay;
      const at = layout.day + slot;
      body[layout.daySeen + slot] += weight;
      const count = body[layout.daySeen + slot];
      const gain = Math.max(weight / (count + 0.5 * weight), (DAY_GAIN * weight) / ((reach + 1) * perSlot));
      body[at] += Math.min(1, gain) * Math.max(-most, Math.min(most, target - body[at]));
    }
    const at = layout.week + this.#weekCell;
    const count = ++body[layout.weekSeen + this.#weekCell];
    const residual = value - state[layout.levels + 3 * LEVELS - 1] - body[layout.day + this.#daySlot] - body[at];
    const gain = Math.max(1 / (count + 2 * perCell), WEEK_GAIN / perCell);
    body[at] += gain * Math.max(-most, Math.min(most, residual));
  }

  /** Weights in the tails grow; a power of two keeps their ratios to the last bit. */
  #rescaleTails(): void {
    const { body, layout, state } = this;
    for (let i = layout.tails; i < body.length; i++) body[i] /= RESCALE;
    state[UNIT] /= RESCALE;
  }
}
