import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { burstHours, hourCell, mergeBurstHours } from '../../../src/engine/counts/burst-hours.js';
import { calibrate, calibrateIn, uncalibrateIn } from '../../../src/engine/counts/tail-calibration.js';
import { weekSlots } from '../../../src/time/week.js';

const MINUTE = 60_000;
const WEEK = weekSlots(5 * MINUTE);
const at = (day: number, hour: number) => day * 288 + hour * 12;
/** Deployments on Tuesdays and Thursdays, from ten to three. */
const DEPLOYMENTS = [1, 3, 1, 3, 1, 3, 1, 3, 1, 3].map((day, i) => at(day, 10 + (i % 5)));

describe('burstHours', () => {
  it('calls hours quiet that have no burst within two hours on a day of the same kind', () => {
    const found = burstHours(DEPLOYMENTS, WEEK);
    const quiet = Array.from({ length: 24 }, (_, hour) => found?.quiet[hour]);
    expect(quiet).toEqual(Array.from({ length: 24 }, (_, hour) => (hour < 8 || hour > 16 ? 1 : 0)));
    expect(found?.quiet.subarray(24).every((is) => is === 1)).toBe(true);
  });

  it('gives a burst in them the chance of Good and Turing: 0.5 in 11 of a share of 123 hours in 168', () => {
    const found = burstHours(DEPLOYMENTS, WEEK);
    const chance = 0.5 / 11;
    const share = (5 * 15 + 2 * 24) / 168;
    expect(found?.gain).toBeCloseTo(Math.log(share / chance), 12);
    expect(found?.loss).toBeCloseTo(Math.log((1 - chance) / (1 - share)), 12);
  });

  it('is less sure of them when bursts came alone', () => {
    const alone = [at(1, 10), at(1, 11), at(3, 22), at(5, 4)];
    const together = [at(1, 10), at(1, 11), at(3, 10), at(3, 11)];
    expect(burstHours(alone, WEEK)?.gain ?? 0).toBeLessThan(burstHours(together, WEEK)?.gain ?? 0);
  });

  it('knows nothing of two bursts, nor of bursts at all hours', () => {
    expect(burstHours([at(0, 9), at(1, 9)], WEEK)).toBeNull();
    const always = Array.from({ length: 7 * 24 }, (_, hour) => hour * 12);
    expect(burstHours(always, WEEK)).toBeNull();
  });

  it('leaves the chance of a burst over the week as it is, whenever the bursts came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2015 }), { maxLength: 60 }), (slots) => {
        const found = burstHours(slots, WEEK);
        if (found === null) return;
        let quiet = 0;
        for (let slot = 0; slot < 2016; slot++) quiet += found.quiet[hourCell(slot, 288)];
        const share = quiet / 2016;
        expect(share * Math.exp(-found.gain) + (1 - share) * Math.exp(found.loss)).toBeCloseTo(1, 9);
        for (const slot of slots) expect(found.quiet[hourCell(slot, 288)]).toBe(0);
      }),
    );
  });

  it('works where a bucket is a day, too', () => {
    const daily = weekSlots(24 * 60 * MINUTE);
    const found = burstHours([0, 1, 2, 3, 4, 2], daily);
    expect(found?.quiet[24]).toBe(1);
    expect(found?.gain).toBeCloseTo(Math.log(2 / 7 / (0.5 / 7)), 12);
  });
});

describe('mergeBurstHours', () => {
  it('keeps quiet what was quiet in both, by what the less sure says', () => {
    const a = burstHours(DEPLOYMENTS, WEEK);
    const b = burstHours([...DEPLOYMENTS, at(1, 20), at(3, 20)], WEEK);
    const both = mergeBurstHours(a, b);
    expect(both?.quiet[20]).toBe(0);
    expect(both?.quiet[3]).toBe(1);
    expect(both?.gain).toBe(Math.min(a?.gain ?? 0, b?.gain ?? 0));
    expect(mergeBurstHours(a, null)).toBeNull();
  });
});

describe('a tail in hours of its own', () => {
  const tail = fc.record({
    stretch: fc.double({ min: 1, max: 500, noNaN: true }),
    knee: fc.double({ min: 3, max: 900, noNaN: true }),
    far: fc.double({ min: 1, max: 900, noNaN: true }),
  });

  it('is undone by its inverse', () => {
    fc.assert(
      fc.property(
        tail,
        fc.double({ min: 3.5, max: 60, noNaN: true }),
        fc.double({ min: -2, max: 5, noNaN: true }),
        (of, nats, shift) => {
          const raw = uncalibrateIn(nats, of, shift);
          expect(calibrateIn(raw, of, shift)).toBeCloseTo(nats, 6);
        },
      ),
    );
  });

  it('never makes a count more surprising than the model does', () => {
    fc.assert(
      fc.property(
        tail,
        fc.double({ min: 0, max: 5000, noNaN: true }),
        fc.double({ min: 0, max: 9, noNaN: true }),
        (of, raw, shift) => {
          const told = calibrateIn(raw, of, shift);
          expect(told).toBeLessThanOrEqual(Math.max(raw, calibrate(raw, of)) + 1e-9);
          expect(told).toBeGreaterThanOrEqual(calibrate(raw, of) - 1e-9);
        },
      ),
    );
  });
});
