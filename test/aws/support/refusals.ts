type Fields = Readonly<Record<string, unknown>>;

/** A limit of the API and whether a request keeps it. */
type Check = readonly [what: string, holds: boolean];

const text = (value: unknown, most: number, pattern = /^[^\0]*$/): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= most && pattern.test(value);
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? (value as Fields[]) : []);
const within = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most;

const hasNoUnit = (body: Fields): boolean => !JSON.stringify(body).includes('"Unit"');

function metricStat({ Metric, Period, Stat }: Fields): boolean {
  const { Namespace, MetricName } = (Metric ?? {}) as Fields;
  return text(Namespace, 255) && text(MetricName, 255) && text(Stat, 100) && within(Period, 60, 604_800);
}

const dimensionsFit = (value: unknown): boolean =>
  list(value).length <= 30 && list(value).every(({ Name, Value }) => text(Name, 255) && text(Value, 1024));

/** SuccessfulRequest is published with these sets of dimensions and no other: half of one would find no metric. */
function isPublished({ Namespace, MetricName, Dimensions }: Fields): boolean {
  if (Namespace !== 'AWS/KMS') return true;
  const names = list(Dimensions)
    .map(({ Name }) => Name)
    .sort()
    .join();
  if (MetricName === 'SuccessfulRequest') {
    return names === 'KeyArn,Operation' || names === 'DestinationKeyArn,Operation,SourceKeyArn';
  }
  return MetricName === 'SecondsUntilKeyMaterialExpiration' && names === 'KeyId';
}

function alarm(body: Fields): Check[] {
  const metrics = list(body['Metrics']);
  const isAnomaly = 'ThresholdMetricId' in body;
  const [n, m] = [body['EvaluationPeriods'], body['DatapointsToAlarm'] ?? body['EvaluationPeriods']] as number[];
  const periods = [body, ...metrics, ...metrics.map(({ MetricStat }) => (MetricStat ?? {}) as Fields)];
  const period = Math.max(...periods.map(({ Period }) => Number(Period ?? 0)));
  const metricNames = [body, ...metrics.map(({ MetricStat }) => ((MetricStat as Fields)?.['Metric'] ?? {}) as Fields)];
  return [
    ['a name of 1 to 255 characters', text(body['AlarmName'], 255)],
    ['a description of at most 1,024', text(body['AlarmDescription'], 1024)],
    ['at most 120 KB', Buffer.byteLength(JSON.stringify(body)) <= 120 * 1024],
    ['at most 5 actions', list(body['AlarmActions']).length <= 5],
    ['no unit', hasNoUnit(body)],
    ['M of N', within(n, 1, 8640) && within(m, 1, n)],
    [
      'period × N at most a week, and a day for periods under an hour',
      period * n <= (period < 3600 ? 86_400 : 604_800),
    ],
    ['a metric or metrics', metrics.length > 0 ? !('MetricName' in body) : text(body['MetricName'], 255)],
    ['at most 20 metrics, 10 by expression and 10 by statistic', metrics.length <= 20],
    ['ids that begin in lower case', metrics.every(({ Id }) => text(Id, 255, /^[a-z]\w*$/))],
    [
      'one metric returned, as the band is besides',
      metrics.filter(({ ReturnData }) => ReturnData !== false).length ===
        (metrics.length === 0 ? 0 : isAnomaly ? 2 : 1),
    ],
    [
      'statistics whole',
      metrics.every(({ MetricStat, Expression }) =>
        MetricStat === undefined ? text(Expression, 2048) : metricStat(MetricStat as Fields),
      ),
    ],
    [
      'a threshold, or a band and no threshold',
      isAnomaly
        ? !('Threshold' in body) &&
          metrics.some(
            ({ Id, Expression }) =>
              Id === body['ThresholdMetricId'] && /^ANOMALY_DETECTION_BAND\(m1, [\d.]+\)$/.test(String(Expression)),
          )
        : within(body['Threshold'], 0, 1e12),
    ],
    [
      'a comparison of its kind',
      /^(LessThanLowerOrGreaterThanUpper|LessThanLower|GreaterThanUpper)Threshold$/.test(
        String(body['ComparisonOperator']),
      ) === isAnomaly,
    ],
    [
      'a known treatment',
      ['missing', 'ignore', 'breaching', 'notBreaching'].includes(String(body['TreatMissingData'])),
    ],
    ['dimensions that fit', metricNames.every(({ Dimensions }) => dimensionsFit(Dimensions))],
    ['metrics that are published', metricNames.every(isPublished)],
    ['a clock’s period', !('EvaluationWindow' in body) || [60, 300, 3600, 86_400, 604_800].includes(period)],
  ];
}

function detector(body: Fields): Check[] {
  const { SingleMetricAnomalyDetector: metric, Configuration } = body as Record<string, Fields>;
  return [
    ['no flat metric, which is deprecated', !('MetricName' in body)],
    ['a metric that is published', isPublished(metric) && text(metric['Stat'], 50)],
    ['at most 10 excluded ranges', list(Configuration['ExcludedTimeRanges']).length <= 10],
    ['a zone of at most 50 characters', text(Configuration['MetricTimezone'], 50)],
    ['no unit', hasNoUnit(body)],
  ];
}

function dashboard(body: Fields): Check[] {
  const { widgets } = JSON.parse(String(body['DashboardBody'])) as { widgets: Fields[] };
  const metricWidgets = widgets.filter(({ type }) => type === 'metric').map(({ properties }) => properties as Fields);
  return [
    ['a name of letters, digits, - and _', text(body['DashboardName'], 255, /^[\w-]+$/)],
    ['at most 500 widgets', widgets.length <= 500],
    [
      'widgets on the grid',
      widgets.every(({ x, width, height }) => within(x, 0, 23) && within(width, 1, 24) && within(height, 1, 1000)),
    ],
    ['a Region on every graph', metricWidgets.every(({ region }) => text(region, 32))],
    ['periods of whole minutes', metricWidgets.every(({ period }) => Number(period) % 60 === 0)],
    ['at most 500 metrics on a graph', metricWidgets.every(({ metrics }) => list(metrics).length <= 500)],
  ];
}

const rule = (body: Fields): Check[] => [
  ['a name of at most 64', text(body['Name'], 64, /^[\w.-]+$/)],
  ['a pattern of at most 2,048', text(body['EventPattern'], 2048)],
  ['a description of at most 512', text(body['Description'], 512)],
  ['a known state', /^ENABLED(_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS)?$/.test(String(body['State']))],
];

const filter = (body: Fields): Check[] => [
  ['a name without : and *', text(body['filterName'], 512, /^[^:*]+$/)],
  ['a pattern of at most 1,024', text(body['filterPattern'], 1024)],
  ['one transformation', list(body['metricTransformations']).length === 1],
];

const CHECKS: Readonly<Record<string, (body: Fields) => Check[]>> = {
  PutMetricAlarm: alarm,
  PutAnomalyDetector: detector,
  PutDashboard: dashboard,
  PutRule: rule,
  PutMetricFilter: filter,
};

/**
 * What the service would refuse a request for, by the limits in its API reference, as the request came over the wire; none
 * where it would take it. Of its own making, and not the library's view of those limits.
 */
export function refusalsOf(operation: string, body: Fields): string[] {
  const checks = CHECKS[operation]?.(body) ?? [];
  return checks
    .filter(([, holds]) => !holds)
    .map(([what]) => `${operation} needs ${what}: ${JSON.stringify(body).slice(0, 300)}`);
}
