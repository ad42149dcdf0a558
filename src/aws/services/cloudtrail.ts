export { AwsCallError, type CallOptions } from '../call-aws.js';
export { type EstimateOptions, estimateLookup, type LookupEstimate } from '../estimate-lookup.js';
export { eventHistoryCoverage } from '../event-history.js';
export { type EventHistorySourceOptions, eventHistorySource } from '../event-history-source.js';
export type { Recorded, RecordedKms } from '../event-selectors.js';
export { type LookupOptions, type LookupPage, type LookupResume, lookupKmsCalls } from '../lookup-events.js';
export { Pacer } from '../pacer.js';
export { type TrailCoverage, type TrailCoverageOptions, type TrailReport, trailCoverage } from '../trail-coverage.js';
