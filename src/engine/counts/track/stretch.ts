import type { TrackerParts } from './parts.js';

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
  /** When its first bucket begins; its number in the range, and the cell of its verdict. */
  start = Number.NaN;
  first = 0;
  cell = 0;
}

/** Takes bucket `j` of the stretch in hand, for what is rarely done. */
export function loadBucket({ scratch, rules }: TrackerParts, j: number): void {
  const { stretch: t, bucket: b } = scratch;
  b.time = t.start + j * rules.windows.step;
  b.cell = t.cell + j;
  b.y = t.y[j];
  b.held = t.held[j];
  b.slot = t.slots[j];
  b.at = t.at[j];
  b.exposure = t.exposure[j];
  b.exposureVar = t.exposureVar[j];
  b.mean = t.mean[j];
  b.reach = t.reach[j];
  b.isAbove = b.y >= b.mean;
  b.upper = t.upper[j];
  b.lower = t.lower[j];
  b.nats = t.nats[j];
  b.decided = t.decided[j];
  b.ratio = t.ratio[j];
  b.dates = t.dates[j];
  b.datesMean = t.datesMean[j];
  b.datesOver = t.datesOver[j];
  b.datesValue = t.datesValue[j];
  b.isReported = t.isReported[j] !== 0;
  b.isSuspect = t.isSuspect[j] !== 0;
  b.silenceAfter = t.silenceAfter[j];
}

/** Puts back what a test found of the bucket in hand. */
export function keepBucket({ scratch }: TrackerParts, j: number): void {
  const { stretch: t, bucket: b } = scratch;
  t.upper[j] = b.upper;
  t.lower[j] = b.lower;
  t.nats[j] = b.nats;
  t.decided[j] = b.decided;
  t.ratio[j] = b.ratio;
  t.dates[j] = b.dates;
  t.datesMean[j] = b.datesMean;
  t.datesOver[j] = b.datesOver;
  t.datesValue[j] = b.datesValue;
  t.isReported[j] = b.isReported ? 1 : 0;
  t.isSuspect[j] = b.isSuspect ? 1 : 0;
}
