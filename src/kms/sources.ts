import type { TimeRange } from '../series/builder.js';
import type { Listening } from './listening.js';
import { type OldIds, SeenIds } from './seen-ids.js';

/** How many calls the log of one account and Region told of. */
export interface SourceCalls {
  readonly account: string;
  readonly region: string;
  /** Distinct ones within start and end. */
  readonly calls: number;
}

/** The log of one account and Region. */
export interface Source extends SourceCalls {
  readonly index: number;
  calls: number;
  /** The ids of its records. */
  readonly seen: SeenIds;
}

/** The logs that calls came from, and which of them contributed to which row. */
export class Sources {
  readonly #all: Source[] = [];
  readonly #byName = new Map<string, Map<string, Source>>();
  /** By row, the number of the set of sources that contributed: most rows share a few sets. */
  readonly #contributors: number[] = [];
  /** Indexes of sources, ascending. */
  readonly #sets: (readonly number[])[] = [[]];
  readonly #setsByName = new Map([['', 0]]);
  // What came last: mostly the account and Region come again.
  #last: Source | undefined;
  readonly #oldIds: OldIds;

  /** `oldIds` is for the ids of all sources together. */
  constructor(oldIds: OldIds) {
    this.#oldIds = oldIds;
  }

  of(account: string, region: string): Source {
    const last = this.#last;
    if (last !== undefined && last.account === account && last.region === region) return last;
    let ofAccount = this.#byName.get(account);
    if (ofAccount === undefined) {
      ofAccount = new Map();
      this.#byName.set(account, ofAccount);
    }
    let source = ofAccount.get(region);
    if (source === undefined) {
      source = { index: this.#all.length, account, region, calls: 0, seen: new SeenIds(this.#oldIds) };
      ofAccount.set(region, source);
      this.#all.push(source);
    }
    this.#last = source;
    return source;
  }

  /** Notes that a call of `source` belongs to `row`. A row is new when its number is the next, as builders number them. */
  contribute(row: number, source: Source): void {
    if (row === this.#contributors.length) this.#contributors.push(0);
    const before = this.#sets[this.#contributors[row]];
    if (before.includes(source.index)) return;
    const indexes = [...before, source.index].sort((a, b) => a - b);
    const name = indexes.join();
    let set = this.#setsByName.get(name);
    if (set === undefined) {
      set = this.#sets.push(indexes) - 1;
      this.#setsByName.set(name, set);
    }
    this.#contributors[row] = set;
  }

  /** All that a call came from, in the order of their first ones. */
  calls(): SourceCalls[] {
    return this.#all.map(({ account, region, calls }) => ({ account, region, calls }));
  }

  /** Whether any row has a call. */
  get contributed(): boolean {
    return this.#contributors.length > 0;
  }

  /** When all sources of a row listened. Most rows have the same few sources, whose times are worked out once. */
  observedBy(listening: Listening): (row: number) => readonly TimeRange[] {
    const ranges = this.#sets.map((indexes) => listening.whenAll(indexes.map((index) => this.#all[index])));
    return (row) => ranges[this.#contributors[row]];
  }
}
