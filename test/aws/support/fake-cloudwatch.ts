import { type Handler, refusal } from './aws-server.js';

const MINUTE = 60;
const DAY = 86_400;

export interface FakeMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly account?: string;
  /** Values by the minute, epoch seconds; a Sum adds them up over the period. */
  readonly points: ReadonlyMap<number, number>;
  /** Not listed any more: idle for two weeks. */
  readonly idle?: boolean;
}

export interface FakeCloudWatchOptions {
  /** Points an answer may hold; those of one metric may then be spread over several. */
  readonly pointsPerPage?: number;
  readonly metricsPerPage?: number;
  /** Epoch ms. */
  readonly now: number;
  /** Changes an answer before it is sent. */
  readonly spoil?: (answer: MetricDataAnswer, call: number) => void;
}

export interface MetricDataAnswer {
  MetricDataResults: { Id: string; Timestamps: number[]; Values: number[]; StatusCode: string }[];
  Messages?: { Code: string; Value: string }[];
  NextToken?: string;
}

interface Query {
  readonly Id: string;
  readonly AccountId?: string;
  readonly MetricStat: {
    readonly Metric: { Namespace: string; MetricName: string; Dimensions?: { Name: string; Value: string }[] };
    readonly Period: number;
    readonly Stat: string;
    readonly Unit?: string;
  };
}

/** GetMetricData and ListMetrics as CloudWatch has them: exact dimensions, retention tiers, points over several pages. */
export function fakeCloudWatch(
  metrics: readonly FakeMetric[],
  options: FakeCloudWatchOptions,
): Record<string, Handler> {
  const { pointsPerPage = 100_800, metricsPerPage = 500, now, spoil } = options;
  let calls = 0;
  const getMetricData: Handler = ({ body }) => {
    const { StartTime, EndTime, MetricDataQueries, NextToken, ScanBy } = body;
    const queries = MetricDataQueries as Query[];
    if (queries.length > 500) return refusal('ValidationError', 'too many queries');
    if (new Set(queries.map(({ Id }) => Id)).size < queries.length) return refusal('ValidationError', 'ids');
    const all = queries.flatMap((query) => {
      const points = pointsOf(query, metrics, Number(StartTime), Number(EndTime), now / 1000);
      if (ScanBy !== 'TimestampAscending') points.reverse();
      return points.map((point) => ({ id: query.Id, point }));
    });
    const question = JSON.stringify([StartTime, EndTime, queries]);
    const from = NextToken === undefined ? 0 : Number(String(NextToken).split('@').at(-1));
    if (NextToken !== undefined && String(NextToken) !== `${question.length}@${from}`) {
      return refusal('InvalidNextToken', 'The token is not of this request');
    }
    const to = from + pointsPerPage;
    const page = all.slice(from, to);
    const answer: MetricDataAnswer = {
      MetricDataResults: queries
        // The first page names every metric, later ones those with points left.
        .filter(({ Id }) => from === 0 || page.some(({ id }) => id === Id))
        .map(({ Id }) => {
          const own = page.filter(({ id }) => id === Id).map(({ point }) => point);
          return {
            Id,
            Timestamps: own.map(([time]) => time),
            Values: own.map(([, value]) => value),
            StatusCode: all.slice(to).some(({ id }) => id === Id) ? 'PartialData' : 'Complete',
          };
        }),
      ...(to < all.length ? { NextToken: `${question.length}@${to}` } : {}),
    };
    spoil?.(answer, calls++);
    return answer as unknown as Record<string, unknown>;
  };
  const listMetrics: Handler = ({ body }) => {
    const { Namespace, Dimensions = [], NextToken = '0', IncludeLinkedAccounts } = body;
    const found = metrics.filter(
      (metric) =>
        metric.namespace === Namespace &&
        !metric.idle &&
        (metric.account === undefined || IncludeLinkedAccounts === true) &&
        (Dimensions as { Name: string; Value?: string }[]).every(
          ({ Name, Value }) => metric.dimensions[Name] === Value,
        ),
    );
    const from = Number(NextToken);
    const page = found.slice(from, from + metricsPerPage);
    return {
      Metrics: page.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
      ...(IncludeLinkedAccounts === true
        ? { OwningAccounts: page.map(({ account }) => account ?? '111122223333') }
        : {}),
      ...(from + metricsPerPage < found.length ? { NextToken: String(from + metricsPerPage) } : {}),
    };
  };
  return { GetMetricData: getMetricData, ListMetrics: listMetrics };
}

function pointsOf(
  { AccountId, MetricStat }: Query,
  metrics: readonly FakeMetric[],
  start: number,
  end: number,
  now: number,
): [time: number, value: number][] {
  const { Metric, Period, Stat, Unit } = MetricStat;
  const tier = now - start <= 15 * DAY ? MINUTE : now - start <= 63 * DAY ? 5 * MINUTE : 60 * MINUTE;
  // A unit that is not the metric's, and a period finer than what is kept, match nothing.
  if (Unit !== undefined || Period % tier !== 0 || now - start > 455 * DAY) return [];
  const asked = JSON.stringify((Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]).sort());
  const metric = metrics.find(
    ({ namespace, name, dimensions, account }) =>
      namespace === Metric.Namespace &&
      name === Metric.MetricName &&
      (account === undefined || account === AccountId) &&
      JSON.stringify(Object.entries(dimensions).sort()) === asked,
  );
  const periods = new Map<number, number[]>();
  for (const [time, value] of metric?.points ?? []) {
    if (time < start || time >= end) continue;
    const period = start + Math.floor((time - start) / Period) * Period;
    periods.set(period, [...(periods.get(period) ?? []), value]);
  }
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  return [...periods]
    .sort(([a], [b]) => a - b)
    .map(([time, values]) => [
      time,
      Stat === 'Sum'
        ? sum(values)
        : Stat === 'Minimum'
          ? Math.min(...values)
          : Stat === 'Maximum'
            ? Math.max(...values)
            : sum(values) / values.length,
    ]);
}
