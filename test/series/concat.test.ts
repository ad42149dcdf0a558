import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import { concatSets } from '../../src/series/concat.js';
import { seriesKey } from '../../src/series/key.js';
import { isSparse, rowOf, type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { selectRows, sliceWindow } from '../../src/series/slice.js';
import { naiveConcat } from '../naive/concat-sets.js';
import { seriesSets, sparseOf, told } from '../support/series-sets.js';

const STEP = 60_000;
const OPERATIONS = ['Decrypt', 'Encrypt', 'Sign', '__proto__'];

/** Rows by operation: `undefined` where nothing was observed. */
type Rows = Record<string, (number | undefined)[]>;

function set(start: number, rows: Rows, measure: 'count' | 'level' = 'count'): SeriesSet {
  const series = Object.entries(rows).map(([operation, values]) => ({
    key: { operation },
    values: values.map((value) => value ?? Number.NaN),
  }));
  return seriesSet({ start: start * STEP, step: STEP, measure, series });
}

function rowsOf(joined: SeriesSet): Rows {
  return Object.fromEntries(joined.keys.map((key, row) => [key.operation, [...told(joined).values()][row]]));
}

/**
 * Sets cut from one truth, so that they agree where they overlap unless `strays` says otherwise: any rows, any time, any
 * representation, with holes.
 */
function cuts(strays = false): fc.Arbitrary<SeriesSet[]> {
  const bit = fc.constantFrom(1, 1, 1, 0);
  const piece = fc.record({
    start: fc.integer({ min: -3, max: 12 }),
    length: fc.nat(6),
    operations: fc.subarray(OPERATIONS),
    shape: fc.constantFrom('Uint32Array', 'Float64Array', 'sparse'),
    observed: fc.array(bit, { minLength: 24, maxLength: 24 }),
    each: fc.boolean(),
    stray: strays ? fc.constantFrom(0, 0, 1) : fc.constant(0),
  });
  return fc
    .record({
      measure: fc.constantFrom('count' as const, 'count' as const, 'level' as const),
      truth: fc.array(fc.constantFrom(0, 0, 3, 5_000_000_000), { minLength: 88, maxLength: 88 }),
      pieces: fc.array(piece, { minLength: 1, maxLength: 5 }),
    })
    .map(({ measure, truth, pieces }) =>
      pieces.map(({ start, length, operations, shape, observed, each, stray }): SeriesSet => {
        const cells = operations.flatMap((operation) =>
          Array.from({ length }, (_, i) => truth[OPERATIONS.indexOf(operation) * 22 + start + i + 3] + stray),
        );
        const small = cells.every((value) => value < 2 ** 32);
        return {
          grid: { start: start * STEP, step: STEP, length },
          keys: operations.map((operation) => seriesKey({ operation })),
          measure,
          values:
            shape === 'sparse' && measure === 'count'
              ? sparseOf(cells, operations.length, length)
              : shape === 'Uint32Array' && small
                ? Uint32Array.from(cells)
                : Float64Array.from(cells),
          observed: Uint8Array.from(observed.slice(0, each ? operations.length * length : length)),
        };
      }),
    );
}

/** Sets that follow one another in time, with holes between some, each of some of the keys. */
function chains(): fc.Arbitrary<SeriesSet[]> {
  return cuts().map((sets) => {
    let next = 0;
    return sets.map((one, i) => {
      const start = next + (i % 2);
      next = start + one.grid.length;
      return { ...one, grid: { ...one.grid, start: start * STEP } };
    });
  });
}

/** What a set says, whatever the order of its rows. */
function sorted(one: SeriesSet): unknown {
  return [one.grid, [...told(one)].sort(([a], [b]) => (a < b ? -1 : 1))];
}

function attempt(sets: readonly SeriesSet[]): SeriesSet | null {
  try {
    return concatSets(sets);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return null;
  }
}

describe('concatSets', () => {
  it('agrees with asking every set about every cell', () => {
    let conflicts = 0;
    fc.assert(
      fc.property(fc.oneof(cuts(), cuts(true), chains()), (sets) => {
        const joined = attempt(sets);
        const naive = naiveConcat(sets);
        if (naive === null) conflicts++;
        expect(joined === null ? null : new Map([...told(joined)].sort())).toEqual(
          naive === null ? null : new Map([...naive].sort()),
        );
      }),
      { numRuns: 1000 },
    );
    expect(conflicts).toBeGreaterThan(0);
  });

  it('gives a set back from slices of it, in any order', () => {
    const cutTimes = fc.array(fc.integer({ min: -1100, max: 1100 }), { maxLength: 4 });
    fc.assert(
      fc.property(seriesSets(), cutTimes, fc.integer(), (whole, cut, turn) => {
        const edges = [-1e12, ...cut.map((n) => n * 60_000).sort((a, b) => a - b), 1e12];
        const pieces = edges.slice(1).flatMap((to, i) => (edges[i] < to ? [sliceWindow(whole, edges[i], to)] : []));
        const shift = Math.abs(turn) % pieces.length;
        const joined = concatSets([...pieces.slice(shift), ...pieces.slice(0, shift)]);
        // Alike masks become one for all rows; the rest is as it was, to the last value that means nothing.
        expect(told(joined)).toEqual(told(whole));
        expect({ ...joined, observed: null }).toStrictEqual({
          ...whole,
          // Slices of an empty set may say that it begins elsewhere.
          grid: whole.grid.length > 0 ? whole.grid : joined.grid,
          observed: null,
        });
      }),
    );
  });

  it('gives a set back from groups of its rows', () => {
    fc.assert(
      fc.property(seriesSets(), fc.nat(31), (whole, choice) => {
        const first = selectRows(whole, (key) => (choice >> whole.keys.indexOf(key)) % 2 === 0);
        const second = selectRows(whole, (key) => (choice >> whole.keys.indexOf(key)) % 2 === 1);
        expect(sorted(concatSets([first, second]))).toEqual(sorted(whole));
      }),
    );
  });

  it('does not depend on the order of the sets', () => {
    const lists = cuts(true).chain((sets) =>
      fc.tuple(fc.constant(sets), fc.shuffledSubarray(sets, { minLength: sets.length })),
    );
    fc.assert(
      fc.property(lists, ([sets, shuffled]) => {
        expect(attempt(shuffled)).toStrictEqual(attempt(sets));
      }),
      { numRuns: 300 },
    );
  });

  it('orders rows by time and name alone', () => {
    const one = set(0, { Sign: [1, 2] });
    const other = set(0, { Encrypt: [0, 1], Decrypt: [3, 4] });
    const empty = set(-5, { Verify: [] });
    const operations = (sets: SeriesSet[]) => concatSets(sets).keys.map((key) => key.operation);
    expect(operations([one, other, empty])).toEqual(['Encrypt', 'Decrypt', 'Sign', 'Verify']);
    expect(operations([empty, other, one])).toEqual(['Encrypt', 'Decrypt', 'Sign', 'Verify']);
  });

  it('comes to the same in whatever groups pieces of time are joined', () => {
    const three = chains().filter((sets) => sets.length >= 3);
    fc.assert(
      fc.property(three, ([a, b, ...rest]) => {
        const all = concatSets([a, b, ...rest]);
        const groups = [concatSets([concatSets([a, b]), ...rest]), concatSets([a, concatSets([b, ...rest])])];
        for (const joined of groups) expect(sorted(joined)).toEqual(sorted(all));
        // Rows too come in the same order, unless a piece has keys but no buckets.
        if ([a, b, ...rest].some(({ grid }) => grid.length === 0)) return;
        expect(groups[0]).toStrictEqual(all);
        expect(groups[1]).toStrictEqual(all);
      }),
      { numRuns: 300 },
    );
  });

  it('comes to the same, or to "not known", when a late piece fills a hole', () => {
    const three = chains().filter((sets) => sets.length >= 3);
    let filled = 0;
    fc.assert(
      fc.property(three, ([a, b, ...rest]) => {
        const all = told(concatSets([a, b, ...rest]));
        const history = concatSets([a, ...rest]);
        const akin = b.keys.some((key) => rowOf(history, key) >= 0);
        for (const [id, late] of told(concatSets([history, b]))) {
          const known = all.get(id) ?? [];
          expect(late.length).toBe(known.length);
          for (const [i, value] of late.entries()) if (akin || value !== undefined) expect(value).toBe(known[i]);
        }
        if (akin) filled++;
      }),
      { numRuns: 300 },
    );
    expect(filled).toBeGreaterThan(20);
  });

  it('never takes one account that was blind for silent because another beside it was heard', () => {
    const blind = set(0, { Decrypt: [1, undefined, undefined] });
    const heard = set(1, { Sign: [0, 4] });
    expect(rowsOf(concatSets([blind, heard]))).toEqual({
      Decrypt: [1, undefined, undefined],
      Sign: [undefined, 0, 4],
    });
  });

  it('leaves its arguments as they were, and shares no memory with them', () => {
    fc.assert(
      fc.property(cuts(), (sets) => {
        const before = structuredClone(sets);
        const joined = concatSets(sets);
        const copy = structuredClone(joined);
        for (const one of sets) {
          one.observed.fill(7);
          if (!isSparse(one.values)) one.values.fill(7);
          else one.values.counts.fill(7);
        }
        expect(joined).toStrictEqual(copy);
        for (const [i, one] of sets.entries()) expect(one.grid).toEqual(before[i].grid);
      }),
    );
  });

  it('reads a key that a piece does not name as no calls, where that piece listened to all', () => {
    const january = set(0, { Decrypt: [1, 2], Sign: [0, 4] });
    const february = set(2, { Decrypt: [3, undefined, 5], Encrypt: [6, 7, 8] });
    expect(rowsOf(concatSets([january, february]))).toEqual({
      Decrypt: [1, 2, 3, undefined, 5],
      Sign: [0, 4, 0, undefined, 0],
      Encrypt: [0, 0, 6, 7, 8],
    });
  });

  it('knows nothing of a level that a piece does not name', () => {
    const joined = concatSets([set(0, { Decrypt: [1.5] }, 'level'), set(1, { Sign: [2.5] }, 'level')]);
    expect(rowsOf(joined)).toEqual({ Decrypt: [1.5, undefined], Sign: [undefined, 2.5] });
  });

  it('knows nothing of the time between pieces', () => {
    const joined = concatSets([set(5, { Decrypt: [1] }), set(1, { Decrypt: [2] })]);
    expect(joined.grid).toEqual({ start: STEP, step: STEP, length: 5 });
    expect(rowsOf(joined)).toEqual({ Decrypt: [2, undefined, undefined, undefined, 1] });
    // One mask for all rows, as before.
    expect(joined.observed.length).toBe(5);
  });

  it('hears silence in a piece without any series', () => {
    const quiet = new SeriesSetBuilder({ step: STEP, start: STEP, length: 2 }).finish();
    expect(rowsOf(concatSets([set(0, { Decrypt: [9] }), quiet]))).toEqual({ Decrypt: [9, 0, 0] });
    expect(concatSets([quiet, quiet])).toStrictEqual(quiet);
  });

  it('takes what was observed over what was not, and equal for equal', () => {
    const late = set(1, { Decrypt: [2, 3, undefined] });
    expect(rowsOf(concatSets([set(0, { Decrypt: [1, undefined, 3] }), late]))).toEqual({
      Decrypt: [1, 2, 3, undefined],
    });
  });

  it('does not take the silence of one account for that of another beside it', () => {
    const one = set(0, { Decrypt: [1, 2] });
    const other = set(0, { Sign: [0, 0, 4] });
    expect(rowsOf(concatSets([one, other]))).toEqual({ Decrypt: [1, 2, undefined], Sign: [0, 0, 4] });
  });

  it('reads a key that a later piece dropped as silent, when the two that overlap are of one source', () => {
    const monday = set(0, { Decrypt: [1, 2], Sign: [5, 0] });
    const tuesday = set(1, { Decrypt: [2, 3] });
    expect(rowsOf(concatSets([monday, tuesday]))).toEqual({ Decrypt: [1, 2, 3], Sign: [5, 0, 0] });
    // But a piece that listened while Sign was called, and does not tell, does not watch it.
    const busy = set(0, { Decrypt: [1, 2], Sign: [5, 6] });
    expect(rowsOf(concatSets([busy, tuesday]))).toEqual({ Decrypt: [1, 2, 3], Sign: [5, 6, undefined] });
  });

  it('stays sparse when all are, and is dense when any is', () => {
    const dense = set(0, { Decrypt: [1, 0, 3_000_000_000] });
    const asSparse = (one: SeriesSet): SeriesSet => ({
      ...one,
      values: sparseOf([...(one.values as Float64Array)], one.keys.length, one.grid.length),
    });
    const asCounts = (one: SeriesSet): SeriesSet => ({ ...one, values: Uint32Array.from(one.values as Float64Array) });
    const later = set(3, { Decrypt: [4, 0] });
    const empty = new SeriesSetBuilder({ step: STEP }).finish();
    expect(concatSets([asSparse(dense), asSparse(later), empty]).values).toEqual({
      offsets: Float64Array.of(0, 3),
      buckets: Uint32Array.of(0, 2, 3),
      counts: Float64Array.of(1, 3_000_000_000, 4),
    });
    expect(concatSets([asSparse(dense), asCounts(later)]).values).toEqual(Uint32Array.of(1, 0, 3e9, 4, 0));
    expect(concatSets([asCounts(dense), later]).values).toEqual(Float64Array.of(1, 0, 3e9, 4, 0));
    // A count that 32 bits would wrap keeps all its digits.
    const big = asSparse(set(3, { Decrypt: [2 ** 32] }));
    expect(concatSets([asCounts(dense), big]).values).toEqual(Float64Array.of(1, 0, 3e9, 2 ** 32));
  });

  it.each<[string, () => readonly SeriesSet[], string]>([
    ['no set', () => [], 'sets must hold a SeriesSet, got an array'],
    [
      'another step',
      () => [set(0, {}), seriesSet({ start: 0, step: 1, series: [] })],
      'sets[1].grid.step must be 60000 as sets[0] has, got 1',
    ],
    [
      'another measure',
      () => [set(0, { Sign: [1] }), set(1, { Sign: [1] }, 'level')],
      "sets[1].measure must be 'count' as sets[0] has, got 'level'",
    ],
    [
      'grids beside each other',
      () => [set(0, { Sign: [1] }), set(1.5, { Sign: [1] })],
      'sets[1].grid.start must be whole steps of 60000 ms after 1970-01-01T00:00:00.000Z, got 1970-01-01T00:01:30.000Z',
    ],
    [
      'a contradiction',
      () => [set(1, { Sign: [3] }), set(0, { Sign: [1, 2] })],
      'sets[0] must be as sets[1] where both were observed, got 3 and 2 for ["Sign",null,null,null,null,null,null] at 1970-01-01T00:01:00.000Z',
    ],
    [
      'a span that no memory holds',
      () => [set(0, { Sign: [1] }), set(2 ** 26, { Sign: [1] })],
      'sets must span at most 67108864 buckets, got 67108865',
    ],
    [
      'a key twice',
      () => [{ ...set(0, {}), keys: [seriesKey({}), seriesKey({})] }],
      'sets[0].keys[1] must be new, got [null,null,null,null,null,null,null] a second time',
    ],
    ['a wrong set', () => [{ ...set(0, { Sign: [1] }), values: new Uint32Array(3) }], 'sets[0].values must have 1'],
  ])('refuses %s', (_, sets, message) => {
    expect(() => concatSets(sets())).toThrow(InputError);
    expect(() => concatSets(sets())).toThrow(message);
  });
});
