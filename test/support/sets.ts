import type { SeriesSet } from '../../src/series/series-set.js';
import { seriesSet } from '../../src/series/series-set.js';
import { poisson, seeded } from './random.js';

export const STEP = 300_000;
export const DAY = 86_400_000;
export const WEEK = 7 * DAY;
/** A Monday, 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 0, 5);
export const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const OTHER_KEY = 'arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321';

/** Weekday office hours: 20 calls a bucket by day, 1 by night and at week ends. */
export function officeMean(time: number): number {
  const day = Math.floor((time - MONDAY) / DAY) % 7;
  const hour = Math.floor((time % DAY) / 3_600_000);
  return day < 5 && hour >= 8 && hour < 18 ? 20 : 1;
}

/** One row of Poisson counts with the given mean at each bucket's start. */
export function poissonRow(seed: number, weeks: number, mean: (time: number) => number, start = MONDAY): Float64Array {
  const random = seeded(seed);
  return Float64Array.from({ length: (weeks * WEEK) / STEP }, (_, i) => poisson(random, mean(start + i * STEP)));
}

/** A set of one row: Decrypt on {@link KEY}. */
export function oneRow(values: ArrayLike<number>, start = MONDAY, observed?: ArrayLike<number>): SeriesSet {
  const series = [{ key: { operation: 'Decrypt', keyArn: KEY }, values }];
  return observed === undefined
    ? seriesSet({ start, step: STEP, series })
    : seriesSet({ start, step: STEP, series, observed });
}
