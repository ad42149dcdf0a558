import { describe, expect, it } from 'vitest';
import { DailyMaxima } from '../../../../src/engine/counts/fit/daily-maxima.js';
import { logLowerTail, logUpperTail } from '../../../../src/stats/negative-binomial.js';
import { seeded } from '../../../support/random.js';

/** Counts of a day about means of all sizes, and the largest −ln p on either side, taken of every one of them. */
function dayOf(random: () => number, maxima: DailyMaxima, day: number): { above: number; below: number } {
  const exact = { above: 0, below: 0 };
  const scale = Math.exp(random() * 12 - 3);
  const relative = Math.exp(random() * 6 - 7);
  for (let i = 0; i < 100; i++) {
    const mean = scale * (0.5 + random());
    const sd = Math.sqrt(mean + relative * mean * mean);
    const y = Math.max(0, Math.round(mean + sd * (random() + random() + random() - 1.5) * 4));
    const off = y - mean;
    if (off * off <= (off > 0 ? 2.25 : 1) * sd * sd) continue;
    maxima.add(day, y, mean, relative);
    if (off > 0) exact.above = Math.max(exact.above, -logUpperTail(y, mean, 1 / relative));
    else exact.below = Math.max(exact.below, -logLowerTail(y, mean, 1 / relative));
  }
  return exact;
}

describe('DailyMaxima', () => {
  it('finds the most surprising count of a day, or one as good as it, on either side', () => {
    const random = seeded(17);
    const maxima = new DailyMaxima(200);
    maxima.clear();
    let differing = 0;
    for (let day = 0; day < 200; day++) {
      const exact = dayOf(random, maxima, day);
      maxima.settle();
      for (const side of ['above', 'below'] as const) {
        const found = maxima[side].nats(day);
        // Never more than there is, and of two that the quick figure cannot tell apart either.
        expect(found).toBeLessThanOrEqual(exact[side]);
        expect(found).toBeGreaterThan(exact[side] - 0.1);
        if (found !== exact[side]) differing++;
      }
    }
    expect(differing).toBeLessThan(20);
  });

  it('starts anew when cleared', () => {
    const maxima = new DailyMaxima(1);
    maxima.clear();
    maxima.add(0, 90, 10, 0.1);
    maxima.settle();
    expect(maxima.above.nats(0)).toBeGreaterThan(10);
    maxima.clear();
    expect(maxima.above.nats(0)).toBe(0);
    expect(maxima.below.nats(0)).toBe(0);
    expect(Array.from(maxima.screen)).toEqual([1]);
  });
});
