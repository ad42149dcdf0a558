import { AwsClients, checkAccess } from '../aws/clients.js';
import { AwsCallError, currentAlarms, fetchMetricSeries } from '../aws/index.js';
import { InputError } from '../errors.js';
import { analysisOf } from '../report/analyze-counts.js';
import { judgeWithEvidence } from '../report/judge.js';
import { counted, duration } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import type { ReportAlarm } from '../report/report.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import { observedRow, readRow, type SeriesSet, seriesSet } from '../series/series-set.js';
import { DAY, gridEnd, HOUR, MINUTE } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import { notesOn } from './analyze.js';
import { clientSettings } from './aws-client.js';
import { CALENDAR_FLAGS, calendarFlags, openCalendar } from './calendar.js';
import { checkReports, deliver } from './deliver.js';
import { filterOf, LIVE_FILTER_FLAGS } from './filters.js';
import { readArguments } from './flags.js';
import { readLabels } from './labels.js';
import { OUTPUT_FLAGS, outputsOf } from './options.js';
import type { CliIo } from './output.js';
import { NOT_DONE } from './status.js';
import { lengthBefore, parseBudget, parseDuration, parseTime } from './values.js';
import { zoneNotes } from './zone-notes.js';

const FLAGS = {
  region: 'string',
  profile: 'string',
  endpoint: 'string',
  history: 'string',
  last: 'string',
  now: 'string',
  'time-zone': 'string',
  budget: 'string',
  'linked-accounts': 'boolean',
  ...CALENDAR_FLAGS,
  ...LIVE_FILTER_FLAGS,
  ...OUTPUT_FLAGS,
} as const;

export const LIVE_HELP = `Usage: kms-baseline live [options]

Judges the last hours of a live account by its CloudWatch metrics of KMS: the
successful calls of each key and operation, in buckets of 5 minutes. Nothing is
installed or changed in the account. Needs the package
@aws-sdk/client-cloudwatch, credentials as the AWS SDK finds them, and the
permissions cloudwatch:ListMetrics and cloudwatch:GetMetricData, which AWS
charges for by the metric, and, to list alarms, cloudwatch:DescribeAlarms.

Options:
  --region <name>       default: AWS_REGION, or that of the profile
  --profile <name>      of your AWS configuration; default AWS_PROFILE
  --endpoint <address>  send requests there, as to LocalStack; default
                        AWS_ENDPOINT_URL
  --history <length>    learn from so much time; default 2w
  --last <length>       judge so much of the time up to now; default 2h
  --now <time>          use this as the current time
  --linked-accounts     metrics of linked accounts too
  --time-zone <zone>    time zone of your users and jobs, also for display;
                        default: found for each series, and times in UTC
  --holidays <place>    holidays are like Sundays: those of DE, DE-BY, US-CA;
                        needs the package date-holidays
  --calendar <file>     JSON: days that are like another weekday, maintenance
  --budget <number>     alert budget: false alarms per week; default 1
  --severity, --kind, --key, --operation, --top
                        show only some of the anomalies, as analyze does
  --html <file>         write a page with pictures, for a browser
  --markdown <file>     write the findings as Markdown
  --csv <file>          write counts, limits and verdicts, long
  --findings-csv <file> write the findings, one line each
  --aliases <file>      name keys by their aliases: the output of
                        aws kms list-aliases, or JSON by key ARN
  --json                one JSON document instead of text
  --verbose             list what is too quiet, and queries for findings
  --fail-on-anomaly     exit with status 4 when an anomaly is shown
  -h, --help            this text

Exit status: 0 done, 2 could not do the job, 4 there are anomalies (only with
--fail-on-anomaly).

Examples:
  kms-baseline live --region eu-central-1
  kms-baseline live --history 4w --last 1d --time-zone Europe/Berlin
  kms-baseline live --last 1h --json --fail-on-anomaly
`;

const STEP = 5 * MINUTE;

