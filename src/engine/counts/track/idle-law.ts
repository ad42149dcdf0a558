/**
 * Buckets without a call next to one another that have one law, in one block and one round of the ring, and what of it they share:
 * the figures that `BucketDistributions` has of a law, and those of `BlockInHand`.
 */
export class IdleLaw {
  /** Buckets, and the first: its number in the range, and from the beginning of its block. */
  length = 0;
  first = 0;
  back = 0;
  /** Of the rate that is followed. */
  rateVariance = Number.NaN;
  exposure = Number.NaN;
  exposureVar = Number.NaN;
  mean = Number.NaN;
  reach = Number.NaN;
  upper = Number.NaN;
  /** Of no call, calibrated and weighted. */
  nats = Number.NaN;
  /** What each adds to the evidence of the silence, and that after the last. */
  silenceAdded = Number.NaN;
  silenceNats = Number.NaN;
  /** May be an incident that is not reported yet: teaches nothing. */
  isSuspect = false;
  /** The limit above from which on a window has nothing to say, with what it holds. */
  enough = Number.NaN;
  /** What a window is judged by, see `setWindows`. */
  rate = Number.NaN;
  hourRate = Number.NaN;
  relative = Number.NaN;
  /** What it holds with each of the buckets in it: the least and the most of exposure, exposure · variance, and other calls. */
  leastExposure = Number.NaN;
  mostExposure = Number.NaN;
  leastVar = Number.NaN;
  mostVar = Number.NaN;
  leastRest = Number.NaN;
  mostRest = Number.NaN;
  /** Its mean and its variance beyond Poisson's with one of them in it, and what other calls it holds then. */
  windowMean = Number.NaN;
  windowOver = Number.NaN;
  rest = Number.NaN;
}
