import { checkInteger } from '../errors.js';
import { compareKeys, keyId } from '../series/key.js';
import { observedRow, readRow, rowsById } from '../series/series-set.js';
import { gridEnd, HOUR } from '../time/grid.js';
import { checkBudget } from './alert-budget.js';
import type { Baseline } from './baseline.js';
import { silenceEnd } from './counts/silence-end.js';
import { MIN_EFFECT } from './counts/track/rules.js';
import { runRow, type WatchRules, watchRow, watchRules } from './series-tracker.js';
import { BELOW, type QuietKey, type Scores } from './types.js';
import { SlotTables } from './zone-slots.js';

export interface QuietKeysOptions {
  /** As it was handed to `scoreWindow`; 1 a week by default. */
  readonly alertBudget?: { readonly perWeek: number };
  /** So many are listed at most; 10 by default. */
  readonly most?: number;
}

/** The keys that are quiet at the end of a window. */
export interface QuietKeys {
  /** All of them. */
  readonly keys: number;
  /** Those that would be reported soonest, in that order. */
  readonly listed: readonly QuietKey[];
}

/** A row that is quiet at the end of a window. */
interface Candidate {
  readonly row: number;
  /** The bucket after its last call; 0 where none is in the window. */
  readonly from: number;
  /** About when its silence would be reported, epoch ms: as if the week were flat. */
  readonly about: number;
}

/**
 * The keys without a call in the last hour of a window, or longer: when the silence of each would be reported if nothing
 * came after it, by the law that `scoreWindow` judges by. Rows that name a key and have called; one of a key's operations
 * only while the key itself is not quiet. Not those whose silence, or drop, is reported by the end of the window.
 */
export function quietKeysAfter(baseline: Baseline, scores: Scores, options: QuietKeysOptions = {}): QuietKeys {
  const most = checkInteger(options.most ?? 10, 'most', 0, 1e6);
  const { grid, measure } = scores.window;
  if (measure === 'level' || grid.length === 0) return { keys: 0, listed: [] };
  // As `scoreWindow` has them.
  const perWeek = checkBudget(options.alertBudget);
  const rules = watchRules(baseline, perWeek, { minEffect: MIN_EFFECT, acceptShifts: false });
  const candidates = candidatesOf(baseline, scores, rules);
  // Exact times of those only that may be among the first: each takes up to a millisecond.
  candidates.sort((a, b) => a.about - b.about);
  const ends = candidates
    .slice(0, 50 + 4 * most)
    .flatMap((candidate) => silenceOfRow(baseline, scores, rules, candidate) ?? []);
  ends.sort((a, b) => a.reportedAt - b.reportedAt || compareKeys(a.key, b.key));
  return { keys: candidates.length, listed: ends.slice(0, most) };
}

function candidatesOf(baseline: Baseline, scores: Scores, rules: WatchRules): Candidate[] {
  const { window, ongoing, verdicts } = scores;
  const { grid, keys } = window;
  const { step, length } = grid;
  const rows = rowsById(keys);
  const y = new Float64Array(length);
  const quietFrom = (row: number): number => {
    readRow(window, row, y);
    let from = length;
    while (from > 0 && !(y[from - 1] > 0)) from--;
    return from;
  };
  const isQuiet = (from: number) => (length - from) * step >= HOUR && from < length;
  const found: Candidate[] = [];
  for (const [row, key] of keys.entries()) {
    if (key.keyArn === null || key.outcome !== null || key.caller !== null) continue;
    if ((ongoing ?? verdicts)[(row + 1) * length - 1] === BELOW) continue;
    const from = quietFrom(row);
    if (!isQuiet(from)) continue;
    const whole = key.operation === null ? undefined : rows.get(keyId({ ...key, operation: null }));
    if (whole !== undefined && isQuiet(quietFrom(whole))) continue;
    const watched = watchRow(baseline, key, rules);
    // One that the history does not hold cannot be missed.
    const left = watched.learning || !watched.known ? null : watched.count?.silenceLeft();
    if (left === undefined || left === null) continue;
    const since = from > 0 ? grid.start + from * step : left.since;
    found.push({ row, from, about: since + (left.needed / left.rate) * step });
  }
  return found;
}

/** The silence of a row, judged once more from its last call on; `undefined` where it would not be reported in a lifetime. */
function silenceOfRow(
  baseline: Baseline,
  { window }: Scores,
  rules: WatchRules,
  { row, from }: Candidate,
): QuietKey | undefined {
  const { start, step, length } = window.grid;
  const watched = watchRow(baseline, window.keys[row], rules);
  const { key, zone, count } = watched;
  if (count === undefined) return undefined;
  const y = new Float64Array(length);
  readRow(window, row, y);
  const part = { start: start + from * step, step, length: length - from };
  if (from > 0 || start !== gridEnd(baseline.grid)) count.startAnew(part.start);
  const tables = new SlotTables(baseline.zonePlans, part);
  runRow(watched, y.subarray(from), observedRow(window, row).subarray(from), part, tables, false, undefined, 0);
  const left = count.silenceLeft();
  if (left === null || left.needed <= 0) return undefined;
  const reportedAt = silenceEnd(count.model, left.rate, zone, step, gridEnd(window.grid), left.needed);
  return reportedAt === null ? undefined : { key, since: left.since, reportedAt };
}
