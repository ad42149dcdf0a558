import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logGamma, stirlingError, stirlingSeries } from '../../src/stats/gamma.js';

it('stirlingSeries is the error of Stirling’s formula, of Γ(x) as of Γ(x + 1), to 1e-12 from 8 on', () => {
  fc.assert(
    fc.property(fc.double({ min: 8, max: 1e6, noNaN: true }), (x) => {
      const slack = 1e-12 + 1e-15 * x * Math.log(x);
      expect(Math.abs(stirlingSeries(x) - stirlingError(x))).toBeLessThan(slack);
      const own = logGamma(x) - (x - 0.5) * Math.log(x) + x - 0.5 * Math.log(2 * Math.PI);
      expect(Math.abs(stirlingSeries(x) - own)).toBeLessThan(slack);
    }),
    { numRuns: 500 },
  );
});

it('stirlingError is right to 1e-13 where its series is not, by the recurrence of Γ', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 15, noNaN: true }), (x) => {
      const own = logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - 0.5 * Math.log(2 * Math.PI);
      expect(Math.abs(stirlingError(x) - own)).toBeLessThan(1e-13);
    }),
    { numRuns: 2000 },
  );
});
