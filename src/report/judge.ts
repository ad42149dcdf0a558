import { worstFirst } from '../engine/anomalies/anomaly-of-runs.js';
import { findAnomalies } from '../engine/anomalies/find-anomalies.js';
import type { Baseline } from '../engine/baseline.js';
import { fitBaseline } from '../engine/fit-baseline.js';
import { quietKeysAfter } from '../engine/quiet-keys.js';
import { scoreWindow } from '../engine/score-window.js';
import type { Anomaly, Scores } from '../engine/types.js';
import { checkOptions, checkRange, InputError, type OptionNames } from '../errors.js';
import type { Coverage } from '../kms/coverage.js';
import { isByCaller, judgedRows } from '../kms/judged-rows.js';
import type { SeriesKey } from '../series/key.js';
import { checkSet, readRow, type SeriesSet } from '../series/series-set.js';
import { selectRows, sliceWindow } from '../series/slice.js';
import type { Calendar } from '../time/calendar.js';
import { gridEnd, WEEK } from '../time/grid.js';
import type { Analysis } from './analysis.js';
import { holesIn } from './holes.js';
import { withHoursBefore } from './hours-before.js';
import { isLoss, keyLoss } from './key-loss.js';
import { type KeyLabel, keyNamesOf, nameKeys } from './key-names.js';
import type { LogSource } from './log-source.js';
import type { KeyNames } from './names.js';
import { operationsOf } from './operations.js';
import { unknownsOf } from './unknown.js';

export interface JudgeOptions {
  /** Where the history begins: between two buckets; by default with the counts. */
  readonly start?: number;
  /** Where the history ends and the judged time begins: between two buckets. */
  readonly historyUntil: number;
  /** Where the judged time ends: between two buckets, at most the end of the counts. */
  readonly until: number;
  /** The zone that people and jobs follow; without it, each series' is found, and times are in UTC. */
  readonly timeZone?: string;
  /** Days that are like another weekday, and recurring maintenance. */
  readonly calendar?: Calendar;
  readonly alertBudget?: { readonly perWeek: number };
  /** The accounts and Regions with KMS calls, and when they were listening: for telling the holes. */
  readonly sources?: readonly LogSource[];
  readonly coverage?: readonly Coverage[];
  /** Aliases and owners of keys, by which they are named. */
  readonly labels?: readonly KeyLabel[];
}

/** The part of an {@link Analysis} that follows from counts. */
export type Judgement = Pick<
  Analysis,
  | 'timeZone'
  | 'step'
  | 'alertBudget'
  | 'history'
  | 'window'
  | 'anomalies'
  | 'operations'
  | 'unknown'
  | 'quiet'
  | 'keys'
  | 'losses'
>;

/** What a judgement rests on, for pictures of it. */
export interface Evidence {
  readonly baseline: Baseline;
  readonly scores: Scores;
  /** The counts that were learned from; `null` where a baseline was brought along. */
  readonly history: SeriesSet | null;
  /** Names of all keys of the scores, which tell them apart; without it, keys go by the first digits of their ids. */
  readonly nameOf?: KeyNames;
}

export interface BucketVerdict {
  readonly judgement: Judgement;
  readonly evidence: Evidence;
}

/**
 * The main job on counts: learns from what is before `historyUntil`, judges what comes after it, and says what cannot be
 * judged.
 * @param counts rows to be judged, and rows that name a caller: they say who called, and each caller of a key is judged too
 *   where it has several, see {@link judgedRows}
 * @throws InputError when there is no history, or nothing to judge
 */
export function judgeCounts(counts: SeriesSet, options: JudgeOptions): Judgement {
  return judgeWithEvidence(counts, options).judgement;
}

/** As {@link judgeCounts}, with what the judgement rests on. */
export function judgeWithEvidence(counts: SeriesSet, options: JudgeOptions): BucketVerdict {
  checkOptions(options, JUDGE_OPTIONS);
  checkSet(counts, 'counts');
  const { timeZone, alertBudget, calendar = {} } = options;
  const { from: historyUntil, to: until } = checkRange(options.historyUntil, options.until, 'historyUntil/until');
  const start = Math.max(counts.grid.start, options.start ?? counts.grid.start);
  if (historyUntil <= start) {
    const [found, least] = [historyUntil, start].map((time) => new Date(time).toISOString());
    throw new InputError(`historyUntil must be later than the first bucket of the history, ${least}, got ${found}`);
  }
  const rows = judgedRows(counts, 'several');
  const callers = selectRows(counts, isByCaller);
  // Rows that call only after `until` are not known of yet.
  const called = calledKeys(sliceWindow(rows, start, until));
  const known = selectRows(rows, (key) => called.has(key));
  const history = sliceWindow(known, start, historyUntil);
  const { sources = [], coverage = [] } = options;
  const first = sources.length === 0 ? start : Math.min(...sources.map((source) => source.from));
  const from = Math.max(start, Math.min(first, historyUntil - counts.grid.step));
  const firstCall = firstCallIn(history);
  return judgeWindow(
    fitBaseline(history, { calendar, ...(timeZone === undefined ? {} : { timeZone }) }),
    sliceWindow(known, historyUntil, until),
    {
      timeZone: timeZone ?? 'UTC',
      history,
      from,
      // Its bucket may begin before the logs do.
      firstKmsCall: firstCall === null ? null : Math.max(from, firstCall),
      callers: sliceWindow(callers, historyUntil, until),
      usualCallers: sliceWindow(callers, start, historyUntil),
      sources,
      coverage,
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      ...(alertBudget === undefined ? {} : { alertBudget }),
    },
  );
}

