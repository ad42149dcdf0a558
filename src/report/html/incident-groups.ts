import { IncidentTracker } from '../../engine/anomalies/incident-tracker.js';
import type { Anomaly, Scores } from '../../engine/types.js';

/**
 * The anomalies of an analysis by incident, as places in its list: what happened at once and belongs together. Groups stand
 * in the order of their first anomaly, and so do the places in each.
 */
export function incidentGroups(scores: Scores, anomalies: readonly Anomaly[]): number[][] {
  const incidentOf = new Map<string, string>();
  if (anomalies.length > 1) {
    for (const { incident } of new IncidentTracker().take(scores)) {
      for (const { id } of incident.anomalies) incidentOf.set(id, incident.id);
    }
  }
  const groups = new Map<string, number[]>();
  for (const [i, { id }] of anomalies.entries()) {
    // An anomaly that no incident holds, as of scores judged elsewhere, stands for itself.
    const name = incidentOf.get(id) ?? `alone ${id}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [i]);
    else group.push(i);
  }
  return [...groups.values()];
}
