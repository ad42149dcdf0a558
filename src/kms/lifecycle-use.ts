import { InputError } from '../errors.js';
import { checkSet, observedRow, readRow, type SeriesSet } from '../series/series-set.js';
import { operationInfo } from './operations.js';

/** What counts tell of the use of one key. */
export interface KeyUse {
  /** Cryptographic calls on it, refused ones included, dry runs left out where outcomes are counted. */
  readonly calls: number;
  /** Of those, calls that failed; null where outcomes are not counted. */
  readonly failed: number | null;
  /** Start of the last bucket with a call, epoch ms; null without any. */
  readonly lastCall: number | null;
  /** How long the counts were listening, ms. */
  readonly observed: number;
  /** Starts of the buckets in which key material was imported successfully, ascending. */
  readonly imports: readonly number[];
}

interface Tally {
  calls: number;
  failed: number | null;
  lastCall: number | null;
  observed: number;
  imports: number[];
}

/**
 * Looks up the use of keys in counts by `['keyArn', 'operation']` or `['keyArn', 'operation', 'outcome']`; where an
 * operation has both, the outcomes count. Rows of one caller, account or Region, which are parts of those, are left out.
 */
export function keyUseIn(counts: SeriesSet): (keyArn: string) => KeyUse {
  checkSet(counts, 'counts');
  if (counts.measure !== 'count') throw new InputError(`counts.measure must be 'count', got '${counts.measure}'`);
  const { length, step, start } = counts.grid;
  const rows = counts.keys.flatMap((key, row) => {
    const whole = key.caller === null && key.account === null && key.region === null && key.metric === null;
    return whole && key.keyArn !== null && key.operation !== null && key.outcome !== 'dry-run' ? [row] : [];
  });
  const pair = (row: number): string => JSON.stringify([counts.keys[row].keyArn, counts.keys[row].operation]);
  const withOutcome = new Set(rows.filter((row) => counts.keys[row].outcome !== null).map(pair));
  const tallies = new Map<string, Tally>();
  const values = new Float64Array(length);
  for (const row of rows) {
    const { keyArn, operation, outcome } = counts.keys[row];
    if (outcome === null && withOutcome.has(pair(row))) continue;
    const data = operationInfo(operation ?? '')?.plane === 'data';
    if (!data && operation !== 'ImportKeyMaterial') continue;
    const tally = tallies.get(keyArn ?? '') ?? { calls: 0, failed: null, lastCall: null, observed: 0, imports: [] };
    tallies.set(keyArn ?? '', tally);
    readRow(counts, row, values);
    const observed = observedRow(counts, row);
    let listened = 0;
    for (let b = 0; b < length; b++) {
      if (observed[b] === 0) continue;
      listened++;
      if (values[b] === 0) continue;
      const time = start + b * step;
      if (!data) {
        if (outcome !== 'error') tally.imports.push(time);
        continue;
      }
      tally.calls += values[b];
      if (outcome !== null) tally.failed = (tally.failed ?? 0) + (outcome === 'error' ? values[b] : 0);
      tally.lastCall = Math.max(tally.lastCall ?? -Infinity, time);
    }
    tally.observed = Math.max(tally.observed, listened * step);
  }
  for (const tally of tallies.values()) tally.imports = [...new Set(tally.imports)].sort((a, b) => a - b);
  const listened = listeningOf(counts);
  return (keyArn) => tallies.get(keyArn) ?? { calls: 0, failed: null, lastCall: null, observed: listened, imports: [] };
}

/** How long all of the set was listening: what holds for a key that has no row in it. */
function listeningOf(counts: SeriesSet): number {
  const { length, step } = counts.grid;
  let listened = 0;
  const rows = counts.observed.length === length ? 1 : counts.keys.length;
  for (let b = 0; b < length; b++) {
    let all = 1;
    for (let row = 0; row < rows; row++) all &= counts.observed[row * length + b];
    listened += all;
  }
  return listened * step;
}
