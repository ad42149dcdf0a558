import type { Scores } from '../engine/types.js';
import { checkOptions, type OptionNames } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import type { KmsKey } from '../kms/lifecycle.js';
import { DAY, HOUR } from '../time/grid.js';
import { machineClock, type PlanClock } from './clock.js';
import type { Health } from './health.js';
import { detectors, type Judges } from './judge.js';
import { randomId } from './notice-id.js';
import type { MonitoringPlan } from './plan.js';
import type { CallSource, Poll } from './source.js';
import { type PlanStore, StoreConflict } from './store.js';
import { Watch } from './watch.js';
import { watchFromBytes, watchToBytes } from './watch-bytes.js';
import { newWatchData } from './watch-data.js';

export interface RunOptions {
  /** Where the state is kept between polls, and between runs. */
  readonly store: PlanStore;
  /** One poll and no more, as a cron job or a Lambda function does; false by default. */
  readonly once?: boolean;
  /** Aborting it ends the run after what is under way; nothing is lost. */
  readonly signal?: AbortSignal;
  readonly clock?: PlanClock;
  /** The keys as they are, for the watch on their lifecycle; asked for once an hour. `keyInventory` lists them. */
  readonly inventory?: (signal?: AbortSignal) => Promise<readonly KmsKey[]>;
  /** Is handed all scores as they are made, corrected ones again: for `publishScores`. */
  readonly onScores?: (scores: Scores) => void;
  /** Is handed the plan's own health after every poll. */
  readonly onHealth?: (health: Health) => void;
  /** Hears of what went wrong and is tried again: a source, a notifier, the store. Without it, a failing store ends the run. */
  readonly onProblem?: (problem: PlanProblem) => void;
  /** Another judge than the library's detector. */
  readonly judges?: Judges;
  /**
   * What sets the ids of a new state's notices apart from those of every other state; drawn at random by default. Kept in
   * the state: later runs go on with it.
   */
  readonly stateId?: string;
}

export interface PlanProblem {
  readonly part: 'source' | 'notifier' | 'store' | 'inventory';
  readonly name: string;
  readonly error: unknown;
}

/** Notices that could not be told for so long are let go: whoever should have been told is not there. */
const PATIENCE = 7 * DAY;
/** Parts of one back-fill that are taken in one go, before others have their turn. */
const MOST_PARTS = 10_000;

/**
 * Runs a plan: polls its sources, counts, judges what has waited long enough, keeps the state, tells who is to be told;
 * then sleeps until the next time, or ends. After a pause it goes on where it was: what happened meanwhile is judged, and
 * what was told is not told again.
 *
 * What is to be told is decided and kept in one piece with the counts before anybody is told, so that a run which is killed
 * at any moment tells it after all, under the same id. A notice may thus be told twice, never under two ids.
 *
 * @returns its health at the end
 * @throws FormatError when the kept state cannot be read: it is left as it is
 * @throws InputError when the state is another plan's
 * @throws StoreConflict when another run keeps its state in the same store
 */
export async function runPlan(plan: MonitoringPlan, options: RunOptions): Promise<Health> {
  checkOptions(options, RUN_OPTIONS);
  const { store, clock = machineClock, signal, once = false, judges = detectors } = options;
  const kept = await store.load();
  const watch =
    kept === null
      ? new Watch(plan, judges, { data: newWatchData(options.stateId ?? randomId()) }, options.onScores)
      : watchFromBytes(kept, plan, judges, options.onScores);
  // What an earlier run decided, kept and could not tell comes first.
  await tellAll(watch, options);
  for (;;) {
    await step(watch, options, clock.now());
    const now = clock.now();
    const health = watch.health(now);
    options.onHealth?.(health);
    if (once || isAborted(signal)) return health;
    // On the multiples of `every`, so that slow polls do not drift.
    await clock.sleep(plan.every - (now % plan.every), signal);
    if (isAborted(signal)) return watch.health(clock.now());
  }
}

