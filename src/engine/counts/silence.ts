import { FILTERS } from './rate-filter.js';
import { type Tail, uncalibrate } from './tail-calibration.js';

// The law of a silence, for the fit, a window, a stream and what is stated of a key. After n calls in an exposure T of an
// unknown rate the chance of none in t more is (T/(T + t))^n: with Λ = n t/T calls missing, −ln P = n ln(1 + Λ/n) (the
// gamma mixture of Poisson laws). n and T are those of one rate filter: calls of long ago count for less.

/**
 * What a bucket without a call adds to the evidence of a silence: −ln P(no call), by the scatter that is the bucket's own.
 * What all buckets of a silence share (the rate) comes in {@link rawSilenceNats}.
 * @param own relative variance: alpha + the profile's + phi/mean
 */
export function silenceOf(mean: number, own: number): number {
  return Math.log1p(mean * own) / own;
}

/**
 * The same of many buckets of one phi: silenceOf(mean, own + phi/mean), where `own` is without phi. ln(1 + phi + x) by the series of
 * ln(1 + t) where few calls are missing, as nearly everywhere.
 * @param logPerCall ln(1 + phi)
 */
export function silenceBeside(mean: number, own: number, phi: number, logPerCall: number): number {
  const x = own * mean;
  const t = x / (1 + phi);
  const log =
    t < 0.05
      ? logPerCall + t * (1 - t * (1 / 2 - t * (1 / 3 - t * (1 / 4 - t * (1 / 5 - t * (1 / 6 - t * (1 / 7 - t / 8)))))))
      : Math.log1p(x + phi);
  return (log * mean) / (x + phi);
}

/**
 * −ln p of a silence whose buckets have added up to `nats`, not calibrated: (1 + v·nats)^(−1/v), the gamma mixture over a
 * rate of relative variance v; e^−nats where the rate is known.
 */
export function rawSilenceNats(nats: number, v: number): number {
  return v > 1e-9 ? Math.log1p(v * nats) / v : nats;
}

/** What the evidence of a silence must have added up to for a silence's calibrated −ln p to reach `nats`. */
export function evidenceFor(nats: number, v: number, shift: number, tail: Tail): number {
  const raw = uncalibrate(nats, tail) + shift;
  return v > 1e-9 ? Math.expm1(v * raw) / v : raw;
}

/** The rate (calls per exposure) by one filter of a state of rate filters, and its relative variance 1/n. */
export function rateBy(s: Float64Array, filter: number, anchor: number): { rate: number; variance: number } {
  const calls = s[filter] + 0.5;
  return { rate: calls / (s[FILTERS + filter] + 0.5 / anchor), variance: 1 / calls };
}

/** The filter by which a series' silences are judged; the slowest where nothing says otherwise. */
export function silenceFilterOf(_model: unknown): number {
  return FILTERS - 1;
}

/** ln of the weight of the silence beside the windows; it overlaps the longer ones. */
export const LOG_SILENCE_WEIGHT = Math.log(0.2);
