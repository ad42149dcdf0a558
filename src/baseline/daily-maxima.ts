import { logLowerTail, logUpperTail } from '../stats/negative-binomial.js';

/** The largest −ln p of each day, on both sides. */
export class DailyMaxima {
  /** `[days]` */
  readonly above: Float64Array;
  readonly below: Float64Array;
  readonly #highest: Float64Array;
  readonly #lowest: Float64Array;

  constructor(days: number) {
    this.above = new Float64Array(days);
    this.below = new Float64Array(days);
    this.#highest = new Float64Array(days);
    this.#lowest = new Float64Array(days);
  }

  /** @param relative 1/size of the negative binomial: its variance is mean + relative · mean² */
  add(day: number, y: number, mean: number, relative: number): void {
    const off = y - mean;
    const variance = mean + relative * mean * mean;
    const square = off * off;
    // Nine counts in ten are well inside, and need neither root nor tail: z > 1.5 above, z < −1 below.
    if (square <= variance || (off > 0 && square <= 2.25 * variance)) return;
    const z = off / Math.sqrt(variance);
    // The exact tail only where z is near the day's furthest: the furthest p is nearly always one of those.
    if (z > 0) {
      if (z <= 0.8 * this.#highest[day]) return;
      this.above[day] = Math.max(this.above[day], -logUpperTail(y, mean, 1 / relative));
      this.#highest[day] = Math.max(this.#highest[day], z);
    } else if (y === 0 || z < 0.8 * this.#lowest[day]) {
      this.below[day] = Math.max(this.below[day], -logLowerTail(y, mean, 1 / relative));
      this.#lowest[day] = Math.min(this.#lowest[day], z);
    }
  }
}
