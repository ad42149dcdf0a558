import type { SeriesKey } from '../series/key.js';
import { firstFrom, isSparse, type SeriesSet, type SparseCounts, valueAt } from '../series/series-set.js';
import { DAY, type TimeGrid } from '../time/grid.js';

/** Buckets next to one another, bucket after bucket: what is not zero, or not observed, in each. */
interface Page {
  readonly start: number;
  /** Cells up to the end of each bucket. */
  readonly ends: number[];
  /** 1 for each bucket that was observed, by any row. */
  readonly observed: number[];
  /** Whether the cells of each bucket stand by row. */
  isByRow: boolean;
  rows: Uint32Array;
  /** NaN where a row was not observed while others were. */
  values: Float64Array;
}

/**
 * What a detector observed in the last days, to be replayed when a late window corrects it: 12 bytes for each bucket of
 * each row that had a call, in a page a day. Whole windows would keep a cell for every row and bucket: 700 MB for 100,000
 * rows.
 */
export class Recent {
  readonly #step: number;
  readonly #measure: SeriesSet['measure'];
  #pages: Page[] = [];
  /** The rows that were appended last, and whether they ascend. */
  #rowOf: Int32Array | undefined;
  #isByRow = true;

  constructor(step: number, measure: SeriesSet['measure']) {
    this.#step = step;
    this.#measure = measure;
  }

  /**
   * Buckets `[first, last)` of a window come after all before.
   * @param rowOf the row under which each of the window's is kept
   */
  append(set: SeriesSet, rowOf: Int32Array, first: number, last: number): void {
    const { start, step, length } = set.grid;
    const isAlike = set.observed.length === length;
    if (rowOf !== this.#rowOf) {
      this.#rowOf = rowOf;
      this.#isByRow = rowOf.every((row, i) => i === 0 || row > rowOf[i - 1]);
    }
    for (let i = first; i < last; ) {
      const time = start + i * step;
      const page = this.#pageAt(time);
      if (!this.#isByRow) page.isByRow = false;
      const next = Math.min(last, Math.ceil(((Math.floor(time / DAY) + 1) * DAY - start) / step));
      if (isAlike && isSparse(set.values) && next > i + 1) {
        appendSparse(page, set.observed, set.values, rowOf, i, next);
        i = next;
      } else this.#appendBucket(page, set, rowOf, i++);
    }
  }

  #pageAt(time: number): Page {
    const before = this.#pages.at(-1);
    if (before !== undefined) {
      const end = before.start + before.ends.length * this.#step;
      if (end === time && Math.floor(before.start / DAY) === Math.floor(time / DAY)) return before;
    }
    const page: Page = {
      start: time,
      ends: [],
      observed: [],
      isByRow: true,
      rows: new Uint32Array(16),
      values: new Float64Array(16),
    };
    if (before !== undefined) trim(before);
    this.#pages.push(page);
    return page;
  }

