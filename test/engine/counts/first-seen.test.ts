import { describe, expect, it } from 'vitest';
import { firstSeenModel } from '../../../src/engine/counts/first-seen.js';
import { modelColumns, type RowModel } from '../../../src/engine/counts/model.js';
import { RATE } from '../../../src/engine/counts/rate-filter.js';
import { fitBaseline } from '../../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../../src/engine/score-window.js';
import { windowsOf } from '../../../src/engine/windows.js';
import { seriesKey } from '../../../src/series/key.js';
import { rowOf, seriesSet } from '../../../src/series/series-set.js';
import { logZero } from '../../../src/stats/negative-binomial.js';
import { seeded } from '../../support/random.js';
import { MONDAY, oneRow, poissonRow, STEP, WEEK } from '../../support/sets.js';

const grid = { start: MONDAY, step: STEP, length: 4 * 2016 };
const fitted = fitBaseline(oneRow(poissonRow(1, 1, () => 5)), { timeZone: 'UTC' });
const model = modelColumns(windowsOf(STEP).spans.length).whole(fitted.modelOf(fitted.keys[0]).model);
const pairOf = (i: number) => seriesKey({ operation: 'Decrypt', keyArn: `key/${i}` });

/** A row whose first call came `weeks` into the history, with `firstCount` in its bucket. */
const born = (weeks: number, firstCount: number): RowModel => ({
  ...model,
  firstCall: MONDAY + weeks * WEEK,
  firstCount,
});

function first(rows: readonly RowModel[], key = pairOf(999)) {
  return firstSeenModel(
    key,
    rows.map((_, i) => pairOf(i)),
    rows,
    grid,
    grid.length,
  );
}

/** P(a call at all in a bucket) of a first-seen model: its own law, level known. */
function callAtAll({ level, phi }: RowModel): number {
  return -Math.expm1(logZero(level[RATE], level[RATE] / phi[0]));
}

describe('firstSeenModel', () => {
  it('expects first calls as often as they came in the later half of the history, and once more', () => {
    for (const births of [0, 1, 3, 20]) {
      const rows = [
        ...Array.from({ length: births }, () => born(3, 1)),
        ...Array.from({ length: 50 }, () => born(0.5, 1)),
      ];
      expect(callAtAll(first(rows).model) / ((births + 1) / (grid.length / 2))).toBeCloseTo(1, 2);
    }
  });

  it('expects as many calls with the first one as came with theirs', () => {
    // Of a negative binomial with a call at all the mean is mean / P(a call at all).
    const usual = (counts: readonly number[]) => {
      const { model } = first(counts.map((count) => born(3, count)));
      return model.level[RATE] / callAtAll(model);
    };
    expect(usual(Array.from({ length: 60 }, () => 1))).toBeLessThan(1.15);
    expect(usual(Array.from({ length: 60 }, () => 20))).toBeGreaterThan(17);
    expect(usual(Array.from({ length: 60 }, () => 20))).toBeLessThan(21);
  });

  it('counts the births of its own level only: keys by keys, totals by totals', () => {
    const rows = Array.from({ length: 30 }, () => born(3, 1));
    const pair = first(rows).model.level[RATE];
    const total = first(rows, seriesKey({ operation: 'Decrypt' })).model.level[RATE];
    expect(pair / total).toBeGreaterThan(20);
  });

  it('makes news of the first call of a pair while new ones are rare, not of totals, and not where they come daily', () => {
    const rows = (births: number) => Array.from({ length: births }, () => born(3, 1));
    expect(first(rows(2)).isNew).toBe(true);
    // Seven a week over the later half, two weeks.
    expect(first(rows(14)).isNew).toBe(true);
    expect(first(rows(15)).isNew).toBe(false);
    expect(first(rows(2), seriesKey({ operation: 'Decrypt' })).isNew).toBe(false);
    expect(first(rows(2), seriesKey({ keyArn: 'key/1' })).isNew).toBe(false);
  });

  it('does not mind the order of rows', () => {
    const random = seeded(2);
    const rows = Array.from({ length: 40 }, () => born(4 * random(), 1 + Math.floor(10 * random())));
    expect(first(rows.slice().reverse()).model.level[RATE]).toBeCloseTo(first(rows).model.level[RATE], 12);
  });

  it('keeps its word where new keys turn up daily: few first calls are told, a burst of them is', () => {
    const random = seeded(3);
    const length = 5 * 2016;
    // Sixty keys, each of which begins at random and calls now and then from there on.
    const series = Array.from({ length: 120 }, (_, i) => {
      const values = new Float64Array(length);
      const begins = Math.floor(random() * length);
      for (let k = begins; k < length; k++)
        if (k === begins || random() < 0.01) values[k] = 1 + Math.floor(2 * random());
      return { key: pairOf(i), values };
    });
    const end = 4 * 2016;
    const known = series.filter(({ values }) => values.slice(0, end).some((value) => value > 0));
    const fresh = series.filter((row) => !known.includes(row));
    expect(fresh.length).toBeGreaterThan(10);
    const baseline = fitBaseline(
      seriesSet({
        start: MONDAY,
        step: STEP,
        series: known.map((row) => ({ ...row, values: row.values.slice(0, end) })),
      }),
      { timeZone: 'UTC' },
    );
    const burst = { key: pairOf(500), values: new Float64Array(length - end) };
    burst.values[700] = 400;
    const window = seriesSet({
      start: MONDAY + end * STEP,
      step: STEP,
      series: [...fresh.map((row) => ({ ...row, values: row.values.slice(end) })), burst],
    });
    const scores = scoreWindow(baseline, window);
    const told = (key: ReturnType<typeof pairOf>) => {
      const at = rowOf(scores.window, key) * scores.window.grid.length;
      return scores.verdicts.subarray(at, at + scores.window.grid.length).filter((verdict) => verdict === 1).length;
    };
    expect(fresh.filter(({ key }) => told(key) > 0).length).toBeLessThanOrEqual(2);
    expect(told(burst.key)).toBeGreaterThan(0);
  });
});
