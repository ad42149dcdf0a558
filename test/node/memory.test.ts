import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { countCloudTrail, readCloudTrail } from '../../src/node/index.js';
import { kmsRecord, otherRecord, tempFolder } from '../support/logs.js';

const MEGABYTE = 1e6;

/**
 * A file that decompresses to `head`, so many blocks that they have `bytes` in all, and `tail`. Gzip files may have many
 * members: one block is compressed, however many there are.
 */
function writeLarge(head: string, block: string, tail: string, bytes: number): { path: string; blocks: number } {
  const blocks = Math.ceil(bytes / Buffer.byteLength(block));
  const member = gzipSync(block, { level: 1 });
  const path = join(tempFolder(), 'large.json.gz');
  writeFileSync(path, Buffer.concat([gzipSync(head), ...Array<Buffer>(blocks).fill(member), gzipSync(tail)]));
  return { path, blocks };
}

type Count = (path: string, onProgress: () => void) => Promise<number>;

const WAYS: readonly (readonly [string, Count])[] = [
  [
    'readCloudTrail',
    async (path, onProgress) => {
      let calls = 0;
      for await (const _ of readCloudTrail(path, { onProgress })) calls++;
      return calls;
    },
  ],
  [
    'countCloudTrail',
    async (path, onProgress) => (await countCloudTrail(path, { onProgress, threads: 1 })).stats.calls,
  ],
];

/** Counts the calls in a file and says by how many bytes the process grew meanwhile at most. */
async function read(count: Count, path: string): Promise<{ calls: number; grown: number }> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const calls = await count(path, () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  });
  return { calls, grown: peak - before };
}

it.each(WAYS)(
  'a log file of 300 MB on one line takes much less than as much memory: %s',
  async (_, count) => {
    // One KMS record to nine others, as in an ordinary log.
    const fields = { errorMessage: 'x'.repeat(1000) };
    const records = Array.from({ length: 2000 }, (_, i) =>
      i % 10 === 0 ? kmsRecord(i, fields) : otherRecord(i, fields),
    );
    const block = records.map((record) => `${JSON.stringify(record)},`).join('');
    const { path, blocks } = writeLarge('{"Records":[', block, `${JSON.stringify(kmsRecord(0))}]}`, 300 * MEGABYTE);
    const { calls, grown } = await read(count, path);
    expect(calls).toBe(blocks * 200 + 1);
    expect(grown).toBeLessThan(150 * MEGABYTE);
  },
  60_000,
);

it.each(WAYS)(
  'a single value of 100 MB is passed over in much less than as much memory: %s',
  async (_, count) => {
    const block = String.raw`x, {[\" `.repeat(100_000);
    const { path } = writeLarge('{"Records":[{"note":"', block, `"},${JSON.stringify(kmsRecord(0))}]}`, 100 * MEGABYTE);
    const { calls, grown } = await read(count, path);
    expect(calls).toBe(1);
    expect(grown).toBeLessThan(80 * MEGABYTE);
  },
  60_000,
);
