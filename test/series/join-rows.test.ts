import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeriesSetBuilder } from '../../src/series/builder.js';
import { joinRows } from '../../src/series/join-rows.js';
import { observedRow, readRow, type SeriesSet, seriesSet } from '../../src/series/series-set.js';

const counts = fc.array(fc.array(fc.oneof(fc.nat(3), fc.constant(Number.NaN)), { minLength: 5, maxLength: 5 }), {
  maxLength: 4,
});

function setOf(rows: readonly (readonly number[])[], name: string, sparse: boolean): SeriesSet {
  const keys = rows.map((_, i) => ({ operation: `${name}${i}` }));
  if (!sparse) {
    const series = rows.map((values, i) => ({ key: keys[i], values }));
    return seriesSet({ start: 0, step: 1000, series, observed: new Uint8Array(5).fill(1) });
  }
  const builder = new SeriesSetBuilder({ step: 1000, start: 0, end: 5000 });
  for (const [i, values] of rows.entries()) {
    builder.add(keys[i], 0, 0);
    for (const [bucket, calls] of values.entries()) {
      if (calls > 0) builder.add(keys[i], bucket * 1000, calls);
    }
  }
  return builder.finish();
}

function rowsOf(set: SeriesSet): unknown[] {
  const y = new Float64Array(set.grid.length);
  return set.keys.map((key, row) => {
    readRow(set, row, y);
    return { key, values: [...y], observed: [...observedRow(set, row)] };
  });
}

describe('joinRows', () => {
  it('has the rows of both, each with its counts and what was observed of it', () => {
    fc.assert(
      fc.property(counts, counts, fc.boolean(), fc.boolean(), (a, b, sparseA, sparseB) => {
        const [one, other] = [setOf(a, 'A', sparseA), setOf(b, 'B', sparseB)];
        expect(rowsOf(joinRows(one, other))).toEqual([...rowsOf(one), ...rowsOf(other)]);
      }),
    );
  });
});
