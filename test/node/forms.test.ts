import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { countCloudTrail } from '../../src/node/index.js';
import { cli, flowing } from '../cli/traffic.js';
import { kmsRecord, kmsRecords, LAYOUTS, logText, readAll, tempFolder, writeFile } from '../support/logs.js';

const record = JSON.stringify(kmsRecord(0));
const tar = Buffer.alloc(512);
tar.write('records.json');
tar.write('ustar', 257);

describe('a file that is no log is named by its form', () => {
  const forms: readonly (readonly [string, string | Uint8Array, string | undefined])[] = [
    ['zip', Buffer.from('504b03041400000008', 'hex'), 'a zip archive'],
    ['tar', tar, 'a tar archive'],
    ['gzipped tar', gzipSync(tar), 'a tar archive'],
    ['bzip2', Buffer.from('425a683931415926535900', 'hex'), 'bzip2'],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), 'xz'],
    ['Zstandard', Buffer.from('28b52ffd0400', 'hex'), 'Zstandard'],
    ['Parquet', Buffer.from('504152311504', 'hex'), 'Parquet, which is read where the name ends with .parquet'],
    ['pictures', Buffer.from('89504e470d0a1a0a00', 'hex'), undefined],
    ['CSV', 'eventTime,eventName,"userIdentity.arn"\n2026-05-04T00:10:00Z,Decrypt,x\n', 'CSV'],
    ['tabs', 'eventTime\teventName\n2026-05-04\tDecrypt\n', 'tab-separated values'],
    ['a page', '<!DOCTYPE html>\n<p>, x', 'XML or HTML'],
    ['words', 'Dear all, this is it.\n', undefined],
    [
      'documents that were made into something else',
      `{"_index":"x","_source":{"event":{"action":"Decrypt"},"aws":{"cloudtrail":{}}}}`,
      'an object with `action`',
    ],
    ['objects', '{"a":1,"b":2,"c":3,"d":4,"e":5}', 'an object with `a`, `b`, `c`, `d`, …'],
    ['a list of records that are none', '{"Records":[{"foo":1}]}', 'an object with `foo`'],
  ];

  it.each(forms)('%s', async (_, content, found) => {
    const path = writeFile(tempFolder(), 'a.json', content);
    const wanted = [{ path, reason: 'not-a-log', ...(found === undefined ? {} : { found }) }];
    const read = await readAll(path);
    expect(read.stats.filesUnreadable).toEqual(wanted);
    expect(read.rejected).toMatchObject(wanted);
    expect((await countCloudTrail(path)).stats.filesUnreadable).toEqual(wanted);
    const { status, stderr } = await cli(['analyze', path]);
    expect(status).toBe(2);
    const text = flowing(stderr);
    expect(text).toContain(`These are not CloudTrail records${found === undefined ? '.' : ` (first: ${found}).`}`);
    expect(text).toContain('What can be read: CloudTrail log files, ');
  });

  it('a log of no record at all is one', async () => {
    const { stats } = await readAll(writeFile(tempFolder(), 'a.json', '{"Records":[]}'));
    expect(stats).toMatchObject({ filesRead: 1, filesUnreadable: [] });
  });

  it('what is found is fit for a terminal', async () => {
    const path = writeFile(tempFolder(), 'a.json', JSON.stringify({ '\u001b[2J\u202e': 1 }));
    const { stderr } = await cli(['analyze', path]);
    expect(stderr).toContain('`\\x1b[2J\\u{202e}`');
  });
});

describe('a log is given up after so many records in a row that cannot be read', () => {
  const good = kmsRecords(3).map((one) => JSON.stringify(one));
  const logs: readonly (readonly [string, string, number, number])[] = [
    ['in the middle', [good[0], ...Array(20).fill('{"eventName":1}'), good[1]].join('\n'), 1, 10],
    ['not JSON', [good[0], ...Array(20).fill('{"eventName":}'), good[1]].join('\n'), 1, 10],
    ['many in one value', `{"Records":[${good[0]},[${Array(20).fill('{}').join()}]]}`, 1, 10],
  ];

  it.each(logs)('%s', async (_, text, calls, aside) => {
    const path = writeFile(tempFolder(), 'a.json', text);
    for (const { stats } of [
      await readAll(path, { giveUpAfter: 10 }),
      await countCloudTrail(path, { giveUpAfter: 10 }),
    ]) {
      expect(stats.filesUnreadable).toEqual([{ path, reason: 'given-up' }]);
      expect([stats.calls, stats.records]).toEqual([calls, calls + aside]);
    }
  });

  it('not where good ones stand between them, be they of other services, nor for those that are whole', async () => {
    const bad = Array(10).fill('{"eventName":1}');
    const other = JSON.stringify(kmsRecord(1, { eventSource: 's3.amazonaws.com' }));
    const insight = Array(30).fill('{"eventCategory":"Insight","eventName":"x","eventVersion":"1"}');
    const lines = [...bad, record, ...bad, other, ...bad, ...insight, ...bad, record];
    const path = writeFile(tempFolder(), 'a.json', lines.join('\n'));
    for (const { stats } of [
      await readAll(path, { giveUpAfter: 10 }),
      await countCloudTrail(path, { giveUpAfter: 10 }),
    ]) {
      expect(stats).toMatchObject({ filesUnreadable: [], calls: 2, records: 73 });
    }
  });

  it('a small archive of very many', async () => {
    const path = writeFile(tempFolder(), 'a.json.gz', gzipSync(`${record}\n${'{}\n'.repeat(300_000)}`));
    const { stats } = await countCloudTrail(path);
    expect(stats.filesUnreadable).toEqual([{ path, reason: 'given-up' }]);
    expect(stats.records).toBe(100_001);
    await expect(countCloudTrail(path, { giveUpAfter: 0 })).rejects.toThrow('giveUpAfter must be an integer in [1, ');
    expect(() => readAll(path, { giveUpAfter: 0.5 })).rejects.toThrow('giveUpAfter');
  });
});

it('knows as many layouts as the docs say', () => {
  expect(Object.keys(LAYOUTS).length).toBeGreaterThan(30);
  expect(logText([])).toBe('{"Records":[]}');
});
