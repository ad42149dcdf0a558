import { rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCloudTrail } from '../../src/node/index.js';
import { eventIds, kmsRecord, kmsRecords, logText, readAll, tempFolder, writeFile } from '../support/logs.js';
import { seeded } from '../support/random.js';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Text without any pattern that gzip could use, the same each time. */
function noise(length: number): string {
  const random = seeded(1);
  let text = '';
  while (text.length < length) text += Math.floor(random() * 1e9).toString(36);
  return text;
}

/** A log of `count` records that does not compress well, so that damage has a place in it. */
const longLog = (count: number): string => {
  const text = noise(count * 800);
  return logText(kmsRecords(count).map((record, i) => ({ ...record, requestID: text.slice(i * 800, (i + 1) * 800) })));
};

/** Reads a folder with a good file before and a good file behind the file in question. */
async function readBetween(name: string, content: string | Uint8Array) {
  const folder = tempFolder();
  writeFile(folder, '2024-01-01.json', logText([kmsRecord(1001)]));
  writeFile(folder, '2024-12-31.json.gz', logText([kmsRecord(1002)]));
  const path = writeFile(folder, name, content);
  const reading = await readAll(folder);
  const ids = eventIds(reading.calls);
  expect(ids.slice(-2)).toEqual([kmsRecord(1001)['eventID'], kmsRecord(1002)['eventID']]);
  return { ...reading, path, ids: ids.slice(0, -2) };
}

