import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrate,
  KNOWN_AFTER,
  leastStretch,
  leastTail,
  silenceShown,
  type Tail,
  tailAtLeast,
  tailShown,
  uncalibrate,
} from '../../../src/engine/counts/tail-calibration.js';
import { seeded } from '../../support/random.js';

const PIVOT = Math.log(20);

/** Largest of `tests` numbers of an exponential law of mean `mean`, for each of `days`. */
function exponentialMaxima(random: () => number, days: number, tests: number, mean = 1): Float64Array {
  return Float64Array.from({ length: days }, () => {
    // The largest of n uniforms is u^(1/n).
    const largest = Math.exp(Math.log(1 - random()) / tests);
    return -mean * Math.log(-Math.expm1(Math.log(largest)));
  });
}

const tails: fc.Arbitrary<Tail> = fc.record({
  stretch: fc.double({ min: 1, max: 50, noNaN: true }),
  knee: fc.double({ min: PIVOT, max: 200, noNaN: true }),
  far: fc.double({ min: 1, max: 100, noNaN: true }),
});

describe('calibrate', () => {
  it('is undone by uncalibrate, and undoes it', () => {
    fc.assert(
      fc.property(tails, fc.double({ min: 0, max: 1e4, noNaN: true }), (tail, nats) => {
        expect(Math.abs(uncalibrate(calibrate(nats, tail), tail) - nats)).toBeLessThan(1e-9 * (1 + nats));
        expect(Math.abs(calibrate(uncalibrate(nats, tail), tail) - nats)).toBeLessThan(1e-9 * (1 + nats));
      }),
    );
  });

  it('rises with the evidence, never says more than the model, and leaves the body as it is', () => {
    fc.assert(
      fc.property(
        tails,
        fc.double({ min: 0, max: 500, noNaN: true }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        (tail, nats, more) => {
          const here = calibrate(nats, tail);
          expect(calibrate(nats + more, tail)).toBeGreaterThanOrEqual(here);
          expect(here).toBeLessThanOrEqual(nats + 1e-9);
          if (nats <= PIVOT) expect(here).toBe(nats);
        },
      ),
    );
  });
});

const fitTail = (daily: Float64Array, tests: number, least: number) => tailAtLeast(tailShown(daily, tests), least);

describe('tailShown', () => {
  it('leaves the model as it is where its nats are exponential', () => {
    const random = seeded(1);
    let sum = 0;
    let most = 0;
    let missed = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const tail = fitTail(exponentialMaxima(random, 42, 288), 42 * 288, 1);
      // What one test in 10,000 exceeds, the law says, is what comes of the model's own.
      const nats = calibrate(Math.log(1e4), tail);
      sum += nats / Math.log(1e4);
      most = Math.max(most, tail.stretch);
      if (nats < 0.85 * Math.log(1e4)) missed++;
    }
    expect(sum / runs).toBeGreaterThan(0.95);
    expect(sum / runs).toBeLessThanOrEqual(1);
    expect(missed / runs).toBeLessThan(0.05);
    expect(most).toBeLessThan(1.6);
  });

  it.each([1.5, 2, 4])('finds a tail %s times as long', (stretch) => {
    const random = seeded(2);
    const found: number[] = [];
    for (let run = 0; run < 200; run++) {
      // The model's nats keep the body and are stretched beyond the pivot.
      const daily = exponentialMaxima(random, 42, 288).map((nats) =>
        nats > PIVOT ? PIVOT + (nats - PIVOT) * stretch : nats,
      );
      found.push(fitTail(daily, 42 * 288, 1).stretch);
    }
    const mean = found.reduce((sum, value) => sum + value / found.length, 0);
    expect(mean / stretch).toBeGreaterThan(0.85);
    expect(mean / stretch).toBeLessThan(1.1);
  });

  it('is not moved by two incidents, whatever they hold and though each touches three dates', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.double({ min: 15, max: 5000, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (seed, first, second, nats) => {
          fc.pre(Math.abs(first - second) > 2);
          const clean = exponentialMaxima(seeded(seed), 42, 288);
          const daily = clean.slice();
          for (const [k, day] of [first, second].entries()) {
            // The middle day is the worst, as of an incident from evening to evening.
            const around = nats.slice(3 * k, 3 * k + 3).sort((a, b) => a - b);
            daily[day - 1] = Math.max(daily[day - 1], around[0]);
            daily[day] = around[2];
            daily[day + 1] = Math.max(daily[day + 1], around[1]);
          }
          const { stretch } = fitTail(daily, 42 * 288, 1);
          // At most what the most surprising clean day gives.
          const worst = (Math.max(...clean) - PIVOT) / (Math.log((42 * 288) / 3) - PIVOT);
          expect(stretch).toBeLessThanOrEqual(Math.max(1, worst) + 1e-12);
        },
      ),
    );
  });

  it('goes on past the third day by what days below it show, never steeper than before', () => {
    const random = seeded(3);
    for (let run = 0; run < 100; run++) {
      const tail = fitTail(exponentialMaxima(random, 42, 288, 1 + random() * 4), 42 * 288, 1);
      expect(tail.far).toBeGreaterThanOrEqual(tail.stretch);
      expect(tail.knee).toBeGreaterThanOrEqual(PIVOT);
    }
    // A quiet body and, on a fifth of the days, a burst of exponential size: beyond the bursts nats fall as they do.
    const bursts = exponentialMaxima(seeded(4), 40, 1, 30).map((nats, day) => (day % 4 === 0 ? 20 + nats : 6));
    const tail = fitTail(bursts, 40 * 288, 1);
    expect(tail.far).toBeGreaterThan(1.5 * tail.stretch);
  });

  it('knows nothing of two days, nor of too few tests', () => {
    expect(fitTail(Float64Array.of(50, 40), 576, 4)).toEqual({ stretch: 4, knee: PIVOT, far: 4 });
    expect(fitTail(Float64Array.of(50, 40, 30, 20), 60, 2)).toEqual({ stretch: 2, knee: PIVOT, far: 2 });
  });

  it('takes a young series for longer-tailed than it has shown, less so each day', () => {
    expect(leastStretch(0)).toBe(5);
    expect(leastStretch(KNOWN_AFTER)).toBe(1);
    expect(leastStretch(100)).toBe(1);
    for (let day = 0; day < 20; day++) expect(leastStretch(day + 1)).toBeLessThanOrEqual(leastStretch(day));
    expect(leastTail(7)).toEqual({ stretch: leastStretch(7), knee: PIVOT, far: leastStretch(7) });
    expect(fitTail(exponentialMaxima(seeded(5), 5, 288), 5 * 288, leastStretch(5)).stretch).toBeGreaterThanOrEqual(
      leastStretch(5),
    );
  });
});

describe('silenceShown', () => {
  it('shifts by what ordinary silences have beyond the model’s, and only by that', () => {
    const random = seeded(6);
    // Exp(1) silences: hardly anything to take away.
    let mean = 0;
    for (let run = 0; run < 200; run++) mean += silenceShown(exponentialMaxima(random, 42, 100), 4200).shift / 200;
    expect(mean).toBeLessThan(0.5);
    // Every night some 20 nats more.
    const nights = exponentialMaxima(random, 42, 1).map((nats) => 20 + nats);
    const { shift } = silenceShown(nights, 42);
    expect(shift).toBeGreaterThan(16);
    expect(shift).toBeLessThan(23);
  });

  it('is not moved by two long silences, though each runs over a date', () => {
    const nights = exponentialMaxima(seeded(7), 42, 1).map((nats) => 20 + nats);
    const clean = silenceShown(nights, 42).shift;
    const broken = nights.slice();
    for (const day of [8, 9, 25, 26]) broken[day] = 500;
    expect(Math.abs(silenceShown(broken, 42).shift - clean)).toBeLessThan(2);
  });
});
