import { DAY, WEEK } from '../time/grid.js';
import { offsetAt, type ZoneOffsets, zoneOffsets } from '../time/zone.js';

/** 1970-01-05T00:00 was a Monday; weeks begin there. */
const MONDAY = 4 * DAY;

/** The beginning of the period of a wall clock that contains `time`, epoch ms: of the local minute, hour, day or week. */
export function periodStart(time: number, period: number, timeZone: string): number {
  const table = zoneOffsets(timeZone, time - 2 * WEEK, time + 2 * WEEK);
  const offset = offsetAt(table, time);
  const phase = period === WEEK ? MONDAY : 0;
  const local = Math.floor((time + offset - phase) / period) * period + phase;
  const start = local - offset;
  const change = lastChange(table, start, time);
  if (change === undefined) return start;
  // A day or a week on which the clocks change is shorter or longer; an hour that is repeated is one by itself.
  return period >= DAY ? local - offsetAt(table, start) : Math.max(start, change);
}

/** The starts of the last `count` whole periods that ended by `time`, oldest first, and where the last one ends. */
export function wholePeriods(time: number, period: number, timeZone: string, count: number): number[] {
  const edges = [periodStart(time, period, timeZone)];
  while (edges.length <= count) edges.unshift(periodStart(edges[0] - 1, period, timeZone));
  return edges;
}

/** The last change of offset in `(from, to]`. */
function lastChange({ times }: ZoneOffsets, from: number, to: number): number | undefined {
  let found: number | undefined;
  for (let i = 1; i < times.length; i++) if (times[i] > from && times[i] <= to) found = times[i];
  return found;
}
