export type { Anomaly, AnomalyKind, CallerShare } from './anomaly.js';
export { Detector, type DetectorOptions } from './detector.js';
export { type AnomalyOptions, findAnomalies } from './find-anomalies.js';
export { type ScoreOptions, scoreWindow } from './score-window.js';
export {
  ABOVE,
  BELOW,
  NORMAL,
  REASONS,
  type Reason,
  reasonAt,
  type Scores,
  UNKNOWN,
  type Verdict,
  verdictAt,
} from './scores.js';
