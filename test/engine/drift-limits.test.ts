import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastPassing } from '../../src/engine/counts/track/drift.js';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { type SeriesSet, seriesSet, sliceWindow } from '../../src/series/index.js';
import { gridEnd } from '../../src/time/grid.js';
import { seeded } from '../support/random.js';
import { DAY, KEY, MONDAY, STEP } from '../support/sets.js';

const PER_DAY = DAY / STEP;
/** Jobs whose limits differed while they were held against what was expected before the piece of the hour that was run. */
const JOBS = [1, 4, 11, 27, 62, 78];

describe('the limit that a drift sets', () => {
  it('is the last count on the way to a reported one that is not reported, as a walk finds it', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), fc.nat(600), fc.boolean(), (near, span, bound, up) => {
        const far = up ? near + span : near - span;
        const reports = (y: number) => y === far || (up ? y > Math.max(near, bound) : y < Math.min(near, bound));
        let last = near;
        while (last !== far && !reports(last + (up ? 1 : -1))) last += up ? 1 : -1;
        expect(lastPassing(near, far, reports)).toBe(last);
      }),
      { seed: 2911 },
    );
  });

  it('is found where counts are too large for whole numbers, as in a damaged state', () => {
    const high = 2 ** 70;
    expect(lastPassing(0, Number.POSITIVE_INFINITY, () => true)).toBe(0);
    expect(lastPassing(0, Number.NEGATIVE_INFINITY, () => true)).toBe(0);
    expect(lastPassing(high, 2 * high, (y) => y > high)).toBe(high);
    expect(lastPassing(2 * high, high, (y) => y < 2 * high)).toBe(2 * high);
  });
});

/** Of a nightly job whose calls fall into two buckets of one hour, and come to more than they did: 28 days to learn from, ten to judge. */
function growingJob(seed: number): SeriesSet {
  const random = seeded(seed);
  const values = new Float64Array(38 * PER_DAY);
  const [size, growth, noise] = [100 + 900 * random(), 1.1 + 0.8 * random(), 0.1 + 0.4 * random()];
  for (let day = 0; day < 38; day++) {
    const calls = size * (1 + noise * (random() - 0.5)) * (day >= 28 ? growth : 1);
    const early = random();
    values[day * PER_DAY + 101] = Math.round(calls * early);
    values[day * PER_DAY + 102] = Math.round(calls * (1 - early));
  }
  return seriesSet({ start: MONDAY, step: STEP, series: [{ key: { operation: 'Decrypt', keyArn: KEY }, values }] });
}

describe('the limits of a drift', () => {
  it.each(['hold', 'accept-shifts'] as const)('are the same however an hour is cut, under %s', (learn) => {
    for (const seed of JOBS) {
      const set = growingJob(seed);
      const from = MONDAY + 28 * DAY;
      const baseline = fitBaseline(sliceWindow(set, MONDAY, from), { timeZone: 'UTC' });
      const options = { learn, alertBudget: { perWeek: 5 } };
      const whole = new Detector(baseline, options).observe(sliceWindow(set, from, gridEnd(set.grid)));
      const byTick = new Detector(baseline, options);
      const upper = Array.from(
        whole.upper,
        (_, i) => byTick.observe(sliceWindow(set, from + i * STEP, from + (i + 1) * STEP)).upper[0],
      );
      expect(upper, `job ${seed}`).toEqual(Array.from(whole.upper));
    }
  });
});
