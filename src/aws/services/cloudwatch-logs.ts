export { insightsEventsQuery } from '../../kms/events-query.js';
export { AwsCallError, type CallOptions } from '../call-aws.js';
export { decodeSubscription } from '../decode-subscription.js';
export { type MetricFilterDefinition, metricFilters } from '../definitions-filters.js';
export { type LogGroupSourceOptions, logGroupSource } from '../log-group-source.js';
export { Pacer } from '../pacer.js';
export { type LogGroupOptions, readLogGroup } from '../read-log-group.js';
