import type { Analysis } from './analysis.js';
import { wordsFor } from './words.js';

/** Fields of an {@link Analysis}, at any depth, that hold a time. */
const TIMES: ReadonlySet<string> = new Set(['from', 'to', 'firstKmsCall']);

/**
 * An analysis as one JSON document: the fields of {@link Analysis}, with every time (`from`, `to`, `firstKmsCall`) as an ISO
 * 8601 string in UTC, and in each anomaly `words`, what a person is told. Durations stay milliseconds. No number is NaN or
 * infinite. Names from the data are as they were in the logs, escaped as JSON does it; `words` is safe to print.
 * @param options.timeZone the zone on whose clock `words` tells times; default that of the analysis
 */
export function analysisJson(analysis: Analysis, options: { readonly timeZone?: string } = {}): string {
  const { step, window } = analysis;
  const words = { timeZone: options.timeZone ?? analysis.timeZone, step, judgedUntil: window.to };
  const anomalies = analysis.anomalies.map((anomaly) => ({ words: wordsFor(anomaly, words), ...anomaly }));
  const json = JSON.stringify(
    { ...analysis, anomalies },
    (name, value: unknown) => (TIMES.has(name) && typeof value === 'number' ? new Date(value).toISOString() : value),
    2,
  );
  // JSON escapes the old control characters only; the newer ones steer terminals too, and stand in strings alone.
  return json.replace(NEWER_CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** DEL and C1, zero-width characters, line separators, and those that turn the direction of text. */
const NEWER_CONTROLS = /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
