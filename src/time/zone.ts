import { InputError, shown } from '../errors.js';
import type { CivilDays } from './civil-days.js';
import { DAY, HOUR, MINUTE, MOST_TIME, SECOND } from './grid.js';

/**
 * A zone's UTC offsets over a stretch of time: from `times[i]` on, local time is UTC + `offsets[i]`. `times[0]` is where
 * the stretch begins. All in milliseconds.
 */
export interface ZoneOffsets {
  readonly zone: string;
  readonly from: number;
  readonly to: number;
  readonly times: Float64Array;
  readonly offsets: Float64Array;
  /** The calendar that goes with it, where there is one. */
  readonly days?: CivilDays | undefined;
}

const NEAR = 366 * DAY;

const formats = new Map<string, Intl.DateTimeFormat>();
const known = new Map<string, ZoneOffsets>();

/** `+05:30`, `-0500`, `UTC+5`, `UTC-03:00`. */
const OFFSET = /^(?:(?:UTC)?([+-])([01]\d|2[0-3])(?::?([0-5]\d))?|UTC([+-])(\d))$/;

/**
 * The offset that a zone's name states, in ms: `+05:30`, `-05:00`, `UTC+05:30`, `UTC-3`, and `UTC` itself; `undefined` of
 * any other name. Read here, not by `Intl`: Node 20 refuses offsets, and later versions read some ways to write them.
 */
export function statedOffset(zone: string): number | undefined {
  if (zone === 'UTC') return 0;
  const match = OFFSET.exec(zone);
  if (match === null) return undefined;
  const [, sign = match[4], hours = match[5], minutes = '0'] = match;
  // Not -0, which no table of numbers should hold.
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE) || 0;
}

/**
 * `zone` as it is when it is an IANA time zone that the platform knows, or a UTC offset (see {@link statedOffset}).
 * @throws InputError otherwise
 */
export function checkZone(zone: unknown, name = 'timeZone'): string {
  if (typeof zone === 'string' && zone !== '') {
    if (statedOffset(zone) !== undefined) return zone;
    try {
      formatOf(zone);
      return zone;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new InputError(
    `${name} must be an IANA time zone such as 'Europe/Berlin' or 'UTC', or an offset such as '+05:30', got ${shown(zone)}`,
  );
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
    formats.set(zone, format);
  }
  return format;
}

/** UTC offset of a zone at one time, in ms, by `Intl`: about 1.5 µs, so used for probes only. */
function probe(zone: string, time: number): number {
  const whole = Math.floor(time / SECOND) * SECOND;
  const part: Record<string, number> = { __proto__: null } as never;
  let bc = false;
  for (const { type, value } of formatOf(zone).formatToParts(whole)) {
    if (type === 'era') bc = value.startsWith('B');
    else if (type !== 'literal') part[type] = Number(value);
  }
  const date = new Date(0);
  date.setUTCFullYear(bc ? 1 - part['year'] : part['year'], part['month'] - 1, part['day']);
  date.setUTCHours(part['hour'], part['minute'], part['second']);
  return date.getTime() - whole;
}

/**
 * The offsets of `zone` over `[from, to]`: daily probes and a bisection to the minute between two that differ, remembered
 * per zone. A zone that changes twice within a day (none does) would be seen once.
 * @throws InputError when the zone is unknown
 */
export function zoneOffsets(zone: string, from: number, to: number): ZoneOffsets {
  const cached = known.get(zone);
  if (cached !== undefined && cached.from <= from && cached.to >= to) return cached;
  checkZone(zone);
  const stated = statedOffset(zone);
  if (stated !== undefined) {
    const always = {
      zone,
      from: -MOST_TIME,
      to: MOST_TIME,
      times: Float64Array.of(-MOST_TIME),
      offsets: Float64Array.of(stated),
    };
    known.set(zone, always);
    return always;
  }
  // What is near what is known extends it; a far time starts anew, or one question about the year 3000 would cost the
  // 350,000 probes to there.
  const near = cached !== undefined && from < cached.to + NEAR && to > cached.from - NEAR ? cached : undefined;
  const begin = Math.min(from, near?.from ?? from);
  const end = Math.max(to, near?.to ?? to);
  const times = [begin];
  const offsets = [probe(zone, begin)];
  for (let time = begin; time < end; time += DAY) {
    const next = Math.min(time + DAY, end);
    const after = probe(zone, next);
    if (after === offsets.at(-1)) continue;
    let low = time;
    let high = next;
    // Transitions fall on whole minutes of UTC (on whole seconds before 1972).
    const unit = time < 0 ? SECOND : MINUTE;
    while (high - low > unit) {
      const middle = Math.max(low + 1, Math.floor((low + high) / 2 / unit) * unit);
      if (middle >= high) break;
      if (probe(zone, middle) === offsets.at(-1)) low = middle;
      else high = middle;
    }
    times.push(Math.floor(high / unit) * unit);
    offsets.push(after);
  }
  const found = { zone, from: begin, to: end, times: Float64Array.from(times), offsets: Float64Array.from(offsets) };
  known.set(zone, found);
  return found;
}

/** When a day begins in a zone; where its midnight is left out, with the first moment after it. @param day its midnight as if in UTC */
export function startOfDay(day: number, zone: string): number {
  const { from, times, offsets } = zoneOffsets(zone, day - 2 * DAY, day + 2 * DAY);
  const first = day - 2 * DAY;
  let earliest = Number.POSITIVE_INFINITY;
  for (const [i, offset] of offsets.entries()) {
    const begin = Math.max(i === 0 ? from : times[i], first, day - offset);
    if (begin < (times[i + 1] ?? Number.POSITIVE_INFINITY)) earliest = Math.min(earliest, begin);
  }
  return earliest;
}

/** The same time of day so many days before, by the calendar of a zone: a day may have 23 or 25 hours. */
export function daysBefore(time: number, days: number, zone: string): number {
  const then = time - days * DAY;
  const table = zoneOffsets(zone, then - DAY, time);
  const local = time + offsetAt(table, time) - days * DAY;
  const before = local - offsetAt(table, then - DAY);
  const after = local - offsetAt(table, before);
  // Where the time of day is left out: by the offset before the change.
  return offsetAt(table, after) === offsetAt(table, before) ? after : before;
}

/** The UTC offset at `time`, by bisection; `time` must lie in the table's stretch. */
export function offsetAt(table: Pick<ZoneOffsets, 'times' | 'offsets'>, time: number): number {
  let low = 0;
  let high = table.times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (table.times[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return table.offsets[low];
}
