import type { Scores } from '../engine/types.js';
import { checkInteger, checkOptions, type OptionNames } from '../errors.js';
import type { KmsKey } from '../kms/lifecycle.js';
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '../time/grid.js';
import { machineClock, type PlanClock } from './clock.js';
import type { Health } from './health.js';
import { detectors, type Judges } from './judge.js';
import { Lanes } from './lanes.js';
import type { Notice } from './notice.js';
import { randomId } from './notice-id.js';
import type { MonitoringPlan } from './plan.js';
import { SourcePolls } from './poll-sources.js';
import { NoticeQueues } from './send-notices.js';
import { type SnapshotArchive, saveSnapshot } from './snapshots.js';
import { type PlanStore, StoreConflict } from './store.js';
import { Watch } from './watch.js';
import { watchFromBytes, watchToBytes } from './watch-bytes.js';
import { newWatchData } from './watch-data.js';
import { type Limit, withinLimit } from './within-limit.js';

export interface RunOptions {
  /** Where the state is kept between polls, and between runs. */
  readonly store: PlanStore;
  /** One poll and no more, as a cron job or a Lambda function does; false by default. */
  readonly once?: boolean;
  /** Aborting it ends the run, within seconds whatever hangs; nothing is lost. */
  readonly signal?: AbortSignal;
  /**
   * After so many ms without an answer, a poll of a source, a notice on its way, an inventory or the store has failed, and is
   * tried again at the next poll. A poll that hands over calls, and an inventory that hands over keys, get on. By default as
   * long as `every`, at least 5 minutes and at most an hour.
   */
  readonly answerWithin?: number;
  readonly clock?: PlanClock;
  /**
   * The keys as they are, for the watch on their lifecycle; asked for once an hour. `keyInventory` lists them: handed over
   * as it is, one key after the other, thousands of keys may take longer than `answerWithin`.
   */
  readonly inventory?: (signal?: AbortSignal) => Promise<readonly KmsKey[]> | AsyncIterable<KmsKey>;
  /** Is handed all scores as they are made, corrected ones again: for `publishScores`. */
  readonly onScores?: (scores: Scores) => void;
  /** Is handed the plan's own health after every poll. */
  readonly onHealth?: (health: Health) => void;
  /** Is handed what went wrong with a source, a notifier, the inventory, the store. Without it, a failing store ends the run. */
  readonly onProblem?: (problem: PlanProblem) => void;
  /** Where snapshots of the state are kept, to go back to; none are, by default. */
  readonly snapshots?: SnapshotOptions;
  /** Another judge than the library's detector. */
  readonly judges?: Judges;
  /**
   * What sets the ids of a new state's notices apart from those of every other state; drawn at random by default. Kept in
   * the state: later runs go on with it.
   */
  readonly stateId?: string;
}

/** Snapshots that a plan makes of its own state, once it has learned. */
export interface SnapshotOptions {
  readonly archive: SnapshotArchive;
  /** How often, ms; a day by default. */
  readonly every?: number;
  /** So many are kept, the newest; 14 by default. Those with a label are not counted. */
  readonly keep?: number;
}

export interface PlanProblem {
  readonly part: 'source' | 'notifier' | 'store' | 'inventory';
  readonly name: string;
  readonly error: unknown;
  /** The notice that is set aside for good, by this notifier: it refused it, or could not be reached for a week. */
  readonly setAside?: Notice;
}

/** So long at most a step waits for parts that are slow, where others have answered; what they bring is taken when it comes. */
const PATIENCE = MINUTE;
/** So long after an abort, what is on its way to a notifier or the store may still arrive. */
const GRACE = 2 * SECOND;

