import { upperLimitNear } from '../../../stats/limits.js';
import { LEARNING, NORMAL, type ScoreColumns, type TrackedRange, UNKNOWN, unobserved } from '../../types.js';
import { LEAST_MEAN } from '../model.js';
import { RATE, RATE_VARIANCE } from '../rate-filter.js';
import { uncalibrate } from '../tail-calibration.js';
import type { TrackerParts } from './parts.js';
import { EVER_CALLED } from './state.js';

/** The buckets of a key that has never called, until it does: normal, and nothing is learned. @returns where it calls */
export function runAsleep(
  parts: TrackerParts,
  { length, values, observed, slots, learning }: TrackedRange,
  out: ScoreColumns | undefined,
  at: number,
): number {
  const { s, rules, profile, phi, alpha } = parts;
  const { windows, nats, logWeights } = rules;
  const { step } = windows;
  let i = 0;
  let last = -1;
  let mean = 0;
  let upper = 0;
  for (; i < length; i++) {
    if (observed[i] === 0 || Number.isNaN(values[i])) {
      if (out !== undefined) unobserved(out, at + i, step);
      continue;
    }
    if (values[i] !== 0) break;
    if (out === undefined) continue;
    if (last < 0 || profile.shapeSteps.length > 1) {
      last = slots[i];
      mean = Math.max(s[RATE] * profile.shapeAt(last), LEAST_MEAN);
      const size = 1 / (alpha + s[RATE_VARIANCE] + phi / mean);
      const natsAbove = uncalibrate(nats - logWeights[0], parts.tails.above[0]);
      upper = s[EVER_CALLED] === 0 ? 0 : Math.floor(upperLimitNear(mean, size, natsAbove));
    }
    out.expected[at + i] = mean;
    out.lower[at + i] = 0;
    out.upper[at + i] = upper;
    out.surprise[at + i] = 0;
    out.spans[at + i] = step;
    out.verdicts[at + i] = learning ? UNKNOWN : NORMAL;
    out.reasons[at + i] = learning ? LEARNING : 0;
    if (out.ongoing !== undefined) out.ongoing[at + i] = NORMAL;
  }
  return i;
}
