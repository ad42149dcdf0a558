import type { Finding } from './changes.js';
import { closingText, correctedText, openingText, rowsOf, updateText } from './incident-text.js';
import type { Report } from './incident-watch.js';
import type { Ledger } from './ledger.js';
import type { Notice } from './notice.js';
import type { MonitoringPlan } from './plan.js';
import { withCallers } from './with-callers.js';

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
