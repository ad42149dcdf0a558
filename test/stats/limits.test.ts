import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { LimitsNear, lowerLimitNear, lowerQuantile, upperLimitNear, upperQuantile } from '../../src/stats/limits.js';
import { logLowerTail, logUpperTail, logZero } from '../../src/stats/negative-binomial.js';
import { naiveLowerTails, naivePmf, naiveUpperTails } from '../naive/negative-binomial.js';
import { seeded } from '../support/random.js';

/** Mean, size and nats; the y of 0.97 nats, of 0.02 less, of as many, of 0.02 more and of 1.03; null where there is none. */
interface Row {
  readonly mean: number;
  readonly size: number;
  readonly nats: number;
  readonly ys: readonly (number | null)[];
}

const table: [number, number, number, string, string][] = JSON.parse(
  readFileSync(new URL('../fixtures/limits/expected.json', import.meta.url), 'utf8'),
);

const rowsOf = (wanted: string): Row[] =>
  table.flatMap(([mean, size, nats, side, named]) => {
    const ys = named.split(' ').map((y) => (y === 'none' ? null : Number(y)));
    return side === wanted ? [{ mean, size, nats, ys }] : [];
  });

/** Questions as the detector asks them: any rate, any scatter, some nats. */
const questions = fc.record({
  mean: fc.double({ min: -9, max: 16, noNaN: true }).map(Math.exp),
  size: fc.double({ min: -9, max: 9.2, noNaN: true }).map(Math.exp),
  nats: fc.double({ min: 3, max: 60, noNaN: true }),
});

describe('quantiles', () => {
  it('are those of 50-digit arithmetic, to 0.01 nats', () => {
    for (const { mean, size, nats, ys } of rowsOf('above')) {
      const up = upperQuantile(mean, size, nats);
      expect(up, `mean ${mean}, size ${size}, ${nats} nats`).toBeGreaterThan(ys[1] ?? Number.NaN);
      expect(up, `mean ${mean}, size ${size}, ${nats} nats`).toBeLessThan(ys[3] ?? Number.NaN);
    }
    for (const { mean, size, nats, ys } of rowsOf('below')) {
      const low = lowerQuantile(mean, size, nats);
      const name = `mean ${mean}, size ${size}, ${nats} nats`;
      if (ys[2] === null) {
        expect(low, name).toBe(-1);
        continue;
      }
      // Fewer calls are less likely: 0.02 nats more lie further down.
      expect(low, name).toBeLessThan(ys[1] ?? Number.NaN);
      expect(low, name).toBeGreaterThan(ys[3] ?? -1e-9);
    }
  });

  it('part the counts where adding up the probabilities does', () => {
    for (const [mean, size] of [
      [0.0004, 0.01],
      [0.02, 3],
      [0.4, 0.1],
      [2, 2],
      [7, 40],
      [40, 0.8],
      [90, 300],
    ]) {
      const pmf = naivePmf(mean, size);
      const upper = naiveUpperTails(pmf);
      const lower = naiveLowerTails(pmf);
      for (const nats of [3, 5.5, 9.2, 14, 30]) {
        const name = `mean ${mean}, size ${size}, ${nats} nats`;
        const up = Math.floor(upperQuantile(mean, size, nats));
        expect(-Math.log(upper[up]), name).toBeLessThan(nats + 0.011);
        expect(-Math.log(upper[up + 1]), name).toBeGreaterThan(nats - 0.011);
        const low = Math.ceil(lowerQuantile(mean, size, nats));
        if (low < 0) {
          expect(-Math.log(lower[0]), name).toBeLessThan(nats);
          continue;
        }
        expect(-Math.log(lower[low]), name).toBeLessThan(nats + 0.011);
        if (low > 0) expect(-Math.log(lower[low - 1]), name).toBeGreaterThan(nats - 0.011);
      }
    }
  });
});

