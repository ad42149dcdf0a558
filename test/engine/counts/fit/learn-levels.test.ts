import { expect, it } from 'vitest';
import { learnLevels, levelScratch } from '../../../../src/engine/counts/fit/learn-levels.js';
import { learnRate, RATE, RATE_STATE, RATE_VARIANCE, startRate } from '../../../../src/engine/counts/rate-filter.js';
import { poisson, seeded } from '../../../support/random.js';

it('learns column by column what the filters learn block by block, hours that were not observed too', () => {
  for (const [seed, rate] of [
    [2, 0.2],
    [3, 5],
    [4, 400],
  ]) {
    const random = seeded(seed);
    const n = 500;
    const column = () => new Float64Array(n);
    const blocks = { clipped: column(), exposure: column(), level: column(), levelVariance: column() };
    for (let k = 0; k < n; k++) {
      blocks.exposure[k] = random() < 0.1 ? 0 : 12 * random() ** 3;
      blocks.clipped[k] = poisson(random, rate * blocks.exposure[k] * (k > 300 ? 3 : 1));
    }
    const anchor = 1.5 * rate;
    const scatter = { phi: 0.4, alpha: 0.03 };
    const [columns, oneByOne] = [new Float64Array(RATE_STATE), new Float64Array(RATE_STATE)];
    for (const state of [columns, oneByOne]) startRate(state, rate, 8);
    const work = levelScratch(n);
    learnLevels(columns, blocks, { hours: 1, perBlock: 12, anchor, scatter }, work);
    const near = (found: number, due: number) =>
      expect(Math.abs(found - due)).toBeLessThan(1e-9 * (Math.abs(due) + 1e-3));
    for (let k = 0; k < n; k++) {
      near(blocks.level[k] / rate, oneByOne[RATE] / rate);
      near(blocks.levelVariance[k], oneByOne[RATE_VARIANCE]);
      learnRate(oneByOne, blocks.clipped[k], blocks.exposure[k], 1, 12, anchor, scatter);
    }
    for (const [i, value] of columns.entries()) near(value, oneByOne[i]);
  }
});

it('learns of quiet rows, in stretches of hours without a call, nearly what the filters learn hour by hour', () => {
  for (const [seed, rate] of [
    [1, 0.001],
    [2, 0.004],
    [3, 0.012],
  ]) {
    const random = seeded(seed);
    const n = 672;
    const column = () => new Float64Array(n);
    const blocks = { clipped: column(), exposure: column(), level: column(), levelVariance: column() };
    for (let k = 0; k < n; k++) {
      // Nights, a gap of half a day, and an outage of two days.
      blocks.exposure[k] = k >= 100 && k < 112 ? 0 : k % 24 < 8 ? 4 : 16;
      blocks.clipped[k] = k >= 400 && k < 448 ? 0 : poisson(random, rate * blocks.exposure[k]);
    }
    const scatter = { phi: 0.4, alpha: 0.03 };
    const [columns, oneByOne] = [new Float64Array(RATE_STATE), new Float64Array(RATE_STATE)];
    for (const state of [columns, oneByOne]) startRate(state, rate, 8);
    learnLevels(columns, blocks, { hours: 1, perBlock: 12, anchor: rate, scatter }, levelScratch(n));
    const off: number[] = [];
    const near = (found: number, due: number) => off.push(Math.abs(Math.log(found / due)));
    for (let k = 0; k < n; k++) {
      near(blocks.level[k], oneByOne[RATE]);
      near(1 + blocks.levelVariance[k], 1 + oneByOne[RATE_VARIANCE]);
      learnRate(oneByOne, blocks.clipped[k], blocks.exposure[k], 1, 12, rate, scatter);
    }
    // At the end of the history the detector goes on from what was learned.
    for (const i of [RATE, 0, 1, 2, 3]) expect(Math.abs(Math.log(columns[i] / oneByOne[i]))).toBeLessThan(0.05);
    off.sort((a, b) => a - b);
    // Most is off where a call has just moved the fastest filter, which forgets half of it in eight hours.
    expect(off[off.length >> 1]).toBeLessThan(0.01);
    expect(off[Math.floor(0.9 * off.length)]).toBeLessThan(0.06);
    expect(off.at(-1)).toBeLessThan(0.3);
  }
});
