import type { Analysis } from './analysis.js';
import { seriesName } from './names.js';
import { counted, duration, grouped, mean } from './numbers.js';
import { noAnomaly } from './render-anomalies.js';

/** What was found, in one sentence: how many anomalies on which side, and the most unusual of them. */
export function verdictSentence({ anomalies, unknown, window }: Analysis): string {
  if (anomalies.length === 0) return noAnomaly(unknown);
  const above = anomalies.filter(({ verdict }) => verdict === 'above').length;
  const below = anomalies.length - above;
  const [first] = anomalies;
  const length = duration(window.to - window.from);
  const what = counted(anomalies.length, 'anomaly', 'anomalies');
  const sides =
    above > 0 && below > 0
      ? `, ${grouped(above)} above and ${grouped(below)} below what was expected; the most unusual: `
      : `, ${above > 0 ? 'above' : 'below'} what was expected${anomalies.length > 1 ? '; the most unusual: ' : ': '}`;
  const calls = first.kind === 'silence' ? 'no call' : counted(first.value, 'call');
  const be = mean(first.expected) === '1' ? 'was' : 'were';
  const expected =
    first.kind === 'first-seen'
      ? 'where the history has none'
      : first.expected < 0.05
        ? 'where almost none were expected'
        : `where about ${mean(first.expected)} ${be} expected`;
  return `${what} in ${length}${sides}${seriesName(first.key)}, ${calls}, ${expected}.`;
}
