import { describe, expect, it } from 'vitest';
import { fitDispersion, Residuals } from '../../../../src/engine/counts/dispersion.js';
import { type FitPlan, gridPlan } from '../../../../src/engine/counts/fit/fit-plan.js';
import { type Training, trainingBy, trainingSince } from '../../../../src/engine/counts/fit/training-layout.js';
import { slotsBy } from '../../../../src/time/week.js';
import { zoneOffsets } from '../../../../src/time/zone.js';
import { poisson, seeded } from '../../../support/random.js';
import { DAY, MONDAY, STEP } from '../../../support/sets.js';

const length = 28 * (DAY / STEP);
const CAP = 12;
const MOST = 0.25;
const dispersion = { phi: 0.5, alpha: 0.02 };

function planIn(zone: string, step = STEP): FitPlan {
  const grid = { start: MONDAY, step, length: (28 * DAY) / step };
  const shared = gridPlan(grid);
  return { ...shared, slots: slotsBy(grid, zoneOffsets(zone, grid.start, grid.start + 28 * DAY), shared.cells.slots) };
}

/** A row with outliers, its shape and its levels by piece; every count held against level · shape one by one. */
function rowOf(plan: FitPlan, training: Training, seed: number, wander: number) {
  const random = seeded(seed);
  const { calls, profile } = plan.scratch;
  const { pieces, pieceFrom, pieceSlot, n } = training;
  for (let s = 0; s < profile.shape.length; s++) {
    profile.shape[s] = 0.2 + random() * (s % 97 === 0 ? 20 : 2);
    profile.variance[s] = 0.3 * random() * random();
  }
  const of = Float64Array.from({ length: pieces }, () => 2 * Math.exp(wander * (random() - 0.5)));
  const known = new Float64Array(pieces).fill(0.01);
  const each = new Residuals(n);
  each.n = n;
  const taken = new Float64Array(n);
  for (let p = 0, k = 0; p < pieces; p++) {
    for (let s = pieceSlot[p]; k < pieceFrom[p + 1]; k++, s++) {
      const m = of[p] * profile.shape[s];
      taken[k] = poisson(random, m) * (random() < 0.01 ? 8 : 1);
      const scatter = 1 + dispersion.phi + dispersion.alpha * m;
      const pull = profile.variance[s] * m;
      const by = pull < MOST * scatter ? scatter / (scatter - pull) : 1 / (1 - MOST);
      each.mu[k] = m;
      each.square[k] = ((taken[k] - m) * by) ** 2;
      each.known[k] = known[p];
    }
  }
  // Those that the training leaves out at the front are there as well, and count for nothing.
  const all = new Float64Array(training.from + n).fill(1000, 0, training.from);
  all.set(taken, training.from);
  calls.set(taken);
  const atBySlot = Int32Array.from(training.bySlot, (k) =>
    k < training.from ? 0 : training.pieceOf[k - training.from] - training.piecesBefore,
  );
  const levels = { of, known, at: Int32Array.from({ length: pieces }, (_, p) => p), atBySlot };
  plan.scratch.bySlot.take(all, training);
  plan.scratch.bySlot.gather(profile, calls, training, levels, dispersion, MOST);
  return { grouped: plan.scratch.bySlot, each };
}

function sumsOf(counts: { addUp: Residuals['addUp'] }, phi: number, alpha: number): number[] {
  const sums = new Float64Array(5);
  counts.addUp(phi, alpha, CAP, sums);
  return [...sums];
}

function trainings(): [string, FitPlan, Training][] {
  const gaps = (step: number) => {
    const use = new Uint8Array((28 * DAY) / step).fill(1);
    use.fill(0, 100, 107);
    use.fill(0, 300, 333);
    return use;
  };
  const utc = planIn('UTC');
  const berlin = planIn('Europe/Berlin');
  const kolkata = planIn('Asia/Kolkata');
  const hourly = planIn('UTC', 12 * STEP);
  const minutes = planIn('UTC', STEP / 5);
  const whole = trainingBy(utc, new Uint8Array(length).fill(1));
  return [
    ['all of a history', utc, whole],
    ['a history with gaps, in a zone that changes its clocks', berlin, trainingBy(berlin, gaps(STEP))],
    ['a zone of half hours', kolkata, trainingBy(kolkata, gaps(STEP))],
    ['a row that began later, within an hour', utc, trainingSince(whole, 5 * 288 + 7, utc)],
    ['buckets of an hour', hourly, trainingBy(hourly, gaps(12 * STEP))],
    ['buckets of a minute', minutes, trainingBy(minutes, gaps(STEP / 5))],
  ];
}

describe('counts by slot', () => {
  it.each(trainings())('add up to what single ones do where their levels are alike: %s', (_, plan, training) => {
    const { grouped, each } = rowOf(plan, training, 3, 0);
    for (const [phi, alpha] of [
      [0, 0],
      [0.5, 0.02],
      [4, 0.3],
    ]) {
      const due = sumsOf(each, phi, alpha);
      for (const [i, sum] of sumsOf(grouped, phi, alpha).entries()) {
        expect(Math.abs(sum - due[i])).toBeLessThan(1e-9 * Math.abs(due[i]));
      }
    }
  });

  it.each(trainings())('are fitted as single ones where their levels wander: %s', (_, plan, training) => {
    for (const [seed, wander] of [
      [5, 0.3],
      [6, 2],
    ]) {
      const { grouped, each } = rowOf(plan, training, seed, wander);
      const [found, exact] = [fitDispersion(grouped), fitDispersion(each)];
      for (const m of [0.1, 1, 10, 100]) {
        const variance = ({ phi, alpha }: typeof found) => 1 + phi + alpha * m;
        expect(Math.abs(variance(found) / variance(exact) - 1)).toBeLessThan(0.1);
      }
    }
  });
});
