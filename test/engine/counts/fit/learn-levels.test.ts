import { expect, it } from 'vitest';
import { learnLevels, levelScratch } from '../../../../src/engine/counts/fit/learn-levels.js';
import { learnRate, RATE, RATE_STATE, RATE_VARIANCE, startRate } from '../../../../src/engine/counts/rate-filter.js';
import { poisson, seeded } from '../../../support/random.js';

it('learns column by column what the filters learn block by block, hours that were not observed too', () => {
  for (const [seed, rate] of [
    [1, 0.001],
    [2, 0.1],
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
