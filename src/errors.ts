/** A caller's mistake: the message names the parameter, what was needed and what came. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Bytes that are no snapshot of this library, of another version of it, or damaged; the message says which. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** Shows a caller's value in a message: short, on one line, and never the whole of a large object. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

/** `value` as it is when it is an integer in [min, max]; throws {@link InputError} otherwise. */
export function checkInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InputError(`${name} must be an integer in [${min}, ${max}], got ${shown(value)}`);
}

/** `value` as it is when it is a finite number in [min, max]; throws {@link InputError} otherwise. */
export function checkNumber(value: unknown, name: string, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max && Number.isFinite(value)) return value;
  throw new InputError(`${name} must be a finite number in [${min}, ${max}], got ${shown(value)}`);
}

/** Epoch milliseconds of a `Date` or a finite number of them, whole; throws {@link InputError} otherwise. */
export function checkTime(value: unknown, name: string): number {
  const time = value instanceof Date ? value.getTime() : value;
  // 8.64e15 ms either side of 1970 is all that a Date can tell.
  if (typeof time === 'number' && Number.isInteger(time) && Math.abs(time) <= 8.64e15) return time;
  throw new InputError(`${name} must be a Date or whole epoch milliseconds, got ${shown(value)}`);
}

/** Two times with `from` before `to`, in epoch milliseconds; throws {@link InputError} otherwise. */
export function checkRange(from: unknown, to: unknown, name = 'from/to'): { from: number; to: number } {
  const range = { from: checkTime(from, `${name.split('/')[0]}`), to: checkTime(to, `${name.split('/')[1] ?? name}`) };
  if (range.from < range.to) return range;
  throw new InputError(`${name} XX, got ${new Date(range.from).toISOString()} and ${new Date(range.to).toISOString()}`);
}
