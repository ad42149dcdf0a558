import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  checkInteger,
  checkNumber,
  checkOptions,
  checkRange,
  InputError,
  type OptionNames,
  optionsFor,
} from '../errors.js';
import type { TimeRange } from '../series/builder.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY, HOUR, MAX_BUCKETS, MINUTE, type TimeGrid } from '../time/grid.js';
import { AwsCallError, Caller, type CallOptions } from './call-aws.js';
import { inParallel } from './in-parallel.js';
import { LIST_METRICS_OPTIONS, listKmsMetrics } from './list-metrics.js';
import { METRICS_PER_REQUEST, type MetricMessage, readPoints } from './metric-points.js';
import { MetricRows } from './metric-rows.js';
import { type AbsentPoints, type Metric, type MetricSource, metricId, metricOf } from './metrics.js';

export interface MetricSeriesOptions extends CallOptions {
  readonly from: number | Date;
  readonly to: number | Date;
  /** Width of a bucket, ms, whole minutes; the finest that CloudWatch has since `from` when left out. */
  readonly step?: number;
  /** Metrics to read, those of an earlier `report.metrics` too. */
  readonly metrics?: readonly MetricSource[];
  /** Whether to read all KMS metrics that CloudWatch lists; by default where no `metrics` are given. */
  readonly discover?: boolean;
  /** With `discover`: metrics of linked accounts too. */
  readonly linkedAccounts?: boolean;
  /** What a bucket without a point means, for all metrics; by default what is safe for each, `AbsentPoints` says what. */
  readonly absent?: AbsentPoints;
  /** How long after its end a bucket may still get points, ms; 10 minutes by default. Later buckets are not observed. */
  readonly grace?: number;
  /** Requests under way at once; 4 by default. */
  readonly concurrency?: number;
}

export interface MetricSeriesReport {
  /** Width of a bucket, ms, as asked for or chosen. */
  readonly step: number;
  /** The part of the time asked for of which CloudWatch keeps nothing as fine as `step`: not observed. */
  readonly forgotten: TimeRange | null;
  /** Buckets that end later than this are not observed: points may still come. */
  readonly settledUntil: number;
  /** The metrics read. Keep them: CloudWatch stops listing a metric after two idle weeks. */
  readonly metrics: readonly MetricSource[];
  /** Metrics that could not be read, or not in whole: not observed where a point is missing. */
  readonly problems: readonly {
    readonly metric: MetricSource;
    readonly reason: string;
    readonly error: AwsCallError | null;
  }[];
  /** What CloudWatch says of answers as a whole, e.g. that there are too many metrics. */
  readonly messages: readonly MetricMessage[];
}

/**
 * KMS's CloudWatch metrics as series: counts, such as the successful calls of each key and operation, and levels, such
 * as the seconds until imported key material expires. Both sets have the same grid: the whole buckets, aligned to 1970,
 * that hold `from` to `to`.
 *
 * A data point that is missing means zero or not observed, by metric; what CloudWatch no longer has at this step, what may
 * still change, and what could not be read, is not observed. So a window read by itself cannot tell a key that stopped
 * within it from a new one before its first call: read history and window in one, or say `absent: 'zero'` of known metrics.
 *
 * @throws InputError for options out of range; AwsCallError when no metric could be read at all
 */
