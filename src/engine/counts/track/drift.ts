import { DAY, HOUR } from '../../../time/grid.js';
import { ANCHOR_HALF_LIFE, DRIFT_HALF_LIFE } from '../fit/rate-history.js';
import { holdRate, RATE, RATE_VARIANCE, slowestRate } from '../rate-filter.js';
import type { TrackerParts } from './parts.js';
import type { CountRules } from './rules.js';
import { DRIFT } from './scratch.js';
import {
  ANCHOR,
  ANCHOR_RATE,
  ANCHOR_SLOWEST,
  ANCHOR_VARIANCE,
  DRIFT_CALLS,
  DRIFT_EXPOSURE,
  INCIDENT_SIDE,
  PHI,
} from './state.js';

// Beside the rate that is followed stands the anchored one: that of the fit, or of the last sign-off. What creeps away from
// it so slowly that it is followed on the way is judged here, against the anchor: discounted calls of the last days, by
// Chernoff's bound of the negative binomial. Under 'hold' the anchor stands, and the rate that is followed stays near it;
// under 'accept-shifts' it follows too, slowly, so that growth of some percent a week is what is usual.

/** Half-life of the sums that are held against the anchor: three days count, on average. */
const DRIFT_FADES = DRIFT_HALF_LIFE * HOUR;
/** The span that such a departure is told to have been seen in. */
export const DRIFT_SPAN = 3 * DAY;
/** Half-life of the anchor under 'accept-shifts': growth of 10 % a week leaves it a fifth behind. */
const ANCHOR_FADES = ANCHOR_HALF_LIFE * HOUR;
/** What an hour leaves of those sums, and what the anchor follows in it. */
const KEPT_AN_HOUR = Math.exp((-Math.LN2 * HOUR) / DRIFT_FADES);
const FOLLOWED_AN_HOUR = -Math.expm1((-Math.LN2 * HOUR) / ANCHOR_FADES);
/** Least departures that are reported: under 'hold', and beyond what the anchor lags behind usual growth. */
const LEAST_HELD = 1.25;
const LEAST_FOLLOWED = 1.5;
/**
 * Under 'accept-shifts', calls that must be expected in three days for their drift to be reported: the batches of rows with
 * fewer are taken for one (454 real rows of 0 to 21 a week: 0.66 reports a week more, most of which did not stand).
 */
const LEAST_CALLS = 20;
/** How far the rate that is followed may leave the anchor under 'hold': 10 % and two standard deviations, 35 % at most. */
const HELD_LEAST = 0.1;
const HELD_NEAR = 1.1; // surely less
const HELD_SDS = 2;
const HELD_MOST = 0.35;

/** Relative variance of three days about the anchor, beside counting: how far the series wandered in its history. */
function wander({ model, rules }: TrackerParts): number {
  const days = (model.support * rules.windows.step) / DAY;
  // Of less than two weeks no week end is known.
  return model.drift + (days < 14 ? 0.1 : 0);
}

/** Ends a block: the sums fade, and what the departures are held against is known anew. */
export function ageDrift({ s, rules, derivedAt: d }: TrackerParts, passed: number): void {
  const { block } = rules.windows;
  const isHour = passed * block === HOUR;
  const keep = isHour ? KEPT_AN_HOUR : Math.exp((-Math.LN2 * passed * block) / DRIFT_FADES);
  s[DRIFT_CALLS] *= keep;
  s[DRIFT_EXPOSURE] *= keep;
  if (!rules.acceptShifts || s[INCIDENT_SIDE] !== 0) return;
  const share = isHour ? FOLLOWED_AN_HOUR : -Math.expm1((-Math.LN2 * passed * block) / ANCHOR_FADES);
  s[ANCHOR_RATE] += share * (s[RATE] - s[ANCHOR_RATE]);
  s[ANCHOR_VARIANCE] += share * (s[RATE_VARIANCE] - s[ANCHOR_VARIANCE]);
  s[ANCHOR_SLOWEST] += share * (slowestRate(s, s[d + ANCHOR]) - s[ANCHOR_SLOWEST]);
}

