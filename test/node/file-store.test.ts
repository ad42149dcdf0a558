import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileStore } from '../../src/node/index.js';
import { StoreConflict } from '../../src/plan/index.js';
import { bundle } from '../support/bundle.js';
import { tempFolder } from '../support/logs.js';

const OLD = Uint8Array.of(1, 2, 3);
const canMount = spawnSync('sh', ['-c', 'unshare -rm true']).status === 0;
if (!canMount) console.log('file-store.test.ts: no disk can be mounted here, so none is filled');

describe('fileStore', () => {
  it('gives back what was kept last, and null before', async () => {
    const store = fileStore(join(tempFolder(), 'state'));
    expect(await store.load()).toBeNull();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        await store.save(bytes);
        expect(new Uint8Array((await store.load()) ?? [])).toEqual(bytes);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves nothing beside it', async () => {
    const folder = tempFolder();
    await fileStore(join(folder, 'state')).save(OLD);
    expect(readdirSync(folder)).toEqual(['state']);
  });

  it('takes what a crash left beside it for nothing, and clears it away in time', async () => {
    const folder = tempFolder();
    const path = join(folder, 'state');
    await fileStore(path).save(OLD);
    const left = `${path}.01234567-89ab-cdef-0123-456789abcdef.new`;
    writeFileSync(left, 'half of a st');
    writeFileSync(join(folder, 'state.notes.new'), 'somebody else’s');
    expect(new Uint8Array((await fileStore(path).load()) ?? [])).toEqual(OLD);
    expect(readdirSync(folder)).toHaveLength(3);
    const before = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(left, before, before);
    utimesSync(join(folder, 'state.notes.new'), before, before);
    const store = fileStore(path);
    expect(new Uint8Array((await store.load()) ?? [])).toEqual(OLD);
    await store.save(Uint8Array.of(4));
    expect(new Uint8Array((await store.load()) ?? [])).toEqual(Uint8Array.of(4));
    expect(readdirSync(folder).sort()).toEqual(['state', 'state.notes.new']);
  });

  it('lets one of two runs with the same path go on, and tells the other', async () => {
    const path = join(tempFolder(), 'state');
    const [one, other] = [fileStore(path), fileStore(path)];
    expect([await one.load(), await other.load()]).toEqual([null, null]);
    await one.save(OLD);
    await expect(other.save(Uint8Array.of(9))).rejects.toThrow(StoreConflict);
    await expect(other.save(Uint8Array.of(9))).rejects.toThrow(`another run of the plan has kept its state in ${path}`);
    await one.save(Uint8Array.of(5));
    expect(new Uint8Array(readFileSync(path))).toEqual(Uint8Array.of(5));
    // Begun anew, it goes on from what the first has kept.
    expect(new Uint8Array((await other.load()) ?? [])).toEqual(Uint8Array.of(5));
    await other.save(Uint8Array.of(6));
    await expect(one.save(OLD)).rejects.toThrow(StoreConflict);
  });

  // In a namespace of its own, whoever runs the tests may mount a disk; it is gone when the process ends.
  it.skipIf(!canMount)('says that the disk is full or read-only, and keeps the old state', () => {
    const folder = tempFolder();
    bundle('node/file-store.ts', join(folder, 'node.mjs'));
    mkdirSync(join(folder, 'disk'));
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { spawnSync } from 'node:child_process';
       import { readdirSync, rmSync, writeFileSync } from 'node:fs';
       import { fileStore } from './node.mjs';
       const store = fileStore('disk/state');
       const save = (bytes) => store.save(bytes).then(() => console.log('kept'), (error) => console.log(error.name, error.code, error.message));
       const show = async () => console.log((await store.load()).length, readdirSync('disk').join());
       await save(new Uint8Array(10_000));
       try { writeFileSync('disk/filler', new Uint8Array(40_000)); } catch {}
       await save(new Uint8Array(30_000));
       await show();
       rmSync('disk/filler');
       await save(new Uint8Array(20_000));
       spawnSync('mount', ['-o', 'remount,ro', 'disk']);
       await save(new Uint8Array(5));
       await show();`,
    );
    const script = `unshare -rm sh -c 'mount -t tmpfs -o size=64k none disk && exec "$0" main.mjs' '${process.execPath}'`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
    expect(`${stdout}${stderr}`.trim().split('\n')).toEqual([
      'kept',
      'StoreError ENOSPC The state could not be kept in disk/state: the disk is full (ENOSPC); the state before it is as it was',
      '10000 filler,state',
      'kept',
      'StoreError EROFS The state could not be kept in disk/state: the file system is read-only (EROFS); the state before it is as it was',
      '20000 state',
    ]);
  });

  it.skipIf(process.platform === 'win32')('says that a folder is read-only, and keeps the old state', async () => {
    const folder = tempFolder();
    bundle('node/file-store.ts', join(folder, 'file-store.mjs'));
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    writeFileSync(join(locked, 'state'), OLD);
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { fileStore } from './file-store.mjs';
       const store = fileStore(${JSON.stringify(join(locked, 'state'))});
       await store.save(Uint8Array.of(7)).then(() => console.log('kept'), ({ name, code, message }) => console.log(name, code, message));
       console.log([...await store.load()].join());`,
    );
    chmodSync(folder, 0o755);
    chmodSync(join(locked, 'state'), 0o644);
    chmodSync(locked, 0o555);
    // Permissions do not hold root back: there, somebody else tries.
    const uid = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { stdout } = spawnSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8', ...uid });
    chmodSync(locked, 0o755);
    expect(stdout).toBe(
      `StoreError EACCES The state could not be kept in ${join(locked, 'state')}: no permission to write there (EACCES); the state before it is as it was\n1,2,3\n`,
    );
    expect(new Uint8Array(readFileSync(join(locked, 'state')))).toEqual(OLD);
  });

  it('says what stands in the way: no folder, a file in place of one, a folder in place of the file', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'taken'));
    const message = (path: string) =>
      fileStore(path)
        .save(OLD)
        .then(
          () => 'kept',
          (error: Error) => error.message,
        );
    expect(await message(join(folder, 'none', 'state'))).toMatch(/its folder does not exist \(ENOENT\)$/);
    expect(await message(join(folder, 'file', 'state'))).toMatch(/what should be its folder is a file \(ENOTDIR\)$/);
    expect(await message(join(folder, 'taken'))).toMatch(/a folder of that name is in the way \(EISDIR\)$/);
    await expect(fileStore(join(folder, 'taken')).load()).rejects.toThrow('The state could not be read from');
  });
});
