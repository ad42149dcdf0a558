import { expect, it } from 'vitest';
import { logLowerTail, logUpperTail } from '../../src/stats/negative-binomial.js';
import { hasBody, putLowerBody, putUpperBody } from '../../src/stats/tail-body.js';

/** The largest error where −ln P is below `most`, over sizes and counts from `least` on. */
function worst(least: number, most: number): number {
  let off = 0;
  for (let size = Math.max(5, least); size < 1e6; size *= 1.37) {
    for (let mean = 0.5; mean < 1e6; mean *= 1.31) {
      const sd = Math.sqrt(mean + (mean * mean) / size);
      for (let z = -3; z <= 3; z += 0.25) {
        const y = Math.round(mean + z * sd);
        if (!hasBody(y, size) || y < least) continue;
        const exact = y >= mean ? -logUpperTail(y, mean, size) : -logLowerTail(y, mean, size);
        if (exact > most) continue;
        const cell = Float64Array.of(mean, size, y);
        if (y >= mean) putUpperBody(cell, 2, cell, 0);
        else putLowerBody(cell, 2, cell, 0);
        off = Math.max(off, Math.abs(cell[2] - exact));
      }
    }
  }
  return off;
}

it("stays within what the body's doc comment says of the exact tails", () => {
  expect(worst(0, 3.5)).toBeLessThan(0.0022);
  expect(worst(20, 3.5)).toBeLessThan(0.0003);
  expect(worst(20, 4.3)).toBeLessThan(0.0005);
});

it('has no body where sizes or counts are small', () => {
  expect(hasBody(7, 100)).toBe(false);
  expect(hasBody(100, 4.9)).toBe(false);
  expect(hasBody(8, 5)).toBe(true);
});
