import type { CountTracker } from './counts/track/tracker.js';
import { CANDIDATES, priorWeights } from './zone-candidates.js';
import type { OddHour, RowSlots } from './zone-slots.js';

/** A candidate whose log-likelihood is so far behind is not judged by. */
const RULED_OUT = 8;
/** One that is so far behind does not come back. */
const DECIDED = 24;
/** One bucket speaks for so many nats at most. */
const MOST = 3;
/** In the hour of a change another slot counts where it fits by so many nats better. */
const BETTER = 2;

/** After the candidates' weights: the change whose hour comes twice, and in which of its slots the first pass was short. */
const CHANGE = CANDIDATES;
const SHORT = CANDIDATES + 1;
/** Entries of a state. */
export const CHOICE_STATE = CANDIDATES + 2;

/** What a state is before anything is seen. */
export function priorState(): Float64Array {
  const state = new Float64Array(CHOICE_STATE);
  state.set(priorWeights());
  return state;
}

/**
 * How a series goes on around changes of the clocks, which no history can show beforehand. While several candidates are
 * plausible, each bucket is judged by the one that fits it best, so that nothing is reported of a daylight saving change
 * that a series follows, or does not; and what they show adds up, so that after a day or two of people, or a run or two of
 * a job, one is left. In the hour that comes twice, what is due may come in either pass; what is due in the hour that is
 * missing may come within an hour after it, or not at all.
 */
export class ZoneChoice {
  /** Log-likelihoods of the candidates, the best 0, −∞ of those decided against; {@link CHANGE}, {@link SHORT}. */
  readonly #state: Float64Array;
  /** Of each candidate's slot at the bucket under way. */
  readonly #fits = new Float64Array(CANDIDATES);

  constructor(state?: Float64Array) {
    this.#state = state?.slice() ?? priorState();
  }

  toState(): Float64Array {
    return this.#state.slice();
  }

  /** The candidate that is most likely by now. */
  get best(): number {
    let best = 0;
    for (let c = 1; c < CANDIDATES; c++) if (this.#state[c] > this.#state[best]) best = c;
    return best;
  }

  /** The slots of a window all of whose buckets are judged alike by what is left; `undefined` where each has to be asked for. */
  settled({ each, own, doubtful, odd }: RowSlots): Int32Array | undefined {
    if (doubtful === undefined) return own;
    if (odd.size > 0) return undefined;
    const left = new Set<Int32Array>();
    for (let c = 0; c < CANDIDATES; c++) {
      if (this.#state[c] === Number.NEGATIVE_INFINITY) continue;
      left.add(each[c] ?? own);
    }
    return left.size === 1 ? [...left][0] : undefined;
  }

  /** The slot to judge bucket `i` by; what its count says of the candidates is taken in. */
  choose(tracker: CountTracker, y: number, i: number, slots: RowSlots): number {
    const { each, own, doubtful, odd } = slots;
    if (doubtful === undefined || doubtful[i] === 0) return own[i];
    const hours = odd.get(i)?.filter(({ candidate }) => this.#state[candidate] > -RULED_OUT);
    if (hours !== undefined && hours.length > 0) return this.#inOddHour(tracker, y, slots, i, hours);
    const state = this.#state;
    const fits = this.#fits;
    let slot = -1;
    let isDoubt = false;
    let bestFit = Number.NEGATIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < CANDIDATES; c++) {
      if (state[c] === Number.NEGATIVE_INFINITY) continue;
      const its = (each[c] ?? own)[i];
      if (slot < 0) slot = its;
      isDoubt ||= its !== slot;
    }
    if (!isDoubt) return slot;
    for (let c = 0; c < CANDIDATES; c++) {
      if (state[c] === Number.NEGATIVE_INFINITY) continue;
      const its = (each[c] ?? own)[i];
      fits[c] = this.#fitOf(tracker, y, i, slots, c, its);
      if (fits[c] > bestFit) bestFit = fits[c];
      if (state[c] > -RULED_OUT && fits[c] > most) {
        most = fits[c];
        slot = its;
      }
    }
    this.#takeIn(bestFit);
    return slot;
  }

  /** A candidate's likelihood; that of one before it where they agree on the slot. */
  #fitOf(tracker: CountTracker, y: number, i: number, { each, own }: RowSlots, candidate: number, slot: number): number {
    for (let c = 0; c < candidate; c++) {
      if (this.#state[c] !== Number.NEGATIVE_INFINITY && (each[c] ?? own)[i] === slot) return this.#fits[c];
    }
    return tracker.likelihood(y, slot);
  }

  /** Adds the bucket's likelihoods to the weights. */
  #takeIn(bestFit: number): void {
    const state = this.#state;
    let top = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < CANDIDATES; c++) {
      if (state[c] === Number.NEGATIVE_INFINITY) continue;
      state[c] += Math.max(-MOST, this.#fits[c] - bestFit);
      if (state[c] > top) top = state[c];
    }
    for (let c = 0; c < CANDIDATES; c++) {
      state[c] -= top;
      if (state[c] < -DECIDED) state[c] = Number.NEGATIVE_INFINITY;
    }
  }

  /** A bucket beside a change: it says nothing of which candidate is right. */
  #inOddHour(
    tracker: CountTracker,
    y: number,
    { each, own }: RowSlots,
    i: number,
    hours: readonly OddHour[],
  ): number {
    const state = this.#state;
    let slot = own[i];
    let fit = Number.NEGATIVE_INFINITY;
    const offer = (other: number, least: number): boolean => {
      if (other === slot && fit > Number.NEGATIVE_INFINITY) return false;
      const its = tracker.likelihood(y, other);
      if (!(its > fit + least)) return false;
      fit = its;
      slot = other;
      return true;
    };
    for (const { candidate, change, pass, place } of hours) {
      // What the first pass lacked has to be in the second.
      if (pass === 2 && this.#wasShort(change, place)) return (each[candidate] ?? own)[i];
    }
    for (let c = 0; c < CANDIDATES; c++) if (state[c] > -RULED_OUT) offer((each[c] ?? own)[i], 0);
    for (const { candidate, change, pass, place, instead } of hours) {
      const usual = tracker.shapeOf((each[candidate] ?? own)[i]);
      for (const other of instead) {
        // Twice: less than is due there. Missing: more.
        if (pass === 0 ? tracker.shapeOf(other) <= usual : tracker.shapeOf(other) >= usual) continue;
        if (offer(other, BETTER) && pass === 1) this.#noteShort(change, place);
      }
    }
    return slot;
  }

  #wasShort(change: number, place: number): boolean {
    return this.#state[CHANGE] === change && Math.floor(this.#state[SHORT] / 2 ** place) % 2 === 1;
  }

  #noteShort(change: number, place: number): void {
    const state = this.#state;
    if (state[CHANGE] !== change) {
      state[CHANGE] = change;
      state[SHORT] = 0;
    }
    if (!this.#wasShort(change, place)) state[SHORT] += 2 ** place;
  }
}
