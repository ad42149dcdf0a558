import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreRows, scoreWindow } from '../../src/engine/score-window.js';
import type { DecidedWindows, Scores } from '../../src/engine/types.js';
import { InputError } from '../../src/errors.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { selectRows } from '../../src/series/slice.js';
import { simulateFleet } from '../../src/simulate/index.js';

const COLUMNS = ['expected', 'lower', 'upper', 'surprise', 'verdicts', 'reasons', 'spans', 'ongoing'] as const;
const DECIDED = ['buckets', 'from', 'values', 'expected', 'lower', 'upper'] as const;

/** One row of whole scores, in the form of scores of it alone. */
function rowOf(scores: Scores, row: number) {
  const { length } = scores.window.grid;
  const decided = scores.decided as DecidedWindows;
  const own = decided.rows.flatMap((of, entry) => (of === row ? [entry] : []));
  return {
    key: scores.window.keys[row],
    known: scores.known[row],
    columns: COLUMNS.map((name) => Array.from(scores[name]?.slice(row * length, (row + 1) * length) ?? [])),
    decided: DECIDED.map((name) => own.map((entry) => decided[name][entry])),
  };
}

function expectAlike(window: SeriesSet, baseline: ReturnType<typeof fitBaseline>) {
  const whole = scoreWindow(baseline, window, { alertBudget: { perWeek: 20 } });
  let row = 0;
  for (const scores of scoreRows(baseline, window, { alertBudget: { perWeek: 20 } })) {
    expect(scores.window.keys).toHaveLength(1);
    expect(rowOf(scores, 0)).toEqual(rowOf(whole, row));
    row++;
  }
  expect(row).toBe(whole.window.keys.length);
}

/** The same counts, sparse. */
function sparse(set: SeriesSet): SeriesSet {
  const { length } = set.grid;
  const values = set.values as Uint32Array;
  const cells = Array.from(values.keys()).filter((cell) => values[cell] !== 0);
  const offsets = Float64Array.from({ length: set.keys.length + 1 }, (_, row) => {
    const at = cells.findIndex((cell) => cell >= row * length);
    return at < 0 ? cells.length : at;
  });
  const buckets = Uint32Array.from(cells, (cell) => cell % length);
  return { ...set, values: { offsets, buckets, counts: Float64Array.from(cells, (cell) => values[cell]) } };
}

describe('scoreRows', () => {
  const fleet = simulateFleet({ seed: 5, series: 12, historyDays: 21, judgedDays: 2 });
  const baseline = fitBaseline(fleet.history);
  const third = new Set(fleet.judged.keys.filter((_, row) => row % 3 === 0));
  const some = selectRows(fleet.judged, (key) => !third.has(key));

  it('gives the rows of scoreWindow, those that the window lacks as well', () => {
    expectAlike(fleet.judged, baseline);
    expectAlike(some, baseline);
  });

  it('takes sparse rows, and rows that were observed apart', () => {
    expectAlike(sparse(some), baseline);
    const observed = new Uint8Array(some.keys.length * some.grid.length).fill(1);
    observed.fill(0, 40, 90);
    observed.fill(0, 2 * some.grid.length + 80, 2 * some.grid.length + 120);
    expectAlike({ ...some, observed }, baseline);
    expectAlike({ ...sparse(some), observed }, baseline);
  });

  it('takes levels', () => {
    const level = (seed: number, length: number) => Array.from({ length }, (_, i) => 5 + Math.sin(i * seed));
    const input = (length: number, names: string[]) =>
      seriesSet({
        start: Date.UTC(2026, 0, 5),
        step: 300_000,
        measure: 'level' as const,
        series: names.map((operation, i) => ({ key: { operation }, values: level(i + 1, length) })),
      });
    const history = input(14 * 288, ['Decrypt', 'Encrypt']);
    const after = { ...history.grid, start: history.grid.start + 14 * 86_400_000, length: 288 };
    expectAlike({ ...input(288, ['Encrypt']), grid: after }, fitBaseline(history));
  });

  it('refuses what scoreWindow refuses, before a row is asked for', () => {
    const wrong = { ...some, grid: { ...some.grid, step: 60_000 } };
    expect(() => scoreRows(baseline, wrong)).toThrow(InputError);
  });

  it('has the same columns for every row', () => {
    const rows = [...scoreRows(baseline, some)];
    expect(new Set(rows.map(({ expected }) => expected)).size).toBe(1);
  });
});
