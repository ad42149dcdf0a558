import { InputError } from '../errors.js';
import { type CellSink, cellSink } from './concat-cells.js';
import { type Part, speaksFor, wholeOf } from './concat-parts.js';
import { keyId } from './key.js';
import { observedRow, type SeriesSet, valueAt } from './series-set.js';

/** A stretch of the whole grid with the same parts from end to end. */
interface Section {
  readonly begin: number;
  readonly end: number;
  readonly parts: readonly Part[];
  /** Those of `parts` that were heard at every bucket of the section. */
  readonly throughout: ReadonlySet<Part>;
  /** True where one mask holds for every row that the part names or is silent about. */
  readonly settled: boolean;
}

/**
 * One set of all the keys and all the time of several: pieces that follow one another, sets that stand side by side
 * over the same time, or both. The order of `sets` does not matter. Rows come in the order of the earliest set, then
 * those that later sets add.
 *
 * - Time that no set reaches is not observed.
 * - Where two sets hold the same key at the same time, what was observed wins over what was not; where both were, they
 *   must be equal.
 * - A key that a set does not name had no calls wherever that set listened to all of its rows: a zero for counts, not
 *   observed for levels. A bucket at which a set observed nothing is as if the set did not reach it.
 * - But a set's silence says nothing about another source's keys. Two sets are different sources when their times
 *   overlap and they have no key in common. And a set that listened while another counted calls of a key that it does
 *   not name does not know that key.
 *
 * Where several sources each come in pieces, join what stands side by side first, then along the time: so no source's
 * silence is taken for another's. Values stay sparse when all are, and are dense when any is.
 * @throws InputError when there is no set, steps or measures differ, grids are not aligned, the whole is longer than
 *   2^26 buckets, or two sets contradict each other
 */
export function concatSets(sets: readonly SeriesSet[]): SeriesSet {
  const { grid, parts, keys, rowIn } = wholeOf(sets);
  const { measure } = sets[0];
  const sections = sectionsOf(parts);
  const settled = settledMask(sections, grid.length);
  const sink = cellSink(parts, keys.length, grid.length);
  const observed = observedRows(keys.length, grid.length);
  const mask = new Uint8Array(grid.length);
  for (let row = 0; row < keys.length; row++) {
    const own = rowIn.subarray(row * parts.length, (row + 1) * parts.length);
    mask.set(settled);
    for (const section of sections) joinSection(section, row, own, measure, mask, sink);
    observed.add(row, mask);
  }
  if (keys.length === 0) observed.add(0, listenedTo(sections, mask));
  return { grid, keys, measure, values: sink.finish(), observed: observed.finish() };
}

