import { DAY, HOUR } from '../time/grid.js';

/**
 * The window lengths that are judged together at every bucket. The bucket itself sees spikes, an hour sees what starts on
 * either side of a bucket's edge, six hours and a day see what is low and slow.
 *
 * The first is one bucket; that of an hour is the last buckets of an hour, one by one; the longer ones are made of blocks
 * of an hour (or of one bucket, where that is wider): the block so far and the whole ones before it. A ring of 24 blocks
 * then does for a day, where single buckets would take 288.
 */
export interface Windows {
  /** Width of a bucket in ms. */
  readonly step: number;
  /** Buckets of the window of an hour; 0 where a bucket is as wide. */
  readonly hourBuckets: number;
  /** Width of a block in ms: an hour, or a bucket where that is wider. */
  readonly block: number;
  /** Nominal lengths in ms, the bucket first. */
  readonly spans: readonly number[];
  /** Blocks of each window, the one so far included; 0 for the bucket and for the hour. */
  readonly blocks: readonly number[];
  /**
   * Bonferroni weights: the p-values of the windows are combined as the least of p/weight. Most of it is the bucket's, so
   * that the combined figure stays near a bucket's own probability.
   */
  readonly weights: readonly number[];
  /**
   * Independent tests a day that each comes to. A sum of n buckets that moves by one at a time is not one test per n: at
   * four to five standard deviations its upcrossings (Slepian's process) are as many as those of some 8 separate sums
   * each hour, 18 each six hours, 25 a day.
   */
  readonly tests: readonly number[];
  /** The same when a window is looked at once a block only, as the fit does. */
  readonly blockTests: readonly number[];
}

const LENGTHS = [
  { span: HOUR, weight: 0.2, tests: 24 * 8, blockTests: 24 },
  { span: 6 * HOUR, weight: 0.15, tests: 4 * 18, blockTests: 20 },
  { span: DAY, weight: 0.15, tests: 25, blockTests: 10 },
] as const;
const BUCKET_WEIGHT = 0.5;
/** At most so many windows are judged together. */
export const MOST_WINDOWS = 1 + LENGTHS.length;

/** The windows of buckets of `step` ms: the bucket, and those of 1 h, 6 h and 1 day that exceed it. */
export function windowsOf(step: number): Windows {
  const longer = LENGTHS.filter(({ span }) => span > step);
  const block = Math.max(HOUR, step);
  const total = longer.reduce((sum, { weight }) => sum + weight, BUCKET_WEIGHT);
  const perDay = DAY / step;
  return {
    step,
    hourBuckets: step < HOUR ? Math.max(2, Math.round(HOUR / step)) : 0,
    block,
    spans: [step, ...longer.map(({ span }) => span)],
    blocks: [0, ...longer.map(({ span }) => (span === HOUR ? 0 : Math.ceil(span / block)))],
    weights: [BUCKET_WEIGHT / total, ...longer.map(({ weight }) => weight / total)],
    tests: [perDay, ...longer.map(({ tests }) => Math.min(perDay, tests))],
    blockTests: [perDay, ...longer.map(({ blockTests }) => Math.min(DAY / block, blockTests))],
  };
}
