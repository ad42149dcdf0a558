import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { isWithin, occurrence, type RecurringWindow, recurrenceOf } from '../../src/time/recurring.js';
import { zoneOffsets } from '../../src/time/zone.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The minutes of a range that a window holds, as instants. */
function held(window: RecurringWindow, zone: string, from: string, to: string): string[] {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const table = zoneOffsets(zone, begin - 3 * DAY, end + 3 * DAY);
  const one = recurrenceOf(window, 'window');
  const edges: string[] = [];
  let before = false;
  for (let time = begin; time <= end; time += 10 * MINUTE) {
    const is = isWithin(one, time, time + 10 * MINUTE, table);
    if (is !== before) edges.push(new Date(time).toISOString().slice(0, 16));
    before = is;
  }
  return edges;
}

const nights: RecurringWindow = { from: '2026-03-01T02:00', to: '2026-03-01T03:00', every: 'week' };

describe('recurring windows', () => {
  it('come back at the same civil time', () => {
    expect(held(nights, 'Europe/Berlin', '2026-03-14T00:00Z', '2026-03-23T00:00Z')).toEqual([
      '2026-03-15T01:00',
      '2026-03-15T02:00',
      '2026-03-22T01:00',
      '2026-03-22T02:00',
    ]);
  });

  it('are as much later where their hour is missing, and come back at their own', () => {
    const early = { ...nights, from: '2026-03-01T02:20', to: '2026-03-01T02:50' };
    expect(held(early, 'Europe/Berlin', '2026-03-28T00:00Z', '2026-04-06T00:00Z')).toEqual([
      '2026-03-29T01:20',
      '2026-03-29T01:50',
      '2026-04-05T00:20',
      '2026-04-05T00:50',
    ]);
  });

  it('hold both passes of an hour that comes twice', () => {
    expect(held(nights, 'Europe/Berlin', '2026-10-25T00:00Z', '2026-10-25T04:00Z')).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T02:00',
    ]);
  });

  it('have a zone of their own where one is named', () => {
    const tokyo = { ...nights, timeZone: 'Asia/Tokyo' };
    expect(held(tokyo, 'Europe/Berlin', '2026-03-07T00:00Z', '2026-03-09T00:00Z')).toEqual([
      '2026-03-07T17:00',
      '2026-03-07T18:00',
    ]);
  });

  it('begin with the first, and end with the last', () => {
    const once = { ...nights, until: '2026-03-08' };
    expect(held(once, 'UTC', '2026-02-20T00:00Z', '2026-04-01T00:00Z')).toEqual([
      '2026-03-01T02:00',
      '2026-03-01T03:00',
      '2026-03-08T02:00',
      '2026-03-08T03:00',
    ]);
  });

  it('reach over midnight, and over several days', () => {
    const long: RecurringWindow = { from: '2026-03-06T22:00', to: '2026-03-08T06:00', every: { weeks: 2 } };
    expect(held(long, 'UTC', '2026-03-05T00:00Z', '2026-03-25T00:00Z')).toEqual([
      '2026-03-06T22:00',
      '2026-03-08T06:00',
      '2026-03-20T22:00',
      '2026-03-22T06:00',
    ]);
  });

  it('are counted from the first: the 31st is the 28th of February, and the 31st of March', () => {
    const monthly = recurrenceOf({ from: '2026-01-31T23:00', to: '2026-02-01T01:00', every: 'month' }, 'window');
    const dates = [0, 1, 2, 3].map((n) => new Date(occurrence(monthly, n)).toISOString().slice(0, 16));
    expect(dates).toEqual(['2026-01-31T23:00', '2026-02-28T23:00', '2026-03-31T23:00', '2026-04-30T23:00']);
    expect(
      held(
        { from: '2026-01-31T23:00', to: '2026-02-01T01:00', every: 'month' },
        'UTC',
        '2026-02-20T00:00Z',
        '2026-03-10T00:00Z',
      ),
    ).toEqual(['2026-02-28T23:00', '2026-03-01T01:00']);
  });

  it('hold what one by one the occurrences hold', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', '+05:30');
    const arbitrary = fc.record({
      zone: zones,
      begin: fc.integer({ min: 0, max: 7 * 24 * 6 }),
      length: fc.integer({ min: 1, max: 3 * 24 * 6 }),
      every: fc.oneof(
        fc.record({ weeks: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ months: fc.integer({ min: 1, max: 3 }) }),
      ),
      at: fc.integer({ min: -500, max: 400 * 24 * 6 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ zone, begin, length, every, at }) => {
        const civil = (time: number) => new Date(time).toISOString().slice(0, 16);
        const first = Date.UTC(2026, 0, 5) + begin * 10 * MINUTE;
        const window = recurrenceOf({ from: civil(first), to: civil(first + length * 10 * MINUTE), every }, 'window');
        const from = first + at * 10 * MINUTE;
        const table = zoneOffsets(zone, from - 10 * DAY, from + 10 * DAY);
        // Far from any change of the offset, civil time less the offset is all there is to it.
        const offsets = new Set([...table.offsets].slice(0, 9));
        fc.pre(
          zoneOffsets(zone, from - 5 * DAY, from + 5 * DAY).times.every((time) => Math.abs(time - from) > 4 * DAY) ||
            offsets.size === 1,
        );
        const local = from + offsetNear(zone, from);
        let any = false;
        for (let n = 0; n < 70; n++) {
          const start = occurrence(window, n);
          any ||= start < local + 10 * MINUTE && start + window.to - window.from > local;
        }
        expect(isWithin(window, from, from + 10 * MINUTE, table)).toBe(any);
      }),
      { numRuns: 400, seed: 4 },
    );
  });

  it('name what cannot be', () => {
    const fails = (window: object, message: RegExp) =>
      expect(() => recurrenceOf({ ...nights, ...window } as RecurringWindow, 'exclude[0]')).toThrow(message);
    fails({ from: '2026-02-30T02:00' }, /exclude\[0\]\.from must be civil time/);
    fails({ to: '2026-03-01T02:00Z' }, /exclude\[0\]\.to must be civil time/);
    fails({ to: '2026-03-01T01:00' }, /must end after it begins/);
    fails({ to: '2026-03-09T01:00' }, /before it comes back/);
    fails({ every: 'day' }, /every must be/);
    fails({ every: { weeks: 0 } }, /weeks must be an integer/);
    fails({ timeZone: 'Mars/Olympus' }, /timeZone/);
    fails({ until: '2026-13-01' }, /until/);
    expect(() => recurrenceOf({ ...nights, to: '' }, 'x')).toThrow(InputError);
  });
});

function offsetNear(zone: string, time: number): number {
  const { times, offsets } = zoneOffsets(zone, time - DAY, time + DAY);
  let found = offsets[0];
  for (const [i, at] of times.entries()) if (at <= time) found = offsets[i];
  return found;
}
