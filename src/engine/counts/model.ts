import type { BurstHours } from './burst-hours.js';
import type { KeptProfile } from './quantized-profile.js';
import { calibrate, type Tail } from './tail-calibration.js';

/** What a history says of a series besides its model. */
export interface Past {
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

/** What was learned of one series. The mean of a bucket in week slot k is level · profile.shapeAt(k) calls. */
export interface RowModel extends Past {
  readonly profile: KeptProfile;
  /** The level filters at the end of the history, see level-filter.ts. */
  readonly level: Float64Array;
  /** The mean level of the history, to which the filters relax when nothing is heard. */
  readonly anchor: number;
  /** What each further day after the history adds to the level's relative variance: how far it wanders. */
  readonly walk: number;
  /** `[windows]`: batchiness and load noise of the sums over each window length, see {@link windowsOf} and {@link Dispersion}. */
  readonly phi: Float64Array;
  readonly alpha: Float64Array;
  /** `[windows]` */
  readonly above: readonly Tail[];
  readonly below: readonly Tail[];
  /** When bursts come, of a series that has some: tails above are those of all hours together. */
  readonly bursts: BurstHours | null;
  /** Of the silence clock. */
  readonly silence: Tail;
  /** Nats of silence that are ordinary for the series, see {@link silenceTail}. */
  readonly silenceShift: number;
  readonly drift?: number;
  /** The silence that goes on at the end of the history: nats on the clock, and observed buckets. */
  readonly clock: number;
  readonly silent: number;
}

/**
 * True of a series whose buckets scatter while its hours do not: jobs that start now before and now after a bucket's edge.
 * What such a bucket lacks is not missing but late, so that the next may hold as much more.
 */
export function straddles(alphaBucket: number, alphaHour: number): boolean {
  return alphaBucket > 0.05 && alphaHour < alphaBucket / 16;
}

/** Never 0: of what has not been seen, half a call in all the history is expected. */
export const LEAST_MEAN = 1e-12;

/**
 * What one silent bucket adds to the silence clock: −ln P(no call), by the scatter that is the bucket's own. What is
 * shared by all buckets of a silence (the level) comes in {@link silenceNats}.
 * @param own relative variance: alpha + the profile's + phi/mean
 */
export function silenceOf(mean: number, own: number): number {
  return Math.log1p(mean * own) / own;
}

/**
 * −ln p of a silence whose buckets have added up to `clock`, not calibrated: (1 + v·clock)^(−1/v), the gamma mixture over
 * a level of relative variance v; e^−clock where the level is known.
 */
export function rawSilenceNats(clock: number, v: number): number {
  return v > 1e-9 ? Math.log1p(v * clock) / v : clock;
}

/** −ln p of a silence, calibrated. */
export function silenceNats(model: RowModel, clock: number, levelVariance: number): number {
  return calibrate(Math.max(0, rawSilenceNats(clock, levelVariance) - model.silenceShift), model.silence);
}
