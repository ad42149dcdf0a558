import { DAY, HOUR } from '../../time/grid.js';
import type { GaugeFilter } from './filter.js';
import { FAST, FIRST_WINDOW, GAP, REPORTED_ALL, SEEN, SLOW, UNIT } from './layout.js';
import { countTail, TAIL_SIZE, tailPoint, tailSurprise } from './tail.js';

/** Buckets after which there is something to judge by. */
export const LEARNED = 20;
/** Slow misses are held to so many scales in the means over windows. */
const WINDOW_CLIP = 6;
/** A bucket with more evidence of its own goes into the windows as if it had been so many scales off. */
const WINDOW_TAKES = 4;
const WINDOW_LEFT = 1;
/** Looks at a window in its length; more often it holds little that is new, but as many false alarms again. */
const LOOKS = 2;
/** A window speaks only where the bucket itself is so many scales off on the same side: the bucket must say something new. */
const WINDOW_NEEDS = 1;
/** Residuals of more scales are all alike. */
const MOST = 1e30;
/** Bonferroni shares of the tests; the windows have the last one together. */
const SHARE_FAST = 0.25;
const SHARE_SLOW = 0.25;
const SHARE_WINDOWS = 0.5;
/** From this surprise on a residual may be of an incident: it counts in full once, and for this much while it is reported. */
const GUARD = 3.25;
const GUARDED = 0.2;
/** But spikes far off the scale count in full: of a metric that is still and spikes, their rarity is all there is. */
const OFF_SCALE = 32;
/**
 * Decades of evidence that are remembered as reported, until they fade by half in so many ms, or buckets if that is longer. Those
 * of a window rise slowly, and must come far before they count as reported, or they would never exceed themselves.
 */
const FRESH = 1;
const FRESH_OF_WINDOW = 2.5;
const REPORTED_HALVES = 7_200_000;
const REPORTED_BUCKETS = 3;
/** Share of what was reported, by any test, that new evidence must exceed. */
const REPORTED_COUNTS = 0.5;
/** What comes back from where it was reported to be is new only this many scales past what is expected in the long run. */
const RETURN_NEEDS = 2;
/**
 * Incidents a day that a tail is forgiven, up to a share of all buckets. Only where a bucket is about as long as an
 * incident: in finer ones its first residual is one of many, and the others are recognized by it.
 */
const FORGIVEN_PER_DAY = 0.5;
const FORGIVEN_MOST = 0.1;
const FORGIVEN_FROM = HOUR;

/**
 * Tests the buckets of a metric against a {@link GaugeFilter}: each residual, and means of the slow ones over windows,
 * goes by the tail that it has had so far, and only what exceeds the evidence reported lately is new.
 */
export class GaugeEvidence {
  readonly filter: GaugeFilter;
  /** Signed evidence of each test at the bucket last weighed, in decades beyond what was reported; 0 where there is none. */
  readonly evidence: Float64Array;
  readonly #raw: Float64Array;
  readonly #units: Float64Array;
  readonly #shares: Float64Array;
  readonly #keep: Float64Array;
  readonly #keepAll: number;
  readonly #forgiven: number;

