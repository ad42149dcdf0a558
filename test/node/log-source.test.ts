import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { logSource } from '../../src/node/index.js';
import type { CallSource, Json } from '../../src/plan/index.js';
import { bundle } from '../support/bundle.js';
import { kmsRecord, logText, tempFolder, writeFile } from '../support/logs.js';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const ask = <T>(value: T | (() => T)): T => (typeof value === 'function' ? (value as () => T)() : value);

async function poll(source: CallSource, cursor: Json) {
  const answer = await source.poll({
    cursor,
    from: START - 24 * HOUR,
    now: START + 90 * HOUR,
    step: 300_000,
    signal: undefined,
  });
  const calls: KmsCall[] = [];
  for await (const call of answer.calls ?? []) calls.push(call);
  return {
    ids: calls.map(({ eventId }) => eventId).sort(),
    listened: ask(answer.coverage ?? []),
    cursor: JSON.parse(JSON.stringify(ask(answer.cursor))) as Json,
    rejected: ask(answer.rejected ?? 0),
    more: ask(answer.more ?? false),
    problem: ask(answer.problem ?? null),
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

  /** A gzipped file whose end has not been written yet, though its size is that of the whole. */
  const cut = (bytes: Buffer, at: number) => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]);

  it('never notes as read what could not be read: mended later at the same size, at any age, it counts', async () => {
    const whole = gzipSync(logText(Array.from({ length: 40 }, (_, i) => record(`r${i}`, START + i * 1000))));
    const ids = Array.from({ length: 40 }, (_, i) => `r${i}`).sort();
    for (const at of [0, 1, 12, whole.length >> 1, whole.length - 9, whole.length - 3]) {
      const folder = tempFolder();
      const path = writeFile(folder, name(START), cut(whole, at));
      writeFile(folder, name(START + HOUR), logText([record('good', START + HOUR)]));
      const source = logSource(folder);
      const first = await poll(source, null);
      expect(first.ids).toContain('good');
      expect(first.problem).toMatch(
        /^could not read .*\.json\.gz \((ends early|damaged gzip|not a CloudTrail log|empty)\)$/,
      );
      expect(first.rejected).toBeGreaterThanOrEqual(1);
      // What comes meanwhile is days newer: the file would be of before anything that is still remembered.
      writeFile(folder, name(START + 80 * HOUR), logText([record('later', START + 80 * HOUR)]));
      const second = await poll(source, first.cursor);
      expect(second.ids).toContain('later');
      // The file is counted once; a record in it that is none, whenever it is read.
      expect([second.rejected, second.problem]).toEqual([first.rejected - 1, first.problem]);
      writeFileSync(path, whole);
      const third = await poll(source, second.cursor);
      expect([third.ids, third.problem]).toEqual([ids, null]);
      const fourth = await poll(source, third.cursor);
      expect([fourth.ids, fourth.problem]).toEqual([[], null]);
    }
  });

  it('tries what failed at every poll, behind what is new and in turn', async () => {
    const folder = tempFolder();
    const bad = Array.from({ length: 5 }, (_, i) =>
      writeFile(folder, name(START + i * 60_000), Buffer.from('no gzip')),
    );
    const source = logSource(folder, { filesAtOnce: 2 });
    let cursor: Json = null;
    for (const more of [true, true, false]) {
      const part = await poll(source, cursor);
      expect(part.more).toBe(more);
      cursor = part.cursor;
    }
    writeFile(folder, name(START + HOUR), logText([record('new', START + HOUR)]));
    const next = await poll(source, cursor);
    expect(next.ids).toEqual(['new']);
    // In two more polls each of the five had its turn, without one of them keeping a poll from its end.
    const mended = logText([record('mended', START)]);
    for (const path of bad) writeFileSync(path, gzipSync(mended.replaceAll('mended', `mended${bad.indexOf(path)}`)));
    const ids: string[] = [];
    let last = next;
    for (let i = 0; i < 3; i++) {
      last = await poll(source, last.cursor);
      ids.push(...last.ids);
      expect(last.more).toBe(false);
    }
    expect(ids.sort()).toEqual([0, 1, 2, 3, 4].map((i) => `mended${i}`));
    expect([last.problem, (last.cursor as { failed: unknown }).failed]).toEqual([null, []]);
  });

  it('forgets what failed when it is gone', async () => {
    const folder = tempFolder();
    const bad = writeFile(folder, name(START), Buffer.from('no gzip'));
    const source = logSource(folder);
    const { cursor } = await poll(source, null);
    rmSync(bad);
    const last = await poll(source, cursor);
    expect([last.problem, (last.cursor as { failed: unknown }).failed]).toEqual([null, []]);
  });

  it.skipIf(process.platform === 'win32')('fails when a path may not be read; of folders below it, says which', () => {
    const folder = tempFolder();
    chmodSync(folder, 0o755);
    for (const below of ['logs/open', 'logs/closed']) mkdirSync(join(folder, below), { recursive: true });
    writeFile(join(folder, 'logs/open'), name(START), logText([record('a', START)]));
    const secret = writeFile(join(folder, 'logs/open'), name(START + HOUR), logText([record('b', START + HOUR)]));
    bundle('node/log-source.ts', join(folder, 'source.mjs'));
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { logSource } from './source.mjs';
       const cursor = JSON.parse(process.argv[3]);
       const now = ${START + HOUR};
       const source = logSource(process.argv[2]);
       try {
         const poll = await source.poll({ cursor, from: now - 86_400_000, now });
         let calls = 0;
         for await (const _ of poll.calls) calls++;
         console.log(JSON.stringify({ calls, problem: poll.problem(), cursor: poll.cursor() }));
       } catch ({ name, message }) { console.log(JSON.stringify({ name, message })); }`,
    );
    // Permissions do not hold root back: there, somebody else tries.
    const uid = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const ask = (path: string, cursor: unknown = null) => {
      const args = ['main.mjs', path, JSON.stringify(cursor)];
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', ...uid });
      return JSON.parse(stdout || JSON.stringify({ stderr }));
    };
    chmodSync(secret, 0o000);
    chmodSync(join(folder, 'logs/closed'), 0o000);
    const first = ask('logs');
    expect(first).toMatchObject({
      calls: 1,
      problem: expect.stringMatching(/closed \(no permission\), .*gz \(no permission\)$/),
    });
    chmodSync(secret, 0o644);
    chmodSync(join(folder, 'logs/closed'), 0o755);
    expect(ask('logs', first.cursor)).toMatchObject({ calls: 1, problem: null });
    chmodSync(join(folder, 'logs'), 0o000);
    expect(ask('logs')).toEqual({ name: 'Error', message: 'could not read logs (no permission)' });
    expect(ask('logs/open')).toMatchObject({ name: 'Error', message: 'could not read logs/open (no permission)' });
    chmodSync(join(folder, 'logs'), 0o755);
  });
});
