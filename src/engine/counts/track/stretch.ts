/** Most buckets of a stretch: those of an hour, of five minutes 12. */
export const MOST_BUCKETS = 64;

/**
 * Buckets next to one another in one block, judged together: a column for each figure of `BucketInHand`. The rate stands to
 * the end of the block, so that nothing but a departure makes one bucket's law depend on the one before it, and each test is
 * a loop over the columns. Bucket after bucket through functions that share their numbers in fields, V8 (Node 20) held none
 * of them in a register: 500 ns in place of 110 for a calm one.
 */
export class Stretch {
  readonly y = new Float64Array(MOST_BUCKETS);
  /** Its week slot, and the one that it is judged by, which differ where the zone is in doubt. */
  readonly slots = new Int32Array(MOST_BUCKETS);
  readonly judgedBy = new Int32Array(MOST_BUCKETS);
  /** Where its distribution stands. */
  readonly at = new Int32Array(MOST_BUCKETS);
  readonly mean = new Float64Array(MOST_BUCKETS);
  readonly reach = new Float64Array(MOST_BUCKETS);
  readonly held = new Float64Array(MOST_BUCKETS);
  readonly exposure = new Float64Array(MOST_BUCKETS);
  readonly exposureVar = new Float64Array(MOST_BUCKETS);
  /** Of the block, up to the bucket and with it. */
  readonly sum = new Float64Array(MOST_BUCKETS);
  readonly sumExposure = new Float64Array(MOST_BUCKETS);
  readonly sumExposureVar = new Float64Array(MOST_BUCKETS);
  /** How much further from the mean counts beyond its limits so far would move a window of hours, either way. */
  readonly above = new Float64Array(MOST_BUCKETS);
  readonly below = new Float64Array(MOST_BUCKETS);
  readonly upper = new Float64Array(MOST_BUCKETS);
  readonly lower = new Float64Array(MOST_BUCKETS);
  readonly nats = new Float64Array(MOST_BUCKETS);
  readonly decided = new Int8Array(MOST_BUCKETS);
  readonly ratio = new Float64Array(MOST_BUCKETS);
  readonly dates = new Int8Array(MOST_BUCKETS);
  readonly datesMean = new Float64Array(MOST_BUCKETS);
  readonly datesOver = new Float64Array(MOST_BUCKETS);
  readonly datesValue = new Float64Array(MOST_BUCKETS);
  readonly isReported = new Uint8Array(MOST_BUCKETS);
  readonly isSuspect = new Uint8Array(MOST_BUCKETS);
  readonly silenceAfter = new Float64Array(MOST_BUCKETS);
  readonly surprise = new Float64Array(MOST_BUCKETS);
  /**
   * Buckets up to the last of which something but its own count was said: `decided`, `dates`, `isReported` and `isSuspect` are 0 from
   * there on, and all is normal. Of most stretches that is 0, and three loops over them need not be (Node 20: 3 % of a window).
   */
  said = 0;
  /** When its first bucket begins; its number in the range, and the cell of its verdict. */
  start = Number.NaN;
  first = 0;
  cell = 0;
}
