import { fitBaseline } from '../engine/fit-baseline.js';
import { InputError } from '../errors.js';
import { mainStretch } from '../kms/coverage.js';
import { judgedRows } from '../kms/judged-rows.js';
import { jsonDocument } from '../report/analysis-json.js';
import { holesIn } from '../report/holes.js';
import { calledKeys } from '../report/judge.js';
import { counted, duration, grouped } from '../report/numbers.js';
import { printable } from '../report/printable.js';
import { renderLogs } from '../report/render-logs.js';
import { seriesToBytes } from '../series/codec-set.js';
import { selectRows, sliceWindow } from '../series/slice.js';
import { gridEnd } from '../time/grid.js';
import { checkZone } from '../time/zone.js';
import { nothingToJudge, tellProblem } from './analyze.js';
import { CALENDAR_FLAGS, calendarFlags, openCalendar } from './calendar.js';
import { checkOutputs, partlyRead, widthOf, write } from './deliver.js';
import { readArguments } from './flags.js';
import { stepOf } from './options.js';
import type { CliIo } from './output.js';
import { readLogs } from './read-logs.js';
import { S3_FLAGS, S3_HELP, s3InputOf } from './s3-sources.js';
import { DONE, PARTLY_READ } from './status.js';
import { parsePath, parseTime } from './values.js';

const FLAGS = {
  out: 'string',
  callers: 'string',
  since: 'string',
  until: 'string',
  step: 'string',
  'time-zone': 'string',
  account: 'list',
  region: 'list',
  ...CALENDAR_FLAGS,
  ...S3_FLAGS,
  json: 'boolean',
} as const;

export const FIT_HELP = `Usage: kms-baseline fit <paths…> --out <file> [options]

Learns normal usage from all of the logs and saves it in a file, by which
kms-baseline score judges later logs.

Options:
  --out <file>         where the baseline is written
  --callers <file>     save usual callers, too, so that score can name
                       callers
  --since <time>       learn from what is after; default the beginning of the
                       logs, in S3 four weeks before the end
  --until <time>       learn from what is before; default the end of the logs
  --step <length>      width of the buckets, from 1s to 1d; default 5m
  --time-zone <zone>   time zone of your users and jobs, such as Europe/Berlin
                       or +05:30; default: found for each series
  --holidays <place>   holidays are like Sundays: those of DE, DE-BY, US-CA;
                       needs the package date-holidays
  --calendar <file>    JSON: days that are like another weekday, maintenance
  --json               one JSON document instead of text
  -h, --help           this text

${S3_HELP}

Exit status: 0 done, 2 could not do the job, 3 done, but some of the input could
not be read.

Examples:
  kms-baseline fit ./AWSLogs --out keys.baseline --callers keys.callers
  kms-baseline fit ./AWSLogs --out keys.baseline --time-zone Europe/Berlin
  kms-baseline fit ./AWSLogs --out keys.baseline --until 2024-03-05T14:00Z
  kms-baseline fit ./AWSLogs --out keys.baseline --holidays DE-BY
  kms-baseline fit s3://my-trail-bucket --out keys.baseline --since 2024-02-01
`;

/** Learns from logs and writes the baseline to a file. Returns the exit status. */
export async function fit(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('fit', FLAGS, args);
  if (given.paths.length === 0) throw new InputError('fit needs at least one file or folder of CloudTrail logs');
  const out = given.read('out', parsePath);
  if (out === undefined) throw new InputError('fit needs --out, the file to write the baseline to');
  const step = stepOf(given);
  const timeZone = given.read('time-zone', checkZone);
  const timeOf = (text: string, flag: string) => parseTime(text, flag, timeZone);
  const [since, until] = [given.read('since', timeOf), given.read('until', timeOf)];
  if (since !== undefined && until !== undefined && since >= until) {
    throw new InputError(`--until must be later than --since, got ${given.text('until')} and ${given.text('since')}`);
  }
  const s3 = s3InputOf(given, { from: since, to: until }, io);
  for (const flag of ['account', 'region'] as const) {
    if (s3 === undefined && given.has(flag)) {
      throw new InputError(`fit takes --${flag} for logs in S3 only: give the folders of those that are to be read`);
    }
  }
  const callersPath = given.read('callers', parsePath);
  const calendarOver = await openCalendar(calendarFlags(given));
  await checkOutputs({ '--out': out, '--callers': callersPath });
  const { counts, logs, calls, sources, coverage, notes } = await readLogs({ paths: given.paths, step, since, s3 }, io);
  const problem = nothingToJudge(given.paths, logs, calls);
  if (problem !== undefined) return tellProblem(problem, logs, io);
  const heard = coverage.filter(({ account, region }) =>
    sources.some((source) => source.kmsCalls > 0 && source.account === account && source.region === region),
  );
  const { grid } = counts;
  const main = mainStretch(heard);
  const end = Math.min(until ?? main.to, main.to);
  const from = Math.max(grid.start, main.from);
  if (end - from < step) return tellProblem('There is no history before --until.', logs, io);
  const history = sliceWindow(counts, from, Math.floor((end - grid.start) / step) * step + grid.start);
  const judged = sliceWindow(judgedRows(counts, 'all'), history.grid.start, gridEnd(history.grid));
  // Rows that call only before or after the history are not known of.
  const called = calledKeys(judged);
  const rows = selectRows(judged, (key) => called.has(key));
  const calendar = await calendarOver(from, end);
  const baseline = fitBaseline(rows, {
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(calendar === undefined ? {} : { calendar }),
  });
  const bytes = baseline.toBytes();
  await write(out, bytes, '--out');
  const callers = selectRows(history, (key) => key.caller !== null);
  if (callersPath !== undefined) await write(callersPath, seriesToBytes(callers), '--callers');
  const to = gridEnd(baseline.grid);
  const first = history.grid.start;
  const zones = [...new Set(baseline.keys.map((key) => baseline.modelOf(key).timeZone))].sort();
  const span = {
    from: first,
    to,
    holes: holesIn(
      first,
      to,
      sources.filter(({ kmsCalls }) => kmsCalls > 0),
      coverage,
    ),
  };
  const result = {
    schemaVersion: 1,
    command: 'fit',
    paths: given.paths,
    logs,
    calls,
    sources,
    timeZone: timeZone ?? null,
    step,
    history: { ...span, observed: baseline.support * step, learning: baseline.learning },
    baseline: { path: out, bytes: bytes.length, series: baseline.keys.length, timeZones: zones },
    notes: baseline.learning
      ? [...notes, 'The history is too short to judge by: at least 6 hours and 12 buckets are needed']
      : notes,
  };
  io.stdout.write(
    given.has('json')
      ? `${jsonDocument(result)}\n`
      : `${[
          ...renderLogs(logs, widthOf(io), calls),
          `learned   ${counted(baseline.keys.length, 'series', 'series')} over ${duration(to - first)}, time zones: ${zones.join(', ')}`,
          ...result.notes.map((note) => `note      ${note}`),
          `written   ${printable(out, 500)}, ${grouped(bytes.length)} bytes`,
        ].join('\n')}\n`,
  );
  return partlyRead(result) ? PARTLY_READ : DONE;
}
