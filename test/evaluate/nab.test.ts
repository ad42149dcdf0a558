import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nabPublished, nabSeries, readCsv } from '../../bench/evaluate/files.js';
import { InputError } from '../../src/errors.js';
import { NAB_PROFILES, type NabFile, nabBest, nabNormalised, nabScore } from '../../src/evaluate/nab.js';
import { hasSharedData } from '../support/shared-data.js';

/** NAB's rules from the paper, one threshold at a time, with no running sums. */
function naiveScore({ scores, windows }: NabFile, threshold: number): number {
  const rows = Array.from({ length: scores.length }, (_, row) => row);
  const probation = Math.min(Math.floor(0.15 * rows.length), 750);
  const detected = rows.filter((row) => row >= probation && scores[row] >= threshold);
  const sigmoid = (y: number) => 2 * (1 / (1 + Math.exp(5 * y))) - 1;
  let sum = 0;
  for (const { first, last } of windows) {
    const inside = detected.filter((row) => row >= first && row <= last);
    const earliest = inside.length === 0 ? undefined : Math.min(...inside);
    const position = earliest === undefined ? 0 : (earliest - last - 1) / (last - first + 1);
    sum += earliest === undefined ? -1 : sigmoid(position) / sigmoid(-1);
  }
  for (const row of detected) {
    if (windows.some(({ first, last }) => row >= first && row <= last)) continue;
    const before = windows.filter(({ last }) => last < row).at(-1);
    const position = before === undefined ? Infinity : (row - before.last) / (before.last - before.first);
    sum += 0.11 * (position > 3 ? -1 : sigmoid(position));
  }
  return sum;
}

const files = fc.integer({ min: 40, max: 200 }).chain((rows) =>
  fc.record({
    scores: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: rows, maxLength: rows }),
    windows: fc
      .uniqueArray(fc.integer({ min: Math.ceil(0.15 * rows), max: rows - 1 }), { minLength: 4, maxLength: 4 })
      .map((ends) => ends.sort((a, b) => a - b))
      .map(([a, b, c, d]) => [
        { first: a, last: b },
        { first: c, last: d },
      ]),
  }),
);

describe("NAB's scoring", () => {
  it('agrees with its rules applied to one threshold at a time', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 9 }), (file, threshold) => {
        expect(nabScore([file], threshold)).toBeCloseTo(naiveScore(file, threshold), 9);
      }),
    );
  });

  it('finds the best threshold of all', () => {
    fc.assert(
      fc.property(files, files, (a, b) => {
        const { score, threshold, normalised } = nabBest([a, b]);
        const all = [...Array.from({ length: 9 }, (_, i) => i), Infinity].map(
          (t) => naiveScore(a, t) + naiveScore(b, t),
        );
        expect(score).toBeCloseTo(Math.max(...all), 9);
        expect(nabScore([a, b], threshold)).toBeCloseTo(score, 9);
        expect(normalised).toBeCloseTo(nabNormalised(score, 4), 9);
      }),
    );
  });

  it('is 100 for windows met in their first row, 0 for nothing, whatever the profile', () => {
    const scores = new Float64Array(200);
    scores[100] = 1;
    const file = { scores, windows: [{ first: 100, last: 140 }] };
    for (const profile of Object.values(NAB_PROFILES)) {
      expect(nabBest([file], profile).normalised).toBeCloseTo(100, 9);
      expect(nabBest([{ ...file, scores: new Float64Array(200).fill(Number.NaN) }], profile).normalised).toBe(0);
    }
  });

  it('refuses windows out of order or out of the file', () => {
    const scores = new Float64Array(50);
    expect(() => nabScore([{ scores, windows: [{ first: 20, last: 50 }] }], 1)).toThrow(InputError);
    expect(() => nabScore([{ scores, windows: [{ first: 20, last: 10 }] }], 1)).toThrow(/windows\[0\]\.last/);
  });

  it.skipIf(!hasSharedData)('gives the published score of every published detector and file', () => {
    const names = {
      standard: NAB_PROFILES.standard,
      reward_low_FP_rate: NAB_PROFILES.rewardLowFalsePositives,
      reward_low_FN_rate: NAB_PROFILES.rewardLowFalseNegatives,
    };
    const series = nabSeries();
    const results = new Map(series.map(({ name }) => [name, nabPublished(name)]));
    let checked = 0;
    for (const [name, profile] of Object.entries(names)) {
      for (const [detector, , file, threshold, score] of readCsv(`nab/scores/${name}_per_file.csv`).slice(1)) {
        const scores = results.get(file)?.get(detector);
        const windows = series.find((one) => one.name === file)?.windows;
        if (scores === undefined || windows === undefined) continue;
        // The published scores are cut to six digits: 0.9999998 stands there as 1, its threshold.
        if (detector === 'windowedGaussian' || (detector === 'expose' && Number(threshold) > 0.99)) continue;
        expect(nabScore([{ scores, windows }], Number(threshold), profile), `${detector} ${file}`).toBeCloseTo(
          Number(score),
          6,
        );
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(850);
  });

  it.skipIf(!hasSharedData)('normalises as the published score board does', () => {
    const windows = nabSeries().reduce((sum, one) => sum + one.windows.length, 0);
    const board = new Map(
      readCsv('benchmarks/nab-scoreboard-this-half.csv').map(([name, standard]) => [name, standard]),
    );
    const sums = new Map<string, number>();
    for (const [detector, , , , score] of readCsv('nab/scores/standard_per_file.csv').slice(1)) {
      sums.set(detector, (sums.get(detector) ?? 0) + Number(score));
    }
    for (const detector of ['ARTime', 'contextOSE', 'htmjava', 'randomCutForest', 'twitterADVec']) {
      expect(nabNormalised(sums.get(detector) ?? 0, windows)).toBeCloseTo(Number(board.get(detector)), 0);
    }
  });
});
