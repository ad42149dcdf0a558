import { SEVERITIES } from '../engine/anomalies/anomaly-of-runs.js';
import type { Analysis } from './analysis.js';
import { keyNamesOf } from './key-names.js';
import { seriesName } from './names.js';
import { counted, duration, grouped, mean } from './numbers.js';
import { noAnomaly } from './render-anomalies.js';

/** What was found: how many anomalies of each severity, and the most severe of them. */
export function verdictSentence({ anomalies, unknown, window, keys }: Analysis): string {
  if (anomalies.length === 0) return noAnomaly(unknown);
  const [worst] = anomalies;
  const severities = SEVERITIES.flatMap((severity) => {
    const some = anomalies.filter((anomaly) => anomaly.severity === severity).length;
    return some === 0 ? [] : [`${grouped(some)} ${severity}`];
  });
  const count = counted(anomalies.length, 'anomaly', 'anomalies');
  const calls = worst.kind === 'silence' ? 'no calls' : counted(worst.value, 'call');
  const expected =
    worst.kind === 'first-seen'
      ? 'none in the history'
      : worst.expected < 0.005
        ? 'almost none expected'
        : `expected ${worst.expected < 0.95 ? '' : 'about '}${mean(worst.expected)}`;
  const name = seriesName(worst.key, keyNamesOf(keys));
  return `${count} in ${duration(window.to - window.from)}: ${severities.join(', ')}. Most severe: ${name}, ${calls} (${expected}).`;
}
