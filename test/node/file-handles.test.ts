import type { PathLike } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, it, vi } from 'vitest';
import { readCloudTrail } from '../../src/node/index.js';
import { eventIds, kmsRecord, kmsRecords, logText, readAll, tempFolder, writeFile } from '../support/logs.js';

/** Stands between the library and the file system: fails where it is told to, and keeps count of open files. */
const disk = vi.hoisted(() => ({ failing: new Map<string, string>(), open: 0, opened: 0 }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const check = (path: PathLike): void => {
    const code = disk.failing.get(String(path));
    if (code !== undefined) throw Object.assign(new Error(`${code}: no luck, '${String(path)}'`), { code });
  };
  return {
    ...real,
    readdir: async (path: string) => {
      check(path);
      return real.readdir(path, { withFileTypes: true });
    },
    realpath: async (path: string) => {
      check(`${path} (real path)`);
      return real.realpath(path);
    },
    open: async (path: string) => {
      check(path);
      const handle = await real.open(path);
      const { close } = handle;
      disk.open++;
      disk.opened++;
      handle.close = async () => {
        await close.call(handle);
        disk.open--;
      };
      return handle;
    },
  };
});

beforeEach(() => {
  disk.failing.clear();
  disk.open = 0;
  disk.opened = 0;
});

it.each([
  ['EACCES', 'no-permission'],
  ['EPERM', 'no-permission'],
  ['ENOENT', 'missing'],
  ['EIO', 'read-error'],
])('a file or folder that fails with %s is named, and the others are read', async (code, reason) => {
  const folder = tempFolder();
  for (const [i, name] of ['a.json', 'b.json', 'c/d.json', 'e.json'].entries())
    writeFile(folder, name, logText([kmsRecord(i)]));
  disk.failing.set(join(folder, 'b.json'), code).set(join(folder, 'c'), code);
  const { calls, stats } = await readAll(folder);
  expect(eventIds(calls)).toEqual([kmsRecord(0)['eventID'], kmsRecord(3)['eventID']]);
  expect(stats.filesUnreadable).toEqual([
    { path: join(folder, 'c'), reason },
    { path: join(folder, 'b.json'), reason },
  ]);
  expect(disk.open).toBe(0);
});

it('a path that may not be looked at is named, and is no mistake of the caller’s', async () => {
  const path = writeFile(tempFolder(), 'a.json', logText([kmsRecord(0)]));
  disk.failing.set(`${path} (real path)`, 'EACCES');
  const { stats } = await readAll(path);
  expect(stats.filesUnreadable).toEqual([{ path, reason: 'no-permission' }]);
});

it('one file is open at a time', async () => {
  const folder = tempFolder();
  for (let i = 0; i < 5; i++) writeFile(folder, `${i}.json${i % 2 ? '.gz' : ''}`, logText(kmsRecords(300)));
  for await (const _ of readCloudTrail(folder)) expect(disk.open).toBe(1);
  expect([disk.open, disk.opened]).toEqual([0, 5]);
});

it.each(['a.json', 'a.json.gz'])('%s is closed when the loop is left early, or ends in an error', async (name) => {
  const folder = tempFolder();
  const path = writeFile(folder, name, logText(kmsRecords(3000)));
  for await (const _ of readCloudTrail(path)) break;
  expect([disk.open, disk.opened]).toEqual([0, 1]);
  const failing = async () => {
    for await (const _ of readCloudTrail(path)) throw new Error('mine');
  };
  await expect(failing()).rejects.toThrow('mine');
  expect([disk.open, disk.opened]).toEqual([0, 2]);
});

it('a damaged file is closed as well', async () => {
  const folder = tempFolder();
  const bytes = gzipSync(logText(kmsRecords(2000)));
  writeFile(folder, 'truncated.json.gz', bytes.subarray(0, bytes.length >> 1));
  writeFile(folder, 'corrupt.json.gz', bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64));
  writeFile(folder, 'empty.json', '');
  writeFile(folder, 'binary.json', Buffer.alloc(1000));
  expect((await readAll(folder)).stats.filesUnreadable.map(({ reason }) => reason).sort()).toEqual([
    'corrupt-gzip',
    'empty',
    'not-a-log',
    'truncated',
  ]);
  expect([disk.open, disk.opened]).toEqual([0, 4]);
});
