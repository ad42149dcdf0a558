import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatedCounts } from '../../src/plan/stated-counts.js';
import { ByteReader, ByteWriter } from '../../src/series/bytes.js';
import { seriesKey } from '../../src/series/key.js';
import { observedRow, readRow, type SeriesSet, seriesSet } from '../../src/series/series-set.js';

const STEP = 300_000;
const START = Date.UTC(2026, 4, 4);
const BUCKETS = 12;
const grid = { start: START, step: STEP, length: BUCKETS };
const KEYS = ['Decrypt', 'Sign', 'Verify'].map((operation) => seriesKey({ operation, outcome: 'ok' }));
const always = () => [{ from: START, to: START + BUCKETS * STEP }];
const nowhere = () => false;

/** One poll's word on some rows from a bucket on; NaN where it does not know. */
interface Statement {
  readonly from: number;
  readonly rows: readonly { readonly key: number; readonly counts: readonly number[] }[];
}

const statements: fc.Arbitrary<Statement[]> = fc.array(
  fc.integer({ min: 0, max: BUCKETS - 1 }).chain((from) =>
    fc.integer({ min: 1, max: BUCKETS - from }).chain((length) =>
      fc.record({
        from: fc.constant(from),
        rows: fc.uniqueArray(
          fc.record({
            key: fc.integer({ min: 0, max: KEYS.length - 1 }),
            counts: fc.array(
              fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 9 }) }, fc.constant(Number.NaN)),
              {
                minLength: length,
                maxLength: length,
              },
            ),
          }),
          { minLength: 1, selector: ({ key }) => key },
        ),
      }),
    ),
  ),
  { minLength: 1, maxLength: 8 },
);

function setOf({ from, rows }: Statement): SeriesSet {
  return seriesSet({
    start: START + from * STEP,
    step: STEP,
    series: rows.map(({ key, counts }) => ({ key: KEYS[key], values: counts })),
  });
}

/** Row by row what stands: the last word on each bucket; NaN where it is unknown. */
function naive(all: readonly Statement[]): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (const { from, rows: said } of all) {
    for (const { key, counts } of said) {
      // Before it is first known of, a row had no call.
      const row = rows.get(key) ?? new Array<number>(BUCKETS).fill(0);
      const known = rows.has(key);
      rows.set(key, row);
      const observedUntil = untilOf.get(row) ?? -1;
      for (const [i, count] of counts.entries()) {
        const b = from + i;
        if (!Number.isNaN(count)) row[b] = count;
        else if (b >= observedUntil || !known) row[b] = Number.NaN;
      }
      const last = counts.findLastIndex((count) => !Number.isNaN(count));
      if (last >= 0) untilOf.set(row, Math.max(observedUntil, from + last + 1));
    }
  }
  return rows;
}
const untilOf = new WeakMap<number[], number>();

function read(stated: StatedCounts): Map<number, number[]> {
  const set = stated.window('judged', grid, nowhere, always, []);
  const y = new Float64Array(BUCKETS);
  return new Map(
    set.keys.map((key, row) => {
      readRow(set, row, y);
      const observed = observedRow(set, row);
      return [
        KEYS.findIndex(({ operation }) => operation === key.operation),
        Array.from(y, (v, b) => (observed[b] ? v : NaN)),
      ];
    }),
  );
}

function reread(stated: StatedCounts): StatedCounts {
  const out = new ByteWriter();
  stated.write(out);
  const bytes = out.toBytes();
  return StatedCounts.read(new ByteReader(bytes, 0));
}

describe('counts that sources state', () => {
  it('stand as they were stated last, each bucket once, however often it was stated', () => {
    fc.assert(
      fc.property(statements, fc.boolean(), (all, restarts) => {
        let stated = new StatedCounts();
        for (const one of all) {
          stated.take(setOf(one), 'metrics', START, Infinity);
          if (restarts) stated = reread(stated);
        }
        expect(read(stated)).toEqual(naive(all));
        let size = 0;
        for (const [key, row] of read(stated)) {
          const sum = row.reduce((total, count) => total + (count || 0), 0);
          expect(stated.sum(KEYS[key], START, START + BUCKETS * STEP)).toBeGreaterThanOrEqual(sum);
          size += row.filter((count) => count > 0).length;
        }
        expect(stated.size).toBeGreaterThanOrEqual(size);
      }),
      { numRuns: 300, seed: 17 },
    );
  });

  it('say the same twice without a change, and where a change begins', () => {
    const stated = new StatedCounts();
    const first = { from: 0, rows: [{ key: 0, counts: [1, 2, 3, 4] }] };
    expect(stated.take(setOf(first), 'metrics', START, Infinity)).toMatchObject({
      calls: 10,
      changed: START,
      tooLate: 0,
    });
    expect(stated.take(setOf(first), 'metrics', START, Infinity)).toMatchObject({ calls: 0, changed: Infinity });
    const revised = { from: 0, rows: [{ key: 0, counts: [1, 2, 5, 4] }] };
    expect(stated.take(setOf(revised), 'metrics', START, Infinity)).toMatchObject({
      calls: 2,
      changed: START + 2 * STEP,
    });
    expect(stated.sum(KEYS[0], START, START + 4 * STEP)).toBe(12);
    // Of what was judged too long ago, the first word stands.
    const late = { from: 0, rows: [{ key: 0, counts: [9, 9, 5, 4] }] };
    expect(stated.take(setOf(late), 'metrics', START + 2 * STEP, Infinity)).toMatchObject({
      tooLate: 15,
      changed: Infinity,
    });
    expect(read(stated).get(0)?.slice(0, 4)).toEqual([1, 2, 5, 4]);
  });

  it('belong to the source that stated them first, and to calls where there are any', () => {
    const stated = new StatedCounts();
    const one = {
      from: 0,
      rows: [
        { key: 0, counts: [1] },
        { key: 1, counts: [2] },
      ],
    };
    stated.take(setOf(one), 'metrics', START, Infinity);
    const { refused, calls } = stated.take(setOf(one), 'more metrics', START, Infinity);
    expect([calls, refused]).toEqual([0, [KEYS[0], KEYS[1]].map((key) => ({ key, source: 'metrics' }))]);
    const left = stated.window('judged', grid, (id) => id.includes('Sign'), always, []);
    expect(left.keys).toEqual([KEYS[0]]);
  });

  it('are not observed where their source did not listen, nor where the plan excludes them', () => {
    const stated = new StatedCounts();
    stated.take(setOf({ from: 0, rows: [{ key: 0, counts: [1, 1, 1, 1] }] }), 'metrics', START, Infinity);
    const heard = () => [{ from: START, to: START + 3 * STEP }];
    const set = stated.window('judged', grid, nowhere, heard, [{ from: START + STEP, to: START + 2 * STEP }]);
    expect([...observedRow(set, 0)].slice(0, 5)).toEqual([1, 0, 1, 0, 0]);
    stated.forgetBefore(START + 2 * STEP);
    expect([stated.size, stated.first]).toEqual([2, START + 2 * STEP]);
  });
});
