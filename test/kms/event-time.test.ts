import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCloudTrailTime, parseEventTime } from '../../src/kms/event-time.js';

describe('parseEventTime', () => {
  it.each([
    ['2020-07-27T22:58:24Z', '2020-07-27T22:58:24.000Z'],
    ['2020-07-27T22:58:24z', '2020-07-27T22:58:24.000Z'],
    ['2020-07-27T22:58:24.5Z', '2020-07-27T22:58:24.500Z'],
    ['2020-07-27T22:58:24.05Z', '2020-07-27T22:58:24.050Z'],
    ['2020-07-27T22:58:24.123456789Z', '2020-07-27T22:58:24.123Z'],
    ['2020-07-27T22:58:24+00:00', '2020-07-27T22:58:24.000Z'],
    ['2020-07-27T22:58:24.123456789+00:00', '2020-07-27T22:58:24.123Z'],
    ['2020-07-27 22:58:24.5+0000', '2020-07-27T22:58:24.500Z'],
    ['2021-10-19 00:56:05', '2021-10-19T00:56:05.000Z'],
    ['2025-03-05 21:19:44.000000000', '2025-03-05T21:19:44.000Z'],
    ['2025-03-05 21:19:44.999', '2025-03-05T21:19:44.999Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ])('reads %s as UTC', (text, iso) => {
    expect(new Date(parseEventTime(text)).toISOString()).toBe(iso);
  });

  it('knows how many days each month has, four years long', () => {
    for (const year of [2023, 2024, 2025, 2026]) {
      for (let month = 1; month <= 12; month++) {
        const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
        for (let day = 1; day <= 32; day++) {
          const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T12:00:00Z`;
          expect(parseEventTime(text), text).toBe(day <= last ? Date.UTC(year, month - 1, day, 12) : NaN);
        }
      }
    }
  });

  it.each([
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T25:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00.1234567890Z',
    '2024-01-01T00:00:00+02:00',
    '2024-01-01T00:00:00+00:01',
    '2024-01-01T00:00:00-00:00',
    '2024-01-01T00:00:00+00:00Z',
    '2024-01-01T00:00:00+00',
    '2024-01-01T00:00:00.1234567890+00:00',
    '+00:00+00:00+00:00+',
    '2024-01-01T00:00:00 Z',
    '2024-01-01T00:00:00ZZ',
    '2024-01-01t00:00:00Z',
    '2024-01-01T00:00Z',
    '2024-01-01',
    '2024/01/01 00:00:00',
    '1-01-2024T00:00:00Z',
    '+2024-01-01T00:00:00Z',
    '２０２４-01-01T00:00:00Z',
    'Jan 1, 2024 12:00:00 AM',
    '1704067200',
    'redacted',
    '',
  ])('refuses %j', (text) => {
    expect(parseEventTime(text)).toBeNaN();
  });

  it('agrees with Date on every time there is, and is never surprised', () => {
    const times = fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(times, (time) => parseEventTime(new Date(time).toISOString()) === time),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => Number.isNaN(parseEventTime(text))),
      { numRuns: 300 },
    );
  });

  it('believes no time before CloudTrail, and none after this century', () => {
    const believed = (text: string) => isCloudTrailTime(parseEventTime(text));
    expect(believed('2013-10-31T23:59:59Z')).toBe(false);
    expect(believed('2013-11-01T00:00:00Z')).toBe(true);
    expect(believed('2099-12-31T23:59:59.999Z')).toBe(true);
    expect(believed('2100-01-01T00:00:00Z')).toBe(false);
    expect(believed('no time')).toBe(false);
  });
});
