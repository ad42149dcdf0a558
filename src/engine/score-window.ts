import { checkOptions, InputError, type OptionNames } from '../errors.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { checkSet, isSparse, observedRow, readRow, rowsById, type SeriesSet } from '../series/series-set.js';
import { gridEnd, type TimeGrid } from '../time/grid.js';
import { checkBudget } from './alert-budget.js';
import type { Baseline } from './baseline.js';
import { MIN_EFFECT } from './counts/track/rules.js';
import { DecidedSink } from './decided-sink.js';
import { runRow, type WatchRules, watchRow, watchRules } from './series-tracker.js';
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
  const judge = new WindowJudge(baseline, window, options);
  const whole = withMissingRows(window, baseline.keys);
  const { keys, grid } = whole;
  const scores = roomForScores(whole);
  for (const [row, key] of keys.entries()) {
    readRow(whole, row, judge.values);
    scores.known[row] = judge.run(key, observedRow(whole, row), scores, row * grid.length);
  }
  return scores;
}

/**
 * The same row by row, as each is judged: scores of one row, in the order of {@link scoreWindow}. Their columns are those of
 * the next row as soon as it is asked for: keep copies. A window of 100,000 rows and a day has scores of 1.2 GB; here they
 * take 42 bytes for each bucket of one row.
 *
 * @throws InputError as {@link scoreWindow} does
 */
export function scoreRows(baseline: Baseline, window: SeriesSet, options: ScoreOptions = {}): Generator<Scores, void> {
  return rowsOf(new WindowJudge(baseline, window, options), baseline, window);
}

function* rowsOf(judge: WindowJudge, baseline: Baseline, window: SeriesSet): Generator<Scores, void> {
  const { length } = window.grid;
  let room: RoomForScores | undefined;
  const judged = (key: SeriesKey, values: SeriesSet['values'], observed: Uint8Array): Scores => {
    const own = { ...window, keys: [key], values, observed };
    room ??= roomForScores(own);
    room.decided.clear();
    room.known[0] = judge.run(key, observed, room, 0);
    return { ...room, window: own };
  };
  for (const [row, key] of window.keys.entries()) {
    readRow(window, row, judge.values);
    yield judged(key, valuesOf(window, row), observedRow(window, row));
  }
  const missing = missingKeys(window, baseline.keys);
  if (missing.length === 0) return;
  const observed = window.measure === 'level' ? new Uint8Array(length) : observedByAll(window);
  const none = isSparse(window.values)
    ? { offsets: new Float64Array(2), buckets: new Uint32Array(0), counts: new Float64Array(0) }
    : new Float64Array(length);
  for (const key of missing) {
    judge.values.fill(0);
    yield judged(key, none, observed);
  }
}

/** Judges the rows of a window one after another. */
class WindowJudge {
  /** `[grid.length]`: where the values of a row are put before it is run. */
  readonly values: Float64Array;
  readonly #baseline: Baseline;
  readonly #grid: TimeGrid;
  readonly #rules: WatchRules;
  readonly #tables: SlotTables;
  readonly #follows: boolean;

  constructor(baseline: Baseline, window: SeriesSet, options: ScoreOptions) {
    checkOptions(options, SCORE_OPTIONS);
    checkSet(window, 'window');
    const { step } = baseline.grid;
    if (window.grid.step !== step) {
      throw new InputError(`window.grid.step must be the baseline's ${step} ms, got ${window.grid.step} ms`);
    }
    if (window.measure !== baseline.measure) {
      throw new InputError(`window.measure must be '${baseline.measure}' as the baseline's, got '${window.measure}'`);
    }
    const perWeek = checkBudget(options.alertBudget);
    this.values = new Float64Array(window.grid.length);
    this.#baseline = baseline;
    this.#grid = window.grid;
    this.#rules = watchRules(baseline, perWeek, { minEffect: MIN_EFFECT, acceptShifts: false });
    this.#tables = new SlotTables(baseline.zonePlans, window.grid);
    this.#follows = window.grid.start === gridEnd(baseline.grid);
  }

  /** @returns 1 where the history holds a call of the row */
  run(key: SeriesKey, observed: Uint8Array, scores: RoomForScores, at: number): 0 | 1 {
    const watched = watchRow(this.#baseline, key, this.#rules);
    // A silence at the end of the history goes on in a window that follows on; who knows what was before any other.
    if (!this.#follows) watched.count?.startAnew(this.#grid.start);
    // A level is foreseen from the values before it: its row follows, and is thrown away.
    const follow = this.#baseline.measure === 'level';
    runRow(watched, this.values, observed, this.#grid, this.#tables, follow, scores, at);
    const { start, step } = this.#grid;
    scores.decided.count(start, (_, from, bucket) => {
      let calls = 0;
      for (let i = (from - start) / step; i <= bucket; i++) if (observed[i] !== 0) calls += this.values[i];
      return calls;
    });
    return watched.known ? 1 : 0;
  }
}

/** The values of one row, as those of a set of it alone; what is not sparse is not copied. */
function valuesOf({ values, grid }: SeriesSet, row: number): SeriesSet['values'] {
  if (!isSparse(values)) return values.subarray(row * grid.length, (row + 1) * grid.length);
  const [from, to] = [values.offsets[row], values.offsets[row + 1]];
  return {
    offsets: Float64Array.of(0, to - from),
    buckets: values.buckets.subarray(from, to),
    counts: values.counts.subarray(from, to),
  };
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

function missingKeys(window: SeriesSet, keys: readonly SeriesKey[]): SeriesKey[] {
  const present = rowsById(window.keys);
  return keys.filter((key) => !present.has(keyId(key)));
}

/** The window with the keys that it lacks appended: no calls, observed where all its own rows were; levels not at all. */
export function withMissingRows(window: SeriesSet, keys: readonly SeriesKey[]): SeriesSet {
  const missing = missingKeys(window, keys);
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

/** `observed` per row, the appended rows as {@link observedByAll}; levels nowhere: no call is a count, no value is none. */
function observedForAll(window: SeriesSet, total: number): Uint8Array {
  const { length } = window.grid;
  const extended = new Uint8Array(total * length);
  for (let row = 0; row < window.keys.length; row++) extended.set(observedRow(window, row), row * length);
  if (window.measure === 'level') return extended;
  const all = observedByAll(window);
  for (let row = window.keys.length; row < total; row++) extended.set(all, row * length);
  return extended;
}

/** `[grid.length]`: 1 where every row of the window was observed, nowhere without any: a doubt is not a silence. */
function observedByAll(window: SeriesSet): Uint8Array {
  const { length } = window.grid;
  const rows = window.keys.length;
  if (window.observed.length === length) return window.observed;
  const all = new Uint8Array(length).fill(rows > 0 ? 1 : 0);
  for (let row = 0; row < rows; row++) {
    const mask = observedRow(window, row);
    for (let i = 0; i < length; i++) all[i] &= mask[i];
  }
  return all;
}
