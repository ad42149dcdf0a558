/**
 * How well a detector does: backtests against labels, calibration, and the scores of published benchmarks.
 *
 * @module kms-baseline/evaluate
 */

export { type BacktestOptions, type BacktestResult, backtest } from './backtest.js';
export { calibration } from './calibration.js';
export { bestDelayedF1, type F1Result, type LabelledScores } from './delayed-f1.js';
export type { EventLabel } from './label.js';
export {
  NAB_PROFILES,
  type NabFile,
  type NabProfile,
  type NabResult,
  nabBest,
  nabNormalised,
  nabScore,
} from './nab.js';
export { type ObservedScores, type Observer, observeChunks } from './observe-chunks.js';
export { type RecallResult, recallAt } from './recall-at.js';
export { type EventOutcome, scoreVerdicts, type VerdictColumns, type VerdictScore } from './score-verdicts.js';
export { type BacktestSummary, type KindResult, summaryOf } from './summary.js';
export {
  type CalibrationRow,
  type CalibrationTable,
  calibrationText,
  RATE_BANDS,
  type RateBand,
  tallySurprise,
} from './tally.js';
