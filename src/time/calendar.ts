import { checkInteger, InputError, shown } from '../errors.js';
import type { CivilDays } from './civil-days.js';
import { DAY } from './grid.js';
import { type RecurringWindow, recurrenceOf } from './recurring.js';

/** A day of the week as `Date` numbers them: 0 is Sunday, 6 Saturday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A day on which people and jobs do as on another day of the week. */
export type LikeDay =
  /** One date of civil time, `YYYY-MM-DD`: a holiday is like a Sunday (0). */
  | { readonly date: string; readonly weekday: Weekday; readonly name?: string }
  /** The same day of every month: 1 to 31, or from its end, -1 being the last; months that have no such day are passed over. */
  | { readonly dayOfMonth: number; readonly weekday: Weekday; readonly name?: string };

/** What is known of days and hours beforehand. Dates and times are those of each series' own time zone. */
export interface Calendar {
  /** Of two entries for one date the later counts; a date counts before a day of the month. */
  readonly like?: readonly LikeDay[];
  /** Recurring maintenance: not learned from, and not judged. */
  readonly exclude?: readonly RecurringWindow[];
}

const MONDAY_FIRST = [6, 0, 1, 2, 3, 4, 5] as const;

/**
 * A calendar, checked; `undefined` of one without entries.
 * @throws InputError that names the entry
 */
export function civilDays(calendar: Calendar, name = 'calendar'): CivilDays | undefined {
  if (typeof calendar !== 'object' || calendar === null || Array.isArray(calendar)) {
    throw new InputError(`${name} must be an object with like and exclude, got ${shown(calendar)}`);
  }
  const unknown = Object.keys(calendar).find((field) => field !== 'like' && field !== 'exclude');
  if (unknown !== undefined) throw new InputError(`${name} has like and exclude, not ${unknown}`);
  const dates = new Map<number, number>();
  const months = new Map<number, number>();
  for (const [i, day] of listed(calendar.like, `${name}.like`).entries()) {
    const at = `${name}.like[${i}]`;
    const weekday = MONDAY_FIRST[checkInteger(day.weekday, `${at}.weekday`, 0, 6)];
    if ('date' in day) dates.set(civilDay(day.date, `${at}.date`), weekday);
    else months.set(dayOfMonth(day.dayOfMonth, `${at}.dayOfMonth`), weekday);
  }
  const windows = listed(calendar.exclude, `${name}.exclude`).map((one, i) =>
    recurrenceOf(one, `${name}.exclude[${i}]`),
  );
  return dates.size + months.size + windows.length === 0 ? undefined : { dates, months, windows };
}

/** A calendar as it is. @throws InputError that names the entry that cannot be */
export function checkCalendar(calendar: Calendar, name: string): Calendar {
  civilDays(calendar, name);
  return calendar;
}

function listed<T extends object>(list: readonly T[] | undefined, name: string): readonly T[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new InputError(`${name} must be an array, got ${shown(list)}`);
  for (const [i, one] of list.entries()) {
    if (typeof one !== 'object' || one === null)
      throw new InputError(`${name}[${i}] must be an object, got ${shown(one)}`);
  }
  return list;
}

function dayOfMonth(value: unknown, name: string): number {
  const day = checkInteger(value, name, -31, 31);
  if (day === 0) throw new InputError(`${name} must be 1 to 31, or -1 to -31 from the month's end, got 0`);
  return day;
}

/** The days from 1970-01-01 to a date, `YYYY-MM-DD`. @throws InputError for one that the calendar does not have */
export function civilDay(date: unknown, name: string): number {
  const match = typeof date === 'string' ? /^(\d{4})-(\d\d)-(\d\d)$/.exec(date) : null;
  const time = match === null ? Number.NaN : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(`${date}T`)) return time / DAY;
  throw new InputError(`${name} must be a date such as '2026-12-25', got ${shown(date)}`);
}
