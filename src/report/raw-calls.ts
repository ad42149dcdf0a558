import { rangesBefore } from '../engine/anomalies/same-hours.js';
import type { Anomaly, Scores } from '../engine/types.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { rowsById, type SeriesSet, valueAt } from '../series/series-set.js';
import { WEEK } from '../time/grid.js';

/**
 * Findings with the calls that were made from their beginning to their end, and what the same hours of the weeks before were
 * like. A window that decided may hold calls of a finding from before it, and counts these as what was expected then; what
 * is printed is what was counted, and `decidedBy` says so.
 * @param history before the scores, in which a finding may begin
 * @param timeZone in whose time hours are the same from week to week
 */
export function withRawCalls(
  anomalies: readonly Anomaly[],
  scores: Scores,
  history: SeriesSet | undefined,
  timeZone: string,
): Anomaly[] {
  const sets = history === undefined ? [scores.window] : [history, scores.window];
  const rows = sets.map(({ keys }) => rowsById(keys));
  const judged = judgedValues(scores);
  return anomalies.map((anomaly) => {
    const { key, from, to, decidedBy } = anomaly;
    const value = callsIn({ key, from, to }, sets, rows) ?? anomaly.value;
    const inWindow = callsIn({ key, ...decidedBy }, sets, rows);
    const asJudged = judged(key, decidedBy.to);
    const reported = inWindow === undefined || asJudged === undefined ? 0 : Math.round(inWindow - asJudged);
    const before = history === undefined ? [] : rangesBefore(decidedBy.from, decidedBy.to, history, timeZone, WEEK);
    const counts = before.map((range) => callsIn({ key, ...range }, sets, rows) ?? 0);
    const isAlike = (calls: number) =>
      inWindow !== undefined && (anomaly.verdict === 'above' ? calls >= inWindow : calls <= inWindow);
    const weeks = { of: counts.length, alike: counts.filter(isAlike).length };
    return {
      ...anomaly,
      value,
      // Its calls were those of a finding from before: too few beside them, but not none.
      kind: anomaly.kind === 'silence' && value > 0 ? 'drop' : anomaly.kind,
      decidedBy: {
        ...decidedBy,
        ...(reported === 0 ? {} : { reported }),
        ...(weeks.of === 0 ? {} : { weeks }),
      },
    };
  });
}

/** The calls in the window that decided a bucket, as it was judged; `undefined` where the bucket decided by itself. */
function judgedValues({ decided, window }: Scores): (key: SeriesKey, end: number) => number | undefined {
  if (decided === undefined) return () => undefined;
  const { start, step, length } = window.grid;
  const rows = rowsById(window.keys);
  const values = new Map(decided.rows.map((row, i) => [row * length + decided.buckets[i], decided.values[i]]));
  return (key, end) => {
    const row = rows.get(keyId(key));
    return row === undefined ? undefined : values.get(row * length + (end - start) / step - 1);
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
