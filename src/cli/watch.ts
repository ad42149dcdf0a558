import { FormatError, InputError } from '../errors.js';
import { StoreError } from '../node/file-store.js';
import { serveMetrics } from '../node/metrics-server.js';
import { machineClock } from '../plan/clock.js';
import { healthText } from '../plan/health-text.js';
import { MetricsPage } from '../plan/metrics-page.js';
import { planText } from '../plan/plan-text.js';
import { type PlanProblem, type RunOptions, runPlan } from '../plan/run-plan.js';
import { StoreConflict } from '../plan/store.js';
import { LimitError } from '../plan/within-limit.js';
import { printable } from '../report/printable.js';
import { clientSettings } from './aws-client.js';
import { type Arguments, readArguments } from './flags.js';
import type { CliIo } from './output.js';
import { replay } from './replay.js';
import { placeText, statePlace, storeAt } from './state-place.js';
import { DONE, NOT_DONE, PARTLY_READ } from './status.js';
import { parseTime, parseWhole } from './values.js';
import { type PlanFile, readPlan } from './watch-plan.js';

export const WATCH_HELP = `Usage: kms-baseline watch <plan.json|plan.mjs> [options]

Runs a monitoring plan: polls its sources, learns, judges, and notifies the
channels in the plan of what is unusual. It keeps its state in a file, in S3 or
in a table of DynamoDB, and goes on from it, however it was stopped. Once a day
it makes a snapshot of it: kms-baseline snapshots --help.

Options:
  --once             one poll, then end: for cron
  --explain          print the plan, and from which time on it would
                     report anything, and exit
  --replay           print what the plan would have reported of past logs, and
                     exit: nothing is sent, no state is read or kept
  --from <time>      with --replay: report what happened from then on; default
                     once the sources hold the history it learns from
  --to <time>        with --replay: up to then; default the end of the logs
  --json             with --replay: one JSON document instead of lines
  --profile <name>, --region <name>, --endpoint <address>
                     how AWS is asked, before the plan's own "aws"; default as
                     the AWS SDK finds it
  --state <place>    where the state is kept: a path or s3://<bucket>/<key>;
                     default the plan's, or beside it
  --metrics-port <n> serve metrics for Prometheus at /metrics: counts, limits,
                     verdicts of the 100 most surprising series, and health
  --metrics-host <address>
                     where; default 127.0.0.1, this machine only
  -h, --help         this text

Exit status:
  0    stopped as asked, or the one poll is done
  2    could not do the job: a mistake in the command or the plan, such as a
       folder that does not exist; a state that cannot be read or kept, or that
       another run keeps: nobody was notified then
  3    with --once or --replay: done, but a source or one of its files could
       not be read
  130  --replay was interrupted

Examples:
  kms-baseline watch plan.json
  kms-baseline watch plan.json --replay --from 2026-06-01
  kms-baseline watch plan.mjs --once --state /var/lib/kms-baseline/state
`;

const FLAGS = {
  once: 'boolean',
  explain: 'boolean',
  replay: 'boolean',
  from: 'string',
  to: 'string',
  json: 'boolean',
  state: 'string',
  profile: 'string',
  region: 'string',
  endpoint: 'string',
  'metrics-port': 'string',
  'metrics-host': 'string',
} as const;

