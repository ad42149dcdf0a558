import { checkInteger, checkNumber, checkOptions, type OptionNames } from '../errors.js';

/** How what fails in passing is tried again. */
export interface Retry {
  /** How often it is tried in all. */
  readonly attempts?: number;
  /** The wait after the first failure, ms, doubled after each. */
  readonly wait?: number;
  /** For how many ms it may be throttled before it is given up. */
  readonly within?: number;
}

/**
 * The settings of a door: its own defaults, and what a caller says of them. What the defaults do not name is no option of
 * that door.
 * @throws InputError naming `retry` and its field
 */
export function retryOf<D extends Retry>(retry: Partial<D> | undefined, defaults: D): D {
  checkOptions(retry, Object.fromEntries(Object.keys(defaults).map((name) => [name, true])) as OptionNames<D>, 'retry');
  const given = Object.fromEntries(Object.entries(retry ?? {}).filter(([, value]) => value !== undefined));
  const all: D = { ...defaults, ...given };
  if (all.attempts !== undefined) checkInteger(all.attempts, 'retry.attempts', 1, 100);
  if (all.wait !== undefined) checkInteger(all.wait, 'retry.wait', 0, 1e6);
  if (all.within !== undefined) checkNumber(all.within, 'retry.within', 0, 1e12);
  return all;
}
