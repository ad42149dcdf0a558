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
  /** By row, indexes of sources. */
  readonly #contributors: Set<number>[] = [];
  /** By row, the source that contributed last: mostly it does so again. */
  readonly #last: number[] = [];
  readonly #oldIds: OldIds;

  /** `oldIds` is for the ids of all sources together. */
  constructor(oldIds: OldIds) {
    this.#oldIds = oldIds;
  }

  of(account: string, region: string): Source {
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
    return source;
  }

  /** Notes that a call of `source` belongs to `row`. A row is new when its number is the next, as builders number them. */
  contribute(row: number, source: Source): void {
    if (this.#last[row] === source.index) return;
    this.#last[row] = source.index;
    if (row === this.#contributors.length) this.#contributors.push(new Set());
    this.#contributors[row].add(source.index);
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
    const known = new Map<string, readonly TimeRange[]>();
    return (row) => {
      const indexes = [...this.#contributors[row]].sort((a, b) => a - b);
      const id = indexes.join();
      let ranges = known.get(id);
      if (ranges === undefined) {
        ranges = listening.whenAll(indexes.map((index) => this.#all[index]));
        known.set(id, ranges);
      }
      return ranges;
    };
  }
}