/** Runs a plan until it is stopped; returns the exit status. SIGINT and SIGTERM end it after what is under way. */
export async function watch(args: readonly string[], io: CliIo): Promise<number> {
  const given = readArguments('watch', FLAGS, args);
  if (given.paths.length !== 1) throw new InputError(`watch needs exactly one plan file, got ${given.paths.length}`);
  checkTogether(given);
  const [once, explain, state] = [given.has('once'), given.has('explain'), given.text('state')];
  const file = await readPlan(given.paths[0], io, process.env, clientSettings(given), explain);
  if (explain) {
    io.stdout.write(`${planText(file.plan, { now: (file.run.clock ?? machineClock).now() })}\n`);
    return DONE;
  }
  if (given.has('replay')) {
    const timeOf = (text: string, flag: string) => parseTime(text, flag, file.plan.timeZone);
    return replay(
      file,
      { from: given.read('from', timeOf), to: given.read('to', timeOf), json: given.has('json') },
      io,
    );
  }
  const place = state === undefined ? file.state : statePlace(state, '.', '--state');
  const port = given.read('metrics-port', parseWhole(0, 65_535));
  const page = port === undefined ? undefined : new MetricsPage(file.plan.name);
  const served =
    page === undefined || port === undefined
      ? undefined
      : await serveMetrics(page, given.text('metrics-host') ?? '127.0.0.1', port);
  if (served !== undefined) io.stderr.write(`kms-baseline: metrics at ${served.url}\n`);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGTERM', end);
  io.signal?.addEventListener('abort', end, { once: true });
  if (io.signal?.aborted === true) end();
  try {
    const { store, archive } = await storeAt(place, file.clients);
    const health = await runPlan(file.plan, {
      ...file.run,
      ...(page === undefined ? {} : measured(page, file.run)),
      store,
      ...(archive === null || file.snapshots === null ? {} : { snapshots: { archive, ...file.snapshots } }),
      once,
      signal: stop.signal,
      onProblem: (problem) => io.stderr.write(`kms-baseline: ${inWords(problem)}\n`),
    });
    for (const line of healthText(health).split('\n')) io.stderr.write(`kms-baseline: ${line}\n`);
    // A source that fails is asked again by a run that goes on; of a single poll, whoever started it should hear.
    return once && health.failing.length > 0 ? PARTLY_READ : DONE;
  } catch (error) {
    const known = [StoreError, StoreConflict, FormatError, LimitError].some((kind) => error instanceof kind);
    if (!known || !(error instanceof Error)) throw error;
    // What is not a state of this version says so of bytes: whose they are, and what can be done, is known here.
    const message =
      error instanceof FormatError
        ? `The state in ${placeText(place)} cannot be used: ${error.message}. Go back to a snapshot of it (kms-baseline snapshots), or begin anew with another one (--state)`
        : error.message;
    io.stderr.write(`kms-baseline: ${printable(message, 1000)}\n`);
    return NOT_DONE;
  } finally {
    served?.close();
    process.removeListener('SIGTERM', end);
  }
}

/** Hands what a run makes to the page of metrics, and to whoever the plan's file hands it to. */
function measured(
  page: MetricsPage,
  { onScores, onHealth }: PlanFile['run'],
): Pick<RunOptions, 'onScores' | 'onHealth'> {
  return {
    onScores: (scores) => {
      page.takeScores(scores);
      onScores?.(scores);
    },
    onHealth: (health) => {
      page.takeHealth(health);
      onHealth?.(health);
    },
  };
}

/** Of what the command does, one; and only what that takes. */
function checkTogether(given: Arguments<keyof typeof FLAGS>): void {
  const [first, second] = (['once', 'explain', 'replay'] as const).filter((flag) => given.has(flag));
  if (second !== undefined) throw new InputError(`--${first} and --${second} exclude each other: give one of them`);
  if (given.has('replay') && given.has('state')) {
    throw new InputError('--replay neither reads nor keeps a state: leave out --state');
  }
  if (given.has('metrics-host') && !given.has('metrics-port'))
    throw new InputError('--metrics-host needs --metrics-port');
  if (given.has('metrics-port') && first !== undefined) {
    throw new InputError(`--metrics-port needs a run that goes on: leave out --${first}`);
  }
  const lone = (['from', 'to', 'json'] as const).find((flag) => given.has(flag));
  if (lone !== undefined && !given.has('replay')) throw new InputError(`--${lone} needs --replay`);
}

function inWords({ part, name, error, setAside }: PlanProblem): string {
  const what = { source: 'source', notifier: 'notifier', store: 'state', inventory: 'inventory' }[part];
  const message = error instanceof Error ? error.message : String(error);
  const then = setAside === undefined ? 'tried again next time' : `notice ${setAside.id} is set aside for good`;
  return `${what} ${printable(name, 60)}: ${printable(message, 500)}; ${then}`;
}
