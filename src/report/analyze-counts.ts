import type { CountStats } from '../kms/call-counter.js';
import { checkSet, type SeriesSet } from '../series/series-set.js';
import { DAY, gridEnd } from '../time/grid.js';
import type { Analysis, LogsRead } from './analysis.js';
import { type Judgement, type JudgeOptions, judgeWithEvidence } from './judge.js';
import type { Report } from './report.js';

/** What is known of the reading, beside the counts. */
export type ReadingFacts = Pick<Analysis, 'paths' | 'logs' | 'calls' | 'sources' | 'notes'>;

const NO_LOGS: LogsRead = {
  files: 0,
  filesRead: 0,
  filesSkipped: [],
  filesUnreadable: [],
  bytes: 0,
  records: 0,
  kmsRecords: 0,
  otherServices: 0,
  setAside: [],
};

const NO_CALLS: CountStats = {
  calls: 0,
  counted: 0,
  duplicates: 0,
  sharedCopies: 0,
  late: 0,
  overlapping: 0,
  outside: 0,
  withoutId: 0,
};

/**
 * A judgement as a whole {@link Analysis}, which texts and pages are made of.
 * @param facts of the reading; what is left out is as of counts that came from elsewhere: no files, no records, no notes
 * @example
 * ```ts
 * import { analysisOf, judgeCounts, renderMarkdown } from 'kms-baseline/report';
 * import { simulateCalls } from 'kms-baseline/simulate';
 *
 * const start = Date.UTC(2026, 4, 4);
 * const day = 86_400_000;
 * const { set } = simulateCalls({ seed: 1, start, end: start + 15 * day });
 * const judgement = judgeCounts(set, { historyUntil: start + 14 * day, until: start + 15 * day });
 * console.log(renderMarkdown(analysisOf(judgement)).split('\n')[0]);
 * ```
 */
export function analysisOf(judgement: Judgement, facts: Partial<ReadingFacts> = {}): Analysis {
  const { paths = [], logs = NO_LOGS, calls = NO_CALLS, sources = [], notes = [] } = facts;
  return { schemaVersion: 1, paths, logs, calls, sources, ...judgement, notes };
}

export interface AnalyzeOptions extends Omit<JudgeOptions, 'historyUntil' | 'until'> {
  /** Where the history ends and the judged time begins, epoch ms, between two buckets; by default a day before `until`. */
  readonly historyUntil?: number;
  /** Where the judged time ends, epoch ms, between two buckets; by default with the counts. */
  readonly until?: number;
}

/**
 * The main job in one call: learns from the older part of counts, judges the newer part, and has what texts and pages are
 * made of. Rows that name a caller say who called.
 * @returns the analysis, for `renderText`, `renderMarkdown` and `analysisJson`, and the evidence, which `renderHtml` takes too
 * @example
 * ```ts
 * import { analyzeCounts, simulateCalls, wordsFor } from 'kms-baseline';
 *
 * const start = Date.UTC(2026, 4, 4);
 * const { set } = simulateCalls({ seed: 1, start, end: start + 15 * 86_400_000 });
 * const { analysis } = analyzeCounts(set, { timeZone: 'Europe/Berlin' });
 * for (const anomaly of analysis.anomalies) console.log(wordsFor(anomaly));
 * ```
 * @throws InputError when there is no history, or nothing to judge, and for an option that cannot be
 */
export function analyzeCounts(counts: SeriesSet, options: AnalyzeOptions = {}): Report {
  checkSet(counts, 'counts');
  const until = options.until ?? gridEnd(counts.grid);
  const historyUntil = options.historyUntil ?? until - Math.max(DAY, counts.grid.step);
  const { judgement, evidence } = judgeWithEvidence(counts, { ...options, historyUntil, until });
  return { analysis: analysisOf(judgement, { sources: options.sources ?? [] }), evidence };
}
