import Holidays from 'date-holidays';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { holidayPackage, holidayPlace } from '../../src/node/holidays.js';
import { type HolidayOptions, holidays } from '../../src/node/index.js';

const in2026 = { from: '2026-01-01', to: '2026-12-31' } as const;
const dates = async (options: Omit<HolidayOptions, 'from' | 'to'> & Partial<HolidayOptions>) =>
  (await holidays({ ...in2026, ...options })).map((day) => ('date' in day ? day.date : ''));

const dateOf = (day: number) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);

describe('holidays', () => {
  it('are those of a state, as days like a Sunday', async () => {
    const days = await holidays({ ...in2026, country: 'DE', state: 'BY' });
    expect(days.length).toBe(12);
    expect(days).toContainEqual({ date: '2026-06-04', weekday: 0, name: 'Fronleichnam' });
    expect(await dates({ country: 'DE' })).not.toContain('2026-06-04');
    expect(await dates({ country: 'DE', state: 'BY', region: 'KATH' })).toContain('2026-08-15');
  });

  it.each([
    ['DE', 'BY', 'Europe/Berlin', 10],
    ['US', 'CA', 'America/Los_Angeles', 20],
    ['JP', undefined, 'Asia/Tokyo', 3],
  ] as const)('are the days on which the package says so at noon, %s %s', async (country, state, timezone, noon) => {
    const asked =
      state === undefined ? new Holidays(country, { timezone }) : new Holidays(country, state, { timezone });
    const found: string[] = [];
    for (let day = 0; day < 365; day++) {
      const time = new Date(Date.UTC(2026, 0, 1 + day, noon));
      const all = asked.isHoliday(time);
      if (all !== false && all.some(({ type }) => type === 'public')) found.push(dateOf(day));
    }
    expect(await dates(state === undefined ? { country } : { country, state })).toEqual(found);
  });

  it('stand on their civil days, whatever the machine’s zone, evenings before and half days after left out', async () => {
    expect(await dates({ country: 'US' })).toContain('2026-11-26');
    const turkey = await dates({ country: 'TR' });
    expect(turkey.filter((date) => date.startsWith('2026-03'))).toEqual(['2026-03-20', '2026-03-21', '2026-03-22']);
    expect(turkey.filter((date) => date.startsWith('2026-05-2') || date === '2026-05-30')).toEqual([
      '2026-05-27',
      '2026-05-28',
      '2026-05-29',
      '2026-05-30',
    ]);
  });

  it('are within the dates asked for, substitutes of the next year’s among them', async () => {
    const days = await holidays({ country: 'US', from: '2027-12-20', to: '2028-01-05' });
    expect(days.map((day) => ('date' in day ? day.date : ''))).toEqual([
      '2027-12-24',
      '2027-12-25',
      '2027-12-31',
      '2028-01-01',
    ]);
  });

  it('are like the last day of the country’s week end, or as said', async () => {
    expect((await holidays({ ...in2026, country: 'IL' })).every(({ weekday }) => weekday === 6)).toBe(true);
    expect((await holidays({ ...in2026, country: 'IL', weekday: 5 })).every(({ weekday }) => weekday === 5)).toBe(true);
  });

  it('may be added and struck', async () => {
    const add = [{ date: '2026-12-24', weekday: 6, name: 'Half a day' }] as const;
    const days = await holidays({ ...in2026, country: 'DE', state: 'BY', add, strike: ['2026-01-06'] });
    expect(days).toContainEqual(add[0]);
    expect(days.some((day) => 'date' in day && day.date === '2026-01-06')).toBe(false);
  });

  it('name what is not known', async () => {
    const fails = (options: Partial<HolidayOptions>, message: RegExp) =>
      expect(holidays({ ...in2026, country: 'DE', ...options })).rejects.toThrow(message);
    await fails({ country: 'UK' }, /country must be one of AD, AE.*got "UK"/);
    await fails({ country: '__proto__' }, /country must be one of/);
    await fails({ state: 'XX' }, /state of DE must be one of BB, BE.*got "XX"/);
    await fails({ country: 'JP', state: '13' }, /state of JP must be one of none/);
    await fails({ state: 'BY', region: 'M' }, /region of DE-BY must be one of A, KATH, EVANG/);
    await fails({ region: 'A' }, /region needs a state/);
    await fails({ from: '2026-02-30' }, /from must be a date/);
    await fails({ to: '2025-12-31' }, /to must be from 2026-01-01 on/);
    await fails({ strike: ['2026-01-02'] }, /strike\[0\] must be a holiday of DE/);
    await fails({ types: ['weekend' as 'public'] }, /types\[0\] must be one of public, bank/);
    await fails({ add: [{ date: 'soon' }] }, /add\[0\]\.date/);
    await expect(holidays({ ...in2026, country: 'UK' })).rejects.toThrow(InputError);
  });

  it('ask for the package where it is not installed', async () => {
    await expect(holidayPackage('no-such-holidays')).rejects.toThrow(
      new InputError('holidays needs the package no-such-holidays: npm install no-such-holidays'),
    );
  });

  it('may be named in one word', () => {
    expect(holidayPlace('de-by', '--holidays')).toEqual({ country: 'DE', state: 'BY' });
    expect(holidayPlace('DE-BY-KATH', '--holidays')).toEqual({ country: 'DE', state: 'BY', region: 'KATH' });
    expect(holidayPlace('US', '--holidays')).toEqual({ country: 'US' });
    expect(() => holidayPlace('Germany', '--holidays')).toThrow(/--holidays must be a country/);
  });
});
