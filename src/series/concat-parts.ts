import { InputError, shown } from '../errors.js';
import { gridEnd, MAX_BUCKETS, type TimeGrid } from '../time/grid.js';
import { keyId, type SeriesKey } from './key.js';
import { checkSet, observedRow, type SeriesSet, valueAt } from './series-set.js';

/** One of the sets to be joined, with what is asked of it again and again. */
export interface Part {
  readonly set: SeriesSet;
  /** Its place among the arguments. */
  readonly argument: number;
  /** Its place in the order of joining. */
  readonly index: number;
  /** Its first bucket in the whole grid. */
  readonly from: number;
  /** One past its last bucket in the whole grid. */
  readonly to: number;
  readonly ids: readonly string[];
  /** `[set.grid.length]`: 1 where some row was observed. */
  readonly heard: Uint8Array;
  /** `[set.grid.length]`: 1 where all rows were. */
  readonly listened: Uint8Array;
  /** The other parts that reach a bucket that this one reaches, and whether they share a key. */
  readonly overlaps: { readonly part: Part; readonly akin: boolean }[];
}

/** All that is to be joined. */
export interface Whole {
  readonly grid: TimeGrid;
  /** In an order that does not depend on that of the arguments. */
  readonly parts: readonly Part[];
  /** The keys of all parts, each once, in the order in which the parts bring them. */
  readonly keys: readonly SeriesKey[];
  /** Row-major `[keys × parts]`: the row of the key in the part, or -1. */
  readonly rowIn: Int32Array;
}

/** Takes the sets to pieces; throws {@link InputError} for sets that do not fit each other. */
export function wholeOf(sets: readonly SeriesSet[]): Whole {
  if (!Array.isArray(sets) || sets.length === 0) throw new InputError(`sets must hold a SeriesSet, got ${shown(sets)}`);
  for (const [i, set] of sets.entries()) checkSet(set, `sets[${i}]`);
  const grid = wholeGrid(sets);
  // Slices share their key objects; their ids are the dearest part of a join of many.
  const known = new Map<SeriesKey, string>();
  const idOf = (key: SeriesKey): string => {
    const id = known.get(key) ?? keyId(key);
    known.set(key, id);
    return id;
  };
  const parts = sets
    .map((set, argument) => ({ set, argument, ids: set.keys.map(idOf) }))
    .sort((a, b) => order(a.set, b.set) || orderOfKeys(a.ids, b.ids))
    .map(({ set, argument, ids }, index): Part => {
      // A set without buckets brings its keys; where it would begin says nothing.
      const from = set.grid.length === 0 ? 0 : Math.round((set.grid.start - grid.start) / grid.step);
      const { heard, listened } = summaryOf(set);
      return { set, argument, index, from, to: from + set.grid.length, ids, heard, listened, overlaps: [] };
    });
  const { keys, rowIn } = unionOf(parts);
  for (const a of parts) {
    for (const b of parts) {
      if (a !== b && overlap(a, b)) a.overlaps.push({ part: b, akin: shareKey(a, b, rowIn, parts.length) });
    }
  }
  return { grid, parts, keys, rowIn };
}

function unionOf(parts: readonly Part[]): { keys: SeriesKey[]; rowIn: Int32Array } {
  const places = new Map<string, number>();
  const keys: SeriesKey[] = [];
  const placesOf = parts.map(({ set, ids }) =>
    Int32Array.from(ids, (id, row) => {
      const place = places.get(id) ?? keys.push(set.keys[row]) - 1;
      places.set(id, place);
      return place;
    }),
  );
  const rowIn = new Int32Array(keys.length * parts.length).fill(-1);
  for (const { argument, index, ids } of parts) {
    for (const [row, place] of placesOf[index].entries()) {
      const at = place * parts.length + index;
      if (rowIn[at] >= 0)
        throw new InputError(`sets[${argument}].keys[${row}] must be new, got ${ids[row]} a second time`);
      rowIn[at] = row;
    }
  }
  return { keys, rowIn };
}

function wholeGrid(sets: readonly SeriesSet[]): TimeGrid {
  const { step } = sets[0].grid;
  for (const [i, set] of sets.entries()) {
    if (set.grid.step !== step)
      throw new InputError(`sets[${i}].grid.step must be ${step} as sets[0] has, got ${set.grid.step}`);
    if (set.measure !== sets[0].measure) {
      throw new InputError(`sets[${i}].measure must be '${sets[0].measure}' as sets[0] has, got '${set.measure}'`);
    }
  }
  const long = sets.filter((set) => set.grid.length > 0);
  const starts = (long.length > 0 ? long : sets).map((set) => set.grid.start);
  const start = starts.reduce((least, time) => Math.min(least, time));
  for (const [i, set] of sets.entries()) {
    if (set.grid.length > 0 && (set.grid.start - start) % step !== 0) {
      throw new InputError(
        `sets[${i}].grid.start must be whole steps of ${step} ms after ${new Date(start).toISOString()}, got ${new Date(set.grid.start).toISOString()}`,
      );
    }
  }
  const length = long.reduce((most, set) => Math.max(most, (gridEnd(set.grid) - start) / step), 0);
  if (length > MAX_BUCKETS) throw new InputError(`sets must span at most ${MAX_BUCKETS} buckets, got ${length}`);
  return { start, step, length };
}

/** Sets with buckets first, earlier ones before later ones, shorter ones before longer ones. */
function order(a: SeriesSet, b: SeriesSet): number {
  const empty = Number(a.grid.length === 0) - Number(b.grid.length === 0);
  return empty || a.grid.start - b.grid.start || a.grid.length - b.grid.length;
}

function orderOfKeys(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return a.length - b.length;
}

function summaryOf(set: SeriesSet): { heard: Uint8Array; listened: Uint8Array } {
  const { length } = set.grid;
  if (set.observed.length === length) return { heard: set.observed, listened: set.observed };
  const heard = new Uint8Array(length);
  // No rows and no mask either: such a set says nothing.
  const listened = new Uint8Array(length).fill(set.keys.length > 0 ? 1 : 0);
  for (let row = 0; row < set.keys.length; row++) {
    const observed = observedRow(set, row);
    for (let i = 0; i < length; i++) {
      heard[i] |= observed[i];
      listened[i] &= observed[i];
    }
  }
  return { heard, listened };
}

/** By their times alone: two accounts that were never both heard stand side by side all the same. */
function overlap(a: Part, b: Part): boolean {
  return Math.max(a.from, b.from) < Math.min(a.to, b.to);
}

function shareKey(a: Part, b: Part, rowIn: Int32Array, parts: number): boolean {
  for (let at = 0; at < rowIn.length; at += parts)
    if (rowIn[at + a.index] >= 0 && rowIn[at + b.index] >= 0) return true;
  return false;
}

/**
 * True when the silence of `part`, which does not name a key, says that it had no calls: `rowIn[p]` is the key's row in
 * part p, or -1. Another source's keys it does not know.
 */
export function speaksFor(part: Part, rowIn: Int32Array): boolean {
  return part.overlaps.every(({ part: other, akin }) => {
    const row = rowIn[other.index];
    return row < 0 || (akin && !countedWhileListening(other, row, part));
  });
}

/** True when `other` counted calls in a row at a bucket where `part` listened. */
function countedWhileListening(other: Part, row: number, part: Part): boolean {
  const observed = observedRow(other.set, row);
  for (let i = Math.max(part.from, other.from); i < Math.min(part.to, other.to); i++) {
    const at = i - other.from;
    if (part.listened[i - part.from] === 1 && observed[at] === 1 && valueAt(other.set, row, at) > 0) return true;
  }
  return false;
}
