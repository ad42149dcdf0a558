import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { holesIn, logSources } from '../../src/report/holes.js';
import { type Judgement, judgeCounts } from '../../src/report/judge.js';
import { operationsTable } from '../../src/report/operations.js';
import { unknownsOf } from '../../src/report/unknown.js';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import type { SeriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, KEY, MONDAY, OTHER_KEY, STEP, WEEK } from '../support/sets.js';

const APP = 'arn:aws:iam::111122223333:role/App';
const T = MONDAY + WEEK;
const END = T + DAY;

/** A week and a day: a busy key, one used every four hours, and DisableKey for the first time at `T` + 6 h. */
function counts(): SeriesSet {
  const builder = new SeriesSetBuilder({ step: STEP, start: MONDAY, end: END + DAY });
  const add = (operation: string, keyArn: string, time: number, calls: number): void => {
    for (const key of [{ operation }, { keyArn }, { operation, keyArn }, { operation, keyArn, caller: APP }])
      builder.add(key, time, calls);
  };
  const random = seeded(7);
  for (let time = MONDAY; time < END; time += STEP) {
    add('Decrypt', KEY, time, poisson(random, 5));
    if ((time - MONDAY) % (4 * 3_600_000) === 0) add('Sign', OTHER_KEY, time, 1);
  }
  add('DisableKey', KEY, T + DAY / 4, 40);
  // After the judged time: neither learned nor judged.
  add('CreateKey', OTHER_KEY, END + STEP, 3);
  return builder.finish();
}

describe('judgeCounts', () => {
  const set = counts();
  const judged: Judgement = judgeCounts(set, { historyUntil: T, until: END });

  it('judges what comes after the history by the history, and finds what is new', () => {
    expect(judged.window).toEqual({ from: T, to: END, holes: [] });
    expect(judged.history).toMatchObject({
      from: MONDAY,
      to: T,
      firstKmsCall: MONDAY,
      observed: WEEK,
      learning: false,
    });
    expect(judged.history.weeklyHabitsKnown).toBe(false);
    expect(judged.anomalies.map(({ key, kind, value }) => [key.operation, key.keyArn, kind, value])).toEqual([
      ['DisableKey', KEY, 'first-seen', 40],
    ]);
    expect(judged.anomalies[0]?.callers).toEqual([{ caller: APP, calls: 40, usual: 0, before: 0 }]);
  });

  it('holds one line for each operation of history and window, and for no other', () => {
    expect(
      judged.operations.map(({ operation, known, calls, anomalies }) => [operation, known, calls, anomalies]),
    ).toEqual([
      ['Decrypt', true, expect.any(Number), []],
      ['DisableKey', false, 40, [0]],
      ['Sign', true, 6, []],
    ]);
    const disable = judged.operations[1];
    expect(disable).toMatchObject({ plane: 'control', critical: true, above: 1, below: 0, unknown: 0, buckets: 288 });
    expect(operationsTable(judged.operations)[2]).toMatch(
      /^DisableKey {2}control, critical +40 +– {2}1 above, new +1$/,
    );
  });

  it('accounts for every bucket of every series', () => {
    const { cells, judged: told, notObserved, learning, cannotBeJudged, series, newSeries } = judged.unknown;
    expect(series).toBe(8);
    expect(newSeries).toBe(2);
    expect(cells).toBe(8 * 288);
    expect(told + notObserved + learning + cannotBeJudged).toBe(cells);
  });

  it('names the series whose silence would not be heard, as the baseline describes them', () => {
    const history = sliceWindow(set, MONDAY, T);
    const baseline = fitBaseline(history);
    const { tooQuiet } = unknownsOf(baseline, scoreWindow(baseline, sliceWindow(set, T, END)));
    const expected = baseline.keys
      .map((key) => baseline.describe(key))
      .filter(
        ({ calls, timeToDetectSilence }) => calls > 0 && (timeToDetectSilence === null || timeToDetectSilence > DAY),
      );
    expect(tooQuiet.series).toBe(expected.length);
    expect(tooQuiet.listed.length).toBe(expected.length);
    for (const { key, timeToDetectSilence } of tooQuiet.listed) {
      expect(key.operation === 'Sign' || key.keyArn === OTHER_KEY).toBe(true);
      expect(timeToDetectSilence).toBe(baseline.describe(key).timeToDetectSilence);
    }
  });

  it('counts quiet series beyond those that it lists', () => {
    const builder = new SeriesSetBuilder({ step: 3_600_000, start: MONDAY, end: END });
    for (let i = 0; i < 520; i++) builder.add({ operation: `Op${i}` }, MONDAY + i * STEP, 1);
    const { tooQuiet } = judgeCounts(builder.finish(), { historyUntil: T, until: END }).unknown;
    expect([tooQuiet.of, tooQuiet.series, tooQuiet.listed.length]).toEqual([520, 520, 500]);
  });

  it('takes a history without any KMS call for one in which all is new', () => {
    const builder = new SeriesSetBuilder({ step: STEP, start: MONDAY, end: END });
    builder.add({ operation: 'Decrypt' }, T + STEP, 200);
    const { history, anomalies } = judgeCounts(builder.finish(), { historyUntil: T, until: END });
    expect(history).toMatchObject({ firstKmsCall: null, learning: false, weeklyHabitsKnown: false });
    expect(anomalies.map(({ kind }) => kind)).toEqual(['first-seen']);
  });

  it('knows weekly habits after two weeks, of the log and of KMS', () => {
    const known = (firstCall: number, end: number) => {
      const builder = new SeriesSetBuilder({ step: STEP, start: MONDAY, end: end + DAY });
      for (let time = firstCall; time < end; time += 3_600_000) builder.add({ operation: 'Decrypt' }, time, 2);
      return judgeCounts(builder.finish(), { historyUntil: end, until: end + DAY }).history.weeklyHabitsKnown;
    };
    expect(known(MONDAY, MONDAY + 2 * WEEK)).toBe(true);
    expect(known(MONDAY + DAY, MONDAY + 2 * WEEK)).toBe(false);
    expect(known(MONDAY, MONDAY + 2 * WEEK - DAY)).toBe(false);
  });

  it('has nothing to learn from before the first bucket', () => {
    expect(() => judgeCounts(set, { historyUntil: MONDAY, until: END })).toThrow(
      'historyUntil must be later than the first bucket',
    );
  });

  it('leaves its input as it was', () => {
    const copy = structuredClone(set);
    judgeCounts(set, { historyUntil: T, until: END });
    expect(set).toEqual(copy);
  });
});

