import { type Scattered, slackOf } from './dispersion.js';

/** Groups of which one mean is so many times another are gone through count by count. */
const MOST_APART = 1.5;
/** But for those whose means are so small that all counts weigh nearly alike: of their greatest 1/w − 1 = 2 μ (1 + phi)² is twice that. */
const QUIET = 0.1;

/** Sums of {@link Scattered.addUp}, and what they are made of. */
export interface DispersionSums {
  s22: number;
  s23: number;
  s33: number;
  b2: number;
  b3: number;
}

/**
 * Counts held against their means, by groups of much the same mean: those of one place in the week, in all weeks. By how they
 * scatter they are weighed group by group, as their mean says. Count by count go only groups that may hold an outlier, or
 * whose means are far apart: a quarter of the arithmetic of weighing each.
 */
export abstract class GroupedCounts implements Scattered {
  /** `[groups]` each: the mean of a count, and the relative variance of that, which is not the counts' scatter. */
  protected readonly mean: Float64Array;
  protected readonly known: Float64Array;
  /** The least mean, see {@link leastOf}. */
  protected readonly least: Float64Array;
  /** Sums of the means and of their squares, and what Poisson's law and what is not known of the means make of the squares below. */
  protected readonly means: Float64Array;
  protected readonly squares: Float64Array;
  protected readonly due: Float64Array;
  /** The sum of the squares of y − mean, enlarged by 1/(1 − pull)². */
  protected readonly offs: Float64Array;
  /** Working space of addUp: groups to be gone through. */
  readonly #doubtful: Int32Array;
  readonly #sums: DispersionSums = { s22: 0, s23: 0, s33: 0, b2: 0, b3: 0 };

  constructor(groups: number) {
    const column = () => new Float64Array(groups);
    this.mean = column();
    this.known = column();
    this.least = column();
    this.means = column();
    this.squares = column();
    this.due = column();
    this.offs = column();
    this.#doubtful = new Int32Array(groups + 1);
  }

  /** Adds up the counts of a group one by one, as Residuals does. */
  protected abstract addEach(group: number, terms: EachTerms, sums: DispersionSums): void;

  /** The least mean of a group; of one whose means are far apart, NaN. @param perCall 1 + phi, as it is known so far */
  protected leastOf(least: number, most: number, perCall: number): number {
    return most <= MOST_APART * least || most * perCall * perCall <= QUIET ? least : Number.NaN;
  }

  addUp(phi: number, alpha: number, cap: number, out: Float64Array): void {
    const { mean, known, least, means, squares, due, offs } = this;
    const doubtful = this.#doubtful;
    let s22 = 0;
    let s23 = 0;
    let s33 = 0;
    let b2 = 0;
    let b3 = 0;
    let doubts = 0;
    const perCall = 1 + phi;
    const slack = slackOf(phi);
    for (let g = 0; g < mean.length; g++) {
      const m = mean[g];
      const low = least[g];
      const relative = perCall + (alpha + known[g]) * m;
      // Of counts that are together within the cap none is beyond. To go through them in here would leave no number in a
      // register (Node 20): twice the time.
      doubtful[doubts] = g;
      doubts += offs[g] <= cap * low * (perCall + alpha * low) + slack ? 0 : 1;
      // 1/(2 variance² + μ) with a μ taken out, as in Residuals.
      const w = 1 / (2 * relative * relative * m + 1);
      const d = w * (offs[g] - due[g]);
      const weighed = w * squares[g];
      s22 += w * means[g];
      s23 += weighed;
      s33 += weighed * m;
      b2 += d;
      b3 += m * d;
    }
    const sums = this.#sums;
    sums.s22 = s22;
    sums.s23 = s23;
    sums.s33 = s33;
    sums.b2 = b2;
    sums.b3 = b3;
    const terms = { perCall, alpha, cap, slack };
    for (let i = 0; i < doubts; i++) {
      const g = doubtful[i];
      const m = mean[g];
      const relative = perCall + (alpha + known[g]) * m;
      const w = 1 / (2 * relative * relative * m + 1);
      const d = w * (offs[g] - due[g]);
      sums.s22 -= w * means[g];
      sums.s23 -= w * squares[g];
      sums.s33 -= w * squares[g] * m;
      sums.b2 -= d;
      sums.b3 -= m * d;
      this.addEach(g, terms, sums);
    }
    out[0] = sums.s22;
    out[1] = sums.s23;
    out[2] = sums.s33;
    out[3] = sums.b2;
    out[4] = sums.b3;
  }
}

/** What counts are weighed by: 1 + phi, alpha, and the greatest square, in variances and beside them. */
export interface EachTerms {
  readonly perCall: number;
  readonly alpha: number;
  readonly cap: number;
  readonly slack: number;
}

/** Adds up `times` counts alike. @param square enlarged, of y − m @param known relative variance of m */
export function addCounts(
  sums: DispersionSums,
  { perCall, alpha, cap, slack }: EachTerms,
  times: number,
  m: number,
  square: number,
  known: number,
): void {
  const relative = perCall + (alpha + known) * m;
  const most = cap * relative * m + slack;
  const d = (square < most ? square : most) - m - known * m * m;
  const w = times / (2 * m * relative * relative + 1);
  const wm = w * m;
  sums.s22 += wm;
  sums.s23 += wm * m;
  sums.s33 += wm * m * m;
  sums.b2 += w * d;
  sums.b3 += wm * d;
}

/**
 * A count pulls at the mean that it is held against, by what its calls are worth as independent ones over all that its cell rests
 * on: its residual is enlarged by 1/(1 − pull).
 */
export interface Pull {
  /** 1 + phi and alpha of what counts are known to scatter by. */
  readonly perCall: number;
  readonly alpha: number;
  /** The greatest pull. */
  readonly most: number;
}

/** By what the square of a residual is enlarged. @param variance relative, of the profile */
export function enlargedBy(m: number, variance: number, { perCall, alpha, most }: Pull): number {
  const scatter = perCall + alpha * m;
  const pull = variance * m;
  const by = pull < most * scatter ? scatter / (scatter - pull) : 1 / (1 - most);
  return by * by;
}
