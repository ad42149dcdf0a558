import { errorCodeIn, KEY_FIELDS, type SeriesKey } from '../../series/key.js';
import { observedRow, readRow, type SeriesSet } from '../../series/series-set.js';
import { DAY, WEEK } from '../../time/grid.js';
import type { CallerShare, ErrorCount } from '../types.js';
import { rangesBefore, type TimeRange } from './same-hours.js';

/** The same hours of so many weeks before say what is usual; of days, where there are fewer weeks than two. */
const WEEKS = 8;
const DAYS = 7;
const LEAST = 2;

export interface Asked {
  readonly key: SeriesKey;
  readonly verdict: 'above' | 'below';
  /** Epoch ms, half-open. */
  readonly from: number;
  readonly to: number;
}

/**
 * Who called within `[from, to)` on the rows that `key` sums up, against what they did in the same hours before.
 * Caller rows may be counted at several levels; the least specific one that holds calls of the key is used, so that no
 * call is counted twice. Of a row of one outcome, only callers of calls with that outcome count; none where the callers
 * were not counted by outcome.
 * @param timeZone in whose time hours are the same from week to week
 */
export function callerShares(
  { key, verdict, from, to }: Asked,
  callers: SeriesSet,
  usualCallers: SeriesSet | undefined,
  timeZone = 'UTC',
): CallerShare[] {
  const now = sums(key, callers, [{ from, to }]);
  const history = usualCallers ?? NO_CALLERS;
  const ranges = sameHours(from, to, history, timeZone);
  const then = sums(key, history, ranges);
  const found: { share: CallerShare; departure: number }[] = [];
  for (const caller of new Set([...now.keys(), ...then.keys()])) {
    const calls = now.get(caller)?.calls ?? 0;
    const before = then.get(caller);
    const all = before?.all ?? 0;
    // A caller that the history has no row of made no call in it: that is known wherever the row is.
    const usual = ranges.length < LEAST ? null : before === undefined ? 0 : before.usual;
    const rate = before === undefined || before.observed === 0 ? 0 : (all * (to - from)) / before.observed;
    const typical = usual ?? rate;
    // A caller of old who is neither here now nor would usually be says nothing.
    if (calls === 0 && typical < 0.5) continue;
    found.push({ share: { caller, calls, usual, before: all }, departure: calls - typical });
  }
  const sign = verdict === 'above' ? 1 : -1;
  return found
    .sort((a, b) => sign * (b.departure - a.departure) || (a.share.caller < b.share.caller ? -1 : 1))
    .map(({ share }) => share);
}

/** The error codes of the failed calls that `key` sums up within `[from, to)`, most frequent first. */
export function errorsWithin({ key, from, to }: Omit<Asked, 'verdict'>, callers: SeriesSet): ErrorCount[] {
  const codes = new Map<string, number>();
  if (key.outcome === 'ok') return [];
  const { rows } = levelOf({ ...key, outcome: key.outcome ?? 'error' }, callers, [{ from, to }]);
  for (const { other, counts } of rows) {
    const code = errorCodeIn(other.metric);
    if (code !== null && counts[0] > 0) codes.set(code, (codes.get(code) ?? 0) + counts[0]);
  }
  return [...codes]
    .map(([code, calls]) => ({ code, calls }))
    .sort((a, b) => b.calls - a.calls || (a.code < b.code ? -1 : 1));
}

const NO_CALLERS: SeriesSet = {
  grid: { start: 0, step: 1, length: 0 },
  keys: [],
  measure: 'count',
  values: new Float64Array(0),
  observed: new Uint8Array(0),
};

/** `[from, to)` in the weeks before, or in the days before, where the set holds all of it. */
function sameHours(from: number, to: number, set: SeriesSet, timeZone: string): readonly TimeRange[] {
  const weeks = rangesBefore(from, to, set, timeZone, WEEK).slice(0, WEEKS);
  return weeks.length >= LEAST ? weeks : rangesBefore(from, to, set, timeZone, DAY).slice(0, DAYS);
}

interface Sum {
  /** In the first of the ranges. */
  calls: number;
  /** In all ranges, on average; `null` where fewer than two of them were observed. */
  usual: number | null;
  /** In all of the set, and the ms that were observed of it. */
  all: number;
  observed: number;
}

