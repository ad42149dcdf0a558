import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { type Coverage, CoverageTracker } from '../../src/kms/coverage.js';

const MINUTE = 60_000;
const TICK = 5 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const MONDAY = Date.UTC(2024, 2, 4);

function coverageOf(times: Iterable<number>, maxQuiet?: number): { from: number; to: number }[] {
  const tracker = new CoverageTracker();
  for (const time of times) tracker.add('111122223333', 'eu-central-1', time);
  return tracker.coverage(maxQuiet === undefined ? {} : { maxQuiet }).map(({ from, to }) => ({ from, to }));
}

/** A record every minute of `[from, to)` for which `active` holds. */
function* everyMinute(from: number, to: number, active: (time: number) => boolean = () => true): Generator<number> {
  for (let time = from; time < to; time += MINUTE) if (active(time)) yield time;
}

const hourOf = (time: number): number => new Date(time).getUTCHours();
const isWeekend = (time: number): boolean => [0, 6].includes(new Date(time).getUTCDay());

describe('CoverageTracker', () => {
  it('covers the whole ticks of five minutes of the first record and the last', () => {
    expect(coverageOf([MONDAY + 7 * MINUTE, MONDAY + 31 * MINUTE])).toEqual([
      { from: MONDAY + TICK, to: MONDAY + 35 * MINUTE },
    ]);
    expect(coverageOf([MONDAY])).toEqual([{ from: MONDAY, to: MONDAY + TICK }]);
    expect(coverageOf([MONDAY + TICK - 1])).toEqual([{ from: MONDAY, to: MONDAY + TICK }]);
  });

  it('covers nothing without records', () => {
    expect(new CoverageTracker().coverage()).toEqual([]);
  });

  it('shows an hours-long stop of a busy account as a hole', () => {
    const stop = { from: MONDAY + 3 * DAY + 10 * HOUR, to: MONDAY + 3 * DAY + 13 * HOUR };
    const times = everyMinute(MONDAY, MONDAY + 7 * DAY, (time) => time < stop.from || time >= stop.to);
    expect(coverageOf(times)).toEqual([
      { from: MONDAY, to: stop.from },
      { from: stop.to, to: MONDAY + 7 * DAY },
    ]);
  });

  it('covers an hour of quiet in a busy account, and not a tick more', () => {
    const quiet = (length: number) =>
      coverageOf(
        everyMinute(MONDAY, MONDAY + 7 * DAY, (time) => time < MONDAY + 3 * DAY || time >= MONDAY + 3 * DAY + length),
      );
    expect(quiet(HOUR)).toHaveLength(1);
    expect(quiet(HOUR + TICK)).toHaveLength(2);
  });

  it('covers nights that are quiet every day', () => {
    const times = everyMinute(MONDAY, MONDAY + 5 * DAY, (time) => hourOf(time) >= 8 && hourOf(time) < 18);
    expect(coverageOf(times)).toEqual([{ from: MONDAY + 8 * HOUR, to: MONDAY + 4 * DAY + 18 * HOUR }]);
  });

  it.each([
    ['of an account that works day and night', 0, 24],
    ['after short nights', 2, 22],
    ['after long nights', 9, 17],
  ])('covers week ends that are quiet every week, from two whole weeks on, %s', (_, from, to) => {
    const active = (time: number) => !isWeekend(time) && hourOf(time) >= from && hourOf(time) < to;
    for (const days of [15, 18, 28, 61]) {
      expect(coverageOf(everyMinute(MONDAY, MONDAY + days * DAY, active))).toHaveLength(1);
    }
  });

  it('shows a stop of some days even where nights and week ends are quiet', () => {
    const stop = { from: MONDAY + 15 * DAY, to: MONDAY + 24 * DAY };
    const times = everyMinute(
      MONDAY,
      MONDAY + 42 * DAY,
      (time) => !isWeekend(time) && hourOf(time) >= 8 && hourOf(time) < 18 && (time < stop.from || time >= stop.to),
    );
    expect(coverageOf(times)).toEqual([
      { from: MONDAY + 8 * HOUR, to: MONDAY + 14 * DAY + 18 * HOUR },
      { from: stop.to + 8 * HOUR, to: MONDAY + 39 * DAY + 18 * HOUR },
    ]);
  });

  it('covers the days between the records of a nearly unused Region', () => {
    const times = [0, 3, 7, 9, 14, 16].map((day) => MONDAY + day * DAY + 5 * HOUR);
    expect(coverageOf(times)).toHaveLength(1);
  });

  it('cannot tell a stop from a night on a single day, and covers all of that', () => {
    expect(coverageOf(everyMinute(MONDAY, MONDAY + DAY, (time) => hourOf(time) < 4 || hourOf(time) > 20))).toHaveLength(
      1,
    );
  });

  it('takes a limit of the caller’s instead', () => {
    const times = [MONDAY, MONDAY + 35 * MINUTE, MONDAY + 90 * DAY];
    expect(coverageOf(times, 30 * MINUTE)).toHaveLength(2);
    expect(coverageOf(times, 30 * MINUTE - 1)).toHaveLength(3);
    expect(coverageOf(times, Infinity)).toEqual([{ from: MONDAY, to: MONDAY + 90 * DAY + TICK }]);
  });

  it.each([0, -1, Number.NaN])('refuses %s as a limit', (maxQuiet) => {
    expect(() => new CoverageTracker().coverage({ maxQuiet })).toThrow(InputError);
    expect(() => new CoverageTracker().coverage({ maxQuiet })).toThrow(/^maxQuiet must be milliseconds above 0/);
  });

  it('keeps accounts and Regions apart, in their order', () => {
    const tracker = new CoverageTracker();
    const at = (account: string, region: string, time: number): Coverage => {
      tracker.add(account, region, time);
      return { account, region, from: time, to: time + TICK };
    };
    const late = at('2', 'a', MONDAY + DAY);
    const names = [at('1', 'b', MONDAY), at('1', 'a', MONDAY), at('__proto__', 'constructor', MONDAY)];
    const all = { from: MONDAY, to: MONDAY + DAY + TICK };
    const expected = [names[1], names[0], late, names[2]].map(({ account, region }) => ({ account, region, ...all }));
    expect(tracker.coverage()).toEqual(expected);
  });

  it('lets a single record of a new account or Region blind nothing: neither the time before it nor the time after', () => {
    const tracker = new CoverageTracker();
    for (let time = MONDAY; time < MONDAY + 20 * DAY; time += 10 * MINUTE) tracker.add('1', 'a', time);
    tracker.add('9', 'z', MONDAY + 10 * DAY);
    const all = { from: MONDAY, to: MONDAY + 20 * DAY - TICK };
    expect(tracker.coverage()).toEqual([
      { account: '1', region: 'a', ...all },
      { account: '9', region: 'z', ...all },
    ]);
  });

  it('takes a busy source as blind once it ends, and not when its last record is a little before the end', () => {
    const end = (stop: number) => {
      const tracker = new CoverageTracker();
      for (let time = MONDAY; time < MONDAY + 5 * DAY; time += 5 * MINUTE) {
        tracker.add('1', 'a', time);
        if (time < MONDAY + 5 * DAY - stop) tracker.add('1', 'b', time);
      }
      return tracker.coverage()[1].to;
    };
    expect(end(50 * MINUTE)).toBe(MONDAY + 5 * DAY);
    expect(end(5 * HOUR)).toBe(MONDAY + 5 * DAY - 5 * HOUR);
  });

  it('passes over times that CloudTrail cannot have', () => {
    expect(coverageOf([0, MONDAY, Date.UTC(2999, 0, 1), Number.NaN, -Infinity, Infinity])).toEqual([
      { from: MONDAY, to: MONDAY + TICK },
    ]);
  });

  it('needs no more memory for a million records than for one', () => {
    const tracker = new CoverageTracker();
    for (let i = 0; i < 1_000_000; i++) tracker.add('1', 'a', MONDAY + (i % 600) * MINUTE);
    expect(tracker.coverage()).toEqual([{ account: '1', region: 'a', from: MONDAY, to: MONDAY + 10 * HOUR }]);
  });

  it('gives the same in whatever order records come, with every record inside and no stretch touching another', () => {
    const times = fc.array(
      fc.integer({ min: 0, max: 40 * 24 * 60 }).map((minute) => MONDAY + minute * MINUTE),
      { minLength: 1, maxLength: 300 },
    );
    fc.assert(
      fc.property(times, fc.option(fc.integer({ min: 1, max: 3 * DAY }), { nil: undefined }), (list, maxQuiet) => {
        const stretches = coverageOf(list, maxQuiet);
        expect(coverageOf(list.toReversed(), maxQuiet)).toEqual(stretches);
        expect(coverageOf([...list, ...list].sort(), maxQuiet)).toEqual(stretches);
        for (const time of list) expect(stretches.some(({ from, to }) => from <= time && time < to)).toBe(true);
        for (let i = 1; i < stretches.length; i++) {
          expect(stretches[i].from - stretches[i - 1].to).toBeGreaterThan(maxQuiet ?? HOUR);
        }
      }),
    );
  });
});
