import { HOUR } from '../time/grid.js';
import { type IdHash, IdSet } from './id-set.js';

/** An id of an hour whose earlier ids were let go: whether it is a copy is not known. */
export interface Unchecked {
  /** The log that those ids came from, or the first of several. */
  readonly log: string;
}

/** `new`: not seen before. `seen`: a copy. */
export type Sighting = 'new' | 'seen' | Unchecked;

/** How far behind the newest event time every id is remembered, in hours. */
const WINDOW = 48;

/** So many ids of earlier hours are remembered by default: 8 to 21 bytes each, so some 250 MB at most. */
export const MAX_IDS = 16_000_000;

/** The ids of one hour of event time. */
class HourOfIds {
  readonly ids = new IdSet();
  readonly hour: number;
  /** The log that the first of them came from. */
  readonly log: string;
  /** An earlier set of this hour was dropped: what is missing here may have been there. */
  readonly unchecked: Unchecked | null;
  /** Lies behind the window: its ids count towards what may be remembered. */
  old = false;

  constructor(hour: number, log: string, unchecked: Unchecked | null) {
    this.hour = hour;
    this.log = log;
    this.unchecked = unchecked;
  }
}

/** The ids of hours behind the windows of all accounts and Regions together: up to a number of them, those used last. */
export class OldIds {
  readonly #most: number;
  #held = 0;
  /** In the order of their use, the last used at the end. */
  readonly #hours = new Map<HourOfIds, SeenIds>();
  #lastUsed: HourOfIds | null = null;

  constructor(most = MAX_IDS) {
    this.#most = most;
  }

  /** Takes an hour that the window has left behind. */
  take(hour: HourOfIds, of: SeenIds): void {
    hour.old = true;
    this.#held += hour.ids.size;
    this.#hours.set(hour, of);
    this.#lastUsed = hour;
    this.#trim();
  }

  /** An hour is used again, and has so many ids more. */
  use(hour: HourOfIds, of: SeenIds, more: number): void {
    this.#held += more;
    if (this.#lastUsed !== hour) {
      this.#hours.delete(hour);
      this.#hours.set(hour, of);
      this.#lastUsed = hour;
    }
    if (more > 0) this.#trim();
  }

  #trim(): void {
    if (this.#held <= this.#most) return;
    for (const [hour, of] of this.#hours) {
      this.#hours.delete(hour);
      this.#held -= hour.ids.size;
      if (this.#lastUsed === hour) this.#lastUsed = null;
      of.drop(hour.hour);
      if (this.#held <= this.#most) return;
    }
  }
}

/**
 * Remembers ids by the hour of their event time: for 48 hours behind the newest event time all of them, and before that as
 * many as {@link OldIds} holds, so that copies are known however far apart they are read: an export that was saved twice,
 * exports that overlap, one file for each of two trails. A copy bears the time of the original (CloudTrail User Guide, log
 * files).
 */
export class SeenIds {
  readonly #hours = new Map<number, HourOfIds>();
  readonly #old: OldIds;
  #newest = -Infinity;
  /** Hours of the window, for those that leave it to be found. */
  #recent: HourOfIds[] = [];
  /** By hour, what is known of ids that were dropped. */
  readonly #dropped = new Map<number, Unchecked>();
  /** The hour used last: most ids are of the same. */
  #last: HourOfIds | null = null;

  constructor(old = new OldIds()) {
    this.#old = old;
  }

  /** Notes an id of that event time, in epoch milliseconds, that stands in a log of that name; says whether it was known. */
  add(time: number, hash: Readonly<IdHash>, log = ''): Sighting {
    const hour = Math.floor(time / HOUR);
    let ids = this.#last;
    if (ids === null || ids.hour !== hour) {
      if (hour > this.#newest) this.#advance(hour);
      ids = this.#hours.get(hour) ?? this.#fresh(hour, log);
      this.#last = ids;
    }
    const added = ids.ids.add(hash);
    if (ids.old) this.#old.use(ids, this, added ? 1 : 0);
    if (!added) return 'seen';
    return ids.unchecked ?? 'new';
  }

  /** Lets the ids of an hour go. */
  drop(hour: number): void {
    const ids = this.#hours.get(hour);
    if (ids === undefined) return;
    this.#hours.delete(hour);
    if (this.#last === ids) this.#last = null;
    if (!this.#dropped.has(hour)) this.#dropped.set(hour, { log: ids.log });
  }

  #advance(hour: number): void {
    const first = hour - WINDOW;
    this.#newest = hour;
    const left = this.#recent.filter((ids) => ids.hour < first);
    if (left.length === 0) return;
    this.#recent = this.#recent.filter((ids) => ids.hour >= first);
    for (const ids of left) this.#old.take(ids, this);
  }

  #fresh(hour: number, log: string): HourOfIds {
    const ids = new HourOfIds(hour, log, this.#dropped.get(hour) ?? null);
    this.#hours.set(hour, ids);
    if (hour >= this.#newest - WINDOW) this.#recent.push(ids);
    else this.#old.take(ids, this);
    return ids;
  }
}
