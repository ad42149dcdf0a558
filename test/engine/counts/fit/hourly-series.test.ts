import { describe, expect, it } from 'vitest';
import { fitHourlyRow } from '../../../../src/engine/counts/fit/fit-hourly-series.js';
import { type FitPlan, gridPlan } from '../../../../src/engine/counts/fit/fit-plan.js';
import { fitPackedRow } from '../../../../src/engine/counts/fit/fit-series.js';
import type { FittedRow } from '../../../../src/engine/counts/fit/one-step-residuals.js';
import { type Training, trainingBy } from '../../../../src/engine/counts/fit/training-layout.js';
import type { RowModel } from '../../../../src/engine/counts/model.js';
import { slotsBy } from '../../../../src/time/week.js';
import { zoneOffsets } from '../../../../src/time/zone.js';
import { poisson, seeded } from '../../../support/random.js';
import { DAY, MONDAY, STEP } from '../../../support/sets.js';

const perDay = DAY / STEP;
const length = 28 * perDay;
const grid = { start: MONDAY, step: STEP, length };

function planIn(zone: string): FitPlan {
  const shared = gridPlan(grid);
  const offsets = zoneOffsets(zone, grid.start, grid.start + length * STEP);
  return { ...shared, slots: slotsBy(grid, offsets, shared.cells.slots) };
}

/** Fits a row both ways. @param use which buckets were observed */
function bothWays(plan: FitPlan, training: Training, row: Float64Array): [FittedRow | undefined, FittedRow] {
  const inUse = [...training.bucket];
  const held = inUse.filter((bucket) => row[bucket] > 0);
  const events = { n: held.length, bucket: Int32Array.from(held), calls: Float64Array.from(held, (b) => row[b]) };
  const past = {
    calls: events.calls.reduce((sum, calls) => sum + calls, 0),
    support: training.n,
    listened: training.n,
    firstCall: MONDAY + held[0] * STEP,
    lastCall: MONDAY + (held.at(-1) as number) * STEP,
    firstCount: events.calls[0],
  };
  const hourly = fitHourlyRow(events, training, plan, past);
  plan.scratch.calls.set(inUse.map((bucket) => row[bucket]));
  return [hourly, fitPackedRow(training.n, training, plan, past)];
}

function counts(at: (i: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, i) => at(i));
}

/** How far two models are apart: their numbers relatively, their profiles in steps of 1 and 5 %. */
function apart(a: RowModel, b: RowModel): { numbers: number; shape: number; variance: number } {
  const numbers = ({
    level,
    anchor,
    walk,
    growth,
    drift,
    clock,
    phi,
    alpha,
    above,
    below,
    silence,
    silenceShift,
  }: RowModel) => [
    ...level.slice(0, 8),
    level[12],
    anchor,
    walk,
    1 + growth,
    drift,
    1 + clock,
    ...phi,
    ...alpha,
    ...[...above, ...below, silence].flatMap(({ stretch, knee, far }) => [stretch, knee, far]),
    1 + silenceShift,
  ];
  const [x, y] = [numbers(a), numbers(b)];
  const worst = { numbers: 0, shape: 0, variance: 0 };
  for (const [i, value] of x.entries())
    worst.numbers = Math.max(worst.numbers, Math.abs(value - y[i]) / (1e-3 + Math.abs(y[i])));
  for (let slot = 0; slot < a.profile.perWeek; slot++) {
    worst.shape = Math.max(worst.shape, Math.abs(Math.log(a.profile.shapeAt(slot) / b.profile.shapeAt(slot))));
    worst.variance = Math.max(worst.variance, Math.abs(a.profile.varianceAt(slot) - b.profile.varianceAt(slot)));
  }
  return worst;
}

