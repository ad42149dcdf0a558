import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerShares, callsOfKey, errorsWithin } from '../../../src/engine/anomalies/callers.js';
import { errorMetric, type SeriesKey, seriesKey } from '../../../src/series/key.js';
import { type SeriesInput, seriesSet } from '../../../src/series/series-set.js';
import { DAY, HOUR, WEEK } from '../../../src/time/grid.js';
import { MONDAY } from '../../support/sets.js';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1';
const OTHER = 'arn:aws:kms:eu-central-1:111122223333:key/2';
const operation = 'Decrypt';
const BUCKETS = 24;
const FROM = MONDAY + 5 * HOUR;
const TO = MONDAY + 8 * HOUR;

/** A day of hours in which a row has so many calls in each of the three hours that are asked for, and one in all others. */
const day = (key: Partial<SeriesKey>, calls: number, others = 0): SeriesInput => ({
  key,
  values: Array.from({ length: BUCKETS }, (_, hour) => (hour >= 5 && hour < 8 ? calls : others)),
});
const setOf = (...series: SeriesInput[]) => seriesSet({ start: MONDAY, step: HOUR, series });
const asked = (key: Partial<SeriesKey>, verdict: 'above' | 'below' = 'above') => ({
  key: seriesKey(key),
  verdict,
  from: FROM,
  to: TO,
});

/** So many weeks of hours before the day; the calls of a row in each of the three hours, by week from the oldest on. */
const history = (weeks: readonly (number | null)[], rows: readonly [Partial<SeriesKey>, number][]) =>
  seriesSet({
    start: MONDAY - weeks.length * WEEK,
    step: HOUR,
    series: rows.map(([key, times]) => ({
      key,
      values: Array.from({ length: weeks.length * 168 }, (_, i) => {
        const calls = weeks[Math.floor(i / 168)];
        const hour = i % 168;
        return calls === null ? Number.NaN : hour >= 5 && hour < 8 ? calls * times : 0;
      }),
    })),
  });

