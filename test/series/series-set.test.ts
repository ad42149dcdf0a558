import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import { keyId, seriesKey } from '../../src/series/key.js';
import {
  isSparse,
  observedRow,
  readRow,
  rowOf,
  type SeriesSet,
  seriesSet,
  valueAt,
} from '../../src/series/series-set.js';
import { selectRows, sliceWindow } from '../../src/series/slice.js';

const at = { start: 0, step: 1000 };
const key = (operation: string) => ({ operation });

/** All that a set says, but for zeros where it listened: by time, so that two grids compare. */
function cells(set: SeriesSet): Record<string, [time: number, value: number, observed: number][]> {
  const out = new Float64Array(set.grid.length);
  const found: Record<string, [number, number, number][]> = {};
  for (const [row, k] of set.keys.entries()) {
    readRow(set, row, out);
    const observed = observedRow(set, row);
    let alike = true;
    const told: [number, number, number][] = [];
    for (const [i, value] of out.entries()) {
      alike &&= valueAt(set, row, i) === value;
      if (value !== 0 || observed[i] !== 1) told.push([set.grid.start + i * set.grid.step, value, observed[i]]);
    }
    expect(alike).toBe(true);
    found[keyId(k)] = told;
  }
  return found;
}

describe('seriesSet', () => {
  it('holds what it is given, and reads NaN as not observed', () => {
    const set = seriesSet({
      ...at,
      series: [
        { key: key('Decrypt'), values: [1, Number.NaN, 3] },
        { key: key('Encrypt'), values: [0, 5, 0] },
      ],
    });
    expect(set.grid).toEqual({ start: 0, step: 1000, length: 3 });
    expect([...observedRow(set, 0)]).toEqual([1, 0, 1]);
    expect([...observedRow(set, 1)]).toEqual([1, 1, 1]);
    expect(valueAt(set, rowOf(set, key('Encrypt')), 1)).toBe(5);
    expect(rowOf(set, key('Sign'))).toBe(-1);
  });

  it.each([
    [{ ...at, step: 0, series: [] }, 'step must be an integer in [1, 31622400000], got 0'],
    [{ ...at, meaure: 'level', series: [] }, 'input.meaure is unknown: did you mean measure?'],
    [
      { ...at, series: [{ key: key('Sign'), values: [1], observed: [1] }] },
      'series[0].observed is unknown: there are key, values',
    ],
    [{ ...at, series: undefined as never }, 'series must be an array of keys with values, got undefined'],
    [{ ...at, start: Number.NaN, series: [] }, 'start must be a Date or whole epoch milliseconds, got NaN'],
    [{ ...at, measure: 'rate' as 'count', series: [] }, "measure must be 'count' or 'level', got \"rate\""],
    [
      {
        ...at,
        series: [
          { key: {}, values: [1] },
          { key: {}, values: [1] },
        ],
      },
      'series[1].key must be new',
    ],
    [
      {
        ...at,
        series: [
          { key: {}, values: [1] },
          { key: key('Sign'), values: [1, 2] },
        ],
      },
      'series[1].values must have 1 entries as series[0] has, got 2',
    ],
    [
      { ...at, series: [{ key: {}, values: [1, -1] }] },
      'series[0].values[1] must be a whole number of calls, 0 or more, or NaN, got -1',
    ],
    [{ ...at, series: [{ key: {}, values: [0.5] }] }, 'got 0.5'],
    [
      { ...at, series: [{ key: {}, values: [1] }], observed: [1, 1] },
      'observed must have 1 entries, one a bucket, got 2',
    ],
  ])('refuses what cannot be one (%#)', (input, message) => {
    expect(() => seriesSet(input)).toThrow(InputError);
    expect(() => seriesSet(input)).toThrow(message);
  });

  it('takes levels as they are', () => {
    const set = seriesSet({ ...at, measure: 'level', series: [{ key: {}, values: [-0.5, 2.25] }] });
    expect([...(set.values as Float64Array)]).toEqual([-0.5, 2.25]);
  });
});

