/** A caller's mistake: the message names the parameter, what was needed and what came. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Bytes that are no snapshot of this library, of another version of it, or damaged; the message says which. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/**
 * What `read` makes of bytes. A checksum is no signature: whoever makes one anew can have contents that no library wrote, and
 * whatever goes wrong with those (a text that is no JSON, a length beyond an array's) is a {@link FormatError}.
 */
export function decoded<T>(bytes: unknown, what: string, read: () => T): T {
  // What is no bytes at all is a caller's mistake.
  if (!ArrayBuffer.isView(bytes)) return read();
  try {
    return read();
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(`bytes are not what ${what} holds: ${why.slice(0, 200)}`, { cause });
  }
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
  // The numbers next to 0 and 1 stand for bounds that are open.
  const least = min === Number.MIN_VALUE ? '(0' : `[${min}`;
  const most = max === 1 - Number.EPSILON / 2 ? '1)' : `${max}]`;
  throw new InputError(`${name} must be a finite number in ${least}, ${most}, got ${shown(value)}`);
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
  const [first, second = name] = name.split('/');
  throw new InputError(
    `${first} must be earlier than ${second}, got ${new Date(range.from).toISOString()} and ${new Date(range.to).toISOString()}`,
  );
}

/** Every name that options of a type may have: the compiler asks for those that are missing. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * Refuses options with a name that is none of theirs, which would otherwise be a default in silence, and what is no object.
 * Only own names count. `undefined` is no options.
 * @throws InputError that says which name was probably meant, or which there are
 */
export function checkOptions<T>(options: unknown, names: OptionNames<T>, name = 'options'): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InputError(`${name} must be an object, got ${shown(options)}`);
  }
  const unknown = Object.keys(options).find((field) => !Object.hasOwn(names, field));
  if (unknown === undefined) return;
  const all = Object.keys(names);
  const meant = unknown.length > 64 ? undefined : closest(unknown, all, Math.min(3, Math.floor(unknown.length / 3)));
  const rest = meant === undefined ? `there are ${all.join(', ')}` : `did you mean ${meant}?`;
  throw new InputError(`${name}.${unknown.slice(0, 80)} is unknown: ${rest}`);
}

/** Those of the options that others have too, for these to be handed on. */
export function optionsFor<T extends object>(options: object, names: OptionNames<T>): T {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(names, name))) as T;
}

/**
 * The name that somebody who wrote `text` most likely meant: the same but for upper and lower case, or with few letters mistyped;
 * `undefined` without such.
 * @param most mistakes, at most; by default in a third of the letters, and one in the shortest
 */
export function closest(
  text: string,
  names: Iterable<string>,
  most = Math.max(1, Math.floor(text.length / 3)),
): string | undefined {
  const wanted = text.toLowerCase();
  let best: string | undefined;
  let least = most + 1;
  for (const name of names) {
    const mistakes = editDistance(wanted, name.toLowerCase(), least);
    if (mistakes < least) [best, least] = [name, mistakes];
  }
  return best;
}

/** Letters put in, left out, changed, or swapped with the next one (optimal string alignment); `most` where they are as many. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) >= most) return most;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return Math.min(most, row[b.length]);
}
