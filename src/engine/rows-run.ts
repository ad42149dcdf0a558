import { isSparse, readPart, type SeriesSet } from '../series/series-set.js';
import type { TimeGrid } from '../time/grid.js';

/** Some buckets of a window, as all rows are run over them one after another. */
export class RowsRun {
  readonly grid: TimeGrid;
  /** `[grid.length]` of the row that was read last. */
  readonly values: Float64Array;
  readonly observed: Uint8Array;
  readonly #whole: SeriesSet;
  readonly #first: number;
  readonly #isAlike: boolean;

  /** @param first the window's bucket that `grid` begins with */
  constructor(whole: SeriesSet, grid: TimeGrid, first: number) {
    const { observed } = whole;
    this.grid = grid;
    this.#whole = whole;
    this.#first = first;
    this.#isAlike = observed.length === whole.grid.length;
    this.values = new Float64Array(grid.length);
    this.observed = this.#isAlike ? observed.subarray(first, first + grid.length) : new Uint8Array(grid.length);
  }

  /** Reads a row into `values` and `observed`. */
  read(row: number): void {
    const { length } = this.grid;
    readPart(this.#whole, row, this.#first, this.#first + length, this.values);
    if (this.#isAlike) return;
    const from = row * this.#whole.grid.length + this.#first;
    for (let i = 0; i < length; i++) this.observed[i] = this.#whole.observed[from + i];
  }

  /**
   * The first bucket of all rows; `observed` has one entry for all where it is the same of all.
   * @param calls `[rows]`, to be filled
   */
  column(calls: Float64Array): { readonly calls: Float64Array; readonly observed: Uint8Array } {
    const { values, keys, grid, observed } = this.#whole;
    const rows = keys.length;
    const first = this.#first;
    const one = new Float64Array(1);
    const isSparseSet = isSparse(values);
    for (let row = 0; row < rows; row++) {
      if (!isSparseSet) calls[row] = values[row * grid.length + first];
      else if (values.offsets[row] === values.offsets[row + 1]) calls[row] = 0;
      else {
        readPart(this.#whole, row, first, first + 1, one);
        calls[row] = one[0];
      }
    }
    if (this.#isAlike) return { calls, observed: this.observed };
    return { calls, observed: Uint8Array.from({ length: rows }, (_, row) => observed[row * grid.length + first]) };
  }
}
