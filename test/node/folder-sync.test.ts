import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../support/bundle.js';
import { tempFolder } from '../support/logs.js';

/** What becomes of a save on a file system whose folders fail to be opened, or synced, with that code. */
function saved(code: string, call: 'open' | 'sync'): string {
  const folder = tempFolder();
  bundle('node/file-store.ts', join(folder, 'store.mjs'));
  writeFileSync(
    join(folder, 'main.mjs'),
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     const { open } = fs.promises;
     const fail = () => { throw Object.assign(new Error('no'), { code: ${JSON.stringify(code)} }); };
     fs.promises.open = async (path, ...rest) => {
       const isFolder = fs.existsSync(path) && fs.statSync(path).isDirectory();
       if (isFolder && ${call === 'open'}) fail();
       const file = await open(path, ...rest);
       if (isFolder) file.sync = async () => fail();
       return file;
     };
     syncBuiltinESMExports();
     const { fileStore } = await import('./store.mjs');
     const store = fileStore('state');
     await store.save(Uint8Array.of(7)).then(() => console.log('kept'), ({ name }) => console.log(name));
     console.log(...fs.readFileSync('state'));`,
  );
  return spawnSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' }).stdout.trim().replace('\n', ' ');
}

describe('a state is kept where folders cannot be synced, as some systems cannot', () => {
  it.each(['EISDIR', 'EPERM', 'EINVAL', 'EACCES'])('%s is no failure', (code) => {
    expect([saved(code, 'open'), saved(code, 'sync')]).toEqual(['kept 7', 'kept 7']);
  });

  it.each(['EIO', 'ENOSPC'])('%s is one, and is reported', (code) => {
    expect(saved(code, 'sync')).toBe('StoreError 7');
  });
});