/** Calls by caller. Of calls that succeeded, those of all calls less those that did not. */
function sums(key: SeriesKey, set: SeriesSet, ranges: readonly TimeRange[]): Map<string, Sum> {
  if (key.outcome !== 'ok' || set.keys.some(({ outcome, metric }) => outcome === 'ok' && metric === null)) {
    return byCaller(levelOf(key, set, ranges));
  }
  if (!set.keys.some(({ metric }) => errorCodeIn(metric) !== null)) return new Map();
  const all = byCaller(levelOf({ ...key, outcome: null }, set, ranges));
  for (const outcome of ['error', 'dry-run'] as const) {
    for (const [caller, failed] of byCaller(levelOf({ ...key, outcome }, set, ranges))) {
      const sum = all.get(caller);
      if (sum === undefined) continue;
      sum.calls -= failed.calls;
      sum.all -= failed.all;
      sum.usual = sum.usual === null || failed.usual === null ? null : sum.usual - failed.usual;
    }
  }
  return all;
}

function byCaller({ rows }: Level): Map<string, Sum> {
  const callers = new Map<string, Sum>();
  for (const { other, counts, whole, all, observed } of rows) {
    const caller = other.caller ?? '';
    const seen = whole.reduce((sum, is) => sum + (is ? 1 : 0), 0);
    const usual = seen < LEAST ? null : counts.reduce((sum, calls, i) => sum + (whole[i] ? calls : 0), 0) / seen;
    const sum = callers.get(caller);
    if (sum === undefined) callers.set(caller, { calls: counts[0] ?? 0, usual, all, observed });
    else {
      sum.calls += counts[0] ?? 0;
      sum.usual = sum.usual === null || usual === null ? null : sum.usual + usual;
      sum.all += all;
      // Rows of one caller (its keys) are observed side by side, not one after another.
      sum.observed = Math.max(sum.observed, observed);
    }
  }
  return callers;
}

interface LevelRow {
  readonly other: SeriesKey;
  /** Calls in each range, and whether all of it was observed. */
  readonly counts: readonly number[];
  readonly whole: readonly boolean[];
  readonly all: number;
  readonly observed: number;
}

interface Level {
  readonly fields: number;
  readonly rows: LevelRow[];
}

/** The rows of the least specific level that holds calls of the key. */
function levelOf(key: SeriesKey, set: SeriesSet, ranges: readonly TimeRange[]): Level {
  const levels = new Map<string, Level>();
  const { start, step, length } = set.grid;
  const buckets = ranges.map(({ from, to }) => ({
    first: Math.max(0, Math.ceil((from - start) / step)),
    end: Math.min(length, Math.ceil((to - start) / step)),
  }));
  const y = new Float64Array(length);
  for (const [row, other] of set.keys.entries()) {
    if (other.caller === null || !holds(key, other)) continue;
    const fields = KEY_FIELDS.filter((field) => other[field] !== null);
    const level = levels.get(fields.join()) ?? { fields: fields.length, rows: [] };
    levels.set(fields.join(), level);
    readRow(set, row, y);
    level.rows.push({ other, ...counted(y, observedRow(set, row), buckets, step) });
  }
  const order = [...levels].sort(([a, x], [b, y]) => x.fields - y.fields || (a < b ? -1 : 1));
  return order.find(([, { rows }]) => rows.some(({ all }) => all > 0))?.[1] ?? { fields: 0, rows: [] };
}

function counted(
  y: Float64Array,
  observed: ArrayLike<number>,
  buckets: readonly { first: number; end: number }[],
  step: number,
): Omit<LevelRow, 'other'> {
  const counts = buckets.map(() => 0);
  const whole = buckets.map(() => true);
  for (const [i, { first, end }] of buckets.entries()) {
    for (let bucket = first; bucket < end; bucket++) {
      counts[i] += y[bucket];
      if (observed[bucket] === 0) whole[i] = false;
    }
  }
  let all = 0;
  let seen = 0;
  for (let bucket = 0; bucket < y.length; bucket++) {
    all += y[bucket];
    if (observed[bucket] !== 0) seen += step;
  }
  return { counts, whole, all, observed: seen };
}

/**
 * True when every call of `specific` is one of `key`. Rows by error code count calls that are in other rows too: they are
 * asked only for an outcome.
 */
function holds(key: SeriesKey, specific: SeriesKey): boolean {
  const byCode = errorCodeIn(specific.metric) !== null;
  if (byCode && key.outcome === null) return false;
  return KEY_FIELDS.every(
    (field) => key[field] === null || key[field] === specific[field] || (field === 'metric' && byCode),
  );
}
