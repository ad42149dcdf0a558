import { HOUR } from '../../time/grid.js';
import { offsetAt, zoneOffsets } from '../../time/zone.js';
import { civilTime } from '../civil-time.js';

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
