import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countCloudTrail } from '../../src/node/count-cloudtrail.js';
import { readCloudTrail } from '../../src/node/read-cloudtrail.js';
import { kmsRecords, logText } from '../support/logs.js';

const CLI = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));
const text = logText(kmsRecords(300));
/** Of the system, not of a package. */
const MAKE = 'mkfifo';

describe.skipIf(process.platform === 'win32')('pipes and devices that are given by name', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kms-baseline-pipes-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const pipeOf = async (name: string, bytes: string | Uint8Array): Promise<string> => {
    const path = join(folder, name);
    execFileSync(MAKE, [path]);
    // Ends once somebody has read it all: a reader that opened it a second time would wait for ever.
    void writeFile(path, bytes);
    return path;
  };

  it.each([
    ['plain', text],
    ['gzipped', gzipSync(text)],
    ['of two gzip members', Buffer.concat([gzipSync(text.slice(0, 999)), gzipSync(text.slice(999))])],
  ])('a pipe is read once, to its end, and counts as a file does: %s', async (name, bytes) => {
    const options = { step: 300_000, by: [['operation']] } as const;
    const file = join(folder, `${name}.file`);
    await writeFile(file, bytes);
    const [counted, expected] = [
      await countCloudTrail(await pipeOf(`${name}.counted`, bytes), options),
      await countCloudTrail(file, options),
    ];
    expect(expected.stats).toMatchObject({ calls: 300, filesRead: 1, filesUnreadable: [] });
    expect(counted.stats).toEqual(expected.stats);
    expect(counted.set).toEqual(expected.set);
    let read = 0;
    for await (const _ of readCloudTrail(await pipeOf(`${name}.read`, bytes))) read++;
    expect(read).toBe(300);
  });

  it.each(['/dev/zero', '/dev/urandom'])('%s, which has no end, is no log, and that is known at once', async (path) => {
    expect(existsSync(path)).toBe(true);
    const { stats } = await countCloudTrail(path, { step: 300_000 });
    expect(stats.filesUnreadable).toMatchObject([{ reason: expect.stringMatching(/^not-(?:a-log|utf-8)$/) }]);
  });

  it('lines without end that are no records are given up, and the one who writes them is let go', async () => {
    const path = join(folder, 'endless');
    execFileSync(MAKE, [path]);
    const writer = execFile('yes', ['{}']);
    const end = await open(path, 'r+');
    writer.stdout?.pipe(end.createWriteStream());
    writer.stdout?.on('error', () => {});
    try {
      const rejected: string[] = [];
      const options = { giveUpAfter: 1000, onRejected: ({ reason }: { reason: string }) => rejected.push(reason) };
      for await (const _ of readCloudTrail(path, options)) expect.unreachable();
      expect(rejected.at(-1)).toBe('not-a-log');
      expect(rejected.length).toBeLessThan(2000);
    } finally {
      writer.kill();
      await once(writer, 'exit');
    }
  });

  it.skipIf(!existsSync(CLI) || !existsSync('/dev/stdin'))('a command reads standard input by its name', async () => {
    // A shell's pipe: the one that Node would make is a socket, which has no name to be opened by.
    const file = join(folder, 'input.json');
    await writeFile(file, text);
    const command = 'cat "$0" | "$1" "$2" fit /dev/stdin --out "$3"';
    const { stdout } = await promisify(execFile)('sh', ['-c', command, file, process.execPath, CLI, join(folder, 'b')]);
    expect(stdout).toMatch(/1 file, 300 records, 300 of KMS: 300 distinct calls/);
  });
});
