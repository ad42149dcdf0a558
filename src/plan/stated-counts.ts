import { isByCaller, isCallerOfKey } from '../kms/judged-rows.js';
import { markHole, markObserved, mergeRanges, type TimeRange } from '../series/builder.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { LedgerCells, readBuckets, writeBuckets } from './ledger-cells.js';
import { keyOfId } from './ledger-parts.js';

interface Row {
  readonly number: number;
  readonly id: string;
  readonly key: SeriesKey;
  /** The only source that counts it. */
  readonly source: string;
  /** The end of what was observed of it. */
  until: number;
  /** Where its source listened and could not say, ascending. */
  gaps: readonly TimeRange[];
}

/** What is judged, or what says who called. */
type What = 'judged' | 'callers';

interface KeptRows {
  readonly rows: readonly Row[];
  readonly keys: readonly SeriesKey[];
}

/** What of stated counts is JSON in their bytes. */
interface StatedData {
  readonly rows: readonly (readonly [number: number, id: string, source: string, until: number, gaps: Row['gaps']])[];
}

/** What became of counts that a source stated. */
export interface Taken {
  /** The earliest bucket whose count is another than before; ∞ where none is. */
  readonly changed: number;
  /** Calls that are new. */
  readonly calls: number;
  /** Calls of before `from` that would be new: too late to count. */
  readonly tooLate: number;
  /** Rows that another source counts. */
  readonly refused: readonly { readonly key: SeriesKey; readonly source: string }[];
}

/**
 * Counts as sources state them, of whole buckets of a row, rather than call by call: those of metrics, and of queries. What a
 * source states again of a bucket takes the place of what it stated before, so that a revision never counts twice. A row
 * belongs to the source that stated it first.
 */
export class StatedCounts {
  /** In the order in which they came; with their silence they stay. */
  readonly #rows = new Map<string, Row>();
  readonly #buckets = new Map<number, LedgerCells>();
  #size = 0;
  readonly #kept = new Map<What, KeptRows>();

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** Takes what a source states of the buckets of a set that begin in `[from, to)`; those of before `from` stay as they are. */
  take(set: SeriesSet, source: string, from: number, to: number): Taken {
    const { start, step, length } = set.grid;
    const y = new Float64Array(length);
    let changed = Infinity;
    let [calls, tooLate] = [0, 0];
    const refused: { key: SeriesKey; source: string }[] = [];
    for (const [r, key] of set.keys.entries()) {
      const row = this.#row(key, source);
      if (row.source !== source) {
        refused.push({ key, source: row.source });
        continue;
      }
      readRow(set, r, y);
      const observed = observedRow(set, r);
      const unknown: TimeRange[] = [];
      for (let b = 0; b < length; b++) {
        const time = start + b * step;
        if (time >= to) break;
        if (observed[b] === 0) {
          // What it said before of such a bucket stands.
          if (time >= row.until && time >= from) unknown.push({ from: time, to: time + step });
          continue;
        }
        const before = this.#buckets.get(time)?.get(row.number) ?? 0;
        if (time < from) {
          tooLate += Math.max(0, y[b] - before);
          continue;
        }
        if (row.gaps.some((gap) => gap.from <= time && time < gap.to)) {
          row.gaps = without(row.gaps, time, time + step);
          changed = Math.min(changed, time);
        }
        if (y[b] === before) continue;
        changed = Math.min(changed, time);
        calls += Math.max(0, y[b] - before);
        this.#cellsOf(time).set(row.number, y[b]);
        this.#size += (y[b] > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
      }
      for (let b = length - 1; b >= 0; b--) {
        if (observed[b] === 0 || start + b * step >= to) continue;
        row.until = Math.max(row.until, start + (b + 1) * step);
        break;
      }
      if (unknown.length > 0) row.gaps = mergeRanges([...row.gaps, ...unknown]);
    }
    return { changed, calls, tooLate, refused };
  }

  #row(key: SeriesKey, source: string): Row {
    const id = keyId(key);
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    const row = { number: this.#rows.size, id, key, source, until: -Infinity, gaps: [] };
    this.#rows.set(id, row);
    return row;
  }

