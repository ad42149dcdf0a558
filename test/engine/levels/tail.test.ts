import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTail, TAIL_SIZE, TRUST, tailPoint, tailSurprise } from '../../../src/engine/levels/tail.js';

const residuals = fc.array(
  fc.record({ u: fc.double({ min: -1e6, max: 1e6, noNaN: true }), weight: fc.integer({ min: 1, max: 3 }) }),
);
const shares = fc.constantFrom(0, 0.02, 0.3);

function counted(seen: readonly { u: number; weight: number }[]): Float32Array {
  const tails = new Float32Array(TAIL_SIZE);
  for (const { u, weight } of seen) countTail(tails, 0, u, weight);
  return tails;
}

/** The share above an edge 2^(k/2 − 2), counted one by one, with the law of Student's form as so many more residuals. */
function naiveSurprise(
  seen: readonly { u: number; weight: number }[],
  above: boolean,
  edge: number,
  forgiven: number,
): number {
  let near = 0;
  let far = 0;
  let total = 0;
  for (const { u, weight } of seen) {
    total += weight;
    if ((above ? u : -u) < edge || u >= 0 !== above) continue;
    if (Math.abs(u) >= 128) far += weight;
    else near += weight;
  }
  const beyond = far + Math.max(0, near - forgiven * total);
  return -Math.log10((beyond + TRUST * 0.5 * (1 + edge ** 2 / 1.9) ** -2.5) / (total + TRUST));
}

describe('the tail of a gauge', () => {
  it('agrees with counting one by one at the edges of its bins', () => {
    fc.assert(
      fc.property(residuals, fc.boolean(), fc.integer({ min: 0, max: 30 }), shares, (seen, above, k, forgiven) => {
        // A hair above the edge, so that both are on the same side of it.
        const edge = 2 ** (k / 2 - 2) * (1 + 1e-12);
        const off = seen.filter(({ u }) => Math.abs(Math.abs(u) / edge - 1) > 1e-9);
        expect(tailSurprise(counted(off), 0, above, edge, 1, forgiven)).toBeCloseTo(
          naiveSurprise(off, above, edge, forgiven),
          6,
        );
      }),
    );
  });

  it('never falls as a residual grows', () => {
    fc.assert(
      fc.property(
        residuals,
        fc.boolean(),
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        shares,
        (seen, above, size, e) => {
          const tails = counted(seen);
          const more = size * 1.1 + 0.01;
          expect(tailSurprise(tails, 0, above, more, 1, e)).toBeGreaterThanOrEqual(
            tailSurprise(tails, 0, above, size, 1, e),
          );
        },
      ),
    );
  });

  it('finds the residual of a surprise, and nothing where none reaches it', () => {
    fc.assert(
      fc.property(
        residuals,
        fc.boolean(),
        fc.double({ min: 0.001, max: 30, noNaN: true }),
        shares,
        (seen, above, s, e) => {
          const tails = counted(seen);
          const size = tailPoint(tails, 0, above, s, 1, e);
          if (size === Number.POSITIVE_INFINITY)
            expect(tailSurprise(tails, 0, above, 1e9, 1, e)).toBeLessThan(s + 1e-9);
          else expect(tailSurprise(tails, 0, above, size, 1, e)).toBeCloseTo(s, 6);
        },
      ),
    );
  });

  it('says the same in whatever unit residuals are weighed', () => {
    const seen = [0.3, -2, 5, 5.5, -80].map((u) => ({ u, weight: 1 }));
    const heavy = seen.map(({ u }) => ({ u, weight: 1024 }));
    for (const size of [0.1, 1, 4, 30, 1e4]) {
      for (const forgiven of [0, 0.2]) {
        expect(tailSurprise(counted(heavy), 0, true, size, 1024, forgiven)).toBeCloseTo(
          tailSurprise(counted(seen), 0, true, size, 1, forgiven),
          9,
        );
      }
    }
  });
});
