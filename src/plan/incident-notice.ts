import { callerShares, errorsWithin } from '../engine/anomalies/callers.js';
import { askedOf } from '../engine/anomalies/find-anomalies.js';
import type { Anomaly } from '../engine/types.js';
import { DAY } from '../time/grid.js';
import type { Finding } from './changes.js';
import { closingText, correctedText, openingText, rowsOf, updateText } from './incident-text.js';
import type { Report } from './incident-watch.js';
import type { Ledger } from './ledger.js';
import type { Notice } from './notice.js';
import type { MonitoringPlan } from './plan.js';

/** So many of an incident's rows stand in a notice. */
const MOST_KEYS = 100;

/** Of counts that no record stands behind. */
const NO_CALLERS = 'Callers and errors are unknown: metrics do not hold them.';

/** What the notice of an incident says, with what is known of it when it is sent. */
export function noticeOfIncident(
  { due, at, alarm, suspects }: Report,
  plan: MonitoringPlan,
  ledger: Ledger,
): { readonly finding: Finding; readonly more: Partial<Notice> } {
  const { change } = due;
  const { id, severity, anomalies } = due.incident;
  const [worst, ...others] = anomalies;
  // Who it was, was said before.
  const anomaly = change === 'closed' ? worst : withCallers(worst, at, ledger, plan);
  const incident = { ...due.incident, anomalies: [anomaly, ...others] };
  const text = (): string => {
    if (due.change === 'opened') {
      const opening = openingText(incident, suspects, plan, at);
      return ledger.isStated(worst.key) && anomaly.callers === undefined ? `${opening} ${NO_CALLERS}` : opening;
    }
    if (due.change === 'updated') return updateText(incident, due.why, suspects, plan, at);
    return due.corrected ? correctedText(incident) : closingText(incident, ledger.sum(worst.key, worst.to, at), plan);
  };
  const callers = (anomaly.callers ?? []).filter(({ calls }) => calls > 0).map(({ caller }) => caller);
  return {
    finding: { kind: 'anomaly', at, text: text(), key: anomaly.key, callers },
    more: {
      ...(alarm === undefined ? {} : { alarm }),
      state: change === 'closed' ? 'OK' : 'ALARM',
      change,
      keys: [...rowsOf(incident), ...suspects].slice(0, MOST_KEYS),
      incident: id,
      severity,
      anomaly,
    },
  };
}

/** Counts by caller reach back so far. */
const KEPT = 3 * DAY;

/**
 * An anomaly with the callers behind it, against the two days before, and with the error codes of its failed calls; as it is
 * where the counts by caller do not reach back a day before it, as of one that has been going on for days.
 * @param at the end of the bucket on which this is asked
 */
function withCallers(
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
