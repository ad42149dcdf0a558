import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Scores, UNKNOWN } from '../../src/engine/types.js';
import { tally } from '../../src/plan/health.js';
import { newWatchData } from '../../src/plan/watch-data.js';

const shape = fc.record({ rows: fc.integer({ min: 1, max: 6 }), length: fc.integer({ min: 1, max: 5 }) });
const cells = shape.chain(({ rows, length }) =>
  fc.record({
    rows: fc.constant(rows),
    length: fc.constant(length),
    bucket: fc.nat(length - 1),
    verdicts: fc.array(fc.constantFrom(-1, 0, 1, UNKNOWN), { minLength: rows * length, maxLength: rows * length }),
    surprise: fc.array(fc.double({ min: -8, max: 8, noNaN: true }), {
      minLength: rows * length,
      maxLength: rows * length,
    }),
    inAlarm: fc.uniqueArray(fc.nat(rows - 1)),
  }),
);

it('tally counts each row of its bucket, and no other; what is open says nothing of calibration', () => {
  fc.assert(
    fc.property(cells, ({ rows, length, bucket, verdicts, surprise, inAlarm }) => {
      const window = { grid: { start: 0, step: 1, length }, keys: Array.from({ length: rows }) };
      const { tallies } = newWatchData('test');
      tally(tallies, { window, verdicts, surprise } as unknown as Scores, bucket, new Set(inAlarm));
      const column = Array.from({ length: rows }, (_, row) => ({
        verdict: verdicts[row * length + bucket],
        surprise: surprise[row * length + bucket],
        open: inAlarm.includes(row),
      }));
      const count = (is: (cell: (typeof column)[number]) => boolean) => column.filter(is).length;
      expect([tallies.normal, tallies.above, tallies.below, tallies.unknown]).toEqual([
        count(({ verdict }) => verdict === 0),
        count(({ verdict }) => verdict === 1),
        count(({ verdict }) => verdict === -1),
        count(({ verdict }) => verdict === UNKNOWN),
      ]);
      const quiet = ({ verdict, open }: (typeof column)[number]) => verdict !== UNKNOWN && !open;
      expect(tallies.quiet).toBe(count(quiet));
      // Levels of 10⁻², 10⁻³ and so on, above and below.
      for (const [i, level] of [2, 3, 4].entries()) {
        expect(tallies.surprising[2 * i]).toBe(count((cell) => quiet(cell) && cell.surprise >= level));
        expect(tallies.surprising[2 * i + 1]).toBe(count((cell) => quiet(cell) && cell.surprise <= -level));
      }
    }),
  );
});
