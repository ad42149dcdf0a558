import { checkInteger, checkNumber, InputError, shown } from '../errors.js';
import { DAY, HOUR, MAX_STEP, MINUTE, WEEK } from '../time/grid.js';
import { checkZone } from '../time/zone.js';

/** CloudWatch's three states. A new alarm knows nothing: INSUFFICIENT_DATA. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** What a period without data counts as (`TreatMissingData`). `ignore` keeps the state as it is. */
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/** `p99`, `p99.9`: the percentile of the values of a period's buckets, between two of them in proportion. */
export type AlarmStatistic = 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'SampleCount' | `p${number}`;

export type AlarmComparison =
  | 'GreaterThanThreshold'
  | 'GreaterThanOrEqualToThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

export type Side = 'above' | 'below' | 'either';

/** When a datapoint breaches. */
export type AlarmCondition =
  /**
   * A period breaches when one of its buckets has the verdict. With `minCalls`, here and below, only where so many calls were
   * made (above) or expected (below) in the window that decided: fewer are not interesting, however unusual. Taken from scores.
   */
  | { readonly on: 'verdict'; readonly is: Side; readonly minCalls?: number }
  /** By the most surprising bucket of the period on that side; `clearBelow` is what it must fall below to end an alarm. */
  | {
      readonly on: 'surprise';
      readonly is: Side;
      readonly atLeast: number;
      readonly clearBelow?: number;
      readonly minCalls?: number;
    }
  /**
   * A period breaches when one of its buckets lies outside of the band of its own time, `lower` to `upper` of scores: as
   * CloudWatch's `GreaterThanUpperThreshold` and so on, but hour by hour. What is observed is how far outside: 0 inside.
   */
  | { readonly on: 'band'; readonly is: Side; readonly minCalls?: number }
  /** By the statistic of the period's values; `clearAt` stands in for the threshold while in alarm. */
  | {
      readonly on: 'value';
      readonly statistic: AlarmStatistic;
      readonly comparison: AlarmComparison;
      readonly threshold: number;
      readonly clearAt?: number;
    };

export interface AlarmRule {
  /** Part of the id of every change; of an alarm's own, no two alike. */
  readonly name: string;
  readonly condition: AlarmCondition;
  /** Width in ms of the buckets that are observed. */
  readonly step: number;
  /** Width of a datapoint in ms, a multiple of the step; the step by default. */
  readonly period?: number;
  /** N: how many datapoints are looked at. */
  readonly evaluationPeriods: number;
  /** M: how many of them must breach; N by default. They need not follow one another. */
  readonly datapointsToAlarm?: number;
  /** `missing` by default. */
  readonly treatMissingData?: MissingData;
  /**
   * `sliding` (the default): periods end at each bucket's end, and where some are missing, older ones are looked at.
   * `{ timeZone }`: periods follow the clock of a zone, weeks begin on Mondays, and exactly N of them are looked at, each
   * when it is over.
   */
  readonly window?: 'sliding' | { readonly timeZone: string };
  /**
   * How many periods a sliding window may look back over. CloudWatch publishes 5 for N = 3 and no general formula; N + 2
   * by default, which agrees with that.
   */
  readonly evaluationRange?: number;
  /** Hysteresis: an alarm becomes OK only when the newest so many datapoints do not breach; 0 by default, as CloudWatch has it. */
  readonly datapointsToClear?: number;
}

/** A rule with nothing left out. */
export interface CompleteRule {
  readonly name: string;
  readonly condition: AlarmCondition;
  readonly step: number;
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingData;
  readonly window: 'sliding' | { readonly timeZone: string };
  readonly evaluationRange: number;
  readonly datapointsToClear: number;
}

const MISSING: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
const SIDES: readonly Side[] = ['above', 'below', 'either'];
const STATISTICS: readonly string[] = [
  'Sum',
  'Average',
  'Minimum',
  'Maximum',
  'SampleCount',
] satisfies AlarmStatistic[];
const COMPARISONS: readonly AlarmComparison[] = [
  'GreaterThanThreshold',
  'GreaterThanOrEqualToThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
];
/** As many periods of ten seconds, the shortest that CloudWatch has, make a day. */
const MOST_PERIODS = 8640;
/** `WallClockWindow` takes these only (CloudWatch User Guide, alarm-evaluation-window). */
const CLOCK_PERIODS = [MINUTE, 5 * MINUTE, HOUR, DAY, WEEK];

