import { KEY_FIELDS, type SeriesKey } from '../../series/key.js';
import { gridEnd, type TimeGrid, WEEK } from '../../time/grid.js';
import { weekSlots } from '../../time/week.js';
import { windowsOf } from '../windows.js';
import { PRIOR } from './dispersion.js';
import { UNKNOWN_GROWTH } from './growth.js';
import { FEW_CALLS_DRIFT, type RowModel } from './model.js';
import { flatProfile } from './quantized-profile.js';
import { RATE_STATE, RATE_VARIANCE, startRate } from './rate-filter.js';
import { leastTail } from './tail-calibration.js';

/** First buckets' worth of prior evidence on how many calls come with a first one. */
const PRIOR_BIRTHS = 3;

/** Where more new keys than this turn up in a week, one more is nothing new; its first calls are judged by how many they are. */
const NEW_PER_WEEK = 7;
/** Of new callers fewer: a key or an operation is new by somebody's decision, a caller by any change of how things are deployed. */
const NEW_CALLERS_PER_WEEK = 1;

/**
 * The model of a key without a call in the history. New keys turn up at a rate that the history shows: the rows of the
 * same level that first called in its later half, and one more, over that half (the idea of Good and Turing, 1953: what
 * was new lately says how much is new next). So P(a call at all) is that rate; how many calls come with the first is
 * what came with theirs. While new keys are rare enough to be looked at one by one, the first call of each is reported; where
 * they turn up daily, it takes more calls than theirs.
 * @param support observed buckets of the whole history
 */
export function firstSeenModel(
  key: SeriesKey,
  keys: readonly SeriesKey[],
  models: readonly RowModel[],
  grid: TimeGrid,
  support: number,
): { model: RowModel; isNew: boolean } {
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
  // The mean at which P(Y ≥ 1) is the rate: with batchiness phi, P(Y ≥ 1) is mean · ln(1 + phi) / phi.
  const level = rate * callsOfFirst(phi);
  const { spans } = windowsOf(grid.step);
  const state = new Float64Array(RATE_STATE);
  // Known as well as by half a call: what it turns out to be is learned from its first hours.
  startRate(state, level, 0.5);
  state[RATE_VARIANCE] = 0;
  const tail = leastTail(Infinity);
  const model = {
    profile: flatProfile(weekSlots(grid.step).perWeek),
    level: state,
    anchor: level,
    walk: 0,
    ...UNKNOWN_GROWTH,
    phi: Float64Array.from(spans, (span) => phi * Math.sqrt(span / grid.step)),
    alpha: new Float64Array(spans.length).fill(PRIOR.alpha),
    above: spans.map(() => tail),
    below: spans.map(() => tail),
    bursts: null,
    silence: tail,
    // What has never called cannot fall silent.
    silenceShift: Number.POSITIVE_INFINITY,
    drift: FEW_CALLS_DRIFT,
    clock: 0,
    silent: 0,
    calls: 0,
    support: 0,
    listened: support,
    firstCall: Number.NaN,
    lastCall: Number.NaN,
    firstCount: 0,
  };
  const weeks = (Math.max(1, support / 2) * grid.step) / WEEK;
  // Of rows that name no key, or no operation, the first call is mostly that of a pair, which says more.
  const pair = key.keyArn !== null && key.operation !== null;
  const most = key.caller === null ? NEW_PER_WEEK : NEW_CALLERS_PER_WEEK;
  return { model, isNew: pair && births <= most * Math.max(1, weeks) };
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
