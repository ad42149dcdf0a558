import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector, fitBaseline, type Scores } from '../../src/engine/index.js';
import { InputError } from '../../src/errors.js';
import { calibration } from '../../src/evaluate/calibration.js';
import { observeChunks } from '../../src/evaluate/observe-chunks.js';
import { calibrationText, tallySurprise } from '../../src/evaluate/tally.js';
import { type SeriesSet, seriesSet } from '../../src/series/index.js';
import { readRow } from '../../src/series/series-set.js';
import { poisson, seeded } from '../support/random.js';
import { MONDAY, STEP } from '../support/sets.js';

function setOf(rows: readonly ArrayLike<number>[]): SeriesSet {
  const series = rows.map((values, row) => ({ key: { operation: 'Decrypt', keyArn: `key/${row}` }, values }));
  return seriesSet({ start: MONDAY, step: STEP, series });
}

/** A detector that takes counts for surprise (in thousandths, below 0 from 50,000 on) and appends a row of its own. */
class Echo {
  readonly seen: number[] = [];

  observe(window: SeriesSet): Scores {
    const rows = window.keys.length + 1;
    const { length } = window.grid;
    this.seen.push(window.grid.start, length);
    const cells = rows * length;
    const surprise = new Float64Array(cells);
    const own = new Float64Array(length);
    for (let row = 0; row < window.keys.length; row++) {
      readRow(window, row, own);
      for (const [i, value] of own.entries())
        surprise[row * length + i] = (value < 50_000 ? value : 50_000 - value) / 1000;
    }
    surprise.fill(9, window.keys.length * length);
    return {
      window: { ...window, keys: [...window.keys, { ...window.keys[0], keyArn: 'appended' }] },
      expected: new Float64Array(cells).fill(40),
      lower: new Float64Array(cells),
      upper: new Float64Array(cells),
      surprise,
      verdicts: new Int8Array(cells),
      reasons: new Uint8Array(cells),
      spans: new Float64Array(cells),
      known: new Uint8Array(rows),
    };
  }
}

describe('observeChunks', () => {
  it('shows every bucket once, in order, and puts the answers together without appended rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), fc.integer(), (length, seed) => {
        const rows = [0, 1].map((row) => Array.from({ length }, (_, i) => (row * 1000 + i) % 3000));
        const echo = new Echo();
        const { surprise, window } = observeChunks(echo, setOf(rows), seeded(seed));
        let next = MONDAY;
        for (let i = 0; i < echo.seen.length; i += 2) {
          expect(echo.seen[i]).toBe(next);
          expect(echo.seen[i + 1]).toBeLessThanOrEqual(288);
          next += echo.seen[i + 1] * STEP;
        }
        expect(next).toBe(MONDAY + length * STEP);
        expect(window.keys.length).toBe(2);
        expect(Array.from(surprise)).toEqual(rows.flat().map((value) => value / 1000));
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a detector that answers about another window', () => {
    const echo = new Echo();
    const short = { observe: (window: SeriesSet) => ({ ...echo.observe(window), window: setOf([[]]) }) };
    expect(() => observeChunks(short, setOf([[1, 2, 3]]), seeded(1))).toThrow(InputError);
  });
});

describe('tallySurprise', () => {
  it('is 1 everywhere for tail probabilities that are uniform, in every band', () => {
    const random = seeded(7);
    const length = 400_000;
    const p = Float64Array.from({ length }, () => random());
    const surprise = p.map((value) => (value < 0.5 ? -Math.log10(2 * value) : Math.log10(2 - 2 * value)));
    for (const expected of [0.01, 3, 20, 1000]) {
      const table = tallySurprise([
        { window: setOf([new Float64Array(length)]), surprise, expected: new Float64Array(length).fill(expected) },
      ]).filter(({ buckets }) => buckets > 0);
      expect(table.length).toBe(6);
      for (const { nominal, ratio, buckets } of table) {
        expect(buckets).toBe(length);
        // Each side has half of the buckets here, so half of them are as rare as its nominal share.
        expect(ratio).toBeGreaterThan(0.5 - 4 * Math.sqrt(0.5 / (nominal * length)));
        expect(ratio).toBeLessThan(0.5 + 4 * Math.sqrt(0.5 / (nominal * length)));
      }
    }
  });

  it('counts a probability of exactly the nominal one, and no bucket that was not observed', () => {
    const surprise = Float64Array.from([2, -2, 1.99, Number.NaN, -4, 3]);
    const scores = { window: setOf([new Float64Array(6)]), surprise, expected: new Float64Array(6).fill(40) };
    const rows = tallySurprise([scores]).filter(({ buckets }) => buckets > 0);
    expect(rows.map(({ verdict, nominal, effective }) => [verdict, nominal, effective * 5])).toEqual([
      ['above', 1e-2, 2],
      ['above', 1e-3, 1],
      ['above', 1e-4, 0],
      ['below', 1e-2, 2],
      ['below', 1e-3, 1],
      ['below', 1e-4, 1],
    ]);
  });
});

describe('calibration', () => {
  it('leaves the detector as it was, and finds Poisson counts as rare as they are', () => {
    const random = seeded(9);
    const draw = (length: number) => setOf([Float64Array.from({ length }, () => poisson(random, 60))]);
    const history = draw(28 * 288);
    const detector = new Detector(fitBaseline(history, { timeZone: 'UTC' }));
    const before = detector.toBytes();
    const clean = draw(21 * 288);
    const start = MONDAY + 28 * 288 * STEP;
    const table = calibration(detector, { ...clean, grid: { ...clean.grid, start } });
    expect(detector.toBytes()).toEqual(before);
    const often = table.filter(({ band, nominal }) => band === 'above' && nominal >= 1e-2);
    expect(often.map(({ verdict }) => verdict)).toEqual(['above', 'below']);
    for (const { ratio, buckets } of often) {
      expect(buckets).toBe(21 * 288);
      expect(ratio).toBeGreaterThan(0.4);
      expect(ratio).toBeLessThan(1.3);
    }
  });

  it('counts all that was observed, and prints as a table', () => {
    // 1,000 buckets: ten at 2.5, one at 4, all others at 1.
    const values = new Float64Array(1000).fill(1000);
    values.fill(2500, 100, 110);
    values[500] = 4000;
    const table = tallySurprise([observeChunks(new Echo(), setOf([values]), () => 0.5)]);
    const above = table.filter(({ band, verdict }) => band === 'above' && verdict === 'above');
    expect(above.map(({ effective }) => effective)).toEqual([0.011, 0.001, 0.001]);
    expect(above.map(({ ratio }) => ratio)).toEqual([0.011 / 1e-2, 1, 10]);
    expect(calibrationText(table)).toBe(
      [
        'band              side      buckets    1e-2    1e-3    1e-4',
        'above             above        1000    1.10    1.00   10.00',
        'above             below        1000    0.00    0.00    0.00',
      ].join('\n'),
    );
  });
});
