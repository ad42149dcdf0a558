import { checkNumber } from '../../errors.js';
import type { SeriesSet } from '../../series/series-set.js';
import { ABOVE, type Anomaly, BELOW, type Scores } from '../types.js';
import { anomalyOf, bySurprise, type IsCritical, isCriticalOperation } from './anomaly-of-runs.js';
import { type Run, RunFinder } from './breach-runs.js';
import { callerShares } from './callers.js';
import { discoveries } from './false-discovery.js';
import { groupRuns } from './group-runs.js';
import { type JoinedRow, joinScores, reachOver } from './joined-scores.js';

export interface AnomalyOptions {
  /** Counts by caller over the window, at ['keyArn', 'operation', 'caller'] or the like: says who. */
  readonly callers?: SeriesSet;
  /** The same over the history: says who usually. */
  readonly usualCallers?: SeriesSet;
  /**
   * Of the anomalies reported, at most this share may be false on average, beside the alert budget that gave the verdicts;
   * for large fleets at a generous budget. Not asked for by default. See {@link discoveries}.
   */
  readonly falseDiscoveryRate?: number;
  /** Operations that are critical whenever there are more calls than normal; by default those that the KMS catalogue calls so. */
  readonly critical?: IsCritical;
}

/**
 * Runs of breaches, most unusual first, each on its most specific row; the rows that it explains are `related`. See
 * {@link groupRuns}.
 *
 * @param scores of one window, or of several that follow one another: these are joined, and give what one of the whole
 *   gives, however they were cut. Where two hold the same bucket of a row, the later in the list counts.
 */
export function findAnomalies(scores: Scores | readonly Scores[], options: AnomalyOptions = {}): Anomaly[] {
  const { falseDiscoveryRate: q, callers, usualCallers, critical = isCriticalOperation } = options;
  if (q !== undefined) checkNumber(q, 'falseDiscoveryRate', Number.MIN_VALUE, 1);
  const rows = joinScores(isList(scores) ? scores : [scores]);
  const standing = q === undefined ? undefined : discoveries(rows, q);
  const runs: Run[] = [];
  for (const [row, joined] of rows.entries()) {
    for (const run of runsOf(joined)) if (standing === undefined || standing[run.verdict][row] === 1) runs.push(run);
  }
  return groupRuns(runs)
    .map((group) => {
      const anomaly = anomalyOf(group, critical);
      if (callers === undefined) return anomaly;
      const { key, verdict, from, to } = anomaly;
      return { ...anomaly, callers: callerShares(key, verdict, from, to, callers, usualCallers) };
    })
    .sort(bySurprise);
}

function isList(scores: Scores | readonly Scores[]): scores is readonly Scores[] {
  return Array.isArray(scores);
}

/** The runs of a row, those above first. */
export function runsOf({ step, pieces }: JoinedRow): Run[] {
  const found: Run[] = [];
  const keep = (run: Run) => void found.push(run);
  let finder: RunFinder | undefined;
  for (const direction of [ABOVE, BELOW] as const) {
    let run: Run | undefined;
    for (const { scores, row, first, last } of pieces) {
      const { length } = scores.window.grid;
      const { surprise, verdicts } = scores;
      for (let i = first; i < last; i++) {
        if (run === undefined) {
          // Nearly all buckets of nearly all rows. NaN is not less than anything.
          const cell = row * length + i;
          if (verdicts[cell] !== direction && !(direction * surprise[cell] >= SURPRISING)) continue;
        }
        finder ??= new RunFinder(step, undefined, reachOver(pieces));
        run = finder.next(run, scores, row, i, direction, keep);
      }
    }
    if (run?.isReported) found.push(run);
  }
  return found;
}

/** No shoulder is less surprising, whatever the step. */
const SURPRISING = 1.5;
