import { type FittedRows, fitRows } from '../engine/counts/fit/fit-all.js';
import { type PackedRows, packRows, unpackRows } from '../engine/counts/fit/packed-rows.js';
import type { SeriesSet } from '../series/series-set.js';
import type { CivilDays } from '../time/civil-days.js';

/** Rows for one thread to fit. The columns lie in shared memory: nothing is copied to the thread. */
export interface FitJob {
  readonly kind: 'fit';
  /** The rows alone, without their keys. */
  readonly history: SeriesSet;
  readonly given: readonly (string | undefined)[];
  readonly allowed: Uint8Array;
  readonly days: readonly (CivilDays | undefined)[];
}

/** What comes of it. */
export interface FitPart extends PackedRows {
  readonly zones: readonly string[];
  readonly support: number;
}

export function fitInWorker({ history, given, allowed, days }: Omit<FitJob, 'kind'>): FitPart {
  const { zones, support, ...rows } = fitRows(history, given, allowed, days);
  return { zones, support, ...packRows(rows, history.grid.step) };
}

export function rowsOfPart(part: FitPart, { grid }: SeriesSet): FittedRows {
  return { zones: [...part.zones], support: part.support, ...unpackRows(part, grid.step) };
}
