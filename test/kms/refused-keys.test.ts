import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REFUSED_KEYS, refusedKeys } from '../../src/kms/refused-keys.js';
import { seriesKey } from '../../src/series/key.js';
import { rowOf, seriesSet, valueAt } from '../../src/series/series-set.js';

const HOUR = 3_600_000;
const outcomes = ['ok', 'error', 'dry-run', null] as const;

/** A few callers on a few keys, some hours of failed calls. */
const rows = fc.uniqueArray(
  fc.record({
    caller: fc.constantFrom('role/A', 'role/B', null),
    keyArn: fc.constantFrom('key/1', 'key/2', 'key/3', null),
    operation: fc.constantFrom('Decrypt', 'Sign', null),
    outcome: fc.constantFrom(...outcomes),
    hours: fc.array(fc.nat(99), { maxLength: 8 }),
  }),
  {
    minLength: 1,
    maxLength: 12,
    selector: ({ caller, keyArn, operation, outcome }) => JSON.stringify([caller, keyArn, operation, outcome]),
  },
);

describe('refusedKeys', () => {
  it('counts, of each caller, the keys that refuse it and had not for a day: as asked bucket by bucket', () => {
    fc.assert(
      fc.property(rows, (rows) => {
        const series = rows.map(({ hours, ...key }) => {
          const values = new Float64Array(100);
          for (const hour of hours) values[hour]++;
          return { key, values };
        });
        const set = seriesSet({ start: 0, step: HOUR, series });
        const found = refusedKeys(set);
        const failing = rows.filter(({ outcome }) => outcome === 'error' || outcome === 'dry-run');
        const callers = new Set(failing.flatMap(({ caller, keyArn }) => (keyArn === null ? [] : (caller ?? []))));
        expect(found.keys).toHaveLength(callers.size);
        for (const caller of callers) {
          const key = seriesKey({ caller, outcome: 'error', metric: REFUSED_KEYS });
          const row = rowOf(found, key);
          const refused = (keyArn: string, hour: number) =>
            failing.some((one) => one.caller === caller && one.keyArn === keyArn && one.hours.includes(hour));
          for (let hour = 0; hour < 100; hour++) {
            const before = Array.from({ length: 23 }, (_, i) => hour - 1 - i);
            const now = ['key/1', 'key/2', 'key/3'].filter(
              (keyArn) => refused(keyArn, hour) && !before.some((earlier) => refused(keyArn, earlier)),
            );
            expect(valueAt(found, row, hour)).toBe(now.length);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is not observed where one of a caller’s rows is not', () => {
    const values = Float64Array.of(1, 0, 1);
    const set = seriesSet({
      start: 0,
      step: HOUR,
      series: [
        { key: { caller: 'role/A', keyArn: 'key/1', outcome: 'error' }, values },
        { key: { caller: 'role/A', keyArn: 'key/2', outcome: 'error' }, values: [0, Number.NaN, 0] },
        { key: { caller: 'role/B', keyArn: 'key/2', outcome: 'error' }, values },
      ],
    });
    expect([...refusedKeys(set).observed]).toEqual([1, 0, 1, 1, 1, 1]);
  });

  it('has no row without failed calls', () => {
    const set = seriesSet({ start: 0, step: HOUR, series: [{ key: { operation: 'Decrypt' }, values: [1] }] });
    expect(refusedKeys(set).keys).toEqual([]);
  });
});
