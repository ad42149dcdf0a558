import { rangesBefore } from '../engine/anomalies/same-hours.js';
import type { Anomaly, Scores } from '../engine/types.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { rowsById, type SeriesSet, valueAt } from '../series/series-set.js';
import { WEEK } from '../time/grid.js';

/**
 * Findings with what came before the windows that decided: what the same hours of the weeks before were like, and how many
 * calls in them are of findings from before, which count as what was expected then.
 * @param history before the scores
 * @param timeZone in whose time hours are the same from week to week
 */
export function withHoursBefore(
  anomalies: readonly Anomaly[],
  scores: Scores,
  history: SeriesSet | undefined,
  timeZone: string,
): Anomaly[] {
  const sets = history === undefined ? [scores.window] : [history, scores.window];
  const rows = sets.map(({ keys }) => rowsById(keys));
  const reportedBefore = callsReported(scores);
  return anomalies.map((anomaly) => {
    const { key, decidedBy } = anomaly;
    const inWindow = callsIn({ key, ...decidedBy }, sets, rows);
    const reported = reportedBefore(key, decidedBy.to);
    const before = history === undefined ? [] : rangesBefore(decidedBy.from, decidedBy.to, history, timeZone, WEEK);
    const counts = before.map((range) => callsIn({ key, ...range }, sets, rows) ?? 0);
    const isAlike = (calls: number) =>
      inWindow !== undefined && (anomaly.verdict === 'above' ? calls >= inWindow : calls <= inWindow);
    const weeks = { of: counts.length, alike: counts.filter(isAlike).length };
    return {
      ...anomaly,
      decidedBy: {
        ...decidedBy,
        ...(reported === 0 ? {} : { reported }),
        ...(weeks.of === 0 ? {} : { weeks }),
      },
    };
  });
}

/** The calls in the window that decided a bucket beyond those that it was judged by: of findings from before, where there are any. */
function callsReported({ decided, window }: Scores): (key: SeriesKey, end: number) => number {
  if (decided === undefined) return () => 0;
  const { start, step, length } = window.grid;
  const rows = rowsById(window.keys);
  const calls = new Map(
    decided.rows.map((row, i) => [row * length + decided.buckets[i], decided.calls[i] - decided.values[i]]),
  );
  return (key, end) => {
    const row = rows.get(keyId(key));
    return row === undefined ? 0 : Math.round(calls.get(row * length + (end - start) / step - 1) ?? 0);
  };
}

function callsIn(
  { key, from, to }: Pick<Anomaly, 'from' | 'to'> & { readonly key: SeriesKey },
  sets: readonly SeriesSet[],
  rows: readonly ReadonlyMap<string, number>[],
): number | undefined {
  const id = keyId(key);
  let calls = 0;
  let held = 0;
  for (const [i, set] of sets.entries()) {
    if (set.measure !== 'count') return undefined;
    const { start, step, length } = set.grid;
    const first = Math.max(0, Math.floor((from - start) / step));
    const end = Math.min(length, Math.ceil((to - start) / step));
    if (end <= first) continue;
    held += (end - first) * step;
    const row = rows[i].get(id);
    if (row === undefined) continue;
    for (let bucket = first; bucket < end; bucket++) calls += valueAt(set, row, bucket);
  }
  return held >= to - from ? calls : undefined;
}
