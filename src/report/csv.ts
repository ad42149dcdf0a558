import { type Anomaly, REASONS, type Scores, verdictAt } from '../engine/types.js';
import { cellOf, numberCell } from '../series/csv-cells.js';
import { LATER_NAMES, SCORE_FIELDS } from '../series/csv-long.js';
import type { SeriesKey } from '../series/key.js';
import { observedRow, readRow } from '../series/series-set.js';
import { type WordsOptions, wordsFor } from './words.js';

/**
 * Scores as CSV (RFC 4180), one line for each series and bucket: `time,key,operation,calls,expected,lower,upper,verdict,
 * surprise,reason,account,region,caller,outcome,metric` (`value` in place of `calls` for levels). Cells are empty where nothing
 * is known; `reason` is that of an unknown verdict. `seriesFromCsv` reads the counts back.
 * @example
 * ```ts
 * import { fitBaseline, scoreWindow, sliceWindow } from 'kms-baseline';
 * import { scoresToCsv } from 'kms-baseline/report';
 * import { simulateCalls } from 'kms-baseline/simulate';
 *
 * const start = Date.UTC(2026, 4, 4);
 * const day = 86_400_000;
 * const { set } = simulateCalls({ seed: 1, start, end: start + 15 * day, by: [['operation']] });
 * const baseline = fitBaseline(sliceWindow(set, start, start + 14 * day));
 * const scores = scoreWindow(baseline, sliceWindow(set, start + 14 * day, start + 15 * day));
 * console.log(scoresToCsv(scores).split('\r\n')[0]);
 * ```
 */
export function scoresToCsv(scores: Scores): string {
  const { window } = scores;
  const { start, step, length } = window.grid;
  const [first, ...rest] = SCORE_FIELDS;
  const value = window.measure === 'count' ? 'calls' : 'value';
  const lines = [['time,key,operation', value, first, ...rest, ...LATER_NAMES].join(',')];
  const times = Array.from({ length }, (_, i) => new Date(start + i * step).toISOString());
  const values = new Float64Array(length);
  for (const [row, key] of window.keys.entries()) {
    readRow(window, row, values);
    const observed = observedRow(window, row);
    const names = namesOf(key);
    const later = laterOf(key);
    for (let i = 0; i < length; i++) {
      const cell = row * length + i;
      const reason = scores.reasons[cell];
      lines.push(
        [
          times[i],
          names,
          observed[i] === 1 ? numberCell(values[i]) : '',
          numberCell(scores.expected[cell]),
          numberCell(scores.lower[cell]),
          numberCell(scores.upper[cell]),
          verdictAt(scores, row, i),
          numberCell(scores.surprise[cell]),
          reason === 0 ? '' : REASONS[reason],
          later,
        ].join(','),
      );
    }
  }
  return text(lines);
}

/**
 * Findings as CSV (RFC 4180), one line each, in the order given: `id,severity,kind,verdict,from,to,key,operation,calls,expected,
 * lower,upper,surprise,account,region,caller,outcome,metric,callers,words`. Times are UTC; `callers` holds the callers of these
 * calls with their number, most first, as `ARN 42; ARN 3`.
 * @param options of the words, as {@link wordsFor} takes them
 * @throws InputError when a time zone is unknown
 */
export function anomaliesToCsv(anomalies: readonly Anomaly[], options: WordsOptions = {}): string {
  const head = 'id,severity,kind,verdict,from,to,key,operation,calls,expected,lower,upper,surprise';
  const lines = [[head, ...LATER_NAMES, 'callers,words'].join(',')];
  for (const anomaly of anomalies) {
    const { key, from, to, value, expected, lower, upper, surprise, callers = [] } = anomaly;
    const made = callers.filter(({ calls }) => calls > 0).sort((a, b) => b.calls - a.calls);
    lines.push(
      [
        cellOf(anomaly.id),
        anomaly.severity,
        anomaly.kind,
        anomaly.verdict,
        new Date(from).toISOString(),
        new Date(to).toISOString(),
        namesOf(key),
        ...[value, expected, lower, upper, surprise].map(numberCell),
        laterOf(key),
        cellOf(made.length === 0 ? null : made.map(({ caller, calls }) => `${caller} ${calls}`).join('; ')),
        cellOf(wordsFor(anomaly, options)),
      ].join(','),
    );
  }
  return text(lines);
}

function namesOf({ keyArn, operation }: SeriesKey): string {
  return `${cellOf(keyArn)},${cellOf(operation)}`;
}

function laterOf(key: SeriesKey): string {
  return LATER_NAMES.map((field) => cellOf(key[field])).join(',');
}

function text(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}
