import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packCounts, packMeans, unpackCounts, unpackMeans } from '../../src/report/html/pack.js';

describe('packed columns', () => {
  const count = fc.oneof(fc.nat(3), fc.nat(0xffffffff), fc.constant(Number.NaN), fc.constant(Infinity));

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(count, { maxLength: 600 }), (values) => {
        expect([...unpackCounts(packCounts(values))]).toEqual(values);
      }),
    );
  });

  it('hold means to within two per cent', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 50 }), (values) => {
        const back = unpackMeans(packMeans(values));
        for (const [i, value] of values.entries()) {
          expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(0.0101 * value + 1 / 6000);
        }
      }),
    );
    expect([...unpackMeans(packMeans([Number.NaN]))]).toEqual([Number.NaN]);
  });

  it('are short where nothing happens', () => {
    expect(packCounts(new Float64Array(10_000)).length).toBeLessThan(8);
  });
});
