import type { Anomaly, Scores } from '../engine/types.js';
import { operationInfo } from '../kms/operations.js';
import { keyId } from '../series/key.js';
import { rowOf } from '../series/series-set.js';
import { gridEnd } from '../time/grid.js';
import type { Analysis } from './analysis.js';
import { civilTime } from './civil-time.js';
import { filteredSentence } from './filter.js';
import { lossesBy } from './key-loss.js';
import { keyNamesOf } from './key-names.js';
import { type KeyNames, seriesName } from './names.js';
import { nextSteps } from './next-steps.js';
import { counted, grouped } from './numbers.js';
import { type Painter, painter } from './paint.js';
import { printable } from './printable.js';
import { sparkline } from './sparkline.js';
import { plotRow } from './svg/plot-series.js';
import { alsoAffected, sentencesFor } from './words.js';
import { wrap } from './wrap.js';

/** So many rows that moved with an anomaly are named. */
const NAMED = 4;

/** What a terminal shows besides words. */
export interface AnomalyLook {
  readonly paint: Painter;
  /** For a line that shows the judged time of each anomaly's series. */
  readonly scores: Scores | undefined;
  /** Whether each anomaly has the query that shows its records: a line of some 500 characters. */
  readonly verbose: boolean;
}

/**
 * Every anomaly, numbered: in words, then a line that shows its series, what to check first, its key's ARN, its kind and what
 * moved with it, the query that shows its records where it is asked for, and its id.
 */
export function renderAnomalies(
  analysis: Analysis,
  timeZone: string,
  width: number,
  { paint, scores, verbose }: AnomalyLook = { paint: painter(false), scores: undefined, verbose: false },
): string[] {
  const { anomalies, window, step, unknown } = analysis;
  if (anomalies.length === 0) {
    const hidden = filteredSentence(analysis);
    return wrap(hidden === '' ? noAnomaly(unknown) : hidden, width);
  }
  const all = analysis.filtered?.of ?? anomalies.length;
  const some = all === anomalies.length ? '' : `${grouped(anomalies.length)} of `;
  const lines = [`${some}${counted(all, 'anomaly', 'anomalies')}${anomalies.length > 1 ? ', most severe first' : ''}`];
  const nameOf = keyNamesOf(analysis.keys);
  const indent = ' '.repeat(String(anomalies.length).length + 3);
  for (const [i, anomaly] of anomalies.entries()) {
    const sentences = sentencesFor(anomaly, {
      timeZone,
      step,
      judgedUntil: window.to,
      nameOf,
      lossOf: lossesBy(analysis.losses),
    });
    const number = `${i + 1}. `.padStart(indent.length);
    lines.push('', ...sentences.flatMap((sentence, j) => wrap(sentence, width, j === 0 ? number : indent)));
    if (scores !== undefined) lines.push(...pictureLine(anomaly, scores, timeZone, width - indent.length, indent));
    const { check, queries } = nextSteps(anomaly);
    lines.push(...wrap(`Next: ${check}`, width, indent));
    if (anomaly.key.keyArn !== null) lines.push(indent + keyLine(anomaly.key.keyArn, analysis));
    lines.push(...wrap(kindOf(anomaly, nameOf), width, indent).map(paint[anomaly.verdict]));
    // Not wrapped: it is to be copied.
    if (verbose) lines.push(`${indent}Athena: ${printable(queries.athena, 4096)}`);
    lines.push(`${indent}id ${anomaly.id}`);
  }
  if (!verbose) lines.push('', ...wrap('Queries for these records: --verbose, --markdown or --html', width));
  return lines;
}

/** A key's ARN, with its other aliases and its owner where they are known. */
export function keyLine(keyArn: string, { keys = [] }: Analysis): string {
  const { aliases = [], owner = null } = keys.find((key) => key.keyArn === keyArn) ?? {};
  return [
    printable(keyArn, 256),
    ...aliases.map((alias) => printable(alias, 256)),
    ...(owner === null ? [] : [`owner ${printable(owner, 100)}`]),
  ].join(', ');
}

/** Wider lines show no more. */
const WIDEST = 72;

/** The judged time of an anomaly's series: `02:00 ▁▁▁▁▂█▁▁ 02:00`. */
function pictureLine(anomaly: Anomaly, scores: Scores, timeZone: string, room: number, indent: string): string[] {
  const row = rowOf(scores.window, anomaly.key);
  if (row < 0) return [];
  const { grid } = scores.window;
  const [from, to] = [grid.start, gridEnd(grid)].map((time) => civilTime(time, timeZone).slice(11, 16));
  return [`${indent}${from} ${sparkline(plotRow(scores, row).values, Math.min(WIDEST, room - 12))} ${to}`];
}

/** Below this share of buckets judged, the headline itself says so: no coverage must not read as calm. */
const MOSTLY = 0.95;

/** What is to be said where no anomaly was found. */
export function noAnomaly({ judged, cells, notObserved }: Analysis['unknown']): string {
  if (judged === 0) return 'Nothing could be judged.';
  if (judged >= MOSTLY * cells) return 'No anomalies: every bucket that could be judged is normal.';
  const share = Math.floor((judged / cells) * 100);
  const why = notObserved > 0 ? '; the rest has no coverage' : '';
  return `No anomalies in the ${share} % of buckets that could be judged${why}.`;
}

/** Kinds as they are read; the fields keep theirs. */
const KINDS: Readonly<Record<Anomaly['kind'], string>> = {
  spike: 'spike',
  excess: 'sustained increase',
  drop: 'drop',
  silence: 'no calls',
  'level-shift': 'lasting change',
  'first-seen': 'first use',
  rare: 'rare use',
};

/** The kind of an anomaly, its side, and what moved with it. */
export function kindOf(anomaly: Anomaly, nameOf?: KeyNames): string {
  const { key, kind, verdict } = anomaly;
  const critical = key.operation !== null && operationInfo(key.operation)?.critical === true;
  const names = [...new Map(alsoAffected(anomaly).map((row) => [keyId(row), seriesName(row, nameOf)])).values()];
  const shown = names.slice(0, NAMED);
  if (names.length > NAMED) shown.push(`${grouped(names.length - NAMED)} more`);
  const also = shown.length === 0 ? '' : `; also affected: ${shown.join(', ')}`;
  return `${KINDS[kind]}, ${verdict}${critical ? ', critical operation' : ''}${also}`;
}
