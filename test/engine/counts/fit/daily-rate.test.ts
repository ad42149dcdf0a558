import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DailyRates } from '../../../../src/engine/counts/fit/daily-rate.js';
import { naiveDailyRates } from '../../../naive/daily-rate.js';

const days = fc
  .array(
    fc.record({
      calls: fc.oneof(fc.nat(4), fc.nat(300), fc.nat(50_000)),
      exposure: fc.oneof(fc.constant(288), fc.constant(0), fc.double({ min: 1, max: 288, noNaN: true })),
    }),
    { minLength: 1, maxLength: 40 },
  )
  // Without exposure there are no calls to be seen.
  .map((of) => of.map((day) => (day.exposure === 0 ? { ...day, calls: 0 } : day)));

describe('the rates of days', () => {
  it('agree with every sum added up anew, by exact laws', () => {
    fc.assert(
      fc.property(days, fc.constantFrom(0, 0.5, 20), (of, phi) => {
        const calls = of.map((day) => day.calls);
        const exposure = of.map((day) => day.exposure);
        const rates = new DailyRates(of.length).fit(Float64Array.from(calls), Float64Array.from(exposure), phi);
        for (const [d, rate] of naiveDailyRates(calls, exposure, phi).entries()) {
          expect(rates[d] / rate).toBeCloseTo(1, 6);
        }
      }),
    );
  });

  it('are the same whatever series was fitted before', () => {
    fc.assert(
      fc.property(days, fc.constantFrom(0, 2), (of, phi) => {
        const column = (name: 'calls' | 'exposure') => Float64Array.from(of, (day) => day[name]);
        const used = new DailyRates(of.length);
        used.fit(new Float64Array(of.length).fill(77), new Float64Array(of.length).fill(3), 1);
        const fresh = new DailyRates(of.length).fit(column('calls'), column('exposure'), phi);
        expect(used.fit(column('calls'), column('exposure'), phi)).toEqual(fresh);
      }),
    );
  });
});
