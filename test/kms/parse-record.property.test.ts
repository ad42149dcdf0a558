import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecord } from '../../src/kms/parse-record.js';
import { kmsRecords } from '../support/arbitraries.js';

const REASONS = [
  'not-kms',
  'not-a-record',
  'missing-field',
  'malformed-field',
  'time-out-of-range',
  'network-activity',
  'updated-data',
  'summary',
];

/** Throws unless `result` is a call or a rejection, with the types that each has. */
function checkShape(result: ReturnType<typeof parseRecord>): void {
  if ('reason' in result) {
    expect(REASONS).toContain(result.reason);
    expect(['string', 'undefined']).toContain(typeof result.field);
    return;
  }
  expect(Object.keys(result).sort().join()).toBe(
    'account,caller,error,eventId,keyArns,operation,region,sharedEventId,time',
  );
  expect(Number.isSafeInteger(result.time)).toBe(true);
  for (const text of [result.operation, result.account, result.region, result.caller]) {
    expect(typeof text === 'string' && text !== '').toBe(true);
  }
  expect(typeof result.eventId).toBe('string');
  for (const text of [result.error, result.sharedEventId]) expect(text === null || typeof text === 'string').toBe(true);
  expect(result.keyArns.length).toBeLessThanOrEqual(result.operation === 'ReEncrypt' ? 2 : 1);
  expect(new Set(result.keyArns).size).toBe(result.keyArns.length);
  for (const arn of result.keyArns) expect(arn).toMatch(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/./);
}

/** Something that is not meant to stand in a record. */
const junk = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(null, 0, -1, NaN, true, '', ' ', '__proto__', 'constructor', 'x'.repeat(300)),
  },
  { weight: 2, arbitrary: fc.anything({ maxDepth: 2 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [],
      [[]],
      {},
      { arn: null },
      { sessionIssuer: 7 },
      { keyId: [] },
      { reason: 'UPDATED_DATA' },
    ),
  },
);

const FIELDS = [
  ...[
    'eventTime',
    'eventSource',
    'eventName',
    'eventType',
    'eventCategory',
    'awsRegion',
    'recipientAccountId',
    'eventID',
  ],
  ...['sharedEventID', 'errorCode', 'addendum', 'userIdentity', 'resources', 'requestParameters', 'responseElements'],
  ...['serviceEventDetails', '__proto__', 'constructor', 'toJSON', 'length'],
];

describe('parseRecord, on anything', () => {
  it('makes a call of every sound record, the same from its text', () => {
    fc.assert(
      fc.property(kmsRecords(), (record) => {
        const result = parseRecord(record);
        checkShape(result);
        expect(result).toHaveProperty('operation', record['eventName']);
        expect(parseRecord(JSON.stringify(record))).toEqual(result);
      }),
      { numRuns: 150 },
    );
  });

  it('never throws, whatever type a field has, and never gives another shape', () => {
    fc.assert(
      fc.property(kmsRecords(), fc.constantFrom(...FIELDS), junk, (record, field, value) => {
        const spoilt = Object.fromEntries([...Object.entries(record), [field, value]]);
        checkShape(parseRecord(spoilt));
      }),
      { numRuns: 600 },
    );
  });

  it('never throws on values and texts that are no records at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.json()), (value) => checkShape(parseRecord(value))),
      { numRuns: 300 },
    );
  });

  it('takes a record however deep it is', () => {
    const depth = 50_000;
    const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const text = `{"eventSource":"kms.amazonaws.com","eventTime":"2024-07-01T00:00:00Z","eventName":"Decrypt","awsRegion":"eu-central-1","recipientAccountId":"111122223333","requestParameters":${deep}}`;
    checkShape(parseRecord(text));
  });

  it('leaves the record as found, and everything it did not need', () => {
    fc.assert(
      fc.property(kmsRecords(), (record) => {
        const before = structuredClone(record);
        parseRecord(record);
        expect(record).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});