const JUDGE_OPTIONS: OptionNames<JudgeOptions> = {
  labels: true,
  start: true,
  historyUntil: true,
  until: true,
  timeZone: true,
  alertBudget: true,
  sources: true,
  coverage: true,
  calendar: true,
};

export interface JudgeWindowOptions {
  readonly alertBudget?: { readonly perWeek: number };
  /** The zone on whose clock times are told; by default that of the baseline's first row. */
  readonly timeZone?: string;
  /** Counts by caller over the window, and over the history; who called is told only where both are given. */
  readonly callers?: SeriesSet;
  readonly usualCallers?: SeriesSet;
  readonly sources?: readonly LogSource[];
  readonly coverage?: readonly Coverage[];
  /** The counts that were learned from, where they are at hand. */
  readonly history?: SeriesSet;
  /** Where the history is taken to begin, and its first call, where they are known better than by the baseline. */
  readonly from?: number;
  readonly firstKmsCall?: number | null;
  /** Aliases and owners of keys, by which they are named. */
  readonly labels?: readonly KeyLabel[];
}

/**
 * Judges a window by a baseline, of today or from a file: what is unusual in it, and what cannot be judged.
 * @throws InputError when the window has another step or measure than the baseline, or no bucket
 */
export function judgeWindow(baseline: Baseline, window: SeriesSet, options: JudgeWindowOptions = {}): BucketVerdict {
  checkOptions(options, JUDGE_WINDOW_OPTIONS);
  const { alertBudget = { perWeek: 1 }, callers, usualCallers, sources = [], coverage = [] } = options;
  const { step } = window.grid;
  if (window.grid.length === 0) throw new InputError('window must hold at least one bucket, got none');
  const timeZone = options.timeZone ?? zoneOf(baseline);
  const scores = scoreWindow(baseline, window, { alertBudget });
  const found = findAnomalies(
    scores,
    callers === undefined || usualCallers === undefined ? {} : { callers, usualCallers, timeZone },
  );
  const anomalies = withHoursBefore(found, scores, options.history, timeZone).sort(worstFirst);
  const from = options.from ?? baseline.grid.start;
  const to = gridEnd(baseline.grid);
  const end = gridEnd(window.grid);
  const firstKmsCall = options.firstKmsCall === undefined ? firstCallOf(baseline) : options.firstKmsCall;
  const observed = baseline.support * step;
  const unknown = unknownsOf(baseline, scores);
  const quiet = quietKeysAfter(baseline, scores, { alertBudget });
  const named = nameKeys(keyArnsOf(scores.window.keys), options.labels);
  const mentioned = new Set(
    keyArnsOf([
      ...anomalies.flatMap(({ key, related }) => [key, ...related]),
      ...[...quiet.listed, ...unknown.tooQuiet.listed].map(({ key }) => key),
    ]),
  );
  const judgement: Judgement = {
    timeZone,
    step,
    alertBudget: { perWeek: alertBudget.perWeek },
    history: {
      from,
      to,
      holes: options.history === undefined ? [] : holesIn(from, to, sources, coverage),
      observed,
      firstKmsCall,
      learning: baseline.learning,
      weeklyHabitsKnown: observed >= 2 * WEEK && firstKmsCall !== null && to - firstKmsCall >= 2 * WEEK,
    },
    window: { from: window.grid.start, to: end, holes: holesIn(window.grid.start, end, sources, coverage) },
    anomalies,
    operations: operationsOf(scores, anomalies),
    unknown,
    quiet,
    keys: named.filter(({ keyArn }) => mentioned.has(keyArn)),
    losses: lossesOf(anomalies, baseline, usualCallers),
  };
  const history = options.history ?? null;
  return { judgement, evidence: { baseline, scores, history, nameOf: keyNamesOf(named) } };
}

/** What depends on the keys that findings are about to take away. */
function lossesOf(
  anomalies: readonly Anomaly[],
  baseline: Baseline,
  usualCallers: SeriesSet | undefined,
): NonNullable<Analysis['losses']> {
  if (baseline.learning) return [];
  return [...new Set(keyArnsOf(anomalies.filter(isLoss).map(({ key }) => key)))].map((keyArn) => ({
    keyArn,
    ...keyLoss(keyArn, baseline, usualCallers),
  }));
}

function keyArnsOf(keys: readonly SeriesKey[]): string[] {
  return keys.flatMap(({ keyArn }) => (keyArn === null ? [] : [keyArn]));
}

const JUDGE_WINDOW_OPTIONS: OptionNames<JudgeWindowOptions> = {
  labels: true,
  alertBudget: true,
  timeZone: true,
  callers: true,
  usualCallers: true,
  sources: true,
  coverage: true,
  history: true,
  from: true,
  firstKmsCall: true,
};

function zoneOf(baseline: Baseline): string {
  return baseline.keys.length === 0 ? 'UTC' : baseline.modelOf(baseline.keys[0]).timeZone;
}

/** The bucket of the first call that a baseline knows of; `null` without one. */
function firstCallOf(baseline: Baseline): number | null {
  let first = Number.POSITIVE_INFINITY;
  for (const key of baseline.keys) {
    const { model, known } = baseline.modelOf(key);
    if (known && model.firstCall < first) first = model.firstCall;
  }
  return first === Number.POSITIVE_INFINITY ? null : first;
}

/** The keys, the very objects, of rows with a call. */
export function calledKeys(set: SeriesSet): Set<SeriesKey> {
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
