import { describe, expect, it } from 'vitest';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { seriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { breaches, people, traffic, wallClock } from '../naive/traffic.js';
import { DAY, STEP, WEEK } from '../support/sets.js';

const ROWS = 6;
const HISTORY = 5 * WEEK;
/** Judged with an alert budget of a false episode in ten weeks over the six rows of each case. */
const BUDGET = { perWeek: 0.1 };

/** The week around `day`: five weeks of history that end two days before it; rows of 3 to 1,000 calls a bucket at noon. */
function weekAround(day: number, zone: string, given: string, traffics = people) {
  const start = day - 2 * DAY - HISTORY;
  const series = Array.from({ length: ROWS }, (_, i) => ({
    key: { operation: 'Decrypt', keyArn: `key/${i}` },
    values: traffic(i + 1, (HISTORY + WEEK) / STEP, start, traffics(zone, [3, 10, 30, 100, 300, 1000][i])),
  }));
  const set = seriesSet({ start, step: STEP, series });
  const baseline = fitBaseline(sliceWindow(set, start, start + HISTORY), { timeZone: given });
  const { verdicts, window } = new Detector(baseline, { alertBudget: BUDGET }).observe(
    sliceWindow(set, start + HISTORY, start + HISTORY + WEEK),
  );
  const { length } = window.grid;
  return Array.from({ length: ROWS }, (_, row) => breaches(verdicts.subarray(row * length, (row + 1) * length))).flat();
}

const CHANGES: [string, string, number][] = [
  ['Berlin, spring', 'Europe/Berlin', Date.UTC(2026, 2, 29)],
  ['Berlin, autumn', 'Europe/Berlin', Date.UTC(2026, 9, 25)],
  ['New York, spring', 'America/New_York', Date.UTC(2026, 2, 8)],
  ['New York, autumn', 'America/New_York', Date.UTC(2026, 10, 1)],
  ['Sydney, autumn', 'Australia/Sydney', Date.UTC(2026, 3, 4)],
  ['Sydney, spring', 'Australia/Sydney', Date.UTC(2026, 9, 3)],
  ['Lord Howe, autumn, by half an hour', 'Australia/Lord_Howe', Date.UTC(2026, 3, 4)],
  ['Lord Howe, spring, by half an hour', 'Australia/Lord_Howe', Date.UTC(2026, 9, 3)],
];

const DATES: [string, string, number][] = [
  ['a leap day', 'Europe/Berlin', Date.UTC(2028, 1, 29)],
  ['the end of a year', 'America/New_York', Date.UTC(2027, 0, 1)],
  ['the end of a leap year, half an hour off the hour', 'Asia/Kolkata', Date.UTC(2029, 0, 1)],
];

describe('a clock change in a zone that is given', () => {
  it.each(CHANGES)('is one: %s', (_, zone, day) => {
    // The test stands on dates that hold a change: the wall clock of noon UTC is another two days later.
    const noon = (time: number) => wallClock(zone)(time + DAY / 2).hours;
    expect(noon(day - 2 * DAY)).not.toBe(noon(day + 2 * DAY));
  });

  it.each(CHANGES)('raises nothing in the week around it: %s', (_, zone, day) => {
    // 0.1 are expected of the budget; two have a chance of one in 200.
    expect(weekAround(day, zone, zone).length).toBeLessThanOrEqual(1);
  });

  it('is reported where people move by what no rule says, so that all this can fail', () => {
    // Two hours, from one day to the next.
    const moved = (zone: string, most: number) => {
      const [before, after] = [people(zone, most), people('Antarctica/Troll', most)];
      return (time: number) => (time < CHANGES[0][2] ? before(time) : after(time));
    };
    expect(weekAround(CHANGES[0][2], 'UTC', 'UTC', moved).length).toBeGreaterThan(4);
  });

  it('raises nothing for nightly jobs at local time, soon after the clocks have changed', () => {
    // At half past three: in spring half an hour after the change, in autumn an hour and a half.
    const nightly = (zone: string, most: number) => {
      const clock = wallClock(zone);
      return (time: number) => {
        const { hours } = clock(time);
        return hours >= 3.5 && hours < 3.58 ? 10 * most : 0.5;
      };
    };
    for (const [, zone, day] of CHANGES.slice(0, 2)) {
      expect(weekAround(day, zone, zone, nightly).length).toBeLessThanOrEqual(1);
    }
  });
});

describe('a date that calendars stumble over', () => {
  it.each(DATES)('raises nothing in the week around it: %s', (_, zone, day) => {
    expect(weekAround(day, zone, zone).length).toBeLessThanOrEqual(1);
  });
});
