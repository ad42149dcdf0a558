import { Detector } from '../engine/detector.js';
import type { DetectorOptions } from '../engine/detector-options.js';
import { type FitOptions, fitBaseline } from '../engine/index.js';
import { checkInteger, checkOptions, checkTime, InputError, type OptionNames, shown } from '../errors.js';
import { type SeriesSet, selectRows, sliceWindow } from '../series/index.js';
import { keyId } from '../series/key.js';
import { isSparse } from '../series/series-set.js';
import { Random } from '../simulate/random.js';
import { gridEnd } from '../time/grid.js';
import type { EventLabel } from './label.js';
import { type ObservedScores, observeChunks } from './observe-chunks.js';
import { scoreVerdicts, type VerdictScore } from './score-verdicts.js';
import { type BacktestSummary, summaryOf } from './summary.js';

export interface BacktestOptions {
  /** Where the history ends and the judged part begins, by default in the middle of the set; a bucket belongs where it begins. */
  readonly from?: number | Date;
  /** How the baseline is fitted, e.g. the zones. */
  readonly fit?: FitOptions;
  /** How the detector judges, e.g. its alert budget. */
  readonly detector?: DetectorOptions;
  /** Chooses the lengths of the chunks in which the judged part is observed, which must change nothing; default 1. */
  readonly seed?: number;
}

export interface BacktestResult extends BacktestSummary {
  /** What became of each event, and of each row, in the judged part. */
  readonly detail: VerdictScore;
  readonly scores: ObservedScores;
}

/**
 * What a detector would have found: fits a baseline on the buckets before `from`, lets a {@link Detector} observe the rest
 * in chunks of uneven length, and compares its verdicts with labels. A row without a call in the history is not fitted: it
 * is judged as first seen, as it would have been. Labels that end before `from` count for nothing.
 *
 * An event is found when a verdict of its side falls inside it (a `level-shift`: in its first day). A false episode is
 * a run of verdicts other than normal and unknown, gaps of up to an hour bridged, outside events and the free time after
 * them: a day, or two days from the start of a level shift. Where free time begins a run is cut; what goes on counts anew.
 *
 * @throws InputError when `from` leaves no history or nothing to judge, or a label's key is no row of the set
 *
 * @example
 * import { backtest } from 'kms-baseline/evaluate';
 * import { SHOP_KEYS, simulateCalls } from 'kms-baseline/simulate';
 *
 * const [start, hour, day] = [Date.UTC(2026, 0, 5), 3_600_000, 86_400_000];
 * const key = { keyArn: SHOP_KEYS.payments };
 * const outage = { kind: 'outage', key, from: start + 18 * day, to: start + 19 * day, note: 'none' } as const;
 * const { set, labels } = simulateCalls({ seed: 3, start, end: start + 21 * day, step: hour, incidents: [outage] });
 * const { recall, falseEpisodes } = backtest(set, labels, { from: start + 14 * day });
 * console.log(`found ${recall * 100} %, ${falseEpisodes} false alarms`);
 */
export function backtest(set: SeriesSet, labels: readonly EventLabel[], options: BacktestOptions = {}): BacktestResult {
  checkOptions(options, BACKTEST_OPTIONS);
  const { start, step, length } = set.grid;
  const from = checkTime(options.from ?? start + Math.floor(length / 2) * step, 'from');
  const random = new Random('backtest', checkInteger(options.seed ?? 1, 'seed', 0, Number.MAX_SAFE_INTEGER));
  if (from <= start || from >= gridEnd(set.grid)) {
    throw new InputError(
      `from must lie inside the set (${shown(new Date(start))} to ${shown(new Date(gridEnd(set.grid)))}), got ${shown(new Date(from))}`,
    );
  }
  const judged = sliceWindow(set, from, gridEnd(set.grid));
  const baseline = fitBaseline(knownRows(sliceWindow(set, start, from)), options.fit);
  const scores = observeChunks(new Detector(baseline, options.detector), judged, () => random.uniform());
  const detail = scoreVerdicts(
    scores,
    labels.filter(({ to }) => Number(to) > from),
  );
  return { ...summaryOf(detail), detail, scores };
}

const BACKTEST_OPTIONS: OptionNames<BacktestOptions> = { from: true, fit: true, detector: true, seed: true };

/** The rows of a history of counts that hold a call; all rows of levels. */
function knownRows(history: SeriesSet): SeriesSet {
  const { values, keys, grid, measure } = history;
  if (measure === 'level') return history;
  const known = new Set<string>();
  for (const [row, key] of keys.entries()) {
    const called = isSparse(values)
      ? values.offsets[row + 1] > values.offsets[row]
      : values.subarray(row * grid.length, (row + 1) * grid.length).some((count) => count > 0);
    if (called) known.add(keyId(key));
  }
  return selectRows(history, (key) => known.has(keyId(key)));
}