const RUN_OPTIONS: OptionNames<RunOptions> = {
  store: true,
  once: true,
  signal: true,
  clock: true,
  inventory: true,
  onScores: true,
  onHealth: true,
  onProblem: true,
  judges: true,
  stateId: true,
};

async function step(watch: Watch, options: RunOptions, now: number): Promise<void> {
  const { plan } = watch;
  watch.begin(now);
  for (const source of plan.sources) await pollAll(watch, source, options, now);
  // A poll that was broken off has changed nothing, and the next run asks again.
  if (isAborted(options.signal)) return;
  watch.data.tallies.polls++;
  watch.settle(now);
  await inventory(watch, options, now);
  if (await save(watch, options)) await tellAll(watch, options);
}

async function pollAll(watch: Watch, source: CallSource, options: RunOptions, now: number): Promise<void> {
  const { signal } = options;
  try {
    for (let part = 0; part < MOST_PARTS; part++) {
      const cursor = watch.data.cursors[source.name] ?? null;
      const poll = await source.poll({ cursor, from: watch.begin(now), now, signal });
      const calls: KmsCall[] = [];
      // All of a part or nothing: calls of a poll that fails halfway would be counted twice.
      for await (const call of poll.calls) calls.push(call);
      if (isAborted(signal)) return;
      watch.take(source.name, { calls, ...partOf(poll) }, now);
      if (!given(poll.more ?? false)) return;
    }
  } catch (error) {
    if (isAborted(signal)) return;
    watch.fail(source.name, messageOf(error));
    options.onProblem?.({ part: 'source', name: source.name, error });
  }
}

function partOf(poll: Poll) {
  return { listened: given(poll.listened), cursor: given(poll.cursor), rejected: given(poll.rejected ?? 0) };
}

function given<T>(value: T | (() => T)): T {
  return typeof value === 'function' ? (value as () => T)() : value;
}

async function inventory(watch: Watch, options: RunOptions, now: number): Promise<void> {
  const { lastInventory } = watch.data;
  if (options.inventory === undefined) return;
  if (lastInventory !== null && now >= lastInventory && now - lastInventory < HOUR) return;
  try {
    watch.takeInventory(await options.inventory(options.signal), now);
  } catch (error) {
    if (isAborted(options.signal)) return;
    options.onProblem?.({ part: 'inventory', name: 'inventory', error });
  }
}

/** False when it could not be saved: then nobody is told of anything until it can. */
async function save(watch: Watch, options: RunOptions): Promise<boolean> {
  try {
    await options.store.save(watchToBytes(watch));
    return true;
  } catch (error) {
    if (error instanceof StoreConflict || options.onProblem === undefined || options.once === true) throw error;
    options.onProblem({ part: 'store', name: 'store', error });
    return false;
  }
}

/** Tells what was decided and kept; keeps what was told. */
async function tellAll(watch: Watch, options: RunOptions): Promise<void> {
  const { plan, data } = watch;
  if (data.outbox.length === 0) return;
  const newest = data.outbox.reduce((at, { notice }) => Math.max(at, notice.at), 0);
  for (const notifier of plan.notify) {
    for (const { notice, told } of data.outbox) {
      if (told.includes(notifier.name)) continue;
      try {
        await notifier.tell(notice, options.signal);
        told.push(notifier.name);
      } catch (error) {
        // Those after it would fare no better, and order is kept.
        options.onProblem?.({ part: 'notifier', name: notifier.name, error });
        break;
      }
    }
  }
  const names = plan.notify.map(({ name }) => name);
  const waiting = data.outbox.filter(
    ({ notice, told }) => names.some((name) => !told.includes(name)) && notice.at > newest - PATIENCE,
  );
  data.tallies.told += data.outbox.length - waiting.length;
  data.outbox = waiting;
  await save(watch, options);
}

/** Asked anew each time: it may abort at any moment. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
