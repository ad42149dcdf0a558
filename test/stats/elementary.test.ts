import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expOfNegative, logRatio } from '../../src/stats/elementary.js';

describe('plain arithmetic in place of Math', () => {
  it('takes exponentials of numbers up to 0 to fifteen digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 0, noNaN: true }), (x) => {
        expect(Math.abs(expOfNegative(x) / Math.exp(x) - 1)).toBeLessThan(2e-15);
      }),
    );
    expect(expOfNegative(0)).toBe(1);
    expect(expOfNegative(-1000)).toBe(0);
    expect(expOfNegative(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(expOfNegative(Number.NaN)).toBeNaN();
  });

  it('takes logarithms of ratios, near ones without losing digits', () => {
    const near = fc.double({ min: 1e-12, max: 3, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), near, (x, by) => {
        const y = x * (1 + by);
        // ln(1 + (y − x)/x), which keeps the digits that ln y − ln x loses.
        expect(Math.abs(logRatio(y, x) / Math.log1p((y - x) / x) - 1)).toBeLessThan(1e-13);
      }),
    );
    expect(logRatio(5, 5)).toBe(0);
  });
});
