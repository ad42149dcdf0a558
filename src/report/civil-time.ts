import { DAY, HOUR, MINUTE, SECOND } from '../time/grid.js';
import { offsetAt, zoneOffsets } from '../time/zone.js';

/** A clock change this near makes a time of day doubtful: it may come twice. */
const NEAR = 3 * HOUR;

/**
 * A moment on the clock of a zone, `2026-06-02 16:10`; with seconds when it has some, and with its offset,
 * `2026-10-25 02:30+01:00`, near a clock change, where the same time of day may come twice.
 */
export function civilTime(time: number, zone: string): string {
  return `${dateOf(time, zone)} ${clockOf(time, zone, nearChange(time, time, zone))}`;
}

/** `[from, to)` on the clock of a zone: `2026-06-02 16:10–16:25`, or `2026-06-02 22:00 – 2026-06-03 02:00`. */
export function civilRange(from: number, to: number, zone: string): string {
  const [begin, end] = civilEnds(from, to, zone);
  return `${begin}${/^[\d:]+$/.test(end) ? '–' : ' – '}${end}`;
}

/** Both ends of `[from, to)` on the clock of a zone; the second without its date where that is the first one's. */
export function civilEnds(from: number, to: number, zone: string): [from: string, to: string] {
  const changing = nearChange(from, to, zone);
  const begin = `${dateOf(from, zone)} ${clockOf(from, zone, changing)}`;
  const clock = clockOf(to, zone, changing);
  if (dateOf(from, zone) === dateOf(to, zone)) return [begin, clock];
  if (clock === '00:00' && dateOf(to - SECOND, zone) === dateOf(from, zone)) return [begin, '24:00'];
  return [begin, `${dateOf(to, zone)} ${clock}`];
}

function offset(time: number, zone: string): number {
  // Whole days, so that one table serves all the times of a report.
  const day = Math.floor(time / DAY) * DAY;
  return offsetAt(zoneOffsets(zone, day - DAY, day + 2 * DAY), time);
}

function nearChange(from: number, to: number, zone: string): boolean {
  if (zone === 'UTC') return false;
  return offset(from - NEAR, zone) !== offset(from + NEAR, zone) || offset(to - NEAR, zone) !== offset(to + NEAR, zone);
}

function dateOf(time: number, zone: string): string {
  return new Date(time + offset(time, zone)).toISOString().slice(0, -14);
}

function clockOf(time: number, zone: string, withOffset: boolean): string {
  const shift = offset(time, zone);
  const clock = new Date(time + shift).toISOString().slice(-13, -5);
  const shown = clock.endsWith(':00') ? clock.slice(0, 5) : clock;
  return withOffset ? `${shown}${offsetName(shift)}` : shown;
}

/** `+01:00`, `-05:30`. @param shift ms ahead of UTC */
export function offsetName(shift: number): string {
  const minutes = Math.abs(Math.round(shift / MINUTE));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${shift < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