/** The rate that is followed becomes the anchor, and nothing has departed from it. */
export function anchorHere({ s, model }: Pick<TrackerParts, 's' | 'model'>): void {
  s[ANCHOR_RATE] = s[RATE];
  s[ANCHOR_VARIANCE] = s[RATE_VARIANCE];
  s[ANCHOR_SLOWEST] = slowestRate(s, model.anchor);
  forgetDrift({ s });
}

/** The sums at the end of a history: as if all had come as expected, for a few hours alone to tell nothing. */
export function startDrift({ s, rules, model }: Pick<TrackerParts, 's' | 'rules' | 'model'>): void {
  s[DRIFT_EXPOSURE] = DRIFT_FADES / Math.LN2 / rules.windows.step;
  anchorHere({ s, model });
}

/** What departed was reported: the sums hold what was expected. */
export function forgetDrift({ s }: Pick<TrackerParts, 's'>): void {
  s[DRIFT_CALLS] = s[ANCHOR_RATE] * s[DRIFT_EXPOSURE];
}

/** Keeps the rate that is followed within the anchor's doubt. */
export function holdToAnchor(parts: TrackerParts): void {
  const { s, model } = parts;
  if (s[RATE] < s[ANCHOR_RATE] * HELD_NEAR && s[RATE] * HELD_NEAR > s[ANCHOR_RATE]) return;
  const doubt = Math.min(HELD_MOST, HELD_LEAST + HELD_SDS * Math.sqrt(s[ANCHOR_VARIANCE] + wander(parts)));
  const most = s[ANCHOR_RATE] * Math.exp(doubt);
  const least = s[ANCHOR_RATE] * Math.exp(-doubt);
  if (s[RATE] <= most && s[RATE] >= least) return;
  const slowest = s[ANCHOR_SLOWEST];
  holdRate(s, least, most, slowest * Math.exp(-doubt), slowest * Math.exp(doubt), model.anchor);
}

/** How many times what is expected the calls of the drift's window are when they are reported, at least; a divisor below it. */
function leastDeparture({ acceptShifts }: CountRules): number {
  return acceptShifts ? LEAST_FOLLOWED : LEAST_HELD;
}

/** The calls that have to be expected in the drift's window for it to be judged. */
function fewestCalls({ acceptShifts }: CountRules): number {
  return acceptShifts ? LEAST_CALLS : 0;
}

/** Sets from which departures on the drift may be reported, through the block that begins. */
export function setDriftLimits({ s, rules, scratch }: TrackerParts, isLearning: boolean): void {
  const { block: k } = scratch;
  k.driftLeast = isLearning && s[INCIDENT_SIDE] === 0 ? leastDeparture(rules) : Number.POSITIVE_INFINITY;
  k.driftFewest = fewestCalls(rules);
}

/** Share of the nats that a drift is reported from which the rounding of as many does not reach. */
const SURELY = 1 - 1e-9;

/** Whether the drift may have something to say of the first of some buckets of one law without a call, and so of any. */
export function mayDrift(parts: TrackerParts): boolean {
  const { s, rules, scratch } = parts;
  const { law } = scratch;
  const calls = s[DRIFT_CALLS];
  const before = s[DRIFT_EXPOSURE];
  if (s[ANCHOR_RATE] * (before + law.length * law.exposure) < SURELY * fewestCalls(rules)) return false;
  const exposure = before + law.exposure;
  const expected = s[ANCHOR_RATE] * exposure;
  const least = leastDeparture(rules);
  const most = calls + Math.min(law.upper, law.mean + law.reach);
  // The more is expected by then, the less it says.
  if (most > least * expected && driftNats(parts, most, exposure) > SURELY * rules.driftNats) return true;
  if (law.back !== 0 || !(calls * least < expected)) return false;
  return driftNats(parts, calls, exposure) > rules.driftNats;
}

/**
 * The drift, as it would stand with this bucket, whose exposure is in what is expected: its limits are held to the counts that
 * would not have it reported. Above on every bucket, below where a block begins: a sum of three days does not change by the minute.
 */
