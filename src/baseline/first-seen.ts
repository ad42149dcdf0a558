import { KEY_FIELDS, type SeriesKey } from '../series/key.js';
import { gridEnd, type TimeGrid } from '../time/grid.js';
import { weekSlots } from '../time/week.js';
import { PRIOR } from './dispersion.js';
import type { RowModel } from './model.js';

/** First buckets' worth of prior evidence on how many calls come with a first one. */
const PRIOR_BIRTHS = 3;

/**
 * The model of a key without a call in the history. New keys turn up at a rate that the history tells: the rows of the
 * same level that first called in its later half, and one more, over that half (the idea of Good and Turing, 1953: what
 * was new lately tells how much is new next). So P(a call at all) is that rate; how many calls come with the first is
 * what came with theirs. One first call is no news, a burst is; and where new keys turn up daily, and busy from the
 * start, it takes a larger one.
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
  let births = 0;
  let calls = PRIOR_BIRTHS * callsOfFirst(PRIOR.phi);
  for (const [row, model] of models.entries()) {
    if (!(model.firstCall >= middle) || !sameLevel(key, keys[row])) continue;
    births++;
    calls += model.firstCount;
  }
  const phi = phiOfFirst(calls / (PRIOR_BIRTHS + births));
  const rate = Math.min(0.5, (births + 1) / Math.max(1, support / 2));
  const { perWeek } = weekSlots(grid.step);
  return {
    // The mean at which P(Y ≥ 1) is the rate: with batchiness phi, P(Y ≥ 1) is mean · ln(1 + phi) / phi.
    level: rate * callsOfFirst(phi),
    levelVariance: 0,
    levelWalk: 0,
    profile: { shape: new Float64Array(perWeek).fill(1), variance: new Float64Array(perWeek) },
    phi,
    alpha: PRIOR.alpha,
    stretchAbove: 1,
    stretchBelow: 1,
    // What has never called cannot fall silent.
    stretchSilence: Number.POSITIVE_INFINITY,
    silenceShift: 0,
    calls: 0,
    support: 0,
    listened: support,
    firstCall: Number.NaN,
    lastCall: Number.NaN,
    firstCount: 0,
  };
}

/** Mean of Fisher's logarithmic series, to which a negative binomial of tiny size tends given one call: calls that come with a first one. */
function callsOfFirst(phi: number): number {
  return phi / Math.log1p(phi);
}

/** Inverse of {@link callsOfFirst} by bisection; at least 0.05, since some company is always possible. */
function phiOfFirst(calls: number): number {
  let low = 0.05;
  let high = 1e6;
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(low * high);
    if (callsOfFirst(middle) < calls) low = middle;
    else high = middle;
  }
  return low;
}

function sameLevel(a: SeriesKey, b: SeriesKey): boolean {
  return KEY_FIELDS.every((field) => (a[field] === null) === (b[field] === null));
}
