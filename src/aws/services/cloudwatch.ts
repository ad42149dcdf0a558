export { AwsCallError, type CallOptions } from '../call-aws.js';
export { type CurrentAlarm, currentAlarms } from '../current-alarms.js';
export { type AlarmDefinition, type AlarmDefinitionOptions, alarmDefinitions } from '../definitions-alarms.js';
export {
  type DashboardDefinition,
  type DashboardOptions,
  dashboardBody,
  dashboardDefinition,
} from '../definitions-dashboard.js';
export { fetchMetricSeries, type MetricSeriesOptions, type MetricSeriesReport } from '../fetch-metric-series.js';
export { type ListMetricsOptions, listKmsMetrics } from '../list-metrics.js';
export type { MetricMessage } from '../metric-points.js';
export { type MetricSourceOptions, metricSource } from '../metric-source.js';
export type { AbsentPoints, MetricSource } from '../metrics.js';
export { observeByClass } from '../observe-by-class.js';
export { Pacer } from '../pacer.js';
export { PublishError, type Published, type PublishOptions, publishScores } from '../publish.js';
