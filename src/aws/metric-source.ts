import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { checkInteger, checkOptions, type OptionNames } from '../errors.js';
import type { CallSource, Json } from '../plan/source.js';
import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY, HOUR, MINUTE, SECOND } from '../time/grid.js';
import { isoText } from '../time/iso.js';
import type { CallOptions } from './call-aws.js';
import { fetchMetricSeries, type MetricSeriesReport } from './fetch-metric-series.js';
import { type MetricSource, metricOf } from './metrics.js';

export interface MetricSourceOptions extends Pick<CallOptions, 'pacer' | 'clock' | 'retry'> {
  /** Its name in the plan; `metrics of CloudWatch` by default. */
  readonly name?: string;
  /** Metrics to read; by default all of KMS that CloudWatch lists. */
  readonly metrics?: readonly MetricSource[];
  /** Metrics of linked accounts too. */
  readonly linkedAccounts?: boolean;
  /** How long after its end a bucket may still get points, ms; 10 minutes by default. */
  readonly grace?: number;
  /** How far back each poll reads again, for points that came or were revised later than that, ms; an hour by default. */
  readonly overlap?: number;
}

/** What is remembered of what was read. */
interface MetricCursor {
  /** The end of what was settled. */
  readonly until: number;
  /** All metrics that were ever read: CloudWatch stops listing one after two idle weeks. */
  readonly metrics: readonly MetricSource[];
}

/** What metrics cannot say, for whoever reviews a plan. */
const LIMITS =
  'successful calls by key and operation, without callers, failed calls, single events or the direction of ReEncrypt; deadlines of imported key material and of certificates';

/**
 * CloudWatch's metrics of KMS in the client's Region, as a source of a plan: the fastest, and the one that needs no logs. They
 * count successful calls of each key and operation, and nothing else: a plan of metrics alone reports keys that stop, bursts and
 * lasting changes, and cannot report who called, refused calls, changes to keys, or callers that are new. Of levels it watches
 * when imported key material, and the certificate of an external key store, expires.
 *
 * Each poll reads the last hour again, and states it: a point that CloudWatch adds or revises later counts once.
 * @throws InputError for options out of range; from `poll`, AwsCallError when no metric can be read, InputError for a step that
 *   CloudWatch does not have
 */
export function metricSource(client: CloudWatchClient, options: MetricSourceOptions = {}): CallSource {
  checkOptions(options, METRIC_SOURCE_OPTIONS);
  const { name, metrics: given, linkedAccounts = false, grace = 10 * MINUTE, overlap = HOUR, ...calling } = options;
  checkInteger(grace, 'grace', 0, DAY);
  checkInteger(overlap, 'overlap', 0, DAY);
  for (const [i, metric] of (given ?? []).entries()) metricOf(metric, `metrics[${i}]`);
  return {
    name: name ?? 'metrics of CloudWatch',
    about: `CloudWatch metrics: ${LIMITS}`,
    async poll({ cursor, from, now, step, signal }) {
      const before = cursor as unknown as MetricCursor | null;
      const region = await client.config.region();
      // Nothing comes before the first poll's beginning, and later ones read what may have been revised.
      const start = before === null ? from : Math.max(from, before.until - overlap);
      const known = (before?.metrics ?? []).map(asKnown);
      const named = (given ?? []).map((metric) =>
        before === null || metric.absent !== undefined ? metric : asKnown(metric),
      );
      const { counts, levels, report } = await fetchMetricSeries(client, {
        ...calling,
        from: start,
        to: Math.max(now, start + step),
        step,
        grace,
        // The later word on a metric counts.
        metrics: [...known, ...named],
        discover: given === undefined,
        linkedAccounts,
        ...(signal === undefined ? {} : { signal }),
      });
      const until = Math.floor(report.settledUntil / step) * step;
      const listenedFrom = Math.max(before?.until ?? start, report.forgotten?.to ?? -Infinity);
      return {
        counts: inRegion(counts, region),
        levels: inRegion(levels, region),
        coverage: listenedFrom < until ? [{ from: listenedFrom, to: until }] : [],
        cursor: { until: Math.max(before?.until ?? start, until), metrics: report.metrics } as unknown as Json,
        problem: problemOf(report, now),
      };
    },
  };
}

const METRIC_SOURCE_OPTIONS: OptionNames<MetricSourceOptions> = {
  name: true,
  metrics: true,
  linkedAccounts: true,
  grace: true,
  overlap: true,
  pacer: true,
  clock: true,
  retry: true,
};

/** Of a count that was read before, a bucket without a point had no call. */
function asKnown(metric: MetricSource): MetricSource {
  return metricOf(metric, 'metric').measure === 'count' ? { ...metric, absent: 'zero' } : metric;
}

/** Rows that say by themselves of no Region are of the client's: the same row of another Region is another. */
function inRegion(set: SeriesSet, region: string): SeriesSet {
  const keys = set.keys.map((key): SeriesKey => (key.keyArn === null ? { ...key, region: key.region ?? region } : key));
  return { ...set, keys };
}

/** So many metrics are named. */
const NAMED = 3;

/** What could not be read, in words; null when all could. */
function problemOf({ problems, messages, forgotten, step }: MetricSeriesReport, now: number): string | null {
  const names = problems.slice(0, NAMED).map(({ metric, reason }) => `${metric.name} (${reason})`);
  const parts = [
    // A beginning that is forgotten is merely not covered; where nothing else was asked for, that is why nothing came.
    ...(forgotten === null || forgotten.to < now
      ? []
      : [`CloudWatch keeps no points as fine as ${step / SECOND} s of before ${isoText(forgotten.to)} any more`]),
    ...(problems.length === 0
      ? []
      : [
          `could not read ${problems.length} of its metrics: ${names.join(', ')}${problems.length > NAMED ? ', …' : ''}`,
        ]),
    ...messages.map(({ code, value }) => `CloudWatch says ${code}: ${value}`),
  ];
  return parts.length === 0 ? null : parts.join('; ');
}
