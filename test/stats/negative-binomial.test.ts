import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logLowerTail, logMass, logUpperTail, lowerLimit, upperLimit } from '../../src/stats/negative-binomial.js';

const rows: [number, number, number, string, string][] = JSON.parse(
  readFileSync(new URL('../fixtures/negative-binomial/expected.json', import.meta.url), 'utf8'),
);

/** Error of a log probability: relative where it is large, absolute (that is, relative in the probability) where small. */
const off = (got: number, want: number) => Math.abs(got - want) / Math.max(1, Math.abs(want));

describe('negative-binomial tails', () => {
  it('agree with 60-digit values from 1e-4 to 1e7, down to 1e-300 and beyond', () => {
    let deepest = 0;
    for (const [y, mean, size, up, down] of rows) {
      expect(off(logUpperTail(y, mean, size), Number(up)), `P(Y >= ${y}), mean ${mean}, size ${size}`).toBeLessThan(
        2e-10,
      );
      expect(off(logLowerTail(y, mean, size), Number(down)), `P(Y <= ${y}), mean ${mean}, size ${size}`).toBeLessThan(
        2e-10,
      );
      deepest = Math.min(deepest, Number(up), Number(down));
    }
    expect(deepest).toBeLessThan(Math.log(1e-300));
  });

  it('are Poisson where the size is huge', () => {
    // P(Y >= 20) and P(Y <= 2) of Poisson(7): SciPy 1.17.1, poisson.sf(19, 7) and poisson.cdf(2, 7).
    expect(Math.exp(logUpperTail(20, 7, 1e8))).toBeCloseTo(4.440247653963753e-5, 10);
    expect(Math.exp(logLowerTail(2, 7, 1e8))).toBeCloseTo(0.029636163880521763, 7);
  });

  it('are NaN at once where mean or size are: a damaged state asks for thousands of them', () => {
    // With all the rounds that a tail may take, these would take minutes.
    for (let i = 0; i < 100_000; i++) {
      expect(logUpperTail(5, Number.NaN, 2 + i) + logLowerTail(5, 2 + i, Number.NaN)).toBeNaN();
    }
  });

  it('have limits at means past 2^53 too, where whole numbers are further apart than 1', () => {
    expect(upperLimit(2 ** 60, 100, -14)).toBeGreaterThan(2 ** 60);
    expect(lowerLimit(2 ** 60, 100, -14)).toBeLessThan(2 ** 60);
  });

  it('fall with the count above, rise below, and leave nothing between', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2000 }),
        fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
        (y, mean, size) => {
          expect(logUpperTail(y + 1, mean, size)).toBeLessThanOrEqual(logUpperTail(y, mean, size) + 1e-12);
          expect(logLowerTail(y + 1, mean, size)).toBeGreaterThanOrEqual(logLowerTail(y, mean, size) - 1e-12);
          const whole = Math.exp(logUpperTail(y + 1, mean, size)) + Math.exp(logLowerTail(y, mean, size));
          expect(whole).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it('add up few calls to what the continued fraction makes of them next to whole numbers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.double({ min: -7, max: 6.9, noNaN: true }).map(Math.exp),
        fc.double({ min: -7, max: 12, noNaN: true }).map(Math.exp),
        (y, mean, size) => {
          // So near that the tails differ by rounding alone; what is not whole goes by the fraction.
          const beside = y * (1 + 2 ** -50);
          expect(off(logUpperTail(y, mean, size), logUpperTail(beside, mean, size))).toBeLessThan(1e-10);
          expect(off(logLowerTail(y, mean, size), logLowerTail(beside, mean, size))).toBeLessThan(1e-10);
          expect(off(logMass(y, mean, size), logMass(beside, mean, size))).toBeLessThan(1e-10);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('give limits on which the tail is just still likely enough', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 1e5, noNaN: true }),
        fc.double({ min: 1e-2, max: 1e4, noNaN: true }),
        fc.double({ min: -30, max: -1, noNaN: true }),
        (mean, size, logAlpha) => {
          const up = upperLimit(mean, size, logAlpha);
          expect(logUpperTail(up, mean, size)).toBeGreaterThanOrEqual(logAlpha);
          expect(logUpperTail(up + 1, mean, size)).toBeLessThan(logAlpha);
          const low = lowerLimit(mean, size, logAlpha);
          expect(logLowerTail(low, mean, size)).toBeGreaterThanOrEqual(logAlpha);
          if (low > 0) expect(logLowerTail(low - 1, mean, size)).toBeLessThan(logAlpha);
        },
      ),
    );
  });
});
