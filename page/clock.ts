import { civilTime } from '../src/report/civil-time.js';
import { HOUR } from '../src/time/grid.js';
import { offsetAt, zoneOffsets } from '../src/time/zone.js';

const MONDAY = 96 * HOUR;
export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** `2026-06-02 16:10`, on a zone's clock. */
export function clockTime(time: number, zone: string): string {
  return civilTime(time, zone);
}

/** The hour of the week, 0 for Monday 00:00, on a zone's clock. */
export function hourOfWeek(time: number, zone: string): number {
  const local = (time + offsetAt(zoneOffsets(zone, time, time), time) - MONDAY) % (168 * HOUR);
  return Math.floor((local < 0 ? local + 168 * HOUR : local) / HOUR);
}
