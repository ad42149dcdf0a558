import { FormatError, InputError, shown } from '../errors.js';
import { fileStore, StoreError } from '../node/file-store.js';
import { machineClock } from '../plan/clock.js';
import { healthText } from '../plan/health-text.js';
import { planText } from '../plan/plan-text.js';
import { type PlanProblem, runPlan } from '../plan/run-plan.js';
import { StoreConflict } from '../plan/store.js';
import { printable } from '../report/printable.js';
import type { CliIo } from './output.js';
import { DONE, NOT_DONE, PARTLY_READ } from './status.js';
import { readPlan } from './watch-plan.js';

export const WATCH_HELP = `Usage: kms-baseline watch <plan.json|plan.mjs> [options]

Runs a monitoring plan: polls its sources, learns, judges, and notifies the
channels in the plan of what is unusual. It keeps its state in a file and goes
on from it, whenever and however it was stopped.

Options:
  --once             one poll, then end: for cron
  --explain          print the plan, and from which time on it would
                     report anything, and exit
  --state <path>     where the state is kept; default the plan's, or beside it
  -h, --help         this text

Exit status:
  0    stopped as asked, or the one poll is done
  2    could not do the job: a mistake in the command or the plan, a state that
       cannot be read or kept, or that another run keeps too
  3    with --once: done, but a source could not be read; the next poll tries
       again

Examples:
  kms-baseline watch plan.json
  kms-baseline watch plan.mjs --once --state /var/lib/kms-baseline/state
`;

interface WatchFlags {
  readonly path: string;
  readonly once: boolean;
  readonly explain: boolean;
  readonly state: string | undefined;
}

/** Runs a plan until it is stopped; returns the exit status. SIGINT and SIGTERM end it after what is under way. */
export async function watch(args: readonly string[], io: CliIo): Promise<number> {
  const { path, once, explain, state } = flagsIn(args);
  const file = await readPlan(path, io, process.env);
  if (explain) {
    io.stdout.write(`${planText(file.plan, { now: (file.run.clock ?? machineClock).now() })}\n`);
    return DONE;
  }
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGTERM', end);
  io.signal?.addEventListener('abort', end, { once: true });
  if (io.signal?.aborted === true) end();
  try {
    const health = await runPlan(file.plan, {
      ...file.run,
      store: fileStore(state ?? file.state),
      once,
      signal: stop.signal,
      onProblem: (problem) => io.stderr.write(`kms-baseline: ${inWords(problem)}\n`),
    });
    for (const line of healthText(health).split('\n')) io.stderr.write(`kms-baseline: ${line}\n`);
    // A source that fails is asked again by a run that goes on; of a single poll, whoever started it should hear.
    return once && health.failing.length > 0 ? PARTLY_READ : DONE;
  } catch (error) {
    const known = [StoreError, StoreConflict, FormatError].some((kind) => error instanceof kind);
    if (!known || !(error instanceof Error)) throw error;
    io.stderr.write(`kms-baseline: ${printable(error.message, 1000)}\n`);
    return NOT_DONE;
  } finally {
    process.removeListener('SIGTERM', end);
  }
}

function flagsIn(args: readonly string[]): WatchFlags {
  const paths: string[] = [];
  const rest = [...args];
  let [once, explain] = [false, false];
  let state: string | undefined;
  while (rest.length > 0) {
    const next = rest.shift() ?? '';
    if (next === '--once') once = true;
    else if (next === '--explain') explain = true;
    else if (next === '--state') {
      state = rest.shift();
      if (state === undefined || state === '' || state.startsWith('--')) throw new InputError('--state needs a path');
    } else if (next.startsWith('-')) {
      throw new InputError(`Unknown option ${shown(next)} for watch; known are --once, --explain, --state and --help`);
    } else paths.push(next);
  }
  if (paths.length !== 1) throw new InputError(`watch needs exactly one plan file, got ${paths.length}`);
  return { path: paths[0], once, explain, state };
}

function inWords({ part, name, error }: PlanProblem): string {
  const what = { source: 'source', notifier: 'notifier', store: 'state', inventory: 'inventory' }[part];
  const message = error instanceof Error ? error.message : String(error);
  return `${what} ${printable(name, 60)}: ${printable(message, 500)}; tried again next time`;
}
