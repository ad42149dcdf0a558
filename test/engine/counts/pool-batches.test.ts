import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelColumns, type RowModel } from '../../../src/engine/counts/model.js';
import { BatchPool } from '../../../src/engine/counts/pool-batches.js';
import { fitBaseline } from '../../../src/engine/fit-baseline.js';
import { windowsOf } from '../../../src/engine/windows.js';
import { seriesKey } from '../../../src/series/key.js';
import { oneRow, poissonRow, STEP } from '../../support/sets.js';

const fitted = fitBaseline(oneRow(poissonRow(1, 1, () => 5)), { timeZone: 'UTC' });
const model = modelColumns(windowsOf(STEP).spans.length).whole(fitted.modelOf(fitted.keys[0]).model);
const windows = model.phi.length;

/** A row of few calls with so many ordered pairs of calls in one bucket, more than chance puts there. */
function few(calls: number, pairs = 0): RowModel {
  return { ...model, calls, phi: model.phi.map(() => (pairs + 4.5) / (calls + 9)) };
}

const keyOf = (i: number, operation = 'DisableKey') => seriesKey({ operation, keyArn: `key/${i}` });

function pool(rows: readonly RowModel[], operationOf: (i: number) => string = () => 'DisableKey'): Float64Array[] {
  const keys = rows.map((_, i) => keyOf(i, operationOf(i)));
  const batches = new BatchPool(keys, rows, windows);
  return rows.map((row, i) => batches.phiOf(keys[i], row));
}

describe('BatchPool', () => {
  it('expects no batches of rows whose kind has none: far fewer than the prior of a handful of calls', () => {
    const rows = Array.from({ length: 12 }, () => few(4));
    for (const phi of pool(rows)) expect(phi[0]).toBeLessThan(0.1);
    expect(few(4).phi[0]).toBeGreaterThan(0.3);
  });

  it('covers what rows show among themselves, but not one or two incidents', () => {
    const quiet = Array.from({ length: 10 }, () => few(5));
    const [two] = pool([...quiet, few(8, 42), few(8, 42)]);
    const [three] = pool([...quiet, few(8, 42), few(8, 42), few(8, 42)]);
    expect(two[0]).toBeLessThan(1);
    expect(three[0]).toBeCloseTo(42 / 8, 9);
  });

  it('draws a row to its operation before all others', () => {
    const rows = [few(5, 4), few(5, 4), ...Array.from({ length: 60 }, () => few(10))];
    const phi = pool(rows, (i) => (i < 2 ? 'PutKeyPolicy' : 'DisableKey'));
    const alike = pool(rows);
    expect(phi[0][0]).toBeGreaterThan(1.2 * alike[0][0]);
    expect(phi[20][0]).toBeLessThanOrEqual(alike[20][0]);
  });

  it('leaves rows of many calls, of none, and all where fewer than five are alike, as they are', () => {
    const busy = { ...model, calls: 12 };
    const never = few(0);
    const rows = [busy, never, few(3), few(3), few(3), few(3), few(3)];
    expect(pool(rows).slice(0, 2)).toEqual([busy.phi, never.phi]);
    for (const phi of pool(rows.slice(3))) expect(phi).toEqual(few(3).phi);
  });

  it('is never less than what pooling by the mean gives, nor falls from a window to a longer one', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 1, max: 11 }), fc.integer({ min: 0, max: 30 })), {
      minLength: 5,
      maxLength: 40,
    });
    fc.assert(
      fc.property(rows, (drawn) => {
        for (const phi of pool(drawn.map(([calls, pairs]) => few(calls, pairs)))) {
          expect(phi.every((value, w) => value >= 0 && (w === 0 || value >= phi[w - 1]))).toBe(true);
        }
      }),
      { numRuns: 50, seed: 13 },
    );
  });
});
