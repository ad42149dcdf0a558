import { checkTime, InputError, shown } from '../errors.js';
import type { SeriesKey } from './key.js';
import { checkSet, isSparse, type SeriesSet, type SparseCounts } from './series-set.js';

/**
 * The buckets of `set` that begin in `[from, to)`, all rows, copied; a set of no buckets where there are none. Slices
 * that meet hold every bucket once.
 * @throws InputError unless `from` is before `to`
 */
export function sliceWindow(set: SeriesSet, from: number | Date, to: number | Date): SeriesSet {
  checkSet(set, 'set');
  const begin = checkTime(from, 'from');
  const end = checkTime(to, 'to');
  if (begin >= end) throw new InputError(`to must be later than from, got from ${shown(from)} to ${shown(to)}`);
  const { start, step, length } = set.grid;
  const first = Math.min(length, Math.max(0, Math.ceil((begin - start) / step)));
  const last = Math.min(length, Math.max(first, Math.ceil((end - start) / step)));
  const width = last - first;
  const cut = <A extends Uint8Array | Uint32Array | Float64Array>(from: A, to: A): A => {
    for (let row = 0; row < set.keys.length; row++) {
      to.set(from.subarray(row * length + first, row * length + last), row * width);
    }
    return to;
  };
  const cells = set.keys.length * width;
  const { values, observed } = set;
  return {
    grid: { start: start + first * step, step, length: width },
    keys: set.keys,
    measure: set.measure,
    values: isSparse(values)
      ? sliceSparse(values, set.keys.length, first, last)
      : values instanceof Uint32Array
        ? cut(values, new Uint32Array(cells))
        : cut(values, new Float64Array(cells)),
    observed: observed.length === length ? observed.slice(first, last) : cut(observed, new Uint8Array(cells)),
  };
}

function sliceSparse(values: SparseCounts, rows: number, first: number, last: number): SparseCounts {
  const offsets = new Float64Array(rows + 1);
  const kept: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let i = values.offsets[row]; i < values.offsets[row + 1]; i++) {
      if (values.buckets[i] >= first && values.buckets[i] < last) kept.push(i);
    }
    offsets[row + 1] = kept.length;
  }
  return {
    offsets,
    buckets: Uint32Array.from(kept, (i) => values.buckets[i] - first),
    counts: Float64Array.from(kept, (i) => values.counts[i]),
  };
}

/** The rows of `set` whose keys pass `keep`, in their order, copied. */
export function selectRows(set: SeriesSet, keep: (key: SeriesKey) => boolean): SeriesSet {
  const rows = set.keys.flatMap((key, row) => (keep(key) ? [row] : []));
  const { length } = set.grid;
  const pick = <A extends Uint8Array | Uint32Array | Float64Array>(from: A, to: A): A => {
    for (const [i, row] of rows.entries()) to.set(from.subarray(row * length, (row + 1) * length), i * length);
    return to;
  };
  const { values, observed } = set;
  const cells = rows.length * length;
  return {
    ...set,
    keys: rows.map((row) => set.keys[row]),
    values: isSparse(values)
      ? selectSparse(values, rows)
      : values instanceof Uint32Array
        ? pick(values, new Uint32Array(cells))
        : pick(values, new Float64Array(cells)),
    observed: observed.length === length ? observed : pick(observed, new Uint8Array(cells)),
  };
}

function selectSparse(values: SparseCounts, rows: readonly number[]): SparseCounts {
  const offsets = new Float64Array(rows.length + 1);
  for (const [i, row] of rows.entries()) {
    offsets[i + 1] = offsets[i] + values.offsets[row + 1] - values.offsets[row];
  }
  const buckets = new Uint32Array(offsets[rows.length]);
  const counts = new Float64Array(offsets[rows.length]);
  for (const [i, row] of rows.entries()) {
    buckets.set(values.buckets.subarray(values.offsets[row], values.offsets[row + 1]), offsets[i]);
    counts.set(values.counts.subarray(values.offsets[row], values.offsets[row + 1]), offsets[i]);
  }
  return { offsets, buckets, counts };
}
