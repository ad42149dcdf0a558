import { DAY } from './grid.js';

/** A recurring window, checked. Civil times are ms from 1970-01-01T00:00 of civil time. */
export interface Recurrence {
  readonly from: number;
  readonly to: number;
  /** One of both is 0. */
  readonly weeks: number;
  readonly months: number;
  /** Occurrences begin before it. */
  readonly until: number;
  readonly timeZone: string | undefined;
  /** Equal for equal windows. */
  readonly id: string;
}

/** A calendar as it is looked up: plain data, which a thread can be handed. */
export interface CivilDays {
  /** By civil day, counted from 1970-01-01: the weekday that it is like, from Monday, 0. */
  readonly dates: ReadonlyMap<number, number>;
  /** The same by day of the month, from its beginning (1 to 31) and its end (-1 to -31). */
  readonly months: ReadonlyMap<number, number>;
  readonly windows: readonly Recurrence[];
}

/** Two calendars as one: of two entries for one day the second's counts. */
export function joinedDays(first: CivilDays | undefined, second: CivilDays | undefined): CivilDays | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const known = new Set(first.windows.map(({ id }) => id));
  return {
    dates: new Map([...first.dates, ...second.dates]),
    months: new Map([...first.months, ...second.months]),
    windows: [...first.windows, ...second.windows.filter(({ id }) => !known.has(id))],
  };
}

/** What tells calendars apart: equal for those that mean the same. */
export function idOfDays(days: CivilDays | undefined): string {
  if (days === undefined) return '';
  const ordered = (map: ReadonlyMap<number, number>) => [...map].sort(([a], [b]) => a - b).join(' ');
  return [
    ordered(days.dates),
    ordered(days.months),
    days.windows
      .map(({ id }) => id)
      .sort()
      .join(' '),
  ].join(';');
}

/** The weekday, from Monday, 0, that a civil day is like; -1 where it is like itself. */
export function likeWeekday({ dates, months }: CivilDays, day: number): number {
  const date = dates.get(day);
  if (date !== undefined) return date;
  if (months.size === 0) return -1;
  const at = new Date(day * DAY);
  const length = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  return months.get(at.getUTCDate()) ?? months.get(at.getUTCDate() - length - 1) ?? -1;
}
