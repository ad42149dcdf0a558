/** Where the body ends and the tail begins: above this probability the model's figure stands as it is. */
const LOG_PIVOT = Math.log(0.05);
/** The tail is measured by the third most surprising day: one or two incidents in the history do not move it. */
export const RANK = 3;
/**
 * How much longer a series' tail is than its model says: the third largest of the daily maxima of −ln p, beyond the
 * pivot, over what `tests` draws from the model would give there (−ln p is Exp(1) under the model, so the k-th largest
 * of n is near ln(n/k)). 1 where the model holds or is on the safe side. What has happened on three different days is no
 * news; what happened on two may have been.
 * @param daily `[days]` largest −ln p of each day
 */
export function tailStretch(daily: Float64Array, tests: number): number {
  if (daily.length < RANK || tests < RANK * Math.E) return 1;
  const third = Float64Array.from(daily).sort()[daily.length - RANK];
  const expected = Math.log(tests / RANK) + LOG_PIVOT;
  if (expected <= 1) return 1;
  return Math.max(1, (third + LOG_PIVOT) / expected);
}

/** The model's ln p, stretched: beyond the pivot the tail falls `stretch` times as slowly. */
export function calibrate(logP: number, stretch: number): number {
  return logP >= LOG_PIVOT ? logP : LOG_PIVOT + (logP - LOG_PIVOT) / stretch;
}

/** The model's ln p that calibrates to `logAlpha`: what a quantile must be sought at. Inverse of {@link calibrate}. */
export function uncalibrate(logAlpha: number, stretch: number): number {
  return logAlpha >= LOG_PIVOT ? logAlpha : LOG_PIVOT + (logAlpha - LOG_PIVOT) * stretch;
}
