import type { SeriesSet } from '../../series/series-set.js';
import { DAY } from '../../time/grid.js';
import { offsetAt, zoneOffsets } from '../../time/zone.js';

/** Epoch ms, half-open. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** More are never asked for. */
const MOST = 8;

/**
 * `[from, to)` so many times `every` ms earlier, the same hours in the time of a zone, where the set's grid holds all of it;
 * latest first. None of them reaches into `[from, to)` itself.
 */
export function rangesBefore(
  from: number,
  to: number,
  { grid }: Pick<SeriesSet, 'grid'>,
  timeZone: string,
  every: number,
): TimeRange[] {
  const end = grid.start + grid.length * grid.step;
  if (grid.length === 0 || from <= grid.start) return [];
  const offsets = zoneOffsets(timeZone, grid.start - 2 * DAY, to + DAY);
  const earlier = (time: number, by: number): number => {
    const before = time - by;
    return before + offsetAt(offsets, time) - offsetAt(offsets, before);
  };
  const ranges: TimeRange[] = [];
  for (let by = every; ranges.length < MOST; by += every) {
    if (from - by < grid.start - DAY) break;
    const range = { from: earlier(from, by), to: earlier(to, by) };
    if (range.from >= grid.start && range.to <= end && range.to <= from) ranges.push(range);
  }
  return ranges;
}
