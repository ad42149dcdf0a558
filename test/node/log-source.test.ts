import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { logSource } from '../../src/node/index.js';
import type { CallSource, Json } from '../../src/plan/index.js';
import { kmsRecord, logText, tempFolder, writeFile } from '../support/logs.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const ask = <T>(value: T | (() => T)): T => (typeof value === 'function' ? (value as () => T)() : value);

async function poll(source: CallSource, cursor: Json) {
  const answer = await source.poll({ cursor, from: START - 24 * HOUR, now: START + 90 * HOUR, signal: undefined });
  const calls: KmsCall[] = [];
  for await (const call of answer.calls) calls.push(call);
  return {
    ids: calls.map(({ eventId }) => eventId).sort(),
    listened: ask(answer.listened),
    cursor: JSON.parse(JSON.stringify(ask(answer.cursor))) as Json,
    rejected: ask(answer.rejected ?? 0),
    more: ask(answer.more ?? false),
  };
}

const record = (id: string, time: number) =>
  kmsRecord(0, { eventID: id, eventTime: `${new Date(time).toISOString().slice(0, 19)}Z` });
const name = (time: number) =>
  `111122223333_CloudTrail_eu-central-1_${new Date(time).toISOString().replace(/[-:]/g, '').slice(0, 13)}Z_x${time}.json.gz`;

describe('logSource', () => {
  it('reads each file once, as they come, in parts', async () => {
    const folder = tempFolder();
    for (let i = 0; i < 5; i++)
      writeFile(folder, name(START + i * 60_000), logText([record(`a${i}`, START + i * 60_000)]));
    const source = logSource(folder, { filesAtOnce: 3 });
    const first = await poll(source, null);
    expect([first.ids, first.more]).toEqual([['a0', 'a1', 'a2'], true]);
    const second = await poll(source, first.cursor);
    expect([second.ids, second.more]).toEqual([['a3', 'a4'], false]);
    expect((await poll(source, second.cursor)).ids).toEqual([]);
    writeFile(folder, name(START + HOUR), logText([record('b', START + HOUR - 300_000)]));
    // And a file of before, that was copied late.
    writeFile(folder, name(START - HOUR), logText([record('late', START - HOUR)]));
    const third = await poll(source, second.cursor);
    expect(third.ids).toEqual(['b', 'late']);
  });

  it('has listened from record to record, over short quiet stretches and not over long ones', async () => {
    const folder = tempFolder();
    writeFile(folder, name(START), logText([record('a', START)]));
    const source = logSource(folder, { maxQuiet: HOUR });
    const first = await poll(source, null);
    expect(first.listened).toEqual([{ from: START, to: START + 300_000 }]);
    writeFile(folder, name(START + HOUR), logText([record('b', START + HOUR)]));
    const second = await poll(source, first.cursor);
    expect(second.listened).toEqual([{ from: START + 300_000, to: START + HOUR + 300_000 }]);
    writeFile(folder, name(START + 9 * HOUR), logText([record('c', START + 9 * HOUR)]));
    expect((await poll(source, second.cursor)).listened).toEqual([
      { from: START + 9 * HOUR, to: START + 9 * HOUR + 300_000 },
    ]);
  });

  it('reads a file again that has grown, and says what it could not read', async () => {
    const folder = tempFolder();
    const path = writeFile(folder, 'log.jsonl', `${JSON.stringify(record('a', START))}\n`);
    const source = logSource(path);
    const first = await poll(source, null);
    appendFileSync(path, `${JSON.stringify(record('b', START + 1000))}\n{"eventSource":"kms.amazonaws.com"}\n`);
    const second = await poll(source, first.cursor);
    expect(second.ids).toEqual(['a', 'b']);
    expect(second.rejected).toBe(1);
    await expect(poll(logSource(join(folder, 'none')), null)).rejects.toThrow(
      'paths must name files and folders that exist',
    );
    expect(() => logSource('')).toThrow('paths must be a path or several');
  });

  it('forgets the names of files of long ago, not that they were read', async () => {
    const folder = tempFolder();
    for (let day = 0; day < 6; day++)
      writeFile(folder, name(START + day * 24 * HOUR), logText([record(`d${day}`, START + day * 24 * HOUR)]));
    const source = logSource(folder);
    const { cursor } = await poll(source, null);
    expect(Object.keys((cursor as { files: object }).files)).toHaveLength(2);
    expect((await poll(source, cursor)).ids).toEqual([]);
  });
});
