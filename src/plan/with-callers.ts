import { callerShares } from '../engine/anomalies/callers.js';
import type { Anomaly } from '../engine/types.js';
import type { TimeRange } from '../series/builder.js';
import { DAY } from '../time/grid.js';
import type { Ledger } from './ledger.js';

/** Counts by caller reach back so far. */
const KEPT = 3 * DAY;

/**
 * An anomaly with the callers behind it, against the two days before; as it is where the counts by caller do not reach back
 * a day before it, as of one that has been going on for days.
 * @param at the end of the bucket on which this is asked
 */
export function withCallers(anomaly: Anomaly, at: number, ledger: Ledger, exclude: readonly TimeRange[]): Anomaly {
  const { key, verdict } = anomaly;
  const from = Math.floor(anomaly.from / ledger.step) * ledger.step;
  const to = Math.ceil(anomaly.to / ledger.step) * ledger.step;
  const kept = Math.ceil((at - KEPT) / ledger.step) * ledger.step;
  if (from - DAY < kept) return anomaly;
  const usual = ledger.window(Math.max(kept, from - 2 * DAY), from, 'callers', exclude);
  const callers = callerShares(key, verdict, from, to, ledger.window(from, to, 'callers', exclude), usual);
  return callers.length === 0 ? anomaly : { ...anomaly, callers };
}
