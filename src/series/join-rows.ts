import { isSparse, observedRow, readRow, type SeriesSet, type SparseCounts } from './series-set.js';

/** A set of counts with the rows of another behind its own; both over the same grid, no key in both. */
export function joinRows(set: SeriesSet, more: SeriesSet): SeriesSet {
  if (more.keys.length === 0) return set;
  const { grid } = set;
  const keys = [...set.keys, ...more.keys];
  const values = joinCells(cellsOf(set), cellsOf(more), set.keys.length, more.keys.length);
  return { grid, keys, measure: set.measure, values, observed: observedBy(set, more) };
}

function observedBy(set: SeriesSet, more: SeriesSet): Uint8Array {
  const { length } = set.grid;
  if (set.observed === more.observed && set.observed.length === length) return set.observed;
  const rows = set.keys.length;
  const observed = new Uint8Array((rows + more.keys.length) * length);
  for (let row = 0; row < rows; row++) observed.set(observedRow(set, row), row * length);
  for (let row = 0; row < more.keys.length; row++) observed.set(observedRow(more, row), (rows + row) * length);
  return observed;
}

function joinCells(a: SparseCounts, b: SparseCounts, rowsOfA: number, rowsOfB: number): SparseCounts {
  const end = a.offsets[rowsOfA];
  const size = b.offsets[rowsOfB];
  const offsets = new Float64Array(rowsOfA + rowsOfB + 1);
  offsets.set(a.offsets.subarray(0, rowsOfA + 1));
  for (let row = 1; row <= rowsOfB; row++) offsets[rowsOfA + row] = end + b.offsets[row];
  const buckets = new Uint32Array(end + size);
  buckets.set(a.buckets.subarray(0, end));
  buckets.set(b.buckets.subarray(0, size), end);
  const counts = new Float64Array(end + size);
  counts.set(a.counts.subarray(0, end));
  counts.set(b.counts.subarray(0, size), end);
  return { offsets, buckets, counts };
}

function cellsOf(set: SeriesSet): SparseCounts {
  if (isSparse(set.values)) return set.values;
  const { length } = set.grid;
  const y = new Float64Array(length);
  const offsets = new Float64Array(set.keys.length + 1);
  const buckets: number[] = [];
  const counts: number[] = [];
  for (let row = 0; row < set.keys.length; row++) {
    readRow(set, row, y);
    for (let i = 0; i < length; i++) {
      if (y[i] === 0) continue;
      buckets.push(i);
      counts.push(y[i]);
    }
    offsets[row + 1] = buckets.length;
  }
  return { offsets, buckets: Uint32Array.from(buckets), counts: Float64Array.from(counts) };
}
