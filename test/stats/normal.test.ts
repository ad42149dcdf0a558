import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deviateAt, logNormalUpper, upperNats } from '../../src/stats/normal.js';

const rows: [number, string][] = JSON.parse(
  readFileSync(new URL('../fixtures/normal/expected.json', import.meta.url), 'utf8'),
);

describe('logNormalUpper', () => {
  it('agrees with 50-digit values from -38 to 1000, to 13 digits of the probability', () => {
    let deepest = 0;
    for (const [z, want] of rows) {
      const got = logNormalUpper(z);
      // Beyond ln P = -1 no double can do better than its own digits.
      const off = Math.abs(got - Number(want)) / Math.max(1, Math.abs(Number(want)));
      expect(off, `z = ${z}: ${got} in place of ${want}`).toBeLessThan(2e-13);
      deepest = Math.min(deepest, Number(want));
    }
    expect(deepest).toBeLessThan(-400_000);
  });

  it('keeps the digits of a probability near 1', () => {
    for (const [z, want] of rows) {
      if (z > -2 || z < -8) continue;
      expect(Math.abs(logNormalUpper(z) / Number(want) - 1), `z = ${z}`).toBeLessThan(1e-10);
    }
  });

  it('falls all the way, across the places where its method changes', () => {
    for (const around of [-3, 0, 3]) {
      let before = Number.POSITIVE_INFINITY;
      for (let k = -200; k <= 200; k++) {
        const p = logNormalUpper(around + k * 1e-4);
        expect(p).toBeLessThan(before);
        before = p;
      }
    }
  });
});

describe('upperNats', () => {
  it('agrees with the series and the continued fraction, between its nodes and beyond its table', () => {
    for (let z = -12; z < 40; z += 0.0137) {
      expect(Math.abs(upperNats(z) + logNormalUpper(z)), `z = ${z}`).toBeLessThan(2e-9);
    }
  });
});

describe('deviateAt', () => {
  it('inverts it to half a thousandth', () => {
    for (let z = 0.1; z < 30; z += 0.0473) {
      expect(Math.abs(deviateAt(upperNats(z)) - z), `z = ${z}`).toBeLessThan(5e-4);
    }
  });
});
