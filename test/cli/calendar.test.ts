import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openCalendar } from '../../src/cli/calendar.js';
import { readPlan } from '../../src/cli/watch-plan.js';
import { Baseline } from '../../src/engine/index.js';
import { tempFolder } from '../support/logs.js';
import { cli } from './traffic.js';

const LOGS = fileURLToPath(new URL('../../data/logs', import.meta.url));
const JUNE = [Date.UTC(2026, 5, 1), Date.UTC(2026, 5, 30)] as const;
const MINE = {
  like: [
    { date: '2026-06-04', weekday: 4 },
    { date: '2026-06-05', weekday: 6, name: 'Bridge' },
  ],
  exclude: [{ from: '2026-05-03T02:00', to: '2026-05-03T04:00', every: 'week' }],
};

function fileOf(content: unknown): string {
  const path = join(tempFolder(), 'calendar.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('--calendar and --holidays', () => {
  it('give one calendar, in which the file’s days count before those listed', async () => {
    const holidays = { country: 'DE', state: 'BY' };
    const none = await openCalendar({ calendar: undefined, holidays: undefined });
    expect(await none(...JUNE)).toBeUndefined();
    const both = await (await openCalendar({ calendar: fileOf(MINE), holidays }))(...JUNE);
    expect(both?.exclude).toEqual(MINE.exclude);
    expect(both?.like?.slice(-2)).toEqual(MINE.like);
    const dates = both?.like?.map((day) => ('date' in day ? day.date : '')) ?? [];
    for (const date of ['2026-05-14', '2026-06-04', '2026-12-25', '2027-12-25']) expect(dates).toContain(date);
  });

  it('reach the baseline that fit writes, and what score judges by', { timeout: 60_000 }, async () => {
    const calendar = fileOf(MINE);
    const folder = tempFolder();
    const fitted = async (name: string, ...more: string[]) => {
      const out = join(folder, name);
      const { status, stderr } = await cli([
        'fit',
        LOGS,
        '--out',
        out,
        '--time-zone',
        'Europe/Berlin',
        '--step',
        '1h',
        ...more,
      ]);
      expect([status, stderr]).toEqual([0, '']);
      return Baseline.fromBytes(readFileSync(out));
    };
    const plain = await fitted('plain');
    const known = await fitted('known', '--calendar', calendar, '--holidays', 'DE-BY');
    const expected = (baseline: Baseline, date: string) =>
      baseline.band({ operation: 'Decrypt' }, Date.parse(`${date}T10:00+02:00`)).expected;
    // The shop grows: by as much a day as one Sunday differs from the one before.
    const growth = (baseline: Baseline) =>
      (expected(baseline, '2026-06-14') / expected(baseline, '2026-06-07')) ** (1 / 7);
    const alike = (baseline: Baseline, date: string, days: number, later: string) =>
      Math.abs(expected(baseline, later) / (expected(baseline, date) * growth(baseline) ** days) - 1);
    // Corpus Christi is a day as any by the file, and the day after it one of rest.
    expect(alike(known, '2026-06-05', 1, '2026-06-06')).toBeLessThan(1e-3);
    expect(alike(known, '2026-06-04', 7, '2026-06-11')).toBeLessThan(1e-3);
    expect(alike(known, '2026-12-25', 2, '2026-12-27')).toBeLessThan(1e-3);
    expect(alike(plain, '2026-12-25', 2, '2026-12-27')).toBeGreaterThan(0.05);
    // Midnight of the baseline's zone, as no other is given.
    const score = await cli([
      'score',
      LOGS,
      '--baseline',
      join(folder, 'plain'),
      '--from',
      '2026-06-01',
      '--calendar',
      calendar,
      '--json',
    ]);
    expect(score.stderr).toBe('');
    expect(JSON.parse(score.stdout).window.from).toBe('2026-05-31T22:00:00.000Z');
  });

  it.each<[string[], unknown, RegExp]>([
    [['--holidays', 'Bavaria'], MINE, /--holidays must be a country/],
    [['--holidays', 'DE-XX'], MINE, /--holidays: state of DE must be one of BB, BE/],
    [[], undefined, /--calendar "no such file" cannot be read: ENOENT/],
    [[], '{', /--calendar ".*calendar\.json" is not JSON/],
    [[], { like: [{ date: '2026-06-31', weekday: 0 }] }, /calendar\.like\[0\]\.date must be a date/],
    [[], [], /calendar must be an object with like and exclude/],
  ])('say what is wrong before anything is read: %j, %j', async (flags, content, message) => {
    const path = content === undefined ? 'no such file' : fileOf(content);
    const { status, stderr } = await cli(['analyze', '/no/such/logs', '--calendar', path, ...flags]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('a plan’s file', () => {
  const PLAN = {
    purpose: 'Watch',
    owner: 'Security',
    sources: [{ folder: 'logs' }],
    notify: [{ console: true }],
    clock: { now: () => JUNE[0], sleep: async () => {} },
  };
  const read = async (more: object) => {
    const path = join(tempFolder(), 'plan.mjs');
    writeFileSync(
      path,
      `export default { ...${JSON.stringify({ ...PLAN, ...more })}, clock: { now: () => ${JUNE[0]}, sleep: async () => {} } }`,
    );
    const output = { write: () => {} };
    return (await readPlan(path, { stdout: output, stderr: output }, {})).plan.calendar;
  };

  it('may hold a calendar, and name a place for its holidays', async () => {
    expect(await read({})).toBeUndefined();
    expect(await read({ calendar: MINE })).toEqual(MINE);
    const calendar = await read({ calendar: MINE, holidays: 'DE-BY' });
    expect(calendar?.like?.slice(-2)).toEqual(MINE.like);
    expect(calendar?.like).toContainEqual({ date: '2026-12-25', weekday: 0, name: '1. Weihnachtstag' });
  });

  it('is refused with days that cannot be', async () => {
    await expect(read({ calendar: { like: [{ date: 'soon', weekday: 0 }] } })).rejects.toThrow(
      /plan\.calendar\.like\[0\]\.date/,
    );
    await expect(read({ holidays: 'UK' })).rejects.toThrow(/^plan\.holidays: country must be one of/);
    await expect(read({ holidays: ['DE'] })).rejects.toThrow(/plan\.holidays must be a text/);
  });
});
