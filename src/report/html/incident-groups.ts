import { worstFirst } from '../../engine/anomalies/anomaly-of-runs.js';
import { IncidentTracker } from '../../engine/anomalies/incident-tracker.js';
import type { Anomaly, Scores } from '../../engine/types.js';

/**
 * The anomalies of an analysis by incident, as places in its list: what happened at once and belongs together. Groups stand
 * worst first, by their first anomaly, and so do the places in each.
 */
export function incidentGroups(scores: Scores, anomalies: readonly Anomaly[]): number[][] {
  const incidentOf = new Map<string, string>();
  if (anomalies.length > 1) {
    for (const { incident } of new IncidentTracker().take(scores)) {
      for (const { id } of incident.anomalies) incidentOf.set(id, incident.id);
    }
  }
  const groups = new Map<string, number[]>();
  const order = [...anomalies.keys()].sort((a, b) => worstFirst(anomalies[a], anomalies[b]));
  for (const i of order) {
    const { id } = anomalies[i];
    // An anomaly that no incident holds, as of scores judged elsewhere, stands for itself.
    const name = incidentOf.get(id) ?? `alone ${id}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [i]);
    else group.push(i);
  }
  return [...groups.values()];
}
