/* The main path: counts in, a baseline, verdicts, findings in words. All else has an entry of its own, as package.json lists them. */
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
  scoreWindow,
  UNKNOWN,
  verdictAt,
} from './engine/index.js';
export { FormatError, InputError } from './errors.js';
export type {
  BacktestOptions,
  BacktestResult,
  BacktestSummary,
  CalibrationRow,
  CalibrationTable,
  EventLabel,
} from './evaluate/index.js';
export { backtest, calibration } from './evaluate/index.js';
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
export { countCalls, kmsEventsIn, operationInfo, parseRecord } from './kms/index.js';
export type { AnalyzeOptions, KeyNames, WordsOptions } from './report/index.js';
export { analyzeCounts, wordsFor } from './report/index.js';
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
export { simulateCalls } from './simulate/index.js';
export type { Calendar, LikeDay, RecurringWindow, TimeGrid, Weekday } from './time/index.js';
export { gridEnd } from './time/index.js';
