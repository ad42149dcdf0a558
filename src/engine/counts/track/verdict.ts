import { ABOVE, BELOW, LEARNING, NORMAL, NOTABLE, type ScoreColumns, type TrackedRange, UNKNOWN } from '../../types.js';
import { LEAST_MEAN } from '../model.js';
import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import { RELATIVE, SILENCE_ADDED } from './bucket-distributions.js';
import { silenceNats } from './bucket-test.js';
import { DRIFT_SPAN } from './drift.js';
import { markEvent } from './event-blocks.js';
import { followIncident, limitByIncident, ongoingSide, prolongPreShift, tryPreShiftRate } from './incident.js';
import { endSilence } from './learn.js';
import type { TrackerParts } from './parts.js';
import { push } from './rings.js';
import { DRIFT, SILENCE } from './scratch.js';
import {
  BLOCK_TRAIN_CALLS,
  BLOCK_TRAIN_EXPOSURE,
  CARRIED_SHORTFALL,
  EVER_CALLED,
  LAST_CALL,
  PRE_SHIFT_RATE,
  SHIFT_VARIANCE,
  SILENCE_MEAN,
  SILENCE_NATS,
  SILENT_BUCKETS,
} from './state.js';
import { writeDecided } from './window-test.js';
import { trainShape } from './young-hours.js';

/**
 * The windows overlap, so that the least of their weighted p-values is less often small than Bonferroni grants; ln of how
 * much less, by the clean fleets of `npm run evaluate -- calibration` (a third).
 */
export const DEPENDENCE = Math.log(1.35);
export const PER_NAT = 1 / Math.LN10;

/** Writes the verdict on a bucket. @param learning whether the history was too short for one */
export function writeVerdict(
  parts: TrackerParts,
  out: ScoreColumns,
  verdict: number,
  learning: boolean,
  silentBuckets: number,
): void {
  const { bucket: b } = parts.scratch;
  const { spans, step } = parts.rules.windows;
  const { cell } = b;
  const surprise = Math.min(1e4, Math.max(0, b.nats + DEPENDENCE) * PER_NAT);
  out.expected[cell] = b.mean;
  out.lower[cell] = b.lower;
  out.upper[cell] = b.upper;
  out.surprise[cell] = b.isAbove ? surprise : -surprise;
  out.spans[cell] = b.dates === SILENCE ? (silentBuckets + 1) * step : b.dates === DRIFT ? DRIFT_SPAN : spans[b.dates];
  out.verdicts[cell] = learning ? UNKNOWN : verdict;
  out.reasons[cell] = learning ? LEARNING : 0;
  if (out.ongoing !== undefined) out.ongoing[cell] = NORMAL;
  if (b.dates !== 0 && (verdict !== NORMAL || surprise >= NOTABLE)) writeDecided(parts, out.decided);
}

/** Ends the verdict on a bucket that is not a calm one, of a series that has an open incident, or another exception. */
export function finishBucket(
  parts: TrackerParts,
  { exceptions, learning }: TrackedRange,
  learn: boolean,
  out: ScoreColumns | undefined,
): void {
  const { s, scratch, rules, straddles } = parts;
  const { bucket: b, distributions } = scratch;
  const { y, mean, exposure } = b;
  const isPaused = exceptions?.paused?.(b.time) ?? false;
  b.isExpected = isPaused || (exceptions?.expected(b.time) ?? false);
  b.isRetired = exceptions?.retired(b.time) ?? false;
  if (b.decided === 0) b.ratio = (y + 0.5) / (mean + 0.5);
  const verdict = verdictOf(parts);
  if (out !== undefined) writeVerdict(parts, out, verdict, learning, s[SILENT_BUCKETS]);

  s[CARRIED_SHORTFALL] = straddles ? Math.max(0, mean - y) : 0;
  const isExcused = b.isExpected || (b.isRetired && y === 0);
  if (verdict !== NORMAL || isExcused || isPaused || b.isSuspect) markEvent(s);
  if (y > 0) s[EVER_CALLED] = 1;
  // While no call is nothing to report, no silence goes on: what follows lasts as long as any.
  if (y > 0 || (isExcused && !isPaused)) {
    s[LAST_CALL] = b.time / rules.windows.step + 1;
    endSilence(s);
  } else if (!isPaused) {
    const ratio = scratch.block.silenceRatio;
    s[SILENCE_NATS] += distributions.values[b.at + SILENCE_ADDED] * ratio;
    s[SILENCE_MEAN] += mean * ratio;
    s[SILENT_BUCKETS]++;
  }
  const isIncident = isExcused || (s[PRE_SHIFT_RATE] > 0 && tryPreShiftRate(parts)) || followIncident(parts, verdict);
  if (out?.ongoing !== undefined) out.ongoing[b.cell] = ongoingSide(s, b.time);
  if (isIncident) {
    b.enters = s[RATE] * exposure;
    b.entersLong = b.enters;
    push(parts);
    return;
  }
  if (!b.isSuspect) {
    s[BLOCK_TRAIN_CALLS] += b.held;
    s[BLOCK_TRAIN_EXPOSURE] += exposure;
    if (parts.shapePrior > 0 && learn) trainShape(parts);
  }
  b.enters = y;
  b.entersLong = b.held;
  push(parts);
}

/** The verdict on a bucket, and its last limits: by the open incident, by the rate before a shift, by what is excused. */
function verdictOf(parts: TrackerParts): number {
  const { s, scratch, rules, phi } = parts;
  const { bucket: b, distributions, windows } = scratch;
  limitByIncident(parts);
  b.upper = Math.max(b.upper, Math.floor(b.mean));
  b.lower = Math.min(b.lower, Math.max(1, Math.floor(b.mean)));
  if (s[EVER_CALLED] === 0) b.upper = 0;
  if (s[PRE_SHIFT_RATE] > 0) {
    prolongPreShift(parts);
    const ratio = s[PRE_SHIFT_RATE] / s[RATE];
    // What was usual before an accepted shift is no surprise either: its return raises nothing.
    const before = Math.max(b.mean * ratio, LEAST_MEAN);
    const relative = distributions.values[b.at + RELATIVE];
    const size = 1 / (relative + phi / before + (s[RATE_VARIANCE] + s[SHIFT_VARIANCE]));
    if (ratio > 1) b.upper = Math.max(b.upper, Math.floor(windows[0].limits.upper(before, size)));
    else if (!(b.lower === 1 && silenceNats(parts, b.silenceAfter * ratio) > rules.nats)) {
      // Of a silence one bucket tells nothing: all of it is held against the earlier rate.
      b.lower = Math.min(b.lower, Math.max(0, Math.ceil(windows[0].limits.lower(before, size))));
    }
  }
  if (b.isRetired) b.lower = 0;
  if (b.isExpected) {
    b.lower = 0;
    b.upper = Number.POSITIVE_INFINITY;
    return NORMAL;
  }
  return b.y > b.upper ? ABOVE : b.y < b.lower ? BELOW : NORMAL;
}
