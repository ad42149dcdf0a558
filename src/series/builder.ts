import { checkInteger, checkOptions, checkTime, InputError, type OptionNames, shown } from '../errors.js';
import { MAX_BUCKETS, MAX_STEP } from '../time/grid.js';
import { countText, INSPECT, stepText } from '../time/inspect.js';
import { CellLog } from './cell-log.js';
import { checkKey, keyId, type SeriesKey } from './key.js';
import type { SeriesSet } from './series-set.js';

/** Half-open `[from, to)` in epoch milliseconds. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export interface BuilderOptions {
  /** Width of a bucket in ms. */
  readonly step: number;
  /** Where the grid begins; without it, at the epoch-aligned bucket of the earliest call or of the span given to `finish`. */
  readonly start?: number | Date;
  /** Where the grid ends, exclusive; a last bucket that reaches past it is kept whole and marked not observed. */
  readonly end?: number | Date;
  /** In place of `end`, the number of buckets from `start` on: so a {@link TimeGrid} will do as options. */
  readonly length?: number;
}

/**
 * Collects counts in any order, then freezes them into a {@link SeriesSet}. Memory grows with the buckets that are not
 * zero, not with the grid.
 */
export class SeriesSetBuilder {
  readonly #step: number;
  readonly #start: number | undefined;
  readonly #end: number | undefined;
  readonly #keys: SeriesKey[] = [];
  readonly #rows = new Map<string, number>();
  readonly #cells = new CellLog();
  readonly #unobserved: TimeRange[] = [];
  /** Time of cell bucket 0: the start, or the aligned bucket of the first call. Cells count from here, either way. */
  #origin: number | undefined;

  constructor(options: BuilderOptions) {
    checkOptions(options, BUILDER_OPTIONS);
    this.#step = checkInteger(options.step, 'step', 1, MAX_STEP);
    this.#start = options.start === undefined ? undefined : checkTime(options.start, 'start');
    this.#end = endOf(options, this.#start);
    if (this.#start !== undefined && this.#end !== undefined && this.#start >= this.#end) {
      throw new InputError(`end must be later than start (${shown(options.start)}), got ${shown(options.end)}`);
    }
    this.#origin = this.#start;
  }

  /** What is printed of it. @internal */
  [INSPECT](): string {
    return `SeriesSetBuilder <${countText(this.#keys.length, 'series', 'series')} by ${stepText(this.#step)}>`;
  }

  /** The row of a key, added when it is new. */
  row(key: SeriesKey): number {
    const id = keyId(key);
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    const row = this.#keys.length;
    this.#keys.push(key);
    this.#rows.set(id, row);
    return row;
  }

  /** A row for a key that has none: for whoever knows that without looking keys up. */
  addRow(key: SeriesKey): number {
    return this.#keys.push(key) - 1;
  }

  /** Counts a call at `time`, which start and end allow, in the rows of `rows` from index `from` to `to`. */
  addToRows(rows: Int32Array, from: number, to: number, time: number): void {
    const bucket = this.#bucketOf(time);
    for (let i = from; i < to; i++) this.#cells.add(rows[i], bucket, 1);
  }

