import { checkInteger, InputError, shown } from '../errors.js';
import type { Recurrence } from './civil-days.js';
import { DAY, WEEK } from './grid.js';
import { checkZone, offsetAt, type ZoneOffsets, zoneOffsets } from './zone.js';

/** A stretch of civil time that comes back: the first occurrence, and how often. */
export interface RecurringWindow {
  /** The first occurrence, civil time without a zone: `2026-01-04T02:00`. */
  readonly from: string;
  readonly to: string;
  /**
   * Occurrence n is the first plus n weeks or months, so that the 31st is the last of shorter months and the 31st again
   * after them.
   */
  readonly every: 'week' | 'month' | { readonly weeks: number } | { readonly months: number };
  /** The last date on which one begins, `YYYY-MM-DD`; none by default. */
  readonly until?: string;
  /** Whose civil time it is; that of each series by default. */
  readonly timeZone?: string;
}

/** The longest window: one that is longer than it takes to come back would exclude everything. */
const SHORTEST_MONTH = 28 * DAY;

export function recurrenceOf(window: RecurringWindow, name: string): Recurrence {
  const from = civilTime(window.from, `${name}.from`);
  const to = civilTime(window.to, `${name}.to`);
  const { weeks, months } = distanceOf(window.every, `${name}.every`);
  const until =
    window.until === undefined ? Number.POSITIVE_INFINITY : civilTime(`${window.until}T00:00`, `${name}.until`) + DAY;
  const timeZone = window.timeZone === undefined ? undefined : checkZone(window.timeZone, `${name}.timeZone`);
  const least = weeks > 0 ? weeks * WEEK : months * SHORTEST_MONTH;
  if (!(from < to && to - from < least)) {
    throw new InputError(
      `${name} must end after it begins and before it comes back, got ${shown(window.from)} to ${shown(window.to)}`,
    );
  }
  return recurrence(from, to, weeks, months, until, timeZone);
}

/** The same of figures that were checked before. */
export function recurrence(
  from: number,
  to: number,
  weeks: number,
  months: number,
  until: number,
  timeZone: string | undefined,
): Recurrence {
  return { from, to, weeks, months, until, timeZone, id: [from, to, weeks, months, until, timeZone].join('/') };
}

function distanceOf(every: unknown, name: string): { weeks: number; months: number } {
  if (every === 'week') return { weeks: 1, months: 0 };
  if (every === 'month') return { weeks: 0, months: 1 };
  if (typeof every === 'object' && every !== null) {
    if ('weeks' in every) return { weeks: checkInteger(every.weeks, `${name}.weeks`, 1, 520), months: 0 };
    if ('months' in every) return { weeks: 0, months: checkInteger(every.months, `${name}.months`, 1, 120) };
  }
  throw new InputError(`${name} must be 'week', 'month', { weeks } or { months }, got ${shown(every)}`);
}

/** Civil time as ms from 1970-01-01T00:00 of civil time. */
function civilTime(text: unknown, name: string): number {
  const isTime = typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text);
  const time = isTime ? Date.parse(`${text}:00Z`) : Number.NaN;
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(`${text}:`)) return time;
  throw new InputError(`${name} must be civil time such as '2026-01-04T02:00', got ${shown(text)}`);
}

/**
 * Whether an occurrence touches `[from, to)`, epoch ms. Where clocks change within one: what begins or ends in the hour
 * that is missing does so as much later; in the hour that comes twice it begins with the first pass and ends with the second.
 * @param table offsets of the series' zone from two days before to two days after
 */
export function isWithin(
  window: Recurrence,
  from: number,
  to: number,
  table: Pick<ZoneOffsets, 'times' | 'offsets'>,
): boolean {
  const zone = window.timeZone === undefined ? table : zoneOffsets(window.timeZone, from - 2 * DAY, to + 2 * DAY);
  const local = from + offsetAt(zone, from);
  const length = window.to - window.from;
  // The last occurrence that begins no later than a day after, and those before it that may reach as far.
  for (let n = roundsTo(window, local + DAY); n >= 0; n--) {
    const begin = occurrence(window, n);
    if (begin + length + DAY < local) return false;
    if (begin >= window.until) continue;
    if (instantOf(begin, zone, 'first') < to && instantOf(begin + length, zone, 'last') > from) return true;
  }
  return false;
}

/** The greatest n whose occurrence may begin by a civil time; less than 0 before the first. */
function roundsTo({ from, weeks, months }: Recurrence, local: number): number {
  if (weeks > 0) return Math.floor((local - from) / (weeks * WEEK));
  const [a, b] = [new Date(from), new Date(local)];
  const apart = 12 * (b.getUTCFullYear() - a.getUTCFullYear()) + b.getUTCMonth() - a.getUTCMonth();
  return Math.floor(apart / months);
}

/** When occurrence n begins, civil time: the first plus n weeks or months, in shorter months on their last day. */
export function occurrence({ from, weeks, months }: Recurrence, n: number): number {
  if (weeks > 0) return from + n * weeks * WEEK;
  const first = new Date(from);
  const [year, month] = [first.getUTCFullYear(), first.getUTCMonth() + n * months];
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(first.getUTCDate(), length)) + (from % DAY);
}

/** The instant of a civil time: the first or last of an hour that comes twice; of one that is missing, as much later. */
function instantOf(civil: number, table: Pick<ZoneOffsets, 'times' | 'offsets'>, which: 'first' | 'last'): number {
  const before = offsetAt(table, civil - DAY);
  const after = offsetAt(table, civil + DAY);
  const hits = [civil - before, civil - after].filter((time) => time + offsetAt(table, time) === civil);
  if (hits.length === 0) return civil - before;
  return which === 'first' ? Math.min(...hits) : Math.max(...hits);
}
