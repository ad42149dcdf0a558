import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { countCloudTrail } from '../../src/node/count-cloudtrail.js';
import { ALL_LEVELS, countedFast } from '../support/counted.js';
import { kmsRecord, logText, otherRecord, tempFolder, writeFile } from '../support/logs.js';

const worker = vi.hoisted(() => ({ sabotage: '' }));

vi.mock('../../src/node/worker-source.generated.js', async (original) => {
  const { WORKER_SOURCE } = await original<{ WORKER_SOURCE: string }>();
  return {
    get WORKER_SOURCE() {
      return worker.sabotage + WORKER_SOURCE;
    },
  };
});

afterEach(() => {
  worker.sabotage = '';
});

/** Code that runs in a worker before its own: something happens there instead of its `nth` message. */
function insteadOfMessage(nth: number, what: string): string {
  return `{
    const port = require('node:worker_threads').parentPort;
    const post = port.postMessage.bind(port);
    let sent = 0;
    port.postMessage = (...message) => { if (++sent === ${nth}) { ${what} } else post(...message); };
  }\n`;
}

/** Makes a log large, and its records no more. */
const NOTE = 'x'.repeat(1000);

const OPTIONS = { by: ALL_LEVELS, coverage: 'records' } as const;

/**
 * Logs of 30 MB in which jobs end between files and parts between records: small files, one that makes many parts, records
 * that are set aside, copies of other files' records, a file that is truncated and one that is none.
 */
function manyLogs(): string {
  const folder = tempFolder();
  const text = (from: number, count: number): string =>
    logText(
      Array.from({ length: count }, (_, i) =>
        (from + i) % 97 === 0
          ? kmsRecord(from + i, { eventTime: 'never' })
          : (from + i) % 3 === 0
            ? otherRecord(from + i, { note: NOTE })
            : kmsRecord(from + i, { eventName: `Operation${i % 7}`, note: NOTE }),
      ),
    );
  for (let file = 0; file < 20; file++) writeFile(folder, `${10 + file}.json`, text(file * 180, 200));
  writeFile(folder, '31.json', text(0, 9000));
  writeFile(folder, '32.json', gzipSync(text(9000, 100)).subarray(0, -200));
  writeFile(folder, '33.json', Buffer.alloc(1000));
  writeFile(folder, '34.json.gz', text(9000, 9000));
  writeFile(folder, '35.json', text(18_000, 3000));
  return folder;
}

describe('countCloudTrail on threads', () => {
  it('gives what it gives on one thread', async () => {
    const folder = manyLogs();
    const alone = await countedFast(folder, { ...OPTIONS, threads: 1 });
    expect(alone.stats.filesUnreadable).toHaveLength(2);
    expect(alone.stats.calls).toBeGreaterThan(10_000);
    for (const threads of [2, 3]) {
      const started = vi.fn();
      process.on('worker', started);
      expect(await countedFast(folder, { ...OPTIONS, threads })).toEqual(alone);
      process.off('worker', started);
      expect(started).toHaveBeenCalledTimes(threads);
    }
  });

  it.each([
    ['exits', 'process.exit(7)', 'exit code 7'],
    ['exits as if all were well', 'process.exit(0)', 'exit code 0'],
    [
      'fails outside of its job',
      `post(...message); queueMicrotask(() => { throw new RangeError('out of luck'); })`,
      'out of luck',
    ],
  ])(
    'loses nothing when a worker %s, and says why it did',
    async (_, what, why) => {
      const folder = manyLogs();
      const alone = await countedFast(folder, { ...OPTIONS, threads: 1 });
      for (const nth of [1, 2, 3]) {
        worker.sabotage = insteadOfMessage(nth, what);
        const counted = await countedFast(folder, { ...OPTIONS, threads: 2 });
        expect(counted).toEqual(alone);
        const { crashes } = await countCloudTrail(folder, { threads: 2 });
        expect(crashes.length).toBeGreaterThan(0);
        for (const { cause, files } of crashes) {
          expect(cause.message).toContain(why);
          expect(files.filter((path) => !path.startsWith(folder))).toEqual([]);
        }
      }
    },
    60_000,
  );

  it('does without workers that end before they begin', async () => {
    const folder = manyLogs();
    worker.sabotage = `throw new SyntaxError('no such language');`;
    const { crashes, stats } = await countCloudTrail(folder, { threads: 2 });
    expect(crashes.map(({ cause }) => (cause.cause as Error).message)).toContain('no such language');
    expect(stats).toEqual((await countCloudTrail(folder, { threads: 1 })).stats);
  });

  it('ends with the reason of its signal, before it begins and on the way', async () => {
    const folder = manyLogs();
    const early = new AbortController();
    early.abort(new Error('not now'));
    await expect(countCloudTrail(folder, { signal: early.signal })).rejects.toThrow('not now');
    for (const threads of [1, 2]) {
      const later = new AbortController();
      const run = countCloudTrail(folder, {
        threads,
        signal: later.signal,
        onRejected: () => later.abort(new Error('enough of it')),
      });
      await expect(run).rejects.toThrow('enough of it');
    }
  });

  it('tells of progress to the end', async () => {
    const folder = manyLogs();
    for (const threads of [1, 2]) {
      const told: { files: number; filesTotal: number; bytes: number; bytesTotal: number; path: string }[] = [];
      await countCloudTrail(folder, { threads, onProgress: (progress) => told.push(progress) });
      const last = told.at(-1);
      expect(last).toMatchObject({ files: 25, filesTotal: 25 });
      expect(last?.bytes).toBe(last?.bytesTotal);
      expect(last?.path.endsWith('35.json')).toBe(true);
    }
  });
});
