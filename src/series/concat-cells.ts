import type { Part } from './concat-parts.js';
import { isSparse, type SeriesSet, type SparseCounts } from './series-set.js';

/** Where joined values go: row after row, and in each row bucket after bucket. */
export interface CellSink {
  /** The cells of row `partRow` of a part, in buckets `[begin, end)` of the whole grid, as they stand. */
  copy(row: number, part: Part, partRow: number, begin: number, end: number): void;
  put(row: number, bucket: number, value: number): void;
  finish(): SeriesSet['values'];
}

/** A sink that is sparse where all parts are; else dense, with floats where a part has them or a count needs them. */
export function cellSink(parts: readonly Part[], rows: number, length: number): CellSink {
  // A set without cells does not choose: an empty builder makes a dense one.
  const withCells = parts.filter(({ set }) => set.keys.length * set.grid.length > 0);
  const all = (withCells.length > 0 ? withCells : parts).map(({ set }) => set.values);
  const sparse = all.filter(isSparse);
  if (sparse.length === all.length) {
    return sparseSink(
      rows,
      sparse.reduce((cells, { offsets }) => cells + offsets[offsets.length - 1], 0),
    );
  }
  const wide =
    all.some((values) => values instanceof Float64Array) ||
    sparse.some(({ counts }) => counts.some((count) => count > 0xffffffff));
  return denseSink(wide ? new Float64Array(rows * length) : new Uint32Array(rows * length), length);
}

function denseSink(values: Uint32Array | Float64Array, length: number): CellSink {
  return {
    copy(row, { set, from }, partRow, begin, end) {
      if (!isSparse(set.values)) {
        const first = partRow * set.grid.length - from;
        values.set(set.values.subarray(first + begin, first + end), row * length + begin);
        return;
      }
      const { buckets, counts } = set.values;
      const range = cellsIn(set.values, partRow, begin - from, end - from);
      for (let i = range.first; i < range.last; i++) values[row * length + from + buckets[i]] = counts[i];
    },
    put(row, bucket, value) {
      values[row * length + bucket] = value;
    },
    finish: () => values,
  };
}

/** @param most cells in all parts: where parts overlap there will be fewer */
function sparseSink(rows: number, most: number): CellSink {
  const offsets = new Float64Array(rows + 1);
  const buckets = new Uint32Array(most);
  const counts = new Float64Array(most);
  let at = 0;
  const add = (row: number, bucket: number, count: number): void => {
    buckets[at] = bucket;
    counts[at++] = count;
    offsets[row + 1] = at;
  };
  return {
    copy(row, { set, from }, partRow, begin, end) {
      const values = set.values as SparseCounts;
      const range = cellsIn(values, partRow, begin - from, end - from);
      for (let i = range.first; i < range.last; i++) add(row, values.buckets[i] + from, values.counts[i]);
    },
    put(row, bucket, value) {
      if (value !== 0) add(row, bucket, value);
    },
    finish() {
      for (let row = 0; row < rows; row++) offsets[row + 1] = Math.max(offsets[row], offsets[row + 1]);
      return at === most
        ? { offsets, buckets, counts }
        : { offsets, buckets: buckets.slice(0, at), counts: counts.slice(0, at) };
    },
  };
}

/** The cells of a sparse row whose buckets are in `[begin, end)`: `[first, last)` of its columns. */
function cellsIn(
  { offsets, buckets }: SparseCounts,
  row: number,
  begin: number,
  end: number,
): { first: number; last: number } {
  let first = offsets[row];
  while (first < offsets[row + 1] && buckets[first] < begin) first++;
  let last = first;
  while (last < offsets[row + 1] && buckets[last] < end) last++;
  return { first, last };
}