/**
 * Runs a plan: polls its sources, counts, judges what has waited long enough, keeps the state, notifies; then sleeps until
 * the next time, or ends. After a pause it goes on where it was: what happened meanwhile is judged, and what was reported is
 * not reported again.
 *
 * What is to be reported is decided and kept in one piece with the counts before anybody is notified, so that a run which is
 * killed at any moment reports it after all, under the same id. A notice may thus come twice, never under two ids.
 *
 * Sources are polled side by side, and each notifier has a queue of its own: one that hangs, is slow or fails holds up no
 * other, and is part of the health.
 *
 * @returns its health at the end
 * @throws FormatError when the kept state cannot be read: it is left as it is
 * @throws InputError when the state is another plan's, or a source that never answered was handed what cannot be
 * @throws StoreConflict when another run keeps its state in the same store
 */
export async function runPlan(plan: MonitoringPlan, options: RunOptions): Promise<Health> {
  checkOptions(options, RUN_OPTIONS);
  checkSnapshots(options.snapshots);
  const { store, signal } = options;
  const { clock = machineClock, answerWithin = Math.min(Math.max(plan.every, 5 * MINUTE), HOUR) } = options;
  checkInteger(answerWithin, 'answerWithin', 1, WEEK);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await store.claim?.();
    const limit = { ms: answerWithin, clock, signal: stop.signal };
    const kept = await withinLimit({ ...limit, grace: GRACE }, () => store.load());
    const run = new Run(watchOf(kept, plan, options), options, limit, kept);
    try {
      return await run.run();
    } finally {
      stop.abort();
      await run.ended();
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // A claim that cannot be given up ends with its process.
    await store.release?.().catch(() => undefined);
  }
}

const RUN_OPTIONS: OptionNames<RunOptions> = {
  store: true,
  once: true,
  signal: true,
  clock: true,
  answerWithin: true,
  inventory: true,
  onScores: true,
  onHealth: true,
  onProblem: true,
  judges: true,
  stateId: true,
  snapshots: true,
};
const SNAPSHOT_OPTIONS: OptionNames<SnapshotOptions> = { archive: true, every: true, keep: true };

function checkSnapshots(snapshots: SnapshotOptions | undefined): void {
  checkOptions(snapshots, SNAPSHOT_OPTIONS, 'snapshots');
  if (snapshots === undefined) return;
  checkInteger(snapshots.every ?? DAY, 'snapshots.every', MINUTE, 366 * DAY);
  checkInteger(snapshots.keep ?? 14, 'snapshots.keep', 1, 1000);
}

function watchOf(
  kept: Uint8Array | null,
  plan: MonitoringPlan,
  { judges = detectors, stateId, onScores }: RunOptions,
): Watch {
  return kept === null
    ? new Watch(plan, judges, { data: newWatchData(stateId ?? randomId()) }, onScores)
    : watchFromBytes(kept, plan, judges, onScores);
}

/** A plan that is being run, from its state. */
class Run {
  readonly #watch: Watch;
  readonly #options: RunOptions;
  readonly #limit: Limit;
  readonly #sources: SourcePolls;
  readonly #queues: NoticeQueues;
  readonly #inventory = new Lanes();
  /** The state as it was read, or saved last; only where there are snapshots. */
  #kept: Uint8Array | null;

