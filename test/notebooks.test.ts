import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = `${ROOT}notebooks/`;
const built = existsSync(`${ROOT}dist/node/index.js`);
if (!built) console.log('notebooks.test.ts: skipped, dist is missing (npm run build makes it)');

const notebooks = readdirSync(FOLDER).filter((name) => /^\d\d-.*\.ts$/.test(name));

describe.skipIf(!built)('the notebooks', () => {
  it.each(notebooks)('%s runs with plain ts-node, in its own folder', { timeout: 120_000 }, async (name) => {
    const { stdout } = await run(process.execPath, [`${ROOT}node_modules/ts-node/dist/bin.js`, FOLDER + name], {
      cwd: FOLDER,
    });
    expect(stdout).not.toBe('');
    expect(stdout).not.toMatch(/undefined|NaN|\[object/);
  });

  it('begin with a look at the bundled logs, which finds what happened in them', { timeout: 120_000 }, async () => {
    const { stdout } = await run(
      process.execPath,
      [`${ROOT}node_modules/ts-node/dist/bin.js`, `${FOLDER}01-first-look.ts`],
      { cwd: ROOT },
    );
    expect(stdout).toContain('Decrypt on 0a1b63c4 (eu-central-1), 2026-06-02 16:10');
    expect(stdout).toContain('role/SupportConsole made 420 of the calls');
    expect(stdout).toMatch(/^Europe\/Berlin +expected +normal from +to$/m);
  });
});
