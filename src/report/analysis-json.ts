import type { SeriesKey } from '../series/key.js';
import type { Analysis } from './analysis.js';
import { keyNamesOf } from './key-names.js';
import { keyParts } from './names.js';
import { nextSteps } from './next-steps.js';
import { wordsFor } from './words.js';

/** Fields of an {@link Analysis}, at any depth, that hold a time. */
const TIMES: ReadonlySet<string> = new Set(['from', 'to', 'firstKmsCall', 'since', 'reportedAt']);

/**
 * An analysis as one JSON document: the fields of {@link Analysis}, with every time (`from`, `to`, `firstKmsCall`, `since`, `reportedAt`)
 * as an ISO 8601 string in UTC, and in each anomaly `words`, as a report has them. Where a `key` names a KMS key, its `account`
 * and `region` are those of the ARN. `surprise` is positive above and negative below what was expected. Durations stay
 * milliseconds. No number is NaN or infinite. Names from the data are as they were in the logs, escaped as JSON does it; `words` is safe to print.
 * @param options.timeZone the time zone in `words`; default that of the analysis
 * @param options.command stands as `command` behind the version of the shape; without it there is no such field
 */
export function analysisJson(
  analysis: Analysis,
  options: { readonly timeZone?: string; readonly command?: string } = {},
): string {
  const { step, window } = analysis;
  const nameOf = keyNamesOf(analysis.keys);
  const words = { timeZone: options.timeZone ?? analysis.timeZone, step, judgedUntil: window.to, nameOf };
  const anomalies = analysis.anomalies.map((anomaly) => ({
    words: wordsFor(anomaly, words),
    ...anomaly,
    key: placed(anomaly.key),
    related: anomaly.related.map(placed),
    ...nextSteps(anomaly),
  }));
  const { schemaVersion, ...fields } = analysis;
  const command = options.command === undefined ? {} : { command: options.command };
  return jsonDocument({ schemaVersion, ...command, ...fields, anomalies });
}

/** A key with the account and Region that its ARN names. */
function placed(key: SeriesKey): SeriesKey {
  if (key.keyArn === null) return key;
  const { account, region } = keyParts(key.keyArn);
  return { ...key, account: key.account ?? account, region: key.region ?? region };
}

/** Plain data as JSON, with times by the names of their fields as ISO 8601 in UTC, safe to print. */
export function jsonDocument(value: object): string {
  const json = JSON.stringify(
    value,
    (name, field: unknown) => (TIMES.has(name) && typeof field === 'number' ? new Date(field).toISOString() : field),
    2,
  );
  // JSON escapes the old control characters only; the newer ones steer terminals too, and stand in strings alone.
  return json.replace(NEWER_CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** DEL and C1, zero-width characters, line separators, and those that turn the direction of text. */
const NEWER_CONTROLS = /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
