import { describe, expect, it } from 'vitest';
import { modelColumns, type RowModel } from '../../../src/engine/counts/model.js';
import { Pool } from '../../../src/engine/counts/pool-tails.js';
import { leastStretch } from '../../../src/engine/counts/tail-calibration.js';
import { fitBaseline } from '../../../src/engine/fit-baseline.js';
import { windowsOf } from '../../../src/engine/windows.js';
import { seriesKey } from '../../../src/series/key.js';
import { seriesSet } from '../../../src/series/series-set.js';
import { seeded } from '../../support/random.js';
import { DAY, MONDAY, oneRow, poissonRow, STEP } from '../../support/sets.js';

const fitted = fitBaseline(oneRow(poissonRow(1, 1, () => 5)), { timeZone: 'UTC' });
const model = modelColumns(windowsOf(STEP).spans.length).whole(fitted.modelOf(fitted.keys[0]).model);
const LONG = (20 * DAY) / STEP;

/** A model watched for `days` with tails of `stretch` above, of one more below and of two more for silences. */
function modelOf(stretch: number, days = 20, calls = 1000): RowModel {
  const tail = (by: number) => ({ stretch: stretch + by, knee: Math.log(20), far: stretch + by });
  return {
    ...model,
    calls,
    support: (days * DAY) / STEP,
    above: model.above.map((_, w) => tail(w / 10)),
    below: model.below.map(() => tail(1)),
    silence: tail(2),
  };
}

const keyOf = (operation: string, i: number) => seriesKey({ operation, keyArn: `key/${i}` });

function pool(groups: Record<string, RowModel[]>): Pool {
  const keys = Object.entries(groups).flatMap(([operation, models]) => models.map((_, i) => keyOf(operation, i)));
  return new Pool(keys, Object.values(groups).flat(), STEP);
}

describe('Pool', () => {
  it('lends the tails that four in five of a key’s operation do not exceed', () => {
    const stretches = [1, 5, 2, 9, 4, 3, 8, 6, 7, 10, 11];
    const lent = pool({
      Decrypt: stretches.map((s) => modelOf(s)),
      Encrypt: [20, 20, 20, 20, 20].map((s) => modelOf(s)),
    });
    const tails = lent.leastTails(keyOf('Decrypt', 99));
    // 1 to 11: the ninth exceeds eight of ten others.
    expect(tails?.above[0]).toBe(9);
    expect(tails?.above[3]).toBeCloseTo(9.3, 9);
    expect(tails?.below).toEqual(model.below.map(() => 10));
    expect(tails?.silence).toBe(11);
    expect(lent.leastTails(keyOf('Encrypt', 99))?.above[0]).toBe(20);
  });

  it('falls back to all rows where the operation has fewer than five, and says nothing where all have', () => {
    const five = pool({ Decrypt: [1, 2, 3].map((s) => modelOf(s)), Encrypt: [4, 5].map((s) => modelOf(s)) });
    expect(five.leastTails(keyOf('Decrypt', 9))?.above[0]).toBe(4);
    expect(five.leastTails(keyOf('Sign', 9))?.above[0]).toBe(4);
    expect(pool({ Decrypt: [1, 2, 3, 4].map((s) => modelOf(s)) }).leastTails(keyOf('Decrypt', 9))).toBeUndefined();
  });

  it('learns of none that is itself young, or hardly calls', () => {
    const young = [1, 1, 1, 1, 1].map((s) => modelOf(s, 13));
    const quiet = [1, 1, 1, 1, 1].map((s) => modelOf(s, 40, 11));
    expect(pool({ Decrypt: [...young, ...quiet] }).leastTails(keyOf('Decrypt', 99))).toBeUndefined();
    expect(
      pool({ Decrypt: [1, 1, 1, 1, 1].map((s) => modelOf(s, 14, 12)) }).leastTails(keyOf('Decrypt', 99)),
    ).toBeDefined();
  });

  it('does not mind the order of rows', () => {
    const random = seeded(3);
    const models = Array.from({ length: 13 }, () => modelOf(1 + 5 * random()));
    const there = pool({ Decrypt: models }).leastTails(keyOf('Decrypt', 99));
    expect(pool({ Decrypt: models.slice().reverse() }).leastTails(keyOf('Decrypt', 99))).toEqual(there);
  });

  it('lets fitBaseline judge a key of four days as its kind is, in place of as if nothing were known', () => {
    const young = (LONG - (4 * DAY) / STEP) | 0;
    const series = Array.from({ length: 7 }, (_, i) => ({
      key: keyOf('Decrypt', i),
      values: poissonRow(20 + i, 3, () => 8).slice(0, LONG),
    }));
    const values = poissonRow(40, 3, () => 8).slice(0, LONG);
    values.fill(0, 0, young);
    const newcomer = { key: keyOf('Decrypt', 90), values };
    const tailOf = (list: typeof series) => {
      const baseline = fitBaseline(seriesSet({ start: MONDAY, step: STEP, series: list }), { timeZone: 'UTC' });
      return baseline.modelOf(newcomer.key).model;
    };
    const alone = tailOf([newcomer]);
    const among = tailOf([...series, newcomer]);
    expect(alone.above[0].stretch).toBeGreaterThanOrEqual(leastStretch(4) - 0.01);
    expect(among.above[0].stretch).toBeLessThan(2);
    // Only the tails are lent.
    expect([...among.phi]).toEqual([...alone.phi]);
    expect([...among.level]).toEqual([...alone.level]);
  });
});
