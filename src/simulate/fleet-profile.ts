import { DAY, HOUR, WEEK } from '../time/grid.js';
import type { WeekSlots } from '../time/week.js';
import type { Random } from './random.js';

/** How people's traffic runs through the week, in local hours. */
export interface OfficeHours {
  readonly begin: number;
  readonly end: number;
  /** How many hours morning and evening take. */
  readonly ramp: number;
  /** Depth of the dip at noon, as a share. */
  readonly lunch: number;
  /** Height of a second peak at nine in the evening. */
  readonly evening: number;
  /** What is left at night, as a share of the day. */
  readonly night: number;
  readonly saturday: number;
  readonly sunday: number;
  readonly friday: number;
}

export function drawOfficeHours(random: Random): OfficeHours {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const weekend = between(0.04, 0.7);
  return {
    begin: between(6.5, 9.7),
    end: between(16.3, 20.5),
    ramp: between(0.25, 0.9),
    lunch: between(0, 0.4),
    evening: random.uniform() < 0.3 ? between(0.1, 0.5) : 0,
    night: Math.exp(between(Math.log(0.006), Math.log(0.2))),
    saturday: weekend,
    sunday: weekend * between(0.7, 1.1),
    friday: between(0.75, 1),
  };
}

/** Share of the week's busiest slot, per slot of the local week. */
export function officeWeek(hours: OfficeHours, slots: WeekSlots): Float64Array {
  const week = new Float64Array(slots.perWeek);
  let highest = 0;
  for (let slot = 0; slot < week.length; slot++) {
    const time = (slot + 0.5) * slots.width;
    const day = Math.floor(time / DAY);
    const part = [1, 1, 1, 1, hours.friday, hours.saturday, hours.sunday][day];
    week[slot] = hours.night + (1 - hours.night) * part * bustle(hours, (time % DAY) / HOUR);
    highest = Math.max(highest, week[slot]);
  }
  return week.map((value) => value / highest);
}

function bustle({ begin, end, ramp, lunch, evening }: OfficeHours, hour: number): number {
  const day = 1 / ((1 + Math.exp((begin - hour) / ramp)) * (1 + Math.exp((hour - end) / ramp)));
  return day * (1 - lunch * bump(hour, 12.6, 0.6)) + evening * bump(hour, 21, 1.2);
}

function bump(hour: number, at: number, width: number): number {
  const z = (hour - at) / width;
  return Math.exp(-0.5 * z * z);
}

/** How a level moves over a grid: 1 where bucket `anchor` begins, e^wander up or down in a random walk of hourly steps, and growth. */
export function levelPath(
  random: Random,
  length: number,
  anchor: number,
  step: number,
  wanderPerDay: number,
  growthPerWeek: number,
): Float64Array {
  const perHour = Math.max(1, Math.round(HOUR / step));
  const hours = Math.ceil(length / perHour) + 1;
  const walk = new Float64Array(hours + 1);
  for (let hour = 1; hour <= hours; hour++)
    walk[hour] = walk[hour - 1] + (wanderPerDay / Math.sqrt(24)) * random.normal();
  const path = new Float64Array(length);
  const growth = (Math.log(1 + growthPerWeek) * step) / WEEK;
  const at = (bucket: number) => {
    const hour = Math.floor(bucket / perHour);
    const part = bucket / perHour - hour;
    return walk[hour] * (1 - part) + walk[hour + 1] * part + growth * bucket;
  };
  const origin = at(Math.min(anchor, length - 1));
  for (let i = 0; i < length; i++) path[i] = Math.exp(at(i) - origin);
  return path;
}
