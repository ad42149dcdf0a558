import type { Analysis, LogsRead } from '../report/analysis.js';
import { type Judgement, judgeWithEvidence } from '../report/judge.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { renderLogs } from '../report/render-logs.js';
import { calibrationFor } from './calibrate.js';
import { deliver, widthOf } from './deliver.js';
import { readLabels } from './labels.js';
import { parseAnalyze } from './options.js';
import type { CliIo } from './output.js';
import { readLogs } from './read-logs.js';
import { spansOf } from './spans.js';
import { NOT_DONE } from './status.js';
import { zoneNotes } from './zone-notes.js';

/** The main job: reads logs, judges their newer part, prints what was found. Returns the exit status. */
export async function analyze(args: readonly string[], io: CliIo): Promise<number> {
  const options = parseAnalyze(args);
  const labels = await readLabels(options.aliases);
  const read = await readLogs(options.paths, options.step, io);
  const problem = nothingToJudge(options.paths, read.logs, read.calls.counted);
  const spans = problem === undefined ? spansOf(read.counts.grid, read.sources, read.coverage, options) : { problem };
  if ('problem' in spans) return tellProblem(spans.problem, read.logs, io);
  const { judgement, evidence } = judgeWithEvidence(read.counts, {
    ...spans,
    ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
    alertBudget: { perWeek: options.budget },
    sources: read.sources.filter(({ kmsCalls }) => kmsCalls > 0),
    coverage: read.coverage,
    labels,
  });
  const analysis: Analysis = {
    schemaVersion: 1,
    paths: options.paths,
    logs: read.logs,
    calls: read.calls,
    sources: read.sources,
    ...judgement,
    notes: [...spans.notes, ...notesOn(judgement), ...zoneNotes(evidence.baseline, judgement, options.timeZone)],
  };
  const calibrated = options.html === undefined ? undefined : calibrationFor(evidence, options.timeZone);
  return deliver('analyze', { analysis, evidence, ...calibrated }, options, io);
}

/** Says why there is nothing to do, with what was read. */
export function tellProblem(problem: string, logs: LogsRead, io: CliIo): number {
  const facts = logs.files === 0 ? [] : renderLogs(logs, widthOf(io));
  io.stderr.write(`kms-baseline: ${[problem, ...facts].join('\n')}\n`);
  return NOT_DONE;
}

/** Why logs hold nothing to judge, in a sentence; `undefined` when they do. */
export function nothingToJudge(paths: readonly string[], logs: LogsRead, calls: number): string | undefined {
  const { files, filesRead, filesUnreadable, records, kmsRecords } = logs;
  if (files === 0) return `There are no files in ${paths.map((path) => printable(path)).join(', ')}.`;
  if (filesRead + filesUnreadable.length === 0) {
    return "No file is named like a CloudTrail log; pass a file's own path to read it anyway.";
  }
  if (records === 0) return 'No record could be read.';
  if (kmsRecords === 0) return `None of the ${counted(records, 'record')} is a KMS event: there is nothing to judge.`;
  if (calls === 0) return `None of the ${counted(kmsRecords, 'record')} of KMS could be read.`;
  return undefined;
}

/** What a reader has to know to take a judgement right. */
export function notesOn({ history, window, unknown }: Judgement): string[] {
  const notes: string[] = [];
  const span = duration(history.to - history.from);
  if (history.learning) {
    notes.push(
      `The history is too short to judge by: it was observed for ${duration(history.observed)}, and at least 6 hours and 12 buckets are needed`,
    );
  } else if (unknown.judged === 0) {
    notes.push(`Nothing could be judged: the ${duration(window.to - window.from)} to be judged have no coverage`);
  }
  if (history.firstKmsCall === null) {
    notes.push('The history holds no KMS call: every key and operation counts as first seen');
  } else if (!history.weeklyHabitsKnown) {
    const seen = duration(history.to - history.firstKmsCall);
    const kms = history.to - history.firstKmsCall < history.observed ? `, KMS for ${seen} of it` : '';
    notes.push(`Weekly patterns need at least two weeks: the history is ${span}${kms}`);
  }
  return notes;
}