  /** Counts `times` calls at `time` in a row of this builder; false, and nothing counted, outside start/end. */
  addAt(row: number, time: number, times = 1): boolean {
    if ((this.#start !== undefined && time < this.#start) || (this.#end !== undefined && time >= this.#end))
      return false;
    this.#cells.add(row, this.#bucketOf(time), times);
    return true;
  }

  #bucketOf(time: number): number {
    this.#origin ??= Math.floor(time / this.#step) * this.#step;
    const bucket = Math.floor((time - this.#origin) / this.#step);
    if (bucket >= -MAX_BUCKETS && bucket <= MAX_BUCKETS) return bucket;
    throw new InputError(
      `step must be wide enough for the span of the calls (at most ${MAX_BUCKETS} buckets), got ${this.#step} ms`,
    );
  }

  /** Counts `times` calls at `time` under `key`, whose absent names are `null`. Calls outside start/end are left out. */
  add(key: Partial<SeriesKey>, time: number | Date, times = 1): void {
    const at = checkTime(time, 'time');
    this.addAt(this.row(checkKey(key)), at, checkInteger(times, 'times', 0, Number.MAX_SAFE_INTEGER));
  }

  /** Nothing listened in `[from, to)`: every bucket that touches it is not observed, in all rows. */
  markUnobserved(from: number | Date, to: number | Date): void {
    const range = { from: checkTime(from, 'from'), to: checkTime(to, 'to') };
    if (range.from >= range.to) throw new InputError(`to must be later than from, got ${shown(from)} and ${shown(to)}`);
    this.#unobserved.push(range);
  }

  /**
   * The set of all that was added.
   * @param span times that the grid must reach at least, where start or end do not say
   * @param observed when a row's sources listened: a bucket is observed where one of these (merged) ranges holds the
   *   whole of it; `null` for always
   */
  finish(span?: TimeRange, observed?: (key: SeriesKey, row: number) => readonly TimeRange[] | null): SeriesSet {
    const step = this.#step;
    const cells = this.#cells;
    const align = this.#start ?? 0;
    const origin = this.#origin ?? 0;
    const first = Math.min(span?.from ?? Infinity, origin + cells.minBucket * step);
    const last = Math.max(span?.to ?? -Infinity, origin + (cells.maxBucket + 1) * step);
    const from = this.#start ?? (first < Infinity ? align + Math.floor((first - align) / step) * step : 0);
    const to = this.#end ?? Math.max(last, from);
    const length = Math.ceil((to - from) / step);
    if (length > MAX_BUCKETS) {
      throw new InputError(
        `step must be wide enough for the grid (at most ${MAX_BUCKETS} buckets), got ${step} ms over ${to - from} ms`,
      );
    }
    const grid = { start: from, step, length };
    const shift = Math.round((origin - from) / step);
    const rows = this.#keys.length;
    const holes = [...this.#unobserved];
    // A bucket that reaches past `end` holds calls of a part of its width only.
    if (this.#end !== undefined && from + length * step > this.#end) {
      holes.push({ from: this.#end, to: from + length * step });
    }
    const listened = this.#keys.map((key, row) => observed?.(key, row) ?? null);
    const same = listened.every((ranges) => sameRanges(ranges, listened[0] ?? null));
    const mask = new Uint8Array(same ? length : rows * length);
    for (let row = 0; row < (same ? 1 : rows); row++) {
      const part = mask.subarray(row * length, (row + 1) * length);
      markObserved(part, grid, listened[row] ?? null);
      for (const hole of holes) markHole(part, grid, hole);
    }
    return { grid, keys: this.#keys, measure: 'count', values: cells.values(rows, length, shift), observed: mask };
  }
}

const BUILDER_OPTIONS: OptionNames<BuilderOptions> = { step: true, start: true, end: true, length: true };

function endOf({ end, length, step }: BuilderOptions, start: number | undefined): number | undefined {
  if (length === undefined) return end === undefined ? undefined : checkTime(end, 'end');
  if (start === undefined || end !== undefined) {
    throw new InputError(`length must come with start and without end, got ${shown(length)}`);
  }
  return start + checkInteger(length, 'length', 1, MAX_BUCKETS) * step;
}

function sameRanges(a: readonly TimeRange[] | null, b: readonly TimeRange[] | null): boolean {
  if (a === b) return true;
  if (a === null || b === null || a.length !== b.length) return false;
  return a.every((range, i) => range.from === b[i].from && range.to === b[i].to);
}

/** Sets a mask over a grid to 1 where a range holds the whole of a bucket, everywhere for null. */
export function markObserved(mask: Uint8Array, grid: SeriesSet['grid'], ranges: readonly TimeRange[] | null): void {
  if (ranges === null) {
    mask.fill(1);
    return;
  }
  for (const { from, to } of mergeRanges(ranges)) {
    const first = Math.max(0, Math.ceil((from - grid.start) / grid.step));
    const end = Math.min(grid.length, Math.floor((to - grid.start) / grid.step));
    if (end > first) mask.fill(1, first, end);
  }
}

/** Sets a mask over a grid to 0 in every bucket that a hole touches. */
export function markHole(mask: Uint8Array, grid: SeriesSet['grid'], hole: TimeRange): void {
  const first = Math.max(0, Math.floor((hole.from - grid.start) / grid.step));
  const end = Math.min(grid.length, Math.ceil((hole.to - grid.start) / grid.step));
  if (end > first) mask.fill(0, first, end);
}

/** The same times in ascending ranges that neither touch nor overlap. */
export function mergeRanges(ranges: readonly TimeRange[]): TimeRange[] {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** The times that lie in both; ranges within each are ascending and apart. */
export function commonRanges(a: readonly TimeRange[], b: readonly TimeRange[]): TimeRange[] {
  const both: TimeRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i].from, b[j].from);
    const to = Math.min(a[i].to, b[j].to);
    if (from < to) both.push({ from, to });
    if (a[i].to < b[j].to) i++;
    else j++;
  }
  return both;
}
