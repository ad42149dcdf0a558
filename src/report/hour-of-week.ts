import { HOUR } from '../time/grid.js';
import { offsetAt, zoneOffsets } from '../time/zone.js';

const MONDAY = 96 * HOUR;

/** The hour of the week, 0 for Monday 00:00, in a zone's civil time. */
export function hourOfWeek(time: number, zone: string): number {
  const local = (time + offsetAt(zoneOffsets(zone, time, time), time) - MONDAY) % (168 * HOUR);
  return Math.floor((local < 0 ? local + 168 * HOUR : local) / HOUR);
}
