import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { KmsCall } from '../../src/kms/call.js';
import type { CountOptions, CountStats } from '../../src/kms/call-counter.js';
import { countCalls } from '../../src/kms/count-calls.js';
import { KEY_FIELDS, type SeriesKey } from '../../src/series/key.js';
import { observedRow, rowOf, type SeriesSet, valueAt } from '../../src/series/series-set.js';
import { countsOf, naiveCounts, naiveObserved, nameOf } from '../naive/count-calls.js';
import { callStreams, KMS_DAY } from '../support/arbitraries.js';

const STEP = 300_000;
const HOUR = 3_600_000;
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const OTHER = 'arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321';
const HERE = { account: '111122223333', region: 'eu-central-1' };
const THERE = { account: '444455556666', region: 'eu-central-1' };

let lastId = 0;
/** A Decrypt at a number of minutes into the day, with an id of its own unless `fields` has one. */
function call(minute: number, fields: Partial<KmsCall> = {}): KmsCall {
  return {
    time: KMS_DAY + minute * 60_000,
    operation: 'Decrypt',
    keyArns: [KEY],
    ...HERE,
    caller: 'arn:aws:iam::111122223333:role/App',
    error: null,
    eventId: `event-${lastId++}`,
    sharedEventId: null,
    ...fields,
  };
}

/** The counts of one row. */
function countOf(set: SeriesSet, key: Partial<SeriesKey>): number[] {
  const row = rowOf(set, key);
  return row < 0 ? [] : Array.from({ length: set.grid.length }, (_, bucket) => valueAt(set, row, bucket));
}

async function countWithStats(calls: Iterable<KmsCall>, options: CountOptions = {}) {
  let stats: CountStats | undefined;
  const set = await countCalls(calls, {
    ...options,
    onStats: (told) => {
      stats = told;
    },
  });
  if (stats === undefined) throw new Error('onStats was not called');
  return { set, stats };
}

const LEVELS: (keyof SeriesKey)[][] = [
  [],
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation', 'caller'],
  ['account', 'region'],
];

