export type {
  Analysis,
  HistorySpan,
  LogHole,
  LogSource,
  LogSpan,
  LogsRead,
  SetAsideRecords,
} from './analysis.js';
export { analysisJson } from './analysis-json.js';
export { logSources } from './holes.js';
export { type Judgement, type JudgeOptions, judgeCounts } from './judge.js';
export type { OperationUse } from './operations.js';
export { printable } from './printable.js';
export { renderLogs } from './render-logs.js';
export { type RenderOptions, renderText } from './render-text.js';
export { type Column, textTable } from './table.js';
export type { QuietSeries, Unknowns } from './unknown.js';
export { type WordsOptions, wordsFor } from './words.js';
