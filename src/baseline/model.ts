import { logLowerTail, logUpperTail } from '../stats/negative-binomial.js';
import type { Dispersion, Profile } from './profile.js';
import { calibrate } from './tail.js';

/** What was learned of one series. The mean of a bucket in week slot k is `level · profile.shape[k]` calls. */
export interface RowModel extends Dispersion {
  /** Calls per bucket, averaged over the week, at the end of the history. */
  readonly level: number;
  /** Relative variance of the level a day ahead: what is not known of it, and how it wanders. */
  readonly levelVariance: number;
  /** What each further day after the history adds to it. */
  readonly levelWalk: number;
  readonly profile: Profile;
  /** How much longer the tails are than the model's, see {@link tailStretch}; for silence, of the clock's tail. */
  readonly stretchAbove: number;
  readonly stretchBelow: number;
  readonly stretchSilence: number;
  /** Nats of silence that are ordinary for the series, see {@link silenceShift}. */
  readonly silenceShift: number;
  /** Calls in the history, as they were (not clipped). */
  readonly calls: number;
  /** Observed buckets behind the estimate: since the series began, or since the history did. */
  readonly support: number;
  /** Observed buckets of the history, those before the series began included. */
  readonly listened: number;
  /** Times of the buckets of the first and last call of the history; NaN without one. */
  readonly firstCall: number;
  readonly lastCall: number;
  /** Calls in the bucket of the first call. */
  readonly firstCount: number;
}

/** Mean of a bucket in slot `slot`. Never 0: of what has not been seen, half a call in all the history is expected. */
export function meanOf(model: RowModel, slot: number): number {
  return Math.max(model.level * model.profile.shape[slot], 1e-12);
}

/** Relative variance of the level `days` after the end of the history; what is past counts as its last day. */
export function levelVarianceAt(model: RowModel, days: number): number {
  return model.levelVariance + model.levelWalk * Math.max(0, days);
}

/**
 * Size of the negative binomial of a bucket with mean `mean`: all that scatters it, and all that is not known of its mean.
 * @param levelVariance see {@link levelVarianceAt}
 */
export function sizeOf(model: RowModel, mean: number, slot: number, levelVariance: number): number {
  return 1 / (model.alpha + levelVariance + model.profile.variance[slot] + model.phi / mean);
}

/** ln p of `y` calls or more in one bucket, calibrated. Conservative: P(Y ≥ y), not mid-p. */
export function logAbove(model: RowModel, y: number, mean: number, size: number): number {
  return calibrate(logUpperTail(y, mean, size), model.stretchAbove);
}

/** ln p of `y` calls or fewer in one bucket, calibrated. */
export function logBelow(model: RowModel, y: number, mean: number, size: number): number {
  return calibrate(logLowerTail(y, mean, size), model.stretchBelow);
}

/**
 * What one silent bucket adds to the silence clock: −ln P(no call), by the scatter that is the bucket's own. What is
 * shared by all buckets of a silence (the level) comes in {@link logSilence}.
 */
export function silenceOf(model: RowModel, mean: number, slot: number): number {
  const own = model.alpha + model.profile.variance[slot] + model.phi / mean;
  return Math.log1p(mean * own) / own;
}

/**
 * ln p of a silence whose buckets have added up to `clock`, not calibrated: (1 + v·clock)^(−1/v), the gamma mixture over
 * a level of relative variance v ({@link levelVarianceAt}); e^−clock where the level is known.
 */
export function rawLogSilence(clock: number, v: number): number {
  return v > 1e-9 ? -Math.log1p(v * clock) / v : -clock;
}

/** ln p of a silence, calibrated. */
export function logSilence(model: RowModel, clock: number, levelVariance: number): number {
  return calibrate(Math.min(0, rawLogSilence(clock, levelVariance) + model.silenceShift), model.stretchSilence);
}
