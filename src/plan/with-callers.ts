import { callerShares, errorsWithin } from '../engine/anomalies/callers.js';
import { askedOf } from '../engine/anomalies/find-anomalies.js';
import type { Anomaly } from '../engine/types.js';
import { DAY } from '../time/grid.js';
import type { Ledger } from './ledger.js';
import type { MonitoringPlan } from './plan.js';

/** Counts by caller reach back so far. */
const KEPT = 3 * DAY;

/**
 * An anomaly with the callers behind it, against the two days before, and with the error codes of its failed calls; as it is
 * where the counts by caller do not reach back a day before it, as of one that has been going on for days.
 * @param at the end of the bucket on which this is asked
 */
export function withCallers(
  anomaly: Anomaly,
  at: number,
  ledger: Ledger,
  { exclude, timeZone }: Pick<MonitoringPlan, 'exclude' | 'timeZone'>,
): Anomaly {
  const from = Math.floor(anomaly.from / ledger.step) * ledger.step;
  const to = Math.ceil(anomaly.to / ledger.step) * ledger.step;
  const kept = Math.ceil((at - KEPT) / ledger.step) * ledger.step;
  if (from - DAY < kept) return anomaly;
  const usual = ledger.window(Math.max(kept, from - 2 * DAY), from, 'callers', exclude);
  const now = ledger.window(from, to, 'callers', exclude);
  const asked = { ...askedOf(anomaly), from, to };
  // The days that are kept are not all of the history: that a caller is not in them says nothing of it.
  const callers = callerShares(asked, now, usual, timeZone).map(({ caller, calls, usual }) => ({
    caller,
    calls,
    usual,
  }));
  const errors = errorsWithin(asked, now);
  return {
    ...anomaly,
    ...(callers.length === 0 ? {} : { callers }),
    ...(errors.length === 0 ? {} : { errors }),
  };
}
