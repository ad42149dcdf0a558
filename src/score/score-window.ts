import type { Baseline } from '../baseline/baseline.js';
import { windowsOf } from '../baseline/windows.js';
import { checkNumber, InputError } from '../errors.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { checkSet, isSparse, observedRow, readRow, rowsById, type SeriesSet } from '../series/series-set.js';
import { gridEnd, type TimeGrid } from '../time/grid.js';
import { slotsOf, weekSlots } from '../time/week.js';
import { CountRow, natsFor } from './count-row.js';
import { judged } from './judged.js';
import { LEARNING, NOT_OBSERVED, type Scores, UNKNOWN } from './scores.js';

export interface ScoreOptions {
  /**
   * How many false episodes a week are acceptable, over all rows and both directions together; 1 a week by default. Each
   * bucket of each row gets an equal share of it on either side. Where the model holds, fewer come: counts are discrete,
   * and the tests of neighbouring buckets overlap; where traffic is burstier than its history showed, more.
   */
  readonly alertBudget?: { readonly perWeek: number };
}

/**
 * Judges a window against a baseline; pure, never teaches. Rows are matched by key. Rows of the baseline that the window
 * lacks had no call: they are judged as silence and appended after the window's own. Keys new to the baseline are judged
 * as first seen.
 *
 * Above: the bucket's count, by the negative-binomial tail. Below: the same, or the silence that the bucket ends: the
 * calls missed since the last one, counted from the window's start, so that a key of one call an hour is heard too.
 *
 * @throws InputError when the window's step or measure is not the baseline's, or its columns do not fit one another
 */
export function scoreWindow(baseline: Baseline, window: SeriesSet, options: ScoreOptions = {}): Scores {
  checkSet(window, 'window');
  const { step } = baseline.grid;
  if (window.grid.step !== step) {
    throw new InputError(`window.grid.step must be the baseline's ${step} ms, got ${window.grid.step} ms`);
  }
  if (window.measure !== 'count') throw new InputError(`window.measure must be 'count', got '${window.measure}'`);
  const perWeek = checkNumber(options.alertBudget?.perWeek ?? 1, 'alertBudget.perWeek', Number.MIN_VALUE, 1e9);
  const whole = withMissingRows(window, baseline.keys);
  const { keys, grid } = whole;
  const { length } = grid;
  const scores = emptyScores(whole);
  const rules = {
    windows: windowsOf(step),
    nats: natsFor(perWeek, keys.length, windowsOf(step)),
    minEffect: MIN_EFFECT,
    acceptShifts: false,
  };
  const slotsFor = slotsByZone(grid);
  const y = new Float64Array(length);
  const follows = grid.start === gridEnd(baseline.grid);
  for (let row = 0; row < keys.length; row++) {
    const { model, timeZone, known, learning, news } = baseline.modelOf(keys[row]);
    scores.known[row] = known ? 1 : 0;
    readRow(whole, row, y);
    // A silence at the end of the history goes on in a window that follows on; who knows what was before any other.
    const tracker = new CountRow(follows ? model : { ...model, clock: 0, silent: 0 }, rules, news);
    fillRow(tracker, y, observedRow(whole, row), slotsFor(timeZone), learning, false, scores, row);
  }
  return scores;
}

/** Default least relative departure that is told. */
export const MIN_EFFECT = 0.1;

/** Scores of a window, nothing judged yet. */
export function emptyScores(window: SeriesSet): Scores {
  const cells = window.keys.length * window.grid.length;
  const nothing = () => new Float64Array(cells).fill(Number.NaN);
  return {
    window,
    expected: nothing(),
    lower: nothing(),
    upper: nothing(),
    surprise: nothing(),
    verdicts: new Int8Array(cells).fill(UNKNOWN),
    reasons: new Uint8Array(cells).fill(NOT_OBSERVED),
    spans: new Float64Array(cells).fill(window.grid.step),
    known: new Uint8Array(window.keys.length),
  };
}

/** The week slots of a grid's buckets, made once a zone. */
export function slotsByZone(grid: TimeGrid): (zone: string) => Int32Array {
  const made = new Map<string, Int32Array>();
  return (zone) => {
    let slots = made.get(zone);
    if (slots === undefined) {
      slots = slotsOf(grid, zone, weekSlots(grid.step));
      made.set(zone, slots);
    }
    return slots;
  };
}

const out = judged();

/** Runs one row over a window and writes its part of the scores. */
export function fillRow(
  tracker: CountRow,
  y: Float64Array,
  observed: Uint8Array,
  slots: Int32Array,
  learning: boolean,
  learn: boolean,
  scores: Scores,
  row: number,
): void {
  const { start, step, length } = scores.window.grid;
  const at = row * length;
  for (let i = 0; i < length; i++) {
    const time = start + i * step;
    if (observed[i] === 0) {
      tracker.skip(time, learn);
      continue;
    }
    tracker.observe(y[i], time, slots[i], learn, out);
    const cell = at + i;
    scores.expected[cell] = out.expected;
    scores.lower[cell] = out.lower;
    scores.upper[cell] = out.upper;
    scores.surprise[cell] = out.surprise;
    scores.spans[cell] = out.span;
    scores.reasons[cell] = learning ? LEARNING : 0;
    if (!learning) scores.verdicts[cell] = out.verdict;
  }
}

/** The window with the keys that it lacks appended: no calls, observed where all its own rows were. */
export function withMissingRows(window: SeriesSet, keys: readonly SeriesKey[]): SeriesSet {
  const present = rowsById(window.keys);
  const missing = keys.filter((key) => !present.has(keyId(key)));
  if (missing.length === 0) return window;
  const { length } = window.grid;
  const rows = window.keys.length;
  const total = rows + missing.length;
  const { values, observed } = window;
  const extended = <A extends Uint8Array | Uint32Array | Float64Array>(from: A, to: A): A => {
    to.set(from);
    return to;
  };
  return {
    ...window,
    keys: [...window.keys, ...missing],
    values: isSparse(values)
      ? { ...values, offsets: extended(values.offsets, new Float64Array(total + 1).fill(values.offsets[rows])) }
      : values instanceof Uint32Array
        ? extended(values, new Uint32Array(total * length))
        : extended(values, new Float64Array(total * length)),
    observed: observed.length === length ? observed : observedForAll(window, total),
  };
}

/** `observed` per row, the appended rows observed only where every row of the window was: a doubt is not a silence. */
function observedForAll(window: SeriesSet, total: number): Uint8Array {
  const { length } = window.grid;
  const extended = new Uint8Array(total * length);
  extended.set(window.observed);
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