describe('a fit by hours', () => {
  const plan = planIn('UTC');
  const whole = trainingBy(plan, new Uint8Array(length).fill(1));
  const random = seeded(7);
  const people = (i: number) => {
    const hour = (i % perDay) / 12;
    return i % (7 * perDay) < 5 * perDay && hour >= 8 && hour < 18 ? 4 : 0.2;
  };
  const kinds: [string, (i: number) => number][] = [
    ['at any time', () => poisson(random, 0.006)],
    ['by day', (i) => poisson(random, 0.008 * (1 + Math.sin((2 * Math.PI * i) / perDay)))],
    ['by working hours', (i) => poisson(random, 0.01 * people(i))],
    ['in batches', () => (random() < 0.002 ? 1 + poisson(random, 2) : 0)],
    ['with an incident', (i) => poisson(random, 0.01) + (i === 4000 || i === 4001 ? 9 : 0)],
  ];

  it.each(kinds)('of calls %s is the fit slot by slot', (_, at) => {
    const found: { numbers: number; shape: number; variance: number }[] = [];
    for (let i = 0; i < 12; i++) {
      const [hourly, packed] = bothWays(plan, whole, counts(at));
      // Slot by slot, some find a shape within hours, where chance is all that there is.
      if (hourly !== undefined && packed.model.profile.shapeSteps.length <= 168)
        found.push(apart(hourly.model, packed.model));
    }
    expect(found.length).toBeGreaterThan(2);
    // Mostly to two digits and more; a step of the rounded profile more or less is what is left, and one whose first round found such a shape.
    const far = found.filter(({ numbers, shape, variance }) => numbers > 0.15 || shape > 0.0101 || variance > 0.01);
    expect(far.length).toBeLessThanOrEqual(1);
    const numbers = found.map((one) => one.numbers).sort((a, b) => a - b);
    expect(numbers[numbers.length >> 1]).toBeLessThan(0.02);
  });

  it.each(kinds)('finds no shape within hours where calls %s have none', (_, at) => {
    let taken = 0;
    for (let i = 0; i < 20; i++) if (bothWays(plan, whole, counts(at))[0] !== undefined) taken++;
    expect(taken).toBeGreaterThanOrEqual(18);
  });

  it('is the same in a zone of half hours, and with hours that were not observed', () => {
    const kolkata = planIn('Asia/Kolkata');
    const use = new Uint8Array(length).fill(1);
    use.fill(0, 2000, 2007);
    use.fill(0, 5000, 5030);
    const training = trainingBy(kolkata, use);
    let taken = 0;
    for (let i = 0; i < 8; i++) {
      const [hourly, packed] = bothWays(
        kolkata,
        training,
        counts(() => poisson(random, 0.005)),
      );
      if (hourly === undefined) continue;
      taken++;
      const { numbers, shape, variance } = apart(hourly.model, packed.model);
      expect(numbers).toBeLessThan(4e-3);
      expect(shape).toBeLessThan(0.0101);
      expect(variance).toBeLessThan(2e-3);
    }
    expect(taken).toBeGreaterThan(2);
  });

  it('leaves jobs to the fit slot by slot: of 12 to 99 runs a month, by night, by week and within hours', () => {
    const jobs: ((i: number) => number)[] = [
      (i) => (i % perDay === 24 ? 1 : 0),
      (i) => (i % perDay === 24 ? 3 : 0),
      // Half of the nights.
      (i) => (i % perDay === 24 && Math.floor(i / perDay) % 7 < 3 ? 1 : 0),
      // Starts five minutes early or late.
      (i) => (i % perDay === 24 + ((Math.floor(i / perDay) * 5) % 3) ? 1 : 0),
      (i) => (i % (7 * perDay) === 900 ? 3 : 0),
      (i) => (i % (7 * perDay) === 900 || i % (7 * perDay) === 1500 ? 5 : 0),
      (i) => (i % 12 === 3 && i % 97 === 0 ? 1 : 0),
      // Among twice as many calls at any time; and of more runs than few calls were before.
      (i) => (i % perDay === 24 ? 1 : 0) + poisson(random, 0.007),
      (i) => (i % perDay === 24 ? 40 : 0) + poisson(random, 0.05),
      (i) => (i % 12 === 3 ? 1 : 0) + poisson(random, 0.1),
    ];
    for (const at of jobs) {
      const [hourly] = bothWays(plan, whole, counts(at));
      expect(hourly).toBeUndefined();
    }
  });
});