  constructor(watch: Watch, options: RunOptions, limit: Limit, kept: Uint8Array | null) {
    const { onProblem } = options;
    this.#watch = watch;
    this.#options = options;
    this.#limit = limit;
    this.#kept = options.snapshots === undefined ? null : kept;
    this.#sources = new SourcePolls(watch, limit, (name, error) => onProblem?.({ part: 'source', name, error }));
    this.#queues = new NoticeQueues(watch, { ...limit, grace: GRACE }, (name, error, setAside) =>
      onProblem?.({ part: 'notifier', name, error, ...(setAside === null ? {} : { setAside }) }),
    );
  }

  async run(): Promise<Health> {
    const { plan } = this.#watch;
    const { once = false, onHealth } = this.#options;
    const { clock, signal } = this.#limit;
    for (;;) {
      await this.#step(clock.now());
      const health = this.#watch.health(clock.now());
      onHealth?.(health);
      if (once || signal.aborted) return health;
      // On the multiples of `every`, so that slow polls do not drift.
      await clock.sleep(plan.every - (clock.now() % plan.every), signal);
      if (signal.aborted) return this.#watch.health(clock.now());
    }
  }

  /** After an abort: waits for what is still on its way, and keeps what came of it. */
  async ended(): Promise<void> {
    await Promise.all([this.#sources.ended(), this.#queues.ended(), this.#inventory.ended()]);
    if (this.#queues.settle(this.#limit.clock.now())) await this.#save().catch(() => undefined);
  }

  async #step(now: number): Promise<void> {
    const { clock, signal } = this.#limit;
    const { plan, data } = this.#watch;
    const { once = false } = this.#options;
    // Nobody is kept waiting by others: but for a single poll, and for the first, from which the plan learns.
    const patience = once ? Infinity : Math.min(PATIENCE, plan.every / 2);
    await this.#keepSnapshot(now);
    this.#watch.begin(now);
    // What an earlier run decided, kept and could not send; where all sources are known to work.
    if (plan.sources.every(({ name }) => Object.hasOwn(data.cursors, name))) this.#queues.start();
    this.#sources.start(now);
    const isWhole = data.tallies.polls === 0 || data.reverted != null;
    await this.#sources.wait(isWhole ? Infinity : patience);
    // A poll that was broken off has changed nothing, and the next run asks again.
    if (signal.aborted) return;
    data.tallies.polls++;
    this.#watch.settle(now);
    this.#inventory.start('inventory', () => this.#takeInventory(now));
    await this.#inventory.wait(patience, clock);
    if (!(await this.#save())) return;
    this.#queues.start();
    await this.#queues.wait(patience);
    if (this.#queues.settle(now)) await this.#save();
  }

  /** Of the state as it is kept: that the next one could not be saved is no reason to have none. */
  async #keepSnapshot(now: number): Promise<void> {
    const { snapshots, onProblem } = this.#options;
    const { data, judgeBytes } = this.#watch;
    const kept = this.#kept;
    if (snapshots === undefined || kept === null || judgeBytes === null) return;
    const { archive, every = DAY, keep = 14 } = snapshots;
    const last = data.lastSnapshot ?? null;
    if (last !== null && now >= last && now - last < every) return;
    try {
      await withinLimit(this.#limit, () => saveSnapshot(archive, kept, { at: now, keep }));
      data.lastSnapshot = now;
    } catch (error) {
      if (!this.#limit.signal.aborted) onProblem?.({ part: 'store', name: 'snapshots', error });
    }
  }

  async #takeInventory(now: number): Promise<void> {
    const { inventory, onProblem } = this.#options;
    const { lastInventory } = this.#watch.data;
    if (inventory === undefined) return;
    if (lastInventory !== null && now >= lastInventory && now - lastInventory < HOUR) return;
    try {
      const keys = await withinLimit(this.#limit, async (signal, getsOn) => {
        const listed = inventory(signal);
        if (!(Symbol.asyncIterator in listed)) return await listed;
        const found: KmsKey[] = [];
        for await (const key of listed) {
          found.push(key);
          getsOn();
        }
        return found;
      });
      this.#watch.takeInventory(keys, now);
    } catch (error) {
      if (!this.#limit.signal.aborted) onProblem?.({ part: 'inventory', name: 'inventory', error });
    }
  }

  /** False when it could not be saved: then nobody is notified of anything until it can. */
  async #save(): Promise<boolean> {
    const { store, onProblem, once = false } = this.#options;
    const outgoing = [...this.#watch.data.outbox];
    for (const one of outgoing) one.since ??= this.#limit.clock.now();
    try {
      const bytes = watchToBytes(this.#watch);
      await withinLimit({ ...this.#limit, grace: GRACE }, () => store.save(bytes));
      if (this.#options.snapshots !== undefined) this.#kept = bytes;
    } catch (error) {
      if (error instanceof StoreConflict || onProblem === undefined || once) throw error;
      onProblem({ part: 'store', name: 'store', error });
      return false;
    }
    this.#queues.keep(outgoing);
    return true;
  }
}