/**
 * The rule, complete. The limits are those of PutMetricAlarm: period × N at most a week, and at most a day for periods
 * under an hour.
 * @throws InputError naming the field
 */
export function checkRule(rule: AlarmRule): CompleteRule {
  if (typeof rule !== 'object' || rule === null) throw new InputError(`rule must be an object, got ${shown(rule)}`);
  if (typeof rule.name !== 'string' || rule.name === '') {
    throw new InputError(`name must be a text of at least one character, got ${shown(rule.name)}`);
  }
  const step = checkInteger(rule.step, 'step', 1, MAX_STEP);
  const period = checkInteger(rule.period ?? step, 'period', step, WEEK);
  if (period % step !== 0) throw new InputError(`period must be a multiple of the step ${step} ms, got ${period}`);
  const n = checkInteger(rule.evaluationPeriods, 'evaluationPeriods', 1, MOST_PERIODS);
  const limit = period < HOUR ? DAY : WEEK;
  if (period * n > limit) {
    throw new InputError(
      `evaluationPeriods must be at most ${Math.floor(limit / period)} for a period of ${period} ms, got ${n}`,
    );
  }
  const window = rule.window ?? 'sliding';
  if (window !== 'sliding') {
    checkZone(window?.timeZone, 'window.timeZone');
    if (!CLOCK_PERIODS.includes(period)) {
      throw new InputError(
        `period must be a minute, five minutes, an hour, a day or a week in a wall clock window, got ${period} ms`,
      );
    }
    if (rule.evaluationRange !== undefined) {
      throw new InputError('evaluationRange must be left out in a wall clock window, which never looks further back');
    }
  }
  const range =
    window === 'sliding' ? checkInteger(rule.evaluationRange ?? n + 2, 'evaluationRange', n, 10 * n + 10) : n;
  return {
    name: rule.name,
    condition: checkCondition(rule.condition),
    step,
    period,
    evaluationPeriods: n,
    datapointsToAlarm: checkInteger(rule.datapointsToAlarm ?? n, 'datapointsToAlarm', 1, n),
    treatMissingData: oneOf(rule.treatMissingData ?? 'missing', 'treatMissingData', MISSING),
    window,
    evaluationRange: range,
    datapointsToClear: checkInteger(rule.datapointsToClear ?? 0, 'datapointsToClear', 0, n),
  };
}

function checkCondition(condition: AlarmCondition): AlarmCondition {
  switch (condition?.on) {
    case 'verdict':
    case 'band':
      oneOf(condition.is, 'condition.is', SIDES);
      checkNumber(condition.minCalls ?? 0, 'condition.minCalls', 0, Number.MAX_SAFE_INTEGER);
      return condition;
    case 'surprise': {
      oneOf(condition.is, 'condition.is', SIDES);
      checkNumber(condition.minCalls ?? 0, 'condition.minCalls', 0, Number.MAX_SAFE_INTEGER);
      const least = checkNumber(condition.atLeast, 'condition.atLeast', 0, 1e4);
      checkNumber(condition.clearBelow ?? least, 'condition.clearBelow', 0, least);
      return condition;
    }
    case 'value': {
      checkStatistic(condition.statistic);
      oneOf(condition.comparison, 'condition.comparison', COMPARISONS);
      const threshold = checkNumber(condition.threshold, 'condition.threshold', -Number.MAX_VALUE, Number.MAX_VALUE);
      const greater = condition.comparison.startsWith('Greater');
      checkNumber(
        condition.clearAt ?? threshold,
        'condition.clearAt',
        greater ? -Number.MAX_VALUE : threshold,
        greater ? threshold : Number.MAX_VALUE,
      );
      return condition;
    }
    default:
      throw new InputError(`condition must be on one of verdict, surprise, band, value, got ${shown(condition)}`);
  }
}

function checkStatistic(statistic: unknown): void {
  const percent = typeof statistic === 'string' ? /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(statistic) : null;
  if (STATISTICS.includes(statistic as string) || (percent !== null && Number(percent[1]) <= 100)) return;
  throw new InputError(
    `condition.statistic must be one of ${STATISTICS.join(', ')}, or a percentile from p0 to p100, got ${shown(statistic)}`,
  );
}

function oneOf<T extends string>(value: T, name: string, all: readonly T[]): T {
  if (all.includes(value)) return value;
  throw new InputError(`${name} must be one of ${all.join(', ')}, got ${shown(value)}`);
}
