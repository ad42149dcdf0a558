import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileStore, StoreError } from '../../src/node/index.js';
import { bundle } from '../support/bundle.js';
import { tempFolder } from '../support/logs.js';

const OLD = Uint8Array.of(1, 2, 3);

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

  it('takes what a crash left beside it for nothing', async () => {
    const folder = tempFolder();
    const store = fileStore(join(folder, 'state'));
    await store.save(OLD);
    writeFileSync(join(folder, 'state.new'), 'half of a st');
    expect(new Uint8Array((await store.load()) ?? [])).toEqual(OLD);
    await store.save(Uint8Array.of(4));
    expect(new Uint8Array((await store.load()) ?? [])).toEqual(Uint8Array.of(4));
  });

  // A file that takes no byte stands in for a full disk: the system's own answer, ENOSPC.
  it.skipIf(!existsSync('/dev/full'))('says that the disk is full, and keeps the old state', async () => {
    const folder = tempFolder();
    const path = join(folder, 'state');
    const store = fileStore(path);
    await store.save(OLD);
    symlinkSync('/dev/full', `${path}.new`);
    const failure = await store.save(new Uint8Array(100_000)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({ code: 'ENOSPC' });
    expect((failure as Error).message).toBe(
      `The state could not be kept in ${path}: the disk is full (ENOSPC); the state before it is as it was`,
    );
    expect(new Uint8Array((await store.load()) ?? [])).toEqual(OLD);
    // Nothing of the attempt stays, and once there is room it works again.
    expect(readdirSync(folder)).toEqual(['state']);
    await store.save(Uint8Array.of(9));
    expect(new Uint8Array((await store.load()) ?? [])).toEqual(Uint8Array.of(9));
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
