import { DAY, HOUR, MINUTE } from './grid.js';

/** When clocks are put forward and back: from `time` on (epoch ms) they are `saved` ms ahead of standard time. */
type Change = readonly [time: number, saved: number];

/** A rule of daylight saving time that many places go by, or one of its own that a place may still go by. */
interface SavingRule {
  readonly name: string;
  /** The changes of a calendar year, in any order. */
  readonly changes: (year: number) => readonly Change[];
}

const [SUNDAY, THURSDAY, FRIDAY] = [0, 4, 5];

/** Midnight UTC of the first such weekday on or after a day; months from 0. */
function onOrAfter(year: number, month: number, day: number, weekday: number): number {
  const time = Date.UTC(year, month, day);
  return time + ((weekday - new Date(time).getUTCDay() + 7) % 7) * DAY;
}

/** Midnight UTC of the last such weekday of a month. */
function lastOf(year: number, month: number, weekday: number): number {
  return onOrAfter(year, month + 1, -6, weekday);
}

/** Midnight UTC of the first day of a month of the tabular Islamic calendar (civil epoch); months from 1. */
function islamicMonth(year: number, month: number): number {
  const days = Math.floor((11 * year + 3) / 30) + 354 * year + 30 * month - Math.floor((month - 1) / 2);
  // Julian day 2440588 is 1970-01-01.
  return (days + 1 + 1948440 - 385 - 2440588) * DAY;
}

const MOROCCO_STAYS = Date.UTC(2026, 8, 20, 1);

/** Morocco goes back by an hour for Ramadan: from the last Sunday before it to the first one after it, as tz predicts. */
function ramadanChanges(year: number): Change[] {
  const changes: Change[] = [];
  const near = Math.floor(((year - 622) * 33) / 32);
  for (let islamic = near - 1; islamic <= near + 2; islamic++) {
    const sunday = (time: number, step: number) => {
      let day = time + step;
      while (new Date(day).getUTCDay() !== SUNDAY) day += step;
      return day + 2 * HOUR;
    };
    const begin = sunday(islamicMonth(islamic, 9), -DAY);
    const end = sunday(islamicMonth(islamic, 10), DAY);
    if (new Date(begin).getUTCFullYear() === year) changes.push([begin, 0]);
    if (new Date(end).getUTCFullYear() === year) changes.push([end, HOUR]);
  }
  return changes;
}

/**
 * The rules that a series may turn out to go by, as the tz database (2026c) has them. They are stated here, not asked of
 * `Intl`, so that every platform and release weighs the same ones. The order is part of a detector's bytes.
 */
export const SAVING_RULES: readonly SavingRule[] = [
  {
    name: 'Europe',
    changes: (year) => [
      [lastOf(year, 2, SUNDAY) + HOUR, HOUR],
      [lastOf(year, 9, SUNDAY) + HOUR, 0],
    ],
  },
  // At two in the morning of each place: the first and the last of the time zones that many live in.
  ...[
    { name: 'New York', standard: -5 },
    { name: 'Los Angeles', standard: -8 },
  ].map(({ name, standard }) => ({
    name,
    changes: (year: number): Change[] => [
      [onOrAfter(year, 2, 8, SUNDAY) + (2 - standard) * HOUR, HOUR],
      [onOrAfter(year, 10, 1, SUNDAY) + (1 - standard) * HOUR, 0],
    ],
  })),
  {
    name: 'Chile',
    changes: (year) => [
      [onOrAfter(year, 3, 2, SUNDAY) + 3 * HOUR, 0],
      [onOrAfter(year, 8, 2, SUNDAY) + 4 * HOUR, HOUR],
    ],
  },
  {
    name: 'Israel',
    changes: (year) => [
      [onOrAfter(year, 2, 23, FRIDAY), HOUR],
      [lastOf(year, 9, SUNDAY) - HOUR, 0],
    ],
  },
  {
    name: 'Egypt',
    changes: (year) => [
      [lastOf(year, 3, FRIDAY) - 2 * HOUR, HOUR],
      [lastOf(year, 9, THURSDAY) + 21 * HOUR, 0],
    ],
  },
  { name: 'Morocco', changes: ramadanChanges },
  // Since 2026-09-20 Morocco stays on standard time, through Ramadan too.
  {
    name: 'Morocco since 2026',
    changes: (year) => [
      ...ramadanChanges(year).filter(([time]) => time < MOROCCO_STAYS),
      ...(year === 2026 ? [[MOROCCO_STAYS, 0] as const] : []),
    ],
  },
  {
    name: 'Sydney',
    changes: (year) => [
      [onOrAfter(year, 3, 1, SUNDAY) - 8 * HOUR, 0],
      [onOrAfter(year, 9, 1, SUNDAY) - 8 * HOUR, HOUR],
    ],
  },
  {
    name: 'Lord Howe',
    changes: (year) => [
      [onOrAfter(year, 3, 1, SUNDAY) - 9 * HOUR, 0],
      [onOrAfter(year, 9, 1, SUNDAY) - 8.5 * HOUR, 30 * MINUTE],
    ],
  },
  {
    name: 'New Zealand',
    changes: (year) => [
      [onOrAfter(year, 3, 1, SUNDAY) - 10 * HOUR, 0],
      [lastOf(year, 8, SUNDAY) - 10 * HOUR, HOUR],
    ],
  },
];

/** What a rule saves over `[from, to]`: from `times[i]` on `offsets[i]` ms; `times[0]` is at or before `from`. */
export interface SavedTime {
  readonly times: Float64Array;
  readonly offsets: Float64Array;
}

/** The changes of a rule that matter to `[from, to]`, epoch ms. */
export function savedTime({ changes }: SavingRule, from: number, to: number): SavedTime {
  const found: Change[] = [];
  for (let year = new Date(from).getUTCFullYear() - 1; year <= new Date(to).getUTCFullYear() + 1; year++) {
    found.push(...changes(year));
  }
  found.sort(([a], [b]) => a - b);
  return { times: Float64Array.from(found, ([time]) => time), offsets: Float64Array.from(found, ([, saved]) => saved) };
}
