import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecord } from '../../src/kms/parse-record.js';
import { recordsIn } from '../../src/kms/records-in.js';
import { KEY_ARN, kmsRecord, kmsRecords, LAYOUTS, otherRecord } from '../support/logs.js';

const records = [...kmsRecords(3), otherRecord(3)];

/** Layouts whose text is one JSON value. */
const values = Object.entries(LAYOUTS).flatMap(([name, write]) => {
  try {
    return [{ name, value: JSON.parse(write(records)) as unknown }];
  } catch {
    return [];
  }
});

describe('recordsIn', () => {
  it('finds a record that is wrapped in nothing', () => {
    expect([...recordsIn(kmsRecord(1))]).toEqual([kmsRecord(1)]);
  });

  it.each(values)('finds the records in $name', ({ value }) => {
    expect([...recordsIn(value)]).toEqual(records);
  });

  it('knows enough layouts for this test to mean something', () => {
    expect(values.length).toBeGreaterThan(10);
  });

  it('reads any nesting of these in their order', () => {
    const value = [
      { Records: [records[0]] },
      [[records[1]], JSON.stringify([records[2]])],
      { detail: records[3], 'detail-type': 'x' },
    ];
    expect([...recordsIn(value)]).toEqual(records);
  });

  it('reads all the lists of an object that has several', () => {
    expect([...recordsIn({ Events: [records[1]], Records: [records[0]] })]).toEqual([records[0], records[1]]);
  });

  it('reads a row of Athena’s table, whose names are in lower case and whose structures may be text', () => {
    const record = kmsRecord(1, {
      userIdentity: {
        type: 'AssumedRole',
        sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::111122223333:role/App' }, attributes: {} },
      },
      sharedEventID: 'shared',
      errorCode: 'AccessDenied',
    });
    const lower = (value: unknown): unknown =>
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? value
        : Object.fromEntries(Object.entries(value).map(([name, held]) => [name.toLowerCase(), lower(held)]));
    const row = lower(record) as Record<string, unknown>;
    const wanted = parseRecord(record);
    expect(wanted).toMatchObject({ caller: 'arn:aws:iam::111122223333:role/App', keyArns: [KEY_ARN] });
    const text = {
      ...row,
      useridentity: JSON.stringify(row['useridentity']),
      resources: JSON.stringify(row['resources']),
    };
    for (const one of [row, text, { ...row, resources: [{ arn: KEY_ARN, accountid: '111122223333' }] }]) {
      expect([...recordsIn(one)].map(parseRecord)).toEqual([wanted]);
    }
    // Of a request, the names are its own.
    const asked = { ...row, resources: null, requestparameters: '{"keyId":"1234abcd-12ab-34cd-56ef-1234567890ab"}' };
    expect([...recordsIn([asked])].map(parseRecord)).toEqual([wanted]);
  });

  it('leaves a record alone that has a field like a wrapper’s', () => {
    const record = kmsRecord(1, { message: 'seen', Records: [1], detail: {}, 'detail-type': 'x' });
    expect([...recordsIn(record)]).toEqual([record]);
  });

  it('yields what is none of these as it is', () => {
    const others = [
      null,
      17,
      true,
      'words',
      '{"cut off',
      { a: 1 },
      {},
      { Records: 'none' },
      { message: 17 },
      { body: null },
    ];
    expect([...recordsIn(others)]).toEqual(others);
  });

  it('yields a message that is not JSON as the words that it is', () => {
    expect([...recordsIn({ message: 'CWL CONTROL MESSAGE' })]).toEqual(['CWL CONTROL MESSAGE']);
    expect([...recordsIn({ Events: [{ CloudTrailEvent: '{"eventVersion":' }] })]).toEqual(['{"eventVersion":']);
  });

  it('takes nothing from a prototype', () => {
    const value: unknown = JSON.parse('{"__proto__":{"Records":[1,2]},"constructor":{"message":"{}"}}');
    expect([...recordsIn(value)]).toEqual([value]);
    expect([...recordsIn(Object.create({ Records: [1] }))]).toHaveLength(1);
  });

  it('opens eight wrappers and no more, however deep they go', () => {
    const wrapped = (times: number): unknown => {
      let value: unknown = kmsRecord(1);
      for (let i = 0; i < times; i++) value = [value];
      return value;
    };
    expect([...recordsIn(wrapped(8))]).toEqual([kmsRecord(1)]);
    expect([...recordsIn(wrapped(9))]).toEqual([[kmsRecord(1)]]);
    expect([...recordsIn(wrapped(100_000))]).toHaveLength(1);
  });

  it('never throws and never changes its input', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('Records', 'Events', 'message', 'detail', 'results'), (json, key) => {
        const value = { [key]: json, list: [json] };
        const before = JSON.stringify(value);
        for (const _ of recordsIn(value));
        expect(JSON.stringify(value)).toBe(before);
      }),
    );
  });
});
