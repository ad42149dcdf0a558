import { HOUR } from '../time/grid.js';
import type { CountTracker } from './counts/track/tracker.js';
import { CANDIDATES, priorOf } from './zone-candidates.js';
import type { Agreement, OddHour, RowSlots, SlotsLeft } from './zone-slots.js';

/** A candidate whose log-likelihood is so far behind is not judged by. */
const RULED_OUT = 8;
/** One that is so far behind does not come back. */
const DECIDED = 24;
/** One bucket speaks for so many nats at most. */
const MOST = 3;
/**
 * Nats by which a bucket may be less likely and say nothing: what is not known of a profile is the same for hours, and a
 * quiet week end of buckets that each say a little would decide by it.
 */
const LITTLE = 0.7;
/** The buckets of one hour speak for so many at most, for the same reason. */
const MOST_AN_HOUR = 4;
/** In the hour of a change another slot counts where it fits by so many nats better. */
const BETTER = 2;

/**
 * A candidate that has lost so many nats excuses no more what the one that lost least finds unlikely, unless it is ahead by so many then.
 * Both hours at which a job may be due would excuse one another, and one that stopped in that week was never told.
 */
const HAS_LOST = 1;
const AS_GOOD = 0.5;

/** After the candidates' weights: what each lost in the last hour that said something, and which hour since 1970 that was. */
const LOST = CANDIDATES;
const LAST_HOUR = 2 * CANDIDATES;
/** The change whose hour comes twice, and in which of its slots the first pass was short. */
const CHANGE = LAST_HOUR + 1;
const SHORT = LAST_HOUR + 2;
/** Entries of a state. */
export const CHOICE_STATE = LAST_HOUR + 3;

