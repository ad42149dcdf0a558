import type { Scores } from '../../src/engine/types.js';
import { type SeriesKey, seriesKey } from '../../src/series/key.js';
import { STEP } from './sets.js';

/** One bucket of a row by hand; what is left out is as usual. */
export interface Cell {
  readonly value: number;
  readonly expected?: number;
  readonly surprise?: number;
  readonly verdict?: number;
}

/** Scores of hand-made cells, a row a key; a number is a normal count that was expected. */
export function scoresOf(
  rows: readonly { key: Partial<SeriesKey>; cells: readonly (number | Cell)[] }[],
  start: number,
): Scores {
  const length = rows[0].cells.length;
  const cells = rows.flatMap((row) => row.cells.map((cell) => (typeof cell === 'number' ? { value: cell } : cell)));
  const column = (pick: (cell: Cell) => number) => Float64Array.from(cells, pick);
  return {
    window: {
      grid: { start, step: STEP, length },
      keys: rows.map(({ key }) => seriesKey(key)),
      measure: 'count',
      values: column(({ value }) => value),
      observed: new Uint8Array(length).fill(1),
    },
    expected: column(({ value, expected }) => expected ?? value),
    lower: column(() => 0),
    upper: column(({ value, expected }) => 2 * (expected ?? value) + 3),
    surprise: column(({ surprise }) => surprise ?? 0),
    verdicts: Int8Array.from(cells, ({ verdict }) => verdict ?? 0),
    reasons: new Uint8Array(cells.length),
    spans: new Float64Array(cells.length).fill(STEP),
    known: new Uint8Array(rows.length).fill(1),
  };
}
