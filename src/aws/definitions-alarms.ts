import type { PutAnomalyDetectorCommandInput, PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { checkBudget } from '../engine/alert-budget.js';
import type { Baseline } from '../engine/baseline.js';
import { checkInteger, checkNumber, checkOptions, checkRange, type OptionNames } from '../errors.js';
import type { KmsKey } from '../kms/lifecycle.js';
import { HOUR } from '../time/grid.js';
import { statedOffset } from '../time/zone.js';
import { type DefinitionOf, dimensions, fittingName, NAMESPACE, partsOfKey } from './definitions.js';
import {
  bandProbability,
  type LearnedPair,
  learnedPairs,
  periodOf,
  type WeekBand,
  weekBand,
} from './definitions-band.js';
import { WATCHED_CHANGES } from './definitions-filters.js';

export type AlarmDefinition =
  | DefinitionOf<'PutMetricAlarm', PutMetricAlarmCommandInput>
  | DefinitionOf<'PutAnomalyDetector', PutAnomalyDetectorCommandInput>;

export interface AlarmDefinitionOptions {
  /** ARNs of what an alarm does: topics, functions; at most five. */
  readonly actions?: readonly string[];
  /** False alarms a week that the bands of all pairs may raise together; 1 by default. */
  readonly alertBudget?: { readonly perWeek: number };
  /** How many pairs get alarms, busiest first; all by default. Each is billed. */
  readonly pairs?: number;
  /** Also CloudWatch's own anomaly detection on each pair, so many standard deviations wide: three billed metrics each. */
  readonly anomaly?: { readonly deviations?: number };
  /** Times that must not teach the anomaly detector; it takes ten, and the latest are kept. */
  readonly exclude?: readonly { readonly from: number | Date; readonly to: number | Date }[];
  /** Keys, for the expiry of imported material and for custom key stores, as `keyInventory` finds them. */
  readonly keys?: readonly KmsKey[];
  /** How long before an expiry the alarm is to go off, days; 14 by default. */
  readonly expiryDays?: number;
  /** Request quotas to keep clear of, by the usage metric's `Resource`, e.g. `CryptographicOperationsSymmetric`. */
  readonly quotas?: readonly { readonly resource: string; readonly perSecond: number; readonly region?: string }[];
  /** Share of a quota from which on the alarm goes off; 0.8 by default. */
  readonly quotaShare?: number;
  /** Whether the metrics of `metricFilters` get their alarms: the CIS alarm and those for what it leaves out; true by default. */
  readonly changes?: boolean;
  /** What alarm names begin with; `kms-baseline` by default. */
  readonly prefix?: string;
}

const DAY_S = 86_400;
/**
 * Points of `SuccessfulRequest` may come late, by how much AWS does not say: an alarm that looks at three periods sees one
 * that is two late, and is not raised by one that is not there yet. Period × N is at most a week.
 */
const PERIODS = 3;
/** `WallClockWindow` takes these (CloudWatch User Guide, alarm-evaluation-window); and weeks, which begin on Mondays there. */
const CLOCK_PERIODS = [60, 300, 3600, DAY_S];
/** PutAnomalyDetector takes so many excluded ranges. */
const MOST_EXCLUDED = 10;

/**
 * Alarms made of what was learned, for review. Per key and operation: a fixed band on `SuccessfulRequest`, as wide as the
 * widest bucket of the week to come (CloudWatch's thresholds do not follow the hours; `publishScores` does), and on demand
 * CloudWatch's anomaly detection. Then: the changes of `metricFilters`, imported material that expires, throttling in
 * custom key stores, and request quotas.
 *
 * Bands are held against the buckets that they were learned on: periods follow the clock, in UTC, where CloudWatch can have
 * them so, as a sliding window would judge every bucket at each of its minutes. Missing data is not breaching above and
 * breaching below: SuccessfulRequest has no point where there was no call. Below is left out where a bucket without a call
 * is normal at some hour. ReEncrypt is left out: its metric is by both of its keys at once, and what is learned is by one.
 * @throws InputError when the baseline's step is no multiple of a minute, or an option is out of range
 */
export function alarmDefinitions(baseline: Baseline, options: AlarmDefinitionOptions = {}): AlarmDefinition[] {
  checkOptions(options, ALARM_DEFINITION_OPTIONS);
  const { actions = [], prefix = 'kms-baseline' } = options;
  checkInteger(actions.length, 'actions.length', 0, 5);
  const all = learnedPairs(baseline);
  const pairs = all.slice(0, checkInteger(options.pairs ?? all.length, 'pairs', 0, Number.MAX_SAFE_INTEGER));
  const perWeek = checkBudget(options.alertBudget);
  const make = alarmMaker(actions, prefix);
  const period = periodOf(baseline);
  const probability = bandProbability(baseline, pairs.length, perWeek);
  const definitions: AlarmDefinition[] = [];
  for (const pair of pairs) {
    definitions.push(...bandAlarms(pair, weekBand(baseline, pair.key, probability), period, perWeek, make));
    if (options.anomaly !== undefined) definitions.push(...anomalyAlarm(baseline, pair, period, options, make));
  }
  if (options.changes !== false) definitions.push(...changeAlarms(make));
  definitions.push(
    ...expiryAlarms(options, make),
    ...throttleAlarms(options.keys ?? [], make),
    ...quotaAlarms(options, make),
  );
  return definitions;
}

const ALARM_DEFINITION_OPTIONS: OptionNames<AlarmDefinitionOptions> = {
  actions: true,
  alertBudget: true,
  pairs: true,
  anomaly: true,
  exclude: true,
  keys: true,
  expiryDays: true,
  quotas: true,
  quotaShare: true,
  changes: true,
  prefix: true,
};

type Make = (
  region: string | null,
  name: string,
  why: string,
  input: Omit<PutMetricAlarmCommandInput, 'AlarmName' | 'AlarmDescription' | 'AlarmActions'>,
) => AlarmDefinition;

function alarmMaker(actions: readonly string[], prefix: string): Make {
  return (region, name, why, input) => ({
    operation: 'PutMetricAlarm',
    region,
    why,
    input: {
      AlarmName: fittingName(`${prefix} ${name}`, 255),
      AlarmDescription: why.length > 1024 ? `${why.slice(0, 1023)}…` : why,
      ActionsEnabled: true,
      AlarmActions: [...actions],
      ...input,
    },
  });
}

function bandAlarms(pair: LearnedPair, band: WeekBand, period: number, perWeek: number, make: Make): AlarmDefinition[] {
  const { keyArn, operation, calls } = pair;
  const { region, id } = partsOfKey(keyArn);
  const metric = {
    Namespace: 'AWS/KMS',
    MetricName: 'SuccessfulRequest',
    Dimensions: dimensions({ KeyArn: keyArn, Operation: operation }),
    Statistic: 'Sum',
    Period: period,
    EvaluationPeriods: Math.min(PERIODS, Math.floor((7 * DAY_S) / period)),
    ...(CLOCK_PERIODS.includes(period) ? { EvaluationWindow: { WallClockWindow: { Timezone: 'UTC' } } } : {}),
  } as const;
  const learned = `Learned from ${calls} calls; part of a budget of ${perWeek} false alarms a week.`;
  const above = make(
    region,
    `above ${operation} ${id}`,
    `${operation} on ${keyArn} more than ${band.upper} times in ${period} s, the most that is normal at any time of the week. ${learned}`,
    {
      ...metric,
      DatapointsToAlarm: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: band.upper,
      TreatMissingData: 'notBreaching',
    },
  );
  if (band.lower < 1) return [above];
  const below = make(
    region,
    `below ${operation} ${id}`,
    `${operation} on ${keyArn} fewer than ${band.lower} times in ${period} s, ${metric.EvaluationPeriods} times running; that many is the least that is normal at any time of the week. ${learned}`,
    {
      ...metric,
      DatapointsToAlarm: metric.EvaluationPeriods,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: band.lower,
      TreatMissingData: 'breaching',
    },
  );
  return [above, below];
}

function anomalyAlarm(
  baseline: Baseline,
  { keyArn, operation, key }: LearnedPair,
  period: number,
  options: AlarmDefinitionOptions,
  make: Make,
): AlarmDefinition[] {
  const deviations = checkNumber(options.anomaly?.deviations ?? 3, 'anomaly.deviations', 0.1, 100);
  const { region, id } = partsOfKey(keyArn);
  const Metric = {
    Namespace: 'AWS/KMS',
    MetricName: 'SuccessfulRequest',
    Dimensions: dimensions({ KeyArn: keyArn, Operation: operation }),
  };
  const excluded = (options.exclude ?? [])
    .map((range, i) => checkRange(range.from, range.to, `exclude[${i}].from/exclude[${i}].to`))
    .sort((a, b) => b.to - a.to)
    .slice(0, MOST_EXCLUDED)
    .map(({ from, to }) => ({ StartTime: new Date(from), EndTime: new Date(to) }));
  const { timeZone } = baseline.describe(key);
  const why = `CloudWatch's own anomaly detection on ${operation} on ${keyArn}, ${deviations} standard deviations wide; it states no error rate, and bills three metrics.`;
  const detector: AlarmDefinition = {
    operation: 'PutAnomalyDetector',
    region,
    why,
    input: {
      SingleMetricAnomalyDetector: { ...Metric, Stat: 'Sum' },
      Configuration: {
        ...(excluded.length === 0 ? {} : { ExcludedTimeRanges: excluded }),
        ...metricTimezone(timeZone),
      },
    },
  };
  const alarm = make(region, `anomaly ${operation} ${id}`, why, {
    ComparisonOperator: 'LessThanLowerOrGreaterThanUpperThreshold',
    EvaluationPeriods: 3,
    DatapointsToAlarm: 2,
    TreatMissingData: 'missing',
    ThresholdMetricId: 't1',
    Metrics: [
      { Id: 'm1', ReturnData: true, MetricStat: { Metric, Period: Math.min(period, 3600), Stat: 'Sum' } },
      { Id: 't1', Expression: `ANOMALY_DETECTION_BAND(m1, ${deviations})` },
    ],
  });
  return [detector, alarm];
}

function changeAlarms(make: Make): AlarmDefinition[] {
  return WATCHED_CHANGES.map(({ metric, why }) =>
    make(null, `change ${metric}`, why, {
      Namespace: NAMESPACE,
      MetricName: metric,
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    }),
  );
}

function expiryAlarms(options: AlarmDefinitionOptions, make: Make): AlarmDefinition[] {
  const days = checkNumber(options.expiryDays ?? 14, 'expiryDays', 1, 3650);
  const expiring = (options.keys ?? []).filter(({ materialExpires }) => materialExpires !== null);
  return expiring.map(({ keyArn, keyId }) =>
    make(
      partsOfKey(keyArn).region,
      `material expiry ${keyId}`,
      `The imported material of ${keyArn} expires in less than ${days} days; then every call on it fails.`,
      {
        Namespace: 'AWS/KMS',
        MetricName: 'SecondsUntilKeyMaterialExpiration',
        Dimensions: dimensions({ KeyId: keyId }),
        Statistic: 'Minimum',
        Period: 3600,
        EvaluationPeriods: 1,
        Threshold: days * DAY_S,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'ignore',
      },
    ),
  );
}

function throttleAlarms(keys: readonly KmsKey[], make: Make): AlarmDefinition[] {
  const stores = new Map(
    keys.flatMap(({ customKeyStoreId, origin, keyArn }) =>
      customKeyStoreId === null ? [] : [[customKeyStoreId, { origin, region: partsOfKey(keyArn).region }] as const],
    ),
  );
  return [...stores].map(([store, { origin, region }]) => {
    const metric = origin === 'EXTERNAL_KEY_STORE' ? 'ExternalKeyStoreThrottle' : 'CloudHSMKeyStoreThrottle';
    // By a query, since the metric exists only by operation and key spec besides, and alarms take no SEARCH.
    const Expression = `SELECT SUM(${metric}) FROM SCHEMA("AWS/KMS", CustomKeyStoreId, KmsOperation, KeySpec) WHERE CustomKeyStoreId = '${store.replaceAll("'", '')}'`;
    return make(region, `throttling ${store}`, `Calls on keys in the custom key store ${store} are throttled.`, {
      Metrics: [{ Id: 'q1', Expression, Period: 300, ReturnData: true }],
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });
}

function quotaAlarms(options: AlarmDefinitionOptions, make: Make): AlarmDefinition[] {
  const share = checkNumber(options.quotaShare ?? 0.8, 'quotaShare', 0.01, 1);
  return (options.quotas ?? []).map(({ resource, perSecond, region }, i) => {
    checkNumber(perSecond, `quotas[${i}].perSecond`, Number.MIN_VALUE, 1e9);
    const Threshold = perSecond * 60 * share;
    return make(
      region ?? null,
      `quota ${resource}`,
      `${resource}: over ${Math.round(share * 100)} % of ${perSecond} requests a second, over a minute; seconds within it may be throttled before.`,
      {
        Namespace: 'AWS/Usage',
        MetricName: 'CallCount',
        Dimensions: dimensions({ Service: 'KMS', Type: 'API', Class: 'None', Resource: resource }),
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        Threshold,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      },
    );
  });
}

/**
 * The zone of CloudWatch's anomaly detection, which takes names of the tz database (of up to 50 characters, as all are). An
 * offset of whole hours has one; of any other none, and CloudWatch reads that week in UTC.
 */
function metricTimezone(timeZone: string): { MetricTimezone?: string } {
  const stated = statedOffset(timeZone);
  if (stated === undefined || timeZone === 'UTC') return { MetricTimezone: timeZone };
  const hours = stated / HOUR;
  if (!Number.isInteger(hours) || hours < -12 || hours > 14) return {};
  // The signs of these names are the other way about.
  return { MetricTimezone: hours === 0 ? 'UTC' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}` };
}