/** What a state is before anything is seen. */
export function priorState(): Float64Array {
  const state = new Float64Array(CHOICE_STATE);
  for (let c = 0; c < CANDIDATES; c++) state[c] = priorOf(c);
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
  /** Log-likelihoods of the candidates, the best 0, −∞ of those decided against, and what is behind them; none at first. */
  #known: Float64Array | undefined;
  /** What those that are left agree on in the window of `#slots`; asked for anew when one is decided against. */
  #left: SlotsLeft | undefined;
  #slots: RowSlots | undefined;
  /** Working space, and what was known at the last {@link mark}. */
  #fits: Float64Array | undefined;
  #ownFits: Float64Array | undefined;
  #marked: Float64Array | undefined;
  #wasKnown = false;
  #isMarked = false;
  /** Candidates that are not decided against, and those that are judged by, one bit each; −1 where they have to be found anew. */
  #open = -1;
  #judging = 0;

  /** @param state of {@link toState}; nothing where nothing was in doubt yet, as of most rows for most of the year */
  constructor(state?: Float64Array) {
    this.#known = state?.slice();
  }

  toState(): Float64Array {
    return this.#known?.slice() ?? priorState();
  }

  /** The same, not a copy; `undefined` where nothing has been in doubt yet. */
  get state(): Float64Array | undefined {
    return this.#known;
  }

  get #state(): Float64Array {
    this.#known ??= priorState();
    return this.#known;
  }

  /** The candidate that is most likely by now. */
  get best(): number {
    if (this.#known === undefined) return 0;
    let best = 0;
    for (let c = 1; c < CANDIDATES; c++) if (this.#known[c] > this.#known[best]) best = c;
    return best;
  }

  /** The slots of a window all of whose buckets are judged alike by what is left; `undefined` where some have to be asked for. */
  settled(slots: RowSlots): Int32Array | undefined {
    if (slots.doubtful === undefined) return slots.own;
    const { slots: left, anyOpen } = this.left(slots);
    return anyOpen ? undefined : left;
  }

  /** The slots that those which are left agree on in a window, and where they do not. */
  left(slots: RowSlots): SlotsLeft {
    if (this.#left !== undefined && this.#slots === slots) return this.#left;
    let candidates = 0;
    for (let c = 0; c < CANDIDATES; c++) {
      if (this.#known?.[c] !== Number.NEGATIVE_INFINITY) candidates |= 1 << c;
    }
    this.#slots = slots;
    this.#left = slots.among(candidates);
    return this.#left;
  }

  /** Bucket `i` of a window by the candidate that is most likely by now. */
  usual(i: number, slots: RowSlots): number {
    const { each, own, doubtful } = slots;
    if (doubtful === undefined || doubtful[i] === 0) return own[i];
    const left = this.left(slots);
    return left.open[i] === 0 ? left.slots[i] : (each[this.best] ?? own)[i];
  }

  /** Remembers what is known now, for {@link rewind}. */
  mark(): void {
    this.#wasKnown = this.#known !== undefined;
    this.#isMarked = false;
  }

  /** Forgets all that was chosen since {@link mark}. */
  rewind(): void {
    if (!this.#wasKnown) this.#known = undefined;
    else if (this.#isMarked && this.#marked !== undefined) this.#known?.set(this.#marked);
    this.#isMarked = false;
    this.#left = undefined;
    this.#open = -1;
  }

  /** Before anything changes: of a stretch that changes nothing there is nothing to remember. */
  #keepMark(state: Float64Array): void {
    if (this.#isMarked) return;
    this.#isMarked = true;
    this.#marked ??= new Float64Array(CHOICE_STATE);
    this.#marked.set(state);
  }

  #findOpen(state: Float64Array): void {
    let open = 0;
    let judging = 0;
    for (let c = 0; c < CANDIDATES; c++) {
      if (state[c] > Number.NEGATIVE_INFINITY) open |= 1 << c;
      if (state[c] > -RULED_OUT) judging |= 1 << c;
    }
    this.#open = open;
    this.#judging = judging;
  }

  /**
   * The slot to judge a bucket by; what its count says of the candidates is taken in.
   * @param values calls of the window's buckets, which begins at `start`; the bucket is number `i`
   */
  choose(tracker: CountTracker, values: Float64Array, i: number, start: number, slots: RowSlots): number {
    const { each, own, doubtful, odd } = slots;
    if (doubtful === undefined || doubtful[i] === 0) return own[i];
    // Most rows in doubt are decided within a day or two: half a microsecond a bucket went into finding that again.
    const left = this.left(slots);
    if (left.open[i] === 0) return left.slots[i];
    const state = this.#state;
    const { inIncident } = tracker;
    const hours = odd.get(i)?.filter(({ candidate }) => state[candidate] > -RULED_OUT);
    const y = values[i];
    if (hours !== undefined && hours.length > 0)
      return inIncident ? this.usual(i, slots) : this.#inOddHour(tracker, y, slots, i, hours);
    if (this.#open < 0) this.#findOpen(state);
    const open = this.#open;
    const judging = this.#judging;
    this.#fits ??= new Float64Array(CANDIDATES);
    const fits = this.#fits;
    const way = slots.ways[slots.wayOf[i]];
    const { firsts, members } = way;
    let chosen = -1;
    let bestFit = Number.NEGATIVE_INFINITY;
    let leastFit = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    // One likelihood for all that are alike, mostly two groups: 0.06 µs a bucket, 0.2 candidate by candidate (Node 20).
    for (let g = 0; g < firsts.length; g++) {
      const its = members[g] & open;
      if (its === 0) continue;
      const first = firsts[g];
      const here = (each[first] ?? own)[i];
      if (its === open) return here;
      fits[first] = tracker.likelihood(y, here);
      const fit = fits[first];
      if (fit > bestFit) bestFit = fit;
      if (fit < leastFit) leastFit = fit;
      if ((its & judging) !== 0 && fit > most) {
        most = fit;
        chosen = first;
      }
    }
    const hour = Math.floor((start + i * tracker.rules.windows.step) / HOUR);
    if (state[LAST_HOUR] !== hour) {
      this.#keepMark(state);
      state[LAST_HOUR] = hour;
      state.fill(0, LOST, LOST + CANDIDATES);
    }
    // At night, where no candidate fits much worse than the best, nothing changes.
    if (leastFit - bestFit + LITTLE < 0) {
      const ahead = this.#leastLost();
      const before = this.#lead(way, chosen, ahead);
      if (inIncident) bestFit = this.#asIncident(tracker, y, slots, i, bestFit);
      this.#takeIn(fits, way.groupOf, bestFit);
      if (before < -HAS_LOST && this.#lead(way, chosen, ahead) < AS_GOOD) chosen = ahead;
    }
    return inIncident ? this.usual(i, slots) : (each[chosen] ?? own)[i];
  }

  /** The candidate that has lost least, however likely it was at first. */
  #leastLost(): number {
    const state = this.#state;
    let least = 0;
    for (let c = 1; c < CANDIDATES; c++) if (state[c] - priorOf(c) > state[least] - priorOf(least)) least = c;
    return least;
  }

  /** By how much the best of the candidates that agree with one have lost less than the best of those that agree with another (nats). */
  #lead({ firsts, members, groupOf }: Agreement, one: number, other: number): number {
    if (groupOf[one] === groupOf[other]) return 0;
    const state = this.#state;
    const least = (candidate: number): number => {
      const its = members[firsts.indexOf(groupOf[candidate])];
      let most = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < CANDIDATES; c++) if ((its & (1 << c)) !== 0) most = Math.max(most, state[c] - priorOf(c));
      return most;
    };
    return least(one) - least(other);
  }

  /**
   * By a bucket of an incident a candidate loses what it loses by the usual rate, or by the incident's own, whichever is less: a
   * job of another size still shows at which hour it runs, but calls at odd hours, or none at all, show nothing. When such buckets
   * said nothing, a job that shrank hours before a change of the clocks was held to the wrong hour for as long as it stayed small.
   * @returns the fit of the best
   */
  #asIncident(tracker: CountTracker, y: number, { each, own, ways, wayOf }: RowSlots, i: number, bestFit: number): 0 {
    const { firsts, members } = ways[wayOf[i]];
    this.#fits ??= new Float64Array(CANDIDATES);
    this.#ownFits ??= new Float64Array(CANDIDATES);
    const [fits, ownFits] = [this.#fits, this.#ownFits];
    let best = Number.NEGATIVE_INFINITY;
    for (let g = 0; g < firsts.length; g++) {
      const first = firsts[g];
      if ((members[g] & this.#open) === 0) continue;
      ownFits[first] = tracker.likelihoodInIncident(y, (each[first] ?? own)[i]);
      best = Math.max(best, ownFits[first]);
    }
    for (let g = 0; g < firsts.length; g++) {
      const first = firsts[g];
      if ((members[g] & this.#open) !== 0) fits[first] = Math.max(fits[first] - bestFit, ownFits[first] - best);
    }
    return 0;
  }

  /** Adds the likelihoods of a bucket to the weights. */
  #takeIn(fits: Float64Array, groupOf: Uint8Array, bestFit: number): void {
    const state = this.#state;
    this.#keepMark(state);
    this.#open = -1;
    let top = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < CANDIDATES; c++) {
      if (state[c] === Number.NEGATIVE_INFINITY) continue;
      const before = state[LOST + c];
      const by = Math.min(0, fits[groupOf[c]] - bestFit + LITTLE);
      state[LOST + c] = Math.max(-MOST_AN_HOUR, before + Math.max(-MOST, by));
      state[c] += state[LOST + c] - before;
      if (state[c] > top) top = state[c];
    }
    for (let c = 0; c < CANDIDATES; c++) {
      state[c] -= top;
      if (state[c] < -DECIDED && state[c] > Number.NEGATIVE_INFINITY) {
        state[c] = Number.NEGATIVE_INFINITY;
        this.#left = undefined;
      }
    }
  }

  /** A bucket beside a change: it says nothing of which candidate is right. */
  #inOddHour(tracker: CountTracker, y: number, { each, own }: RowSlots, i: number, hours: readonly OddHour[]): number {
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
    this.#keepMark(state);
    if (state[CHANGE] !== change) {
      state[CHANGE] = change;
      state[SHORT] = 0;
    }
    if (!this.#wasShort(change, place)) state[SHORT] += 2 ** place;
  }
}
