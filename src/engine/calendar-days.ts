import type { SeriesKey } from '../series/key.js';
import { type Calendar, civilDays } from '../time/calendar.js';
import { type CivilDays, idOfDays, joinedDays } from '../time/civil-days.js';
import type { TimeGrid } from '../time/grid.js';
import { isWithin } from '../time/recurring.js';
import type { ZoneOffsets } from '../time/zone.js';
import type { Exceptions } from './types.js';
import { offsetsOver } from './zone-candidates.js';

/** A calendar for all keys, or one for each. */
export type Calendars = Calendar | ((key: SeriesKey) => Calendar | undefined);

/** Looks up the days of a key, or those for all; equal calendars are one object. @throws InputError for one that cannot be */
export function daysChooser(calendar: Calendars | undefined): (key?: SeriesKey) => CivilDays | undefined {
  if (typeof calendar !== 'function') {
    const days = calendar === undefined ? undefined : civilDays(calendar);
    return () => days;
  }
  const read = new Map<Calendar, CivilDays | undefined>();
  const alike = new Map<string, CivilDays | undefined>();
  return (key) => {
    const own = key === undefined ? undefined : calendar(key);
    if (own === undefined) return undefined;
    if (!read.has(own)) {
      const days = civilDays(own, 'calendar(key)');
      const id = idOfDays(days);
      if (!alike.has(id)) alike.set(id, days);
      read.set(own, alike.get(id));
    }
    return read.get(own);
  };
}

/** Joins calendars; the same two are joined once. */
export function daysJoiner(): (first: CivilDays | undefined, second: CivilDays | undefined) => CivilDays | undefined {
  const joined = new Map<CivilDays | undefined, Map<CivilDays | undefined, CivilDays | undefined>>();
  return (first, second) => {
    let bySecond = joined.get(first);
    if (bySecond === undefined) {
      bySecond = new Map();
      joined.set(first, bySecond);
    }
    if (!bySecond.has(second)) {
      const both = joinedDays(first, second);
      // What adds nothing leaves what was there.
      bySecond.set(second, idOfDays(both) === idOfDays(first) ? first : both);
    }
    return bySecond.get(second);
  };
}

/** Buckets that may be learned from, without those that a recurring window of the zone's calendar touches. */
export function outsideWindows(grid: TimeGrid, zone: ZoneOffsets, allowed: Uint8Array): Uint8Array {
  const { start, step, length } = grid;
  const isPaused = pausedBy(zone, step);
  if (isPaused === undefined) return allowed;
  const found = allowed.slice();
  for (let i = 0; i < length; i++) if (found[i] !== 0 && isPaused(start + i * step)) found[i] = 0;
  return found;
}

/** Whether a bucket that begins at a time lies in recurring maintenance; nothing where there is none. */
export function pausedBy(zone: ZoneOffsets, step: number): ((time: number) => boolean) | undefined {
  const windows = zone.days?.windows ?? [];
  if (windows.length === 0) return undefined;
  return (time) => {
    const table = offsetsOver(zone, time - AROUND, time + step + AROUND);
    return windows.some((window) => isWithin(window, time, time + step, table));
  };
}

const AROUND = 3 * 86_400_000;

/** What is excepted of a row, with the maintenance of its calendar. */
export function withPauses(own: Exceptions | undefined, zone: ZoneOffsets, step: number): Exceptions | undefined {
  const paused = pausedBy(zone, step);
  if (paused === undefined) return own;
  return { expected: (time) => own?.expected(time) ?? false, retired: (time) => own?.retired(time) ?? false, paused };
}