  #appendBucket(page: Page, set: SeriesSet, rowOf: Int32Array, bucket: number): void {
    const { length } = set.grid;
    const { observed, values } = set;
    const rows = set.keys.length;
    const isAlike = observed.length === length;
    const isLevel = this.#measure === 'level';
    let anyObserved = isAlike ? observed[bucket] !== 0 : false;
    if (!isAlike)
      for (let row = 0; row < rows && !anyObserved; row++) anyObserved = observed[row * length + bucket] !== 0;
    let n = page.ends.at(-1) ?? 0;
    const sparse = isSparse(values) ? values : undefined;
    for (let row = 0; anyObserved && row < rows; row++) {
      let value = 0;
      if (sparse === undefined) value = (values as Float64Array)[row * length + bucket];
      else if (sparse.offsets[row] < sparse.offsets[row + 1]) value = valueAt(set, row, bucket);
      if (!isAlike && observed[row * length + bucket] === 0) value = Number.NaN;
      // A level has no usual zero: what is not named was not observed.
      if (isLevel ? Number.isNaN(value) : value === 0) continue;
      if (n === page.rows.length) grow(page);
      page.rows[n] = rowOf[row];
      page.values[n++] = value;
    }
    page.ends.push(n);
    page.observed.push(anyObserved ? 1 : 0);
  }

  /** Drops the pages that end by `time`. */
  forget(time: number): void {
    while (this.#pages.length > 0 && this.#pages[0].start + this.#pages[0].ends.length * this.#step <= time) {
      this.#pages.shift();
    }
  }

  /** Drops what was observed from `time` on. */
  cut(time: number): void {
    this.#pages = this.#pages.filter(({ start }) => start < time);
    const page = this.#pages.at(-1);
    if (page === undefined) return;
    const left = Math.ceil((time - page.start) / this.#step);
    if (page.ends.length > left) {
      page.ends.length = left;
      page.observed.length = left;
    }
  }

  /** One row's buckets; NaN where it was not observed. @param grid on the buckets that were observed */
  row(row: number, grid: TimeGrid): Float64Array {
    const found = new Float64Array(grid.length).fill(Number.NaN);
    for (const page of this.#pages) {
      const offset = Math.round((page.start - grid.start) / this.#step);
      for (let b = Math.max(0, -offset); b < page.ends.length && b + offset < grid.length; b++) {
        if (page.observed[b] === 0) continue;
        let value = 0;
        for (let k = b === 0 ? 0 : page.ends[b - 1]; k < page.ends[b]; k++)
          if (page.rows[k] === row) value = page.values[k];
        found[b + offset] = value;
      }
    }
    return found;
  }

  /** The first bucket that is kept; infinity without any. */
  get begins(): number {
    return this.#pages.at(0)?.start ?? Number.POSITIVE_INFINITY;
  }

  /** One row's calls in whole buckets from `from` to `to`. */
  callsOf(row: number, from: number, to: number): number {
    let calls = 0;
    for (const page of this.#pages) {
      const first = Math.max(0, Math.ceil((from - page.start) / this.#step));
      const end = Math.min(page.ends.length, Math.ceil((to - page.start) / this.#step));
      for (let b = first; b < end; b++) {
        const last = page.ends[b];
        let at = b === 0 ? 0 : page.ends[b - 1];
        if (page.isByRow) at = firstFrom(page.rows, at, last, row);
        else while (at < last && page.rows[at] !== row) at++;
        // NaN, where it was not observed, is no call.
        if (at < last && page.rows[at] === row && page.values[at] > 0) calls += page.values[at];
      }
    }
    return calls;
  }

  /** What was observed from `time` on, in windows that do not touch, rows by their keys: all rows, those that came later too. */
  since(time: number, keys: readonly SeriesKey[]): SeriesSet[] {
    const sets: SeriesSet[] = [];
    let run: { start: number; parts: { page: Page; from: number }[] } | undefined;
    let end = Number.NaN;
    for (const page of this.#pages) {
      const from = Math.max(0, Math.ceil((time - page.start) / this.#step));
      if (from >= page.ends.length) continue;
      const start = page.start + from * this.#step;
      if (run === undefined || start !== end) {
        if (run !== undefined) sets.push(this.#setOf(run, end, keys));
        run = { start, parts: [] };
      }
      run.parts.push({ page, from });
      end = page.start + page.ends.length * this.#step;
    }
    if (run !== undefined) sets.push(this.#setOf(run, end, keys));
    return sets;
  }

  #setOf(
    { start, parts }: { start: number; parts: { page: Page; from: number }[] },
    end: number,
    keys: readonly SeriesKey[],
  ): SeriesSet {
    const length = Math.round((end - start) / this.#step);
    const grid = { start, step: this.#step, length };
    const isLevel = this.#measure === 'level';
    const shared = new Uint8Array(length);
    const offsets = new Float64Array(keys.length + 1);
    let anyMissing = isLevel;
    each(parts, (row, _, value) => {
      if (Number.isNaN(value)) anyMissing = true;
      else offsets[row + 1]++;
    });
    let at = 0;
    for (const { page, from } of parts) for (let b = from; b < page.ends.length; b++) shared[at++] = page.observed[b];
    for (let row = 0; row < keys.length; row++) offsets[row + 1] += offsets[row];
    let observed = shared;
    if (anyMissing) {
      observed = new Uint8Array(keys.length * length);
      if (!isLevel) for (let row = 0; row < keys.length; row++) observed.set(shared, row * length);
    }
    const next = offsets.slice();
    const buckets = new Uint32Array(offsets[keys.length]);
    const counts = new Float64Array(offsets[keys.length]);
    const levels = new Float64Array(isLevel ? keys.length * length : 0);
    each(parts, (row, bucket, value) => {
      if (isLevel) {
        observed[row * length + bucket] = 1;
        levels[row * length + bucket] = value;
      } else if (Number.isNaN(value)) observed[row * length + bucket] = 0;
      else {
        buckets[next[row]] = bucket;
        counts[next[row]++] = value;
      }
    });
    const values = isLevel ? levels : { offsets, buckets, counts };
    return { grid, keys, measure: this.#measure, values, observed };
  }
}

function each(
  parts: readonly { page: Page; from: number }[],
  take: (row: number, bucket: number, value: number) => void,
): void {
  let bucket = 0;
  for (const { page, from } of parts) {
    for (let b = from; b < page.ends.length; b++, bucket++) {
      for (let k = b === 0 ? 0 : page.ends[b - 1]; k < page.ends[b]; k++) take(page.rows[k], bucket, page.values[k]);
    }
  }
}

/** Buckets `[first, last)` of all rows, in as much time as they have calls: a look at every row for each bucket took 10 µs a row and day. */
function appendSparse(
  page: Page,
  observed: Uint8Array,
  { offsets, buckets, counts }: SparseCounts,
  rowOf: Int32Array,
  first: number,
  last: number,
): void {
  // Where the cells of each bucket go: those of a bucket stand by row.
  const next = new Uint32Array(last - first + 1);
  const begins = new Float64Array(rowOf.length);
  for (let row = 0; row < rowOf.length; row++) {
    const at = firstFrom(buckets, offsets[row], offsets[row + 1], first);
    begins[row] = at;
    for (let k = at; k < offsets[row + 1] && buckets[k] < last; k++) {
      if (isKept(observed, buckets[k], counts[k])) next[buckets[k] - first + 1]++;
    }
  }
  next[0] = page.ends.at(-1) ?? 0;
  for (let i = 1; i < next.length; i++) {
    next[i] += next[i - 1];
    page.ends.push(next[i]);
    page.observed.push(observed[first + i - 1] === 0 ? 0 : 1);
  }
  const end = next[last - first];
  if (end > page.rows.length) resize(page, Math.max(end, page.rows.length * 2));
  for (let row = 0; row < rowOf.length; row++) {
    for (let k = begins[row]; k < offsets[row + 1] && buckets[k] < last; k++) {
      if (!isKept(observed, buckets[k], counts[k])) continue;
      const at = next[buckets[k] - first]++;
      page.rows[at] = rowOf[row];
      page.values[at] = counts[k];
    }
  }
}

function isKept(observed: Uint8Array, bucket: number, calls: number): boolean {
  return observed[bucket] !== 0 && calls !== 0;
}

function grow(page: Page): void {
  resize(page, page.rows.length * 2);
}

/** A page that is full keeps no spare room. */
function trim(page: Page): void {
  resize(page, page.ends.at(-1) ?? 0);
}

function resize(page: Page, length: number): void {
  const rows = new Uint32Array(length);
  const values = new Float64Array(length);
  rows.set(page.rows.subarray(0, length));
  values.set(page.values.subarray(0, length));
  page.rows = rows;
  page.values = values;
}
