import { WEEK } from '../../time/grid.js';
import { slotAt, weekSlots } from '../../time/week.js';
import { offsetAt, type ZoneOffsets } from '../../time/zone.js';
import { offsetsOver } from '../zone-candidates.js';
import { LEAST_MEAN, type RowModel } from './model.js';
import { silenceOf } from './silence.js';

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
  const each = (slot: number) => {
    const mean = Math.max(rate * profile.shapeAt(slot), LEAST_MEAN);
    return silenceOf(mean, alpha[0] + profile.varianceAt(slot) + phi[0] / mean);
  };
  let perWeek = 0;
  for (let slot = 0; slot < slots.perWeek; slot++) perWeek += each(slot);
  // Whole weeks at once, but for the last two: daylight saving moves the rest by an hour at most.
  const weeks = Math.max(0, Math.floor(needed / perWeek) - 1);
  if (!(weeks < MOST_WEEKS)) return null;
  let left = needed - weeks * perWeek;
  let time = start + weeks * Math.max(WEEK, slots.perWeek * step);
  const last = time + 4 * Math.max(WEEK, slots.perWeek * step);
  const table = offsetsOver(zone, time, last + step);
  for (; time < last; time += step) {
    left -= each(slotAt(time, offsetAt(table, time), slots));
    if (left < 0) return time + step;
  }
  return null;
}

const MOST_WEEKS = 52 * 80;
