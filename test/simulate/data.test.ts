import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { parseRecord } from '../../src/kms/parse-record.js';
import * as simulate from '../../src/simulate/index.js';

interface Script {
  dataFiles(module: typeof simulate): Iterable<{ path: string; bytes: Uint8Array }>;
}
const script = new URL('../../scripts/make-data.mjs', import.meta.url).href;
const { dataFiles } = (await import(/* @vite-ignore */ script)) as Script;

const folder = fileURLToPath(new URL('../../data/', import.meta.url));
const JUDGED = Date.UTC(2026, 5, 2);
const made = new Map(Array.from(dataFiles(simulate), ({ path, bytes }) => [path, bytes]));
const labels = JSON.parse(readFileSync(`${folder}labels.json`, 'utf8')) as simulate.Label[];

/** All calls in the logs, each once. */
function callsInLogs(): KmsCall[] {
  const calls = new Map<string, KmsCall>();
  for (const [path, bytes] of made) {
    if (!path.endsWith('.json.gz')) continue;
    for (const record of JSON.parse(gunzipSync(bytes).toString()).Records) {
      const call = parseRecord(record);
      if ('eventId' in call) calls.set(call.eventId, call);
    }
  }
  return [...calls.values()];
}

describe('data/', () => {
  it('is what scripts/make-data.mjs makes, byte for byte', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(folder + path).isFile(),
    );
    expect(files.map((path) => path.replaceAll('\\', '/')).sort()).toEqual([...made.keys()].sort());
    const differing = [...made].filter(([path, bytes]) => !readFileSync(folder + path).equals(bytes));
    expect(differing.map(([path]) => path)).toEqual([]);
  });

  it('is small enough to ship', () => {
    const bytes = [...made.values()].reduce((sum, file) => sum + file.length, 0);
    expect(bytes).toBeLessThan(3_000_000);
  });

  it('holds the calls that its labels count', () => {
    const calls = callsInLogs();
    expect(calls.length).toBeGreaterThan(25_000);
    expect(labels.length).toBeGreaterThanOrEqual(4);
    for (const { key, from, to, calls: told } of labels) {
      expect(from).toBeGreaterThanOrEqual(JUDGED);
      const inside = calls.filter(
        (call) =>
          call.time >= from &&
          call.time < to &&
          (key.operation == null || call.operation === key.operation) &&
          (key.keyArn == null || call.keyArns.includes(key.keyArn)) &&
          (key.outcome == null || (call.error === null) === (key.outcome === 'ok')),
      );
      expect(inside).toHaveLength(told);
    }
  });

  it('uses nothing for the first time on the judged day but in an incident', () => {
    const calls = callsInLogs();
    const names = (call: KmsCall) => call.keyArns.map((arn) => `${call.operation} ${arn}`).concat(call.operation);
    const before = new Set(calls.filter(({ time }) => time < JUDGED).flatMap(names));
    const fresh = calls.filter((call) => call.time >= JUDGED && names(call).some((name) => !before.has(name)));
    expect(new Set(fresh.map(({ operation }) => operation))).toEqual(new Set(['DisableKey']));
  });
});
