import { describe, expect, it } from 'vitest';
import { AttainableBudget, MOST_BELOW } from '../../../src/engine/counts/attainable.js';
import type { RowModel } from '../../../src/engine/counts/model.js';
import { RATE, RATE_VARIANCE } from '../../../src/engine/counts/rate-filter.js';
import { calibrate, uncalibrate } from '../../../src/engine/counts/tail-calibration.js';
import { natsFor } from '../../../src/engine/counts/track/rules.js';
import { fitBaseline } from '../../../src/engine/fit-baseline.js';
import { windowsOf } from '../../../src/engine/windows.js';
import { logLowerTail, logUpperTail } from '../../../src/stats/negative-binomial.js';
import { oneRow, poissonRow, STEP } from '../../support/sets.js';

const windows = windowsOf(STEP);
const modelOf = (rate: number): RowModel => {
  const fitted = fitBaseline(oneRow(poissonRow(1, 4, () => rate)), { timeZone: 'UTC' });
  return fitted.modelOf(fitted.keys[0]).model;
};

/** False reports a week at `nats`, by adding up the masses of all counts beyond each limit: what must be spent. */
function spentAt(nats: number, models: readonly RowModel[]): number {
  let spent = 0;
  for (const model of models) {
    for (let w = 0; w < windows.spans.length; w++) {
      const width = windows.spans[w] / STEP;
      for (let slot = 0; slot + width <= 2016; slot += width) {
        let exposure = 0;
        let doubt = 0;
        for (let k = slot; k < slot + width; k++) {
          exposure += model.profile.shapeAt(k);
          doubt += model.profile.shapeAt(k) * model.profile.varianceAt(k);
        }
        const mean = model.level[RATE] * exposure;
        const size = 1 / (model.alpha[w] + model.level[RATE_VARIANCE] + doubt / exposure + model.phi[w] / mean);
        const least = nats - Math.log(windows.weights[w]);
        let above = Math.floor(1.1 * mean) + 1;
        while (-logUpperTail(above, mean, size) <= uncalibrate(least, model.above[w])) above++;
        let below = Math.ceil(0.9 * mean) - 1;
        while (below >= 0 && -logLowerTail(below, mean, size) <= uncalibrate(least, model.below[w])) below--;
        const tests = (7 * windows.tests[w] * width) / 2016;
        spent += tests * Math.exp(-calibrate(-logUpperTail(above, mean, size), model.above[w]));
        if (below >= 0) spent += tests * Math.exp(-calibrate(-logLowerTail(below, mean, size), model.below[w]));
      }
    }
  }
  return spent;
}

describe('AttainableBudget', () => {
  const few = [0.3, 1, 3, 12, 30].map(modelOf);

  it('spends the budget, as far as it may go: what is beyond the limits of all rows adds up to most of it, where one share leaves half', () => {
    const perWeek = 0.05 * few.length;
    const nominal = natsFor(perWeek, few.length, windows);
    const nats = new AttainableBudget(few, windows, nominal).nats(perWeek, nominal, 0.1);
    expect(spentAt(nominal, few) / perWeek).toBeLessThan(0.6);
    expect(nats).toBeLessThan(nominal - 0.3);
    // 0.72: half a nat is the most that it goes down.
    expect(spentAt(nats, few) / perWeek).toBeGreaterThan(0.7);
    expect(spentAt(nats, few) / perWeek).toBeLessThan(1.3);
  });

  it('never asks more of a test than its share, nor much less, and does not look at the order of rows', () => {
    for (const perWeek of [0.01, 1, 7]) {
      const nominal = natsFor(perWeek, few.length, windows);
      const nats = (rows: readonly RowModel[]) =>
        new AttainableBudget(rows, windows, nominal).nats(perWeek, nominal, 0.1);
      expect(nats(few)).toBeLessThanOrEqual(nominal);
      expect(nats(few)).toBeGreaterThanOrEqual(nominal - MOST_BELOW);
      expect(nats([...few].reverse())).toBeCloseTo(nats(few), 9);
    }
  });

  it('leaves the level of rows that have never called, of which no test is looked at', () => {
    const nominal = natsFor(1, 1, windows);
    expect(new AttainableBudget([{ ...few[0], calls: 0 }], windows, nominal).nats(1, nominal, 0.1)).toBe(nominal);
  });
});
