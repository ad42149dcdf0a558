import { BELOW, type Incident, type Scores } from '../engine/types.js';
import type { SeriesKey } from '../series/key.js';
import { fromOf } from './incident-text.js';

/** Expected number of keys that chance alone would name in one notice. */
const BY_CHANCE = 0.1;

/**
 * Keys that have fewer calls than expected since about when an incident of missing calls began, and not yet few enough to be
 * unusual alone: keys that stop together become significant hours apart. So few of all rows come so far by chance that a
 * tenth of such notices names one too many.
 * @param open all incidents, of whose keys none is named
 */
export function suspectsOf(scores: Scores, bucket: number, incident: Incident, open: readonly Incident[]): SeriesKey[] {
  if (incident.anomalies[0].verdict !== 'below') return [];
  const { window, surprise, spans, verdicts } = scores;
  const { start, step, length } = window.grid;
  const at = start + (bucket + 1) * step;
  const from = fromOf(incident);
  // Begun no longer before it than it has been going on.
  const earliest = from - (at - from);
  const threshold = Math.log10(Math.max(1, window.keys.length) / BY_CHANCE);
  const named = new Set(
    open
      .flatMap(({ anomalies }) => anomalies.flatMap(({ key, related }) => [key, ...related]))
      .map(({ keyArn }) => keyArn),
  );
  const found: SeriesKey[] = [];
  for (const [row, key] of window.keys.entries()) {
    const cell = row * length + bucket;
    if (!(surprise[cell] <= -threshold) || verdicts[cell] === BELOW) continue;
    if (key.keyArn === null || key.operation === null || key.caller !== null || named.has(key.keyArn)) continue;
    if (at - spans[cell] < earliest) continue;
    named.add(key.keyArn);
    found.push(key);
  }
  return found;
}