describe('a file that cannot be read, or not to its end', () => {
  const notLogs: readonly [string, string, string | Uint8Array, string][] = [
    ['a file of 0 bytes', 'a.json', '', 'empty'],
    ['a .gz of 0 bytes', 'a.json.gz', Buffer.alloc(0), 'empty'],
    ['a gzip of nothing', 'a.json.gz', '', 'empty'],
    ['white space', 'a.jsonl', ' \r\n\n', 'empty'],
    ['a picture', 'a.json.gz', PNG, 'not-a-log'],
    ['a gzipped picture', 'a.json.gz', gzipSync(PNG), 'not-a-log'],
    ['binary junk', 'a.log', Buffer.from(noise(5000), 'base64'), 'not-a-log'],
    [
      'some other JSON',
      'a.json',
      JSON.stringify({ name: 'package', version: '1.0.0', files: [{ a: 1 }] }, null, 2),
      'not-a-log',
    ],
    [
      'a digest file',
      'a.json',
      JSON.stringify({ awsAccountId: '111122223333', digestStartTime: '2024-01-01T00:00:00Z', logFiles: [] }),
      'not-a-log',
    ],
    [
      'some other log',
      'a.log',
      '2024-01-01 [info] {not json} started\n2024-01-01 [warn] "x": 5\n'.repeat(20),
      'not-a-log',
    ],
    ['words', 'a.txt', 'This folder holds logs.\n', 'not-a-log'],
    ['JSON in UTF-16', 'a.json', Buffer.from(`\ufeff${logText([kmsRecord(0)])}`, 'utf16le'), 'not-utf-8'],
  ];

  it.each(notLogs)('is named with the reason: %s', async (_, name, content, reason) => {
    const { ids, path, rejected, stats } = await readBetween(name, content);
    expect(ids).toEqual([]);
    expect(stats.filesUnreadable).toMatchObject([{ path, reason }]);
    expect(stats).toMatchObject({ files: 3, filesRead: 2, records: 2, setAside: {} });
    expect(rejected).toMatchObject([{ scope: 'file', path, reason }]);
  });

  it('gives the records before the end of a truncated gzip', async () => {
    const bytes = gzipSync(longLog(100));
    for (const share of [0.02, 0.5, 0.9, 0.99999]) {
      const { ids, path, stats } = await readBetween('a.json.gz', bytes.subarray(0, Math.floor(bytes.length * share)));
      expect(stats.filesUnreadable).toEqual([{ path, reason: 'truncated' }]);
      expect(stats.setAside).toEqual({});
      expect(ids.length).toBeGreaterThanOrEqual(Math.floor(100 * share) - 3);
      expect(ids).toEqual(kmsRecords(ids.length).map((record) => record['eventID']));
    }
  });

  it('gives the records before the damage in a corrupt gzip, of a small file too', async () => {
    for (const count of [20, 100, 1000]) {
      const bytes = gzipSync(longLog(count));
      bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
      const { ids, path, stats } = await readBetween('a.json.gz', bytes);
      expect(stats.filesUnreadable).toEqual([{ path, reason: 'corrupt-gzip' }]);
      expect(ids.length).toBeGreaterThanOrEqual(count * 0.45);
      expect(ids.slice(0, count >> 2)).toEqual(kmsRecords(count >> 2).map((record) => record['eventID']));
    }
  });

  it('gives all records of a gzip with something behind it, and still names it', async () => {
    const bytes = Buffer.concat([gzipSync(longLog(50)), Buffer.from('something else')]);
    const { ids, path, stats } = await readBetween('a.json.gz', bytes);
    expect(ids).toHaveLength(50);
    expect(stats.filesUnreadable).toEqual([{ path, reason: 'corrupt-gzip' }]);
  });

  it('gives the records before an unfinished end, and says where that record begins', async () => {
    const text = logText(kmsRecords(5));
    const { ids, path, rejected } = await readBetween('a.json', text.slice(0, -100));
    expect(ids).toHaveLength(4);
    const byte = Buffer.byteLength(text.slice(0, text.lastIndexOf(',{"eventVersion":"1.08"') + 1));
    expect(rejected).toEqual([{ scope: 'file', path, reason: 'truncated', position: { record: 4, byte } }]);
  });

  it('is no reason to stop when it vanishes before its turn', async () => {
    const folder = tempFolder();
    const [, second] = ['1.json', '2.json', '3.json'].map((name, i) =>
      writeFile(folder, name, logText([kmsRecord(i)])),
    );
    const unreadable: unknown[] = [];
    const ids: string[] = [];
    for await (const call of readCloudTrail(folder, {
      onStats: (stats) => unreadable.push(...stats.filesUnreadable),
    })) {
      rmSync(second, { force: true });
      ids.push(call.eventId);
    }
    expect(ids).toEqual([kmsRecord(0)['eventID'], kmsRecord(2)['eventID']]);
    expect(unreadable).toEqual([{ path: second, reason: 'missing' }]);
  });

  it('is not the same as a folder without logs, which is no fault', async () => {
    const folder = tempFolder();
    expect((await readAll(folder)).stats).toMatchObject({ files: 0, filesUnreadable: [], records: 0 });
    writeFile(folder, 'counts.csv', 'a,b');
    const { stats, progress, coverage } = await readAll(folder);
    expect(stats).toMatchObject({ files: 1, filesRead: 0, filesSkipped: { csv: 1 }, filesUnreadable: [] });
    expect(progress).toMatchObject([{ files: 0, filesTotal: 0, path: '' }]);
    expect(coverage).toEqual([]);
  });
});

describe('gzip', () => {
  it('is told by its first bytes, not by the name', async () => {
    const { ids } = await readBetween('a.json', gzipSync(logText(kmsRecords(3))));
    expect(ids).toHaveLength(3);
    expect((await readBetween('b.json.gz', Buffer.from(logText(kmsRecords(3))))).ids).toHaveLength(3);
  });

  it('may have many members, and padding behind them', async () => {
    const members = kmsRecords(50).map((record) => gzipSync(JSON.stringify(record)));
    const { ids, stats } = await readBetween('a.json.gz', Buffer.concat([...members, Buffer.alloc(512)]));
    expect(ids).toHaveLength(50);
    expect(stats.filesUnreadable).toEqual([]);
  });

  it('may be gzipped once more', async () => {
    expect((await readBetween('a.gz', gzipSync(gzipSync(logText(kmsRecords(3)))))).ids).toHaveLength(3);
  });
});
