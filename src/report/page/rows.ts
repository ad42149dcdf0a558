import { unpackCounts, unpackMeans } from '../html/pack.js';
import type { PageData } from '../html/page-data.js';

/** One series of the page, unpacked: when it is asked for, not before. */
export interface PageRow {
  readonly name: string;
  readonly arn: string;
  readonly step: number;
  readonly values: Float64Array;
  readonly expected: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** 0 normal, 1 above, 2 below, 3 unknown. */
  readonly verdicts: Float64Array;
}

export function rowAt({ series, arns }: PageData, row: number): PageRow {
  return {
    name: series.name[row],
    arn: arns[series.arn[row]] ?? '',
    step: series.step[row],
    values: unpackCounts(series.values[row]),
    expected: unpackMeans(series.expected[row]),
    lower: unpackCounts(series.lower[row]),
    upper: unpackCounts(series.upper[row]),
    verdicts: unpackCounts(series.verdicts[row]),
  };
}

/** Calls of each hour of the last seven days; NaN where nothing was observed. */
export function recentOf({ series }: PageData, row: number): Float64Array {
  return unpackCounts(series.recent[row]);
}

/** Usual calls of each hour of the week, Monday first; empty where nothing was learned. */
export function weekOf({ series }: PageData, row: number): Float64Array {
  return unpackMeans(series.week[row]);
}
