/**
 * From counts to an analysis, and from an analysis to text, Markdown, HTML, SVG, CSV and JSON; quotas and service
 * health.
 *
 * @module kms-baseline/report
 */

export type {
  Analysis,
  HistorySpan,
  LogHole,
  LogSpan,
  LogsRead,
  SetAsideRecords,
} from './analysis.js';
export { analysisJson } from './analysis-json.js';
export { type AnalyzeOptions, analysisOf, analyzeCounts, type ReadingFacts } from './analyze-counts.js';
export type { AnomalyFilter, FilteredAnomalies } from './anomaly-filter.js';
export { anomaliesToCsv, scoresToCsv } from './csv.js';
export { filterAnalysis } from './filter.js';
export { countServiceFaults, FAULT_KINDS, type FaultKind, faultOf, serviceHealth } from './health.js';
export { logSources } from './holes.js';
export { type HtmlOptions, renderHtml } from './html/render-html.js';
export {
  type BucketVerdict,
  type Evidence,
  type Judgement,
  type JudgeOptions,
  type JudgeWindowOptions,
  judgeCounts,
  judgeWindow,
  judgeWithEvidence,
} from './judge.js';
export { type KeyLoss, keyLoss } from './key-loss.js';
export { type KeyLabel, keyLabelsFrom, type NamedKey, nameKeys } from './key-names.js';
export type { LogSource } from './log-source.js';
export type { KeyNames } from './names.js';
export { type NextSteps, nextSteps } from './next-steps.js';
export type { OperationUse } from './operations.js';
export { printable } from './printable.js';
export { type HeadroomOptions, type QuotaHeadroom, quotaHeadroom, quotaWords } from './quota-headroom.js';
export { type QuotaOptions, type QuotaSeries, type QuotaUse, quotaSeries, quotaUses } from './quotas.js';
export { renderLogs } from './render-logs.js';
export { renderMarkdown } from './render-markdown.js';
export { type RenderOptions, renderText } from './render-text.js';
export type { Report, ReportAlarm, ReportCalibration } from './report.js';
export { sparkline } from './sparkline.js';
export { summaryText } from './summary-text.js';
export type { PlotMark } from './svg/draw-plot.js';
export { type PlotSeries, plotSeries } from './svg/plot-series.js';
export { renderSvg, type SvgOptions } from './svg/render-svg.js';
export { type Column, textTable } from './table.js';
export type { QuietSeries, Unknowns } from './unknown.js';
export { type WordsOptions, wordsFor } from './words.js';
