import { DAY, HOUR } from '../../time/grid.js';
import { TAIL_SIZE } from './tail.js';

/** Half-lives of the levels, in buckets, shortest first; the last one is the slow level. */
export const LEVELS = 4;
/** What a level is laid upon: nothing, the shape of the day, that of the day and the week. */
export const SHAPES = 3;
export const EXPERTS = LEVELS * SHAPES;
/** Tests: against the best prediction of the next bucket, against the slow one, and means of the latter over windows. */
export const FAST = 0;
export const SLOW = 1;
export const FIRST_WINDOW = 2;

/**
 * Where everything that a gauge knows lies in its state: one Float64Array, so that it is copied, kept and compared as one.
 * The numbers up to `wide` are doubles; the profiles and tails behind them are floats, two to a double.
 */
export interface GaugeLayout {
  readonly step: number;
  /** Slots of the day's shape, and cells of the day (hours, where slots are finer) for the week's shape and the scales. */
  readonly perDay: number;
  readonly cells: number;
  /** Buckets that fall into one slot and one cell of one day. */
  readonly perSlot: number;
  readonly perCell: number;
  /** Share by which each level moves towards a new value, once it has seen enough. */
  readonly gains: Float64Array;
  /** The same for the memory of a day in which a shift is recognized. */
  readonly shiftGain: number;
  /** Buckets of the windows, in the order of their tests. */
  readonly windows: Float64Array;
  readonly tests: number;
  readonly levels: number;
  readonly weights: number;
  readonly slowWeights: number;
  readonly windowMeans: number;
  readonly windowScales: number;
  readonly reported: number;
  readonly wide: number;
  /** Offsets into the floats. */
  readonly day: number;
  readonly daySeen: number;
  readonly week: number;
  readonly weekSeen: number;
  readonly cellFast: number;
  readonly cellSlow: number;
  readonly cellSeen: number;
  readonly tails: number;
  /** Doubles in all. */
  readonly size: number;
}

// Single numbers at the head of the state.
export const SEEN = 0; // buckets learned
export const GAP = 1; // buckets not observed since the last one learned
export const FAST_SCALE = 2;
export const SLOW_SCALE = 3;
export const CENTER = 4; // of the values, and their mean distance from it
export const SPREAD = 5;
export const UNIT = 6; // weight that a residual of today has in the tails
export const REPORTED_ALL = 7; // evidence reported lately, by any test: negative if it was below
export const SHIFTED = 8; // how lastingly the slow prediction is missed: −1 below, 1 above
export const SHIFT_BY = 9; // and by how much
const HEAD = 10;

/** Lengths of the windows that are judged beside the bucket, where they hold two buckets at least. */
const WINDOWS = [HOUR, 6 * HOUR, DAY];

export function gaugeLayout(step: number, perDay: number): GaugeLayout {
  const bucketsPerDay = DAY / step;
  const cells = Math.min(24, perDay);
  const halfLives = [1, 4, Math.max(12, Math.min(72, bucketsPerDay / 8)), Math.max(48, 2 * bucketsPerDay)];
  const windows = Float64Array.from(
    WINDOWS.filter((span) => span >= 2 * step),
    (span) => Math.round(span / step),
  );
  const tests = FIRST_WINDOW + windows.length;
  let at = HEAD;
  const take = (n: number): number => {
    at += n;
    return at - n;
  };
  const levels = take(EXPERTS);
  const weights = take(EXPERTS);
  const slowWeights = take(SHAPES);
  const windowMeans = take(windows.length);
  const windowScales = take(windows.length);
  const reported = take(tests);
  const wide = at;
  at = 0;
  const day = take(perDay);
  const daySeen = take(perDay);
  const week = take(7 * cells);
  const weekSeen = take(7 * cells);
  const cellFast = take(cells);
  const cellSlow = take(cells);
  const cellSeen = take(cells);
  const tails = take(tests * TAIL_SIZE);
  return {
    step,
    perDay,
    cells,
    perSlot: Math.max(1, bucketsPerDay / perDay),
    perCell: Math.max(1, bucketsPerDay / cells),
    gains: Float64Array.from(halfLives, (buckets) => 1 - Math.exp(-Math.LN2 / buckets)),
    shiftGain: 1 - Math.exp(-Math.LN2 / Math.max(24, bucketsPerDay)),
    windows,
    tests,
    levels,
    weights,
    slowWeights,
    windowMeans,
    windowScales,
    reported,
    wide,
    day,
    daySeen,
    week,
    weekSeen,
    cellFast,
    cellSlow,
    cellSeen,
    tails,
    size: wide + Math.ceil(at / 2),
  };
}
