import { checkNumber, checkOptions, type OptionNames } from '../../errors.js';
import type { SeriesSet } from '../../series/series-set.js';
import { ABOVE, type Anomaly, BELOW, type Scores } from '../types.js';
import { type IsCritical, isCriticalOperation } from './anomaly-of-runs.js';
import { type Run, RunFinder } from './breach-runs.js';
import { type Asked, callerShares, errorsWithin } from './callers.js';
import { anomaliesOf } from './common-cause.js';
import { discoveries } from './false-discovery.js';
import { groupRuns } from './group-runs.js';
import { type JoinedRow, joinScores, type Piece, reachOver } from './joined-scores.js';

export interface AnomalyOptions {
  /**
   * Counts by caller over the window, at `['keyArn', 'operation', 'caller']` or the like: says who; at
   * `['keyArn', 'operation', 'caller', 'error']`: whose calls failed, and with which error codes.
   */
  readonly callers?: SeriesSet;
  /** The same over the history: says who usually. */
  readonly usualCallers?: SeriesSet;
  /** In whose time the hours of a day are the same from week to week, for what callers usually do; default UTC. */
  readonly timeZone?: string;
  /**
   * Of the anomalies reported, at most this share may be false on average, beside the alert budget that gave the verdicts;
   * for large fleets at a generous budget. Not asked for by default. See {@link discoveries}.
   */
  readonly falseDiscoveryRate?: number;
  /** Operations that are critical when there are more calls than normal; by default those that KMS's catalogue calls so. */
  readonly critical?: IsCritical;
}

/**
 * Runs of breaches, most unusual first, each on its most specific row; the rows that it explains are `related`. See
 * {@link groupRuns}. Where so many keys of one account depart together that chance cannot have made it, they are one
 * anomaly, `affected` says how many there are.
 *
 * @param scores of one window, or of several that follow one another: these are joined, and give what one of the whole
 *   gives, however they were cut. Where two hold the same bucket of a row, the later in the list counts.
 */
export function findAnomalies(scores: Scores | readonly Scores[], options: AnomalyOptions = {}): Anomaly[] {
  checkOptions(options, ANOMALY_OPTIONS);
  const { falseDiscoveryRate: q, callers, usualCallers, critical = isCriticalOperation } = options;
  if (q !== undefined) checkNumber(q, 'falseDiscoveryRate', Number.MIN_VALUE, 1);
  const rows = joinScores(isList(scores) ? scores : [scores]);
  const standing = q === undefined ? undefined : discoveries(rows, q);
  const runs: Run[] = [];
  for (const [row, joined] of rows.entries()) {
    for (const run of runsOf(joined)) if (standing === undefined || standing[run.verdict][row] === 1) runs.push(run);
  }
  const anomalies = anomaliesOf(groupRuns(runs), rows, critical);
  if (callers === undefined) return anomalies;
  return anomalies.map((anomaly) => {
    const asked = askedOf(anomaly);
    const errors = errorsWithin(asked, callers);
    return {
      ...anomaly,
      callers: callerShares(asked, callers, usualCallers, options.timeZone),
      ...(errors.length === 0 ? {} : { errors }),
    };
  });
}

const ANOMALY_OPTIONS: OptionNames<AnomalyOptions> = {
  callers: true,
  usualCallers: true,
  falseDiscoveryRate: true,
  critical: true,
  timeZone: true,
};

/**
 * Whose callers and errors are those of an anomaly: of a caller's row those of all callers, which say whose place it took, or
 * who took its own; of one that counts keys those of the calls.
 */
export function askedOf({ key, verdict, from, to }: Anomaly): Asked {
  const isKeys = key.caller !== null && key.metric !== null;
  return { key: isKeys ? { ...key, metric: null } : { ...key, caller: null }, verdict, from, to };
}

function isList(scores: Scores | readonly Scores[]): scores is readonly Scores[] {
  return Array.isArray(scores);
}

/** The runs of a row, those above first. */
export function runsOf({ step, pieces }: JoinedRow): Run[] {
  const found: Run[] = [];
  // Nearly all rows have no breach, and so no run.
  const sides = pieces.reduce((sides, piece) => sides | breachesOf(piece), 0);
  if (sides === 0) return found;
  const keep = (run: Run) => void found.push(run);
  const finder = new RunFinder(step, undefined, reachOver(pieces));
  for (const direction of [ABOVE, BELOW] as const) {
    if ((sides & sideOf(direction)) === 0) continue;
    let run: Run | undefined;
    for (const { scores, row, first, last } of pieces) {
      const { surprise, verdicts } = scores;
      const at = row * scores.window.grid.length;
      for (let i = first; i < last; i++) {
        // NaN is not less than anything.
        const isEvidence = verdicts[at + i] === direction || direction * surprise[at + i] >= finder.shoulder;
        if (run !== undefined || isEvidence) run = finder.next(run, scores, row, i, direction, keep);
      }
    }
    if (run?.isReported) found.push(run);
  }
  return found;
}

function sideOf(direction: typeof ABOVE | typeof BELOW): number {
  return direction === ABOVE ? 1 : 2;
}

/** In which directions a row breaches: the sum of their {@link sideOf}. */
function breachesOf({ scores, row, first, last }: Piece): number {
  const { verdicts } = scores;
  const at = row * scores.window.grid.length;
  let sides = 0;
  for (let i = at + first; i < at + last; i++) {
    const verdict = verdicts[i];
    if (verdict === ABOVE || verdict === BELOW) sides |= sideOf(verdict);
  }
  return sides;
}
