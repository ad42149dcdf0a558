import type { Dispersion } from './dispersion.js';
import { isFew } from './few-weeks.js';

/** The cells of one tier of the hierarchy: what they hold, then what {@link Shrinkage} makes of it. */
export interface Tier {
  readonly calls: Float64Array;
  /** Calls that the parent's rate would have given on the same exposure. */
  readonly expected: Float64Array;
  /** Occurrences. */
  readonly n: Float64Array;
  /** Posterior mean over the parent's; the weight that is still on the parent; the cell's own relative variance. */
  readonly ratio: Float64Array;
  readonly own: Float64Array;
  readonly variance: Float64Array;
}

export function emptyTier(cells: number): Tier {
  const column = () => new Float64Array(cells);
  return { calls: column(), expected: column(), n: column(), ratio: column(), own: column(), variance: column() };
}

export function clearTier({ calls, expected, n }: Tier): void {
  calls.fill(0);
  expected.fill(0);
  n.fill(0);
}

/** What differs from tier to tier. */
export interface ShrinkRules {
  /** Relative variance granted at least to a cell that the history has not seen. */
  readonly unseen?: number;
  /** Occurrences that a cell must have before it may differ from its parent. */
  readonly witnesses?: number;
  /** Sums of the squared counts: cells are weighed by how their own counts scatter. */
  readonly squares?: Float64Array | undefined;
}

const LEAST_S2 = 1e-6;
const MOST_S2 = 100;
const LEAST_CALLS = 0.1;
/**
 * A cell of few weeks that leaves its parent so far behind (standard deviations, and calls) is a habit of its own: how much it differs
 * is for itself to say, and its prior is as wide as that takes.
 */
const APART_SDS = 4;
const APART_SLACK = 4;
const LEAST_OWN = 1e-6;

/**
 * Draws the cells of a tier towards their parents. A cell's rate relative to its parent's has a gamma prior of mean 1 and
 * precision a0 = 1/s²; given c calls where the parent's rate would have given m its posterior mean is
 * (f c + a0) / (f m + a0), with relative variance 1 / (f c + a0). The factor f = 1 / (1 + phi + alpha c/n) turns
 * over-dispersed calls into the independent ones they are worth. Holds the working space, for tiers of so many cells.
 */
export class Shrinkage {
  readonly #noise: Float64Array;
  readonly #square: Float64Array;
  readonly #relative: Float64Array;
  readonly #chance: Float64Array;

  constructor(most: number) {
    this.#noise = new Float64Array(most);
    this.#square = new Float64Array(most);
    this.#relative = new Float64Array(most);
    this.#chance = new Float64Array(most);
  }

  shrink(tier: Tier, { phi, alpha }: Dispersion, { unseen = 0, witnesses = 0, squares }: ShrinkRules = {}): void {
    const { calls, n, expected, ratio, own, variance } = tier;
    const count = calls.length;
    const perCall = 1 + phi;
    const noise = this.#noise;
    for (let i = 0; i < count; i++) {
      const m = expected[i];
      const times = n[i] > 1 ? n[i] : 1;
      noise[i] = m * (perCall + (alpha * m) / times);
    }
    if (squares !== undefined) {
      for (let i = 0; i < count; i++) {
        noise[i] = Math.max(noise[i], squares[i] - (calls[i] * calls[i]) / Math.max(1, n[i]));
      }
    }
    const s2 = this.#heterogeneity(calls, expected);
    const a0 = 1 / s2;
    const fresh = 1 / Math.max(s2, unseen);
    for (let i = 0; i < count; i++) {
      const c = calls[i];
      const m = expected[i];
      const off = c - m - APART_SLACK;
      const isApart =
        witnesses > 0 && isFew(n[i]) && off > 0 && off * off > APART_SDS * APART_SDS * (noise[i] + s2 * m * m);
      if (witnesses > n[i] && !isApart) {
        // Seen once, a departure from the parent may be an incident as well as a habit: that the cell differs at all stays open.
        ratio[i] = 1;
        own[i] = 1;
        variance[i] = m > 0 ? s2 : Math.max(s2, unseen);
        continue;
      }
      const odds = m / (c - m);
      const own0 = isApart ? Math.max(LEAST_OWN, odds * odds) : a0;
      const prior = m > 0 ? own0 : fresh;
      if (squares === undefined) {
        // f = times/worth, so that all three are fractions of these, and one division does for them.
        const times = n[i] > 1 ? n[i] : 1;
        const worth = perCall * times + alpha * (c > m ? c : m);
        const byMean = times * m + own0 * worth;
        const byCalls = times * c + prior * worth;
        const scale = 1 / (byMean * byCalls);
        ratio[i] = (times * c + own0 * worth) * byCalls * scale;
        own[i] = own0 * worth * byCalls * scale;
        variance[i] = worth * byMean * scale;
      } else {
        const f = m / Math.max(noise[i], 1e-12);
        const weight = 1 / (f * m + own0);
        ratio[i] = (f * c + own0) * weight;
        own[i] = own0 * weight;
        variance[i] = 1 / (f * c + prior);
      }
    }
  }

  /**
   * s², the relative variance of cells about their parents, such that Σ (c − m)²/(v + s² m²) is what chance alone would
   * make it (Paule and Mandel 1982, who weigh cells alike in relative terms: with moments, busy office hours would speak
   * for quiet week ends), plus two standard errors: without those the noise of a sparse series would pass for structure.
   */
  #heterogeneity(calls: Float64Array, expected: Float64Array): number {
    const noise = this.#noise;
    const square = this.#square;
    const relative = this.#relative;
    const chance = this.#chance;
    let cells = 0;
    let spread = 0;
    let sum = 0;
    for (let i = 0; i < calls.length; i++) {
      const m = expected[i];
      // A cell of which next to nothing is expected says nothing of shape, and its square has a kurtosis of 1/m.
      if (m < LEAST_CALLS) continue;
      const inverse = 1 / noise[i];
      square[cells] = (calls[i] - m) * (calls[i] - m);
      relative[cells] = m * m;
      chance[cells] = noise[i];
      sum += square[cells] * inverse;
      spread += 2 + inverse;
      cells++;
    }
    const target = cells + 2 * Math.sqrt(spread);
    let s2 = 0;
    // Newton's method on 1/sum, which rises almost in a line (exactly, were all cells alike) and is concave, so that from 0
    // no step overshoots: two steps where Newton on the sum itself took six.
    for (let step = 0; step < 30 && sum > target * 1.0001; step++) {
      let slope = 0;
      sum = 0;
      for (let i = 0; i < cells; i++) {
        const inverse = 1 / (chance[i] + s2 * relative[i]);
        const share = square[i] * inverse;
        sum += share;
        slope += share * relative[i] * inverse;
      }
      if (sum <= target * 1.0001 || slope === 0) break;
      s2 += ((sum - target) / slope) * (sum / target);
      if (s2 > MOST_S2) break;
    }
    return Math.min(MOST_S2, Math.max(LEAST_S2, s2));
  }
}
