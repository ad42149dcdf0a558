import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { CallBatchBuilder } from '../../src/kms/call-batch.js';
import { CallCounter, type CountOptions } from '../../src/kms/call-counter.js';
import { errorCodeIn } from '../../src/series/key.js';
import { valueAt } from '../../src/series/series-set.js';
import { KMS_DAY } from '../support/arbitraries.js';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const HOUR = 3_600_000;

let lastId = 0;
const call = (fields: Partial<KmsCall>): KmsCall => ({
  time: KMS_DAY,
  operation: 'Decrypt',
  keyArns: [KEY],
  account: '111122223333',
  region: 'eu-central-1',
  caller: 'app',
  error: null,
  eventId: `event-${lastId++}`,
  sharedEventId: null,
  ...fields,
});

function count(calls: readonly KmsCall[], options: CountOptions) {
  const counter = new CallCounter(options);
  for (const one of calls) counter.add(one);
  return counter.finish();
}

describe('rows of errors', () => {
  const errors = [
    null,
    'AccessDenied',
    'AccessDenied',
    'DisabledException',
    'Odd',
    'Odder',
    'DryRunOperationException',
  ];
  const calls = errors.map((error) => call({ error }));
  const rows = (by: CountOptions['by']) => {
    const { set } = count(calls, by === undefined ? {} : { by });
    return Object.fromEntries(
      set.keys.map((key, row) => [`${key.outcome} ${errorCodeIn(key.metric)}`, valueAt(set, row, 0)]),
    );
  };

  it('have those of one code each, those of no documented one together, and none that succeeded', () => {
    const expected = {
      'error AccessDenied': 2,
      'error DisabledException': 1,
      'error other': 2,
      'dry-run DryRunOperationException': 1,
    };
    expect(rows([['operation', 'error']])).toEqual(expected);
    expect(
      rows([
        ['operation', 'error'],
        ['account', 'outcome'],
      ]),
    ).toEqual({
      ...expected,
      'ok null': 1,
      'error null': 5,
      'dry-run null': 1,
    });
  });

  it('are not told apart where no level asks for them', () => {
    expect(rows([['operation']])).toEqual({ 'null null': 7 });
    expect(rows([['outcome']])).toEqual({ 'ok null': 1, 'error null': 5, 'dry-run null': 1 });
  });
});

describe('many rows', () => {
  it('keep each call in its own, however many kinds there are', () => {
    const calls = Array.from({ length: 700 }, (_, i) => call({ caller: `caller-${i}`, operation: `Op${i % 7}` }));
    const { set } = count([...calls, ...calls.map((one) => ({ ...one, eventId: `${one.eventId} again` }))], {
      by: [['caller'], ['operation'], ['caller', 'operation'], []],
    });
    const total = (named: (key: (typeof set.keys)[number]) => boolean) =>
      set.keys.flatMap((key, row) => (named(key) ? [valueAt(set, row, 0)] : []));
    expect(total(({ caller, operation }) => caller !== null && operation === null)).toEqual(Array(700).fill(2));
    expect(total(({ caller, operation }) => caller !== null && operation !== null)).toEqual(Array(700).fill(2));
    expect(total(({ caller, operation }) => caller === null && operation !== null)).toEqual(Array(7).fill(200));
    expect(total(({ caller, operation }) => caller === null && operation === null)).toEqual([1400]);
  });
});

describe('logs of the same hours', () => {
  /** Each log its calls, hour after hour, with no memory beyond 48 hours. */
  function overlapsOf(logs: readonly (readonly [name: string, hours: readonly number[]])[]) {
    const counter = new CallCounter({ maxIds: 0 });
    for (const [name, hours] of logs) {
      const builder = new CallBatchBuilder(hours.length);
      for (const hour of hours)
        builder.addCall(call({ time: KMS_DAY + hour * HOUR, eventId: `at-${hour} of ${name}` }));
      counter.addBatch(builder.view(), name);
    }
    return counter.finish();
  }
  const from = (first: number, length: number) => Array.from({ length }, (_, i) => first + i);

  it('are named in the order of reading, with the calls that may be copies, most first', () => {
    const { overlaps, stats } = overlapsOf([
      ['a', from(0, 100)],
      ['b', from(10, 3)],
      ['c', [...from(20, 5), ...from(200, 10)]],
    ]);
    expect(overlaps).toEqual([
      { logs: ['a', 'c'], calls: 5 },
      { logs: ['a', 'b'], calls: 3 },
    ]);
    expect(stats).toMatchObject({ calls: 118, counted: 118, late: 8, overlapping: 8 });
  });

  it('are none where a log overlaps with itself alone', () => {
    const { overlaps, stats } = overlapsOf([['a', [...from(0, 100), ...from(0, 4)]]]);
    expect([overlaps, stats.overlapping]).toEqual([[], 0]);
    expect(stats.late + stats.duplicates).toBe(4);
  });

  it('are a hundred at most', () => {
    const others = Array.from({ length: 120 }, (_, i) => [`other-${i}`, [i % 40]] as const);
    const { overlaps, stats } = overlapsOf([['a', from(0, 300)], ...others]);
    expect(overlaps).toHaveLength(100);
    expect(stats.overlapping).toBe(120);
  });
});
