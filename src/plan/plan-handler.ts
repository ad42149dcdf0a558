import { checkInteger, checkOptions, InputError, type OptionNames, optionsFor } from '../errors.js';
import { HOUR, SECOND } from '../time/grid.js';
import { machineClock } from './clock.js';
import type { Health } from './health.js';
import { healthText } from './health-text.js';
import type { MonitoringPlan } from './plan.js';
import { type PlanProblem, type RunOptions, runPlan } from './run-plan.js';
import { StoreConflict } from './store.js';

export interface HandlerOptions extends Omit<RunOptions, 'once' | 'signal'> {
  /** So long before the function's time is over a run is ended, so that what it knows is kept; 10 seconds by default, ms. */
  readonly margin?: number;
}

const HANDLER_OPTIONS: OptionNames<HandlerOptions> = {
  store: true,
  answerWithin: true,
  clock: true,
  inventory: true,
  onScores: true,
  onHealth: true,
  onProblem: true,
  judges: true,
  stateId: true,
  snapshots: true,
  margin: true,
};
const { margin: _, ...RUN_OPTIONS } = HANDLER_OPTIONS;

/** What of a Lambda context is used. */
export interface HandlerContext {
  getRemainingTimeInMillis(): number;
}

/** What an invocation came to; Lambda logs it as JSON. */
export type HandlerResult =
  | { readonly ran: true; readonly health: Health }
  /** Another run had the state. */
  | { readonly ran: false; readonly why: string };

/** So long an event waits for a run that has the state, at most; a run takes seconds. */
const LONGEST_WAIT = 5 * SECOND;

/**
 * A plan as a Lambda function: each invocation is one poll. An event of CloudTrail from EventBridge is handed to the plan's
 * {@link eventSource}, and reported in the same invocation; any other event, such as a schedule's, just polls.
 *
 * Of two invocations at once one runs. The other waits where it was handed a call of KMS, which must not be lost, and fails if
 * the state is still taken when its time is over, so that Lambda sends the event again; otherwise it has nothing to do, and
 * says so in its result.
 * @returns the handler; it throws what {@link runPlan} throws, and where a notice could not be sent, since then nobody else says
 *   that something is wrong: alarm on the function's own errors
 */
export function planHandler(
  plan: MonitoringPlan,
  options: HandlerOptions,
): (event?: unknown, context?: HandlerContext) => Promise<HandlerResult> {
  checkOptions(options, HANDLER_OPTIONS);
  const { margin = 10 * SECOND, clock = machineClock, onProblem = logged } = options;
  checkInteger(margin, 'margin', 0, HOUR);
  const events = plan.sources.flatMap((source) => (isEventSource(source) ? [source] : []));
  return async (event, context) => {
    const end = context === undefined ? Infinity : clock.now() + context.getRemainingTimeInMillis() - margin;
    if (end <= clock.now()) throw new InputError(`margin must be less than the function's time-out, got ${margin} ms`);
    for (let wait = SECOND; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      const stop = new AbortController();
      const timer = Number.isFinite(end) ? setTimeout(() => stop.abort(), end - clock.now()) : undefined;
      // Each time: a run that met another may have taken them. Twice in one poll, they count once.
      const calls = events.reduce((sum, source) => sum + source.push(event), 0);
      try {
        const run = optionsFor<RunOptions>(options, RUN_OPTIONS as OptionNames<RunOptions>);
        const health = await runPlan(plan, { ...run, onProblem, once: true, signal: stop.signal });
        for (const line of healthText(health).split('\n')) console.log(line);
        checkSent(health);
        return { ran: true, health };
      } catch (error) {
        if (!(error instanceof StoreConflict)) throw error;
        if (calls === 0) return { ran: false, why: error.message };
        if (clock.now() + wait >= end) throw error;
      } finally {
        clearTimeout(timer);
      }
      await clock.sleep(wait);
    }
  };
}

function isEventSource(source: object): source is { push(event: unknown): number } {
  return 'push' in source && typeof source.push === 'function';
}

function checkSent({ undelivered }: Health): void {
  const failing = undelivered.filter((one) => one.failing !== null);
  if (failing.length === 0) return;
  const each = failing.map(({ notifier, failing, waiting }) => `${notifier}: ${failing} (${waiting} waiting)`);
  throw new Error(`notices could not be sent: ${each.join('; ')}`);
}

function logged({ part, name, error }: PlanProblem): void {
  console.error(`${part} ${name}: ${error instanceof Error ? error.message : String(error)}`);
}
