import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  learnRate,
  RATE,
  RATE_STATE,
  RATE_VARIANCE,
  scaleRate,
  startRate,
  walkPerDay,
} from '../../../src/engine/counts/rate-filter.js';
import { type NaiveBlock, naiveRates } from '../../naive/rate.js';
import { poisson, seeded } from '../../support/random.js';

const SCATTER = { phi: 0.3, alpha: 0.01 };

/** Hours of `rate(hour)` calls on an exposure of 12, one after another; the state after each. */
function follow(
  hours: number,
  rate: (hour: number) => number,
  { anchor = 5, seed = 1, scatter = SCATTER, start = 8 } = {},
): { level: number; variance: number; state: Float64Array }[] {
  const random = seeded(seed);
  const state = new Float64Array(RATE_STATE);
  startRate(state, anchor, start);
  return Array.from({ length: hours }, (_, hour) => {
    learnRate(state, poisson(random, 12 * rate(hour)), 12, 1, 12, anchor, scatter);
    return { level: state[RATE], variance: state[RATE_VARIANCE], state: state.slice() };
  });
}

describe('the rate filters', () => {
  it('agree with adding everything up anew after each block', () => {
    const block = fc.record({
      calls: fc.oneof(fc.nat(3), fc.nat(200), fc.nat(20_000)),
      exposure: fc.oneof(fc.constant(0), fc.constant(12), fc.double({ min: 0.01, max: 40, noNaN: true })),
      hours: fc.constantFrom(1, 1, 1, 2.5, 30),
    });
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.01, max: 1000, noNaN: true }),
        fc.double({ min: 0.5, max: 500, noNaN: true }),
        fc.constantFrom({ phi: 0, alpha: 0 }, { phi: 0.5, alpha: 0.02 }, { phi: 30, alpha: 0.4 }),
        (given, anchor, calls, scatter) => {
          // Without exposure there are no calls to be seen.
          const blocks: NaiveBlock[] = given.map((b) => (b.exposure === 0 ? { ...b, calls: 0 } : b));
          const state = new Float64Array(RATE_STATE);
          startRate(state, 1.3 * anchor, calls);
          const naive = naiveRates(blocks, { rate: 1.3 * anchor, calls, anchor, perBlock: 12, ...scatter });
          for (const [i, b] of blocks.entries()) {
            learnRate(state, b.calls, b.exposure, b.hours, 12, anchor, scatter);
            expect(state[RATE] / naive[i].level).toBeCloseTo(1, 9);
            expect(Math.abs(state[RATE_VARIANCE] - naive[i].variance)).toBeLessThan(1e-9 * (1 + naive[i].variance));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('know a steady level to its counting noise', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { level, variance } = follow(24 * 28, () => 5, { seed })[24 * 28 - 1];
      // 40,000 calls of four weeks, of which the faster filters take the later ones for more.
      expect(Math.abs(level / 5 - 1)).toBeLessThan(0.03);
      expect(variance).toBeLessThan(0.001);
    }
  });

  it('follow a level that has moved within a day, and one that wanders', () => {
    const moved = follow(24 * 16, (hour) => (hour < 24 * 14 ? 5 : 15));
    expect(moved[24 * 15 - 1].level / 15).toBeCloseTo(1, 0);
    expect(Math.abs(moved[24 * 16 - 1].level / 15 - 1)).toBeLessThan(0.1);
    const wandering = (hour: number) => 5 * Math.exp(0.5 * Math.sin(hour / 50));
    const after = follow(24 * 28, wandering);
    let off = 0;
    for (let hour = 48; hour < after.length; hour++) off += Math.abs(after[hour - 1].level / wandering(hour) - 1);
    expect(off / (after.length - 48)).toBeLessThan(0.1);
  });

  it('do not let one busy hour dominate: what it teaches is bounded by its own scatter', () => {
    const scatter = { phi: 0.3, alpha: 0.1 };
    const calm = follow(24 * 14, () => 5, { scatter })[24 * 14 - 1];
    const state = calm.state.slice();
    learnRate(state, 12 * 5 * 30, 12, 1, 12, 5, scatter);
    // Thirty times as much in an hour: without the worth of a call it would double the level of the fast filter at once.
    expect(state[RATE] / calm.level).toBeLessThan(2);
    for (let hour = 0; hour < 36; hour++) learnRate(state, 60, 12, 1, 12, 5, scatter);
    expect(state[RATE] / calm.level).toBeLessThan(1.15);
  });

  it('never fall to 0 on a series that has gone silent, and never weigh a zero more than an ordinary hour', () => {
    const anchor = 5;
    const silent = follow(24 * 60, () => 0, { anchor });
    expect(silent[24 * 60 - 1].level).toBeGreaterThan(0);
    // Half a call in all the exposure that the slowest filter remembers.
    expect(silent[24 * 60 - 1].level).toBeGreaterThan(0.5 / (12 * 24 * 60 * 2));
    // Two days at 0 and two at the old level: the old level is back, as a zero never weighed more than an ordinary hour.
    const random = seeded(3);
    const state = follow(24 * 14, () => 5)[24 * 14 - 1].state;
    for (let hour = 0; hour < 48; hour++) learnRate(state, 0, 12, 1, 12, anchor, SCATTER);
    for (let hour = 0; hour < 48; hour++) learnRate(state, poisson(random, 60), 12, 1, 12, anchor, SCATTER);
    expect(state[RATE]).toBeGreaterThan(0.7 * 5);
  });

  it('keep a sparse level above zero, near the truth', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const rate = 0.002;
      const state = follow(24 * 42, () => rate, { anchor: rate, seed, scatter: { phi: 0.5, alpha: 0.02 } });
      for (const { level } of state.slice(24)) {
        expect(level / rate).toBeGreaterThan(0.2);
        expect(level / rate).toBeLessThan(6);
      }
    }
  });

  it('are less sure after a gap, and no less whether it comes at once or hour by hour', () => {
    const before = follow(24 * 14, () => 5)[24 * 14 - 1];
    const atOnce = before.state.slice();
    const hourly = before.state.slice();
    learnRate(atOnce, 0, 0, 100, 12, 5, SCATTER);
    for (let hour = 0; hour < 100; hour++) learnRate(hourly, 0, 0, 1, 12, 5, SCATTER);
    for (let i = 0; i < RATE_STATE; i++) expect(hourly[i]).toBeCloseTo(atOnce[i], 9);
    expect(atOnce[RATE_VARIANCE]).toBeGreaterThan(before.variance);
    learnRate(atOnce, 0, 0, 24 * 365, 12, 5, SCATTER);
    // All forgotten: half a call at the anchor's rate is left.
    expect(atOnce[RATE] / 5).toBeCloseTo(1, 0);
    expect(atOnce[RATE_VARIANCE]).toBeGreaterThan(0.5);
  });

  it('scale a level without losing what is known, or keeping only so much of it', () => {
    const { state, level, variance } = follow(24 * 14, () => 5)[24 * 14 - 1];
    const whole = state.slice();
    scaleRate(whole, 4, Number.POSITIVE_INFINITY, 5);
    expect(whole[RATE] / level).toBeCloseTo(4, 1);
    expect(whole[RATE_VARIANCE]).toBeLessThan(1.1 * variance);
    const little = state.slice();
    scaleRate(little, 4, 8, 5);
    // Eight calls at 20 and half a call at 5: 8.5 on an exposure of 0.5.
    expect(little[RATE]).toBeCloseTo(17, 0);
    expect(little[RATE_VARIANCE]).toBeGreaterThan(1 / 20);
  });

  it('say of a level that stands still that it hardly walks, and of one that wanders that it does', () => {
    const still = follow(24 * 28, () => 20)[24 * 28 - 1].state;
    const wanders = follow(24 * 28, (hour) => 20 * Math.exp(0.7 * Math.sin(hour / 20)))[24 * 28 - 1].state;
    expect(walkPerDay(still, 0.01)).toBeLessThan(0.002);
    expect(walkPerDay(wanders, 0.01)).toBeGreaterThan(2 * walkPerDay(still, 0.01));
    expect(walkPerDay(wanders, 0.01)).toBeLessThanOrEqual(0.01);
  });
});
