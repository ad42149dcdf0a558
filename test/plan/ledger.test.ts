import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import { BY_CALLER } from '../../src/kms/call-rows.js';
import { countCalls } from '../../src/kms/index.js';
import { isByCaller, judgedRows } from '../../src/kms/judged-rows.js';
import { REFUSED_KEYS } from '../../src/kms/refused-keys.js';
import { Ledger } from '../../src/plan/ledger.js';
import { ByteReader, ByteWriter } from '../../src/series/bytes.js';
import { keyId, type SeriesSet } from '../../src/series/index.js';
import { observedRow, valueAt } from '../../src/series/series-set.js';
import { selectRows } from '../../src/series/slice.js';
import { HOUR } from './support.js';

const STEP = HOUR;
const calls = fc.array(
  fc.record({
    time: fc.nat(20 * HOUR),
    operation: fc.constantFrom('Decrypt', 'Encrypt', 'ReEncrypt'),
    keys: fc.subarray(['a', 'b', 'c']),
    caller: fc.constantFrom('x', 'y'),
    error: fc.constantFrom(null, null, 'AccessDeniedException', 'DryRunOperationException'),
    source: fc.constantFrom('one' as const, 'two' as const),
  }),
  { maxLength: 40 },
);
type Made = typeof calls extends fc.Arbitrary<(infer T)[]> ? T : never;
const callOf = ({ time, operation, keys, caller, error }: Made): KmsCall => ({
  time,
  operation,
  keyArns: keys,
  account: '111122223333',
  region: 'eu-central-1',
  caller,
  error,
  eventId: '',
  sharedEventId: null,
});

function copyOf(ledger: Ledger): Ledger {
  const out = new ByteWriter();
  ledger.write(out);
  const from = new ByteReader(out.toBytes());
  const copy = Ledger.read(from, STEP);
  from.end();
  return copy;
}

/** Calls by row and bucket, without the rows that have none. */
function contents(set: SeriesSet): Map<string, number[]> {
  const rows = set.keys.map((key, row): [string, number[]] => [
    keyId(key),
    Array.from({ length: set.grid.length }, (_, b) => valueAt(set, row, b)),
  ]);
  return new Map(rows.filter(([, counts]) => counts.some((count) => count > 0)).sort());
}

describe('Ledger', () => {
  it('counts as countCalls does, in any order, before and after it was written and read', async () => {
    await fc.assert(
      fc.asyncProperty(calls, fc.nat(40), async (made, cut) => {
        let ledger = new Ledger(STEP);
        for (const [i, entry] of made.entries()) {
          if (i === cut) ledger = copyOf(ledger);
          ledger.add(callOf(entry), entry.source);
        }
        for (const what of ['judged', 'callers'] as const) {
          const set = await countCalls(made.map(callOf), { start: 0, end: 24 * HOUR, step: STEP, by: BY_CALLER });
          const expected = what === 'judged' ? judgedRows(set, 'all') : selectRows(set, isByCaller);
          const whole = ledger.window(0, 24 * HOUR, what, []);
          expect(contents(whole)).toEqual(contents(expected));
          expect(copyOf(ledger).window(0, 24 * HOUR, what, [])).toEqual(whole);
          for (const key of whole.keys) {
            if (key.metric === REFUSED_KEYS) continue;
            const row = contents(whole).get(keyId(key)) ?? [];
            expect(ledger.sum(key, 3 * HOUR, 9 * HOUR)).toBe(row.slice(3, 9).reduce((sum, count) => sum + count, 0));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('observes a row where every source that ever told of it listened to the whole bucket', () => {
    const ranges = fc.array(fc.tuple(fc.nat(24), fc.integer({ min: 1, max: 8 })), { maxLength: 5 });
    fc.assert(
      fc.property(calls, ranges, ranges, (made, one, two) => {
        const ledger = new Ledger(STEP);
        const heard = { one, two };
        for (const source of ['one', 'two'] as const) {
          for (const [from, hours] of heard[source]) {
            ledger.listen(source, [{ from: from * HOUR - 60_000, to: (from + hours) * HOUR }]);
          }
        }
        for (const entry of made) ledger.add(callOf(entry), entry.source);
        const window = ledger.window(0, 24 * HOUR, 'judged', [{ from: 5.5 * HOUR, to: 6 * HOUR }]);
        for (const [row, key] of window.keys.entries()) {
          const told = new Set<'one' | 'two'>(made.filter((entry) => countsIn(key, entry)).map(({ source }) => source));
          if (key.metric === REFUSED_KEYS) {
            for (const source of ['one', 'two'] as const) if (heard[source].length > 0) told.add(source);
            for (const { source } of made) told.add(source);
          }
          const mask = observedRow(window, row);
          for (let b = 0; b < 24; b++) {
            const listened = [...told].every((source) =>
              heard[source].some(([from, hours]) => b >= from && b < from + hours),
            );
            expect(mask[b]).toBe(listened && b !== 5 ? 1 : 0);
          }
        }
      }),
    );
  });

  it('forgets counts and callers, never a row that is judged', () => {
    fc.assert(
      fc.property(calls, fc.nat(20), (made, hour) => {
        const ledger = new Ledger(STEP);
        for (const entry of made) ledger.add(callOf(entry), entry.source);
        const rows = ledger.judgedKeys();
        ledger.forgetBefore(hour * HOUR);
        const later = new Ledger(STEP);
        for (const entry of made) if (entry.time >= hour * HOUR) later.add(callOf(entry), entry.source);
        expect(ledger.judgedKeys()).toEqual(rows);
        const callers = ledger.window(0, 24 * HOUR, 'callers', []);
        expect(contents(callers)).toEqual(contents(later.window(0, 24 * HOUR, 'callers', [])));
        expect(callers.keys.length).toBe(contents(callers).size);
        // What was forgotten may come again.
        for (const entry of made.slice(0, 1)) ledger.add(callOf({ ...entry, time: 23 * HOUR }), 'one');
      }),
    );
  });
});

/** Whether a call counts in a row. */
function countsIn(key: SeriesSet['keys'][number], { operation, keys, error, caller }: Made): boolean {
  const outcome = error === null ? 'ok' : error === 'DryRunOperationException' ? 'dry-run' : 'error';
  return (
    (key.operation === null || key.operation === operation) &&
    (key.keyArn === null || keys.includes(key.keyArn)) &&
    (key.outcome === null || key.outcome === outcome) &&
    (key.caller === null || key.caller === caller)
  );
}
