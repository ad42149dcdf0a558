import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastPassing } from '../../src/engine/counts/track/drift.js';

describe('the limit that a drift sets', () => {
  it('is the last count on the way to a reported one that is not reported, as a walk finds it', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), fc.nat(600), fc.boolean(), (near, span, bound, up) => {
        const far = up ? near + span : near - span;
        const reports = (y: number) => y === far || (up ? y > Math.max(near, bound) : y < Math.min(near, bound));
        let last = near;
        while (last !== far && !reports(last + (up ? 1 : -1))) last += up ? 1 : -1;
        expect(lastPassing(near, far, reports)).toBe(last);
      }),
      { seed: 2911 },
    );
  });

  it('is found where counts are too large for whole numbers, as in a damaged state', () => {
    const high = 2 ** 70;
    expect(lastPassing(0, Number.POSITIVE_INFINITY, () => true)).toBe(0);
    expect(lastPassing(0, Number.NEGATIVE_INFINITY, () => true)).toBe(0);
    expect(lastPassing(high, 2 * high, (y) => y > high)).toBe(high);
    expect(lastPassing(2 * high, high, (y) => y < 2 * high)).toBe(2 * high);
  });
});
