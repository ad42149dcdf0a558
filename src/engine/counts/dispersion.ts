/** How counts scatter about their mean μ: variance μ (1 + phi) + alpha μ². */
export interface Dispersion {
  /** Batchiness: calls that come several at a time (retries, pages) add phi · μ. */
  readonly phi: number;
  /** Load noise that multiplies: adds alpha · μ². */
  readonly alpha: number;
}

/** What counts are taken to scatter by before a series has shown its own: half a call a call in batches, a little load noise. */
export const PRIOR: Dispersion = { phi: 0.5, alpha: 0.02 };
/**
 * Precision of the prior on each. phi's is worth some nine calls; alpha's some twenty busy buckets with a scatter of 5 %,
 * which also sees to it that in a sparse series, where the two cannot be separated, phi takes it all: sparse calls
 * cluster, they do not swell.
 */
export const PHI_PRECISION = 9;
const ALPHA_PRECISION = 20 / (2 * 0.05 * 0.05);

/** Variances of a count that are as near as this are the same for whatever is weighed by them. */
const ALIKE = 0.05;

/** Rounds that move the variance of a count by no more than this leave nothing to the next. */
const SETTLED = 0.01;

/** Whether two ways to scatter are hardly different for counts of a mean. @param near by how much variances may differ */
export function areAlike(a: Dispersion, b: Dispersion, mean: number, near = ALIKE): boolean {
  const ratio = (1 + a.phi + a.alpha * mean) / (1 + b.phi + b.alpha * mean);
  return ratio > 1 - near && ratio < 1 + near;
}

/** What phi and alpha are fitted to. */
export interface Scattered {
  /**
   * Adds up all entries as they weigh by a phi and an alpha.
   * @param cap in variances, to which each square is held
   * @param sums where Σ w μ, Σ w μ², Σ w μ³, and Σ w d, Σ w μ d are written, d being a square's departure from Poisson's
   */
  addUp(phi: number, alpha: number, cap: number, sums: Float64Array): void;
}

/** Counts and their means, in columns of which the first `n` entries count. */
export class Residuals implements Scattered {
  n = 0;
  /** Every how many entries one is looked at. */
  every = 1;
  /** Calls; the fit of phi and alpha does not look at them. */
  readonly y: Float64Array;
  /** Fitted means. */
  readonly mu: Float64Array;
  /** Squares of y − μ. */
  readonly square: Float64Array;
  /** Relative variance of the mean itself, which is not the counts' scatter. */
  readonly known: Float64Array;

  constructor(length: number) {
    const column = () => new Float64Array(length);
    this.y = column();
    this.mu = column();
    this.square = column();
    this.known = column();
  }

  addUp(phi: number, alpha: number, cap: number, sums: Float64Array): void {
    const { mu, square, known, n, every } = this;
    let s22 = 0;
    let s23 = 0;
    let s33 = 0;
    let b2 = 0;
    let b3 = 0;
    const slack = slackOf(phi);
    for (let i = 0; i < n; i += every) {
      const m = mu[i];
      // Of the variance, of a square's departure from Poisson's, and of 1/(2 variance² + μ), which is its weight, a μ each
      // is taken out, so that one division an entry is left.
      const relative = 1 + phi + (alpha + known[i]) * m;
      const d = Math.min(square[i], cap * relative * m + slack) - m - known[i] * m * m;
      const w = 1 / (2 * m * relative * relative + 1);
      const wm = w * m;
      s22 += wm;
      s23 += wm * m;
      s33 += wm * m * m;
      b2 += w * d;
      b3 += wm * d;
    }
    sums[0] = s22;
    sums[1] = s23;
    sums[2] = s33;
    sums[3] = b2;
    sums[4] = b3;
  }
}

/** Sums that phi and alpha follow from, see {@link Scattered}. */
const SUMS = 5;

/**
 * phi and alpha of one series by weighted least squares of (y − μ)² − μ − known·μ² on μ and μ², both kept ≥ 0.
 * A square counts at most `cap` variances, and a batch or two where calls are few: an incident must not widen the band that is to catch it.
 * @param cap in variances: 12 for single buckets, less for windows, of which an incident of a day is one in forty
 * @param overlap how many entries share most of their calls (rolling sums): they are one witness
 * @param near what phi and alpha are known to be near: two rounds from there do what three from the prior do; one does not (a weekly
 *   job of four weeks, and jobs that straddle an edge, came out otherwise)
 */
export function fitDispersion(
  found: Scattered,
  prior: Dispersion = PRIOR,
  overlap = 1,
  cap = 12,
  near?: Dispersion,
): Dispersion {
  let { phi, alpha } = near ?? prior;
  const sums = new Float64Array(SUMS);
  // The weights and the cap depend on the variance sought: three rounds settle it, and mostly two.
  for (let left = near === undefined ? 3 : 2; left > 0; left--) {
    const before = phi;
    const alphaBefore = alpha;
    found.addUp(phi, alpha, cap, sums);
    const s22 = sums[0] / overlap + PHI_PRECISION;
    const s23 = sums[1] / overlap;
    const s33 = sums[2] / overlap + ALPHA_PRECISION;
    const b2 = sums[3] / overlap + PHI_PRECISION * prior.phi;
    const b3 = sums[4] / overlap + ALPHA_PRECISION * prior.alpha;
    const determinant = s22 * s33 - s23 * s23;
    const typical = sums[1] > 0 ? sums[2] / sums[1] : 0;
    phi = (b2 * s33 - b3 * s23) / determinant;
    alpha = (s22 * b3 - s23 * b2) / determinant;
    if (!(alpha >= 0)) {
      alpha = 0;
      phi = b2 / s22;
    }
    if (!(phi >= 0)) {
      phi = 0;
      alpha = Math.max(0, b3 / s33);
    }
    phi = Math.min(phi, 1e4);
    // Below 1e-4 no history is long enough to show it; a little keeps the size of the distribution finite.
    alpha = Math.min(Math.max(alpha, 1e-4), 10);
    const variance = 1 + phi + alpha * typical;
    if (Math.abs(phi - before) + Math.abs(alpha - alphaBefore) * typical <= SETTLED * variance) break;
  }
  return { phi, alpha };
}

/**
 * Where a call is rare, one batch of them is no outlier: some half as large again as what calls come in, by what is known so
 * far. Twice as large would find more of such scatter, and take bursts of rare control-plane calls for it: of those in
 * fleets' histories one in ten of the next was missed.
 */
export function slackOf(phi: number): number {
  return 3 + 2 * (1 + phi) * (1 + phi);
}
