import type { Anomaly } from '../engine/types.js';
import { ABOVE, BELOW, type Scores, UNKNOWN } from '../engine/types.js';
import { operationInfo } from '../kms/operations.js';
import { KEY_FIELDS, type SeriesKey } from '../series/key.js';
import { observedRow, readRow } from '../series/series-set.js';
import { grouped, mean } from './numbers.js';
import { printable } from './printable.js';
import { textTable } from './table.js';
import { wholeRows } from './whole-rows.js';

/** How one operation, over all keys, was used in the judged time. */
export interface OperationUse {
  readonly operation: string;
  /** `null` of an operation that is not in the catalogue. */
  readonly plane: 'data' | 'control' | null;
  /** Can take a key's use away, give it to somebody else, or move its material. */
  readonly critical: boolean;
  /** False of an operation that the history does not hold. */
  readonly known: boolean;
  /** All calls, and those expected in the buckets that were observed. */
  readonly calls: number;
  readonly expected: number;
  /** Buckets by verdict; the rest was normal. */
  readonly buckets: number;
  readonly above: number;
  readonly below: number;
  readonly unknown: number;
  /** The anomalies that the operation has a part in: places in the list, from 0. */
  readonly anomalies: readonly number[];
}

/** The operations of the judged time, most calls first. */
export function operationsOf(scores: Scores, anomalies: readonly Anomaly[]): OperationUse[] {
  const { grid, keys } = scores.window;
  const y = new Float64Array(grid.length);
  const uses: OperationUse[] = [];
  const whole = wholeRows(keys);
  for (const [row, key] of keys.entries()) {
    if (!whole.has(row) || !isOperationRow(key)) continue;
    readRow(scores.window, row, y);
    const observed = observedRow(scores.window, row);
    let calls = 0;
    let expected = 0;
    const verdicts = { above: 0, below: 0, unknown: 0 };
    for (let i = 0; i < grid.length; i++) {
      const verdict = scores.verdicts[row * grid.length + i];
      if (verdict === ABOVE) verdicts.above++;
      else if (verdict === BELOW) verdicts.below++;
      else if (verdict === UNKNOWN) verdicts.unknown++;
      calls += y[i];
      if (observed[i] !== 0) expected += scores.expected[row * grid.length + i];
    }
    const info = operationInfo(key.operation);
    uses.push({
      operation: key.operation,
      plane: info?.plane ?? null,
      critical: info?.critical ?? false,
      known: scores.known[row] === 1,
      calls,
      expected,
      buckets: grid.length,
      ...verdicts,
      anomalies: anomalies.flatMap((anomaly, i) => (concerns(anomaly, key.operation) ? [i] : [])),
    });
  }
  return uses.sort((a, b) => b.calls - a.calls || (a.operation < b.operation ? -1 : 1));
}

function isOperationRow(key: SeriesKey): key is SeriesKey & { readonly operation: string } {
  return (
    key.operation !== null &&
    KEY_FIELDS.every((field) => field === 'operation' || field === 'outcome' || key[field] === null)
  );
}

function concerns({ key, related }: Anomaly, operation: string): boolean {
  return key.operation === operation || related.some((row) => row.operation === operation);
}

/** Longer tables tell a person nothing; what is left out has the fewest calls. */
const MOST_ROWS = 80;

/** The operations as a table in plain text; anomalies are referred to by their number, from 1. */
export function operationsTable(uses: readonly OperationUse[]): string[] {
  const lines = textTable(
    [
      { title: 'operation' },
      { title: 'plane' },
      { title: 'calls', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: `verdicts (${grouped(uses[0]?.buckets ?? 0)} buckets)` },
      { title: 'see' },
    ],
    uses
      .slice(0, MOST_ROWS)
      .map((use) => [
        printable(use.operation, 40),
        `${use.plane ?? 'unknown'}${use.critical ? ', critical' : ''}`,
        grouped(use.calls),
        use.known && use.unknown < use.buckets ? mean(use.expected) : '–',
        verdictOf(use),
        numbersOf(use.anomalies),
      ]),
  );
  if (uses.length > MOST_ROWS) lines.push(`and ${grouped(uses.length - MOST_ROWS)} more with fewer calls`);
  return lines;
}

/** Numbers from 1, runs of them as `2–7`; of many parts the first six. */
function numbersOf(places: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0, j = 0; i < places.length; i = j) {
    j = i + 1;
    while (j < places.length && places[j] === places[j - 1] + 1) j++;
    const [first, last] = [places[i] + 1, places[j - 1] + 1];
    parts.push(last - first > 1 ? `${first}–${last}` : last > first ? `${first}, ${last}` : `${first}`);
  }
  return parts.length > 6 ? `${parts.slice(0, 6).join(', ')}, …` : parts.join(', ');
}

function verdictOf({ above, below, unknown, buckets, known, calls }: OperationUse): string {
  const parts: string[] = [];
  if (above > 0) parts.push(`${grouped(above)} above`);
  if (below > 0) parts.push(`${grouped(below)} below`);
  if (unknown === buckets) parts.push('unknown');
  else if (parts.length === 0) parts.push('normal');
  if (unknown > 0 && unknown < buckets) parts.push(`${grouped(unknown)} unknown`);
  if (!known && calls > 0) parts.push('new');
  return parts.join(', ');
}
