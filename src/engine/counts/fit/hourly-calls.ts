import { HOUR } from '../../../time/grid.js';
import { weekSlots } from '../../../time/week.js';
import { isFew } from '../few-weeks.js';
import { ProfileFit } from '../seasonal-profile.js';
import { weekCells } from '../week-cells.js';
import { emptyProfile, type Profile } from '../week-profile.js';
import type { HourLayout } from './hour-layout.js';
import type { Events } from './read-calls.js';
import type { Training } from './training-layout.js';

/** Series of fewer calls are tried by hours first: the buckets of theirs that hold calls are then looked at one by one. */
export const FEW_CALLS = 2_000;

/**
 * A row by its hours: of the buckets without a call those of one piece are alike, so that one figure stands for all of them;
 * those with calls, events, stand for themselves. The first `n` count.
 */
export class HourlyCalls {
  n = 0;
  /** `[n]` each: the entry of the training, its piece and slot, and calls, as they were and clipped. */
  readonly entry = new Int32Array(FEW_CALLS);
  readonly piece = new Int32Array(FEW_CALLS);
  readonly slot = new Int32Array(FEW_CALLS);
  readonly calls = new Float64Array(FEW_CALLS);
  readonly clipped = new Float64Array(FEW_CALLS);
  /** `[pieces]`: buckets of each without a call. */
  readonly empty: Float64Array;
  /** The hours of the week: sums, and the profile under way. */
  readonly week: { readonly calls: Float64Array; readonly exposure: Float64Array };
  readonly profile: Profile;
  readonly fit: ProfileFit;
  /** `[perWeek]`: the last event of each slot, −1 without one; `[n]`: the one before it there. */
  readonly #last: Int32Array;
  readonly #before = new Int32Array(FEW_CALLS);

  constructor(length: number, perWeek: number) {
    const cells = weekCells(weekSlots(HOUR));
    const hours = cells.slots.perWeek;
    this.empty = new Float64Array(length);
    this.week = { calls: new Float64Array(hours), exposure: new Float64Array(hours) };
    this.profile = emptyProfile(hours);
    this.fit = new ProfileFit(cells);
    this.#last = new Int32Array(perWeek).fill(-1);
  }

  /** @returns false of a row that has to be gone through slot by slot: one with calls in a slot of few weeks */
  take({ n, bucket, calls }: Events, training: Training, { buckets }: HourLayout): boolean {
    const { rank, from, pieceOf, piecesBefore, slot: slots, repeats } = training;
    for (let e = 0; e < this.n; e++) this.#last[this.slot[e]] = -1;
    this.n = 0;
    if (n > FEW_CALLS) return false;
    this.empty.set(buckets);
    for (let e = 0; e < n; e++) {
      const k = rank[bucket[e]] - from;
      const slot = slots[k];
      if (repeats[slot] < 2 || isFew(repeats[slot])) return false;
      this.entry[e] = k;
      this.piece[e] = pieceOf[k] - piecesBefore;
      this.slot[e] = slot;
      this.calls[e] = calls[e];
      this.clipped[e] = calls[e];
      this.#before[e] = this.#last[slot];
      this.#last[slot] = e;
      this.empty[this.piece[e]]--;
      this.n = e + 1;
    }
    return true;
  }

  /** Calls of a slot in all weeks, clipped; 0 for all events but the last one there. */
  slotCallsAt(e: number): number {
    if (this.#last[this.slot[e]] !== e) return 0;
    let sum = 0;
    for (let at = e; at >= 0; at = this.#before[at]) sum += this.clipped[at];
    return sum;
  }

  /** The mean of a slot without its `without` highest counts. @param weeks how often it was observed */
  trimmedMean(slot: number, weeks: number, without: number): number {
    let sum = 0;
    for (let at = this.#last[slot]; at >= 0; at = this.#before[at]) sum += this.calls[at];
    let top = Number.POSITIVE_INFINITY;
    for (let left = without; left > 0 && sum > 0; ) {
      // The next lesser count, as often as it comes.
      let next = 0;
      let times = 0;
      for (let at = this.#last[slot]; at >= 0; at = this.#before[at]) {
        if (!(this.calls[at] < top) || this.calls[at] < next) continue;
        times = this.calls[at] > next ? 1 : times + 1;
        next = this.calls[at];
      }
      if (next === 0) break;
      sum -= Math.min(left, times) * next;
      left -= times;
      top = next;
    }
    return sum / (weeks - without);
  }
}
