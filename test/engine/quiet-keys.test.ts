import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { quietKeysAfter } from '../../src/engine/quiet-keys.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { BELOW } from '../../src/engine/types.js';
import { type SeriesKey, seriesKey } from '../../src/series/key.js';
import { rowOf, type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { DAY, HOUR } from '../../src/time/grid.js';
import { poisson, seeded } from '../support/random.js';

const START = Date.UTC(2026, 0, 5);
const HISTORY = 28;
const ARN = (i: number) => `arn:aws:kms:eu-central-1:111122223333:key/${i}`;
const SHAPES = [() => 1, (hour: number) => (hour >= 8 && hour < 18 ? 2.4 : 0)];

/** Keys of so many calls a day that stop, each at an hour of its own on the first day after the history. */
function stopping(seed: number, rates: readonly number[], days: number, stopAt: (key: number) => number): SeriesSet {
  const random = seeded(seed);
  const hours = 24 * (HISTORY + days);
  return seriesSet({
    start: START,
    step: HOUR,
    series: rates.map((perDay, i) => ({
      key: { keyArn: ARN(i), account: '111122223333', region: 'eu-central-1' },
      values: Float64Array.from({ length: hours }, (_, hour) =>
        hour < 24 * HISTORY + stopAt(i) ? poisson(random, (perDay / 24) * SHAPES[i % 2](hour % 24)) : 0,
      ),
    })),
  });
}

const END = START + HISTORY * DAY;

describe('quietKeysAfter', () => {
  it.each([1, 2, 3])(
    'names the time at which scoreWindow reports, in a longer window without calls (seed %i)',
    (seed) => {
      const rates = [3, 5, 8, 12, 20, 40, 60, 80];
      const set = stopping(seed, rates, 40, (key) => key);
      const baseline = fitBaseline(sliceWindow(set, START, END), { timeZone: 'UTC' });
      const judged = scoreWindow(baseline, sliceWindow(set, END, END + 12 * HOUR));
      const { keys, listed } = quietKeysAfter(baseline, judged);
      expect(keys).toBe(listed.length);
      expect(listed.length).toBeGreaterThan(4);
      const whole = scoreWindow(baseline, sliceWindow(set, END, END + 40 * DAY));
      for (const { key, since, reportedAt } of listed) {
        const at = rowOf(whole.window, key) * whole.window.grid.length;
        // A window of hours may report a key sooner that has hardly been quiet longer than that.
        const first = whole.verdicts.findIndex((verdict, i) => i >= at && verdict === BELOW) - at;
        const reported = END + (first + 1) * HOUR;
        expect(reported).toBeLessThanOrEqual(reportedAt);
        if (reportedAt - since > DAY) expect(reported).toBe(reportedAt);
      }
      expect(listed.map(({ reportedAt }) => reportedAt)).toEqual(
        listed.map(({ reportedAt }) => reportedAt).sort((a, b) => a - b),
      );
    },
  );

  it('goes on with the silence at the end of the history, in a window that follows it', () => {
    const set = stopping(4, [5, 5], 1, () => -30);
    const baseline = fitBaseline(sliceWindow(set, START, END), { timeZone: 'UTC' });
    const { listed } = quietKeysAfter(baseline, scoreWindow(baseline, sliceWindow(set, END, END + 6 * HOUR)));
    expect(listed.map(({ key }) => key.keyArn).sort()).toEqual([ARN(0), ARN(1)]);
    for (const { key, since, reportedAt } of listed) {
      expect(since).toBe((baseline.describe(key).lastCall as number) + HOUR);
      expect(reportedAt).toBe(baseline.describe(key).silenceReportedAt);
    }
  });

  it.each([8, 11, 16, 20])('names the time at which keys of %i days are reported, as describe does', (days) => {
    const random = seeded(days);
    const hours = 24 * (days + 12);
    const series = [6, 12, 24, 36, 60].map((perDay, i) => ({
      key: { keyArn: ARN(i) },
      values: Float64Array.from({ length: hours }, (_, hour) => (hour < 24 * days ? poisson(random, perDay / 24) : 0)),
    }));
    const set = seriesSet({ start: START, step: HOUR, series });
    const end = START + days * DAY;
    const baseline = fitBaseline(sliceWindow(set, START, end), { timeZone: 'UTC' });
    const whole = scoreWindow(baseline, sliceWindow(set, end, END + 40 * DAY));
    const { length } = whole.window.grid;
    const { listed } = quietKeysAfter(baseline, scoreWindow(baseline, sliceWindow(set, end, end + HOUR)));
    let bySilence = 0;
    for (const { key, since, reportedAt } of listed) {
      expect(baseline.describe(key).silenceReportedAt).toBe(reportedAt);
      const at = rowOf(whole.window, key) * length;
      const first = whole.verdicts.subarray(at, at + length).indexOf(BELOW);
      const reported = end + (first + 1) * HOUR;
      // A window of hours may report it sooner.
      expect(reported).toBeLessThanOrEqual(reportedAt);
      if (whole.spans[at + first] !== reported - since) continue;
      expect(reportedAt).toBe(reported);
      bySilence++;
    }
    expect(bySilence).toBeGreaterThan(0);
  });

  it('leaves out what is reported, and what has just called, and counts beyond what it lists', () => {
    const set = stopping(5, [400, 2, 2, 2], 3, (key) => [24, 71, 24, 24][key]);
    const calls = (set.values as Float64Array | Uint32Array).slice();
    const { length } = set.grid;
    calls[2 * length - 1] = 1;
    const baseline = fitBaseline(sliceWindow(set, START, END), { timeZone: 'UTC' });
    const window = sliceWindow({ ...set, values: calls }, END, END + 3 * DAY);
    const found = quietKeysAfter(baseline, scoreWindow(baseline, window), { most: 1 });
    // The busy key is reported by then, and the second had a call.
    expect(found.keys).toBe(2);
    expect(found.listed).toHaveLength(1);
    expect([ARN(2), ARN(3)]).toContain(found.listed[0].key.keyArn);
  });

  it('takes a gap in coverage for no silence', () => {
    const set = stopping(6, [4], 2, () => 4);
    const baseline = fitBaseline(sliceWindow(set, START, END), { timeZone: 'UTC' });
    const window = sliceWindow(set, END, END + DAY);
    const seen = window.observed.slice().fill(0, 6, 12);
    const at = (observed: Uint8Array) =>
      quietKeysAfter(baseline, scoreWindow(baseline, { ...window, observed })).listed[0].reportedAt;
    expect(at(seen) - at(window.observed)).toBe(6 * HOUR);
  });

  it('names a key before its operations, and an operation only of a key that is called', () => {
    const key = (operation: string | null, i: number): Partial<SeriesKey> => ({ operation, keyArn: ARN(i) });
    const hours = 24 * (HISTORY + 1);
    const until = (last: number) =>
      Float64Array.from({ length: hours }, (_, hour) => (hour < last && hour % 3 === 0 ? 1 : 0));
    const set = seriesSet({
      start: START,
      step: HOUR,
      series: [
        { key: key(null, 1), values: until(hours - 10) },
        { key: key('Encrypt', 1), values: until(hours - 10) },
        { key: key(null, 2), values: until(hours) },
        { key: key('Sign', 2), values: until(hours - 10) },
        { key: key('Decrypt', 2), values: until(hours) },
      ],
    });
    const baseline = fitBaseline(sliceWindow(set, START, END), { timeZone: 'UTC' });
    const last = sliceWindow(set, END, END + DAY);
    // The busy rows call in the last hour.
    const { listed } = quietKeysAfter(baseline, scoreWindow(baseline, sliceWindow(last, END, END + 22 * HOUR)));
    expect(listed.map((found) => seriesKey(found.key))).toEqual([seriesKey(key(null, 1)), seriesKey(key('Sign', 2))]);
  });
});
