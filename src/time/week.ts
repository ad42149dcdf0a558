import { type CivilDays, likeWeekday } from './civil-days.js';
import { DAY, HOUR, MINUTE, type TimeGrid, WEEK } from './grid.js';
import { offsetAt, type ZoneOffsets, zoneOffsets } from './zone.js';

/** 1970-01-05T00:00 was a Monday; weeks begin there, as ISO 8601 has it. */
const MONDAY = 4 * DAY;

/** The local week cut into slots of equal width: slot 0 begins Monday 00:00 of the civil time of a zone. */
export interface WeekSlots {
  /** Width of a slot in ms: the step where that divides a day, and 5 minutes at least. */
  readonly width: number;
  readonly perDay: number;
  /** 7 · perDay. */
  readonly perWeek: number;
}

/**
 * The slots in which buckets of `step` ms are told apart. Finer than five minutes a weekly profile would have more slots
 * than a history of some weeks can fill; a step that does not divide the day falls into slots by where its bucket begins.
 */
export function weekSlots(step: number): WeekSlots {
  const width =
    step <= 5 * MINUTE ? 5 * MINUTE : DAY % step === 0 ? step : step < HOUR ? 5 * MINUTE : step < DAY ? HOUR : DAY;
  return { width, perDay: DAY / width, perWeek: WEEK / width };
}

/** The slot of one time, given the zone's offset there: on a day that is like another weekday, that one's. */
export function slotAt(time: number, offset: number, slots: WeekSlots, days?: CivilDays): number {
  if (days !== undefined) {
    const day = Math.floor((time + offset) / DAY);
    const like = likeWeekday(days, day);
    if (like >= 0) return like * slots.perDay + Math.floor((time + offset - day * DAY) / slots.width);
  }
  return Math.floor(intoWeek(time + offset) / slots.width);
}

/** Milliseconds since Monday 00:00. @param local civil time, as if it were UTC */
function intoWeek(local: number): number {
  const since = (local - MONDAY) % WEEK;
  return since < 0 ? since + WEEK : since;
}

/**
 * The week slot in which each bucket of a grid begins, in the civil time of `zone`. An hour that a clock change repeats
 * has its slots twice, one that is left out has none.
 */
export function slotsOf(grid: TimeGrid, zone: string, slots: WeekSlots): Int32Array {
  return slotsBy(grid, zoneOffsets(zone, grid.start, grid.start + grid.length * grid.step), slots);
}

/** The same by a table of offsets, which covers the grid. */
export function slotsBy(
  grid: TimeGrid,
  table: Pick<ZoneOffsets, 'times' | 'offsets' | 'days'>,
  slots: WeekSlots,
): Int32Array {
  const found = new Int32Array(grid.length);
  if (grid.length === 0) return found;
  let next = 0;
  let offset = offsetAt(table, grid.start);
  while (next < table.times.length && table.times[next] <= grid.start) next++;
  // Whole milliseconds add up exactly, and a remainder of doubles is a call out of the engine: 40 ns a bucket (Node 20), of
  // which a zone has fifteen candidates.
  let since = intoWeek(grid.start + offset);
  for (let i = 0; i < grid.length; i++) {
    const time = grid.start + i * grid.step;
    if (next < table.times.length && table.times[next] <= time) {
      while (next < table.times.length && table.times[next] <= time) offset = table.offsets[next++];
      since = intoWeek(time + offset);
    }
    found[i] = table.days === undefined ? Math.floor(since / slots.width) : slotAt(time, offset, slots, table.days);
    since += grid.step;
    if (since >= WEEK) since %= WEEK;
  }
  return found;
}
