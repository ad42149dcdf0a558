import { describe, expect, it } from 'vitest';
import { Random } from '../../src/simulate/random.js';

describe('Random', () => {
  it('gives the same numbers for the same parts, whatever was drawn elsewhere', () => {
    const one = new Random(7, 'orders');
    const two = new Random(7, 'orders');
    new Random(7, 'payments').uniform();
    expect(Array.from({ length: 50 }, () => one.uint32())).toEqual(Array.from({ length: 50 }, () => two.uint32()));
  });

  it('keeps the streams that data/ was made with', () => {
    const random = new Random(20260602);
    expect(Array.from({ length: 4 }, () => random.uint32())).toMatchInlineSnapshot(`
      [
        272941872,
        2679722706,
        3867436786,
        3478890412,
      ]
    `);
    expect(new Random(1, 'a', 2).uuid()).toMatchInlineSnapshot(`"9dd4285e-7147-4e24-95f9-74d9b19c6d93"`);
  });

  it('tells parts apart by where they end', () => {
    expect(new Random('ab', 'c').uint32()).not.toBe(new Random('a', 'bc').uint32());
    expect(new Random(1, 2).uint32()).not.toBe(new Random(12).uint32());
    expect(new Random('1').uint32()).not.toBe(new Random(1).uint32());
  });

  it('forks a stream that does not depend on how far its parent was read', () => {
    const fresh = new Random(3);
    const read = new Random(3);
    for (let i = 0; i < 10; i++) read.uint32();
    expect(read.fork('x').uint32()).toBe(fresh.fork('x').uint32());
  });

  it('forks streams that have nothing to do with each other', () => {
    const parent = new Random(11);
    const n = 20_000;
    const [a, b] = [parent.fork(1), parent.fork(2)];
    let product = 0;
    for (let i = 0; i < n; i++) product += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    // The product of two centred uniforms has standard deviation 1/12.
    expect(Math.abs(product / n)).toBeLessThan(4 / 12 / Math.sqrt(n));
    // First numbers of many forks: as even as uniforms are.
    const firsts = Array.from({ length: n }, (_, i) => parent.fork('day', i).uniform());
    expect(kolmogorov(firsts)).toBeLessThan(1.95);
  });

  it('is uniform in [0, 1), and every bit of a word is set half the time', () => {
    const random = new Random(5);
    const n = 40_000;
    expect(kolmogorov(Array.from({ length: n }, () => random.uniform()))).toBeLessThan(1.95);
    const set = new Array<number>(32).fill(0);
    for (let i = 0; i < n; i++) {
      const word = random.uint32();
      for (let bit = 0; bit < 32; bit++) set[bit] += (word >>> bit) & 1;
    }
    for (const count of set) expect(Math.abs(count - n / 2)).toBeLessThan(4.5 * Math.sqrt(n / 4));
  });

  it('draws normal numbers with the moments of the normal law', () => {
    const random = new Random(6);
    const n = 100_000;
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const x = random.normal();
      for (let k = 0; k < 4; k++) sums[k] += x ** (k + 1) / n;
    }
    expect(Math.abs(sums[0])).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(sums[1] - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(sums[2])).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(sums[3] - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  });

  it('picks all items alike and numbers below n', () => {
    const random = new Random(8);
    const counts = new Map<string, number>();
    for (let i = 0; i < 3_000; i++) {
      const item = random.pick(['a', 'b', 'c']);
      counts.set(item, (counts.get(item) ?? 0) + 1);
      expect(random.below(7)).toBeLessThan(7);
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(4 * Math.sqrt(3_000 * (2 / 9)));
  });

  it('writes UUIDs of version 4, no two alike', () => {
    const random = new Random(9);
    const ids = Array.from({ length: 5_000 }, () => random.uuid());
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

/** √n times the greatest distance of the numbers' distribution from the uniform one; above 1.95 once in a thousand. */
function kolmogorov(numbers: number[]): number {
  const sorted = Float64Array.from(numbers).sort();
  const n = sorted.length;
  return (
    Math.sqrt(n) * sorted.reduce((worst, x, i) => Math.max(worst, Math.abs(x - i / n), Math.abs(x - (i + 1) / n)), 0)
  );
}