describe('limits from memory', () => {
  it('stand within 3 % of the nats asked for, by 50-digit arithmetic', () => {
    for (const { mean, size, nats, ys } of rowsOf('above')) {
      const up = upperLimitNear(mean, size, nats);
      expect(up, `mean ${mean}, size ${size}, ${nats} nats`).toBeGreaterThan(ys[0] ?? Number.NaN);
      expect(up, `mean ${mean}, size ${size}, ${nats} nats`).toBeLessThan(ys[4] ?? Number.NaN);
    }
    for (const { mean, size, nats, ys } of rowsOf('below')) {
      const low = lowerLimitNear(mean, size, nats);
      const name = `mean ${mean}, size ${size}, ${nats} nats`;
      if (ys[0] === null) {
        expect(low, name).toBe(-1);
        continue;
      }
      expect(low, name).toBeLessThan(ys[0]);
      // Where 3 % more nats are out of reach even with no call, so may the limit be.
      expect(low, name).toBeGreaterThan(ys[4] ?? -1.1);
    }
  });

  it('stand within 3 % of the nats asked for, between the grid points too', () => {
    fc.assert(
      fc.property(questions, ({ mean, size, nats }) => {
        const up = upperLimitNear(mean, size, nats);
        expect(Math.abs(-logUpperTail(up, mean, size) / nats - 1)).toBeLessThan(0.03);
        const low = lowerLimitNear(mean, size, nats);
        if (low < 0) expect(-logZero(mean, size)).toBeLessThan(1.03 * nats);
        else expect(Math.abs(-logLowerTail(low, mean, size) / nats - 1)).toBeLessThan(0.03);
      }),
      { numRuns: 3000 },
    );
  });

  it('are the same whatever was asked before, in a memory that has long been full', async () => {
    const random = seeded(7);
    const asked = Array.from({ length: 400 }, () => [
      Math.exp(random() * 20 - 6),
      Math.exp(random() * 16 - 7),
      3 + 30 * random(),
    ]);
    const answers = (order: readonly number[][], module: typeof import('../../src/stats/limits.js')) =>
      order.map(([m, k, n]) => [module.upperLimitNear(m, k, n), module.lowerLimitNear(m, k, n)]);
    const first = answers(asked, await import('../../src/stats/limits.js'));
    // Some 100,000 questions in 65,536 places: most of what stood there is gone.
    for (let i = 0; i < 100_000; i++) {
      upperLimitNear(Math.exp(random() * 12), Math.exp(random() * 8), 9);
    }
    const backwards = answers(asked.slice().reverse(), await import('../../src/stats/limits.js'));
    expect(backwards.reverse()).toEqual(first);
    vi.resetModules();
    const fresh = await import('../../src/stats/limits.js');
    expect(fresh.upperLimitNear).not.toBe(upperLimitNear);
    expect(answers(asked.slice().reverse(), fresh).reverse()).toEqual(first);
  });
});

describe('limits of one row and window', () => {
  const factor = fc.double({ min: 0.5, max: 2, noNaN: true });
  /** Laws as one window meets them: its mean and scatter wander, at the same nats. */
  const wanderings = fc.record({
    nats: fc.double({ min: 3, max: 60, noNaN: true }),
    laws: fc.array(
      fc.record({
        mean: fc.double({ min: -9, max: 14, noNaN: true }).map(Math.exp),
        relative: fc.double({ min: -9, max: 7, noNaN: true }).map(Math.exp),
        near: fc.array(fc.tuple(factor, factor), { maxLength: 9 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  });

  it('are those of the memory, and never within those that are sure', () => {
    fc.assert(
      fc.property(wanderings, ({ nats, laws }) => {
        const limits = new LimitsNear(nats, nats);
        for (const { mean, relative, near } of laws) {
          for (const [times, more] of [[1, 1], ...near]) {
            const m = mean * times;
            const over = relative * more * m * m;
            const size = (m * m) / over;
            const upper = limits.upper(m, size);
            const lower = limits.lower(m, size);
            expect(upper).toBe(upperLimitNear(m, size, nats));
            expect(lower).toBe(lowerLimitNear(m, size, nats));
            const sd = Math.sqrt(m + over);
            const wide = limits.around({ mean: m, over });
            expect(m + wide.above * sd).toBeLessThanOrEqual(upper);
            if (lower >= 0) expect(m - wide.below * sd).toBeGreaterThanOrEqual(lower);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});
