import { checkInteger, checkOptions, checkTime, InputError, type OptionNames, shown } from '../errors.js';
import { MAX_BUCKETS, MAX_STEP, type TimeGrid } from '../time/grid.js';
import { checkKey, keyId, type SeriesKey, seriesKey } from './key.js';

/**
 * Counts of many series of which most buckets are zero, row after row: row r has its non-zero buckets, ascending, at
 * `[offsets[r], offsets[r + 1])` of `buckets` and `counts`. A bucket that is not named is zero.
 */
export interface SparseCounts {
  /** `[rows + 1]`; whole numbers. */
  readonly offsets: Float64Array;
  readonly buckets: Uint32Array;
  readonly counts: Float64Array;
}

/** Many series over one grid, in columns. Plain data: prints, saves, travels to a worker. */
export interface SeriesSet {
  readonly grid: TimeGrid;
  /** One key a row; no two are equal. */
  readonly keys: readonly SeriesKey[];
  /** `count`: calls in the bucket; `level`: a continuous metric such as latency or seconds to expiry. */
  readonly measure: 'count' | 'level';
  /** Row-major `[keys.length × grid.length]`, or sparse rows (counts only). What stands where nothing was observed means nothing. */
  readonly values: Uint32Array | Float64Array | SparseCounts;
  /**
   * 1 where the source was listening: `[grid.length]` for all rows alike, or `[keys.length × grid.length]` when sources
   * differ. A zero means "no call" only where this is 1.
   */
  readonly observed: Uint8Array;
}

/** One series as a caller writes it down. */
export interface SeriesInput {
  /** Names left out are `null`. */
  readonly key: Partial<SeriesKey>;
  /** One value a bucket; NaN where nothing was observed. */
  readonly values: ArrayLike<number>;
}

const SET_FIELDS: OptionNames<Parameters<typeof seriesSet>[0]> = {
  start: true,
  step: true,
  measure: true,
  series: true,
  observed: true,
};
const ROW_FIELDS: OptionNames<SeriesInput> = { key: true, values: true };

/**
 * A {@link SeriesSet} from plain arrays.
 * @param input.start the time of the first bucket
 * @param input.step width of a bucket in ms
 * @param input.series rows of equal length and different keys; counts must be whole and not negative, NaN is not observed
 * @param input.observed one entry a bucket, not zero where the source was listening; everywhere when left out
 * @throws InputError naming the row and bucket at fault, or a name that is none of these
 */
export function seriesSet(input: {
  start: number | Date;
  step: number;
  measure?: 'count' | 'level';
  series: readonly SeriesInput[];
  observed?: ArrayLike<number>;
}): SeriesSet {
  checkOptions(input, SET_FIELDS, 'input');
  const start = checkTime(input.start, 'start');
  const step = checkInteger(input.step, 'step', 1, MAX_STEP);
  const measure = input.measure ?? 'count';
  if (measure !== 'count' && measure !== 'level') {
    throw new InputError(`measure must be 'count' or 'level', got ${shown(measure)}`);
  }
  const { series } = input;
  if (!Array.isArray(series)) throw new InputError(`series must be an array of keys with values, got ${shown(series)}`);
  for (const [row, one] of series.entries()) checkOptions(one, ROW_FIELDS, `series[${row}]`);
  const length = series[0]?.values.length ?? input.observed?.length ?? 0;
  checkInteger(length, 'series[0].values.length', 0, MAX_BUCKETS);
  if (input.observed !== undefined && input.observed.length !== length) {
    throw new InputError(`observed must have ${length} entries, one a bucket, got ${input.observed.length}`);
  }
  const ids = new Set<string>();
  const values = new Float64Array(series.length * length);
  const missing = new Uint8Array(series.length * length);
  let anyMissing = false;
  for (const [row, { key, values: given }] of series.entries()) {
    const id = keyId(checkKey(key, `series[${row}].key`));
    if (ids.has(id)) throw new InputError(`series[${row}].key must be new, got ${id} a second time`);
    ids.add(id);
    if (given.length !== length) {
      throw new InputError(`series[${row}].values must have ${length} entries as series[0] has, got ${given.length}`);
    }
    for (let i = 0; i < length; i++) {
      const value = given[i];
      if (Number.isNaN(value)) {
        missing[row * length + i] = 1;
        anyMissing = true;
        continue;
      }
      const fits = measure === 'count' ? Number.isSafeInteger(value) && value >= 0 : Number.isFinite(value);
      if (!fits) {
        const need = measure === 'count' ? 'a whole number of calls, 0 or more, or NaN' : 'a finite number or NaN';
        throw new InputError(`series[${row}].values[${i}] must be ${need}, got ${shown(value)}`);
      }
      values[row * length + i] = value;
    }
  }
  const observed = new Uint8Array(anyMissing ? series.length * length : length);
  for (let i = 0; i < observed.length; i++) {
    const listening = input.observed === undefined || input.observed[i % length] ? 1 : 0;
    observed[i] = anyMissing && missing[i] === 1 ? 0 : listening;
  }
  return { grid: { start, step, length }, keys: series.map(({ key }) => seriesKey(key)), measure, values, observed };
}

