import type { Dispersion } from './dispersion.js';
import { clearTier, type Shrinkage, type Tier } from './shrinkage.js';

/** Relative variance granted to a day of the week that the history has not seen: such a day may well be half or double. */
const UNSEEN_DAY = 0.2;
/** The same of working days, or of week ends, to a history that holds none: people may well be ten times as busy, or not there. */
const UNSEEN_KIND = 2;
/** Days of the week from Monday on that are not its end. */
const WORKING_DAYS = 5;
/** Occurrences from which on a day of the week has shown how it scatters itself. */
const SEEN_TWICE = 2;

/** 0 for a working day, 1 for one of a week end. */
function kindOf(day: number): number {
  return day < WORKING_DAYS ? 0 : 1;
}

/** Added for a Saturday or Sunday that was seen once at most: the next may be like it, or like a working day, or neither. */
const FIRST_WEEKEND = 0.05;

/** What the days of a week are shrunk by. */
export interface DayTiers {
  /** Of a day. */
  readonly hours: number;
  /** Shrunk before. */
  readonly hourOfDay: Tier;
  readonly dayOfWeek: Tier;
  /** Working days, and those of week ends. */
  readonly kindOfDay: Tier;
  /** What the hours of the week hold. */
  readonly hourOfWeek: Tier;
}

/** The days of the week, cleared before, by what their hours hold. */
export function shrinkDays(tiers: DayTiers, hourly: Dispersion, shrinkage: Shrinkage): void {
  const { hours, hourOfDay, dayOfWeek: day, kindOfDay } = tiers;
  const { calls, expected, n } = tiers.hourOfWeek;
  let least = n[0];
  for (let d = 0, h = 0; d < 7; d++) {
    day.n[d] = n[h];
    for (let hour = 0; hour < hours; hour++, h++) {
      day.calls[d] += calls[h];
      day.expected[d] += expected[h] * hourOfDay.ratio[hour];
      if (n[h] < least) least = n[h];
    }
  }
  const isNew = least < SEEN_TWICE;
  if (isNew) drawToKinds(tiers, hourly, shrinkage);
  shrinkage.shrink(day, hourly, { unseen: UNSEEN_DAY });
  if (!isNew) return;
  const { ratio, variance } = kindOfDay;
  for (let d = 0; d < 7; d++) {
    const k = kindOf(d);
    day.ratio[d] *= ratio[k];
    day.variance[d] += day.own[d] * day.own[d] * variance[k];
    if (k === 1 && n[d * hours] < SEEN_TWICE) day.variance[d] += FIRST_WEEKEND;
  }
  for (let k = 0; k < 2; k++) {
    const from = k * WORKING_DAYS;
    const to = k === 0 ? WORKING_DAYS : 7;
    let seen = 0;
    for (let h = from * hours; h < to * hours; h++) if (n[h] > 0) seen++;
    if (2 * seen < hours) day.variance.fill(UNSEEN_KIND, from, to);
  }
}

/**
 * Of days that were seen once at most, what is common to working days, and to those of week ends: one of a kind says what the
 * rest of it are. Their hours scatter apart from one another, and are as many witnesses as that makes of each day: taken for
 * one, a week end was a part of the scatter, which with every round left less of the week (a key of eight days, by its third
 * round, had half as many calls on a Saturday as on a working day in place of a twentieth).
 */
function drawToKinds(tiers: DayTiers, hourly: Dispersion, shrinkage: Shrinkage): void {
  const { hours, hourOfDay, dayOfWeek: day, kindOfDay: kind } = tiers;
  const { expected, n } = tiers.hourOfWeek;
  clearTier(kind);
  for (let d = 0, h = 0; d < 7; d++) {
    let squares = 0;
    for (let hour = 0; hour < hours; hour++, h++) {
      const m = expected[h] * hourOfDay.ratio[hour];
      if (n[h] > 0) squares += (m * m) / n[h];
    }
    day.n[d] = squares > 0 ? (day.expected[d] * day.expected[d]) / squares : 0;
    const k = kindOf(d);
    kind.calls[k] += day.calls[d];
    kind.expected[k] += day.expected[d];
    kind.n[k] += squares;
  }
  for (let k = 0; k < 2; k++) if (kind.n[k] > 0) kind.n[k] = (kind.expected[k] * kind.expected[k]) / kind.n[k];
  shrinkage.shrink(kind, hourly);
  for (let d = 0; d < 7; d++) day.expected[d] *= kind.ratio[kindOf(d)];
}
