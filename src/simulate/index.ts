/**
 * Seeded KMS traffic with known incidents: a web shop, fleets of thousands of keys, logs as CloudTrail delivers them.
 *
 * @module kms-baseline/simulate
 */

export { type DeliveredFile, type DeliveryOptions, deliveredFiles } from './delivery.js';
export { type Fleet, type FleetLabel, type FleetOptions, type FleetTruth, simulateFleet } from './fleet.js';
export { simulateCleanFleet } from './fleet-clean.js';
export type { FleetEventKind } from './fleet-drafts.js';
export type { FleetKind } from './fleet-plan.js';
export type { FleetNoise } from './fleet-traffic.js';
export type {
  ExtraCalls,
  Incident as SimulatedIncident,
  Label,
  LowAndSlow,
  MissedRun,
  OffHours,
  Outage,
} from './incident.js';
export type { UserIdentity } from './principal.js';
export type { CloudTrailRecord } from './record.js';
export { SHOP_CALLERS, SHOP_KEYS, shopCall } from './shop.js';
export { shopSources } from './shop-sources.js';
export { type SimulateOptions, type Simulation, simulateCalls } from './simulate-calls.js';
export type {
  BurstySource,
  CallSubject,
  ControlPlaneSource,
  CronSource,
  FlatSource,
  HumanSource,
  RecordDetail,
  Source,
  SparseSource,
} from './source.js';