describe('operationsTable', () => {
  const use = (operation: string) => ({
    operation,
    plane: null,
    critical: false,
    known: true,
    calls: 1,
    expected: 1,
    buckets: 10,
    above: 2,
    below: 1,
    unknown: 3,
    anomalies: [0, 4],
  });

  it('tells verdicts and the numbers of anomalies, and makes names harmless', () => {
    expect(operationsTable([use('Odd\u001b[2J')])).toEqual([
      'operation   plane    calls  expected  verdicts (10 buckets)        see',
      'Odd\\x1b[2J  unknown      1         1  2 above, 1 below, 3 unknown  1, 5',
    ]);
  });

  it.each([
    [[0], '1'],
    [[0, 1, 4], '1, 2, 5'],
    [[0, 1, 2, 9], '1–3, 10'],
    [[0, 2, 4, 6, 8, 10, 12], '1, 3, 5, 7, 9, 11, …'],
  ])('refers to the anomalies %j', (anomalies, numbers) => {
    expect(operationsTable([{ ...use('Sign'), anomalies }])[1]).toMatch(new RegExp(` ${numbers}$`));
  });

  it('ends where nobody reads on', () => {
    const lines = operationsTable(Array.from({ length: 100 }, (_, i) => use(`Op${i}`)));
    expect(lines).toHaveLength(82);
    expect(lines.at(-1)).toBe('and 20 more with fewer calls');
  });
});

describe('holes in the logs', () => {
  const source = (from: number, to: number) => ({ account: '111122223333', region: 'eu-central-1', from, to });

  it('are what lies between, and after the last, but not before the first', () => {
    const coverage = [source(10, 20), source(20, 25), source(40, 50)];
    const sources = logSources(coverage, () => 3);
    expect(sources).toEqual([{ ...source(10, 50), kmsCalls: 3 }]);
    const holes = (from: number, to: number) =>
      holesIn(from, to, sources, coverage).map((hole) => [hole.from, hole.to]);
    expect(holes(0, 60)).toEqual([
      [25, 40],
      [50, 60],
    ]);
    expect(holes(30, 35)).toEqual([[30, 35]]);
    expect(holes(12, 22)).toEqual([]);
  });

  it('and the coverage make up all of the time since the first record', () => {
    const stretch = fc
      .tuple(fc.nat(50), fc.integer({ min: 1, max: 9 }))
      .map(([from, length]) => source(from, from + length));
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 1 }),
        fc.nat(50),
        fc.integer({ min: 1, max: 50 }),
        (coverage, from, length) => {
          const sources = logSources(coverage, () => 0);
          const holes = holesIn(from, from + length, sources, coverage);
          const first = Math.min(...coverage.map((part) => part.from));
          for (let time = from; time < from + length; time++) {
            const inside = (part: { from: number; to: number }) => part.from <= time && time < part.to;
            expect(holes.filter(inside).length).toBe(time >= first && !coverage.some(inside) ? 1 : 0);
          }
        },
      ),
    );
  });
});
