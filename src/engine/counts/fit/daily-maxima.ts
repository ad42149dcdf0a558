import { logLowerTail, logUpperTail, logZero } from '../../../stats/negative-binomial.js';

/** z² from which on a count may be its day's furthest: z > 1.5 above, z < −1 below. Nine in ten are well inside. */
const ABOVE_FROM = 1.5 * 1.5;
const BELOW_FROM = 1;
/** Counts nearer than this to the day's furthest z are looked at: the furthest p is nearly always one of those. */
const NEAR = 0.9;
/** How many counts wait at most for the furthest of their day to be known. */
const WAITING = 256;

/** One side of the counts: of each day the one that is most surprising. */
class Side {
  /** `[days]`: its −ln p by {@link quickNats}; 0 of a day on which every count is well inside. */
  readonly quick: Float64Array;
  /** `[days]`: squares of z, in variances, up to which a count need not be looked at. */
  readonly screen: Float64Array;
  /** `[days]`: its slot of the week, where it was given. */
  readonly slot: Int32Array;
  readonly #y: Float64Array;
  readonly #mean: Float64Array;
  readonly #relative: Float64Array;

  constructor(days: number) {
    const column = () => new Float64Array(days);
    this.quick = column();
    this.screen = column();
    this.slot = new Int32Array(days);
    this.#y = column();
    this.#mean = column();
    this.#relative = column();
  }

  keep(day: number, quick: number, y: number, mean: number, relative: number, slot: number): void {
    this.quick[day] = quick;
    this.slot[day] = slot;
    this.#y[day] = y;
    this.#mean[day] = mean;
    this.#relative[day] = relative;
  }

  /** −ln p of a day's most surprising count. */
  nats(day: number): number {
    return this.quick[day] === 0 ? 0 : exactNats(this.#y[day], this.#mean[day], this.#relative[day]);
  }
}

/** Counts of one day that may be its most surprising: their figures, five to a count. */
class Waiting {
  n = 0;
  day = -1;
  readonly y = new Float64Array(WAITING);
  readonly mean = new Float64Array(WAITING);
  readonly relative = new Float64Array(WAITING);
  readonly square = new Float64Array(WAITING);
  readonly slot = new Int32Array(WAITING);
}

/**
 * The most surprising count of each day, on both sides. The exact tail takes 0.5 µs, and some 1,300 counts a row are not far from
 * their day's furthest, windows that overlap being alike. A quick figure says which is the furthest; the tail is taken only of days
 * by which a tail is measured: 16 a row. And the quick figure waits until the furthest z of the day is known: most counts that were the
 * furthest for a while are not near it.
 */
export class DailyMaxima {
  readonly above: Side;
  readonly below: Side;
  /**
   * `[days]`: the lesser of both sides' screens. Asked first, it lets most counts go without a look at which side they are on,
   * which a processor guesses wrong every other time.
   */
  readonly screen: Float64Array;
  readonly #waiting = new Waiting();

  constructor(days: number) {
    this.above = new Side(days);
    this.below = new Side(days);
    this.screen = new Float64Array(days);
  }

  clear(): void {
    this.screen.fill(Math.min(ABOVE_FROM, BELOW_FROM));
    this.above.screen.fill(ABOVE_FROM);
    this.below.screen.fill(BELOW_FROM);
    this.above.quick.fill(0);
    this.below.quick.fill(0);
    this.#waiting.n = 0;
  }

  /**
   * Takes in a count; those whose (y − mean)² is at most `screen` variances need not come. See {@link settle}.
   * @param relative 1/size of the negative binomial: its variance is mean + relative · mean²
   * @param slot of the week, of a single bucket
   */
  add(day: number, y: number, mean: number, relative: number, slot = 0): void {
    const waiting = this.#waiting;
    if (waiting.day !== day || waiting.n === WAITING) {
      this.settle();
      waiting.day = day;
    }
    const off = y - mean;
    const square = (off * off) / (mean + relative * mean * mean);
    const side = off > 0 ? this.above : this.below;
    // No calls are always looked at: of quiet days they are the furthest, whatever their z.
    if (off > 0 || y > 0) {
      side.screen[day] = Math.max(side.screen[day], NEAR * NEAR * square);
      this.screen[day] = Math.min(this.above.screen[day], this.below.screen[day]);
    }
    const at = waiting.n++;
    waiting.y[at] = y;
    waiting.mean[at] = mean;
    waiting.relative[at] = relative;
    waiting.square[at] = square;
    waiting.slot[at] = slot;
  }

  /** To be called when all counts are in: looks at those that wait. */
  settle(): void {
    const { n, day, y: counts, mean: means, relative: relatives, square, slot } = this.#waiting;
    this.#waiting.n = 0;
    for (let i = 0; i < n; i++) {
      const y = counts[i];
      const mean = means[i];
      const side = y > mean ? this.above : this.below;
      // Of no calls where m are expected, −ln p is m at most.
      if (y > 0 ? square[i] < side.screen[day] : mean <= side.quick[day]) continue;
      const quick = quickNats(y, mean, relatives[i]);
      if (quick > side.quick[day]) side.keep(day, quick, y, mean, relatives[i], slot[i]);
    }
  }
}

/**
 * −ln p, mostly to 1 % of p and always to 10 %: the saddlepoint approximation of Lugannani and Rice (1980) for a lattice (Daniels 1987), the normal
 * law's own tail by Sampford's bound (1953).
 */
function quickNats(y: number, mean: number, relative: number): number {
  // A clipped sum below one is no point of the lattice.
  if (y < 1) return y === 0 ? -logZero(mean, 1 / relative) : exactNats(y, mean, relative);
  const own = 1 + relative * mean;
  const at = 1 + relative * y;
  const deviance = y * Math.log(y / mean) - (y + 1 / relative) * Math.log(at / own);
  const w = Math.sqrt(2 * deviance);
  const tilt = (y * own) / (mean * at);
  const u = (1 - (tilt < 1 ? tilt : 1 / tilt)) * Math.sqrt(y * at);
  const normal = 4 / (3 * w + Math.sqrt(w * w + 8));
  const tail = normal + 1 / u - 1 / w;
  // Of very long-tailed laws (sparse, batchy series) it is no approximation; there such counts are few.
  return tail > 0.5 * normal ? deviance + HALF_LOG_TWO_PI - Math.log(tail) : exactNats(y, mean, relative);
}

function exactNats(y: number, mean: number, relative: number): number {
  return -(y > mean ? logUpperTail(y, mean, 1 / relative) : logLowerTail(y, mean, 1 / relative));
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
