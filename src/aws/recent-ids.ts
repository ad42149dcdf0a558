/** How many ids are remembered, and all of the last second besides. */
const KEEP = 1_000;

/** What was last seen of a listing, as plain data. */
export interface SeenEnd {
  /** Ids by their second, epoch. */
  readonly ids: readonly (readonly [second: number, ids: readonly string[]])[];
  /** The furthest second of which ids were forgotten. */
  readonly forgotten: number | null;
}

/**
 * The ids last seen in a listing that is ordered by time, so that the listing can be taken up again at the second where it
 * broke off, without losing or repeating any. `direction` is −1 for listings that begin with the newest.
 *
 * Remembered are whole seconds, the last ones, with 1,000 ids or the few more that their first second has.
 */
export class RecentIds {
  readonly #direction: 1 | -1;
  /** In the order in which they came. */
  readonly #seconds: Map<number, Set<string>>;
  #size = 0;
  #forgotten: number | null;

  constructor(direction: 1 | -1, end: SeenEnd = { ids: [], forgotten: null }) {
    this.#direction = direction;
    this.#seconds = new Map(end.ids.map(([second, ids]) => [second, new Set(ids)]));
    for (const ids of this.#seconds.values()) this.#size += ids.size;
    this.#forgotten = end.forgotten;
  }

  /** Notes an id, with its time in epoch milliseconds; false when it is known. Without an id or a time it is always new. */
  add(time: number, id: string): boolean {
    const second = Math.floor(time / 1000);
    // Of a second that is forgotten in part nothing more is kept: it would pass for whole.
    if (id === '' || Number.isNaN(second) || !this.#isBeyondForgotten(second)) return true;
    let ids = this.#seconds.get(second);
    if (ids === undefined) {
      ids = new Set();
      this.#seconds.set(second, ids);
    }
    if (ids.has(id)) return false;
    ids.add(id);
    this.#size++;
    for (const [first, known] of this.#seconds) {
      if (this.#seconds.size === 1 || this.#size - known.size < KEEP) break;
      this.#seconds.delete(first);
      this.#size -= known.size;
      if (this.#isBeyondForgotten(first)) this.#forgotten = first;
    }
    return true;
  }

  /** The last epoch second, in the listing's direction, of which every id that came is known; null when none came. */
  get last(): number | null {
    let last: number | null = null;
    for (const second of this.#seconds.keys()) {
      if (this.#isBeyondForgotten(second) && (last === null || this.#direction * (second - last) > 0)) last = second;
    }
    return last;
  }

  end(): SeenEnd {
    return { ids: Array.from(this.#seconds, ([second, ids]) => [second, [...ids]]), forgotten: this.#forgotten };
  }

  #isBeyondForgotten(second: number): boolean {
    return this.#forgotten === null || this.#direction * (second - this.#forgotten) > 0;
  }
}
