export { type AnomalyOptions, findAnomalies } from './anomalies/find-anomalies.js';
export { type IncidentOptions, IncidentTracker, type TakeOptions } from './anomalies/incident-tracker.js';
export { Baseline, type BaselineZone } from './baseline.js';
export type { BaselineSummary } from './baseline-summary.js';
export { Detector } from './detector.js';
export type { DetectorOptions } from './detector-options.js';
export { type FitOptions, fitBaseline } from './fit-baseline.js';
export type { QuietKeys } from './quiet-keys.js';
export { type ScoreOptions, scoreRows, scoreWindow } from './score-window.js';
export {
  ABOVE,
  type Affected,
  type Anomaly,
  type AnomalyKind,
  type Band,
  BELOW,
  type CallerShare,
  type DecidedBy,
  type DecidedWindows,
  type ErrorCount,
  type Incident,
  type IncidentChange,
  NORMAL,
  type QuietKey,
  REASONS,
  type Reason,
  reasonAt,
  type Scores,
  type Severity,
  type SignOff,
  UNKNOWN,
  type Verdict,
  verdictAt,
} from './types.js';
export { CANDIDATE_ZONES } from './zones.js';
