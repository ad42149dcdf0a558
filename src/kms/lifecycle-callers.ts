import { InputError } from '../errors.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';

/** A caller that used a key for the first time. */
export interface NewCaller {
  readonly keyArn: string;
  readonly caller: string;
  /** Of the window. */
  readonly calls: number;
  /** Start of the first bucket with a call, epoch ms. */
  readonly first: number;
}

/**
 * Callers of the window that are not known to have used the key in the history, the most calls first. Both are counted by
 * `['keyArn', 'caller']`. A key that the history does not know has no callers yet, and all of its callers are new.
 */
export function newCallers(history: SeriesSet, window: SeriesSet): NewCaller[] {
  const known = new Set(callersIn(history, 'history').map(({ keyArn, caller }) => JSON.stringify([keyArn, caller])));
  return callersIn(window, 'window')
    .filter(({ keyArn, caller }) => !known.has(JSON.stringify([keyArn, caller])))
    .sort((a, b) => b.calls - a.calls || a.first - b.first || (a.caller < b.caller ? -1 : 1));
}

function callersIn(set: SeriesSet, name: string): NewCaller[] {
  checkSet(set, name);
  if (set.measure !== 'count') throw new InputError(`${name}.measure must be 'count', got '${set.measure}'`);
  const values = new Float64Array(set.grid.length);
  const found: NewCaller[] = [];
  for (const [row, { keyArn, caller, operation, outcome, account, region }] of set.keys.entries()) {
    if (keyArn === null || caller === null) continue;
    if (operation !== null || outcome !== null || account !== null || region !== null) continue;
    readRow(set, row, values);
    const observed = observedRow(set, row);
    let calls = 0;
    let first: number | null = null;
    for (let b = 0; b < values.length; b++) {
      if (observed[b] === 0 || values[b] === 0) continue;
      calls += values[b];
      first ??= set.grid.start + b * set.grid.step;
    }
    if (first !== null) found.push({ keyArn, caller, calls, first });
  }
  return found;
}
