import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendLine } from '../../src/node/append-line.js';
import { bundle } from '../support/bundle.js';
import { tempFolder } from '../support/logs.js';

const canMount = spawnSync('sh', ['-c', 'unshare -rm true']).status === 0;
if (!canMount) console.log('append-line.test.ts: no disk can be mounted here, so none is filled');

describe('appendLine', () => {
  it('makes the file for its owner alone, and adds line after line', async () => {
    const path = join(tempFolder(), 'notices.jsonl');
    await appendLine(path, 'one\n');
    await appendLine(path, 'zwei, größer\n');
    expect(readFileSync(path, 'utf8')).toBe('one\nzwei, größer\n');
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps every line whole, wherever whoever wrote before was killed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 20 }), fc.nat({ max: 3 }), async (cut, before) => {
        const path = join(tempFolder(), 'notices.jsonl');
        writeFileSync(path, '{"id":"a"}\n'.repeat(before));
        appendFileSync(path, '{"id":"torn away"}\n'.slice(0, cut));
        await appendLine(path, '{"id":"b"}\n');
        const lines = readFileSync(path, 'utf8').split('\n');
        expect(lines.slice(0, before)).toEqual(Array(before).fill('{"id":"a"}'));
        expect(lines.slice(-2)).toEqual(['{"id":"b"}', '']);
        expect(lines.length).toBeLessThanOrEqual(before + 3);
      }),
      { numRuns: 60 },
    );
  });

  it.skipIf(process.platform === 'win32')('writes to a device as it is', async () => {
    await appendLine('/dev/null', 'gone\n');
  });

  // In a namespace of its own, whoever runs the tests may mount a disk; it is gone when the process ends.
  it.skipIf(!canMount)('takes back what a full disk took of a line, which comes whole once there is room', () => {
    const folder = tempFolder();
    bundle('node/append-line.ts', join(folder, 'node.mjs'));
    mkdirSync(join(folder, 'disk'));
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { readFileSync, rmSync, writeFileSync } from 'node:fs';
       import { appendLine } from './node.mjs';
       const line = (letter, n) => appendLine('disk/notices', letter.repeat(n - 1) + '\\n').then(() => 'whole', ({ code }) => code);
       const show = () => readFileSync('disk/notices', 'utf8').split('\\n').map((text) => (text[0] ?? '') + text.length).join();
       console.log(await line('a', 5_000));
       try { writeFileSync('disk/filler', new Uint8Array(60_000)); } catch {}
       console.log(await line('b', 30_000), show());
       rmSync('disk/filler');
       console.log(await line('c', 30_000), show());`,
    );
    const script = `unshare -rm sh -c 'mount -t tmpfs -o size=64k none disk && exec "$0" main.mjs' '${process.execPath}'`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
    expect(`${stdout}${stderr}`.trim().split('\n')).toEqual(['whole', 'ENOSPC a4999,0', 'whole a4999,c29999,0']);
  });
});
