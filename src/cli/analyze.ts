import { isS3Path } from '../aws/s3-paths.js';
import { Detector } from '../engine/detector.js';
import { fitBaseline } from '../engine/fit-baseline.js';
import { calibration } from '../evaluate/calibration.js';
import type { CountStats } from '../kms/call-counter.js';
import type { Coverage } from '../kms/coverage.js';
import type { Analysis, LogsRead } from '../report/analysis.js';
import { civilTime } from '../report/civil-time.js';
import { type Evidence, type Judgement, judgeWithEvidence } from '../report/judge.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { renderLogs } from '../report/render-logs.js';
import type { Report } from '../report/report.js';
import { selectRows, sliceWindow } from '../series/slice.js';
import { gridEnd, WEEK } from '../time/grid.js';
import { openCalendar } from './calendar.js';
import { checkReports, deliver, widthOf } from './deliver.js';
import { FILTER_HELP } from './filters.js';
import { readLabels } from './labels.js';
import { parseAnalyze } from './options.js';
import type { CliIo } from './output.js';
import { readLogs } from './read-logs.js';
import { S3_HELP } from './s3-sources.js';
import { spansOf } from './spans.js';
import { NOT_DONE } from './status.js';
import { zoneNotes } from './zone-notes.js';

export const ANALYZE_HELP = `Usage: kms-baseline analyze <paths…> [options]

Reads CloudTrail logs: files, folders with logs at any depth, or s3://<bucket>.
Learns from the older part how often each KMS operation is called on each key,
judges the newer part, and reports what is unusual, which callers caused it, and
what could not be judged.

Which part is which:
  --last <length>          judge the last 90s, 5m, 1h, 1d or 2w of the logs;
                           default 1d
  --since <time>           leave out what is before; default the beginning of
                           the logs, in S3 four weeks before what is judged
  --history-until <time>   instead: learn from what is before, judge the rest
  --until <time>           judge up to this time; default the end of the logs

How it is judged:
  --step <length>          width of the buckets in which calls are counted, from
                           1s to 1d; default 5m
  --time-zone <zone>       time zone of your users and jobs, also for display,
                           such as Europe/Berlin or +05:30; default: found for
                           each series, and times in UTC
  --holidays <place>       holidays are like Sundays: those of DE, DE-BY, US-CA;
                           needs the package date-holidays
  --calendar <file>        JSON: days that are like another weekday, recurring
                           maintenance
  --budget <number>        alert budget: false alarms per week, across all
                           series; default 1

${FILTER_HELP}

${S3_HELP}

What comes out:
  --html <file>            write a page with pictures, for a browser; one file
                           that needs no network
  --markdown <file>        write the findings as Markdown
  --csv <file>             write counts, limits and verdicts: one line for each
                           series and bucket
  --findings-csv <file>    write the findings, one line each; - as a file is
                           standard output, for one of these
  --aliases <file>         name keys by their aliases: the output of
                           aws kms list-aliases, or JSON with aliases and
                           owners by key ARN
  --json                   one JSON document instead of text, as kms-baseline
                           schema describes it
  --verbose                list what is too quiet, and queries for findings
  --fail-on-anomaly        exit with status 4 when an anomaly is shown
  -h, --help               this text

Times are ISO 8601: 2024-03-05 (midnight in --time-zone), 2024-03-05T14:30 (UTC)
or 2024-03-05T14:30+01:00. They are rounded down to the start of a bucket. Days
of --last are those of --time-zone, of 23 or 25 hours where summer time changes.

Exit status:
  0    done
  2    could not do the job: a mistake in the command, no logs, no history,
       nothing that could be judged
  3    done, but some of the input could not be read
  4    done, and there are anomalies; only with --fail-on-anomaly, and rather
       than 3 where both hold
  130  interrupted

Examples:
  kms-baseline analyze ./AWSLogs --html report.html
  kms-baseline analyze ./AWSLogs --last 1w --time-zone America/New_York
  kms-baseline analyze ./AWSLogs --history-until 2024-03-05T14:00Z --budget 0.1
  kms-baseline analyze ./AWSLogs --severity high --operation Decrypt --top 5
  kms-baseline analyze s3://my-trail-bucket --region eu-central-1 --last 1d
  kms-baseline analyze ./new ./old --json --fail-on-anomaly > findings.json
`;

