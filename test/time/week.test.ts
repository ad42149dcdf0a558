import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { slotsOf, weekSlots } from '../../src/time/week.js';
import { checkZone, daysBefore, offsetAt, startOfDay, zoneOffsets } from '../../src/time/zone.js';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
];
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** The slow way: one formatter call a timestamp. */
function naiveSlot(time: number, zone: string, width: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  });
  const part = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const minutes =
    DAYS.indexOf(part.get('weekday') ?? '') * 1440 + Number(part.get('hour')) * 60 + Number(part.get('minute'));
  return Math.floor((minutes * 60 + Number(part.get('second'))) / (width / 1000));
}

describe('slotsOf', () => {
  it('agrees with a formatter for every bucket, through clock changes of both hemispheres', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2037, 0, 1) }),
        fc.constantFrom(300_000, 900_000, 3_600_000, 86_400_000),
        (zone, start, step) => {
          const slots = weekSlots(step);
          const grid = { start: Math.floor(start / 1000) * 1000, step, length: 40 };
          const got = slotsOf(grid, zone, slots);
          for (let i = 0; i < grid.length; i++)
            expect(got[i]).toBe(naiveSlot(grid.start + i * step, zone, slots.width));
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    ['Europe/Berlin', Date.UTC(2026, 2, 29)],
    ['Europe/Berlin', Date.UTC(2026, 9, 25)],
    ['America/New_York', Date.UTC(2026, 2, 8)],
    ['Australia/Lord_Howe', Date.UTC(2026, 3, 4)],
    ['Australia/Lord_Howe', Date.UTC(2026, 9, 3)],
    ['America/Sao_Paulo', Date.UTC(2018, 10, 4)],
  ])('is right in every five minutes of the two days around the change in %s', (zone, start) => {
    const slots = weekSlots(300_000);
    const grid = { start, step: 300_000, length: 576 };
    const got = slotsOf(grid, zone, slots);
    for (let i = 0; i < grid.length; i++) expect(got[i]).toBe(naiveSlot(start + i * 300_000, zone, slots.width));
  });

  it('keeps a slot no finer than five minutes and no step without one', () => {
    expect(weekSlots(60_000).perWeek).toBe(2016);
    expect(weekSlots(300_000).perWeek).toBe(2016);
    expect(weekSlots(420_000).perWeek).toBe(2016);
    expect(weekSlots(3_600_000).perWeek).toBe(168);
    expect(weekSlots(5 * 3_600_000).perWeek).toBe(168);
    expect(weekSlots(86_400_000).perWeek).toBe(7);
    expect(weekSlots(30 * 86_400_000).perWeek).toBe(7);
  });
});

describe('zoneOffsets', () => {
  it('answers of far apart times in turn, without the years between', () => {
    for (const year of [2026, 5026, 2026, 1970, 2026]) {
      const time = Date.UTC(year, 6, 1);
      const table = zoneOffsets('Europe/Berlin', time, time);
      expect(table.to - table.from).toBeLessThan(10 * 366 * 86_400_000);
      expect(offsetAt(table, time)).toBe(year === 1970 ? 3_600_000 : 7_200_000);
    }
  });
});

describe('checkZone', () => {
  it('names the parameter, the need and what came', () => {
    expect(() => checkZone('Mars/Olympus')).toThrow(
      new InputError(
        "timeZone must be an IANA time zone such as 'Europe/Berlin' or 'UTC', or an offset such as '+05:30', got \"Mars/Olympus\"",
      ),
    );
    expect(() => checkZone(undefined)).toThrow(InputError);
    expect(checkZone('Asia/Kolkata')).toBe('Asia/Kolkata');
  });
});

describe('a UTC offset as a time zone', () => {
  it.each([
    ['+05:30', 330],
    ['-05:00', -300],
    ['+0545', 345],
    ['-03', -180],
    ['UTC+05:30', 330],
    ['UTC-03:00', -180],
    ['UTC+5', 300],
    ['UTC', 0],
    ['+00:00', 0],
    ['-00:00', 0],
  ])('%s is read, here and not by the platform', (zone, minutes) => {
    expect(checkZone(zone)).toBe(zone);
    for (const time of [Date.UTC(1950, 0, 1), Date.UTC(2026, 6, 1), Date.UTC(2500, 0, 1)]) {
      expect(Object.is(offsetAt(zoneOffsets(zone, time, time), time), minutes * 60_000)).toBe(true);
    }
  });

  it.each([
    '+5',
    '5:30',
    '+24:00',
    '+05:60',
    '+05:3',
    'UTC05:30',
    'UTC+',
    '+',
    '+05:30:00',
    ' +05:30',
    'GMT+5',
    'utc+5',
  ])('%j is refused', (zone) => {
    expect(() => checkZone(zone)).toThrow(InputError);
  });
});

describe('days of a calendar', () => {
  const at = (text: string) => Date.parse(text);

  it.each([
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00Z'],
    ['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00Z'],
    ['2026-03-05', '+05:30', '2026-03-04T18:30Z'],
    ['2026-03-05', '-05:00', '2026-03-05T05:00Z'],
    ['2026-03-05', 'UTC', '2026-03-05T00:00Z'],
    // Cairo's clocks go from 00:00 to 01:00 that night.
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00Z'],
    // Havana's midnight comes twice: the day begins with the first.
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00Z'],
  ])('%s begins in %s at %s', (day, zone, begins) => {
    expect(new Date(startOfDay(at(day), zone)).toISOString()).toBe(new Date(at(begins)).toISOString());
  });

  it.each([
    ['2026-03-29T22:00Z', 1, 'Europe/Berlin', '2026-03-28T23:00Z'],
    ['2026-10-25T23:00Z', 1, 'Europe/Berlin', '2026-10-24T22:00Z'],
    ['2026-10-26T11:00Z', 7, 'Europe/Berlin', '2026-10-19T10:00Z'],
    ['2026-03-05T12:00Z', 1, 'UTC', '2026-03-04T12:00Z'],
    // 02:30 of the day before does not exist: by the offset before the change.
    ['2026-03-30T00:30Z', 1, 'Europe/Berlin', '2026-03-29T01:30Z'],
  ])('%s less %i days of %s', (time, days, zone, before) => {
    expect(new Date(daysBefore(at(time), days, zone)).toISOString()).toBe(new Date(at(before)).toISOString());
  });
});
