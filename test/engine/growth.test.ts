import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Baseline } from '../../src/engine/baseline.js';
import { ahead, growthOf, UNKNOWN_GROWTH } from '../../src/engine/counts/growth.js';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { sliceWindow } from '../../src/series/slice.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, KEY, MONDAY, oneRow, poissonRow, WEEK } from '../support/sets.js';

const PER_WEEK = 168;
const key = { operation: 'Decrypt', keyArn: KEY };

/** Weeks of hours with Poisson calls at the rate of each, calls an hour. */
function weeksOf(rates: readonly number[], seed: number) {
  const random = seeded(seed);
  return growthOf(
    {
      clipped: Float64Array.from({ length: rates.length * PER_WEEK }, (_, i) =>
        poisson(random, rates[Math.floor(i / PER_WEEK)]),
      ),
      exposure: new Float64Array(rates.length * PER_WEEK).fill(1),
    },
    { block: 3_600_000, step: 3_600_000 },
    0,
  );
}

describe('growthOf', () => {
  it('finds a steady growth, with limits that hold it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.1, max: 0.1, noNaN: true }),
        fc.integer({ min: 5, max: 12 }),
        fc.nat(),
        (rate, weeks, seed) => {
          const { growth, growthVariance } = weeksOf(
            Array.from({ length: weeks }, (_, w) => 20 * Math.exp(rate * w)),
            seed,
          );
          expect(Math.abs(growth - rate)).toBeLessThan(4 * Math.sqrt(growthVariance) + 0.003);
          expect(Math.sqrt(growthVariance)).toBeLessThan(0.03);
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  it('takes a step, once, for no growth, and is in doubt', () => {
    for (const at of [1, 2, 3, 4, 5]) {
      const { growth, growthVariance } = weeksOf(
        Array.from({ length: 6 }, (_, w) => (w < at ? 20 : 40)),
        at,
      );
      expect(Math.abs(growth)).toBeLessThan(0.01);
      expect(Math.sqrt(growthVariance)).toBeGreaterThan(0.03);
    }
  });

  it('knows nothing of less than four weeks', () => {
    expect(weeksOf([10, 20, 40], 1)).toEqual(UNKNOWN_GROWTH);
    expect(weeksOf([], 1)).toEqual(UNKNOWN_GROWTH);
  });

  it('is as sure of a rate that wanders as its steps are alike: the limits hold the truth, none, nineteen times in twenty', () => {
    let held = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      let log = 0;
      // Steps of a uniform law of standard deviation 0.1.
      const rates = Array.from({ length: 8 }, () => {
        log += 0.3464 * (random() - 0.5);
        return 40 * Math.exp(log);
      });
      const { growth, growthVariance } = weeksOf(rates, seed);
      if (Math.abs(growth) < 1.96 * Math.sqrt(growthVariance)) held++;
    }
    expect(held).toBeGreaterThanOrEqual(180);
  });

  it('leaves more unknown the further ahead', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), fc.double({ min: 0, max: 0.01, noNaN: true }), (days, more, walk) => {
        const model = { growth: 0.05, growthVariance: 1e-4, walk };
        expect(ahead(model, days + more).variance).toBeGreaterThanOrEqual(ahead(model, days).variance);
        expect(ahead(model, 0)).toEqual({ ratio: 1, variance: 0 });
      }),
    );
  });
});

describe('a baseline that is weeks old', () => {
  const growing = oneRow(poissonRow(5, 20, (time) => 24 * 1.1 ** ((time - MONDAY) / WEEK)));
  const until = MONDAY + 6 * WEEK;
  const baseline = fitBaseline(sliceWindow(growing, MONDAY, until), { timeZone: 'UTC' });
  const later = until + 12 * WEEK;
  const truth = 24 * 1.1 ** 18;

  it('carries growth on with its doubt', () => {
    const { expected, lower, upper } = baseline.band(key, later);
    expect(lower).toBeLessThan(truth);
    expect(upper).toBeGreaterThan(truth);
    expect(expected / truth).toBeGreaterThan(0.8);
    expect(expected / truth).toBeLessThan(1.25);
    const { growthPerWeek } = baseline.describe(key);
    expect(growthPerWeek?.lower).toBeLessThan(1.1);
    expect(growthPerWeek?.upper).toBeGreaterThan(1.1);
  });

  it('judges a window then by what it expects then, as a detector that begins there does', () => {
    const window = sliceWindow(growing, later, later + 2 * DAY);
    const scores = scoreWindow(baseline, window);
    expect(scores.expected[0]).toBeCloseTo(baseline.band(key, later).expected, 6);
    expect([...scores.verdicts].filter((verdict) => verdict !== 0)).toEqual([]);
    const detector = new Detector(baseline);
    const stream = detector.observe(window);
    expect(stream.expected[0]).toBe(scores.expected[0]);
    expect([...stream.verdicts].filter((verdict) => verdict !== 0)).toEqual([]);
    // The same after bytes, and however the time is cut.
    const cut = Detector.fromBytes(new Detector(Baseline.fromBytes(baseline.toBytes())).toBytes());
    const first = cut.observe(sliceWindow(growing, later, later + DAY / 2));
    const rest = Detector.fromBytes(cut.toBytes()).observe(sliceWindow(growing, later + DAY / 2, later + 2 * DAY));
    expect([...first.expected, ...rest.expected]).toEqual([...stream.expected]);
  });

  it('has wider bands, relative to what is expected, the older it is', () => {
    const width = (weeks: number) => {
      const { expected, lower, upper } = baseline.band(key, until + weeks * WEEK);
      return (upper - lower) / expected;
    };
    // Busier buckets scatter less in relation to their mean: so much more does the doubt of the rate count.
    expect(width(26)).toBeGreaterThan(width(12));
    expect(width(52)).toBeGreaterThan(width(26));
    const flat = fitBaseline(oneRow(poissonRow(6, 6, () => 24)), { timeZone: 'UTC' });
    const band = (weeks: number) => flat.band(key, MONDAY + (6 + weeks) * WEEK);
    expect(band(26).upper).toBeGreaterThan(band(1).upper);
    expect(band(26).lower).toBeLessThan(band(1).lower);
  });
});
