import { type FittedRows, fitRows } from '../engine/counts/fit/fit-all.js';
import { type PackedRows, packRows, unpackRows } from '../engine/counts/packed-rows.js';
import { weekCells } from '../engine/counts/seasonal-profile.js';
import { windowsOf } from '../engine/windows.js';
import type { SeriesSet } from '../series/series-set.js';
import { weekSlots } from '../time/week.js';

/** Rows for one thread to fit. The columns lie in shared memory: nothing is copied to the thread. */
export interface FitJob {
  readonly kind: 'fit';
  /** The rows alone, without their keys. */
  readonly history: SeriesSet;
  readonly given: readonly (string | undefined)[];
  readonly allowed: Uint8Array;
}

/** What comes of it. */
export interface FitPart extends PackedRows {
  readonly zones: readonly string[];
  readonly support: number;
}

export function fitInWorker({ history, given, allowed }: Omit<FitJob, 'kind'>): FitPart {
  const { zones, rows, support } = fitRows(history, given, allowed);
  return { zones, support, ...packRows(rows, windowsOf(history.grid.step).spans.length, cellsOf(history)) };
}

export function rowsOfPart(part: FitPart, history: SeriesSet): FittedRows {
  const rows = unpackRows(part, windowsOf(history.grid.step).spans.length, cellsOf(history));
  return { zones: [...part.zones], rows, support: part.support };
}

function cellsOf({ grid }: SeriesSet) {
  return weekCells(weekSlots(grid.step));
}
