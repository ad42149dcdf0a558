import { deepStrictEqual, ok } from 'node:assert';
import { definePlan, memoryStore, type Notice, type PlanStore, runPlan, StoreConflict } from '../../src/plan/index.js';
import { burst, JUDGED, sorted, steady } from './running.js';
import { DAY, HOUR, logOf, MINUTE, recorder } from './support.js';

const SPIKE = JUDGED + DAY;
const NOW = SPIKE + HOUR;
const records = sorted([...steady(NOW), ...burst(SPIKE, 150)]);

/** One poll at a time, with what it reports. */
async function poll(store: PlanStore, now: number): Promise<Notice[]> {
  const told = recorder();
  const plan = definePlan({
    purpose: 'Test',
    owner: 'Tests',
    sources: [logOf('log', records)],
    notify: [told],
    timeZone: 'UTC',
  });
  const clock = { now: () => now, sleep: async () => undefined };
  await runPlan(plan, { store, once: true, clock, stateId: 'pair' });
  return told.told;
}

let learned: Promise<Uint8Array> | undefined;

/** The state of a plan that has learned, and has nothing to report yet. */
function learnedState(): Promise<Uint8Array> {
  learned ??= (async () => {
    const store = memoryStore();
    deepStrictEqual(await poll(store, SPIKE - 20 * MINUTE), []);
    return (await store.load()) ?? new Uint8Array(0);
  })();
  return learned;
}

/** What became of two runs at once. */
export interface Pair {
  /** Of each run: the ids that it reported, or that it met the other. */
  readonly runs: readonly (readonly string[] | 'conflict')[];
}

/**
 * Two runs at once on one state, each by a store of its own, when there is an incident to report. Whatever their order, it is
 * reported once: by one, while the other ends with a conflict, or finds it reported where it began behind the first.
 */
export async function runPair(store: () => PlanStore): Promise<Pair> {
  await store().save(await learnedState());
  const ended = await Promise.allSettled([poll(store(), NOW), poll(store(), NOW)]);
  const runs = ended.map((run) => {
    if (run.status === 'fulfilled') return run.value.map(({ id }) => id);
    ok(run.reason instanceof StoreConflict, run.reason);
    return 'conflict';
  });
  const reported = runs.flatMap((run) => (run === 'conflict' ? [] : run));
  deepStrictEqual(reported.length, 1);
  // A third finds a whole state, with nothing left to report.
  deepStrictEqual(await poll(store(), NOW), []);
  return { runs };
}
