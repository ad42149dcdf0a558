import type { DecidedWindows, DecidedWriter } from './types.js';

/** {@link DecidedWindows} as they come: in any order of rows and buckets until {@link sort}. */
export class DecidedSink implements DecidedWindows, DecidedWriter {
  rows: number[] = [];
  buckets: number[] = [];
  from: number[] = [];
  values: number[] = [];
  expected: number[] = [];
  lower: number[] = [];
  upper: number[] = [];
  readonly #length: number;
  #last = -1;
  #isSorted = true;

  /** @param length buckets of a row of the scores */
  constructor(length: number) {
    this.#length = length;
  }

  /** @param cell of the scores: row · length + bucket */
  add(cell: number, from: number, value: number, expected: number, lower: number, upper: number): void {
    if (cell <= this.#last) this.#isSorted = false;
    this.#last = cell;
    this.rows.push(Math.floor(cell / this.#length));
    this.buckets.push(cell % this.#length);
    this.from.push(from);
    this.values.push(value);
    this.expected.push(expected);
    this.lower.push(lower);
    this.upper.push(upper);
  }

  /** Holds nothing, from here on of other scores. */
  clear(): void {
    for (const column of [this.rows, this.buckets, this.from, this.values, this.expected, this.lower, this.upper]) {
      column.length = 0;
    }
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
    this.expected = sorted(this.expected);
    this.lower = sorted(this.lower);
    this.upper = sorted(this.upper);
    this.#last = rows.length === 0 ? -1 : this.rows[order.length - 1] * this.#length + this.buckets[order.length - 1];
    this.#isSorted = true;
  }
}
