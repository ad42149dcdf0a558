import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepUp } from '../../../src/engine/anomalies/false-discovery.js';
import { findAnomalies, fitBaseline, scoreWindow } from '../../../src/engine/index.js';
import { InputError } from '../../../src/errors.js';
import { seriesSet, sliceWindow } from '../../../src/series/index.js';
import { poisson, seeded } from '../../support/random.js';
import { MONDAY, STEP } from '../../support/sets.js';

describe('the step-up rule', () => {
  it('is Benjamini and Hochberg’s, on their own example', () => {
    // Table 1 of Benjamini and Hochberg (1995): of 15 p-values, four stand at 0.05.
    const p = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    const plain = (values: readonly number[], q: number) => {
      let k = 0;
      for (const [i, value] of [...values].sort((a, b) => a - b).entries())
        if (value <= (q * (i + 1)) / values.length) k = i + 1;
      return k;
    };
    expect(plain(p, 0.05)).toBe(4);
    // Storey's share of nulls, here (1 + 4) / 7.5, lets more stand.
    const stands = stepUp(Float64Array.from(p), (0.05 * 5) / 7.5).reduce((a, b) => a + b, 0);
    expect(stands).toBe(4);
    expect(stepUp(Float64Array.from(p), 0.05).reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(4);
  });

  it('lets no larger p-value stand than one that falls, and more at a larger rate', () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (p, q) => {
        const stands = stepUp(Float64Array.from(p), q);
        const most = Math.max(-1, ...p.filter((_, i) => stands[i] === 1));
        expect(p.every((value, i) => stands[i] === 1 || value >= most)).toBe(true);
        const more = stepUp(Float64Array.from(p), Math.min(0.99, 2 * q));
        expect([...stands].every((stand, i) => stand <= more[i])).toBe(true);
      }),
    );
  });
});

it('keeps the anomalies of a generous budget to those that stand out of a large fleet', () => {
  const random = seeded(31);
  const days = 22;
  const series = Array.from({ length: 60 }, (_, row) => ({
    key: { operation: 'Decrypt', keyArn: `key/${row}` },
    values: Array.from({ length: days * 288 }, (_, i) => {
      const incident = row === 7 && i >= 21 * 288 + 100 && i < 21 * 288 + 104;
      return incident ? 90 : poisson(random, 5);
    }),
  }));
  const set = seriesSet({ start: MONDAY, step: STEP, series });
  const from = MONDAY + 21 * 288 * STEP;
  const baseline = fitBaseline(sliceWindow(set, MONDAY, from), { timeZone: 'UTC' });
  const scores = scoreWindow(baseline, sliceWindow(set, from, from + 288 * STEP), { alertBudget: { perWeek: 200 } });
  const all = findAnomalies(scores);
  const few = findAnomalies(scores, { falseDiscoveryRate: 0.05 });
  expect(all.length).toBeGreaterThan(few.length);
  expect(few.map(({ key }) => key.keyArn)).toEqual(['key/7']);
  expect(() => findAnomalies(scores, { falseDiscoveryRate: 0 })).toThrow(InputError);
});
