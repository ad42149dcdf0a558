import type { SeriesKey, SeriesSet, TimeGrid } from 'kms-baseline';

/** Buckets drawn at a time: a day of 100,000 series is 20 MB. */
const AT_ONCE = 288;

/**
 * The next buckets one by one, as a counter hands them over: dense counts, and arrays of their own for each.
 * @param counts draws the counts of a stretch of time
 */
export function* ticksOf(
  keys: readonly SeriesKey[],
  counts: (grid: TimeGrid) => SeriesSet,
  start: number,
  step: number,
  ticks: number,
): Generator<SeriesSet> {
  for (let first = 0; first < ticks; first += AT_ONCE) {
    const length = Math.min(AT_ONCE, ticks - first);
    const { values } = counts({ start: start + first * step, step, length });
    if (ArrayBuffer.isView(values)) throw new Error('sparse counts are needed');
    const next = values.offsets.slice();
    for (let i = 0; i < length; i++) {
      const calls = new Uint32Array(keys.length);
      for (let row = 0; row < keys.length; row++) {
        const at = next[row];
        if (at >= values.offsets[row + 1] || values.buckets[at] !== i) continue;
        calls[row] = values.counts[at];
        next[row]++;
      }
      const grid = { start: start + (first + i) * step, step, length: 1 };
      yield { grid, keys, measure: 'count', values: calls, observed: new Uint8Array([1]) };
    }
  }
}
