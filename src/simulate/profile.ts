import { DAY, HOUR } from '../time/grid.js';
import { slotAt, weekSlots } from '../time/week.js';
import { offsetAt, type ZoneOffsets } from '../time/zone.js';
import { CELL } from './process.js';

const SLOTS = weekSlots(CELL);
/** Calls at night, against those of the busiest hour of the day. */
const NIGHT = 0.02;

/**
 * How busy people are at `hour` (0–24, local) of a working day, against its busiest moment: a rise from eight, a dip at
 * half past twelve, a fall from half past five.
 */
function workingDay(hour: number): number {
  const rise = 1 / (1 + Math.exp((8.3 - hour) / 0.45));
  const fall = 1 / (1 + Math.exp((hour - 17.6) / 0.6));
  const lunch = (hour - 12.5) / 0.5;
  return NIGHT + (1 - NIGHT) * rise * fall * (1 - 0.35 * Math.exp(-0.5 * lunch * lunch));
}

/** The week of people's work, in slots of five minutes from Monday 00:00 local time. */
export interface WeekProfile {
  /** Share of the busiest moment, per slot. */
  readonly values: Float64Array;
  /** Sum of `values`: the week's calls where the busiest slot has one. */
  readonly total: number;
}

/** @param weekend how busy Saturday and Sunday are against a working day */
export function workingWeek(weekend: number): WeekProfile {
  const values = new Float64Array(SLOTS.perWeek);
  let total = 0;
  for (let slot = 0; slot < values.length; slot++) {
    const hour = (((slot + 0.5) * CELL) % DAY) / HOUR;
    values[slot] = workingDay(hour) * (slot >= 5 * SLOTS.perDay ? weekend : 1);
    total += values[slot];
  }
  return { values, total };
}

/** The profile in the cell that begins at `time`, in the civil time of the table's zone. */
export function profileAt(profile: WeekProfile, zone: ZoneOffsets, time: number): number {
  return profile.values[slotAt(time, offsetAt(zone, time), SLOTS)];
}
