import type { CountTracker } from './counts/track/tracker.js';
import { CANDIDATE_ZONES } from './zones.js';

/** A zone whose log-likelihood is so far behind is out of the question. */
const RULED_OUT = 8;
/** One bucket speaks for so many nats at most. */
const MOST = 3;

/**
 * Which zone a series follows, where its history could not show: while several are plausible, each bucket is judged by the
 * one that fits it best, so that nothing is reported of a daylight saving change that a series follows, or does not; and
 * what they show adds up, so that after a day or two of people, or a run or two of a job, one is left.
 */
export class ZoneChoice {
  /** The chosen zone's, then those of the candidates: log-likelihoods, the best 0. */
  readonly #weights: Float64Array;

  constructor(state?: Float64Array) {
    this.#weights = state?.slice() ?? new Float64Array(1 + CANDIDATE_ZONES.length);
  }

  toState(): Float64Array {
    return this.#weights.slice();
  }

  /**
   * The slot to judge bucket `i` by, and what its count says of the zones.
   * @param own slots by the zone that was found
   * @param others slots by the candidates; `null` where a candidate agrees with `own` all over the window
   */
  choose(tracker: CountTracker, y: number, i: number, own: Int32Array, others: readonly (Int32Array | null)[]): number {
    const weights = this.#weights;
    let differ = false;
    for (const slots of others) differ ||= slots !== null && slots[i] !== own[i];
    if (!differ) return own[i];
    const fits = others.map((slots) => tracker.likelihood(y, slots === null ? own[i] : slots[i]));
    const ownFit = tracker.likelihood(y, own[i]);
    const best = Math.max(ownFit, ...fits);
    let slot = own[i];
    let most = weights[0] > -RULED_OUT ? ownFit : Number.NEGATIVE_INFINITY;
    for (const [k, slots] of others.entries()) {
      if (slots === null || weights[k + 1] <= -RULED_OUT || fits[k] <= most) continue;
      most = fits[k];
      slot = slots[i];
    }
    let top = Number.NEGATIVE_INFINITY;
    weights[0] += Math.max(-MOST, ownFit - best);
    for (const [k, value] of fits.entries()) weights[k + 1] += Math.max(-MOST, value - best);
    for (const weight of weights) top = Math.max(top, weight);
    for (let k = 0; k < weights.length; k++) weights[k] -= top;
    return slot;
  }
}