describe('SeriesSetBuilder', () => {
  const operation = fc.constantFrom('Decrypt', 'Encrypt', '__proto__', 'constructor');
  const calls = fc.array(
    fc.record({
      operation,
      time: fc.integer({ min: -5_000_000, max: 5_000_000 }),
      times: fc.integer({ min: 1, max: 9 }),
    }),
  );

  it('counts as a plain map does, in any order', () => {
    fc.assert(
      fc.property(
        calls,
        fc.integer({ min: 1, max: 100_000 }),
        fc.option(fc.integer({ min: -1_000_000, max: 1_000_000 }), { nil: undefined }),
        (list, step, start) => {
          const builder = new SeriesSetBuilder(start === undefined ? { step } : { step, start });
          const naive = new Map<string, number>();
          for (const { operation, time, times } of list) {
            builder.add({ operation }, time, times);
            if (start !== undefined && time < start) continue;
            const bucket =
              start === undefined ? Math.floor(time / step) * step : start + Math.floor((time - start) / step) * step;
            const id = `${operation} ${bucket}`;
            naive.set(id, (naive.get(id) ?? 0) + times);
          }
          const set = builder.finish();
          const found = new Map<string, number>();
          for (const [row, k] of set.keys.entries()) {
            for (let i = 0; i < set.grid.length; i++) {
              const value = valueAt(set, row, i);
              if (value > 0) found.set(`${k.operation} ${set.grid.start + i * step}`, value);
            }
          }
          expect(new Map([...found].sort())).toEqual(new Map([...naive].sort()));
        },
      ),
    );
  });

  it('grows sparse rows when most buckets are empty, and reads the same', () => {
    const builder = new SeriesSetBuilder({ step: 100, start: 0 });
    const dense = new SeriesSetBuilder({ step: 100, start: 0, end: 3_000_000 });
    for (let row = 0; row < 40; row++) {
      for (const time of [row * 700, 2_999_990, row * 700, 5]) {
        builder.add({ operation: `op${row}` }, time);
        if (row < 30) dense.add({ operation: `op${row}` }, time);
      }
    }
    const sparse = builder.finish({ from: 0, to: 3_000_000 });
    expect(isSparse(sparse.values)).toBe(true);
    const few = dense.finish();
    expect(isSparse(few.values)).toBe(false);
    const some = selectRows(sparse, (k) => rowOf(few, k) >= 0);
    expect(cells(some)).toEqual(cells(few));
    expect(cells(sliceWindow(some, 100_000, 900_000))).toEqual(cells(sliceWindow(few, 100_000, 900_000)));
  });

  it('marks buckets that were not wholly listened to', () => {
    const builder = new SeriesSetBuilder({ step: 10, start: 0, end: 100 });
    builder.add(key('Decrypt'), 5);
    builder.add(key('Encrypt'), 5);
    builder.markUnobserved(52, 61);
    const set = builder.finish(undefined, (k) =>
      k.operation === 'Decrypt'
        ? [
            { from: 25, to: 60 },
            { from: 60, to: 99 },
          ]
        : null,
    );
    expect([...observedRow(set, 0)]).toEqual([0, 0, 0, 1, 1, 0, 0, 1, 1, 0]);
    expect([...observedRow(set, 1)]).toEqual([1, 1, 1, 1, 1, 0, 0, 1, 1, 1]);
  });

  it('marks a last bucket that reaches past the end, and says no to calls outside', () => {
    const builder = new SeriesSetBuilder({ step: 10, start: 0, end: 25 });
    const row = builder.row(seriesKey(key('Decrypt')));
    expect([builder.addAt(row, -1), builder.addAt(row, 24), builder.addAt(row, 25)]).toEqual([false, true, false]);
    expect([...builder.finish().observed]).toEqual([1, 1, 0]);
  });

  it('takes a grid as its options', () => {
    const grid = { start: 100, step: 10, length: 3 };
    const builder = new SeriesSetBuilder(grid);
    builder.add(key('Decrypt'), 129);
    builder.add(key('Decrypt'), 130);
    expect(builder.finish().grid).toEqual(grid);
    expect(valueAt(builder.finish(), 0, 2)).toBe(1);
    expect(() => new SeriesSetBuilder({ step: 10, length: 3 })).toThrow(
      'length must come with start and without end, got 3',
    );
  });

  it('refuses a grid that no memory would hold', () => {
    const builder = new SeriesSetBuilder({ step: 1 });
    builder.add(key('Decrypt'), 0);
    expect(() => builder.add(key('Decrypt'), Date.UTC(2026, 0, 1))).toThrow('step must be wide enough');
    expect(() => new SeriesSetBuilder({ step: 1, start: 5, end: 5 })).toThrow(
      'end must be later than start (5), got 5',
    );
    expect(() => builder.add(key('Decrypt'), 0, 1.5)).toThrow('times must be an integer');
  });

  it('is an empty set when nothing was added', () => {
    const set = new SeriesSetBuilder({ step: 1000 }).finish();
    expect([set.keys.length, set.grid.length]).toEqual([0, 0]);
  });
});

describe('sliceWindow', () => {
  it('holds every bucket once in slices that meet', () => {
    const set = seriesSet({
      ...at,
      series: [
        { key: key('Decrypt'), values: [1, 2, 3, 4] },
        { key: key('Sign'), values: [5, Number.NaN, 7, 8] },
      ],
    });
    const parts = [sliceWindow(set, -10, 1500), sliceWindow(set, 1500, 2000), sliceWindow(set, 2000, 99_000)];
    expect(parts.map((part) => part.grid)).toEqual([
      { start: 0, step: 1000, length: 2 },
      { start: 2000, step: 1000, length: 0 },
      { start: 2000, step: 1000, length: 2 },
    ]);
    expect([...observedRow(parts[0], 1)]).toEqual([1, 0]);
    expect(valueAt(parts[2], 1, 1)).toBe(8);
    expect(() => sliceWindow(set, 5, 5)).toThrow(InputError);
  });
});
