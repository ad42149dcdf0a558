import type { Dispersion } from '../dispersion.js';
import {
  addCounts,
  type DispersionSums,
  type EachTerms,
  enlargedBy,
  GroupedCounts,
  type Pull,
} from '../grouped-counts.js';
import type { Profile } from '../week-profile.js';
import type { HourLayout } from './hour-layout.js';
import type { Training } from './training-layout.js';

/** The levels that a row's counts are held against: of days, or of blocks. */
export interface Levels {
  readonly of: Float64Array;
  /** Relative variance of each; none where the level is that of the history itself. */
  readonly known?: Float64Array;
  /** Which of them each piece has, and each count slot by slot. */
  readonly at: Int32Array;
  readonly atBySlot: Int32Array;
}

/** `[hours of the week]` each: of the levels of whole hours Σ level and Σ level²; the mean of all, what is not known of it, the least and the greatest. */
interface HourLevels {
  readonly sum: Float64Array;
  readonly square: Float64Array;
  readonly mean: Float64Array;
  readonly known: Float64Array;
  readonly least: Float64Array;
  readonly most: Float64Array;
}

/**
 * The counts of a row slot by slot, as {@link Training.bySlot} has them, against level · shape. The squares of what they are off
 * by follow from sums: Σ (y − l s)² = Σ y² − 2 s Σ l y + s² Σ l², of which a pass over all buckets is needed for Σ l y alone.
 */
export class SlotCounts extends GroupedCounts {
  readonly calls: Float64Array;
  /** `[slots]` each: sums of the counts and of their squares, and the greatest. */
  readonly sums: Float64Array;
  readonly callSquares: Float64Array;
  readonly most: Float64Array;
  /** `[slots]`: Σ level · calls, and by what squares are enlarged. */
  readonly #cross: Float64Array;
  readonly #enlarged: Float64Array;
  readonly #hours: HourLevels;
  /** What was gathered last. */
  #shape: Float64Array = new Float64Array(0);
  #variance = this.#shape;
  #levels: Levels | undefined;
  #pull: Pull = { perCall: 1, alpha: 0, most: 0 };
  #from: Int32Array = new Int32Array(0);
  #to: Int32Array = this.#from;

  constructor(length: number, perWeek: number) {
    super(perWeek);
    const week = () => new Float64Array(perWeek);
    this.calls = new Float64Array(length);
    this.sums = week();
    this.callSquares = week();
    this.most = week();
    this.#cross = week();
    this.#enlarged = week();
    this.#hours = { sum: week(), square: week(), mean: week(), known: week(), least: week(), most: week() };
  }

  /** @param packed calls in the order of time, those that the training leaves out at the front among them */
  take(packed: Float64Array, { bySlot, slotFrom, slotTo }: Training): void {
    const { calls, sums, callSquares, most } = this;
    this.#from = slotFrom;
    this.#to = slotTo;
    for (let j = 0; j < bySlot.length; j++) calls[j] = packed[bySlot[j]];
    for (let s = 0; s < slotFrom.length; s++) {
      let sum = 0;
      let square = 0;
      let high = 0;
      // The greater of two numbers without a branch, which would be guessed wrong every other time, two counts at a time, or
      // each would wait for the one before.
      let j = slotFrom[s];
      for (; j + 1 < slotTo[s]; j += 2) {
        const y = calls[j];
        const next = calls[j + 1];
        sum += y + next;
        square += y * y + next * next;
        const top = 0.5 * (y + next + Math.abs(y - next));
        high = 0.5 * (high + top + Math.abs(high - top));
      }
      if (j < slotTo[s]) {
        const y = calls[j];
        sum += y;
        square += y * y;
        high = 0.5 * (high + y + Math.abs(high - y));
      }
      sums[s] = sum;
      callSquares[s] = square;
      most[s] = high;
    }
  }

