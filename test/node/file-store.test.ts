import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

/** What a program prints that has a store of the file `state` in a folder, where `before` has changed the file system. */
function runWith(folder: string, before: string, main: string, asNobody = false): string[] {
  bundle('node/file-store.ts', join(folder, 'store.mjs'));
  writeFileSync(
    join(folder, 'main.mjs'),
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     ${before}
     syncBuiltinESMExports();
     const { fileStore } = await import('./store.mjs');
     const store = fileStore('state');
     ${main}`,
  );
  // Permissions do not hold root back: there, somebody else tries.
  const uid = asNobody && process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8', ...uid });
  return `${stdout}${stderr}`.trim().split('\n');
}

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

  it('takes a rename that worked and reported a failure for one that worked', async () => {
    const folder = tempFolder();
    const states = runWith(
      folder,
      `const rename = fs.promises.rename;
       let renames = 0;
       fs.promises.rename = async (...paths) => {
         if (renames === 2) throw Object.assign(new Error('not done'), { code: 'EIO' });
         await rename(...paths);
         if (renames++ === 0) throw Object.assign(new Error('done for all that'), { code: 'EIO' });
       };`,
      `await store.load();
       for (const byte of [1, 2]) await store.save(Uint8Array.of(byte)).then(() => console.log('kept'), ({ name }) => console.log(name));
       await store.save(Uint8Array.of(3)).catch(({ name }) => console.log(name));
       fs.promises.rename = rename; syncBuiltinESMExports();
       await store.save(Uint8Array.of(4)).then(() => console.log('kept'), ({ name }) => console.log(name));
       console.log(...(await store.load()));`,
    );
    expect(states).toEqual(['kept', 'kept', 'StoreError', 'kept', '4']);
    expect(readdirSync(folder).filter((file) => file.endsWith('.new'))).toEqual([]);
  });

  it('knows its state when both the rename and the look behind it fail, whichever came of it', () => {
    for (const done of [true, false]) {
      const states = runWith(
        tempFolder(),
        `const { rename, stat } = fs.promises;
         let isDown = false;
         fs.promises.rename = async (...paths) => {
           if (!isDown) return rename(...paths);
           if (${done}) await rename(...paths);
           fs.promises.stat = async () => { throw Object.assign(new Error('down'), { code: 'EIO' }); };
           syncBuiltinESMExports();
           throw Object.assign(new Error('down'), { code: 'EIO' });
         };`,
        `await store.save(Uint8Array.of(1));
         isDown = true;
         await store.save(Uint8Array.of(2)).catch(({ name }) => console.log(name));
         isDown = false; fs.promises.stat = stat; syncBuiltinESMExports();
         console.log(...fs.readFileSync('state'));
         await store.save(Uint8Array.of(3)).then(() => console.log('kept'), ({ name }) => console.log(name));`,
      );
      expect(states).toEqual(['StoreError', done ? '2' : '1', 'kept']);
    }
  });

  it('takes a state that was touched, or copied over itself, for its own; one with other bytes for another run’s', async () => {
    const path = join(tempFolder(), 'state');
    const store = fileStore(path);
    await store.save(OLD);
    utimesSync(path, new Date(0), new Date(0));
    await store.save(Uint8Array.of(4));
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    await store.save(Uint8Array.of(5));
    writeFileSync(path, Uint8Array.of(6));
    await expect(store.save(OLD)).rejects.toThrow(StoreConflict);
    expect(new Uint8Array(readFileSync(path))).toEqual(Uint8Array.of(6));
  });

  it.skipIf(process.platform === 'win32')('follows symbolic links, to a file that is not there yet, too', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'volume'));
    symlinkSync('volume/state', join(folder, 'link'));
    symlinkSync('link', join(folder, 'other'));
    const store = fileStore(join(folder, 'other'));
    expect(await store.load()).toBeNull();
    await store.save(OLD);
    await store.save(Uint8Array.of(4));
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(folder, 'other')).isSymbolicLink()).toBe(true);
    expect(new Uint8Array(readFileSync(join(folder, 'volume/state')))).toEqual(Uint8Array.of(4));
    expect(readdirSync(join(folder, 'volume'))).toEqual(['state']);
    // One state, whatever leads to it.
    const [one, two] = [fileStore(join(folder, 'link')), fileStore(join(folder, 'volume/state'))];
    await one.claim?.();
    await expect(two.claim?.()).rejects.toThrow(StoreConflict);
    await one.release?.();
    symlinkSync('circle', join(folder, 'circle'));
    await expect(fileStore(join(folder, 'circle')).save(OLD)).rejects.toThrow('its symbolic links lead in a circle');
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

  it.skipIf(process.platform === 'win32')('has words of its own for what cannot be read', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'state'), OLD);
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'state'), 0o000);
    const lines = runWith(folder, '', `await store.load().catch(({ message }) => console.log(message));`, true);
    expect(lines).toEqual(['The state could not be read from state: no permission to read it (EACCES)']);
  });
});

describe('the claim of a file store', () => {
  const holder = (path: string) => JSON.parse(readFileSync(`${path}.claim`, 'utf8'));

  it('is one run’s at a time, and free when it is given up', async () => {
    const path = join(tempFolder(), 'state');
    const [one, other] = [fileStore(path), fileStore(path)];
    await one.claim?.();
    await expect(other.claim?.()).rejects.toThrow(StoreConflict);
    await expect(other.claim?.()).rejects.toThrow(`keeps its state in ${path} (process ${process.pid} on `);
    await expect(one.claim?.()).rejects.toThrow(StoreConflict);
    await one.save(OLD);
    await one.release?.();
    await other.claim?.();
    await other.release?.();
    expect(readdirSync(join(path, '..'))).toEqual(['state']);
  });

  it('is given to exactly one of many that ask at once, also when one that is over lies there', async () => {
    for (let round = 0; round < 20; round++) {
      const path = join(tempFolder(), 'state');
      if (round % 2 === 1) await leaveBehind(path, { pid: 2 ** 30 });
      const stores = Array.from({ length: 8 }, () => fileStore(path));
      const claims = await Promise.allSettled(stores.map((store) => store.claim?.()));
      expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const store of stores) await store.release?.();
      expect(readdirSync(join(path, '..'))).toEqual([]);
    }
  });

  it.each([
    ['a process that has ended', { pid: 2 ** 30 }, 0, true],
    ['a process whose id another one has now', { born: '1' }, 0, process.platform === 'linux'],
    ['a machine that was started anew', { boot: 'before' }, 0, true],
    ['another machine, renewed just now', { host: 'elsewhere' }, 0, false],
    ['another machine, not renewed for three minutes', { host: 'elsewhere' }, 180_000, true],
    ['another container, renewed just now', { space: 'pid:[1]' }, 0, false],
    ['another container, not renewed for three minutes', { space: 'pid:[1]' }, 180_000, true],
    ['this process, which was asleep', {}, 180_000, process.platform !== 'linux'],
  ])('of %s', async (_, fields, age, isFree) => {
    const path = join(tempFolder(), 'state');
    await leaveBehind(path, fields, age);
    const claimed = await fileStore(path)
      .claim?.()
      .then(
        () => true,
        (error) => {
          expect(error).toBeInstanceOf(StoreConflict);
          return false;
        },
      );
    expect(claimed).toBe(isFree);
  });

  it('that was not written to its end is waited out, not taken for free', async () => {
    const path = join(tempFolder(), 'state');
    writeFileSync(`${path}.claim`, '{"tok');
    await expect(fileStore(path).claim?.()).rejects.toThrow('(begun just now)');
    const before = new Date(Date.now() - 60_000);
    utimesSync(`${path}.claim`, before, before);
    await fileStore(path).claim?.();
  });

  it('that was lost keeps a run from saving', async () => {
    const path = join(tempFolder(), 'state');
    const store = fileStore(path);
    await store.claim?.();
    await store.save(OLD);
    await leaveBehind(path, { host: 'elsewhere' });
    await expect(store.save(Uint8Array.of(4))).rejects.toThrow(StoreConflict);
    await store.release?.();
    expect(holder(path).host).toBe('elsewhere');
  });

  /** A claim as another run would have left it, not renewed for so long. */
  async function leaveBehind(path: string, fields: object, age = 0): Promise<void> {
    const other = fileStore(`${path}-of-another`);
    await other.claim?.();
    const claim = holder(`${path}-of-another`);
    await other.release?.();
    writeFileSync(`${path}.claim`, JSON.stringify({ ...claim, token: 'another', ...fields }));
    const at = new Date(Date.now() - age);
    utimesSync(`${path}.claim`, at, at);
  }
});
