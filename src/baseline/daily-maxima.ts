import { logLowerTail, logUpperTail } from '../stats/negative-binomial.js';

/** The largest −ln p of each day, on both sides. */
export class DailyMaxima {
  /** `[days]` */
  readonly above: Float64Array;
  readonly below: Float64Array;
  /** `[days]`: the squares of the furthest z so far, lowered to where the exact tail is asked for. */
  readonly highest: Float64Array;
  readonly lowest: Float64Array;

  constructor(days: number) {
    this.above = new Float64Array(days);
    this.below = new Float64Array(days);
    this.highest = new Float64Array(days);
    this.lowest = new Float64Array(days);
  }

  clear(): void {
    this.above.fill(0);
    this.below.fill(0);
    this.highest.fill(NEAR_ABOVE);
    this.lowest.fill(NEAR_BELOW);
  }

  /**
   * True of what can be no day's furthest: nine counts in ten are well inside, z < 1.5 above or z > −1 below, and need
   * neither root, division nor tail. The exact tail is asked for only where z is near the day's furthest (0.8 of it): the
   * furthest p is nearly always one of those. Of no calls where m are expected, −ln p is m at most.
   */
  isInside(day: number, y: number, mean: number, variance: number): boolean {
    const off = y - mean;
    if (off > 0) return off * off <= this.highest[day] * variance;
    if (y === 0) return mean <= this.below[day] || off * off <= NEAR_BELOW * variance;
    return off * off <= this.lowest[day] * variance;
  }

  /**
   * Takes in a count that is not inside.
   * @param relative 1/size of the negative binomial: its variance is mean + relative · mean²
   */
  add(day: number, y: number, mean: number, relative: number): void {
    const off = y - mean;
    const near = (NEAR * NEAR * off * off) / (mean + relative * mean * mean);
    if (off > 0) {
      this.above[day] = Math.max(this.above[day], -logUpperTail(y, mean, 1 / relative));
      this.highest[day] = Math.max(this.highest[day], near);
    } else {
      this.below[day] = Math.max(this.below[day], -logLowerTail(y, mean, 1 / relative));
      this.lowest[day] = Math.max(this.lowest[day], near);
    }
  }
}

const NEAR = 0.8;
const NEAR_ABOVE = 1.5 * 1.5;
const NEAR_BELOW = 1;
