import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CellLog } from '../../src/series/cell-log.js';
import { seeded } from '../support/random.js';

const ROWS = 5;
const LENGTH = 40;

it('holds what a Map of cells does, in any order of adding', () => {
  const entry = fc.record({
    row: fc.integer({ min: 0, max: ROWS - 1 }),
    bucket: fc.integer({ min: -9, max: 30 }),
    times: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
      const log = new CellLog();
      const expected = new Uint32Array(ROWS * LENGTH);
      for (const { row, bucket, times } of entries) {
        log.add(row, bucket, times);
        expected[row * LENGTH + bucket + 9] += times;
      }
      expect(log.values(ROWS, LENGTH, 9)).toEqual(expected);
      // Counting may go on.
      for (const { row, bucket, times } of entries) log.add(row, bucket, times);
      expect(log.values(ROWS, LENGTH, 9)).toEqual(expected.map((count) => 2 * count));
    }),
  );
});

it('stays as small as its cells are, and right, however often they come again out of order', () => {
  const random = seeded(5);
  const log = new CellLog();
  const [rows, length] = [3000, 600];
  const expected = new Map<number, number>();
  for (let i = 0; i < 1_500_000; i++) {
    const [row, bucket] = [Math.floor(random() * 50) * 60, Math.floor(random() * length)];
    log.add(row, bucket, 1);
    expected.set(row * length + bucket, (expected.get(row * length + bucket) ?? 0) + 1);
  }
  const { offsets, buckets, counts } = log.values(rows, length, 0) as Exclude<
    ReturnType<CellLog['values']>,
    Uint32Array | Float64Array
  >;
  const found = new Map<number, number>();
  let ascending = true;
  for (let row = 0; row < rows; row++) {
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      if (i > offsets[row] && buckets[i] <= buckets[i - 1]) ascending = false;
      found.set(row * length + buckets[i], counts[i]);
    }
  }
  expect(ascending).toBe(true);
  expect(found).toEqual(new Map([...expected].sort(([a], [b]) => a - b)));
});
