import { DAY, HOUR, MINUTE, WEEK } from '../../time/grid.js';
import { offsetAt, zoneOffsets } from '../../time/zone.js';

export interface Tick {
  readonly at: number;
  readonly label: string;
}

const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2].map((n) => n * DAY),
  ...[1, 2, 4, 13, 26, 52].map((n) => n * WEEK),
];

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/**
 * Round moments of a zone's clock in `[from, to]`, at most `most` of them: `Tue 2 Jun` at a midnight, `06:00` otherwise.
 * Across a clock change they stay on the hours that the clock shows.
 */
export function timeTicks(from: number, to: number, zone: string, most: number): Tick[] {
  const step = STEPS.find((step) => (to - from) / step <= most) ?? Math.ceil((to - from) / most / WEEK) * WEEK;
  const table = zoneOffsets(zone, from - DAY, to + DAY);
  const ticks: Tick[] = [];
  // In local time, where days are of equal length; weeks begin on Mondays.
  const origin = step >= WEEK ? 4 * DAY : 0;
  const begin = from + offsetAt(table, from);
  for (let local = Math.ceil((begin - origin) / step) * step + origin; ; local += step) {
    // The offset that is in force at the moment that shows this local time.
    const guess = local - offsetAt(table, Math.min(Math.max(local, from - DAY), to + DAY));
    const at = local - offsetAt(table, Math.min(Math.max(guess, from - DAY), to + DAY));
    if (at > to) return ticks;
    // An hour that a clock change leaves out has no moment of its own.
    if (at < from || at + offsetAt(table, at) !== local) continue;
    ticks.push({ at, label: labelOf(local) });
  }
}

function labelOf(local: number): string {
  const date = new Date(local);
  if (local % DAY === 0) return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  return date.toISOString().slice(11, 16);
}

/** Round numbers from 0 up to at least `most`: 1, 2 or 5 times a power of ten apart, about `count` of them. */
export function valueTicks(most: number, count: number, whole = true): number[] {
  const reach = Math.max(most, whole ? 1 : Number.MIN_VALUE * 1e10);
  const raw = reach / count;
  let unit = 1;
  while (unit > raw) unit /= 10;
  while (unit * 10 <= raw) unit *= 10;
  const fitted = [1, 2, 5, 10].find((times) => times * unit >= raw) ?? 10;
  const step = whole ? Math.max(1, fitted * unit) : fitted * unit;
  const ticks = [0];
  while ((ticks.at(-1) ?? 0) < reach) ticks.push(ticks.length * step);
  return ticks;
}

/** A number on an axis: `0`, `250`, `1.5k`, `20k`, `3M`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  for (const [unit, name] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (size >= unit) return `${trimmed(value / unit)}${name}`;
  }
  return trimmed(value);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}
