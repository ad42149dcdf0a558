export { type AthenaCountOptions, athenaCountQuery, athenaCoverageQuery } from '../../kms/athena-query.js';
export { type AthenaReadOptions, type AthenaRow, readAthenaCounts, readAthenaCoverage } from '../../kms/athena-rows.js';
export type { AthenaTable } from '../../kms/athena-sql.js';
export { athenaEventsQuery, type EventsAsked } from '../../kms/events-query.js';
export { type AthenaOptions, type AthenaStats, athenaCounts } from '../athena-counts.js';
export { AthenaQueryError, type AthenaRun } from '../athena-runs.js';
export { type AthenaSourceOptions, athenaSource } from '../athena-source.js';
export { AwsCallError, type CallOptions } from '../call-aws.js';
export { Pacer } from '../pacer.js';
