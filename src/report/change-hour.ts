import type { Anomaly } from '../engine/types.js';
import { HOUR } from '../time/grid.js';
import { zoneOffsets } from '../time/zone.js';
import { civilTime } from './civil-time.js';
import { duration } from './numbers.js';

/** A finding longer than this is not about the hour of a change. */
const SHORT = 6 * HOUR;

/**
 * A sentence on a finding in the hour that a change of daylight saving repeats, or within an hour after one that it leaves out: jobs due then may
 * have run once, twice, late or not at all. Empty of any other.
 */
export function changeHour({ from, to }: Pick<Anomaly, 'from' | 'to'>, timeZone: string): string {
  if (to - from > SHORT) return '';
  const { times, offsets } = zoneOffsets(timeZone, from - 4 * HOUR, to + 4 * HOUR);
  for (let i = 1; i < times.length; i++) {
    const by = offsets[i] - offsets[i - 1];
    const begin = by < 0 ? times[i] + by : times[i];
    const end = by < 0 ? times[i] - by : times[i] + Math.max(by, HOUR);
    if (to <= begin || from >= end) continue;
    const way = by < 0 ? 'back' : 'forward';
    return `Daylight saving changed in ${timeZone} at ${civilTime(times[i], timeZone)} (${way} by ${duration(Math.abs(by))}): jobs due in the hour that ${by < 0 ? 'came twice may have run once or twice' : 'was left out may have run late or not at all'}.`;
  }
  return '';
}
