import { parseISO } from 'date-fns/parseISO';
import { InputError, shown } from '../errors.js';
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '../time/grid.js';
import { daysBefore, startOfDay } from '../time/zone.js';

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: WEEK };

/** A day has 24 hours here, also where the clocks change; see {@link lengthBefore}. */
export function parseDuration(text: string, flag: string): number {
  const match = /^([1-9]\d{0,5})([smhdw])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new InputError(`${flag} must be a length of time such as 90s, 5m, 1h, 1d or 2w, got ${shown(text)}`);
  }
  return Number(match[1]) * unit;
}

/** So much before a time: whole days and weeks (`1d`, `2w`) by the calendar of the zone, other lengths by the hour. */
export function lengthBefore(time: number, length: number, text: string | undefined, zone: string): number {
  return text === undefined || /[dw]$/.test(text) ? daysBefore(time, length / DAY, zone) : time - length;
}

/** Extended ISO 8601: a date, or a date and a time with or without seconds, a fraction of up to 3 digits, and a zone. */
const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Epoch milliseconds. A date alone is where that day begins in `zone`, a time without a zone is UTC: the machine's zone
 * plays no part.
 */
export function parseTime(text: string, flag: string, zone = 'UTC'): number {
  const match = ISO_TIME.exec(text);
  if (match !== null) {
    const zoned = match[1] !== undefined ? text : text.includes('T') ? `${text}Z` : `${text}T00:00Z`;
    const time = parseISO(zoned).getTime();
    if (!Number.isNaN(time)) return text.includes('T') ? time : startOfDay(time, zone);
  }
  throw new InputError(
    `${flag} must be an ISO 8601 time such as 2024-03-05, 2024-03-05T14:30Z or 2024-03-05T14:30+01:00, got ${shown(text)}`,
  );
}

/** A number above 0. */
export function parseBudget(text: string, flag: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1e6) return value;
  throw new InputError(`${flag} must be a number of false alarms a week above 0, such as 1 or 0.1, got ${shown(text)}`);
}

/** Where something is to be written, or read from. */
export function parsePath(text: string): string {
  return text;
}

/** A whole number from `least` to `most`. */
export function parseWhole(least: number, most: number): (text: string, flag: string) => number {
  return (text, flag) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InputError(`${flag} must be a whole number from ${least} to ${most}, got ${shown(text)}`);
  };
}
