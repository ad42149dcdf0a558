import { describe, expect, it } from 'vitest';
import { windowsOf } from '../../src/engine/windows.js';
import { logNormalUpper } from '../../src/stats/normal.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** P(X ≤ u < Y)/P(Y > u) of two standard normal numbers of correlation `rho`, by adding up over Y. */
function entering(rho: number, u: number): number {
  const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let sum = 0;
  const step = 1e-3;
  for (let y = u + step / 2; y < u + 6; y += step) {
    sum += density(y) * Math.exp(logNormalUpper((rho * y - u) / Math.sqrt(1 - rho * rho))) * step;
  }
  return sum / Math.exp(logNormalUpper(u));
}

/** How often a day a sum that moves as its correlations with its next values say enters what lies above u, over P(> u). */
function testsADay(correlations: readonly number[], u: number): number {
  const known = new Map([...new Set(correlations)].map((rho) => [rho, entering(rho, u)]));
  return correlations.reduce((sum, rho) => sum + (known.get(rho) ?? 0), 0);
}

/** Five-minute buckets: the block so far and the `blocks` − 1 whole ones before it, at each of the day's 288. */
function byBlocks(blocks: number): number[] {
  const whole = 12 * (blocks - 1);
  const hour = [whole / Math.sqrt((whole + 12) * (whole + 1))];
  for (let k = 1; k < 12; k++) hour.push(Math.sqrt((whole + k) / (whole + k + 1)));
  return Array.from({ length: 24 }, () => hour).flat();
}

describe('windowsOf', () => {
  it('has the bucket, and the lengths of 1 h, 6 h and 1 day that exceed it', () => {
    expect(windowsOf(5 * MINUTE).spans).toEqual([5 * MINUTE, HOUR, 6 * HOUR, DAY]);
    expect(windowsOf(MINUTE).spans).toEqual([MINUTE, HOUR, 6 * HOUR, DAY]);
    expect(windowsOf(HOUR).spans).toEqual([HOUR, 6 * HOUR, DAY]);
    expect(windowsOf(6 * HOUR).spans).toEqual([6 * HOUR, DAY]);
    expect(windowsOf(DAY).spans).toEqual([DAY]);
    expect(windowsOf(7 * DAY).spans).toEqual([7 * DAY]);
  });

  it('spends all of its weight, most of it on the bucket, at any step', () => {
    for (const step of [1000, MINUTE, 5 * MINUTE, 7 * MINUTE, 40 * MINUTE, HOUR, 2 * HOUR, 5 * HOUR, DAY, 3 * DAY]) {
      const { weights, spans, blocks, tests, blockTests, block, hourBuckets } = windowsOf(step);
      expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
      expect(Math.max(...weights)).toBe(weights[0]);
      for (const column of [blocks, weights, tests, blockTests]) expect(column.length).toBe(spans.length);
      for (let w = 1; w < spans.length; w++) {
        expect(spans[w]).toBeGreaterThan(spans[w - 1]);
        expect(tests[w]).toBeLessThanOrEqual(DAY / step);
        if (spans[w] === HOUR) expect(hourBuckets * step).toBeGreaterThanOrEqual(HOUR - step / 2);
        else expect(blocks[w] * block).toBeGreaterThanOrEqual(spans[w]);
      }
    }
  });

  it('counts the tests of the windows of 1 h and 6 h as normal sums come to them at four to five deviations', () => {
    const { tests } = windowsOf(5 * MINUTE);
    const hour = Array.from({ length: 288 }, () => 11 / 12);
    for (const u of [4, 4.5, 5]) {
      expect(Math.abs(Math.log(testsADay(hour, u) / tests[1]))).toBeLessThan(Math.log(1.2));
      expect(Math.abs(Math.log(testsADay(byBlocks(6), u) / tests[2]))).toBeLessThan(Math.log(1.2));
    }
  });

  it('counts those that a look once an hour comes to', () => {
    const { blockTests } = windowsOf(5 * MINUTE);
    for (const u of [3.5, 4, 4.5]) {
      const sixHours = Array.from({ length: 24 }, () => 5 / 6);
      const day = Array.from({ length: 24 }, () => 23 / 24);
      expect(Math.abs(Math.log(testsADay(sixHours, u) / blockTests[2]))).toBeLessThan(Math.log(1.25));
      expect(Math.abs(Math.log(testsADay(day, u) / blockTests[3]))).toBeLessThan(Math.log(1.25));
    }
  });

  // 35 to 43 by blocks of an hour (40 to 49 bucket by bucket), where 25 are counted: the window of a day spends half as
  // much again as its share.
  it.fails('counts the tests of the window of a day likewise', () => {
    const { tests } = windowsOf(5 * MINUTE);
    for (const u of [4, 4.5, 5]) {
      expect(Math.abs(Math.log(testsADay(byBlocks(24), u) / tests[3]))).toBeLessThan(Math.log(1.25));
    }
  });
});