/** The main job: reads logs, judges their newer part, prints what was found. Returns the exit status. */
export async function analyze(args: readonly string[], io: CliIo): Promise<number> {
  const options = parseAnalyze(args, io);
  const calendarOver = await openCalendar(options);
  await checkReports(options);
  const labels = await readLabels(options.aliases);
  const read = await readLogs(options, io);
  const problem = nothingToJudge(options.paths, read.logs, read.calls);
  const spans = problem === undefined ? spansOf(read.counts.grid, read.sources, read.coverage, options) : { problem };
  if ('problem' in spans) return tellProblem(spans.problem, read.logs, io);
  const calendar = await calendarOver(read.counts.grid.start, spans.until);
  const { notes, leftOut, ...times } = spans;
  const { judgement, evidence } = judgeWithEvidence(read.counts, {
    ...times,
    ...(calendar === undefined ? {} : { calendar }),
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
    notes: [
      ...read.notes,
      ...trailNotes(read.serviceGaps, judgement),
      ...notes,
      ...notesOn(judgement),
      ...zoneNotes(evidence.baseline, judgement, options.timeZone),
    ],
  };
  const calibrated = options.html === undefined ? undefined : calibrationFor(evidence, options.timeZone);
  const callers = read.counts.keys.filter(({ caller }) => caller !== null);
  const chosen = { filter: options.filter, callers, leftOut };
  return deliver('analyze', { analysis, evidence, ...calibrated }, options, chosen, io);
}

/** Where KMS has left a log whose other records go on: what it may be, what to look for, and what follows from it. */
export function trailNotes(gaps: readonly Coverage[], { window, timeZone }: Judgement): string[] {
  return gaps
    .filter(({ from, to }) => to > window.from && from < window.to)
    .map(({ account, region, from, to }) => {
      const until = to >= window.to ? 'since' : `until ${civilTime(to, timeZone)}, since`;
      return (
        `No KMS records of ${printable(account, 40)} ${printable(region, 40)} ${until} ${civilTime(from, timeZone)} ${timeZone}, ` +
        "while other services' records go on: its keys are unknown for that time, not unused. Check whether the trail excludes KMS " +
        'events: look for PutEventSelectors, UpdateTrail and StopLogging of cloudtrail.amazonaws.com before it'
      );
    });
}

/** Says why there is nothing to do, with what was read. */
export function tellProblem(problem: string, logs: LogsRead, io: CliIo): number {
  const facts = logs.files === 0 ? [] : renderLogs(logs, widthOf(io));
  io.stderr.write(`kms-baseline: ${[problem, ...facts].join('\n')}\n`);
  return NOT_DONE;
}

/** Why logs hold nothing to judge, in a sentence; `undefined` when they do. */
export function nothingToJudge(
  paths: readonly string[],
  logs: LogsRead,
  { counted: distinct, outside }: Pick<CountStats, 'counted' | 'outside'>,
): string | undefined {
  const { files, filesRead, filesUnreadable, records, kmsRecords } = logs;
  if (files === 0) {
    const where = paths.map((path) => printable(path, 200)).join(', ');
    if (!paths.some(isS3Path)) return `There are no files in ${where}.`;
    return `There are no log files of that time in ${where}: --since and --until say which time, --account and --region which logs.`;
  }
  if (filesRead + filesUnreadable.length === 0) {
    return "No file is named like a CloudTrail log; pass a file's own path to read it anyway.";
  }
  const foreign = filesUnreadable.find(({ reason }) => reason === 'not-a-log');
  if (filesRead === 0 && foreign !== undefined) return notLogs(foreign.found);
  if (records === 0) return 'No record could be read.';
  if (kmsRecords === 0) return `None of the ${counted(records, 'record')} is a KMS event: there is nothing to judge.`;
  if (distinct > 0) return undefined;
  const none = `None of the ${counted(kmsRecords, 'record')} of KMS`;
  return outside > 0
    ? `${none} is of the time asked for: ${counted(outside, 'call')} ${outside === 1 ? 'was' : 'were'} made before it.`
    : `${none} could be read.`;
}

/** Weeks of history from which on weekly habits are as well known as any. */
const KNOWN_WEEKS = 4;
/** Says of files that are no logs what they are, and what can be read. */
function notLogs(found: string | undefined): string {
  const what = found === undefined ? '' : ` (first: ${printable(found, 200)})`;
  return (
    `These are not CloudTrail records${what}. What can be read: CloudTrail log files, JSON lines of records, the output of ` +
    '`aws cloudtrail lookup-events`, events of EventBridge, exports of CloudWatch Logs, messages of SNS and SQS, and JSON of ' +
    'Elasticsearch, Splunk, Datadog, Wazuh, Fluent Bit or Athena that holds whole records; gzipped or not. Unpack archives, ' +
    'and export JSON rather than CSV.'
  );
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
  } else if (history.observed < KNOWN_WEEKS * WEEK || history.to - history.firstKmsCall < KNOWN_WEEKS * WEEK) {
    const weeks = Math.floor(Math.min(history.observed, history.to - history.firstKmsCall) / WEEK);
    notes.push(
      `Weekly patterns were seen ${weeks === 2 ? 'twice' : 'three times'} only: what comes once a week is judged with that doubt`,
    );
  }
  return notes;
}

/** So many series tell as much of calibration as more would, and a page is not kept waiting for it. */
const ROWS = 300;

/**
 * How well the false-alarm rate was kept on the last week of the history, judged by what came before it; nothing where the
 * history is no longer than three weeks. Incidents in that week, of which nobody knows, count as false alarms.
 */
function calibrationFor(
  { history }: Evidence,
  timeZone: string | undefined,
): Pick<Report, 'calibration' | 'calibratedOn'> | undefined {
  if (history === null) return undefined;
  const { grid, keys } = history;
  const end = gridEnd(grid);
  const split = end - WEEK;
  if (split - grid.start < 2 * WEEK || (split - grid.start) % grid.step !== 0) return undefined;
  const first = new Set(keys.slice(0, ROWS));
  const rows = keys.length <= ROWS ? history : selectRows(history, (key) => first.has(key));
  const baseline = fitBaseline(sliceWindow(rows, grid.start, split), timeZone === undefined ? {} : { timeZone });
  if (baseline.learning) return undefined;
  const table = calibration(new Detector(baseline), sliceWindow(rows, split, end));
  return {
    calibration: table,
    calibratedOn: { from: split, to: end, series: rows.keys.length },
  };
}
