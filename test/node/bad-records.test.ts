import { describe, expect, it } from 'vitest';
import { kmsRecord, kmsRecords, logText, otherRecord, readAll, tempFolder, writeFile } from '../support/logs.js';

const readText = (text: string, name = 'a.json') => {
  const path = writeFile(tempFolder(), name, text);
  return readAll(path).then((reading) => ({ ...reading, path }));
};

describe('a record that cannot be used', () => {
  it('is set aside and counted by reason, with the first one’s file and position', async () => {
    const bad = (fields: Record<string, unknown>) => kmsRecord(9, fields);
    const records = [
      kmsRecord(0),
      otherRecord(1),
      bad({ eventTime: undefined }),
      'not a record',
      bad({ eventTime: undefined }),
      bad({ eventName: { not: 'a name' } }),
      bad({ eventTime: '1970-01-01T00:00:00Z' }),
      bad({ eventTime: '2999-01-01T00:00:00Z' }),
      kmsRecord(1),
    ];
    const { calls, stats, rejected, path } = await readText(logText(records));
    expect(calls).toHaveLength(2);
    const text = logText(records);
    const first = (record: number, field?: string) => ({
      path,
      position: { record, byte: Buffer.byteLength(text.slice(0, text.indexOf(JSON.stringify(records[record - 1])))) },
      ...(field === undefined ? {} : { field }),
    });
    expect(stats.setAside).toEqual({
      'missing-field': { count: 2, first: first(3, 'eventTime') },
      'not-a-record': { count: 1, first: first(4) },
      'malformed-field': { count: 1, first: first(6, 'eventName') },
      'time-out-of-range': { count: 2, first: first(7, 'eventTime') },
    });
    expect(Object.getPrototypeOf(stats.setAside)).toBeNull();
    expect(stats).toMatchObject({ filesRead: 1, records: 9, kmsRecords: 7, calls: 2, otherServices: 1 });
    expect(rejected.map(({ scope, position }) => [scope, position.record])).toEqual(
      [3, 4, 5, 6, 7, 8].map((n) => ['record', n]),
    );
    expect(rejected[0]).toEqual({ scope: 'record', reason: 'missing-field', ...first(3, 'eventTime') });
  });

  it('is one bad line among thousands', async () => {
    const lines = kmsRecords(5000).map((record) => JSON.stringify(record));
    lines[2345] = lines[2345].slice(0, 200);
    const { calls, stats, rejected } = await readText(lines.join('\n'), 'a.jsonl');
    expect(calls).toHaveLength(4999);
    expect(rejected).toMatchObject([{ scope: 'record', reason: 'not-json', position: { record: 2346 } }]);
    const byte = Buffer.byteLength(`${lines.slice(0, 2345).join('\n')}\n`);
    expect(stats.setAside['not-json']).toMatchObject({ count: 1, first: { position: { record: 2346, byte } } });
    expect(stats.filesRead).toBe(1);
  });

  it('is counted even where nothing but bad records comes for long', async () => {
    const text = `${'{"a":1}\n'.repeat(250)}${JSON.stringify(kmsRecord(0))}\n`;
    const { calls, stats } = await readText(text, 'a.jsonl');
    expect(calls).toHaveLength(1);
    expect(stats).toMatchObject({ records: 251, filesRead: 1 });
    expect(Object.values(stats.setAside).reduce((sum, { count }) => sum + count, 0)).toBe(250);
  });

  it('is counted in a log file that holds nothing else', async () => {
    const { stats } = await readText('{"Records":["oops",5,null]}');
    expect(stats).toMatchObject({ filesRead: 1, records: 3, setAside: { 'not-a-record': { count: 3 } } });
  });

  it('may have any type in any field, and never stops the reading', async () => {
    const values = [
      null,
      true,
      5,
      -1e308,
      '',
      'x'.repeat(5000),
      [],
      [[]],
      {},
      { a: { b: [] } },
      ['x', null, { ARN: 5 }],
    ];
    const records = Object.keys(kmsRecord(0)).flatMap((field) =>
      values.map((value) => kmsRecord(0, { [field]: value })),
    );
    const { stats } = await readText(logText([...records, kmsRecord(1)]));
    const setAside = Object.values(stats.setAside).reduce((sum, { count }) => sum + count, 0);
    expect(stats.records).toBe(records.length + 1);
    expect(stats.calls + stats.otherServices + setAside).toBe(stats.records);
  });

  it('cannot reach a prototype', async () => {
    const evil = JSON.stringify(kmsRecord(0)).replace(
      '{',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}},',
    );
    const { calls } = await readText(
      `{"__proto__":{"polluted":1},"Records":[${evil},{"__proto__":{"eventSource":"kms.amazonaws.com"}}]}`,
    );
    expect(calls).toHaveLength(1);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is no record of an operation that is not known, which is a call', async () => {
    const { calls } = await readText(
      logText([kmsRecord(0, { eventName: 'FutureOperation' }), kmsRecord(1, { eventName: '__proto__' })]),
    );
    expect(calls.map(({ operation }) => operation)).toEqual(['FutureOperation', '__proto__']);
  });

  it('is not one of 256 KB with 10,000 resources, which is a call', async () => {
    const resources = Array.from({ length: 10_000 }, (_, i) => ({ ARN: `arn:x:${i}` }));
    const record = kmsRecord(0, { resources, note: 'x'.repeat(50_000) });
    expect(JSON.stringify(record).length).toBeGreaterThan(256_000);
    const { calls, stats } = await readText(logText([record, kmsRecord(1)]));
    expect(calls).toHaveLength(2);
    expect(stats.setAside).toEqual({});
  });

  it('is one that is too large, and the others of its file are read', async () => {
    const { calls, stats } = await readText(
      logText([kmsRecord(0), kmsRecord(1, { note: 'x'.repeat(9_000_000) }), kmsRecord(2)]),
      'a.json.gz',
    );
    expect(calls).toHaveLength(2);
    expect(stats).toMatchObject({ filesRead: 1, records: 3, setAside: { 'too-large': { count: 1 } } });
  });
});
