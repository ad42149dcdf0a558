import { DAY, gridEnd, HOUR, MINUTE, SECOND, type TimeGrid } from './grid.js';

/** The method that Node's console and its prompt ask for what to print of an object; elsewhere nobody calls it. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

const UNITS: readonly [ms: number, name: string][] = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
  [SECOND, 's'],
];

/** When a grid begins and ends, and its step: `2026-05-04T00:00Z to 2026-06-01T00:00Z by 5 min`. */
export function gridText(grid: TimeGrid): string {
  return `${timeText(grid.start)} to ${timeText(gridEnd(grid))} by ${stepText(grid.step)}`;
}

/** A time in UTC, without seconds where it has none: `2026-05-04T00:00Z`. */
export function timeText(time: number): string {
  return Number.isFinite(time) ? new Date(time).toISOString().replace(/(?::00)?\.000Z$/, 'Z') : 'never';
}

/** A width of buckets in its largest whole unit: `5 min`. */
export function stepText(step: number): string {
  const [unit, name] = UNITS.find(([ms]) => step % ms === 0) ?? [1, 'ms'];
  return `${step / unit} ${name}`;
}

/** `1 series`, `2 zones`, `3,400 buckets`. */
export function countText(count: number, one: string, many: string): string {
  return `${String(count).replace(/\B(?=(\d{3})+$)/g, ',')} ${count === 1 ? one : many}`;
}
