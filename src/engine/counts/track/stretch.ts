/** Most buckets of a stretch: those of an hour, of five minutes 12. */
export const MOST_BUCKETS = 64;

/** Where the columns of a stretch begin in `all`: calls, and what `BucketInHand` has under the same names. */
export const AT_Y = 0;
export const AT_MEAN = AT_Y + MOST_BUCKETS;
export const AT_REACH = AT_MEAN + MOST_BUCKETS;
export const AT_HELD = AT_REACH + MOST_BUCKETS;
export const AT_EXPOSURE = AT_HELD + MOST_BUCKETS;
export const AT_EXPOSURE_VAR = AT_EXPOSURE + MOST_BUCKETS;
/** Of the block, up to the bucket and with it. */
export const AT_SUM = AT_EXPOSURE_VAR + MOST_BUCKETS;
export const AT_SUM_EXPOSURE = AT_SUM + MOST_BUCKETS;
export const AT_SUM_EXPOSURE_VAR = AT_SUM_EXPOSURE + MOST_BUCKETS;
/** How much further from the mean counts beyond its limits so far would move a window of hours, either way. */
export const AT_ABOVE = AT_SUM_EXPOSURE_VAR + MOST_BUCKETS;
export const AT_BELOW = AT_ABOVE + MOST_BUCKETS;
export const AT_UPPER = AT_BELOW + MOST_BUCKETS;
export const AT_LOWER = AT_UPPER + MOST_BUCKETS;
export const AT_NATS = AT_LOWER + MOST_BUCKETS;
export const AT_RATIO = AT_NATS + MOST_BUCKETS;
export const AT_DATES_MEAN = AT_RATIO + MOST_BUCKETS;
export const AT_DATES_OVER = AT_DATES_MEAN + MOST_BUCKETS;
export const AT_DATES_VALUE = AT_DATES_OVER + MOST_BUCKETS;
export const AT_SILENCE_AFTER = AT_DATES_VALUE + MOST_BUCKETS;
export const AT_SURPRISE = AT_SILENCE_AFTER + MOST_BUCKETS;
const COLUMNS_END = AT_SURPRISE + MOST_BUCKETS;
/** In `whole`: its week slot as of now, and the one that it is judged by, which differ where the zone is in doubt, see `SlotChoice`; where its distribution stands. */
export const AT_SLOT = 0;
export const AT_JUDGED_BY = AT_SLOT + MOST_BUCKETS;
export const AT_LAW = AT_JUDGED_BY + MOST_BUCKETS;
const WHOLE_END = AT_LAW + MOST_BUCKETS;

/**
 * Buckets next to one another in one block, judged together: a column for each figure of `BucketInHand`. The rate stands to
 * the end of the block, so that nothing but a departure makes one bucket's law depend on the one before it, and each test is
 * a loop over the columns. Bucket after bucket through functions that share their numbers in fields, V8 (Node 20) held none
 * of them in a register: 500 ns in place of 110 for a calm one.
 */
export class Stretch {
  /**
   * All columns of real numbers: an array of each took a register for its place and another for its length, and a loop over ten
   * of them kept none of its own numbers in one (Node 20: 2 to 3 % of a window, with loops of few arrays each).
   */
  readonly all = new Float64Array(COLUMNS_END);
  /** Those of whole numbers. */
  readonly whole = new Int32Array(WHOLE_END);
  readonly decided = new Int8Array(MOST_BUCKETS);
  readonly dates = new Int8Array(MOST_BUCKETS);
  readonly isReported = new Uint8Array(MOST_BUCKETS);
  readonly isSuspect = new Uint8Array(MOST_BUCKETS);
  /**
   * Buckets up to the last of which something but its own count was said: `decided`, `dates`, `isReported` and `isSuspect` are 0 from
   * there on, and all is normal. Of most stretches that is 0, and three loops over them need not be (Node 20: 1 to 3 % of a window).
   */
  said = 0;
  /** When its first bucket begins; its number in the range, and the cell of its verdict. */
  start = Number.NaN;
  first = 0;
  cell = 0;
}