function sectionsOf(parts: readonly Part[]): Section[] {
  const edges = [...new Set(parts.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => {
    const begin = edges[i];
    const here = parts.filter(({ from, to }) => from <= begin && to >= end && to > from);
    const throughout = here.filter(({ from, heard }) =>
      heard.subarray(begin - from, end - from).every((is) => is === 1),
    );
    // One part, whose rows were all observed alike: named or silent, a row was observed when the part was.
    const settled = here.length === 1 && here[0].heard === here[0].listened;
    return { begin, end, parts: here, throughout: new Set(throughout), settled };
  });
}

/** The masks of the settled sections, so that no row need copy them piece by piece. */
function settledMask(sections: readonly Section[], length: number): Uint8Array {
  const mask = new Uint8Array(length);
  for (const { begin, end, parts, settled } of sections) {
    if (settled) mask.set(parts[0].listened.subarray(begin - parts[0].from, end - parts[0].from), begin);
  }
  return mask;
}

/**
 * One row of the whole over one section: its values into `sink`, where it was observed into `mask`, which holds the
 * mask of a settled section already.
 */
function joinSection(
  { begin, end, parts, throughout, settled }: Section,
  row: number,
  rowIn: Int32Array,
  measure: SeriesSet['measure'],
  mask: Uint8Array,
  sink: CellSink,
): void {
  let named = 0;
  let only = parts[0];
  for (const part of parts) {
    if (rowIn[part.index] < 0) continue;
    named++;
    only = part;
  }
  // The cells of one part stand as they are where no other has a say: pieces in time, sets side by side.
  if (named === 1 && (parts.length === 1 || throughout.has(only))) {
    const from = rowIn[only.index];
    sink.copy(row, only, from, begin, end);
    if (!settled) mask.set(observedRow(only.set, from).subarray(begin - only.from, end - only.from), begin);
    return;
  }
  const naming = parts.filter((part) => rowIn[part.index] >= 0);
  const silent = parts.filter((part) => measure === 'count' && rowIn[part.index] < 0 && speaksFor(part, rowIn));
  if (settled && silent.length === 1) return;
  for (let bucket = begin; bucket < end; bucket++) {
    const told = named > 0 ? agreed(naming, rowIn, bucket) : UNHEARD;
    const noCalls = !told.heard && allListened(silent, bucket);
    mask[bucket] = told.observed || noCalls ? 1 : 0;
    sink.put(row, bucket, noCalls ? 0 : told.value);
  }
}

interface Told {
  /** Some part that names the key observed some row at this bucket. */
  readonly heard: boolean;
  readonly observed: boolean;
  readonly value: number;
}

const UNHEARD: Told = { heard: false, observed: false, value: 0 };

/** What the parts that name a key say of it at one bucket. */
function agreed(naming: readonly Part[], rowIn: Int32Array, bucket: number): Told {
  let heard = false;
  let by: Part | undefined;
  let value = Number.NaN;
  for (const part of naming) {
    const { set, from } = part;
    const row = rowIn[part.index];
    const own = valueAt(set, row, bucket - from);
    if (part.heard[bucket - from] === 1) heard = true;
    if (observedRow(set, row)[bucket - from] === 1) {
      if (by !== undefined && own !== value && !(Number.isNaN(own) && Number.isNaN(value))) {
        const at = new Date(set.grid.start + (bucket - from) * set.grid.step).toISOString();
        throw new InputError(
          `sets[${part.argument}] must be as sets[${by.argument}] where both were observed, got ${own} and ${value} for ${keyId(set.keys[row])} at ${at}`,
        );
      }
      // Of 0 and -0 the first, in whatever order they come: their sum is 0.
      value = by !== undefined && own === 0 ? own + value : own;
      by = part;
    } else if (by === undefined && !Number.isNaN(own)) {
      // Not observed, so it means nothing; the largest number is kept, in whatever order they come.
      value = Number.isNaN(value) ? own : Math.max(value, own);
    }
  }
  return { heard, observed: by !== undefined, value };
}

/** True when some of the parts were heard at a bucket, and all rows of those that were. */
function allListened(parts: readonly Part[], bucket: number): boolean {
  let any = false;
  for (const { from, heard, listened } of parts) {
    if (heard[bucket - from] !== 1) continue;
    if (listened[bucket - from] !== 1) return false;
    any = true;
  }
  return any;
}

/** Without any row, what the sets say is when they listened. */
function listenedTo(sections: readonly Section[], mask: Uint8Array): Uint8Array {
  for (const { begin, end, parts } of sections) {
    for (let bucket = begin; bucket < end; bucket++) mask[bucket] = allListened(parts, bucket) ? 1 : 0;
  }
  return mask;
}

/** Collects masks row by row; they become one for all rows where they are alike. */
function observedRows(
  rows: number,
  length: number,
): { add(row: number, mask: Uint8Array): void; finish(): Uint8Array } {
  const first = new Uint8Array(length);
  let each: Uint8Array | undefined;
  return {
    add(row, mask) {
      if (row === 0) first.set(mask);
      if (each === undefined && differ(first, mask)) {
        each = new Uint8Array(rows * length);
        for (let before = 0; before < row; before++) each.set(first, before * length);
      }
      each?.set(mask, row * length);
    },
    finish: () => each ?? first,
  };
}

function differ(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return true;
  return false;
}
