/** Half-open buckets of equal width: bucket i is `[start + i·step, start + (i + 1)·step)`, in epoch milliseconds. */
export interface TimeGrid {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** The last time that a Date can hold, epoch ms; the first is as far before 1970. */
export const MOST_TIME = 8.64e15;

/** The widest bucket: 366 days. */
export const MAX_STEP = 366 * DAY;

/** The longest grid: 2^26 buckets, 638 years of five minutes; a wider reach is a mistake, and would not fit memory. */
export const MAX_BUCKETS = 2 ** 26;

/** The end of a grid's last bucket, exclusive. */
export function gridEnd(grid: TimeGrid): number {
  return grid.start + grid.length * grid.step;
}
