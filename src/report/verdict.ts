import { SEVERITIES, worstFirst } from '../engine/anomalies/anomaly-of-runs.js';
import type { Anomaly } from '../engine/types.js';
import type { Analysis } from './analysis.js';
import { filteredSentence } from './filter.js';
import { keyNamesOf } from './key-names.js';
import { seriesName } from './names.js';
import { counted, duration, grouped, mean } from './numbers.js';
import { noAnomaly } from './render-anomalies.js';

/** What was found: how many anomalies of each severity, and the most severe; before it, what a filter left out. */
export function verdictSentence(analysis: Analysis): string {
  const { anomalies, unknown, window, keys } = analysis;
  const hidden = filteredSentence(analysis);
  if (anomalies.length === 0) return hidden === '' ? noAnomaly(unknown) : hidden;
  const severities = SEVERITIES.flatMap((severity) => {
    const some = anomalies.filter((anomaly) => anomaly.severity === severity).length;
    return some === 0 ? [] : [`${grouped(some)} ${severity}`];
  });
  const length = duration(window.to - window.from);
  const found =
    hidden === ''
      ? `${counted(anomalies.length, 'anomaly', 'anomalies')} in ${length}: ${severities.join(', ')}.`
      : `${hidden} ${severities.join(', ')} in ${length}.`;
  const [worst] = [...anomalies].sort(worstFirst);
  return `${found} Most severe: ${seriesName(worst.key, keyNamesOf(keys))}, ${callsOf(worst)}.`;
}

/** `425 calls (expected about 2)`. */
function callsOf({ kind, value, expected }: Anomaly): string {
  const calls = kind === 'silence' ? 'no calls' : counted(value, 'call');
  if (kind === 'first-seen') return `${calls} (none in the history)`;
  const usual =
    expected < 0.005 ? 'almost none expected' : `expected ${expected < 0.95 ? '' : 'about '}${mean(expected)}`;
  return `${calls} (${usual})`;
}
