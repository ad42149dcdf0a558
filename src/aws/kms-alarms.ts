import type { Dimension, LogAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';

/** What a metric alarm looks at that is of KMS: `AWS/KMS SuccessfulRequest`, an expression; nothing where it is of others. */
export function watchedByMetrics(
  { Namespace, MetricName, Dimensions, Metrics = [] }: MetricAlarm,
  namespaces: readonly string[],
): string[] {
  const nameOf = (namespace = '', name = '', dimensions: readonly Dimension[] = []): string[] => {
    const ofKms = dimensions.some(({ Name, Value }) => Name === 'Service' && Value === 'KMS');
    const isKms = namespace === 'AWS/KMS' || namespaces.includes(namespace);
    return isKms || (namespace === 'AWS/Usage' && ofKms) ? [`${namespace} ${name}`] : [];
  };
  const named = Metrics.flatMap(({ MetricStat, Expression }) => {
    const metric = MetricStat?.Metric;
    if (metric !== undefined) return nameOf(metric.Namespace, metric.MetricName, metric.Dimensions);
    return Expression !== undefined && isOfKms(Expression, namespaces) ? [Expression] : [];
  });
  return [...nameOf(Namespace, MetricName, Dimensions), ...named];
}

/** A search or a query of Metrics Insights that reads KMS's metrics. */
function isOfKms(expression: string, namespaces: readonly string[]): boolean {
  if (/AWS\/KMS\b|"?Service"?\s*=\s*['"]?KMS\b/.test(expression)) return true;
  // As a name of its own: `{KmsBaseline,KeyArn}`, `FROM SCHEMA("KmsBaseline", …)`, `Namespace="KmsBaseline"`.
  return namespaces.some((name) =>
    new RegExp(`(?<![\\w/.-])${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\w/.-])`).test(expression),
  );
}

/** Names of KMS in a query: its event source, its ARNs, its metrics. */
const KMS = /(?:^|[^a-z0-9])kms(?![a-z0-9])/i;

/** The query of a PromQL alarm that names KMS; nothing where it does not. */
export function watchedByPromQl(query: string): string[] {
  return KMS.test(query) ? [query] : [];
}

/** The query of a log alarm that names KMS, or reads a log group that does; nothing where neither does. */
export function watchedByLogs({ ScheduledQueryConfiguration: query }: LogAlarm): string[] {
  if (query === undefined) return [];
  const { QueryString = '', LogGroupIdentifiers = [] } = query;
  return [QueryString, ...LogGroupIdentifiers].some((text) => KMS.test(text)) ? [QueryString] : [];
}
