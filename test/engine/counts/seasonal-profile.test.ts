import { describe, expect, it } from 'vitest';
import { ProfileFit } from '../../../src/engine/counts/seasonal-profile.js';
import { weekCells } from '../../../src/engine/counts/week-cells.js';
import { emptyProfile } from '../../../src/engine/counts/week-profile.js';
import { weekSlots } from '../../../src/time/week.js';
import { fullPosterior, gridPosterior, naiveHeterogeneity, naiveProfile } from '../../naive/profile.js';
import { poisson, seeded } from '../../support/random.js';
import { DAY } from '../../support/sets.js';

const HOUR = 3_600_000;
const POISSON = { phi: 0, alpha: 0 };

/** Calls of `weeks` weeks whose slots are an hour wide, each slot with `rate` calls a week at shape 1. */
function hourlyWeek(seed: number, weeks: number, rate: number, shape: (slot: number) => number) {
  const random = seeded(seed);
  const slots = Array.from({ length: 168 }, (_, slot) => slot);
  return {
    calls: slots.map((slot) => poisson(random, weeks * rate * shape(slot))),
    exposure: slots.map(() => weeks * rate),
    repeats: slots.map(() => weeks),
    perDay: 24,
  };
}

function fitted(week: ReturnType<typeof hourlyWeek>, scatter = POISSON, hourly = POISSON, step = HOUR) {
  const slots = weekSlots(step);
  const profile = emptyProfile(slots.perWeek);
  const calls = Float64Array.from(week.calls);
  const exposure = Float64Array.from(week.exposure);
  const repeats = Float64Array.from(week.repeats);
  new ProfileFit(weekCells(slots)).fit({ calls, exposure, repeats }, { bucket: scatter, hour: hourly }, profile);
  return profile;
}

const flat = () => 1;
const daily = (slot: number) => 1 + 0.8 * Math.sin((2 * Math.PI * (slot % 24)) / 24);
const office = (slot: number) => (slot < 120 && slot % 24 >= 8 && slot % 24 < 18 ? 2.8 : 0.1);
const batch = (slot: number) => (slot === 51 ? 80 : 0.5);

describe('the grid that second-guesses the posterior', () => {
  it('knows the gamma law: mean (c + a)/(e + a), relative variance 1/(c + a)', () => {
    for (const [c, e, s2] of [
      [0, 3, 0.5],
      [7, 2.5, 0.2],
      [400, 380, 0.01],
    ]) {
      const { mean, variance } = gridPosterior(c, e, s2);
      expect(mean).toBeCloseTo((c + 1 / s2) / (e + 1 / s2), 4);
      expect(variance).toBeCloseTo(1 / (c + 1 / s2), 4);
    }
  });
});

