import { open, seal } from '../alarm/sealed.js';
import type { Scores } from '../engine/types.js';
import { decoded, InputError } from '../errors.js';
import { duration } from '../report/numbers.js';
import { type ByteReader, ByteWriter } from '../series/bytes.js';
import { DAY } from '../time/grid.js';
import { IncidentWatch } from './incident-watch.js';
import type { Judges } from './judge.js';
import { Ledger } from './ledger.js';
import type { MonitoringPlan } from './plan.js';
import { RecentIds } from './recent-ids.js';
import { Watch } from './watch.js';
import { keptWatchData, type WatchParts } from './watch-data.js';

const LETTERS = 'PLAN';
/** Of the bytes of a state. */
export const VERSION = 6;

/** All that a watch is to remember, in one piece: what was counted, judged and decided belongs together. */
export function watchToBytes(watch: Watch): Uint8Array {
  const out = new ByteWriter();
  const { name, step, learnFor } = watch.plan;
  out.string(JSON.stringify({ name, step, learnFor }));
  out.string(JSON.stringify({ data: watch.data, changes: watch.changes.data(), deferred: watch.deferred.data() }));
  watch.ledger.write(out);
  watch.ids.write(out);
  watch.incidents.write(out);
  const judge = watch.judgeBytes ?? new Uint8Array(0);
  out.varint(judge.length);
  out.bytes(judge);
  watch.ledger.writeStated(out);
  return seal(LETTERS, VERSION, out);
}

/**
 * @throws FormatError when the bytes are no state of a plan, damaged or of another version
 * @throws InputError when they are those of another plan, or the plan's buckets or learning time have changed since
 */
export function watchFromBytes(
  bytes: Uint8Array,
  plan: MonitoringPlan,
  judges: Judges,
  onScores?: (scores: Scores) => void,
): Watch {
  const what = 'the state of a plan';
  const from = decoded(bytes, what, () => open(bytes, LETTERS, VERSION, what));
  const kept = decoded(bytes, what, () => keptIn(from));
  if (kept.name !== plan.name)
    throw new InputError(`plan.name must be that of the state, ${kept.name}, got ${plan.name}`);
  for (const field of ['step', 'learnFor'] as const) {
    if (kept[field] === plan[field]) continue;
    throw new InputError(
      `plan.${field} must be what the state was kept with, ${duration(kept[field])}, got ${duration(plan[field])}: begin with a new state`,
    );
  }
  return decoded(bytes, what, () => new Watch(plan, judges, partsIn(from, plan), onScores));
}

/** What the state was kept with. */
function keptIn(from: ByteReader): Pick<MonitoringPlan, 'name' | 'step' | 'learnFor'> {
  const { name, step, learnFor } = JSON.parse(from.string());
  if (typeof name !== 'string' || typeof step !== 'number' || typeof learnFor !== 'number') from.fail('no plan');
  return { name, step, learnFor };
}

/** No state is further behind what was judged than this. */
const MOST_BEHIND = 2 * 366 * DAY;

function partsIn(from: ByteReader, plan: MonitoringPlan): WatchParts {
  const { data, changes, deferred } = JSON.parse(from.string()) as Pick<
    Required<WatchParts>,
    'data' | 'changes' | 'deferred'
  >;
  const { snapshot, settled } = data;
  const behind = (settled ?? 0) - Math.min(snapshot?.end ?? settled ?? 0, snapshot?.restated ?? Infinity);
  // What lies between is judged again.
  if (!(behind <= MOST_BEHIND)) from.fail(`a state of ${snapshot?.end} where ${settled} is settled`);
  const ledger = Ledger.read(from, plan.step);
  const ids = RecentIds.read(from);
  const incidents = IncidentWatch.read(from, plan);
  const judge = from.bytes(from.varint());
  ledger.readStated(from);
  from.end();
  // A copy, for the rest of the bytes to be let go.
  return {
    data: keptWatchData(data),
    changes,
    deferred,
    ledger,
    ids,
    incidents,
    judge: judge.length === 0 ? null : judge.slice(),
  };
}