export function testDrift(parts: TrackerParts): void {
  const { s, scratch } = parts;
  const { bucket: b, block: k } = scratch;
  const exposure = k.driftExposure + b.exposure;
  const expected = s[ANCHOR_RATE] * exposure;
  if (expected < k.driftFewest) return;
  if (k.driftCalls + Math.min(b.upper, b.mean + b.reach) > k.driftLeast * expected) limitDriftAbove(parts, exposure);
  if (k.back === 0 && (k.driftCalls + b.lower) * k.driftLeast < expected) limitDriftBelow(parts, exposure);
}

export function limitDriftAbove(parts: TrackerParts, exposure: number): void {
  const { s, scratch, rules } = parts;
  const { bucket: b, block: k } = scratch;
  const least = k.driftLeast * (s[ANCHOR_RATE] * exposure);
  const reports = (y: number) => {
    const calls = k.driftCalls + Math.min(y, b.mean + b.reach);
    return calls > least && driftNats(parts, calls, exposure) > rules.driftNats;
  };
  if (!reports(b.upper)) return;
  const upper = lastPassing(Math.floor(b.mean), b.upper, reports);
  b.upper = upper;
  if (b.y > upper) takeDrift(parts, exposure);
}

export function limitDriftBelow(parts: TrackerParts, exposure: number): void {
  const { s, scratch, rules } = parts;
  const { bucket: b, block: k } = scratch;
  const expected = s[ANCHOR_RATE] * exposure;
  const reports = (y: number) => {
    const calls = k.driftCalls + Math.max(y, b.mean - b.reach);
    return calls * k.driftLeast < expected && driftNats(parts, calls, exposure) > rules.driftNats;
  };
  if (!reports(b.lower)) return;
  const lower = lastPassing(Math.max(1, Math.floor(b.mean)), b.lower, reports);
  b.lower = lower;
  if (b.y < lower) takeDrift(parts, exposure);
}

/**
 * The whole number nearest to `far`, which is reported, that is not; `near` where none between them passes. Where the numbers
 * are too large to have whole ones between them, as in a damaged state, it ends with the nearest that it can tell apart.
 */
export function lastPassing(near: number, far: number, reports: (y: number) => boolean): number {
  let passes = near;
  let fails = far;
  while (Math.abs(fails - passes) > 1) {
    const middle = passes + Math.trunc((fails - passes) / 2);
    if (middle === passes || middle === fails) break;
    if (reports(middle)) fails = middle;
    else passes = middle;
  }
  return passes;
}

/** The drift decides the bucket. */
function takeDrift(parts: TrackerParts, exposure: number): void {
  const { s, scratch, rules } = parts;
  const { bucket: b, block: k } = scratch;
  const calls = k.driftCalls + b.held;
  const mean = s[ANCHOR_RATE] * exposure;
  // On the scale of the others: so much more than what reports them.
  b.nats = Math.max(b.nats, driftNats(parts, calls, exposure) + rules.nats - rules.driftNats);
  b.ratio = (calls + 0.5) / (mean + 0.5);
  b.decided = DRIFT;
  if (b.isReported) return;
  b.dates = DRIFT;
  b.datesMean = mean;
  b.datesValue = calls;
  b.datesOver = mean * mean * (s[ANCHOR_VARIANCE] + wander(parts));
}

/** −ln p of the drift's window with `calls` in it, at least. */
function driftNats(parts: TrackerParts, calls: number, exposure: number): number {
  const { s, derivedAt: d, rules } = parts;
  const perCall = 1 + s[d + PHI + rules.windows.weights.length - 1];
  const size = 1 / Math.max(s[ANCHOR_VARIANCE] + wander(parts), 1e-6);
  const m = Math.max((s[ANCHOR_RATE] * exposure) / perCall, 1e-9);
  const y = calls / perCall;
  return (y > 0 ? y * Math.log(y / m) : 0) - (y + size) * Math.log1p((y - m) / (m + size));
}
