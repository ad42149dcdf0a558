import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commonRanges, mergeRanges, type TimeRange } from '../../src/series/builder.js';

const times = fc.array(fc.record({ from: fc.nat(40), length: fc.integer({ min: 1, max: 10 }) }), { maxLength: 8 });
const ranges = times.map((list) => mergeRanges(list.map(({ from, length }) => ({ from, to: from + length }))));
const holds = (list: readonly TimeRange[], time: number) => list.some(({ from, to }) => time >= from && time < to);

it('commonRanges holds the times that are in both, in ascending ranges that do not overlap', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const both = commonRanges(a, b);
      for (let time = 0; time < 60; time++) expect(holds(both, time)).toBe(holds(a, time) && holds(b, time));
      for (const [i, { from, to }] of both.entries()) {
        expect(from).toBeLessThan(to);
        if (i > 0) expect(from).toBeGreaterThanOrEqual(both[i - 1].to);
      }
      expect(commonRanges(a, [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }])).toEqual(a);
    }),
  );
});
