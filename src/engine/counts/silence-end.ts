import { gridEnd, type TimeGrid, WEEK } from '../../time/grid.js';
import { slotAt, weekSlots } from '../../time/week.js';
import { offsetAt, type ZoneOffsets } from '../../time/zone.js';
import { pausedBy } from '../calendar-days.js';
import { offsetsOver } from '../zone-candidates.js';
import { LEAST_MEAN, type RowModel } from './model.js';
import { silenceOf } from './silence.js';
import { shapeDoubtIn } from './track/young-hours.js';

/**
 * When buckets without a call from `start` on have added up to `needed` nats of evidence: the end of the bucket that
 * passes it, epoch ms; `null` where that takes more than a lifetime of weeks.
 * @param rate calls per bucket at shape 1
 */
export function silenceEnd(
  model: RowModel,
  rate: number,
  zone: ZoneOffsets,
  step: number,
  start: number,
  needed: number,
): number | null {
  const { profile, alpha, phi } = model;
  const slots = weekSlots(step);
  const doubt = shapeDoubtIn(model, step);
  const each = (slot: number) => {
    const mean = Math.max(rate * profile.shapeAt(slot), LEAST_MEAN);
    return silenceOf(mean, alpha[0] + profile.varianceAt(slot) + doubt + phi[0] / mean);
  };
  let perWeek = 0;
  for (let slot = 0; slot < slots.perWeek; slot++) perWeek += each(slot);
  const weeks = Math.max(0, Math.floor(needed / perWeek) - 1);
  if (!(weeks < MOST_WEEKS)) return null;
  // Whole weeks at once, but for the last two: daylight saving moves the rest by an hour at most. Days that are like others
  // and maintenance make weeks unlike, and put it off: with a calendar, the last two years are gone through.
  const skipped = zone.days === undefined ? weeks : Math.max(0, weeks - BY_DAYS);
  let left = needed - skipped * perWeek;
  const week = Math.max(WEEK, slots.perWeek * step);
  let time = start + skipped * week;
  const last = time + (zone.days === undefined ? 4 : 2 * (weeks - skipped) + 8) * week;
  const table = offsetsOver(zone, time, last + step);
  const isPaused = pausedBy(zone, step);
  for (; time < last; time += step) {
    if (isPaused?.(time) === true) continue;
    left -= each(slotAt(time, offsetAt(table, time), slots, zone.days));
    if (left < 0) return time + step;
  }
  return null;
}

/**
 * What is usual in the silence at the end of a history, in means of the week: of its own hours, not of any.
 * @param lastWeek slots of the history's last week; what was longer ago was like it
 */
export function silentExposure({ profile, silent, lastCall }: RowModel, grid: TimeGrid, lastWeek: Int32Array): number {
  const { length } = lastWeek;
  const span = Math.max(silent, Math.round((gridEnd(grid) - lastCall) / grid.step) - 1);
  const whole = Math.floor(span / length);
  const rest = span - whole * length;
  let exposure = 0;
  let recent = 0;
  for (let i = length - 1; i >= (whole > 0 ? 0 : length - rest); i--) {
    exposure += profile.shapeAt(lastWeek[i]);
    if (i === length - rest) recent = exposure;
  }
  // Which of its buckets were not observed is not known any more.
  return ((whole > 0 ? whole * exposure : 0) + recent) * (silent / span);
}

const BY_DAYS = 104;

const MOST_WEEKS = 52 * 80;
