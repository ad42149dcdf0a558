import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { InputError } from '../../src/errors.js';
import { seriesSet } from '../../src/series/series-set.js';
import { naiveCell, naiveHourOfWeek } from '../naive/baseline.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, KEY, MONDAY, OTHER_KEY, officeMean, oneRow, poissonRow, STEP, WEEK } from '../support/sets.js';

const key = { operation: 'Decrypt', keyArn: KEY };

/** Relative distance of the fitted mean from the truth, averaged over the week after the history. */
function error(values: ArrayLike<number>, truth: (time: number) => number, options = {}): number {
  const baseline = fitBaseline(oneRow(values), options);
  const from = MONDAY + values.length * STEP;
  let sum = 0;
  let n = 0;
  for (let time = from; time < from + WEEK; time += STEP * 7) {
    sum += Math.abs(baseline.band(key, time).expected - truth(time)) / truth(time);
    n++;
  }
  return sum / n;
}

describe('fitBaseline', () => {
  it('finds the mean of every hour of the week as well as the naive way does', () => {
    const values = poissonRow(1, 6, officeMean);
    const times = Array.from(values, (_, i) => MONDAY + i * STEP);
    const naive = naiveHourOfWeek(times, [...values], 'UTC');
    const baseline = fitBaseline(oneRow(values));
    let ours = 0;
    let theirs = 0;
    for (let time = MONDAY + 6 * WEEK; time < MONDAY + 7 * WEEK; time += STEP * 12) {
      const naiveMean = naive.get(naiveCell(time, 'UTC')) ?? Number.NaN;
      const { expected } = baseline.band(key, time);
      expect(Math.abs(expected - naiveMean)).toBeLessThan(4 * Math.sqrt(officeMean(time) / 72) + 0.15 * naiveMean);
      ours += (expected - officeMean(time)) ** 2 / officeMean(time);
      theirs += (naiveMean - officeMean(time)) ** 2 / officeMean(time);
    }
    expect(ours).toBeLessThan(1.1 * theirs);
  });

  it.each([
    ['flat traffic', () => 5],
    ['a daily rhythm', (time: number) => 4 + 3 * Math.sin((2 * Math.PI * (time % DAY)) / DAY)],
    ['office hours', officeMean],
  ])('needs no setting for %s', (_, mean) => {
    expect(error(poissonRow(2, 6, mean), mean)).toBeLessThan(0.12);
  });

  it('learns a cron job to the bucket, and that nothing runs beside it', () => {
    const mean = (time: number) => ((time - MONDAY) % DAY === 3 * 3_600_000 ? 400 : 0);
    const baseline = fitBaseline(oneRow(poissonRow(3, 4, mean)));
    const morning = MONDAY + 4 * WEEK + 3 * 3_600_000;
    expect(baseline.band(key, morning).expected).toBeGreaterThan(350);
    expect(baseline.band(key, morning).lower).toBeGreaterThan(100);
    expect(baseline.band(key, morning + STEP).expected).toBeLessThan(1);
    expect(baseline.band(key, morning + 12 * 3_600_000).upper).toBeLessThan(20);
  });

  it('follows the civil clock of its zone through both clock changes', () => {
    const local = (time: number) => Number(naiveCell(time, 'Europe/Berlin').slice(-2));
    // Six weeks of history before each change: the last Sundays of March and October 2026.
    for (const change of [Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25)]) {
      const start = change - 6 * WEEK - 6 * DAY;
      const hours = new Map<number, number>();
      const mean = (time: number) => {
        const hour = Math.floor(time / 3_600_000);
        if (!hours.has(hour)) hours.set(hour, local(time));
        const h = hours.get(hour) ?? 0;
        return h >= 8 && h < 18 ? 30 : 1;
      };
      const baseline = fitBaseline(oneRow(poissonRow(4, 6, mean, start), start), { timeZone: 'Europe/Berlin' });
      for (let time = change + DAY; time < change + 2 * DAY; time += STEP * 3) {
        const { expected } = baseline.band(key, time);
        expect(Math.abs(expected - mean(time)) / mean(time)).toBeLessThan(0.5);
      }
    }
  });

  it('is not taught by an incident in a quarter of an hour, an afternoon or a day of its history', () => {
    for (const [buckets, factor] of [
      [3, 40],
      [48, 8],
      [288, 0],
    ] as const) {
      const values = poissonRow(5, 6, officeMean);
      const clean = error(values, officeMean);
      const from = Math.round((3 * WEEK + 2 * DAY + 9 * 3_600_000) / STEP);
      for (let i = from; i < from + buckets; i++) values[i] = values[i] * factor;
      expect(error(values, officeMean)).toBeLessThan(clean + 0.03);
    }
  });

  it('does not take one incident that touches three dates for a habit of three days', () => {
    const values = poissonRow(15, 5, () => 100);
    const clean = fitBaseline(oneRow(values)).band(key, MONDAY + 5 * WEEK + 9 * 3_600_000, 1 - 1e-6);
    for (let i = 0; i < 26 * 12; i++) values[2 * 2016 + 2 * 288 + 276 + i] *= 5;
    const { upper } = fitBaseline(oneRow(values)).band(key, MONDAY + 5 * WEEK + 9 * 3_600_000, 1 - 1e-6);
    expect(upper).toBeLessThan(3 * clean.upper);
  });

  it('is careful while it has seen less than two weeks', () => {
    const upper = (weeks: number) =>
      fitBaseline(oneRow(poissonRow(16, weeks, () => 5))).band(key, MONDAY + weeks * WEEK, 1 - 1e-6).upper;
    expect(upper(1)).toBeGreaterThan(1.2 * upper(4));
  });

  it('keeps a sparse series above zero, and hears of its silence in days, not minutes', () => {
    const mean = () => 3 / 288;
    const baseline = fitBaseline(oneRow(poissonRow(6, 6, mean)));
    const summary = baseline.describe(key);
    expect(summary.callsPerHour * 24).toBeGreaterThan(1.5);
    expect(summary.callsPerHour * 24).toBeLessThan(5);
    expect(summary.timeToDetectSilence).toBeGreaterThan(3 * DAY);
    expect(summary.timeToDetectSilence).toBeLessThan(21 * DAY);
  });

  it('fits a handful of calls flat, and about as it fits a few more', () => {
    const few = (calls: number) => {
      const values = new Float64Array(8064);
      for (let i = 0; i < calls; i++) values[Math.floor(((i + 0.5) * 8064) / calls)] = 1;
      return fitBaseline(oneRow(values));
    };
    const [sparse, dense] = [few(11), few(13)].map((baseline) => baseline.describe(key).callsPerHour / 13);
    expect(sparse / dense).toBeGreaterThan(0.6);
    expect(sparse / dense).toBeLessThan(1.1);
    const { expected, upper } = few(5).band(key, MONDAY + 4 * WEEK);
    expect(expected).toBeCloseTo(5 / 8064, 3);
    expect(upper).toBeLessThan(8);
  });

  it('follows a level that has moved, within days', () => {
    const moved = (time: number) => (time < MONDAY + 5 * WEEK ? 5 : 15);
    expect(error(poissonRow(7, 6, moved), () => 15)).toBeLessThan(0.15);
  });

  it('gives a key no past before it began', () => {
    const began = (time: number) => (time < MONDAY + 5 * WEEK ? 0 : 4);
    const baseline = fitBaseline(oneRow(poissonRow(8, 6, began)));
    expect(baseline.describe(key).observed).toBeLessThanOrEqual(WEEK);
    expect(baseline.band(key, MONDAY + 6 * WEEK).expected).toBeCloseTo(4, 0);
  });

  it('is taught nothing by buckets not observed, nor by excluded ones', () => {
    const values = poissonRow(9, 4, officeMean);
    const noise = values.slice();
    const observed = new Uint8Array(values.length).fill(1);
    const random = seeded(10);
    const hole = { from: MONDAY + 8 * DAY, to: MONDAY + 11 * DAY };
    for (let i = 0; i < values.length; i++) {
      const time = MONDAY + i * STEP;
      if (time < hole.from || time >= hole.to) continue;
      noise[i] = poisson(random, 300);
      observed[i] = 0;
    }
    const bands = [
      fitBaseline(oneRow(values, MONDAY, observed)),
      fitBaseline(oneRow(noise, MONDAY, observed)),
      fitBaseline(oneRow(noise), { exclude: [{ from: hole.from, to: hole.to }] }),
    ].map((baseline) => baseline.band(key, MONDAY + 4 * WEEK + 10 * 3_600_000));
    expect(bands[1]).toEqual(bands[0]);
    expect(bands[2]).toEqual(bands[0]);
  });

  it('does not mind the order of series, nor what stands beside them', () => {
    const a = { key, values: poissonRow(11, 3, officeMean) };
    const b = { key: { ...key, keyArn: OTHER_KEY }, values: poissonRow(12, 3, () => 0.2) };
    const at = MONDAY + 3 * WEEK + 12 * 3_600_000;
    const bands = [[a], [a, b], [b, a]].map((series) =>
      fitBaseline(seriesSet({ start: MONDAY, step: STEP, series })).band(key, at),
    );
    expect(bands[1]).toEqual(bands[0]);
    expect(bands[2]).toEqual(bands[0]);
  });

  it('says the same of a history moved by whole weeks', () => {
    const values = poissonRow(13, 4, officeMean);
    const here = fitBaseline(oneRow(values)).band(key, MONDAY + 4 * WEEK + 9 * 3_600_000);
    const there = fitBaseline(oneRow(values, MONDAY - 52 * WEEK)).band(key, MONDAY - 48 * WEEK + 9 * 3_600_000);
    expect(there).toEqual(here);
  });

  it('leaves its input as it was', () => {
    const set = oneRow(poissonRow(14, 2, officeMean));
    const before = structuredClone(set);
    fitBaseline(set);
    expect(set).toEqual(before);
  });

  it('takes histories of any size, down to nothing', () => {
    expect(fitBaseline(seriesSet({ start: 0, step: STEP, series: [] })).learning).toBe(true);
    for (const values of [[], [3], [0], [0, 0, 7]]) {
      const { expected, lower, upper } = fitBaseline(oneRow(values)).band(key, MONDAY);
      expect(expected).toBeGreaterThan(0);
      expect(lower).toBeLessThanOrEqual(upper);
    }
    for (const step of [60_000, 3_600_000, DAY]) {
      const values = Array.from({ length: 100 }, (_, i) => i % 5);
      const baseline = fitBaseline(seriesSet({ start: MONDAY, step, series: [{ key, values }] }));
      expect(baseline.band(key, MONDAY + 100 * step).expected).toBeGreaterThan(0.5);
    }
  });

  it.each([
    [{ timeZone: 'Nowhere' }, 'timeZone must be an IANA time zone'],
    [{ timeZone: () => 'Nowhere' }, 'timeZone(key) must be an IANA time zone'],
    [{ exclude: [{ from: 5, to: 5 }] }, 'exclude[0].from must be earlier than exclude[0].to'],
    [{ exclude: [{ from: Number.NaN, to: 5 }] }, 'exclude[0].from must be a Date or whole epoch milliseconds, got NaN'],
  ])('refuses options that cannot be (%#)', (options, message) => {
    expect(() => fitBaseline(oneRow([1, 2]), options)).toThrow(InputError);
    expect(() => fitBaseline(oneRow([1, 2]), options)).toThrow(message);
  });

  it('refuses probabilities and keys that it cannot serve', () => {
    const baseline = fitBaseline(oneRow([1, 2]));
    expect(() => baseline.band(key, MONDAY, 1)).toThrow('probability must be a finite number');
    expect(() => baseline.describe({ operation: 'Sign' })).toThrow("key must be one of the baseline's 1");
  });
});
