import { checkOptions, checkRange, InputError, type OptionNames, shown } from '../errors.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { checkZone, offsetAt, zoneOffsets } from '../time/zone.js';

/**
 * A time at which nobody is notified: once, or again and again as CloudWatch's mute rules have it: `cron(0 2 * * SUN)` or
 * `at(2026-12-23T00:00)` and how long from there.
 */
export type MuteWindow =
  | { readonly from: number | Date; readonly to: number | Date }
  | {
      /** Minutes, hours, day of month, month, day of week; `*`, `-`, `,` and English names of months and days. */
      readonly schedule: string;
      /** Ms, from a minute to 15 days. */
      readonly duration: number;
      /** `UTC` by default. */
      readonly timeZone?: string;
    };

/** A recurring one: which minutes of civil time it begins at. */
interface Schedule {
  readonly begins: (local: Date) => boolean;
  readonly duration: number;
  readonly timeZone: string;
}

const LONGEST = 15 * DAY;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Times at which actions are held back; states go on. */
export class MuteWindows {
  readonly #ranges: readonly { readonly from: number; readonly to: number }[];
  readonly #schedules: readonly Schedule[];

  /** @throws InputError that names the window and its field */
  constructor(windows: readonly MuteWindow[], name = 'mute') {
    const given: unknown = windows;
    if (!Array.isArray(given)) throw new InputError(`${name} must be an array of windows, got ${shown(given)}`);
    const ranges: { from: number; to: number }[] = [];
    const schedules: Schedule[] = [];
    for (const [i, window] of windows.entries()) {
      const at = `${name}[${i}]`;
      if (typeof window !== 'object' || window === null) {
        throw new InputError(`${at} must be { from, to } or { schedule, duration }, got ${shown(window)}`);
      }
      if ('schedule' in window) schedules.push(scheduleOf(window, at));
      else {
        checkOptions(window, RANGE_NAMES, at);
        ranges.push(checkRange(window.from, window.to, `${at}.from/${at}.to`));
      }
    }
    this.#ranges = ranges;
    this.#schedules = schedules;
  }

  /** Whether a time lies in one of them; their ends do not. */
  has(time: number): boolean {
    return (
      this.#ranges.some(({ from, to }) => time >= from && time < to) ||
      this.#schedules.some((schedule) => isIn(schedule, time))
    );
  }
}

const RANGE_NAMES: OptionNames<{ from: unknown; to: unknown }> = { from: true, to: true };
const SCHEDULE_NAMES: OptionNames<{ schedule: unknown; duration: unknown; timeZone: unknown }> = {
  schedule: true,
  duration: true,
  timeZone: true,
};

/** Whether one began less than its duration ago, minute by minute back. */
function isIn({ begins, duration, timeZone }: Schedule, time: number): boolean {
  const table = zoneOffsets(timeZone, time - LONGEST - DAY, time + DAY);
  const first = Math.floor(time / MINUTE) * MINUTE;
  for (let at = first; at > time - duration; at -= MINUTE) {
    const offset = offsetAt(table, at);
    if (!begins(new Date(at + offset))) continue;
    // Where clocks go back, a time of day comes twice: the first of them begins it.
    const before = at - HOUR;
    if (offsetAt(table, before) - offset === HOUR) continue;
    return true;
  }
  return false;
}

function scheduleOf(window: Extract<MuteWindow, { schedule: unknown }>, at: string): Schedule {
  checkOptions(window, SCHEDULE_NAMES, at);
  const { schedule, duration, timeZone = 'UTC' } = window;
  if (typeof duration !== 'number' || !(duration >= MINUTE && duration <= LONGEST)) {
    throw new InputError(`${at}.duration must be from a minute to 15 days, in ms, got ${shown(duration)}`);
  }
  return { begins: beginsOf(schedule, `${at}.schedule`), duration, timeZone: checkZone(timeZone, `${at}.timeZone`) };
}

function beginsOf(schedule: unknown, at: string): Schedule['begins'] {
  const needed = `${at} must be such as cron(0 2 * * SUN) or at(2026-12-23T00:00)`;
  const once = typeof schedule === 'string' ? /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)$/.exec(schedule) : null;
  if (once !== null) {
    const time = Date.parse(`${once[1]}Z`);
    if (Number.isNaN(time)) throw new InputError(`${needed}, got ${shown(schedule)}`);
    return (local) => local.getTime() === time;
  }
  const fields =
    typeof schedule === 'string' ? /^cron\(([^()]*)\)$/.exec(schedule)?.[1].trim().split(/\s+/) : undefined;
  if (fields?.length !== 5) throw new InputError(`${needed}, got ${shown(schedule)}`);
  const [minutes, hours, days, months, weekdays] = [
    valuesIn(fields[0], 0, 59, [], at),
    valuesIn(fields[1], 0, 23, [], at),
    valuesIn(fields[2], 1, 31, [], at),
    valuesIn(fields[3], 1, 12, ['', ...MONTHS], at),
    valuesIn(fields[4], 0, 7, DAYS, at),
  ];
  // 7 is Sunday, too.
  if (weekdays.has(7)) weekdays.add(0);
  // As in cron: where both days are restricted, either will do.
  const isEither = fields[2] !== '*' && fields[4] !== '*';
  return (local) => {
    if (!minutes.has(local.getUTCMinutes()) || !hours.has(local.getUTCHours())) return false;
    if (!months.has(local.getUTCMonth() + 1)) return false;
    const [onDay, onWeekday] = [days.has(local.getUTCDate()), weekdays.has(local.getUTCDay())];
    return isEither ? onDay || onWeekday : onDay && onWeekday;
  };
}

/** `*`, `5`, `1-5`, `MON-FRI`, `0,30`. */
function valuesIn(field: string, least: number, most: number, names: readonly string[], at: string): Set<number> {
  const numberOf = (text: string): number => {
    const named = text === '' ? -1 : names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InputError(`${at} must have values from ${least} to ${most} there, got ${shown(field)}`);
  };
  const values = new Set<number>();
  for (const part of field === '*' ? [`${least}-${most}`] : field.split(',')) {
    const [from = '', to = from, ...more] = part.split('-');
    const [first, last] = [numberOf(from), numberOf(to)];
    if (more.length > 0 || first > last) throw new InputError(`${at} must have ranges that go up, got ${shown(field)}`);
    for (let value = first; value <= last; value++) values.add(value);
  }
  return values;
}