  /**
   * Holds all counts against level · shape.
   * @param packed calls of the training in the order of time
   */
  gather(
    { shape, variance }: Profile,
    packed: Float64Array,
    training: Training,
    levels: Levels,
    { phi, alpha }: Dispersion,
    most: number,
  ): void {
    this.#shape = shape;
    this.#variance = variance;
    this.#levels = levels;
    this.#pull = { perCall: 1 + phi, alpha, most };
    sumCross(packed, training, levels, this.#cross);
    sumLevels(training.hours, levels, this.#hours);
    this.#settle(training.hours.each);
    this.#addPartial(training, levels);
  }

  #settle(each: number): void {
    const { mean, known, least, means, squares, due, offs, callSquares } = this;
    const shape = this.#shape;
    const cross = this.#cross;
    const enlarged = this.#enlarged;
    const hours = this.#hours;
    const variance = this.#variance;
    const { perCall, alpha, most } = this.#pull;
    const byMost = 1 / ((1 - most) * (1 - most));
    for (let hour = 0, s = 0; s < shape.length; hour++) {
      const sum = hours.sum[hour];
      const levelSquares = hours.square[hour];
      const level = hours.mean[hour];
      const doubt = hours.known[hour];
      const low = hours.least[hour];
      const high = hours.most[hour];
      for (const end = s + each; s < end; s++) {
        const own = shape[s];
        const m = own * level;
        const all = own * sum;
        const square = own * own * levelSquares;
        // As enlargedBy has it, which is not inlined here (Node 20).
        const scatter = perCall + alpha * m;
        const pull = variance[s] * m;
        const by = scatter / (scatter - pull);
        const enlarge = pull < most * scatter ? by * by : byMost;
        mean[s] = m;
        known[s] = doubt;
        least[s] = this.leastOf(own * low, own * high, perCall);
        means[s] = all;
        squares[s] = square;
        due[s] = all + doubt * square;
        enlarged[s] = enlarge;
        offs[s] = enlarge * (callSquares[s] - 2 * own * cross[s] + square);
      }
    }
  }

  /** What pieces that are no whole hours have of levels. */
  #addPartial({ pieceFrom, pieceSlot, hours: { partial } }: Training, { of, at }: Levels): void {
    const { known, means, squares, due, offs } = this;
    const shape = this.#shape;
    const enlarged = this.#enlarged;
    for (const p of partial) {
      const level = of[at[p]];
      const from = pieceSlot[p];
      const end = from + pieceFrom[p + 1] - pieceFrom[p];
      for (let s = from; s < end; s++) {
        const m = level * shape[s];
        means[s] += m;
        squares[s] += m * m;
        due[s] += m + known[s] * m * m;
        offs[s] += enlarged[s] * m * m;
      }
    }
  }

  /** The sum of the squares of what the counts of a slot are off by. */
  offAt(slot: number): number {
    return this.offs[slot] / this.#enlarged[slot];
  }

  /** The least mean that a count of a slot was held against. @param each slots of an hour */
  leastMeanAt(slot: number, each: number): number {
    return this.#hours.least[Math.floor(slot / each)] * this.#shape[slot];
  }

  /** The mean that a count was held against. */
  meanAt(j: number, slot: number): number {
    const { of, atBySlot } = this.#levels as Levels;
    return of[atBySlot[j]] * this.#shape[slot];
  }

  protected addEach(slot: number, terms: EachTerms, sums: DispersionSums): void {
    const { calls } = this;
    const { of, known, atBySlot } = this.#levels as Levels;
    const own = this.#shape[slot];
    const variance = this.#variance[slot];
    for (let j = this.#from[slot]; j < this.#to[slot]; j++) {
      const m = of[atBySlot[j]] * own;
      const off = calls[j] - m;
      const square = off * off * enlargedBy(m, variance, this.#pull);
      addCounts(sums, terms, 1, m, square, known === undefined ? 0 : known[atBySlot[j]]);
    }
  }
}

/** Σ level · calls by slot. */
function sumCross(
  packed: Float64Array,
  { pieces, pieceFrom, pieceSlot }: Training,
  { of, at }: Levels,
  cross: Float64Array,
): void {
  cross.fill(0);
  for (let p = 0, k = 0; p < pieces; p++) {
    const end = pieceFrom[p + 1];
    const level = of[at[p]];
    for (let s = pieceSlot[p]; k < end; k++, s++) cross[s] += level * packed[k];
  }
}

function sumLevels(
  { hourFrom, byHour, isPartial, buckets }: HourLayout,
  { of, known, at }: Levels,
  { sum, square, mean, known: doubts, least, most }: HourLevels,
): void {
  for (let hour = 0; hour + 1 < hourFrom.length; hour++) {
    const first = hourFrom[hour];
    let whole = 0;
    let wholeSquare = 0;
    let times = 0;
    let all = 0;
    let allSquare = 0;
    let doubt = 0;
    let low = first < hourFrom[hour + 1] ? of[at[byHour[first]]] : 0;
    let high = low;
    for (let i = first; i < hourFrom[hour + 1]; i++) {
      const p = byHour[i];
      const level = of[at[p]];
      if (isPartial[p] === 0) {
        whole += level;
        wholeSquare += level * level;
      }
      times += buckets[p];
      all += buckets[p] * level;
      allSquare += buckets[p] * level * level;
      if (known !== undefined) doubt += buckets[p] * known[at[p]] * level * level;
      low = 0.5 * (low + level - Math.abs(low - level));
      high = 0.5 * (high + level + Math.abs(high - level));
    }
    sum[hour] = whole;
    square[hour] = wholeSquare;
    mean[hour] = times > 0 ? all / times : 0;
    doubts[hour] = doubt > 0 ? doubt / allSquare : 0;
    least[hour] = low;
    most[hour] = high;
  }
}
