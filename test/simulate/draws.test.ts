import { describe, expect, it } from 'vitest';
import { binomial, gamma, negativeBinomial, poisson } from '../../src/simulate/draws.js';
import { Random } from '../../src/simulate/random.js';

const N = 20_000;

function moments(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: N }, draw);
  const mean = values.reduce((sum, x) => sum + x, 0) / N;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / (N - 1) };
}

/**
 * √N times the greatest distance between the drawn counts' distribution and the law's, from its probabilities one by
 * one. For counts this is smaller than Kolmogorov's, so 1.95 is a limit for less than once in a thousand.
 */
function distance(draw: () => number, probability: (k: number) => number): number {
  const counts: number[] = [];
  for (let i = 0; i < N; i++) {
    const k = draw();
    counts[k] = (counts[k] ?? 0) + 1;
  }
  let [worst, drawn, law] = [0, 0, 0];
  for (let k = 0; k < counts.length; k++) {
    drawn += (counts[k] ?? 0) / N;
    law += probability(k);
    worst = Math.max(worst, Math.abs(drawn - law));
  }
  return worst * Math.sqrt(N);
}

/** Probabilities from their ratios, p(k + 1) = p(k) · ratio(k): another way than the generators go. */
function byRatio(first: number, ratio: (k: number) => number): (k: number) => number {
  const known = [first];
  return (k) => {
    while (known.length <= k) known.push(known[known.length - 1] * ratio(known.length - 1));
    return known[k];
  };
}

describe('gamma', () => {
  it.each([0.05, 0.5, 1, 3.7, 80])('has mean and variance of its shape, %f', (shape) => {
    const random = new Random('gamma', shape);
    const { mean, variance } = moments(() => gamma(random, shape));
    expect(Math.abs(mean - shape)).toBeLessThan(4 * Math.sqrt(shape / N));
    // The fourth central moment of the law is 3k² + 6k.
    expect(Math.abs(variance - shape)).toBeLessThan(4 * Math.sqrt((2 * shape * shape + 6 * shape) / N));
  });

  it('of shape 1 is exponential', () => {
    const random = new Random('exponential');
    const shares = [0.1, 0.5, 1, 2, 4].map((x) => {
      let above = 0;
      for (let i = 0; i < N; i++) if (gamma(random, 1) > x) above++;
      return (above / N - Math.exp(-x)) / Math.sqrt((Math.exp(-x) * (1 - Math.exp(-x))) / N);
    });
    for (const z of shares) expect(Math.abs(z)).toBeLessThan(4);
  });
});

describe('poisson', () => {
  it.each([0.01, 0.7, 5, 9.99, 10, 33, 400])('follows its law at mean %f', (mean) => {
    const random = new Random('poisson', mean);
    const law = byRatio(Math.exp(-mean), (k) => mean / (k + 1));
    expect(distance(() => poisson(random, mean), law)).toBeLessThan(1.95);
  });

  it('has mean and variance of its mean where that is large', () => {
    const random = new Random('large');
    const { mean, variance } = moments(() => poisson(random, 3e6));
    expect(Math.abs(mean - 3e6)).toBeLessThan(4 * Math.sqrt(3e6 / N));
    expect(Math.abs(variance / 3e6 - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
  });

  it('is 0 where nothing is expected', () => {
    expect(poisson(new Random(1), 0)).toBe(0);
    expect(negativeBinomial(new Random(1), 0, 0.5)).toBe(0);
  });
});

describe('negativeBinomial', () => {
  it.each([
    [0.3, 2],
    [4, 0.25],
    [60, 0.1],
  ])('follows its law at mean %f, dispersion %f', (mean, dispersion) => {
    const random = new Random('nb', mean);
    const size = 1 / dispersion;
    const p = size / (size + mean);
    const law = byRatio(Math.exp(size * Math.log(p)), (k) => ((k + size) / (k + 1)) * (1 - p));
    expect(distance(() => negativeBinomial(random, mean, dispersion), law)).toBeLessThan(1.95);
  });

  it('is a Poisson number without dispersion', () => {
    const random = new Random('none');
    const { mean, variance } = moments(() => negativeBinomial(random, 6, 0));
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.06);
  });
});

describe('binomial', () => {
  it.each([
    [1, 0.5],
    [12, 0.04],
    [40, 0.7],
    [900, 0.002],
  ])('follows its law at %i trials of probability %f', (trials, p) => {
    const random = new Random('binomial', trials);
    const first = Math.exp(trials * Math.log(1 - p));
    const law = byRatio(first, (k) => ((trials - k) / (k + 1)) * (p / (1 - p)));
    expect(distance(() => binomial(random, trials, p), law)).toBeLessThan(1.95);
  });

  it('is all or nothing at the ends', () => {
    const random = new Random(2);
    expect([binomial(random, 9, 0), binomial(random, 9, 1), binomial(random, 0, 0.3)]).toEqual([0, 9, 0]);
  });
});
