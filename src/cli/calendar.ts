import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.js';
import { holidayPlace, holidays } from '../node/holidays.js';
import { type Calendar, checkCalendar } from '../time/calendar.js';
import { DAY } from '../time/grid.js';
import type { Arguments } from './flags.js';
import { parsePath } from './values.js';

export const CALENDAR_FLAGS = { holidays: 'string', calendar: 'string' } as const;

/** Holidays are listed so long before a history and after it: a baseline is kept for later. */
const BEFORE = 40 * DAY;
const AFTER = 2 * 366 * DAY;

/** What a command is told of its calendar. */
export interface CalendarFlags {
  /** Path of a JSON file. */
  readonly calendar: string | undefined;
  readonly holidays: ReturnType<typeof holidayPlace> | undefined;
}

export function calendarFlags(given: Arguments<keyof typeof CALENDAR_FLAGS>): CalendarFlags {
  return { calendar: given.read('calendar', parsePath), holidays: given.read('holidays', holidayPlace) };
}

/** The calendar that a command's flags ask for, over a time range, epoch ms. */
export type CalendarOver = (from: number, to: number) => Promise<Calendar | undefined>;

/**
 * Reads the file of --calendar, and looks up the place of --holidays. What is in the file counts before what is listed.
 * @throws InputError for a file that holds no calendar, or a place that is not known
 */
export async function openCalendar({ calendar: path, holidays: place }: CalendarFlags): Promise<CalendarOver> {
  const own = path === undefined ? undefined : await calendarIn(path);
  if (place === undefined) return async () => own;
  // A mistake in it is said before logs are read.
  await holidaysAround(place, 0, 0, '--holidays');
  return async (from, to) => {
    const listed = await holidaysAround(place, from, to, '--holidays');
    return { ...own, like: [...listed, ...(own?.like ?? [])] };
  };
}

/**
 * The holidays of a place around a time range, epoch ms, and two years on.
 * @param name where the place was given
 * @throws InputError that begins with `name`
 */
export async function holidaysAround(
  place: ReturnType<typeof holidayPlace>,
  from: number,
  to: number,
  name: string,
): Promise<NonNullable<Calendar['like']>> {
  const dateOf = (time: number) => new Date(time).toISOString().slice(0, 10);
  try {
    return await holidays({ ...place, from: dateOf(from - BEFORE), to: dateOf(to + AFTER) });
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${name}: ${error.message}`) : error;
  }
}

async function calendarIn(path: string): Promise<Calendar> {
  const name = JSON.stringify(path);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`--calendar ${name} cannot be read: ${error.code ?? error.message}`);
  });
  let calendar: Calendar;
  try {
    calendar = JSON.parse(text);
  } catch (error) {
    throw new InputError(`--calendar ${name} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  return checkCalendar(calendar, `--calendar ${name}: calendar`);
}
