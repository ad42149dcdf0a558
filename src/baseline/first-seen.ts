import { KEY_FIELDS, type SeriesKey } from '../series/key.js';
import { gridEnd, type TimeGrid } from '../time/grid.js';
import { weekSlots } from '../time/week.js';
import { PRIOR } from './dispersion.js';
import type { RowModel } from './model.js';

/** How calls of a pair never seen would cluster: at least one companion a call, since first uses come in handfuls. */
const LEAST_PHI = 1;

/**
 * The model of a key that the history does not hold. New keys turn up at a rate that the history tells: the rows of the
 * same level that first called in its later half, and one more, over that half (the idea of Good and Turing, 1953: what
 * was new lately tells how much is new next). So P(a call at all) is that rate, and how many more calls come with the
 * first is borrowed from the rows of the same operation, or from all rows where the operation is new too. One first call
 * is no news, a burst is; and where new keys turn up daily it takes a larger one.
 * @param support observed buckets of the whole history
 */
export function firstSeenModel(
  key: SeriesKey,
  keys: readonly SeriesKey[],
  models: readonly RowModel[],
  grid: TimeGrid,
  support: number,
): RowModel {
  const middle = (grid.start + gridEnd(grid)) / 2;
  let births = 1;
  const phis: number[] = [];
  const sameOperation: number[] = [];
  for (const [row, model] of models.entries()) {
    if (sameLevel(key, keys[row]) && model.firstCall >= middle) births++;
    phis.push(model.phi);
    if (key.operation !== null && keys[row].operation === key.operation) sameOperation.push(model.phi);
  }
  const phi = Math.max(LEAST_PHI, median(sameOperation.length > 0 ? sameOperation : phis) ?? PRIOR.phi);
  const rate = Math.min(0.5, births / Math.max(1, support / 2));
  const { perWeek } = weekSlots(grid.step);
  return {
    // The mean at which P(Y ≥ 1) is the rate: a small negative binomial of batchiness phi has P(Y ≥ 1) = mean · ln(1 + phi) / phi.
    level: (rate * phi) / Math.log1p(phi),
    levelVariance: 0,
    levelWalk: 0,
    profile: { shape: new Float64Array(perWeek).fill(1), variance: new Float64Array(perWeek) },
    phi,
    alpha: PRIOR.alpha,
    stretchAbove: 1,
    stretchBelow: 1,
    // What has never called cannot fall silent.
    stretchSilence: Number.POSITIVE_INFINITY,
    calls: 0,
    support: 0,
    firstCall: Number.NaN,
    lastCall: Number.NaN,
  };
}

function sameLevel(a: SeriesKey, b: SeriesKey): boolean {
  return KEY_FIELDS.every((field) => (a[field] === null) === (b[field] === null));
}

function median(values: number[]): number | undefined {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
