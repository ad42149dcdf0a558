import type { DecidedWindows, DecidedWriter } from './types.js';

/** {@link DecidedWindows} as they come: in any order of rows and buckets until {@link sort}. */
export class DecidedSink implements DecidedWindows, DecidedWriter {
  rows: number[] = [];
  buckets: number[] = [];
  from: number[] = [];
  values: number[] = [];
  calls: number[] = [];
  expected: number[] = [];
  lower: number[] = [];
  upper: number[] = [];
  readonly #length: number;
  #last = -1;
  #isSorted = true;
  /** So many entries have their calls. */
  #counted = 0;

  /** @param length buckets of a row of the scores */
  constructor(length: number) {
    this.#length = length;
  }

  /** @param cell of the scores: row · length + bucket */
  add(cell: number, from: number, value: number, calls: number, expected: number, lower: number, upper: number): void {
    if (cell <= this.#last) this.#isSorted = false;
    this.#last = cell;
    this.rows.push(Math.floor(cell / this.#length));
    this.buckets.push(cell % this.#length);
    this.from.push(from);
    this.values.push(value);
    this.calls.push(calls);
    this.expected.push(expected);
    this.lower.push(lower);
    this.upper.push(upper);
  }

  /**
   * Counts what came in the windows added since it did last: a tracker keeps what its windows were judged by.
   * @param begin before which nothing was judged: no window begins earlier
   * @param callsIn a row's calls from a time to the end of a bucket
   */
  count(begin: number, callsIn: (row: number, from: number, bucket: number) => number): void {
    for (let e = this.#counted; e < this.rows.length; e++) {
      if (!Number.isNaN(this.calls[e])) continue;
      this.from[e] = Math.max(this.from[e], begin);
      this.calls[e] = callsIn(this.rows[e], this.from[e], this.buckets[e]);
      if (Number.isNaN(this.values[e])) this.values[e] = this.calls[e];
    }
    this.#counted = this.rows.length;
  }

  /** Holds nothing, from here on of other scores. */
  clear(): void {
    const { rows, buckets, from, values, calls, expected, lower, upper } = this;
    for (const column of [rows, buckets, from, values, calls, expected, lower, upper]) column.length = 0;
    this.#counted = 0;
    this.#last = -1;
    this.#isSorted = true;
  }

  /** Entries by row and bucket: a detector runs all rows over one day, then over the next. */
  sort(): void {
    if (this.#isSorted) return;
    const { rows, buckets } = this;
    const order = Array.from(rows.keys()).sort((a, b) => rows[a] - rows[b] || buckets[a] - buckets[b]);
    const sorted = (column: readonly number[]) => order.map((i) => column[i]);
    this.rows = sorted(rows);
    this.buckets = sorted(buckets);
    this.from = sorted(this.from);
    this.values = sorted(this.values);
    this.calls = sorted(this.calls);
    this.expected = sorted(this.expected);
    this.lower = sorted(this.lower);
    this.upper = sorted(this.upper);
    this.#last = rows.length === 0 ? -1 : this.rows[order.length - 1] * this.#length + this.buckets[order.length - 1];
    this.#isSorted = true;
  }
}