describe('the callers of an anomaly', () => {
  it('come by how far they depart, those that made more first above, those that made fewer first below; then by name', () => {
    const caller = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const rows = fc.uniqueArray(fc.record({ caller, now: fc.nat(4), ever: fc.nat(4) }), {
      selector: (row) => row.caller,
    });
    fc.assert(
      fc.property(rows, fc.constantFrom('above' as const, 'below' as const), (own, verdict) => {
        const keyOf = (name: string) => ({ operation, caller: name });
        const now = setOf(...own.map((row) => day(keyOf(row.caller), row.now)));
        const usual = history(
          [1, 1, 1],
          own.map((row) => [keyOf(row.caller), row.ever]),
        );
        const found = callerShares(asked({ operation }, verdict), now, usual);
        const expected = own
          .filter((row) => row.now > 0 || row.ever > 0)
          .sort((x, y) => {
            const more = y.now - y.ever - (x.now - x.ever);
            return (verdict === 'above' ? more : -more) || (x.caller < y.caller ? -1 : 1);
          })
          .map((row) => ({ caller: row.caller, calls: 3 * row.now, usual: 3 * row.ever, before: 9 * row.ever }));
        expect(found).toEqual(expected);
      }),
    );
  });

  it('are counted once where rows are at several levels: by the least specific that has calls', () => {
    const whole = day({ operation, caller: 'a' }, 5);
    const parts = [day({ operation, caller: 'a', keyArn: KEY }, 2), day({ operation, caller: 'a', keyArn: OTHER }, 3)];
    for (const rows of [
      [whole, ...parts],
      [...parts, whole],
      [day({ operation, caller: 'a' }, 0), ...parts],
    ]) {
      expect(callerShares(asked({ operation }), setOf(...rows), undefined)).toEqual([
        { caller: 'a', calls: 15, usual: null },
      ]);
    }
    expect(callerShares(asked({ operation, keyArn: KEY }), setOf(whole, ...parts), undefined)).toMatchObject([
      { calls: 6 },
    ]);
    expect(callerShares(asked({ operation: 'Sign' }), setOf(whole, ...parts), undefined)).toEqual([]);
    // Of two levels as specific as each other, always the same: by account rather than by key.
    const other = day({ operation, caller: 'a', account: '111122223333' }, 7);
    for (const rows of [
      [...parts, other],
      [other, ...parts],
    ]) {
      expect(callerShares(asked({ operation }), setOf(...rows), undefined)).toMatchObject([{ calls: 21 }]);
    }
  });

  it('usually make what they made in the same hours of the weeks that were observed, two at least, eight at most', () => {
    const usual = (weeks: readonly (number | null)[]) =>
      callerShares(
        asked({ operation }),
        setOf(day({ operation, caller: 'a' }, 1)),
        history(weeks, [[{ operation, caller: 'a' }, 1]]),
      )[0].usual;
    expect(usual([2, 4])).toBe(9);
    expect(usual([2, null, 4])).toBe(9);
    expect(usual([null, 4])).toBeNull();
    expect(usual([100, 100, 1, 1, 1, 1, 1, 1, 1, 1])).toBe(3);
    // Less than two weeks: of the days before.
    expect(usual([4])).toBe(12 / 7);
    const short = seriesSet({ start: MONDAY - DAY, step: HOUR, series: [day({ operation, caller: 'a' }, 4)] });
    expect(callerShares(asked({ operation }), setOf(day({ operation, caller: 'a' }, 1)), short)[0].usual).toBeNull();
  });

  it('of old are left out where they would hardly have called, and those of whom nothing is known are new', () => {
    const now = setOf(day({ operation, caller: 'b' }, 1));
    const rare = (times: number) => history([1, 1], [[{ operation, caller: 'a' }, times]]);
    expect(callerShares(asked({ operation }), now, rare(1)).map(({ caller }) => caller)).toEqual(['b', 'a']);
    expect(callerShares(asked({ operation }), now, rare(0))).toEqual([{ caller: 'b', calls: 3, usual: 0, before: 0 }]);
  });

  it('of calls that succeeded are all less those that failed', () => {
    const rows = (times: number) => [
      day({ operation, caller: 'a' }, 5 * times),
      day({ operation, caller: 'a', outcome: 'error' }, 2 * times),
      day({ operation, caller: 'a', outcome: 'error', metric: errorMetric('AccessDenied') }, 2 * times),
    ];
    const ok = callerShares(asked({ operation, outcome: 'ok' }), setOf(...rows(1)), undefined);
    const failed = callerShares(asked({ operation, outcome: 'error' }), setOf(...rows(1)), undefined);
    expect(failed).toMatchObject([{ caller: 'a', calls: 6 }]);
    expect(ok).toMatchObject([{ caller: 'a', calls: 9 }]);
    // Only where it is known what failed.
    expect(callerShares(asked({ operation, outcome: 'ok' }), setOf(rows(1)[0]), undefined)).toEqual([]);
  });
});

describe('what is beside them', () => {
  it('error codes come most frequent first, then by name, and none of calls that succeeded', () => {
    const code = (name: string, calls: number, caller = 'a') =>
      day({ operation, caller, outcome: 'error', metric: errorMetric(name) }, calls);
    const set = setOf(code('B', 2), code('A', 2), code('C', 1), code('C', 2, 'b'), code('D', 0));
    const found = errorsWithin({ key: seriesKey({ operation }), from: FROM, to: TO }, set);
    expect(found).toEqual([
      { code: 'C', calls: 9 },
      { code: 'A', calls: 6 },
      { code: 'B', calls: 6 },
    ]);
    expect(errorsWithin({ key: seriesKey({ operation, outcome: 'ok' }), from: FROM, to: TO }, set)).toEqual([]);
  });

  it('who made an operation’s calls on a key, in all of a set', () => {
    const set = setOf(
      day({ operation, keyArn: KEY, caller: 'a' }, 2, 1),
      day({ operation, keyArn: OTHER, caller: 'b' }, 2, 1),
      day({ operation: 'Sign', keyArn: KEY, caller: 'c' }, 2, 1),
      day({ operation, keyArn: KEY, caller: 'd' }, 0),
    );
    expect(callsOfKey(KEY, operation, set)).toEqual([{ caller: 'a', calls: 27 }]);
  });
});