describe('countCalls', () => {
  it('agrees with the naive count of every row and bucket', async () => {
    await fc.assert(
      fc.asyncProperty(callStreams(), async (calls) => {
        const { set, stats } = await countWithStats(calls, { by: LEVELS });
        expect(countsOf(set)).toEqual(naiveCounts(calls, LEVELS, STEP));
        expect(stats.calls).toBe(calls.length);
        expect(stats.counted + stats.duplicates + stats.sharedCopies + stats.outside).toBe(stats.calls);
        expect(stats.counted).toBe(countOf(set, {}).reduce((sum, count) => sum + count, 0));
        expect(stats.late).toBe(0);
        expect(stats.withoutId).toBe(calls.filter(({ eventId }) => eventId === '').length);
      }),
      { numRuns: 100 },
    );
  });

  it('counts the same in any order, from any kind of iterable', async () => {
    const shuffled = callStreams().chain((calls) =>
      fc.tuple(fc.constant(calls), fc.shuffledSubarray(calls, { minLength: calls.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([calls, others]) => {
        async function* stream() {
          yield* others;
        }
        const first = await countWithStats(calls, { by: LEVELS });
        const second = await countWithStats(others, { by: LEVELS });
        expect(countsOf(second.set)).toEqual(countsOf(first.set));
        expect(second.stats).toEqual(first.stats);
        expect(second.set.grid).toEqual(first.set.grid);
        expect(countsOf(await countCalls(stream(), { by: LEVELS }))).toEqual(countsOf(first.set));
      }),
      { numRuns: 50 },
    );
  });

  it('observes what every source of the row covered, as the naive account does', async () => {
    const minutes = fc.integer({ min: -30, max: 400 });
    const stretch = fc.record({
      source: fc.constantFrom(
        ...['111122223333', '444455556666'].flatMap((account) =>
          ['eu-central-1', 'us-east-1'].map((region) => ({ account, region })),
        ),
      ),
      from: minutes,
      length: fc.integer({ min: 0, max: 400 }),
    });
    const by: (keyof SeriesKey)[][] = [['operation'], ['keyArn'], ['account']];
    await fc.assert(
      fc.asyncProperty(callStreams(6, 12), fc.array(stretch, { maxLength: 8 }), async (calls, stretches) => {
        fc.pre(calls.length > 0);
        const coverage = stretches.map(({ source, from, length }) => ({
          ...source,
          from: KMS_DAY + from * 60_000,
          to: KMS_DAY + (from + length) * 60_000,
        }));
        const set = await countCalls(calls, { by, coverage: () => coverage });
        set.keys.forEach((key, row) => {
          const level = KEY_FIELDS.filter((field) => key[field] !== null);
          const observed = observedRow(set, row);
          for (let bucket = 0; bucket < set.grid.length; bucket++) {
            const start = set.grid.start + bucket * STEP;
            const expected = naiveObserved(calls, level, nameOf(key), start, STEP, coverage);
            expect(observed[bucket] === 1).toBe(expected);
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  it('makes rows by operation, outcome and key unless told otherwise', async () => {
    const calls = [
      call(0),
      call(1, { error: 'AccessDenied' }),
      call(2, { error: 'DryRunOperationException' }),
      call(3, { operation: 'ReEncrypt', keyArns: [KEY, OTHER] }),
      call(4, { operation: 'GenerateRandom', keyArns: [] }),
    ];
    const set = await countCalls(calls);
    const counts = Object.fromEntries(
      set.keys.map((key, row) => [nameOf(key).trim().split('\n').join(' '), valueAt(set, row, 0)]),
    );
    expect(set.grid).toEqual({ start: KMS_DAY, step: STEP, length: 1 });
    expect(counts).toEqual({
      'operation=Decrypt': 3,
      'operation=Decrypt outcome=ok': 1,
      'operation=Decrypt outcome=error': 1,
      'operation=Decrypt outcome=dry-run': 1,
      [`keyArn=${KEY}`]: 4,
      [`keyArn=${KEY} operation=Decrypt`]: 3,
      'operation=ReEncrypt': 1,
      'operation=ReEncrypt outcome=ok': 1,
      [`keyArn=${KEY} operation=ReEncrypt`]: 1,
      [`keyArn=${OTHER}`]: 1,
      [`keyArn=${OTHER} operation=ReEncrypt`]: 1,
      'operation=GenerateRandom': 1,
      'operation=GenerateRandom outcome=ok': 1,
    });
  });

  it('counts a ReEncrypt from a key to itself once on that key', async () => {
    const set = await countCalls([call(0, { operation: 'ReEncrypt', keyArns: [KEY, KEY] })]);
    expect(countOf(set, { keyArn: KEY })).toEqual([1]);
  });

  it('takes names that mean something to JavaScript for names', async () => {
    const calls = ['__proto__', 'constructor', '__proto__'].map((operation) =>
      call(0, { operation, caller: operation }),
    );
    const set = await countCalls(calls, { by: [['operation', 'caller']] });
    expect(countOf(set, { operation: '__proto__', caller: '__proto__' })).toEqual([2]);
    expect(countOf(set, { operation: 'constructor', caller: 'constructor' })).toEqual([1]);
  });
});

describe('copies of a call', () => {
  it('count once within 48 hours of event time, and in the log of another Region too', async () => {
    const first = call(0);
    const elsewhere = { ...first, region: 'us-east-1' };
    const { stats } = await countWithStats([first, call(48 * 60), first, elsewhere, elsewhere]);
    expect(stats).toMatchObject({ calls: 5, counted: 3, duplicates: 2, late: 0 });
  });

  it('count once however far apart they come', async () => {
    const first = call(0);
    const days = Array.from({ length: 720 }, (_, hour) => call(hour * 60 + 30));
    const { stats } = await countWithStats([first, ...days, first, ...days, first]);
    expect(stats).toMatchObject({ calls: 1443, counted: 721, duplicates: 722, late: 0 });
  });

  it('count again, and are reported, when the hour of the first had to be forgotten', async () => {
    const first = call(0);
    const days = Array.from({ length: 72 }, (_, hour) => call(hour * 60 + 30));
    const { set, stats } = await countWithStats([first, ...days, first, first], { maxIds: 10 });
    // The second copy comes back too late; the third is known by the second.
    expect(stats).toMatchObject({ calls: 75, counted: 74, duplicates: 1, late: 1, overlapping: 0 });
    expect(countOf(set, { operation: 'Decrypt' })[0]).toBe(2);
  });

  it('are not suspected where one Region is read to its end before the next', async () => {
    const month = (region: string) => Array.from({ length: 720 }, (_, hour) => call(hour * 60, { region }));
    const regions = [...month('eu-central-1'), ...month('us-east-1')];
    const twice = regions.flatMap((one) => [one, one]);
    const { stats } = await countWithStats(twice);
    expect(stats).toMatchObject({ counted: 1440, duplicates: 1440, late: 0 });
  });

  it('trap 10: of two accounts count once in a total, and once each by account and by caller', async () => {
    const mine = call(0, { sharedEventId: 'shared-1' });
    const theirs = { ...mine, ...THERE, caller: '111122223333', eventId: 'theirs' };
    const { set, stats } = await countWithStats([mine, theirs, theirs, mine], {
      by: [['operation'], ['keyArn'], ['account'], ['caller']],
    });
    expect(countOf(set, { operation: 'Decrypt' })).toEqual([1]);
    expect(countOf(set, { keyArn: KEY })).toEqual([1]);
    for (const { account } of [mine, theirs]) expect(countOf(set, { account })).toEqual([1]);
    for (const { caller } of [mine, theirs]) expect(countOf(set, { caller })).toEqual([1]);
    expect(stats).toMatchObject({ calls: 4, counted: 1, duplicates: 2, sharedCopies: 1, late: 0 });
  });

  it('of two accounts count once, or again and are reported, where the second log is read days of events later', async () => {
    const mine = Array.from({ length: 100 }, (_, hour) => call(hour * 60, { sharedEventId: `shared-at-${hour}` }));
    const theirs = mine.map((one, hour) => ({ ...one, ...THERE, eventId: `theirs-at-${hour}` }));
    const known = await countWithStats([...mine, ...theirs]);
    expect(known.stats).toMatchObject({ calls: 200, counted: 100, sharedCopies: 100, late: 0 });
    const forgotten = await countWithStats([...mine, ...theirs], { maxIds: 0 });
    expect(forgotten.stats).toMatchObject({ calls: 200, counted: 151, sharedCopies: 49, late: 51 });
    const together = await countWithStats(
      mine.flatMap((one, hour) => [one, theirs[hour] ?? one]),
      { maxIds: 0 },
    );
    expect(together.stats).toMatchObject({ calls: 200, counted: 100, sharedCopies: 100, late: 0 });
  });

  it('without an id count each time, unless they share one', async () => {
    const anonymous = call(0, { eventId: '' });
    const shared = call(5, { eventId: '', sharedEventId: 'shared-2' });
    const { set, stats } = await countWithStats([anonymous, anonymous, shared, shared]);
    expect(countOf(set, { operation: 'Decrypt' })).toEqual([2, 1]);
    expect(stats).toMatchObject({ calls: 4, counted: 3, duplicates: 0, sharedCopies: 1, withoutId: 4 });
  });
});

describe('the grid', () => {
  it('reaches from the first call to the last, in buckets aligned to 1970', async () => {
    const set = await countCalls([call(7), call(62)]);
    expect(set.grid).toEqual({ start: KMS_DAY + 5 * 60_000, step: STEP, length: 12 });
    expect([...set.observed]).toEqual(Array(12).fill(1));
  });

  it('reaches over calls that have no row, and over coverage', async () => {
    const set = await countCalls([call(0), call(14, { keyArns: [] })], { by: [['keyArn']] });
    expect(countOf(set, { keyArn: KEY })).toEqual([1, 0, 0]);
    const coverage = [{ ...HERE, from: KMS_DAY - 7 * 60_000, to: KMS_DAY + 20 * 60_000 }];
    const wider = await countCalls([call(0)], { coverage });
    expect(wider.grid).toEqual({ start: KMS_DAY - 10 * 60_000, step: STEP, length: 6 });
    expect([...wider.observed]).toEqual([0, 1, 1, 1, 1, 1]);
  });

  it('keeps to start and end, and counts what lies outside', async () => {
    const options = { start: KMS_DAY + 60_000, end: new Date(KMS_DAY + 11 * 60_000), step: 2 * STEP };
    const { set, stats } = await countWithStats([call(0), call(1), call(10.5), call(11)], options);
    expect(set.grid).toEqual({ start: KMS_DAY + 60_000, step: 600_000, length: 1 });
    expect(countOf(set, { operation: 'Decrypt' })).toEqual([2]);
    expect(stats).toMatchObject({ calls: 4, counted: 2, outside: 2 });
  });

  it('is there without any call, and observed where everything listened', async () => {
    const span = { start: KMS_DAY, end: KMS_DAY + HOUR };
    expect(await countCalls([])).toMatchObject({ keys: [], grid: { length: 0 } });
    expect([...(await countCalls([], span)).observed]).toEqual(Array(12).fill(1));
    const coverage = [
      { ...HERE, from: KMS_DAY, to: KMS_DAY + HOUR },
      { ...THERE, from: KMS_DAY, to: KMS_DAY + 12 * 60_000 },
      { ...THERE, from: KMS_DAY + 40 * 60_000, to: KMS_DAY + HOUR },
    ];
    const set = await countCalls([], { coverage });
    expect(set.grid).toEqual({ start: KMS_DAY, step: STEP, length: 12 });
    expect([...set.observed]).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect([...(await countCalls([], { ...span, coverage: [] })).observed]).toEqual(Array(12).fill(0));
  });
});

describe('what is observed', () => {
  const calls = [call(0), call(0, { ...THERE, operation: 'Encrypt' })];

  it('is one mask for all rows where they agree, and one a row where they do not', async () => {
    const all = { from: KMS_DAY, to: KMS_DAY + 15 * 60_000 };
    const alike = await countCalls(calls, { coverage: [HERE, THERE].map((source) => ({ ...source, ...all })) });
    expect([...alike.observed]).toEqual([1, 1, 1]);
    const by: (keyof SeriesKey)[][] = [['operation'], ['keyArn']];
    const late = { ...THERE, from: KMS_DAY + 5 * 60_000, to: all.to };
    const apart = await countCalls(calls, { by, coverage: [{ ...HERE, ...all }, late] });
    const observed = (key: Partial<SeriesKey>) => [...observedRow(apart, rowOf(apart, key))];
    expect(observed({ operation: 'Decrypt' })).toEqual([1, 1, 1]);
    expect(observed({ operation: 'Encrypt' })).toEqual([0, 1, 1]);
    expect(observed({ keyArn: KEY })).toEqual([0, 1, 1]);
  });

  it('is nothing where a source is not covered at all', async () => {
    const coverage = [{ ...HERE, from: KMS_DAY, to: KMS_DAY + HOUR }];
    const set = await countCalls(calls, { by: [['keyArn']], coverage });
    expect([...set.observed]).toEqual(Array(12).fill(0));
  });

  it("does not depend on which account's record of a call came first", async () => {
    const mine = call(0, { sharedEventId: 'shared-3' });
    const theirs = { ...mine, ...THERE, eventId: 'theirs-3' };
    const coverage = [{ ...HERE, from: KMS_DAY, to: KMS_DAY + HOUR }];
    for (const order of [
      [mine, theirs],
      [theirs, mine],
    ]) {
      expect([...(await countCalls(order, { by: [['operation']], coverage })).observed]).toEqual(Array(12).fill(0));
    }
  });

  it('is asked for when the calls are finished', async () => {
    let finished = false;
    function* reading() {
      yield call(0);
      finished = true;
    }
    const set = await countCalls(reading(), {
      coverage: () => {
        expect(finished).toBe(true);
        return [{ ...HERE, from: KMS_DAY, to: KMS_DAY + 2 * STEP }];
      },
    });
    expect([...set.observed]).toEqual([1, 1]);
  });
});

describe('bad input to countCalls', () => {
  const here = { ...HERE, from: KMS_DAY, to: KMS_DAY + HOUR };
  it.each<[string, unknown, RegExp]>([
    ['a step of 0', { step: 0 }, /^step must be/],
    ['a start that is no time', { start: NaN }, /^start must be/],
    ['an end that is no time', { end: 'now' }, /^end must be/],
    ['an end before the start', { start: 10, end: 5 }, /^end must be later than start/],
    ['levels that are no array', { by: 'operation' }, /^by must be an array/],
    ['no level', { by: [] }, /^by must be an array of at least one/],
    ['a level that is no array', { by: ['operation'] }, /^by\[0\] must be an array/],
    ['an unknown name', { by: [['operation'], ['key']] }, /^by\[1\]\[0\] must be one of operation, .*, got "key"/],
    ['metric, which calls do not have', { by: [['metric']] }, /^by\[0\]\[0\] must be one of/],
    ['a name twice', { by: [['operation', 'operation']] }, /^by\[0\] must name each thing once/],
    [
      'a level twice',
      {
        by: [
          ['keyArn', 'operation'],
          ['operation', 'keyArn'],
        ],
      },
      /^by\[1\] must be a level of its own/,
    ],
    ['coverage that is no array', { coverage: here }, /^coverage must be an array/],
    ['coverage of nothing', { coverage: [null] }, /^coverage\[0\] must be/],
    ['coverage without a Region', { coverage: [{ ...here, region: undefined }] }, /^coverage\[0\]\.region must be/],
    ['coverage without a time', { coverage: [here, { ...here, to: undefined }] }, /^coverage\[1\]\.to must be/],
    [
      'coverage that ends before it starts',
      { coverage: [{ ...here, to: 0 }] },
      /^coverage\[0\]\.to must not be before/,
    ],
  ])('names %s', async (_, options, message) => {
    const counted = countCalls([], options as CountOptions);
    await expect(counted).rejects.toThrow(message);
    await expect(counted).rejects.toBeInstanceOf(InputError);
  });

  it('names calls that are none, such as records set aside', async () => {
    const count = (calls: unknown) => countCalls(calls as KmsCall[]);
    await expect(count([{ reason: 'not-kms' }])).rejects.toThrow(/^calls must hold .* set aside as "not-kms"/);
    await expect(count(['Decrypt'])).rejects.toThrow(/^calls must hold/);
    await expect(count('Decrypt')).rejects.toThrow(/^calls must be an iterable/);
    await expect(count({})).rejects.toThrow(/^calls must be an iterable/);
    await expect(count(null)).rejects.toThrow(InputError);
  });
});
