import { HOUR } from '../time/grid.js';
import { type IdHash, IdSet } from './id-set.js';

/** `new`: not seen before. `seen`: a copy. `unchecked`: not among those still known, while others of its hour were dropped. */
export type Sighting = 'new' | 'seen' | 'unchecked';

/** How far behind the newest event time every id is remembered, in hours. */
const WINDOW = 48;
/** How many hours outside of the window are remembered, those used last. */
const MAX_OLD = 48;

/** The ids of one hour of event time. */
interface HourOfIds {
  readonly ids: IdSet;
  /** An earlier set of this hour may have been dropped: what is missing here may have been there. */
  readonly partial: boolean;
}

/**
 * Remembers ids by the hour of their event time, for as long as a copy can be expected: exactly for 48 hours behind the
 * newest event time. CloudTrail delivers within minutes as a rule, and a copy bears the time of the original (CloudTrail
 * User Guide, log files).
 *
 * Hours further back have a place too, the 48 used last: logs read from the newest to the oldest, or in two passes, are
 * still told apart wherever their copies lie close together. Memory is that of the ids in at most 97 hours.
 */
export class SeenIds {
  readonly #recent = new Map<number, HourOfIds>();
  /** In the order of their use, the last used at the end. */
  readonly #old = new Map<number, HourOfIds>();
  #newest = -Infinity;
  // The hours dropped so far lie between these two. A pair of numbers where a list would grow for ever.
  #firstDropped = Infinity;
  #lastDropped = -Infinity;

  /** Notes an id of that event time, in epoch milliseconds, and says whether it was known. */
  add(time: number, hash: Readonly<IdHash>): Sighting {
    const hour = Math.floor(time / HOUR);
    if (hour > this.#newest) this.#advance(hour);
    const ids = hour >= this.#newest - WINDOW ? this.#recentHour(hour) : this.#oldHour(hour);
    if (!ids.ids.add(hash)) return 'seen';
    return ids.partial ? 'unchecked' : 'new';
  }

  #advance(hour: number): void {
    const first = hour - WINDOW;
    // After a jump past the whole window, which may be a gap or one clock gone wrong, calls of before may still come.
    const jump = this.#newest < first;
    this.#newest = hour;
    for (const [old, ids] of this.#recent) {
      if (old >= first) continue;
      this.#recent.delete(old);
      if (jump) this.#keepOld(old, ids);
      else this.#drop(old);
    }
  }

  #recentHour(hour: number): HourOfIds {
    let ids = this.#recent.get(hour);
    if (ids === undefined) {
      ids = this.#fresh(hour);
      this.#recent.set(hour, ids);
    }
    return ids;
  }

  #oldHour(hour: number): HourOfIds {
    const ids = this.#old.get(hour) ?? this.#fresh(hour);
    this.#old.delete(hour);
    this.#keepOld(hour, ids);
    return ids;
  }

  #keepOld(hour: number, ids: HourOfIds): void {
    this.#old.set(hour, ids);
    if (this.#old.size <= MAX_OLD) return;
    for (const unused of this.#old.keys()) {
      this.#old.delete(unused);
      this.#drop(unused);
      return;
    }
  }

  #drop(hour: number): void {
    this.#firstDropped = Math.min(this.#firstDropped, hour);
    this.#lastDropped = Math.max(this.#lastDropped, hour);
  }

  #fresh(hour: number): HourOfIds {
    return { ids: new IdSet(), partial: hour >= this.#firstDropped && hour <= this.#lastDropped };
  }
}
