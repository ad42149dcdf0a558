import { KEY_FIELDS, type SeriesKey } from '../../series/key.js';
import { observedRow, readRow, type SeriesSet } from '../../series/series-set.js';
import type { CallerShare } from '../types.js';

/**
 * Who called within `[from, to)` on the rows that `key` sums up, against what they usually do in that long.
 * Caller rows may be counted at several levels; the least specific one that holds calls of the key is used, so that no
 * call is counted twice.
 */
export function callerShares(
  key: SeriesKey,
  verdict: 'above' | 'below',
  from: number,
  to: number,
  callers: SeriesSet,
  usualCallers: SeriesSet | undefined,
): CallerShare[] {
  const now = sums(key, callers, from, to);
  const usual = usualCallers === undefined ? new Map<string, Sum>() : sums(key, usualCallers, -Infinity, Infinity);
  const shares: CallerShare[] = [];
  for (const caller of new Set([...now.keys(), ...usual.keys()])) {
    const before = usual.get(caller);
    const share = {
      caller,
      calls: now.get(caller)?.calls ?? 0,
      usual: before === undefined || before.observed === 0 ? 0 : (before.calls * (to - from)) / before.observed,
    };
    // A caller of old who is neither here now nor would usually be says nothing.
    if (share.calls > 0 || share.usual >= 0.5) shares.push(share);
  }
  const sign = verdict === 'above' ? 1 : -1;
  return shares.sort(
    (a, b) =>
      sign * (b.calls - b.usual - (a.calls - a.usual)) || (a.caller < b.caller ? -1 : a.caller > b.caller ? 1 : 0),
  );
}

interface Sum {
  calls: number;
  /** Observed ms over which they were counted. */
  observed: number;
}

function sums(key: SeriesKey, set: SeriesSet, from: number, to: number): Map<string, Sum> {
  const { start, step, length } = set.grid;
  const first = Math.max(0, Math.ceil((from - start) / step));
  const end = Math.min(length, Math.ceil((to - start) / step));
  const y = new Float64Array(length);
  const levels = new Map<string, Map<string, Sum>>();
  for (const [row, other] of set.keys.entries()) {
    if (other.caller === null || !holds(key, other)) continue;
    const level = KEY_FIELDS.filter((field) => other[field] !== null).join();
    let byCaller = levels.get(level);
    if (byCaller === undefined) {
      byCaller = new Map();
      levels.set(level, byCaller);
    }
    readRow(set, row, y);
    const observed = observedRow(set, row);
    const sum = byCaller.get(other.caller) ?? { calls: 0, observed: 0 };
    let listened = 0;
    for (let i = first; i < end; i++) {
      if (observed[i] !== 0) listened += step;
      sum.calls += y[i];
    }
    // Rows of one caller (its keys) listen side by side, not one after another.
    sum.observed = Math.max(sum.observed, listened);
    byCaller.set(other.caller, sum);
  }
  const order = [...levels].sort(([a], [b]) => a.split(',').length - b.split(',').length || (a < b ? -1 : 1));
  const counted = order.find(([, byCaller]) => [...byCaller.values()].some((sum) => sum.calls > 0));
  return counted?.[1] ?? new Map();
}

/** True when every call of `specific` is one of `key`, but for the outcome where caller rows do not have it. */
function holds(key: SeriesKey, specific: SeriesKey): boolean {
  return KEY_FIELDS.every(
    (field) =>
      key[field] === null || key[field] === specific[field] || (field === 'outcome' && specific.outcome === null),
  );
}
