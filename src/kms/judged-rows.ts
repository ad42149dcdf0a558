import { joinRows } from '../series/join-rows.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { selectRows } from '../series/slice.js';
import { REFUSED_KEYS, refusedKeys } from './refused-keys.js';

/**
 * The rows of a set that are judged: all that name no caller; one caller's calls of an operation on a key, so that a caller who
 * takes over from another is seen though the key is used as much as ever; and behind them on how many keys each caller fails,
 * see {@link refusedKeys}. Rows that name a caller and less, or how a call ended, only say who.
 *
 * @param callers `several`: where a key has one caller for an operation, its row says what the key's says, and is left out;
 *   `all`: every one, for a baseline that later callers are held against
 */
export function judgedRows(counts: SeriesSet, callers: 'several' | 'all'): SeriesSet {
  const pairs = new Map<string, number>();
  const pairOf = ({ keyArn, operation }: SeriesKey) => keyId(seriesKey({ keyArn, operation }));
  for (const key of counts.keys) {
    if (isCallerOfKey(key)) pairs.set(pairOf(key), (pairs.get(pairOf(key)) ?? 0) + 1);
  }
  const least = callers === 'several' ? 2 : 1;
  const rows = selectRows(
    counts,
    (key) => key.caller === null || (isCallerOfKey(key) && (pairs.get(pairOf(key)) ?? 0) >= least),
  );
  return joinRows(rows, refusedKeys(counts));
}

/** Whether a row counts the calls of one caller: who called is read from these. */
export function isByCaller({ caller, metric }: SeriesKey): boolean {
  return caller !== null && metric !== REFUSED_KEYS;
}

/** Whether a row is of one caller's calls of one operation on one key, however they ended. */
export function isCallerOfKey({ keyArn, operation, caller, outcome, metric }: SeriesKey): boolean {
  return caller !== null && keyArn !== null && operation !== null && outcome === null && metric === null;
}