describe('ProfileFit', () => {
  it.each([
    ['flat traffic', flat, 4],
    ['a daily rhythm', daily, 4],
    ['office hours', office, 0.3],
    ['office hours, busy', office, 40],
    ['a batch once a week', batch, 1],
  ])('agrees with posteriors added up on a grid: %s', (_, shape, rate) => {
    for (const [scatter, hourly] of [
      [POISSON, POISSON],
      [
        { phi: 0.7, alpha: 0.05 },
        { phi: 0.4, alpha: 0.01 },
      ],
    ]) {
      const week = hourlyWeek(3, 5, rate, shape);
      const ours = fitted(week, scatter, hourly);
      const theirs = naiveProfile(week, scatter, hourly);
      for (let slot = 0; slot < 168; slot++) {
        // The sum behind s² is met to 0.1 %.
        expect(Math.abs(ours.shape[slot] / theirs.shape[slot] - 1), `slot ${slot}`).toBeLessThan(5e-3);
        expect(Math.abs(ours.variance[slot] / theirs.variance[slot] - 1), `slot ${slot}`).toBeLessThan(1e-2);
      }
    }
  });

  it('agrees where a history has holes: hours seen once or never, and a day never seen', () => {
    const week = hourlyWeek(4, 3, 6, office);
    for (let slot = 0; slot < 168; slot++) {
      const seen = slot < 24 ? 0 : slot % 5 === 0 ? 1 : slot % 7 === 0 ? 0 : 3;
      week.calls[slot] = Math.round((week.calls[slot] * seen) / 3);
      week.exposure[slot] = 6 * seen;
      week.repeats[slot] = seen;
    }
    const ours = fitted(week);
    const theirs = naiveProfile(week, POISSON, POISSON);
    for (let slot = 0; slot < 168; slot++) {
      expect(Math.abs(ours.shape[slot] / theirs.shape[slot] - 1), `slot ${slot}`).toBeLessThan(5e-3);
      expect(Math.abs(ours.variance[slot] / theirs.variance[slot] - 1), `slot ${slot}`).toBeLessThan(1e-2);
    }
    // A Monday was never seen: it may well be half or double.
    expect(Math.min(...ours.variance.slice(0, 24))).toBeGreaterThan(0.15);
  });

  it('finds the variance of cells about their parents that bisection finds', () => {
    // Seven days as wide slots: the day of the week is then the only level that has anything to tell.
    for (const [seed, rate] of [
      [5, 30],
      [6, 300],
      [7, 5000],
    ]) {
      const random = seeded(seed);
      const truth = [1.4, 1.1, 0.9, 1, 1.6, 0.4, 0.6];
      const calls = truth.map((shape) => poisson(random, 5 * rate * shape));
      const week = { calls, exposure: truth.map(() => 5 * rate), repeats: truth.map(() => 5), perDay: 1 };
      const total = calls.reduce((sum, c) => sum + c, 0);
      // Before days are told apart the one hour that there is takes up the level.
      const cells = calls.map((c) => ({ calls: c, expected: total / 7, noise: total / 7 }));
      const s2 = naiveHeterogeneity(cells);
      const { shape } = fitted(week, POISSON, POISSON, DAY);
      for (const [d, c] of calls.entries()) {
        const own = gridPosterior(c, total / 7, s2).mean;
        // What the days leave is looked at once more, hour of week by hour of week: a per cent or so comes of that.
        expect(Math.abs(shape[d] / own - 1), `${rate} a day, day ${d}`).toBeLessThan(0.02);
      }
    }
  });

  it('is about as near to the truth as the full posterior, for days that differ and days that do not', () => {
    const random = seeded(8);
    for (const [name, spread, rate] of [
      ['alike, quiet', 0, 1],
      ['alike', 0, 20],
      ['a little apart', 0.15, 20],
      ['apart', 0.5, 20],
      ['apart, busy', 0.5, 500],
    ] as const) {
      let ours = 0;
      let bayes = 0;
      let raw = 0;
      for (let run = 0; run < 60; run++) {
        const drawn = Array.from({ length: 7 }, () => Math.exp(spread * 1.7 * (random() + random() + random() - 1.5)));
        const mean = drawn.reduce((sum, value) => sum + value / 7, 0);
        const truth = drawn.map((value) => value / mean);
        const calls = truth.map((value) => poisson(random, 4 * rate * value));
        const total =
          Math.max(
            1,
            calls.reduce((sum, c) => sum + c, 0),
          ) / 7;
        const week = { calls, exposure: truth.map(() => total), repeats: truth.map(() => 4), perDay: 1 };
        const full = fullPosterior(
          calls,
          truth.map(() => total),
        );
        const { shape } = fitted(week, POISSON, POISSON, DAY);
        for (let d = 0; d < 7; d++) {
          ours += (shape[d] - truth[d]) ** 2;
          bayes += (full[d] - truth[d]) ** 2;
          raw += (calls[d] / total - truth[d]) ** 2;
        }
      }
      // Two standard errors of caution cost most where seven days differ by a few times their noise.
      expect(ours, name).toBeLessThan(1.5 * bayes);
      expect(ours, name).toBeLessThan(1.25 * raw);
      if (spread === 0) expect(ours, name).toBeLessThan(0.5 * raw);
    }
  });

  it('leaves a series of three calls a month flat', () => {
    const week = hourlyWeek(9, 4, 0, flat);
    for (const slot of [17, 80, 81]) week.calls[slot] = 1;
    week.exposure.fill(3 / 168);
    const { shape } = fitted(week);
    expect(Math.max(...shape) / Math.min(...shape)).toBeLessThan(1.05);
  });

  it('has a mean of 1', () => {
    const week = hourlyWeek(10, 5, 3, office);
    const once = fitted(week);
    expect(once.shape.reduce((sum, value) => sum + value, 0) / 168).toBeCloseTo(1, 10);
  });
});
