import type { SeriesKey, SeriesSet, TimeGrid } from 'kms-baseline';

/** An organisation: very many rows, nine in ten of which have under 100 calls in four weeks. */
export interface Organisation {
  readonly keys: readonly SeriesKey[];
  /** Four weeks of five-minute buckets. */
  readonly history: TimeGrid;
  /** Sparse counts of any stretch of time; the same seed and grid give the same counts. */
  counts(grid: TimeGrid): SeriesSet;
}

export function organisation(rows: number, seed: number): Organisation;
export function gridAfter(history: TimeGrid, first: number, buckets: number): TimeGrid;
export function ticksAfter(of: Organisation, ticks: number): Generator<SeriesSet>;
