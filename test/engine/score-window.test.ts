import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { reasonAt, type Scores, verdictAt } from '../../src/engine/types.js';
import { InputError } from '../../src/errors.js';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import { rowOf, seriesSet } from '../../src/series/series-set.js';
import { selectRows, sliceWindow } from '../../src/series/slice.js';
import { seeded } from '../support/random.js';
import { DAY, KEY, MONDAY, OTHER_KEY, officeMean, oneRow, poissonRow, STEP, WEEK } from '../support/sets.js';

const key = { operation: 'Decrypt', keyArn: KEY };
const HISTORY_END = MONDAY + 4 * WEEK;
const history = oneRow(poissonRow(1, 4, officeMean));
const baseline = fitBaseline(history);

/** One day from the end of the history (a Monday), ordinary but for the changes. */
function day(changes: Record<number, number> = {}, observed?: ArrayLike<number>) {
  const values = poissonRow(2, 5, officeMean).slice(-2016, -2016 + 288);
  for (const [i, value] of Object.entries(changes)) values[Number(i)] = value;
  return oneRow(values, HISTORY_END, observed);
}

function verdicts(scores: Scores, row = 0): string[] {
  return Array.from({ length: scores.window.grid.length }, (_, i) => verdictAt(scores, row, i));
}

describe('scoreWindow', () => {
  it('finds an ordinary day normal', () => {
    expect(new Set(verdicts(scoreWindow(baseline, day())))).toEqual(new Set(['normal']));
  });

  it('calls above what is above, and below what is below', () => {
    const scores = scoreWindow(baseline, day({ 20: 25, 120: 90, 130: 0, 131: 0 }));
    const told = verdicts(scores);
    expect(told[20]).toBe('above');
    expect(told[120]).toBe('above');
    expect(told[131]).toBe('below');
    expect(told.filter((verdict) => verdict !== 'normal').length).toBeLessThanOrEqual(4);
    expect(scores.surprise[120]).toBeGreaterThan(6);
    expect(scores.surprise[131]).toBeLessThan(-6);
  });

  it('hears the silence of a quiet key by the clock, and says how long it took', () => {
    const quiet = fitBaseline(oneRow(poissonRow(3, 4, () => 0.5)));
    const values = new Float64Array(288).fill(1);
    values.fill(0, 100, 200);
    const scores = scoreWindow(quiet, oneRow(values, HISTORY_END));
    const told = verdicts(scores);
    const first = told.indexOf('below');
    expect(first).toBeGreaterThan(115);
    expect(first).toBeLessThan(150);
    expect(told.slice(first, 200).every((verdict) => verdict === 'below')).toBe(true);
    expect(told[200]).toBe('normal');
    expect(scores.spans[first]).toBe((first - 100 + 1) * STEP);
    expect(scores.lower[first]).toBe(1);
  });

  it('judges rows that the window lacks as silence', () => {
    const builder = new SeriesSetBuilder({ step: STEP, start: HISTORY_END, end: HISTORY_END + DAY });
    builder.add({ operation: 'Encrypt' }, HISTORY_END + 1);
    const scores = scoreWindow(baseline, builder.finish());
    const row = rowOf(scores.window, key);
    expect(row).toBe(1);
    expect(verdicts(scores, row)).toContain('below');
    expect(scores.known[row]).toBe(1);
  });

  it('judges keys that the history lacks as first seen: the first call of a pair is told, that of a total is not', () => {
    const builder = new SeriesSetBuilder({ step: STEP, start: HISTORY_END, end: HISTORY_END + DAY });
    const stranger = { operation: 'Decrypt', keyArn: OTHER_KEY };
    builder.add(key, HISTORY_END + 1);
    builder.add(stranger, HISTORY_END + 3 * STEP);
    builder.add(stranger, HISTORY_END + 9 * STEP, 500);
    const scores = scoreWindow(baseline, builder.finish());
    const row = rowOf(scores.window, stranger);
    expect(scores.known[row]).toBe(0);
    expect([2, 3, 9].map((i) => verdictAt(scores, row, i))).toEqual(['normal', 'above', 'above']);
    expect(scores.surprise[row * 288 + 9]).toBeGreaterThan(10);
    expect(verdicts(scores, row)).not.toContain('below');
    const total = new SeriesSetBuilder({ step: STEP, start: HISTORY_END, end: HISTORY_END + DAY });
    total.add(key, HISTORY_END + 1);
    total.add({ operation: 'Encrypt' }, HISTORY_END + 3 * STEP);
    total.add({ operation: 'Sign' }, HISTORY_END + 3 * STEP, 500);
    const told = scoreWindow(baseline, total.finish());
    expect(verdictAt(told, rowOf(told.window, { operation: 'Encrypt' }), 3)).toBe('normal');
    expect(verdictAt(told, rowOf(told.window, { operation: 'Sign' }), 3)).toBe('above');
  });

  it('says unknown, and why, where nothing listened', () => {
    const observed = new Uint8Array(288).fill(1);
    observed.fill(0, 100, 160);
    const changes = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [100 + i, i % 2 === 0 ? 0 : 5000]));
    const scores = scoreWindow(baseline, day(changes, observed));
    const told = verdicts(scores);
    expect(new Set(told.slice(100, 160))).toEqual(new Set(['unknown']));
    expect(reasonAt(scores, 0, 120)).toBe('not observed');
    expect(Number.isNaN(scores.surprise[120])).toBe(true);
    expect(Number.isNaN(scores.expected[120])).toBe(true);
    expect(told.filter((verdict) => verdict === 'above' || verdict === 'below')).toEqual([]);
  });

  it('says unknown while the history is too short for anything', () => {
    const short = fitBaseline(sliceWindow(history, MONDAY, MONDAY + 2 * 3_600_000));
    const scores = scoreWindow(short, day());
    expect(new Set(verdicts(scores))).toEqual(new Set(['unknown']));
    expect(reasonAt(scores, 0, 0)).toBe('learning');
    expect(Number.isFinite(scores.surprise[0])).toBe(true);
  });

  it('does not miss a nightly job that starts now before and now after a bucket’s edge, but hears when it fails', () => {
    const random = seeded(17);
    const nightly = (days: number, failing: number) => {
      const values = new Float64Array(days * 288);
      for (let d = 0; d < days; d++) {
        const early = Math.round(500 * Math.min(1, Math.max(0, random() * 1.4 - 0.2)));
        if (d === failing) continue;
        values[d * 288 + 35] = early;
        values[d * 288 + 36] = 500 - early;
      }
      return oneRow(values);
    };
    const told = (set: ReturnType<typeof oneRow>) => {
      const learned = fitBaseline(sliceWindow(set, MONDAY, MONDAY + 5 * WEEK));
      // Its share of one false alarm a week over 40 rows.
      const alertBudget = { perWeek: 1 / 40 };
      return verdicts(scoreWindow(learned, sliceWindow(set, MONDAY + 5 * WEEK, MONDAY + 6 * WEEK), { alertBudget }));
    };
    for (let run = 0; run < 5; run++) expect(told(nightly(42, -1))).not.toContain('below');
    expect(told(nightly(42, 38))).toContain('below');
  });

  it('knows nothing of a row that was hardly listened to, nor of rows in a window without any', () => {
    const values = poissonRow(4, 4, () => 5);
    const deaf = values.map((value, i) => (i < values.length - 12 ? Number.NaN : value));
    const history = seriesSet({
      start: MONDAY,
      step: STEP,
      series: [
        { key: { operation: 'Decrypt' }, values },
        { key: { operation: 'Encrypt' }, values: deaf },
      ],
    });
    const learned = fitBaseline(history);
    expect([learned.learning, learned.describe({ operation: 'Encrypt' }).learning]).toEqual([false, true]);
    const window = sliceWindow(history, MONDAY + 3 * WEEK, MONDAY + 4 * WEEK);
    const scores = scoreWindow(learned, { ...window, observed: new Uint8Array(2 * 2016).fill(1) });
    expect([verdictAt(scores, 0, 5), verdictAt(scores, 1, 5), reasonAt(scores, 1, 5)]).toEqual([
      'normal',
      'unknown',
      'learning',
    ]);
    const none = selectRows({ ...window, observed: new Uint8Array(2 * 2016).fill(1) }, () => false);
    expect(new Set(verdicts(scoreWindow(learned, none)))).toEqual(new Set(['unknown']));
  });

  it('keeps verdict and band in agreement, for any count anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(3), fc.nat(100), fc.nat(100_000), fc.constant(0)), { minLength: 288, maxLength: 288 }),
        fc.array(fc.boolean(), { minLength: 288, maxLength: 288 }),
        fc.constantFrom(1e-3, 1, 1000),
        (values, listened, perWeek) => {
          const observed = listened.map(Number);
          const scores = scoreWindow(baseline, oneRow(values, HISTORY_END, observed), { alertBudget: { perWeek } });
          for (const [i, value] of values.entries()) {
            const verdict = verdictAt(scores, 0, i);
            if (!listened[i]) {
              expect(verdict).toBe('unknown');
              continue;
            }
            expect(verdict).toBe(value > scores.upper[i] ? 'above' : value < scores.lower[i] ? 'below' : 'normal');
            if (verdict === 'above') expect(value).toBeGreaterThan(scores.expected[i]);
            if (verdict === 'below') expect(value).toBeLessThan(scores.expected[i]);
            expect(Number.isFinite(scores.surprise[i])).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is never less surprised by one call more, above the center', () => {
    fc.assert(
      fc.property(fc.nat(287), fc.nat(400), (i, extra) => {
        const { expected } = scoreWindow(baseline, day());
        const count = Math.ceil(expected[i]) + extra;
        const less = scoreWindow(baseline, day({ [i]: count })).surprise[i];
        const more = scoreWindow(baseline, day({ [i]: count + 1 })).surprise[i];
        expect(more).toBeGreaterThanOrEqual(less);
        expect(less).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 40 },
    );
  });

  it('spends its budget: a larger one tells more, and every threshold follows from it', () => {
    const window = day(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [110 + i, 30 + i])));
    const told = (perWeek: number) =>
      verdicts(scoreWindow(baseline, window, { alertBudget: { perWeek } })).filter((v) => v === 'above').length;
    expect(told(0.001)).toBeLessThan(told(1));
    expect(told(1)).toBeLessThan(told(500));
  });

  it('stays within its budget on clean traffic: few false episodes in 40 series over a week', () => {
    const series = Array.from({ length: 40 }, (_, i) => ({
      key: { operation: `op${i}` },
      values: poissonRow(100 + i, 5, (time) => officeMean(time) * (i % 4 === 0 ? 0.05 : i % 4)),
    }));
    const all = seriesSet({ start: MONDAY, step: STEP, series });
    const clean = fitBaseline(sliceWindow(all, MONDAY, HISTORY_END));
    const scores = scoreWindow(clean, sliceWindow(all, HISTORY_END, HISTORY_END + WEEK));
    // One expected at most; five or more has a chance of 0.4 % then.
    expect(scores.verdicts.filter((verdict) => verdict !== 0).length).toBeLessThan(5);
  });

  it('means its probabilities: on clean traffic one bucket in 100 is as surprising as 2, one in 1,000 as 3', () => {
    const means = [(time: number) => 2 * officeMean(time), () => 60, () => 4, () => 0.3];
    const series = Array.from({ length: 32 }, (_, i) => ({
      key: { operation: `op${i}` },
      values: poissonRow(200 + i, 5, means[i % 4]),
    }));
    const all = seriesSet({ start: MONDAY, step: STEP, series });
    const clean = fitBaseline(sliceWindow(all, MONDAY, HISTORY_END));
    const { surprise } = scoreWindow(clean, sliceWindow(all, HISTORY_END, HISTORY_END + WEEK));
    const share = (rows: (row: number) => boolean, level: number, side: number) => {
      let n = 0;
      let far = 0;
      for (let i = 0; i < surprise.length; i++) {
        if (!rows(Math.floor(i / 2016))) continue;
        n++;
        if (side * surprise[i] >= level) far++;
      }
      return far / n / 10 ** -level;
    };
    for (const side of [1, -1]) {
      // Conservative tails of counts keep below the nominal rate, and near it where counts are large.
      for (const level of [2, 3]) expect(share(() => true, level, side)).toBeLessThan(1.3);
      expect(share((row) => row % 4 === 1, 2, side)).toBeGreaterThan(0.4);
    }
  });

  it('takes sparse windows as dense ones', () => {
    const dense = day({ 120: 90 });
    const values = dense.values as Float64Array;
    const buckets = [...values.keys()].filter((i) => values[i] > 0);
    const sparse = {
      ...dense,
      values: {
        offsets: Float64Array.of(0, buckets.length),
        buckets: Uint32Array.from(buckets),
        counts: Float64Array.from(buckets, (i) => values[i]),
      },
    };
    const { window: _, ...columns } = scoreWindow(baseline, sparse);
    const { window: __, ...expected } = scoreWindow(baseline, dense);
    expect(columns).toEqual(expected);
  });

  it('leaves baseline and window as they were', () => {
    const window = day({ 10: 70 });
    const before = structuredClone(window);
    const first = scoreWindow(baseline, window);
    expect(scoreWindow(baseline, window)).toEqual(first);
    expect(window).toEqual(before);
  });

  it('refuses another step, another measure and budgets that are none', () => {
    const hourly = seriesSet({ start: 0, step: 3_600_000, series: [{ key, values: [1] }] });
    expect(() => scoreWindow(baseline, hourly)).toThrow(
      new InputError("window.grid.step must be the baseline's 300000 ms, got 3600000 ms"),
    );
    const level = seriesSet({ start: 0, step: STEP, measure: 'level', series: [{ key, values: [1] }] });
    expect(() => scoreWindow(baseline, level)).toThrow("window.measure must be 'count' as the baseline's, got 'level'");
    for (const perWeek of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => scoreWindow(baseline, day(), { alertBudget: { perWeek } })).toThrow('alertBudget.perWeek must be');
    }
    expect(() => scoreWindow(baseline, { ...day(), observed: new Uint8Array(7) })).toThrow('window.observed must have');
  });

  it('takes a window of no buckets and one of no rows', () => {
    expect(scoreWindow(baseline, sliceWindow(day(), 0, 1)).verdicts.length).toBe(0);
    const nothing = scoreWindow(baseline, new SeriesSetBuilder({ step: STEP }).finish());
    expect(nothing.window.keys.length).toBe(1);
  });
});
