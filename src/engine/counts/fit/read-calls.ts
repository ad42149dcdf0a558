import { isSparse, readRow, type SeriesSet } from '../../../series/series-set.js';
import type { Training } from './training-layout.js';

/** The training buckets of a row that hold a call, in the order of time: a series of few calls is no more than these. */
export interface Events {
  n: number;
  readonly bucket: Int32Array;
  readonly calls: Float64Array;
}

/** The calls of one row in its training buckets. */
export interface RowCalls {
  total: number;
  /** Buckets of the first and the last call, −1 without one; calls in the first. */
  first: number;
  last: number;
  firstCount: number;
  /** Whether they were written out, one a bucket of the training. */
  isPacked: boolean;
  readonly events: Events;
}

export function rowCalls(length: number): RowCalls {
  const events = { n: 0, bucket: new Int32Array(length), calls: new Float64Array(length) };
  return { total: 0, first: -1, last: -1, firstCount: 0, isPacked: false, events };
}

/**
 * Reads one row. Its events are listed where it has fewer than `few` calls or the set is sparse; its calls are written to
 * `packed`, one a bucket of `training`, where the set is dense: of a sparse one see {@link packCalls}. What is no number above 0
 * is no call.
 */
export function readCalls(
  set: SeriesSet,
  row: number,
  { rank, n, bucket }: Training,
  few: number,
  packed: Float64Array,
  out: RowCalls,
): void {
  const { events } = out;
  if (isSparse(set.values)) {
    const { offsets, buckets, counts } = set.values;
    let e = 0;
    let total = 0;
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      const b = buckets[i];
      if (rank[b + 1] === rank[b] || !(counts[i] > 0)) continue;
      events.bucket[e] = b;
      events.calls[e++] = counts[i];
      total += counts[i];
    }
    events.n = e;
    out.total = total;
    out.isPacked = false;
  } else {
    out.isPacked = true;
    const all = n === rank.length - 1;
    readRow(set, row, all ? packed : events.calls);
    if (!all) for (let k = 0; k < n; k++) packed[k] = events.calls[bucket[k]];
    let total = 0;
    for (let k = 0; k < n; k++) {
      if (!(packed[k] >= 0)) packed[k] = 0;
      total += packed[k];
    }
    out.total = total;
    let first = 0;
    while (first < n && packed[first] === 0) first++;
    let last = n;
    while (last > first && packed[last - 1] === 0) last--;
    let e = 0;
    const to = total < few ? last : Math.min(last, first + 1);
    for (let k = first; k < to; k++) {
      if (packed[k] === 0) continue;
      events.bucket[e] = bucket[k];
      events.calls[e++] = packed[k];
    }
    events.n = e;
    out.last = last > first ? bucket[last - 1] : -1;
  }
  const { n: found } = events;
  out.first = found === 0 ? -1 : events.bucket[0];
  out.firstCount = found === 0 ? 0 : events.calls[0];
  if (isSparse(set.values)) out.last = found === 0 ? -1 : events.bucket[found - 1];
}

/** Writes the calls of a row to `packed`, where they are not yet. */
export function packCalls(row: RowCalls, { rank, n }: Training, packed: Float64Array): void {
  if (row.isPacked) return;
  const { events } = row;
  packed.fill(0, 0, n);
  for (let i = 0; i < events.n; i++) packed[rank[events.bucket[i]]] = events.calls[i];
  row.isPacked = true;
}