/** Judges the last hours of a live account. Returns the exit status. */
export async function live(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('live', FLAGS, args);
  if (given.paths.length > 0) throw new InputError(`live takes no path, got ${JSON.stringify(given.paths[0])}`);
  const settings = clientSettings(given);
  const { region } = settings;
  const history = given.read('history', parseDuration) ?? 14 * DAY;
  const last = given.read('last', parseDuration) ?? 2 * HOUR;
  if (last < STEP) throw new InputError(`--last must be at least 5m, got ${given.text('last')}`);
  const timeZone = given.read('time-zone', checkZone);
  const budget = given.read('budget', parseBudget) ?? 1;
  const outputs = outputsOf(given);
  const calendarOver = await openCalendar(calendarFlags(given));
  const filter = filterOf(given, ['key', 'operation']);
  await checkReports(outputs);
  const labels = await readLabels(outputs.aliases);
  const now = given.read('now', parseTime) ?? io.now?.();
  if (now === undefined) throw new InputError('live needs --now where the current time is not known');
  const to = Math.floor(now / STEP) * STEP;
  const asked = lengthBefore(to, last, given.text('last') ?? '2h', timeZone ?? 'UTC');
  const begin = Math.min(to - STEP, Math.ceil(asked / STEP) * STEP);
  const from = begin - Math.ceil(history / STEP) * STEP;
  if (io.stderr.isTTY === true) io.stderr.write('reading metrics of CloudWatch\r');
  const client = await new AwsClients(settings).cloudWatch();
  await checkAccess(client);
  const { counts, report } = await fetchMetricSeries(client, {
    from,
    to: now,
    step: STEP,
    discover: true,
    linkedAccounts: given.has('linked-accounts'),
    ...(io.signal === undefined ? {} : { signal: io.signal }),
  });
  io.onRead?.();
  const until = Math.min(gridEnd(counts.grid), Math.floor(report.settledUntil / STEP) * STEP);
  const problem = nothingThere(counts, begin, until);
  if (problem !== undefined) {
    io.stderr.write(`kms-baseline: ${problem}\n`);
    return NOT_DONE;
  }
  const alarms = await alarmsOf(client, io.signal);
  const calendar = await calendarOver(from, until);
  const { judgement, evidence } = judgeWithEvidence(withTotals(counts), {
    ...(calendar === undefined ? {} : { calendar }),
    historyUntil: begin,
    until,
    ...(timeZone === undefined ? {} : { timeZone }),
    alertBudget: { perWeek: budget },
    labels,
  });
  const notes = [
    'CloudWatch counts successful calls only: its metrics include neither failed calls nor callers',
    alarms.words,
    ...(report.forgotten === null
      ? []
      : [
          `CloudWatch no longer has ${duration(STEP)} data for ${duration(report.forgotten.to - report.forgotten.from)} of the history`,
        ]),
    ...report.problems.map(({ metric, reason }) => `Metric ${metric.name} could not be read: ${printable(reason)}`),
    ...report.messages.map((message) => `Message of CloudWatch: ${printable(message.value, 300)}`),
  ];
  const analysis = analysisOf(judgement, {
    paths: [
      `CloudWatch metrics${region === undefined ? '' : ` of ${region}`} (${counted(report.metrics.length, 'metric')})`,
    ],
    notes: [...notes, ...notesOn(judgement), ...zoneNotes(evidence.baseline, judgement, timeZone)],
  });
  return await deliver(
    'live',
    { analysis, evidence, ...(alarms.found === null ? {} : { alarms: alarms.found }) },
    outputs,
    { filter },
    io,
  );
}

/** The alarms on KMS, and what is printed of them; a refusal stops nothing. Which are muted does not matter here. */
async function alarmsOf(
  client: Parameters<typeof currentAlarms>[0],
  signal: AbortSignal | undefined,
): Promise<{ readonly found: readonly ReportAlarm[] | null; readonly words: string }> {
  try {
    const found = await currentAlarms(client, { muteRules: false, ...(signal === undefined ? {} : { signal }) });
    const ringing = found.filter(({ state }) => state === 'ALARM').map(({ name }) => printable(name, 80));
    const all = found.length === 0 ? 'There are no CloudWatch alarms' : counted(found.length, 'CloudWatch alarm');
    const names = ringing.slice(0, 5).join(', ') + (ringing.length > 5 ? ', …' : '');
    const states = found.length === 0 ? '' : ringing.length === 0 ? ', none in ALARM' : `, in ALARM: ${names}`;
    return { found, words: `${all} on KMS${states}` };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { found: null, words: `CloudWatch alarms could not be read: ${printable(error.message, 300)}` };
  }
}

function nothingThere({ keys }: SeriesSet, begin: number, until: number): string | undefined {
  if (keys.length === 0) return 'CloudWatch lists no metric of KMS in this account and Region.';
  if (until <= begin)
    return 'There is nothing to judge: CloudWatch may still add to all of that time. Give a longer --last.';
  return undefined;
}

const LEVELS = ['operation', 'keyArn'] as const;

/**
 * Counts by key and operation, with their totals by operation and by key, of the same outcome. A bucket of a total is observed
 * where it is in all of its parts.
 */
function withTotals(set: SeriesSet): SeriesSet {
  const { grid, keys } = set;
  const y = new Float64Array(grid.length);
  const series: { key: SeriesKey; values: Float64Array }[] = [];
  const totals = new Map<string, { key: SeriesKey; values: Float64Array }>();
  for (const [row, key] of keys.entries()) {
    readRow(set, row, y);
    const observed = observedRow(set, row);
    const values = Float64Array.from(y, (calls, i) => (observed[i] === 0 ? Number.NaN : calls));
    series.push({ key, values });
    for (const level of LEVELS) {
      if (key[level] === null) continue;
      const whole = seriesKey({ [level]: key[level], outcome: key.outcome });
      const id = keyId(whole);
      if (id === keyId(key)) continue;
      const total = totals.get(id);
      if (total === undefined) totals.set(id, { key: whole, values: values.slice() });
      else for (let i = 0; i < values.length; i++) total.values[i] += values[i];
    }
  }
  return seriesSet({ start: grid.start, step: grid.step, series: [...series, ...totals.values()] });
}