export async function fetchMetricSeries(
  client: CloudWatchClient,
  options: MetricSeriesOptions,
): Promise<{ counts: SeriesSet; levels: SeriesSet; report: MetricSeriesReport }> {
  checkOptions(options, METRIC_SERIES_OPTIONS);
  const { from, to } = checkRange(options.from, options.to);
  const grace = checkNumber(options.grace ?? 10 * MINUTE, 'grace', 0, 1e12);
  const width = checkInteger(options.concurrency ?? 4, 'concurrency', 1, 100);
  const caller = new Caller(client, 'GetMetricData', 5, options);
  const now = caller.clock.now();
  const step = options.step === undefined ? finestStep(from, now) : checkStep(options.step);
  const grid = gridOf(from, to, step);
  const given = (options.metrics ?? []).map((metric, i) => metricOf(metric, `metrics[${i}]`, options.absent));
  const { pacer: _, ...unpaced } = options;
  const listed =
    (options.discover ?? given.length === 0)
      ? await listKmsMetrics(client, optionsFor(unpaced, LIST_METRICS_OPTIONS))
      : [];
  const found = listed.map((metric) => metricOf(metric, 'metric', options.absent));
  // Those given come first: the caller's word on a metric counts.
  const metrics = [...new Map([...found, ...given].map((metric) => [metricId(metric), metric])).values()];

  // A minute's margin: by the time the request arrives, the first bucket may just have been forgotten.
  const reach = Math.ceil((reachOf(step, now) + MINUTE - grid.start) / step);
  const firstBucket = Math.min(grid.length, Math.max(0, reach));
  const settledUntil = now - grace;
  const endBucket = Math.min(grid.length, Math.floor((settledUntil - grid.start) / step));
  const start = grid.start + firstBucket * step;

  const counts = new MetricRows(grid, 'count', metrics);
  const levels = new MetricRows(grid, 'level', metrics);
  const messages: MetricMessage[] = [];
  const problems: { metric: MetricSource; reason: string; error: AwsCallError | null }[] = [];
  const chunks: Metric[][] = [];
  const most = Math.max(1, Math.min(METRICS_PER_REQUEST, Math.floor(MOST_POINTS / grid.length)));
  for (let i = 0; i < metrics.length; i += most) chunks.push(metrics.slice(i, i + most));
  let read = 0;
  if (firstBucket < grid.length) {
    await inParallel(chunks, width, async (chunk) => {
      const { points, error } = await readPoints(client, caller, chunk, grid, start, (m) => messages.push(m)).then(
        (points) => ({ points, error: null }),
        (error: unknown) => {
          // One request refused for good keeps what others have read; the signal's reason is no AwsCallError.
          if (!(error instanceof AwsCallError)) throw error;
          return { points: null, error };
        },
      );
      if (points !== null) read++;
      for (const [i, metric] of chunk.entries()) {
        const found = points?.[i] ?? { values: new Float64Array(grid.length).fill(NaN), problem: error?.reason ?? '' };
        (metric.measure === 'count' ? counts : levels).add(metric, found);
        if (found.problem !== null) problems.push({ metric: sourceOf(metric), reason: found.problem, error });
      }
    });
  }
  const failed = problems.find(({ error }) => error !== null)?.error;
  if (read === 0 && failed) throw failed;
  return {
    counts: counts.finish(firstBucket, endBucket),
    levels: levels.finish(firstBucket, endBucket),
    report: {
      step,
      forgotten: firstBucket === 0 ? null : { from: grid.start, to: start },
      settledUntil,
      metrics: metrics.map(sourceOf),
      problems,
      messages,
    },
  };
}

const METRIC_SERIES_OPTIONS: OptionNames<MetricSeriesOptions> = {
  from: true,
  to: true,
  step: true,
  metrics: true,
  discover: true,
  linkedAccounts: true,
  absent: true,
  grace: true,
  concurrency: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

/** Points held of one request's metrics while its pages come: 16 MB. */
const MOST_POINTS = 2_000_000;

function gridOf(from: number, to: number, step: number): TimeGrid {
  const start = Math.floor(from / step) * step;
  const length = Math.ceil((to - start) / step);
  if (length <= MAX_BUCKETS) return { start, step, length };
  throw new InputError(
    `step must be wide enough for the time asked for (at most ${MAX_BUCKETS} buckets), got ${step} ms`,
  );
}

function sourceOf({ account, ...metric }: Metric): MetricSource {
  return account === null ? metric : { ...metric, account };
}

/** How long CloudWatch keeps data points, by their period (CloudWatch API Reference, GetMetricData). */
const TIERS = [
  { period: MINUTE, kept: 15 * DAY },
  { period: 5 * MINUTE, kept: 63 * DAY },
  { period: HOUR, kept: 455 * DAY },
] as const;

/** The width of bucket, ms, that CloudWatch still has for all of the time since `from`: an hour where nothing reaches so far. */
function finestStep(from: number, now: number): number {
  // A moment's margin: by the time the request arrives, the tier may just have ended.
  return (TIERS.find(({ kept }) => now - from <= kept - HOUR) ?? TIERS[2]).period;
}

/** How far back there are points for buckets of this width, epoch ms. A narrower period rolls up, a wider does not split. */
function reachOf(step: number, now: number): number {
  const tier = TIERS.findLast(({ period }) => step % period === 0);
  return now - (tier ?? TIERS[0]).kept;
}

/** A width of bucket that GetMetricData has: whole minutes, at most a day. */
function checkStep(step: unknown): number {
  const width = checkInteger(step, 'step', MINUTE, DAY);
  if (width % MINUTE === 0) return width;
  throw new InputError(`step must be whole minutes, which CloudWatch keeps, got ${width} ms`);
}
