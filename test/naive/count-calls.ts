import type { KmsCall } from '../../src/kms/call.js';
import { KEY_FIELDS, type SeriesKey } from '../../src/series/key.js';
import { type SeriesSet, valueAt } from '../../src/series/series-set.js';

/** Counts by the row's name, as `field=value` lines, and the start of the bucket. */
export type NaiveCounts = Record<string, Record<number, number>>;

interface Stretch {
  account: string;
  region: string;
  from: number;
  to: number;
}

/** What a call has to say for `field`; several values for a call with several keys. */
function valuesOf(call: KmsCall, field: string): string[] {
  switch (field) {
    case 'keyArn':
      return [...call.keyArns];
    case 'outcome':
      return [call.error === null ? 'ok' : call.error === 'DryRunOperationException' ? 'dry-run' : 'error'];
    default:
      return [String({ ...call }[field as 'operation'])];
  }
}

/** Names of the rows of one level that a call belongs to. */
function rowNames(call: KmsCall, level: readonly string[]): string[] {
  let names = [''];
  for (const field of [...level].sort()) {
    names = names.flatMap((name) => valuesOf(call, field).map((value) => `${name}${field}=${value}\n`));
  }
  return names;
}

/** Everything at once, in lists: who counts where, and then how many different ones there are. */
export function naiveCounts(calls: readonly KmsCall[], by: readonly (readonly string[])[], step: number): NaiveCounts {
  const entries: { row: string; bucket: number; identity: string }[] = [];
  calls.forEach((call, i) => {
    const record = call.eventId === '' ? `record ${i}` : `${call.account} ${call.eventId}`;
    const identity = call.sharedEventId === null ? record : `shared ${call.sharedEventId}`;
    const bucket = call.time - (call.time % step);
    for (const level of by) for (const row of rowNames(call, level)) entries.push({ row, bucket, identity });
  });
  const counts: NaiveCounts = {};
  for (const { row, bucket } of entries) {
    const here = entries.filter((entry) => entry.row === row && entry.bucket === bucket);
    counts[row] ??= {};
    counts[row][bucket] = new Set(here.map((entry) => entry.identity)).size;
  }
  return counts;
}

/** Whether the bucket of a row was observed: minute by minute, account by account. Coverage must be in whole minutes. */
export function naiveObserved(
  calls: readonly KmsCall[],
  level: readonly string[],
  row: string,
  bucket: number,
  step: number,
  coverage: readonly Stretch[],
): boolean {
  const sources = calls.filter((call) => rowNames(call, level).includes(row));
  for (let minute = bucket; minute < bucket + step; minute += 60_000) {
    for (const { account, region } of sources) {
      const listening = coverage.some(
        (c) => c.account === account && c.region === region && c.from <= minute && minute < c.to,
      );
      if (!listening) return false;
    }
  }
  return true;
}

/** The row's name as the naive count writes it. */
export function nameOf(key: SeriesKey): string {
  const named = [...KEY_FIELDS].sort().filter((field) => key[field] !== null);
  return named.map((field) => `${field}=${key[field]}\n`).join('');
}

/** The counts of a set that are not zero, in the naive count's form. */
export function countsOf(set: SeriesSet): Record<string, Record<number, number>> {
  const all: Record<string, Record<number, number>> = {};
  set.keys.forEach((key, row) => {
    const counts: Record<number, number> = {};
    for (let bucket = 0; bucket < set.grid.length; bucket++) {
      const value = valueAt(set, row, bucket);
      if (value > 0) counts[set.grid.start + bucket * set.grid.step] = value;
    }
    all[nameOf(key)] = counts;
  });
  return all;
}
