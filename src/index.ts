/**
 * The main path: counts in, a baseline, verdicts, findings in words. No Node module, no AWS module: for a service, a worker, a
 * Lambda, a browser. All else has an entry of its own.
 *
 * @module kms-baseline
 */

/*
 * Values come from their own files, so that whoever imports this entry without a bundler loads no page, no plan, no fleet.
 */
export type {
  Affected,
  Anomaly,
  AnomalyKind,
  AnomalyOptions,
  Band,
  BaselineSummary,
  BaselineZone,
  CallerShare,
  DecidedBy,
  DecidedWindows,
  DetectorOptions,
  ErrorCount,
  FitOptions,
  Incident,
  IncidentChange,
  IncidentOptions,
  QuietKey,
  QuietKeys,
  Reason,
  ScoreOptions,
  Scores,
  Severity,
  SignOff,
  TakeOptions,
  Verdict,
} from './engine/index.js';
export {
  ABOVE,
  Baseline,
  BELOW,
  CANDIDATE_ZONES,
  Detector,
  findAnomalies,
  fitBaseline,
  IncidentTracker,
  NORMAL,
  REASONS,
  reasonAt,
  scoreRows,
  scoreWindow,
  UNKNOWN,
  verdictAt,
} from './engine/index.js';
export { FormatError, InputError } from './errors.js';
export { backtest } from './evaluate/backtest.js';
export { calibration } from './evaluate/calibration.js';
export type {
  BacktestOptions,
  BacktestResult,
  BacktestSummary,
  CalibrationRow,
  CalibrationTable,
  EventLabel,
} from './evaluate/index.js';
export { countCalls } from './kms/count-calls.js';
export { kmsEventsIn } from './kms/events-in.js';
export type {
  CallEvent,
  CountOptions,
  CountStats,
  Coverage,
  InsightEvent,
  KeyEvent,
  KmsCall,
  KmsEvent,
  LogFileEvent,
  OperationGroup,
  OperationInfo,
  RejectedEvent,
  Rejection,
  RejectionReason,
  SharedQuota,
} from './kms/index.js';
export { operationInfo } from './kms/operations.js';
export { parseRecord } from './kms/parse-record.js';
export { analyzeCounts } from './report/analyze-counts.js';
export type { AnalyzeOptions, KeyNames, WordsOptions } from './report/index.js';
export { wordsFor } from './report/words.js';
export type {
  AbsentLines,
  BuilderOptions,
  CsvFormOptions,
  CsvOptions,
  SeriesInput,
  SeriesKey,
  SeriesSet,
  SparseCounts,
  TimeRange,
} from './series/index.js';
export {
  concatSets,
  keyId,
  rowOf,
  SeriesSetBuilder,
  selectRows,
  seriesFromBytes,
  seriesFromCsv,
  seriesKey,
  seriesSet,
  seriesToBytes,
  seriesToCsv,
  sliceWindow,
  valueAt,
} from './series/index.js';
export type { CloudTrailRecord, Label, SimulateOptions, Simulation } from './simulate/index.js';
export { simulateCalls } from './simulate/simulate-calls.js';
export type { Calendar, LikeDay, RecurringWindow, TimeGrid, Weekday } from './time/index.js';
export { gridEnd } from './time/index.js';
