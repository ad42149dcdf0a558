import type { Dispersion } from '../dispersion.js';
import {
  addCounts,
  type DispersionSums,
  type EachTerms,
  enlargedBy,
  GroupedCounts,
  type Pull,
} from '../grouped-counts.js';
import type { HourLayout } from './hour-layout.js';
import type { HourlyCalls } from './hourly-calls.js';
import type { Training } from './training-layout.js';

/** The counts of a row of few calls by the hours of the week: buckets without a call piece by piece, and its calls. */
export class HourCounts extends GroupedCounts {
  /** `[pieces]`: the mean of a bucket of each. */
  readonly pieceMean: Float64Array;
  /** `[hours]`: buckets. */
  readonly #times: Float64Array;
  readonly #row: HourlyCalls;
  /** `[hours]`: the last event of each, −1 without one; `[n]`: the one before it there. */
  readonly #last: Int32Array;
  readonly #before: Int32Array;
  #layout: HourLayout | undefined;
  /** Relative variance of the levels, and which each piece has. */
  #known: Float64Array | undefined;
  #at: Int32Array;
  #pull: Pull = { perCall: 1, alpha: 0, most: 0 };

  constructor(row: HourlyCalls, length: number) {
    const hours = row.profile.shape.length;
    super(hours);
    this.pieceMean = new Float64Array(length);
    this.#row = row;
    this.#times = new Float64Array(hours);
    this.#last = new Int32Array(hours);
    this.#before = new Int32Array(row.calls.length);
    this.#at = this.#before;
  }

  /** As SlotCounts.gather has it, by hours whose slots all have the same mean. @param at which level each piece has */
  gather(
    { hours }: Training,
    at: Int32Array,
    levelOf: Float64Array,
    known: Float64Array | undefined,
    { phi, alpha }: Dispersion,
    most: number,
  ): void {
    const { mean, least, means, squares, due, offs, pieceMean } = this;
    const { shape, variance } = this.#row.profile;
    const { n, piece, calls, empty } = this.#row;
    const { hourOf, buckets } = hours;
    const doubts = this.known;
    const times = this.#times;
    this.#layout = hours;
    this.#pull = { perCall: 1 + phi, alpha, most };
    this.#known = known;
    this.#at = at;
    // Hour by hour, the sums in registers: piece by piece, with six sums in memory, it took twice as long (Node 20).
    const { hourFrom, byHour } = hours;
    for (let hour = 0; hour < mean.length; hour++) {
      const own = shape[hour];
      let all = 0;
      let sum = 0;
      let square = 0;
      let doubt = 0;
      let off = 0;
      let low = Number.POSITIVE_INFINITY;
      let high = 0;
      for (let i = hourFrom[hour]; i < hourFrom[hour + 1]; i++) {
        const p = byHour[i];
        const m = levelOf[at[p]] * own;
        const each = buckets[p];
        const weight = m * m;
        pieceMean[p] = m;
        all += each;
        sum += each * m;
        square += each * weight;
        if (known !== undefined) doubt += each * weight * known[at[p]];
        off += empty[p] * weight;
        low = m < low ? m : low;
        high = m > high ? m : high;
      }
      times[hour] = all;
      means[hour] = sum;
      squares[hour] = square;
      doubts[hour] = doubt > 0 ? doubt / square : 0;
      offs[hour] = off;
      least[hour] = this.leastOf(low, high, 1 + phi);
    }
    const last = this.#last.fill(-1);
    for (let e = 0; e < n; e++) {
      const hour = hourOf[piece[e]];
      const off = calls[e] - pieceMean[piece[e]];
      offs[hour] += off * off;
      this.#before[e] = last[hour];
      last[hour] = e;
    }
    for (let hour = 0; hour < mean.length; hour++) {
      const m = times[hour] > 0 ? means[hour] / times[hour] : 0;
      mean[hour] = m;
      due[hour] = means[hour] + doubts[hour] * squares[hour];
      offs[hour] *= enlargedBy(m, variance[hour], this.#pull);
    }
  }

  protected addEach(hour: number, terms: EachTerms, sums: DispersionSums): void {
    const { piece, calls, empty } = this.#row;
    const { pieceMean } = this;
    const { hourFrom, byHour } = this.#layout as HourLayout;
    const variance = this.#row.profile.variance[hour];
    for (let i = hourFrom[hour]; i < hourFrom[hour + 1]; i++) {
      const p = byHour[i];
      const m = pieceMean[p];
      addCounts(sums, terms, empty[p], m, m * m * enlargedBy(m, variance, this.#pull), this.#knownOf(p));
    }
    for (let e = this.#last[hour]; e >= 0; e = this.#before[e]) {
      const m = pieceMean[piece[e]];
      const off = calls[e] - m;
      addCounts(sums, terms, 1, m, off * off * enlargedBy(m, variance, this.#pull), this.#knownOf(piece[e]));
    }
  }

  #knownOf(p: number): number {
    return this.#known === undefined ? 0 : this.#known[this.#at[p]];
  }
}
