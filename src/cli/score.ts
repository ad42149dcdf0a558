import { Baseline } from '../engine/baseline.js';
import { InputError } from '../errors.js';
import { isCallerOfKey, judgedRows } from '../kms/judged-rows.js';
import type { Analysis } from '../report/analysis.js';
import { judgeWindow } from '../report/judge.js';
import { seriesFromBytes } from '../series/codec-set.js';
import type { SeriesSet } from '../series/series-set.js';
import { selectRows, sliceWindow } from '../series/slice.js';
import { gridEnd } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import { notesOn, nothingToJudge, tellProblem, trailNotes } from './analyze.js';
import { CALENDAR_FLAGS, calendarFlags, openCalendar } from './calendar.js';
import { checkReports, deliver } from './deliver.js';
import { FILTER_FLAGS, FILTER_HELP, FILTER_NAMES, filterOf } from './filters.js';
import { readArguments } from './flags.js';
import { openKept } from './kept-file.js';
import { readLabels } from './labels.js';
import { OUTPUT_FLAGS, outputsOf } from './options.js';
import type { CliIo } from './output.js';
import { readLogs } from './read-logs.js';
import { S3_FLAGS, S3_HELP, s3InputOf } from './s3-sources.js';
import { windowOf } from './spans.js';
import { parseBudget, parsePath, parseTime } from './values.js';
import { zoneNotes } from './zone-notes.js';

const FLAGS = {
  baseline: 'string',
  callers: 'string',
  from: 'string',
  until: 'string',
  'time-zone': 'string',
  budget: 'string',
  ...CALENDAR_FLAGS,
  ...FILTER_FLAGS,
  ...S3_FLAGS,
  ...OUTPUT_FLAGS,
} as const;

export const SCORE_HELP = `Usage: kms-baseline score <paths…> --baseline <file> [options]

Judges logs by a baseline that kms-baseline fit has written, and reports what is
unusual in them.

What is judged:
  --baseline <file>    what is normal
  --callers <file>     usual callers, from fit --callers: without it no
                       caller is named
  --from <time>        judge from this time; default where the baseline's
                       history ends, if the logs go on from there, else
                       where they begin
  --until <time>       judge up to this time; default the end of the logs
  --holidays <place>   holidays beside those that the baseline knows: of DE,
                       DE-BY, US-CA; needs the package date-holidays
  --calendar <file>    JSON: days that are like another weekday, maintenance
  --budget <number>    alert budget: false alarms per week, across all
                       series; default 1

${FILTER_HELP}

${S3_HELP}

What comes out:
  --time-zone <zone>     time zone for display; default the baseline's
  --html <file>          write a page with pictures, for a browser
  --markdown <file>      write the findings as Markdown
  --csv <file>           write counts, limits and verdicts, long
  --findings-csv <file>  write the findings, one line each
  --aliases <file>       name keys by their aliases: the output of
                         aws kms list-aliases, or JSON by key ARN
  --json                 one JSON document instead of text
  --verbose              list what is too quiet, and queries for findings
  --fail-on-anomaly      exit with status 4 when an anomaly is shown
  -h, --help             this text

Exit status: 0 done, 2 could not do the job, 3 done, but some of the input could
not be read, 4 there are anomalies (only with --fail-on-anomaly).

Examples:
  kms-baseline score ./today --baseline keys.baseline --callers keys.callers
  kms-baseline score ./today --baseline keys.baseline --html today.html
  kms-baseline score ./AWSLogs --baseline keys.baseline --from 2024-03-05 --json
  kms-baseline score s3://my-trail-bucket --baseline keys.baseline
`;

/** Judges logs by a baseline from a file. Returns the exit status. */
export async function score(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('score', FLAGS, args);
  if (given.paths.length === 0) throw new InputError('score needs at least one file or folder of CloudTrail logs');
  const path = given.read('baseline', parsePath);
  if (path === undefined) throw new InputError('score needs --baseline, a file that kms-baseline fit has written');
  const budget = given.read('budget', parseBudget) ?? 1;
  const zone = given.read('time-zone', checkZone);
  const spanIn = (timeZone: string | undefined) => {
    const timeOf = (text: string, flag: string) => parseTime(text, flag, timeZone);
    return { from: given.read('from', timeOf), until: given.read('until', timeOf) };
  };
  // Before anything is read: what is wrong with them should not be said after minutes.
  spanIn(zone);
  const outputs = outputsOf(given);
  const filter = filterOf(given, FILTER_NAMES);
  await checkReports(outputs);
  const callersPath = given.read('callers', parsePath);
  const calendarOver = await openCalendar(calendarFlags(given));
  if (filter.caller !== undefined && callersPath === undefined) {
    throw new InputError('--caller needs --callers, who usually calls: a file that kms-baseline fit has written');
  }
  const labels = await readLabels(outputs.aliases);
  const kept = await openKept(path, '--baseline', Baseline.fromBytes);
  const calendar = await calendarOver(gridEnd(kept.grid), gridEnd(kept.grid));
  const baseline = calendar === undefined ? kept : kept.withCalendar(calendar);
  const usualCallers =
    callersPath === undefined ? undefined : await openKept(callersPath, '--callers', seriesFromBytes);
  const timeZone = zone ?? (baseline.keys.length === 0 ? 'UTC' : baseline.modelOf(baseline.keys[0]).timeZone);
  const asked = spanIn(timeZone);
  const s3 = s3InputOf(given, { from: asked.from ?? gridEnd(baseline.grid), to: asked.until }, io);
  const read = await readLogs({ paths: given.paths, step: baseline.grid.step, since: s3?.from, s3 }, io);
  const problem = nothingToJudge(given.paths, read.logs, read.calls);
  const spans =
    problem === undefined ? windowOf(read, { ...asked, timeZone, after: gridEnd(baseline.grid) }) : { problem };
  if ('problem' in spans) return tellProblem(spans.problem, read.logs, io);
  const window = sliceWindow(read.counts, spans.from, spans.until);
  const judged = sliceWindow(judgedBy(baseline, read.counts), spans.from, spans.until);
  const { judgement, evidence } = judgeWindow(baseline, judged, {
    timeZone,
    alertBudget: { perWeek: budget },
    sources: read.sources.filter(({ kmsCalls }) => kmsCalls > 0),
    coverage: read.coverage,
    labels,
    ...(usualCallers === undefined ? {} : { usualCallers, callers: selectRows(window, (key) => key.caller !== null) }),
  });
  const analysis: Analysis = {
    schemaVersion: 1,
    paths: given.paths,
    logs: read.logs,
    calls: read.calls,
    sources: read.sources,
    ...judgement,
    notes: [
      ...read.notes,
      ...trailNotes(read.serviceGaps, judgement),
      ...spans.notes,
      ...notesOn(judgement),
      ...zoneNotes(baseline, judgement, timeZone),
    ],
  };
  const callers = [...window.keys, ...(usualCallers?.keys ?? [])].filter(({ caller }) => caller !== null);
  return deliver('score', { analysis, evidence }, outputs, { filter, callers }, io);
}

/** The rows that a baseline can judge: those of callers only where it knows callers, or each would be new. */
function judgedBy(baseline: Baseline, counts: SeriesSet): SeriesSet {
  if (baseline.keys.some(isCallerOfKey)) return judgedRows(counts, 'all');
  return selectRows(counts, (key) => key.caller === null);
}