  constructor(filter: GaugeFilter) {
    this.filter = filter;
    const { tests, windows, step } = filter.layout;
    this.evidence = new Float64Array(tests);
    this.#raw = new Float64Array(tests);
    this.#units = new Float64Array(tests);
    this.#shares = new Float64Array(tests);
    this.#keep = new Float64Array(tests);
    const halfIn = (buckets: number): number => Math.exp(-Math.LN2 / Math.max(buckets, REPORTED_HALVES / step));
    for (let k = 0; k < tests; k++) {
      const share = k === FAST ? SHARE_FAST : k === SLOW ? SHARE_SLOW : SHARE_WINDOWS / windows.length;
      this.#shares[k] = -Math.log(share) / Math.LN10;
      this.#keep[k] = halfIn(
        k < FIRST_WINDOW ? REPORTED_BUCKETS : Math.max(REPORTED_BUCKETS, windows[k - FIRST_WINDOW]),
      );
    }
    this.#keepAll = halfIn(REPORTED_BUCKETS);
    this.#forgiven = step < FORGIVEN_FROM ? 0 : Math.min(FORGIVEN_MOST, (FORGIVEN_PER_DAY * step) / DAY);
  }

  get learned(): boolean {
    return this.filter.state[SEEN] >= LEARNED;
  }

  /** What a test's evidence must exceed, in decades, to be new. */
  #reported(test: number): number {
    const { state, layout, acceptShifts } = this.filter;
    // Each residual of the fast test is new; those of the others repeat while an incident lasts.
    const again = test === FAST || !acceptShifts ? 0 : state[layout.reported + test];
    const by = acceptShifts && test < FIRST_WINDOW ? REPORTED_COUNTS * Math.abs(state[REPORTED_ALL]) : 0;
    return this.#shares[test] + again + by;
  }

  /** Share of incidents that a test's tail is forgiven; windows are spared those that speak for themselves, see {@link learn}. */
  #forgive(test: number): number {
    return test < FIRST_WINDOW ? this.#forgiven : 0;
  }

  /** Whether the fast test would only report that what it reported on the other side is over. */
  #returns(test: number, above: boolean): boolean {
    const reported = this.filter.state[REPORTED_ALL];
    return test === FAST && (above ? reported < -FRESH : reported > FRESH);
  }

  /** The mean of a window's slow misses, as the test has it, if the bucket's own were `z`. */
  #windowUnit(test: number, z: number): number {
    const { state, layout } = this.filter;
    const w = test - FIRST_WINDOW;
    const buckets = layout.windows[w];
    const mean = state[layout.windowMeans + w];
    const clipped = held(z, WINDOW_CLIP);
    const share = 1 / Math.min(buckets, state[SEEN] + 1);
    return ((mean + (clipped - mean) * share) * Math.sqrt(buckets)) / state[layout.windowScales + w];
  }

  /** A window is looked at a few times in its length, once it has been filled twice: in between it holds little that is new. */
  #speaks(test: number): boolean {
    if (test < FIRST_WINDOW) return true;
    const seen = this.filter.state[SEEN];
    return seen >= 2 * this.filter.layout.windows[test - FIRST_WINDOW] && seen % this.#stride(test) === 0;
  }

  /** Buckets from one look at a test to the next. */
  #stride(test: number): number {
    if (test < FIRST_WINDOW) return 1;
    return Math.max(1, Math.round(this.filter.layout.windows[test - FIRST_WINDOW] / LOOKS));
  }

  /** How many scales off the slow prediction, on its own side, a bucket must be for a test to speak. */
  #needs(test: number, above: boolean): number {
    if (test >= FIRST_WINDOW) return WINDOW_NEEDS;
    return this.#returns(test, above) ? RETURN_NEEDS : Number.NEGATIVE_INFINITY;
  }

  /** Weighs a value after {@link GaugeFilter.predict}; returns the test with the most evidence. */
  weigh(value: number): number {
    const { filter, evidence } = this;
    const { state, body, layout } = filter;
    const z = held((value - filter.slow) / filter.slowScale, MOST);
    this.#units[FAST] = held((value - filter.fast) / filter.fastScale, MOST);
    this.#units[SLOW] = z;
    let best = FAST;
    for (let k = 0; k < layout.tests; k++) {
      if (k >= FIRST_WINDOW) this.#units[k] = this.#windowUnit(k, z);
      const unit = this.#units[k];
      const above = unit >= 0;
      const at = layout.tails + k * TAIL_SIZE;
      const raw = tailSurprise(body, at, above, Math.abs(unit), state[UNIT], this.#forgive(k));
      this.#raw[k] = raw;
      const fresh =
        !this.#speaks(k) || (above ? z : -z) < this.#needs(k, above) ? 0 : Math.max(0, raw - this.#reported(k));
      evidence[k] = above ? fresh : -fresh;
      if (fresh > Math.abs(evidence[best])) best = k;
    }
    return best;
  }

  /** The value at which test `test` would reach a surprise of `decades` on one side; infinite where none would. */
  limit(test: number, above: boolean, decades: number): number {
    const { filter } = this;
    const { state, body, layout } = filter;
    const none = above ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    if (!this.#speaks(test)) return none;
    const sign = above ? 1 : -1;
    const at = layout.tails + test * TAIL_SIZE;
    const unit = tailPoint(body, at, above, decades + this.#reported(test), state[UNIT], this.#forgive(test));
    if (test === FAST) {
      const needed = filter.slow + sign * this.#needs(test, above) * filter.slowScale;
      const reported = filter.fast + sign * unit * filter.fastScale;
      return above ? Math.max(needed, reported) : Math.min(needed, reported);
    }
    if (test === SLOW) return filter.slow + sign * unit * filter.slowScale;
    const w = test - FIRST_WINDOW;
    const mean = state[layout.windowMeans + w];
    const share = 1 / Math.min(layout.windows[w], state[SEEN] + 1);
    const wanted = (sign * unit * state[layout.windowScales + w]) / Math.sqrt(layout.windows[w]);
    const z = Math.max(WINDOW_NEEDS, (sign * (wanted - mean * (1 - share))) / share);
    return z > WINDOW_CLIP ? none : filter.slow + sign * z * filter.slowScale;
  }

  /** Learns the value last weighed. */
  learn(value: number): void {
    const { filter } = this;
    const { state, body, layout } = filter;
    const learned = this.learned;
    let most = 0;
    for (let k = 0; k < layout.tests; k++) {
      const raw = this.#raw[k];
      const evidence = this.evidence[k];
      const fresh = Math.abs(evidence);
      const at = layout.reported + k;
      const reported = state[at];
      if (learned && !filter.held && this.#speaks(k)) {
        // A look at a window stands for the buckets since the look before.
        const weight = this.#weightOf(k, reported) * this.#stride(k);
        countTail(body, layout.tails + k * TAIL_SIZE, this.#units[k], weight * state[UNIT]);
      }
      if (!learned) continue;
      // What was reported stays reported while it lasts; what grows slowly adds up until it is worth a report.
      if (fresh > (k < FIRST_WINDOW ? FRESH : FRESH_OF_WINDOW)) state[at] = Math.max(raw, reported);
      else if (raw < reported) state[at] = Math.max(raw, reported * this.#keep[k]);
      if (fresh > Math.abs(most)) most = evidence;
    }
    if (Math.abs(most) <= FRESH) state[REPORTED_ALL] *= this.#keepAll;
    else if (Math.abs(most) >= Math.abs(state[REPORTED_ALL])) state[REPORTED_ALL] = most;
    // What a bucket says by itself is no business of the windows, or they would report it again for as long as they hold it.
    const quiet = this.#raw[SLOW] <= WINDOW_TAKES && this.#raw[FAST] <= WINDOW_TAKES;
    const z = quiet ? this.#units[SLOW] : held(this.#units[SLOW], WINDOW_LEFT);
    for (let k = FIRST_WINDOW; k < layout.tests; k++) {
      const at = layout.windowScales + k - FIRST_WINDOW;
      const scale = state[at];
      const size = Math.min(1.25 * Math.abs(this.#units[k]), 3) * scale;
      const root = Math.sqrt(layout.windows[k - FIRST_WINDOW]);
      state[layout.windowMeans + k - FIRST_WINDOW] = (this.#windowUnit(k, z) * scale) / root;
      state[at] = Math.max(1e-3, scale + (size - scale) / Math.min(state[SEEN] + 1, 2000));
    }
    filter.learn(value);
  }

  /** How much the residual of a test counts in its tail: an incident must not make itself usual. */
  #weightOf(test: number, reported: number): number {
    if (this.#raw[test] <= GUARD) return 1;
    // Where a shift may not be accepted, it must not wear itself out either.
    if (test !== FAST && !this.filter.acceptShifts) return 0;
    if (Math.abs(this.#units[test]) > OFF_SCALE) return 1;
    return reported > GUARD ? GUARDED : 1;
  }

  /** A bucket that was not observed. */
  skip(): void {
    if (this.filter.state[SEEN] === 0) return;
    this.filter.state[GAP]++;
    this.#fade();
  }

  #fade(): void {
    const { state, layout } = this.filter;
    for (let k = 0; k < layout.tests; k++) state[layout.reported + k] *= this.#keep[k];
    state[REPORTED_ALL] *= this.#keepAll;
  }
}

function held(x: number, most: number): number {
  return Math.max(-most, Math.min(most, x));
}
