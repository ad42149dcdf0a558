import { type Band, type Baseline, bandOf } from '../baseline/baseline.js';
import {
  levelVarianceAt,
  logAbove,
  logBelow,
  logSilence,
  meanOf,
  type RowModel,
  silenceOf,
  sizeOf,
} from '../baseline/model.js';
import { checkNumber, InputError } from '../errors.js';
import { keyId, type SeriesKey } from '../series/key.js';
import { checkSet, isSparse, observedRow, readRow, rowsById, type SeriesSet } from '../series/series-set.js';
import { DAY, gridEnd, WEEK } from '../time/grid.js';
import { slotsOf, weekSlots } from '../time/week.js';
import { ABOVE, BELOW, LEARNING, NORMAL, NOT_OBSERVED, type Scores, UNKNOWN } from './scores.js';

export interface ScoreOptions {
  /**
   * How many false episodes a week are acceptable, over all rows and both directions together; 1 a week by default. Each
   * bucket of each row gets an equal share of it on either side. Where the model holds, fewer come: counts are discrete,
   * and the tests of neighbouring buckets overlap; where traffic is burstier than its history showed, more.
   */
  readonly alertBudget?: { readonly perWeek: number };
}

const MOST_SURPRISE = 1e4;

/** ln of the tail probability below which one bucket of one row is told, on either side. */
export function logAlphaFor(perWeek: number, rows: number, step: number): number {
  const tests = 2 * Math.max(1, rows) * Math.max(1, WEEK / step);
  // A budget so large that half of all buckets might be told is no budget: 0.05 a side at most.
  return Math.log(Math.min(0.05, perWeek / tests));
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
  const cells = keys.length * length;
  const scores: Scores = {
    window: whole,
    expected: new Float64Array(cells).fill(Number.NaN),
    lower: new Float64Array(cells).fill(Number.NaN),
    upper: new Float64Array(cells).fill(Number.NaN),
    surprise: new Float64Array(cells).fill(Number.NaN),
    verdicts: new Int8Array(cells).fill(UNKNOWN),
    reasons: new Uint8Array(cells).fill(NOT_OBSERVED),
    spans: new Float64Array(cells).fill(step),
    known: new Uint8Array(keys.length),
  };
  const logAlpha = logAlphaFor(perWeek, keys.length, step);
  const daysAhead = (grid.start - gridEnd(baseline.grid)) / DAY;
  const slots = weekSlots(step);
  const slotsByZone = new Map<string, Int32Array>();
  const y = new Float64Array(length);
  for (let row = 0; row < keys.length; row++) {
    const { model, timeZone, known, learning } = baseline.modelOf(keys[row]);
    let slotOf = slotsByZone.get(timeZone);
    if (slotOf === undefined) {
      slotOf = slotsOf(grid, timeZone, slots);
      slotsByZone.set(timeZone, slotOf);
    }
    scores.known[row] = known ? 1 : 0;
    readRow(whole, row, y);
    scoreRow(y, observedRow(whole, row), slotOf, model, logAlpha, learning, daysAhead, scores, row * length);
  }
  return scores;
}

function scoreRow(
  y: Float64Array,
  observed: Uint8Array,
  slotOf: Int32Array,
  model: RowModel,
  logAlpha: number,
  learning: boolean,
  daysAhead: number,
  scores: Scores,
  at: number,
): void {
  const { step, length } = scores.window.grid;
  const daysPerStep = step / DAY;
  let clock = 0;
  let silent = 0;
  let band: Band = { expected: 0, lower: 0, upper: 0 };
  let bandMean = Number.NaN;
  let bandSize = Number.NaN;
  for (let i = 0; i < length; i++) {
    if (observed[i] === 0) continue;
    const slot = slotOf[i];
    const cell = at + i;
    const mean = meanOf(model, slot);
    // Whole days ahead: the band of a flat series then stays the same for a day, and most series are.
    const levelVariance = levelVarianceAt(model, Math.floor(daysAhead + i * daysPerStep));
    const size = sizeOf(model, mean, slot, levelVariance);
    if (mean !== bandMean || size !== bandSize) band = bandOf(model, slot, logAlpha, levelVariance);
    bandMean = mean;
    bandSize = size;
    const count = y[i];
    // The clock as it would stand after this bucket without a call, which decides whether no call would be normal here.
    const clockAfter = clock + silenceOf(model, mean, slot);
    const silence = logSilence(model, clockAfter, levelVariance);
    const silenceTells = silence < logAlpha;
    const lower = silenceTells ? Math.max(1, band.lower) : band.lower;
    scores.expected[cell] = mean;
    scores.lower[cell] = lower;
    scores.upper[cell] = band.upper;
    const up = logAbove(model, count, mean, size);
    let down = logBelow(model, count, mean, size);
    if (count === 0) {
      silent++;
      if (silence < down) {
        down = silence;
        scores.spans[cell] = silent * step;
      }
      clock = clockAfter;
    } else {
      silent = 0;
      clock = 0;
    }
    // The side is that of the count, not of the smaller tail: with a long tail most counts are below the mean.
    const signed = (count >= mean ? -up : down) / Math.LN10;
    scores.surprise[cell] = Math.min(MOST_SURPRISE, Math.max(-MOST_SURPRISE, signed));
    if (learning) {
      scores.reasons[cell] = LEARNING;
      continue;
    }
    scores.reasons[cell] = 0;
    scores.verdicts[cell] = count > band.upper ? ABOVE : count < lower ? BELOW : NORMAL;
  }
}

/** The window with the keys that it lacks appended: no calls, observed where all its own rows were. */
function withMissingRows(window: SeriesSet, keys: readonly SeriesKey[]): SeriesSet {
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
