import { checkInteger } from '../errors.js';
import { keyId } from '../series/key.js';
import { observedRow, readRow, rowsById } from '../series/series-set.js';
import { gridEnd, HOUR } from '../time/grid.js';
import type { Baseline } from './baseline.js';
import { silenceEnd } from './counts/silence-end.js';
import { countRules, natsFor } from './counts/track/rules.js';
import { TrackScratch } from './counts/track/scratch.js';
import { MIN_EFFECT } from './score-window.js';
import { logAlphaFor, runRow, SlotTables, type WatchedRow, type WatchRules, watchRow } from './series-tracker.js';
import { BELOW, type QuietKey, type Scores } from './types.js';
import { windowsOf } from './windows.js';

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

/** What a silence is at the end of the window. */
interface Silence {
  readonly row: WatchedRow;
  readonly since: number;
  readonly needed: number;
  readonly rate: number;
}

/**
 * The keys without a call in the last hour of a window, or longer: when the silence of each would be reported if nothing
 * came after it, by the law that `scoreWindow` judges by. Rows that name a key and have called; one of a key's operations
 * only while the key itself is not quiet. Not those whose silence, or drop, is reported by the end of the window.
 */
export function quietKeysAfter(baseline: Baseline, scores: Scores, options: QuietKeysOptions = {}): QuietKeys {
  const most = checkInteger(options.most ?? 10, 'most', 0, 1e6);
  const silences = silencesAt(baseline, scores, options);
  // No bucket tells more than the calls that it was to have: the order is nearly that of `needed` by the rate, and each end
  // takes up to a millisecond to find.
  silences.sort((a, b) => a.needed / a.rate - b.needed / b.rate);
  const end = gridEnd(scores.window.grid);
  const { step } = baseline.grid;
  const ends = silences.slice(0, 50 + 4 * most).flatMap(({ row: { key, zone, count }, since, needed, rate }) => {
    const reportedAt = count === undefined ? null : silenceEnd(count.model, rate, zone, step, end, needed);
    return reportedAt === null ? [] : [{ key, since, reportedAt }];
  });
  ends.sort((a, b) => a.reportedAt - b.reportedAt);
  return { keys: silences.length, listed: ends.slice(0, most) };
}

function silencesAt(baseline: Baseline, { window, ongoing }: Scores, options: QuietKeysOptions): Silence[] {
  const { grid, keys } = window;
  const { step, length } = grid;
  if (window.measure === 'level' || length === 0) return [];
  const rules = rulesOf(baseline, options.alertBudget?.perWeek ?? 1);
  const rows = rowsById(keys);
  const isFollowing = grid.start === gridEnd(baseline.grid);
  const y = new Float64Array(length);
  /** The bucket after a row's last call; that of the window's first where none is in it. */
  const quietFrom = (row: number): number => {
    readRow(window, row, y);
    let from = length;
    while (from > 0 && !(y[from - 1] > 0)) from--;
    return from;
  };
  const isQuiet = (from: number) => (length - from) * step >= HOUR && from < length;
  const found: Silence[] = [];
  for (const [row, key] of keys.entries()) {
    if (key.keyArn === null || key.outcome !== null || key.caller !== null) continue;
    if (ongoing !== undefined && ongoing[(row + 1) * length - 1] === BELOW) continue;
    const whole = key.operation === null ? undefined : rows.get(keyId({ ...key, operation: null }));
    if (whole !== undefined && isQuiet(quietFrom(whole))) continue;
    const from = quietFrom(row);
    if (!isQuiet(from)) continue;
    const watched = watchRow(baseline, key, rules);
    const { count, learning } = watched;
    if (count === undefined || learning || (from === 0 && !watched.known)) continue;
    const part = { start: grid.start + from * step, step, length: length - from };
    if (from > 0 || !isFollowing) count.startAnew(part.start);
    const tables = new SlotTables(baseline.grid, part);
    runRow(
      watched,
      y.subarray(from),
      observedRow(window, row).subarray(from),
      part,
      tables,
      rules,
      false,
      undefined,
      0,
    );
    const left = count.silenceLeft();
    if (left !== null && left.needed > 0) found.push({ row: watched, ...left });
  }
  return found;
}

/** As `scoreWindow` has them. */
function rulesOf({ grid: { step }, keys }: Baseline, perWeek: number): WatchRules {
  const windows = windowsOf(step);
  const nats = natsFor(perWeek, keys.length, windows);
  return {
    ...countRules(windows, { nats, minEffect: MIN_EFFECT, acceptShifts: false }),
    logAlpha: logAlphaFor(perWeek, keys.length, step),
    scratch: new TrackScratch(),
  };
}
