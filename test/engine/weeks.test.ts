import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { sliceWindow } from '../../src/series/slice.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, MONDAY, oneRow, STEP } from '../support/sets.js';

const PER_DAY = DAY / STEP;
const PER_HOUR = 12;

interface Habit {
  readonly seed: number;
  readonly days: number;
  /** Day of the week and bucket of the day at which a job runs, and its calls. */
  readonly weekday: number;
  readonly at: number;
  readonly size: number;
  /** Calls of any other bucket, on average. */
  readonly base: number;
}

const habits = (days: fc.Arbitrary<number>): fc.Arbitrary<Habit> =>
  fc.record({
    seed: fc.nat(),
    days,
    weekday: fc.integer({ min: 0, max: 6 }),
    at: fc.integer({ min: PER_HOUR, max: PER_DAY - 2 * PER_HOUR }),
    size: fc.integer({ min: 15, max: 3000 }),
    base: fc.constantFrom(0.02, 0.2, 1),
  });

/** `days` of history and two weeks more of a row with a job once a week, as large each time but for chance. */
function weekly({ seed, days, weekday, at, size, base }: Habit) {
  const random = seeded(seed);
  const isJob = (i: number) => Math.floor(i / PER_DAY) % 7 === weekday && i % PER_DAY === at;
  const values = Float64Array.from({ length: (days + 14) * PER_DAY }, (_, i) =>
    poisson(random, base + (isJob(i) ? size : 0)),
  );
  const set = oneRow(values);
  const end = MONDAY + days * DAY;
  const baseline = fitBaseline(sliceWindow(set, MONDAY, end), { timeZone: 'UTC' });
  const window = sliceWindow(set, end, MONDAY + (days + 14) * DAY);
  return { values, baseline, window, isJob: (i: number) => isJob(i + days * PER_DAY) };
}

describe('what comes once a week', () => {
  it('is no surprise where it came in every week of the history, two or more, whatever its size', () => {
    fc.assert(
      fc.property(habits(fc.integer({ min: 14, max: 34 })), (habit) => {
        const { baseline, window, isJob } = weekly(habit);
        const { verdicts } = scoreWindow(baseline, window);
        const reported = [...verdicts.keys()].filter((i) => isJob(i) && verdicts[i] !== 0);
        expect(reported).toEqual([]);
      }),
      { numRuns: 25, seed: 13 },
    );
  });

  it('is reported where it came once: one sight is no habit yet', () => {
    const habit = { seed: 1, days: 13, weekday: 6, at: 36, size: 300, base: 0.2 };
    const { baseline, window, isJob } = weekly(habit);
    const { verdicts } = scoreWindow(baseline, window);
    expect([...verdicts.keys()].filter((i) => isJob(i) && verdicts[i] === 1)).not.toEqual([]);
  });

  it('leaves as much doubt of its size as one in the weeks that it was seen in, below four', () => {
    for (const weeks of [2, 3]) {
      const habit = { seed: weeks, days: 7 * weeks, weekday: 2, at: 36, size: 1000, base: 0.2 };
      const { baseline } = weekly(habit);
      const job = MONDAY + (7 * weeks + 2) * DAY + 36 * STEP;
      const { expected, lower, upper } = baseline.band(
        { operation: 'Decrypt', keyArn: oneRow([]).keys[0].keyArn },
        job,
        0.68,
      );
      // One standard deviation of a law of that relative variance, or more.
      const sd = Math.sqrt(1 / weeks);
      expect(expected).toBeGreaterThan(900);
      expect(upper).toBeGreaterThan(expected * (1 + 0.8 * sd));
      expect(lower).toBeLessThan(expected * (1 - 0.8 * sd));
    }
  });
});

describe('the hour behind a job', () => {
  it('is expected to hold no more than ever came there', () => {
    fc.assert(
      fc.property(habits(fc.constantFrom(14, 20, 27)), (habit) => {
        const { values, baseline, window, isJob } = weekly({ ...habit, size: 10 + (habit.size % 200) });
        const { expected } = scoreWindow(baseline, window);
        const behind = (of: ArrayLike<number>, job: number) => {
          let sum = 0;
          // Of the hour of the day that holds it: behind its end another begins.
          for (let i = job + 1; i % PER_HOUR !== 0; i++) sum += of[i];
          return sum;
        };
        // But for what two weeks of chance leave open of it: a job's calls are a hundred times that.
        let most = 0;
        for (let i = habit.at; i < habit.days * PER_DAY; i += PER_DAY) most = Math.max(most, behind(values, i));
        for (let job = 0; job < 7 * PER_DAY; job++) {
          if (isJob(job)) expect(behind(expected, job)).toBeLessThanOrEqual(1.3 * most + 1);
        }
      }),
      { numRuns: 25, seed: 14 },
    );
  });

  it('is not missed in a stream: a job of five days a week is no silence on the others', () => {
    const random = seeded(3);
    const isJob = (i: number) => Math.floor(i / PER_DAY) % 7 < 5 && i % PER_DAY === 36;
    for (const base of [0.3, 3]) {
      const values = Float64Array.from({ length: 28 * PER_DAY }, (_, i) => poisson(random, base + (isJob(i) ? 40 : 0)));
      const set = oneRow(values);
      const until = MONDAY + 14 * DAY;
      const detector = new Detector(fitBaseline(sliceWindow(set, MONDAY, until), { timeZone: 'UTC' }));
      const { verdicts } = detector.observe(sliceWindow(set, until, MONDAY + 28 * DAY));
      // At the week end, and in the hour of the job.
      const missed = [...verdicts.keys()].filter((i) => verdicts[i] === -1 && i % PER_DAY >= 24 && i % PER_DAY < 60);
      expect(missed.length).toBeLessThanOrEqual(2);
    }
  });
});
