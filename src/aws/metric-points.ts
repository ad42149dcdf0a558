import type { CloudWatchClient, MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { TimeGrid } from '../time/grid.js';
import { gridEnd, SECOND } from '../time/grid.js';
import { AwsCallError, type Caller } from './call-aws.js';
import { loadClient } from './load-client.js';
import type { Metric } from './metrics.js';
import { Pages } from './pages.js';

/** Metrics that one request may ask for (CloudWatch API Reference, GetMetricData). */
export const METRICS_PER_REQUEST = 500;
/** How often a metric that came incomplete is asked for in all. */
const TRIES = 3;

/** The points of one metric over a grid. */
export interface MetricPoints {
  /** NaN where there is no point. */
  readonly values: Float64Array;
  /** Why there may be more points than these; null where there are not. */
  problem: string | null;
}

export interface MetricMessage {
  readonly code: string;
  readonly value: string;
}

/**
 * The points of at most {@link METRICS_PER_REQUEST} metrics, in their order. Follows the answer's pages, over which a
 * metric's points may be spread, and asks again for metrics that came incomplete; what stays so has its `problem`.
 * @param start where the points begin, not before the grid does: the earliest that CloudWatch has for this step
 */
export async function readPoints(
  client: CloudWatchClient,
  caller: Caller,
  metrics: readonly Metric[],
  grid: TimeGrid,
  start: number,
  onMessage: (message: MetricMessage) => void,
): Promise<MetricPoints[]> {
  const points = metrics.map(() => ({ values: new Float64Array(grid.length), problem: null as string | null }));
  let open = metrics.map((_, i) => i);
  for (let tries = 0; tries < TRIES && open.length > 0; tries++) {
    const read = await readOnce(client, caller, metrics, open, grid, start, points, onMessage);
    for (const i of open) points[i].problem = read.get(i) ?? 'InternalError';
    for (const i of open) if (points[i].problem === COMPLETE) points[i].problem = null;
    // Asking again does not help where asking is forbidden.
    open = open.filter((i) => points[i].problem !== null && points[i].problem !== 'Forbidden');
  }
  return points;
}

const COMPLETE = 'Complete';

/** Reads all pages of one question, and gives the last status of each metric that the answers named. */
async function readOnce(
  client: CloudWatchClient,
  caller: Caller,
  metrics: readonly Metric[],
  open: readonly number[],
  grid: TimeGrid,
  start: number,
  points: readonly MetricPoints[],
  onMessage: (message: MetricMessage) => void,
): Promise<Map<number, string>> {
  const { GetMetricDataCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch',
    () => import('@aws-sdk/client-cloudwatch'),
  );
  const status = new Map<number, string>();
  for (const i of open) points[i].values.fill(NaN);
  const pages = new Pages('cloudwatch:GetMetricData');
  let token: string | undefined;
  do {
    const page = token;
    try {
      const answer = await caller.call(
        'cloudwatch:GetMetricData',
        (options) =>
          client.send(
            new GetMetricDataCommand({
              StartTime: new Date(start),
              EndTime: new Date(gridEnd(grid)),
              ScanBy: 'TimestampAscending',
              MetricDataQueries: open.map((i) => queryOf(metrics[i], i, grid.step)),
              ...(page === undefined ? {} : { NextToken: page }),
            }),
            options,
          ),
        'MetricDataResults',
      );
      for (const { Code = '', Value = '' } of answer.Messages ?? []) onMessage({ code: Code, value: Value });
      for (const result of answer.MetricDataResults ?? []) {
        const i = Number(result.Id?.slice(1));
        if (points[i] === undefined) continue;
        keep(result, points[i].values, grid);
        status.set(i, result.StatusCode ?? COMPLETE);
      }
      token = pages.next(answer.NextToken, answer.MetricDataResults?.length ?? 0);
    } catch (error) {
      // The pages so far stay; their metrics are asked for again from the beginning.
      if (page === undefined || !(error instanceof AwsCallError) || !/InvalidNextToken/.test(error.reason)) throw error;
      for (const i of open) status.set(i, error.reason);
      token = undefined;
    }
  } while (token !== undefined);
  return status;
}

/** Without `Unit`: that would filter, and the unit of KMS's metrics is not documented. */
function queryOf(metric: Metric, i: number, step: number): MetricDataQuery {
  return {
    Id: `q${i}`,
    MetricStat: {
      Metric: {
        Namespace: metric.namespace,
        MetricName: metric.name,
        Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: step / SECOND,
      Stat: metric.stat,
    },
    ...(metric.account === null ? {} : { AccountId: metric.account }),
  };
}

/** A point that comes a second time takes the place of the first. */
function keep({ Timestamps = [], Values = [] }: MetricDataResult, values: Float64Array, grid: TimeGrid): void {
  for (const [k, timestamp] of Timestamps.entries()) {
    const bucket = Math.floor((timestamp.getTime() - grid.start) / grid.step);
    if (bucket >= 0 && bucket < grid.length && Number.isFinite(Values[k])) values[bucket] = Values[k];
  }
}
