import { InputError } from '../errors.js';
import { DAY } from '../time/grid.js';
import { detectors, type Judges } from './judge.js';
import type { MonitoringPlan } from './plan.js';
import { Watch } from './watch.js';
import { watchFromBytes, watchToBytes } from './watch-bytes.js';

/** What was reported of changes and new callers is remembered for so long. */
const REMEMBERED = 2 * DAY;

/**
 * The state of a plan put back to an earlier one: what it had learned then, and counted, and where it was in its sources. The
 * next run reads what came since anew and judges it by that, unless the plan excludes it.
 *
 * What was reported is not reported again, and what was decided and not yet sent still is: notices and their numbers are those of
 * the state that gives way, so that no id comes again for another notice. Incidents that were reported keep their alarm; those
 * that are none by the earlier state are closed, and what it sees and the other did not is reported, of the last two days.
 * @param current the bytes of the state that gives way
 * @param earlier the bytes of a snapshot of the same plan
 * @param options.at now, epoch ms
 * @throws FormatError when either cannot be read; InputError when either is another plan's, or was still learning
 */
export function revertState(
  current: Uint8Array,
  earlier: Uint8Array,
  plan: MonitoringPlan,
  options: { readonly at: number; readonly judges?: Judges },
): Uint8Array {
  const { at, judges = detectors } = options;
  const [now, then] = [watchFromBytes(current, plan, judges), watchFromBytes(earlier, plan, judges)];
  for (const [what, watch] of [
    ['the state', now],
    ['the snapshot', then],
  ] as const) {
    if (watch.judgeBytes === null || watch.data.settled === null) {
      throw new InputError(`${what} must be of a plan that has learned, got one that is still learning`);
    }
  }
  // Where the state was itself put back, and has not judged anew what came since.
  const { until, open } = now.data.reverted ?? { until: now.data.settled ?? 0, open: now.incidents.open };
  if ((then.data.settled ?? 0) > until) throw new InputError('the snapshot must be older than the state');
  const data = {
    ...then.data,
    // Of what was reported, and of the ids.
    stateId: now.data.stateId,
    sequence: Math.max(now.data.sequence, then.data.sequence),
    outbox: now.data.outbox,
    undelivered: now.data.undelivered,
    told: now.data.told,
    blind: now.data.blind,
    lastInventory: now.data.lastInventory,
    lastSnapshot: now.data.lastSnapshot ?? null,
    tallies: now.data.tallies,
    // Of what came since, changes and new callers were reported as far as they were to be.
    reportsFrom: Math.max(then.data.reportsFrom ?? until, until - REMEMBERED),
    // A key that is no more stays so.
    deleted: [...new Set([...then.data.deleted, ...now.data.deleted, ...now.data.retired])],
    reverted: { at, until, open },
  };
  return watchToBytes(
    new Watch(plan, judges, {
      data,
      ledger: then.ledger,
      ids: then.ids,
      incidents: then.incidents.withReportedBy(now.incidents),
      changes: now.changes.data(),
      deferred: then.deferred.data(),
      judge: then.judgeBytes,
    }),
  );
}
