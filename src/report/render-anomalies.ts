import { operationInfo } from '../kms/operations.js';
import type { Anomaly } from '../score/anomaly.js';
import { keyId } from '../series/key.js';
import type { Analysis } from './analysis.js';
import { seriesName } from './names.js';
import { counted, grouped } from './numbers.js';
import { printable } from './printable.js';
import { sentencesFor } from './words.js';
import { wrap } from './wrap.js';

/** So many rows that moved with an anomaly are named. */
const NAMED = 4;

/** Every anomaly, numbered: in words, then its key's ARN, its kind, and what moved with it. */
export function renderAnomalies(analysis: Analysis, timeZone: string, width: number): string[] {
  const { anomalies, window, step, unknown } = analysis;
  if (anomalies.length === 0) {
    return wrap(noAnomaly(unknown), width);
  }
  const lines = [
    `${counted(anomalies.length, 'anomaly', 'anomalies')}${anomalies.length > 1 ? ', most unusual first' : ''}`,
  ];
  const indent = ' '.repeat(String(anomalies.length).length + 3);
  for (const [i, anomaly] of anomalies.entries()) {
    const sentences = sentencesFor(anomaly, { timeZone, step, judgedUntil: window.to });
    const number = `${i + 1}. `.padStart(indent.length);
    lines.push('', ...sentences.flatMap((sentence, j) => wrap(sentence, width, j === 0 ? number : indent)));
    if (anomaly.key.keyArn !== null) lines.push(indent + printable(anomaly.key.keyArn, 256));
    lines.push(...wrap(kindOf(anomaly), width, indent));
  }
  return lines;
}

/** Below this share of buckets judged, the headline itself tells of it: blindness must not read as calm. */
const MOSTLY = 0.95;

function noAnomaly({ judged, cells, notObserved }: Analysis['unknown']): string {
  if (judged === 0) return 'Nothing could be judged.';
  if (judged >= MOSTLY * cells) return 'No anomalies: all that could be judged is normal.';
  const share = Math.floor((judged / cells) * 100);
  const why = notObserved > 0 ? ': the logs were not listening to the rest' : '';
  return `No anomalies in the ${share} % that could be judged${why}.`;
}

function kindOf({ key, kind, verdict, related }: Anomaly): string {
  const critical = key.operation !== null && operationInfo(key.operation)?.critical === true;
  const names = [...new Map(related.map((row) => [keyId(row), seriesName(row)])).values()];
  const shown = names.slice(0, NAMED);
  if (names.length > NAMED) shown.push(`${grouped(names.length - NAMED)} more`);
  const also = shown.length === 0 ? '' : `; with it: ${shown.join(', ')}`;
  return `${kind}, ${verdict}${critical ? ', critical operation' : ''}${also}`;
}
