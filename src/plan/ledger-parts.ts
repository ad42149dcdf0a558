import type { TimeRange } from '../series/builder.js';
import { type SeriesKey, seriesKey } from '../series/key.js';

/** The key of a `keyId`. */
export function keyOfId(id: string): SeriesKey {
  const [operation, keyArn, account, region, caller, outcome, metric] = JSON.parse(id);
  return seriesKey({ operation, keyArn, account, region, caller, outcome, metric });
}

/** Times in both of two ascending lists of ranges. */
export function commonTimes(some: readonly TimeRange[], others: readonly TimeRange[]): readonly TimeRange[] {
  return some.flatMap((a) =>
    others.flatMap((b) => {
      const range = { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
      return range.from < range.to ? [range] : [];
    }),
  );
}