  #cellsOf(bucket: number): LedgerCells {
    let cells = this.#buckets.get(bucket);
    if (cells === undefined) {
      cells = new LedgerCells();
      this.#buckets.set(bucket, cells);
    }
    return cells;
  }

  /** Of all rows that ever were, but those that `isCounted` elsewhere; the same array while it stays the same. */
  keys(what: What, isCounted: (id: string) => boolean): readonly SeriesKey[] {
    return this.#keptRows(what, isCounted).keys;
  }

  #keptRows(what: What, isCounted: (id: string) => boolean): KeptRows {
    const isOf = what === 'judged' ? (key: SeriesKey) => key.caller === null || isCallerOfKey(key) : isByCaller;
    const rows = [...this.#rows.values()].filter(({ id, key }) => isOf(key) && !isCounted(id));
    const known = this.#kept.get(what);
    // Rows are added, and counted elsewhere from some time on: as many are the same.
    if (known !== undefined && known.rows.length === rows.length && known.rows.at(-1) === rows.at(-1)) return known;
    const kept = { rows, keys: rows.map(({ key }) => key) };
    this.#kept.set(what, kept);
    return kept;
  }

  has(key: SeriesKey): boolean {
    return this.#rows.has(keyId(key));
  }

  /** The rows over a grid. @param listenedBy when a source listened */
  window(
    what: What,
    grid: SeriesSet['grid'],
    isCounted: (id: string) => boolean,
    listenedBy: (source: string) => readonly TimeRange[],
    exclude: readonly TimeRange[],
  ): SeriesSet {
    const { rows, keys } = this.#keptRows(what, isCounted);
    const { start, step, length } = grid;
    const placeOf = new Map(rows.map(({ number }, place) => [number, place]));
    const cells: [bucket: number, count: number][][] = rows.map(() => []);
    for (let b = 0; b < length; b++) {
      this.#buckets.get(start + b * step)?.forEach((number, count) => {
        const place = placeOf.get(number);
        if (place !== undefined && count > 0) cells[place].push([b, count]);
      });
    }
    const offsets = new Float64Array(rows.length + 1);
    for (const [place, own] of cells.entries()) offsets[place + 1] = offsets[place] + own.length;
    const flat = cells.flat();
    const observed = new Uint8Array(rows.length * length);
    const masks = new Map<string, Uint8Array>();
    for (const [place, { source, gaps }] of rows.entries()) {
      let mask = masks.get(source);
      if (mask === undefined) {
        mask = new Uint8Array(length);
        markObserved(mask, grid, listenedBy(source));
        for (const range of exclude) markHole(mask, grid, range);
        masks.set(source, mask);
      }
      const own = observed.subarray(place * length, (place + 1) * length);
      own.set(mask);
      for (const gap of gaps) markHole(own, grid, gap);
    }
    const values = {
      offsets,
      buckets: Uint32Array.from(flat, ([bucket]) => bucket),
      counts: Float64Array.from(flat, ([, count]) => count),
    };
    return { grid, keys, measure: 'count', values, observed };
  }

  /** Calls on a row in `[from, to)`. */
  sum(key: SeriesKey, from: number, to: number): number {
    const row = this.#rows.get(keyId(key));
    if (row === undefined) return 0;
    let calls = 0;
    for (const [bucket, cells] of this.#buckets) {
      if (bucket >= from && bucket < to) calls += cells.get(row.number) ?? 0;
    }
    return calls;
  }

  /** The first bucket of all that are kept; ∞ without any. */
  get first(): number {
    let first = Infinity;
    for (const bucket of this.#buckets.keys()) first = Math.min(first, bucket);
    return first;
  }

  /** How many counts are kept, a row and bucket each. */
  get size(): number {
    return this.#size;
  }

  /** Forgets counts before `time`; rows stay, since their silence counts. */
  forgetBefore(time: number): void {
    for (const [bucket, cells] of this.#buckets) {
      if (bucket >= time) continue;
      cells.forEach(() => {
        this.#size--;
      });
      this.#buckets.delete(bucket);
    }
    for (const row of this.#rows.values()) {
      if (row.gaps.length > 0 && row.gaps[0].to <= time) row.gaps = row.gaps.filter(({ to }) => to > time);
    }
  }

  write(out: ByteWriter): void {
    const data: StatedData = {
      rows: Array.from(this.#rows.values(), ({ number, id, source, until, gaps }) => [number, id, source, until, gaps]),
    };
    out.string(JSON.stringify(data));
    writeBuckets(this.#buckets, out);
  }

  static read(from: ByteReader): StatedCounts {
    const stated = new StatedCounts();
    const { rows } = JSON.parse(from.string()) as StatedData;
    for (const [number, id, source, until, gaps] of rows) {
      // JSON has no −∞: of a row that was never observed.
      stated.#rows.set(id, { number, id, key: keyOfId(id), source, until: until ?? -Infinity, gaps });
    }
    for (const [bucket, cells] of readBuckets(from)) {
      cells.forEach(() => {
        stated.#size++;
      });
      stated.#buckets.set(bucket, cells);
    }
    return stated;
  }
}

/** Ascending ranges without the times of `[from, to)`. */
function without(ranges: readonly TimeRange[], from: number, to: number): readonly TimeRange[] {
  return ranges.flatMap((range) =>
    [
      { from: range.from, to: Math.min(range.to, from) },
      { from: Math.max(range.from, to), to: range.to },
    ].filter((part) => part.from < part.to),
  );
}
