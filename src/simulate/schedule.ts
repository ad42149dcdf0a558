import { DAY } from '../time/grid.js';
import { offsetAt, type ZoneOffsets } from '../time/zone.js';

/** When runs begin: every so many ms of UTC, or at times of day in the civil time of a zone. */
export type Schedule =
  | { readonly every: number; readonly phase: number }
  | {
      /** Local times of day, ms after midnight. */
      readonly at: readonly number[];
      /** Days of the week, Monday 0. */
      readonly days: ReadonlySet<number>;
      readonly zone: ZoneOffsets;
    };

/** The starts in `[from, to)`, epoch ms, ascending. */
export function startsIn(schedule: Schedule, from: number, to: number): number[] {
  const starts: number[] = [];
  if ('every' in schedule) {
    const { every, phase } = schedule;
    for (let at = Math.ceil((from - phase) / every) * every + phase; at < to; at += every) starts.push(at);
    return starts;
  }
  // No zone is further than 14 hours from UTC, so the local days of a UTC day are its own and its neighbours.
  for (let midnight = (Math.floor(from / DAY) - 1) * DAY; midnight < to + DAY; midnight += DAY) {
    // 1970-01-01 was a Thursday, 3 days after a Monday.
    if (!schedule.days.has((((midnight / DAY + 3) % 7) + 7) % 7)) continue;
    for (const at of schedule.at) {
      const start = utcOf(midnight + at, schedule.zone);
      if (start >= from && start < to) starts.push(start);
    }
  }
  return starts.sort((a, b) => a - b);
}

/**
 * The UTC time of a civil one (ms as if it were UTC). A time that a clock change repeats is its first occurrence; one
 * that it leaves out is moved on by the gap, so that a nightly run is late that night and not missed.
 */
function utcOf(civil: number, zone: ZoneOffsets): number {
  const before = civil - offsetAt(zone, civil - DAY);
  const after = civil - offsetAt(zone, civil + DAY);
  const real = [before, after].filter((time) => time + offsetAt(zone, time) === civil);
  return real.length > 0 ? Math.min(...real) : before;
}