/** True for sparse rows. */
export function isSparse(values: SeriesSet['values']): values is SparseCounts {
  return !ArrayBuffer.isView(values);
}

/** Writes row `row` into `out` (at least `grid.length` long), zeros included. */
export function readRow(set: SeriesSet, row: number, out: Float64Array): void {
  const { length } = set.grid;
  if (!isSparse(set.values)) {
    // `set` of one typed array from another converts at memory speed; a loop would see two kinds of array.
    out.set(set.values.subarray(row * length, (row + 1) * length));
    return;
  }
  out.fill(0, 0, length);
  const { offsets, buckets, counts } = set.values;
  for (let i = offsets[row]; i < offsets[row + 1]; i++) out[buckets[i]] = counts[i];
}

/** Writes buckets `[first, last)` of row `row` into `out`, zeros included, making no garbage. */
export function readPart(set: SeriesSet, row: number, first: number, last: number, out: Float64Array): void {
  const { values } = set;
  if (isSparse(values)) {
    out.fill(0, 0, last - first);
    const { offsets, buckets, counts } = values;
    let at = offsets[row];
    const end = offsets[row + 1];
    if (at < end && buckets[at] < first) at = firstFrom(buckets, at, end, first);
    for (; at < end && buckets[at] < last; at++) out[buckets[at] - first] = counts[at];
    return;
  }
  const from = row * set.grid.length;
  for (let i = first; i < last; i++) out[i - first] = values[from + i];
}

/** The first of `buckets[low..high)` that is `bucket` or later; `high` without one. */
export function firstFrom(buckets: Uint32Array, low: number, high: number, bucket: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (buckets[middle] < bucket) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One value of a set. */
export function valueAt(set: SeriesSet, row: number, bucket: number): number {
  if (!isSparse(set.values)) return set.values[row * set.grid.length + bucket];
  const { offsets, buckets, counts } = set.values;
  const at = firstFrom(buckets, offsets[row], offsets[row + 1], bucket);
  return at < offsets[row + 1] && buckets[at] === bucket ? counts[at] : 0;
}

/** The part of `observed` that speaks of row `row`: `grid.length` entries. */
export function observedRow(set: SeriesSet, row: number): Uint8Array {
  const { length } = set.grid;
  return set.observed.length === length ? set.observed : set.observed.subarray(row * length, (row + 1) * length);
}

/** The row with this key (absent names are `null`), or -1. Linear; for many look-ups use {@link rowsById}. */
export function rowOf(set: { readonly keys: readonly SeriesKey[] }, key: Partial<SeriesKey>): number {
  const id = keyId(checkKey(key));
  return set.keys.findIndex((other) => keyId(other) === id);
}

/** Rows by {@link keyId}. */
export function rowsById(keys: readonly SeriesKey[]): Map<string, number> {
  return new Map(keys.map((key, row) => [keyId(key), row]));
}

/** Throws {@link InputError} unless `set` is a set, whose columns have the lengths that its grid and keys ask for. */
export function checkSet(set: SeriesSet, name: string): void {
  const given: unknown = set;
  const { grid, keys, values, observed } = (given ?? {}) as { readonly [K in keyof SeriesSet]?: unknown };
  if (typeof grid !== 'object' || grid === null || !Array.isArray(keys) || values == null || observed == null) {
    throw new InputError(`${name} must be a SeriesSet, got ${noSet(given)}`);
  }
  const cells = set.keys.length * set.grid.length;
  checkInteger(set.grid.step, `${name}.grid.step`, 1, MAX_STEP);
  checkInteger(set.grid.length, `${name}.grid.length`, 0, MAX_BUCKETS);
  checkTime(set.grid.start, `${name}.grid.start`);
  if (set.observed.length !== set.grid.length && set.observed.length !== cells) {
    throw new InputError(
      `${name}.observed must have ${set.grid.length} or ${cells} entries, got ${set.observed.length}`,
    );
  }
  const found = isSparse(set.values) ? set.values.offsets.length : set.values.length;
  const need = isSparse(set.values) ? set.keys.length + 1 : cells;
  if (found !== need) throw new InputError(`${name}.values must have ${need} entries, got ${found}`);
}

/** What was handed in in place of a set, and what to do where that is plain. */
function noSet(given: unknown): string {
  if (given instanceof Promise) return 'a promise: await it';
  return typeof given === 'object' && given !== null && 'set' in given
    ? 'an object that has one: its set'
    : shown(given);
}
