import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notesOnOverlaps } from '../../src/cli/read-logs.js';
import { countCloudTrail } from '../../src/node/index.js';
import { cli, flowing } from '../cli/traffic.js';
import { kmsRecord, logText, tempFolder, writeFile } from '../support/logs.js';

/** The LookupEvents output of the AWS CLI: newest first. */
function export_(records: readonly ReturnType<typeof kmsRecord>[]): string {
  const events = records.map((record) => ({
    EventId: record['eventID'],
    EventTime: record['eventTime'],
    CloudTrailEvent: JSON.stringify(record),
  }));
  return JSON.stringify({ Events: events.reverse() });
}

/** One call an hour, ten days of them. */
const HOURLY = Array.from({ length: 240 }, (_, i) => kmsRecord(i * 360));

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) writeFile(folder, name, text);
  return folder;
}

describe('once is once: the same calls in two files count once, however far apart they are read', () => {
  it('240 hourly calls, saved twice, newest first: 240', async () => {
    const text = export_(HOURLY);
    const folder = folderOf({ 'export.json': text, 'export (1).json': text });
    const { calls, overlaps } = await countCloudTrail(folder);
    expect(calls).toMatchObject({ calls: 480, counted: 240, duplicates: 240, late: 0, overlapping: 0 });
    expect(overlaps).toEqual([]);
    const { stdout } = await cli(['analyze', folder]);
    expect(flowing(stdout)).toContain('480 of KMS: 240 distinct calls (240 duplicates removed) logs of');
  });

  it('exports that overlap, in any order, and in any number', async () => {
    const files = fc.array(fc.tuple(fc.nat(239), fc.nat(239), fc.boolean()), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(files, async (parts) => {
        const texts = parts.map(([a, b, newestFirst], i) => {
          const records = HOURLY.slice(Math.min(a, b), Math.max(a, b) + 1);
          return [`part ${i}.json`, newestFirst ? export_(records) : logText(records)] as const;
        });
        const all = new Set(parts.flatMap(([a, b]) => range(Math.min(a, b), Math.max(a, b))));
        const { calls } = await countCloudTrail(folderOf(Object.fromEntries(texts)));
        expect(calls).toMatchObject({ counted: all.size, late: 0 });
      }),
      { numRuns: 20, seed: 1600 },
    );
  });

  it('the bundled month saved twice, and a third time as an export that is cut: the findings of one', async () => {
    const logs = join('data', 'logs');
    const months = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.gz'));
    const records = months.flatMap((name) => JSON.parse(gunzipSync(readFileSync(join(logs, name))).toString()).Records);
    const whole = logText(records);
    const once = folderOf({ 'month.json': whole });
    const thrice = folderOf({ 'month.json': whole, 'month (1).json': whole, 'cut.json': whole.slice(0, 2e6) });
    const [one, three] = [await cli(['analyze', once, '--json']), await cli(['analyze', thrice, '--json'])];
    const [a, b] = [JSON.parse(one.stdout), JSON.parse(three.stdout)];
    expect(b.calls.counted).toBe(a.calls.counted);
    expect(b.anomalies).toEqual(a.anomalies);
    expect(a.anomalies.length).toBeGreaterThan(0);
    // The cut file is named.
    expect([one.status, three.status]).toEqual([0, 3]);
    expect(b.logs.filesUnreadable).toEqual([{ path: join(thrice, 'cut.json'), reason: 'truncated' }]);
  }, 60_000);
});

describe('where copies cannot be checked', () => {
  const text = export_(HOURLY);

  it('the files are named with what to do, and the count is said to be in doubt', async () => {
    const folder = folderOf({ 'a.json': text, 'b.json': text });
    const { calls, overlaps } = await countCloudTrail(folder, { maxIds: 20 });
    expect(calls.overlapping).toBeGreaterThan(100);
    expect(calls.counted).toBe(240 + calls.overlapping);
    expect(overlaps).toEqual([{ logs: [join(folder, 'a.json'), join(folder, 'b.json')], calls: calls.overlapping }]);
    const [note] = notesOnOverlaps(overlaps, calls);
    expect(note).toContain(`${calls.overlapping} calls may be counted twice`);
    expect(note).toContain(
      `(${join(folder, 'a.json')} and ${join(folder, 'b.json')}). If these files hold the same calls`,
    );
  });

  it('on threads the same files are named', async () => {
    const padded = logText(HOURLY.map((record) => ({ ...record, note: 'x'.repeat(80_000) })));
    const folder = folderOf({ 'a.json': padded, 'b.json': padded });
    const alone = await countCloudTrail(folder, { maxIds: 20, threads: 1 });
    const shared = await countCloudTrail(folder, { maxIds: 20, threads: 2 });
    expect(shared.overlaps).toEqual(alone.overlaps);
    expect(alone.overlaps).toHaveLength(1);
  }, 20_000);

  it('one file without copies, in no order of time, is no reason for doubt', async () => {
    const shuffled = HOURLY.map((_, i) => HOURLY[(i * 89) % HOURLY.length]);
    const { calls, overlaps } = await countCloudTrail(folderOf({ 'a.json': logText([...shuffled, ...shuffled]) }), {
      maxIds: 20,
    });
    expect(calls.late).toBeGreaterThan(0);
    expect(calls.overlapping).toBe(0);
    expect(overlaps).toEqual([]);
    expect(notesOnOverlaps(overlaps, calls)).toEqual([]);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
