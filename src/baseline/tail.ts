/** Where the body ends and the tail begins: above this probability the model's figure stands as it is. */
const LOG_PIVOT = Math.log(0.05);
/** The tail is measured by the third most surprising day: one or two incidents in the history do not move it. */
const RANK = 3;
/** Days of history from which on a series has shown its tail; before, it is taken to be longer than the model's. */
const KNOWN_AFTER = 14;
/** How many times as long, with no history at all. */
const UNKNOWN = 5;

/**
 * How much longer a series' tail is than its model says: the third largest of the daily maxima of −ln p, beyond the
 * pivot, over what `tests` draws from the model would give there (−ln p is Exp(1) under the model, so the k-th largest
 * of n is near ln(n/k); that of daily maxima is a little less). At least what little history leaves open, 1 after two
 * weeks. What has happened on three different days is no news. Days next to a larger one do not count: an incident of
 * some hours may touch two dates, and a silence after it a third.
 * @param daily `[days]` largest −ln p of each day
 * @param days of history observed
 */
export function tailStretch(daily: Float64Array, tests: number, days: number): number {
  const least = leastStretch(days);
  if (daily.length < RANK || tests < RANK * Math.E) return least;
  const expected = Math.log(tests / RANK) + LOG_PIVOT;
  if (expected <= 1) return least;
  const third = thirdLargest(daily);
  return Math.max(least, (third + LOG_PIVOT) / expected);
}

/** The third largest of the days of which none is next to a larger one; 0 where there are not three. */
function thirdLargest(daily: Float64Array): number {
  const left = daily.slice();
  let third = 0;
  for (let rank = 0; rank < RANK; rank++) {
    let top = 0;
    for (let d = 1; d < left.length; d++) if (left[d] > left[top]) top = d;
    third = left.length === 0 ? 0 : Math.max(0, left[top]);
    left.fill(Number.NEGATIVE_INFINITY, Math.max(0, top - 1), top + 2);
  }
  return third;
}

/**
 * What −ln p of a silence must have lost before it tells anything: as far as the third most surprising silence of the
 * history went beyond what `silences` of the model's would. A shift, not a stretch: a series of few busy buckets, such as
 * a nightly job that starts now before and now after a bucket's edge, has long silences every night, and none longer.
 */
export function silenceShift(daily: Float64Array, silences: number): number {
  return Math.max(0, thirdLargest(daily) - Math.max(Math.log(Math.max(1, silences / RANK)), -LOG_PIVOT));
}

/** The stretch of a series of which `days` have been seen, whatever they held. */
export function leastStretch(days: number): number {
  return 1 + (UNKNOWN - 1) * Math.max(0, 1 - days / KNOWN_AFTER);
}

/** The model's ln p, stretched: beyond the pivot the tail falls `stretch` times as slowly. */
export function calibrate(logP: number, stretch: number): number {
  return logP >= LOG_PIVOT ? logP : LOG_PIVOT + (logP - LOG_PIVOT) / stretch;
}

/** The model's ln p that calibrates to `logAlpha`: what a quantile must be sought at. Inverse of {@link calibrate}. */
export function uncalibrate(logAlpha: number, stretch: number): number {
  return logAlpha >= LOG_PIVOT ? logAlpha : LOG_PIVOT + (logAlpha - LOG_PIVOT) * stretch;
}
