import { fitBaseline } from '../baseline/fit.js';
import { InputError } from '../errors.js';
import type { Coverage } from '../kms/coverage.js';
import { findAnomalies } from '../score/find-anomalies.js';
import { scoreWindow } from '../score/score-window.js';
import type { SeriesKey } from '../series/key.js';
import { readRow, type SeriesSet } from '../series/series-set.js';
import { selectRows, sliceWindow } from '../series/slice.js';
import { gridEnd, WEEK } from '../time/grid.js';
import type { Analysis, LogSource } from './analysis.js';
import { holesIn } from './holes.js';
import { operationsOf } from './operations.js';
import { unknownsOf } from './unknown.js';

export interface JudgeOptions {
  /** Where the history begins: between two buckets; by default with the counts. */
  readonly start?: number;
  /** Where the history ends and the judged time begins: between two buckets. */
  readonly historyUntil: number;
  /** Where the judged time ends: between two buckets, at most the end of the counts. */
  readonly until: number;
  readonly timeZone?: string;
  readonly alertBudget?: { readonly perWeek: number };
  /** The accounts and Regions with KMS calls, and when they were listening: for telling the holes. */
  readonly sources?: readonly LogSource[];
  readonly coverage?: readonly Coverage[];
}

/** The part of an {@link Analysis} that follows from counts. */
export type Judgement = Pick<
  Analysis,
  'timeZone' | 'step' | 'alertBudget' | 'history' | 'window' | 'anomalies' | 'operations' | 'unknown'
>;

/**
 * The main job on counts: learns from what is before `historyUntil`, judges what comes after it, and says what cannot be
 * judged.
 * @param counts rows to be judged, and rows that name a caller, which tell who was behind an anomaly
 * @throws InputError when there is no history, or nothing to judge
 */
export function judgeCounts(counts: SeriesSet, options: JudgeOptions): Judgement {
  const { historyUntil, until, timeZone = 'UTC', alertBudget = { perWeek: 1 } } = options;
  const { step } = counts.grid;
  const start = Math.max(counts.grid.start, options.start ?? counts.grid.start);
  if (historyUntil <= start) throw new InputError('historyUntil must be later than the first bucket of the history');
  const rows = selectRows(counts, (key) => key.caller === null);
  const callers = selectRows(counts, (key) => key.caller !== null);
  // Rows that call only after `until` are not known of yet.
  const called = calledKeys(sliceWindow(rows, start, until));
  const known = selectRows(rows, (key) => called.has(key));
  const history = sliceWindow(known, start, historyUntil);
  const window = sliceWindow(known, historyUntil, until);
  const baseline = fitBaseline(history, { timeZone });
  const scores = scoreWindow(baseline, window, { alertBudget });
  const anomalies = findAnomalies(scores, {
    callers: sliceWindow(callers, historyUntil, until),
    usualCallers: sliceWindow(callers, start, historyUntil),
  });
  const firstKmsCall = firstCallIn(history);
  const observed = baseline.support * step;
  const { sources = [], coverage = [] } = options;
  const first = sources.length === 0 ? start : Math.min(...sources.map((source) => source.from));
  const from = Math.max(start, Math.min(first, historyUntil - step));
  return {
    timeZone,
    step,
    alertBudget: { perWeek: alertBudget.perWeek },
    history: {
      from,
      to: historyUntil,
      holes: holesIn(from, historyUntil, sources, coverage),
      observed,
      firstKmsCall,
      learning: baseline.learning,
      weeklyHabitsKnown:
        observed >= 2 * WEEK && firstKmsCall !== null && gridEnd(history.grid) - firstKmsCall >= 2 * WEEK,
    },
    window: { from: historyUntil, to: until, holes: holesIn(historyUntil, until, sources, coverage) },
    anomalies,
    operations: operationsOf(scores, anomalies),
    unknown: unknownsOf(baseline, scores),
  };
}

/** The keys, the very objects, of rows with a call. */
function calledKeys(set: SeriesSet): Set<SeriesKey> {
  const y = new Float64Array(set.grid.length);
  const called = set.keys.filter((_, row) => {
    readRow(set, row, y);
    return y.some((calls) => calls > 0);
  });
  return new Set(called);
}

/** The bucket of the first call; `null` without a call. */
function firstCallIn(set: SeriesSet): number | null {
  const { start, step, length } = set.grid;
  const y = new Float64Array(length);
  let first = length;
  for (let row = 0; row < set.keys.length; row++) {
    readRow(set, row, y);
    const found = y.findIndex((calls) => calls > 0);
    if (found >= 0 && found < first) first = found;
  }
  return first === length ? null : start + first * step;
}
