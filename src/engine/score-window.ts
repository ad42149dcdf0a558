import { checkNumber, checkOptions, InputError, type OptionNames } from '../errors.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { checkSet, isSparse, observedRow, readRow, rowsById, type SeriesSet } from '../series/series-set.js';
import { gridEnd } from '../time/grid.js';
import type { Baseline } from './baseline.js';
import { MIN_EFFECT } from './counts/track/rules.js';
import { DecidedSink } from './decided-sink.js';
import { runRow, watchRow, watchRules } from './series-tracker.js';
import type { ScoreColumns, Scores } from './types.js';
import { SlotTables } from './zone-slots.js';

export interface ScoreOptions {
  /**
   * How many false episodes a week are acceptable, over all rows and both directions together; 1 a week by default. One
   * level is sought at which all tests spend it together, by what whole numbers can attain: rows whose counts are too few
   * for a test leave their share to the others. Where the model holds, fewer come, since the tests of neighbouring buckets
   * overlap; where traffic is burstier than its history showed, more.
   */
  readonly alertBudget?: { readonly perWeek: number };
}

/**
 * Judges a window against a baseline; pure, learns nothing. Rows are matched by key. Rows of the baseline that the window
 * lacks had no call: they are judged as silence and appended after the window's own. Keys new to the baseline are judged
 * as first seen.
 *
 * Above: the bucket's count, by the negative-binomial tail. Below: the same, or the silence that the bucket ends: the
 * calls missed since the last one, counted from the window's start, so that a key of one call an hour is judged too.
 *
 * @throws InputError when the window's step or measure is not the baseline's, or its columns do not fit one another
 */
export function scoreWindow(baseline: Baseline, window: SeriesSet, options: ScoreOptions = {}): Scores {
  checkOptions(options, SCORE_OPTIONS);
  checkSet(window, 'window');
  const { step } = baseline.grid;
  if (window.grid.step !== step) {
    throw new InputError(`window.grid.step must be the baseline's ${step} ms, got ${window.grid.step} ms`);
  }
  if (window.measure !== baseline.measure) {
    throw new InputError(`window.measure must be '${baseline.measure}' as the baseline's, got '${window.measure}'`);
  }
  const perWeek = checkNumber(options.alertBudget?.perWeek ?? 1, 'alertBudget.perWeek', Number.MIN_VALUE, 1e9);
  const whole = withMissingRows(window, baseline.keys);
  const { keys, grid } = whole;
  const { length } = grid;
  const scores = roomForScores(whole);
  const rules = watchRules(baseline, perWeek, { minEffect: MIN_EFFECT, acceptShifts: false });
  const tables = new SlotTables(baseline.zonePlans, grid);
  const y = new Float64Array(length);
  const follows = grid.start === gridEnd(baseline.grid);
  for (const [row, key] of keys.entries()) {
    const watched = watchRow(baseline, key, rules);
    // A silence at the end of the history goes on in a window that follows on; who knows what was before any other.
    if (!follows) watched.count?.startAnew(grid.start);
    scores.known[row] = watched.known ? 1 : 0;
    readRow(whole, row, y);
    // A level is foreseen from the values before it: its row follows, and is thrown away.
    const follow = baseline.measure === 'level';
    runRow(watched, y, observedRow(whole, row), grid, tables, follow, scores, row * length);
  }
  return scores;
}

const SCORE_OPTIONS: OptionNames<ScoreOptions> = { alertBudget: true };

/** Scores that are being filled. */
export type RoomForScores = Scores & ScoreColumns & { readonly decided: DecidedSink };

/** Room for the scores of a window. Rows that run over it write every cell of theirs. */
export function roomForScores(window: SeriesSet): RoomForScores {
  const cells = window.keys.length * window.grid.length;
  const column = () => new Float64Array(cells);
  // Named one by one, as in idle-lookahead.ts: spread, they would make each object's hidden class its own (Node 20).
  return {
    window,
    expected: column(),
    lower: column(),
    upper: column(),
    surprise: column(),
    verdicts: new Int8Array(cells),
    reasons: new Uint8Array(cells),
    spans: column(),
    known: new Uint8Array(window.keys.length),
    ongoing: new Int8Array(cells),
    decided: new DecidedSink(window.grid.length),
  };
}

/** The window with the keys that it lacks appended: no calls, observed where all its own rows were; levels not at all. */
export function withMissingRows(window: SeriesSet, keys: readonly SeriesKey[]): SeriesSet {
  const present = rowsById(window.keys);
  const missing = keys.filter((key) => !present.has(keyId(key)));
  return missing.length === 0 ? window : withRows(window, [...window.keys, ...missing]);
}

/** The same with these keys, of which the window's own come first. */
export function withRows(window: SeriesSet, keys: readonly SeriesKey[]): SeriesSet {
  const { length } = window.grid;
  const rows = window.keys.length;
  const total = keys.length;
  const { values, observed } = window;
  const extended = <A extends Uint8Array | Uint32Array | Float64Array>(from: A, to: A): A => {
    to.set(from);
    return to;
  };
  return {
    ...window,
    keys,
    values: isSparse(values)
      ? { ...values, offsets: extended(values.offsets, new Float64Array(total + 1).fill(values.offsets[rows])) }
      : values instanceof Uint32Array
        ? extended(values, new Uint32Array(total * length))
        : extended(values, new Float64Array(total * length)),
    observed: observed.length === length && window.measure === 'count' ? observed : observedForAll(window, total),
  };
}

/** `observed` per row, the appended rows observed only where every row of the window was: a doubt is not a silence. */
function observedForAll(window: SeriesSet, total: number): Uint8Array {
  const { length } = window.grid;
  const extended = new Uint8Array(total * length);
  for (let row = 0; row < window.keys.length; row++) extended.set(observedRow(window, row), row * length);
  // No call is a count, no value is none.
  if (window.measure === 'level') return extended;
  const all = extended.subarray(window.keys.length * length, (window.keys.length + 1) * length);
  if (all.length === 0) return extended;
  all.fill(window.keys.length > 0 ? 1 : 0);
  for (let row = 0; row < window.keys.length; row++) {
    const mask = observedRow(window, row);
    for (let i = 0; i < length; i++) all[i] &= mask[i];
  }
  for (let row = window.keys.length + 1; row < total; row++) extended.set(all, row * length);
  return extended;
}
