import { keyId, type SeriesKey, sameKeys } from '../../series/key.js';
import { valueAt } from '../../series/series-set.js';
import { gridEnd } from '../../time/grid.js';
import type { Scores } from '../types.js';
import { add, bounded, type Figures, isObserved, type Reach } from './breach-runs.js';

/** Buckets `[first, last)` of a row of some scores. */
export interface Piece {
  readonly scores: Scores;
  readonly row: number;
  readonly first: number;
  readonly last: number;
}

/** A row over all the scores that hold it: pieces in the order of time, none over another. */
export interface JoinedRow {
  readonly key: SeriesKey;
  readonly step: number;
  readonly pieces: readonly Piece[];
}

/** Part `part` of the list counts from bucket `first` to `last`. */
interface Share {
  readonly part: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The rows of several scores over all their time: those of one key, step and measure are one row. Where two hold the same
 * bucket of a row, the later in the list counts: it re-states the earlier. What none of them holds was not observed.
 */
export function joinScores(list: readonly Scores[]): JoinedRow[] {
  if (list.length === 1) {
    const [scores] = list;
    const { step, length } = scores.window.grid;
    return scores.window.keys.map((key, row) => ({ key, step, pieces: [{ scores, row, first: 0, last: length }] }));
  }
  const rows: { key: SeriesKey; step: number; parts: number[]; places: number[] }[] = [];
  const known = new Map<string, number>();
  let before: { keys: readonly SeriesKey[]; kind: string; rowOf: Int32Array } | undefined;
  for (const [part, { window }] of list.entries()) {
    const kind = `${window.measure} ${window.grid.step} `;
    const isAlike = before !== undefined && before.kind === kind && sameKeys(before.keys, window.keys);
    const rowOf = before !== undefined && isAlike ? before.rowOf : new Int32Array(window.keys.length);
    for (const [place, key] of window.keys.entries()) {
      if (!isAlike) {
        const id = kind + keyId(key);
        const row = known.get(id) ?? rows.length;
        if (row === rows.length) {
          known.set(id, row);
          rows.push({ key, step: window.grid.step, parts: [], places: [] });
        }
        rowOf[place] = row;
      }
      const { parts, places } = rows[rowOf[place]];
      parts.push(part);
      places.push(place);
    }
    before = { keys: window.keys, kind, rowOf };
  }
  let last: { parts: readonly number[]; shares: readonly Share[] } | undefined;
  return rows.map(({ key, step, parts, places }) => {
    // Most rows are in the same parts as the row before.
    if (last === undefined || !areEqual(last.parts, parts)) last = { parts, shares: sharesOf(list, parts) };
    const pieces = last.shares.map(({ part, first, last: end }) => {
      return { scores: list[parts[part]], row: places[part], first, last: end };
    });
    return { key, step, pieces };
  });
}

/** Where a row has the bucket that begins at a time; nowhere between its pieces. */
export function cellAt(
  { pieces, step }: JoinedRow,
  time: number,
): (Omit<Piece, 'first' | 'last'> & { bucket: number }) | undefined {
  for (const { scores, row, first, last } of pieces) {
    const bucket = (time - scores.window.grid.start) / step;
    if (bucket >= first && bucket < last) return { scores, row, bucket };
  }
  return undefined;
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Which part counts when, in the order of time; parts by their place in `parts`. */
function sharesOf(list: readonly Scores[], parts: readonly number[]): Share[] {
  const shares: Share[] = [];
  // From the last on: what it holds is taken, and of those before it only the rest counts.
  let taken: { from: number; to: number }[] = [];
  for (let part = parts.length - 1; part >= 0; part--) {
    const { grid } = list[parts[part]].window;
    const { start, step } = grid;
    const end = gridEnd(grid);
    const kept: { from: number; to: number }[] = [];
    let from = start;
    let whole = { from: start, to: end };
    for (const range of taken) {
      if (range.to < start || range.from > end) {
        kept.push(range);
        continue;
      }
      if (range.from > from) shares.push(shareOf(part, from, Math.min(end, range.from), start, step));
      from = Math.max(from, range.to);
      whole = { from: Math.min(whole.from, range.from), to: Math.max(whole.to, range.to) };
    }
    if (from < end) shares.push(shareOf(part, from, end, start, step));
    taken = [...kept, whole].sort((a, b) => a.from - b.from);
  }
  const timeOf = ({ part, first }: Share) => {
    const { start, step } = list[parts[part]].window.grid;
    return start + first * step;
  };
  return shares.sort((a, b) => timeOf(a) - timeOf(b));
}

function shareOf(part: number, from: number, to: number, start: number, step: number): Share {
  return { part, first: Math.ceil((from - start) / step), last: Math.ceil((to - start) / step) };
}

/**
 * How far a window reaches back over the pieces of a row, for scores that do not name the windows that decided: its span
 * is observed time. Its figures are those of its buckets.
 */
export function reachOver(pieces: readonly Piece[]): Reach {
  const own: Figures = { value: 0, expected: 0, lower: 0, upper: 0 };
  return (scores, _, bucket, span, window) => {
    const { step, start } = scores.window.grid;
    const time = start + bucket * step;
    let left = Math.round(span / step) - 1;
    for (let p = pieces.length - 1; p >= 0 && left > 0; p--) {
      const { scores: part, row, first, last } = pieces[p];
      const { grid } = part.window;
      if (grid.start + first * grid.step >= time) continue;
      for (let i = Math.min(last, Math.round((time - grid.start) / step)) - 1; i >= first && left > 0; i--) {
        window.from = grid.start + i * step;
        if (!isObserved(part, row, i)) continue;
        left--;
        const cell = row * grid.length + i;
        own.value = valueAt(part.window, row, i);
        own.expected = part.expected[cell];
        own.lower = part.lower[cell];
        own.upper = part.upper[cell];
        add(window, bounded(own, part));
      }
    }
  };
}
