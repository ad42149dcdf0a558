import { describe, expect, it } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import type { SeriesSet } from '../../src/series/series-set.js';
import { SHOP_CALLERS, SHOP_KEYS, type Source, shopCall, simulateCalls } from '../../src/simulate/index.js';

const decrypt = shopCall('Decrypt', SHOP_CALLERS.orders, SHOP_KEYS.orders);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function callsOf(source: object, start: string, end: string, seed = 1): KmsCall[] {
  const one = { name: 'one', ...decrypt, ...source } as Source;
  return [...simulateCalls({ seed, start: Date.parse(start), end: Date.parse(end), sources: [one] }).calls()];
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The same calls as counts of one row: the first of the set, which counts the operation. */
function setOf(source: object, start: string, end: string, step: number, seed = 1): SeriesSet {
  const one = { name: 'one', ...decrypt, ...source } as Source;
  return simulateCalls({ seed, start: Date.parse(start), end: Date.parse(end), step, sources: [one] }).set;
}

/** Local time of day and weekday by `Intl`, which the simulator asks only for the zone's clock changes. */
function local(time: number, timeZone: string): { day: string; hour: number; clock: string } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' });
    formats.set(timeZone, format);
  }
  const text = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
  return { day: text['weekday'], hour: Number(text['hour']), clock: `${text['hour']}:${text['minute']}` };
}

describe('human traffic', () => {
  const source = { kind: 'human', timeZone: 'Europe/Berlin', perHour: 100, wander: 0 };

  it('follows the civil time of its zone on both sides of a clock change', () => {
    // Summer time begins in Berlin on Sunday 2026-03-29.
    for (const [from, to] of [
      ['2026-03-23', '2026-03-28'],
      ['2026-03-30', '2026-04-04'],
    ]) {
      const { grid, values } = setOf({ ...source, perHour: 3_000 }, from, to, HOUR);
      const daily = new Array<number>(24).fill(0);
      for (let b = 0; b < grid.length; b++) {
        daily[local(grid.start + b * HOUR, 'Europe/Berlin').hour] += (values as Uint32Array)[b] / 5;
      }
      for (const hour of [10, 15]) expect(Math.abs(daily[hour] / 3_000 - 1)).toBeLessThan(0.12);
      // Lunch is quieter than the hours around it, the night nearly silent, seven o'clock before the rise.
      expect(daily[12]).toBeLessThan(0.85 * Math.min(daily[10], daily[14]));
      expect(daily[7]).toBeLessThan(0.3 * 3_000);
      expect(daily[3]).toBeLessThan(0.04 * 3_000);
    }
  });

  it('rests at the week-end', () => {
    const perDay = new Map<string, number>();
    for (const { time } of callsOf(source, '2026-05-04', '2026-05-11')) {
      const { day } = local(time, 'Europe/Berlin');
      perDay.set(day, (perDay.get(day) ?? 0) + 1);
    }
    expect(perDay.get('Sun')).toBeLessThan(0.12 * (perDay.get('Wed') ?? 0));
  });

  it('varies more than a Poisson law would, and as its dispersion says', () => {
    const steady = { ...source, kind: 'flat', perHour: 600, dispersion: 0.1 };
    const counts = (setOf(steady, '2026-05-04', '2026-05-11', 300_000).values as Uint32Array).subarray(0, 7 * 288);
    const mean = counts.reduce((sum, x) => sum + x, 0) / counts.length;
    const variance = counts.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / (counts.length - 1);
    expect(Math.abs(mean - 50)).toBeLessThan(4 * Math.sqrt(300 / counts.length));
    // Mean 50 and dispersion 0.1: variance 50 + 250.
    expect(Math.abs(variance / 300 - 1)).toBeLessThan(0.15);
  });

  it('grows by its share each week', () => {
    const growing = { ...source, kind: 'flat', perHour: 100, growthPerWeek: 0.1 };
    const perWeek = setOf(growing, '2026-05-04', '2026-06-15', 7 * DAY).values as Uint32Array;
    expect(Math.abs(perWeek[5] / perWeek[0] - 1.1 ** 5)).toBeLessThan(0.06);
  });
});

describe('cron traffic', () => {
  const nightly = {
    kind: 'cron',
    batch: 5,
    schedule: { at: ['02:30'], timeZone: 'Europe/Berlin' },
  };
  const startsOf = (calls: KmsCall[]) => [
    ...new Set(calls.map(({ time }) => new Date(time).toISOString().slice(0, 16))),
  ];

  it('runs at its local time, once a day, whatever the clocks do', () => {
    expect(startsOf(callsOf(nightly, '2026-03-28', '2026-03-31'))).toEqual([
      '2026-03-28T01:30',
      // 02:30 does not exist on this day: the run comes after the gap.
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ]);
    expect(startsOf(callsOf(nightly, '2026-10-24', '2026-10-27'))).toEqual([
      '2026-10-24T00:30',
      // 02:30 comes twice on this day: the run is the first of them.
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('runs on its days of the week only', () => {
    const weekly = { ...nightly, schedule: { at: ['00:15'], days: [1], timeZone: 'Asia/Tokyo' } };
    // Monday 00:15 in Tokyo is Sunday 15:15 UTC.
    expect(startsOf(callsOf(weekly, '2026-05-04', '2026-05-18'))).toEqual(['2026-05-10T15:15', '2026-05-17T15:15']);
  });

  it('runs every so many minutes, with the same batch', () => {
    const often = { kind: 'cron', batch: 3, schedule: { every: 15, phase: 4 } };
    const calls = callsOf(often, '2026-05-04', '2026-05-05');
    expect(calls).toHaveLength(96 * 3);
    for (const { time } of calls) expect(new Date(time).getUTCMinutes() % 15).toBe(4);
  });

  it('straddles two buckets where it starts late enough, and midnight too', () => {
    const late = { kind: 'cron', batch: 40, jitter: 4, minutes: 2, schedule: { at: ['23:57'] } };
    const calls = callsOf(late, '2026-05-04', '2026-05-18');
    const before = calls.filter(({ time }) => time % DAY > DAY / 2).length;
    expect(before).toBeGreaterThan(50);
    expect(calls.length - before).toBeGreaterThan(50);
    // The run of the evening before the start reaches in, that of the last evening is cut off.
    expect(calls.length).toBeLessThanOrEqual(15 * 40);
  });
});

describe('bursty, sparse and control-plane traffic', () => {
  it('bursts in working hours on top of its base', () => {
    const source = { kind: 'bursty', timeZone: 'America/New_York', perHour: 0, burstsPerWeek: 20, burstCalls: 40 };
    const calls = callsOf(source, '2026-05-04', '2026-06-01');
    const working = calls.filter(({ time }) => {
      const { hour } = local(time, 'America/New_York');
      return hour >= 8 && hour < 19;
    });
    expect(working.length / calls.length).toBeGreaterThan(0.9);
    // 80 bursts of 40 calls: their number and sizes have a relative deviation of about 0.12.
    expect(Math.abs(calls.length / 3200 - 1)).toBeLessThan(0.5);
  });

  it('makes its few calls a week', () => {
    const weeks = '2028-05-01';
    const sparse = callsOf({ kind: 'sparse', perWeek: 3 }, '2026-05-04', weeks).length;
    const rare = callsOf({ kind: 'control-plane', timeZone: 'Europe/Berlin', perWeek: 3 }, '2026-05-04', weeks);
    for (const count of [sparse, rare.length]) expect(Math.abs(count - 312)).toBeLessThan(4 * Math.sqrt(312));
    expect(rare.filter(({ time }) => local(time, 'Europe/Berlin').day === 'Sun').length).toBeLessThan(20);
  });
});

describe('every source', () => {
  it('fails at its ordinary rate, with its own error', () => {
    const calls = callsOf(
      { kind: 'flat', perHour: 100, errorRate: 0.05, errorCode: 'KMSInternalException' },
      '2026-05-04',
      '2026-05-11',
    );
    const failed = calls.filter(({ error }) => error !== null);
    expect(new Set(failed.map(({ error }) => error))).toEqual(new Set(['KMSInternalException']));
    expect(Math.abs(failed.length - calls.length * 0.05)).toBeLessThan(4 * Math.sqrt(calls.length * 0.05));
  });

  it('is silent before it began and after it ended', () => {
    const young = {
      kind: 'flat',
      perHour: 60,
      since: Date.UTC(2026, 4, 6, 7, 2),
      until: new Date('2026-05-08T00:00Z'),
    };
    const times = callsOf(young, '2026-05-04', '2026-05-11').map(({ time }) => time);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(young.since);
    expect(Math.min(...times)).toBeLessThan(young.since + HOUR);
    expect(Math.max(...times)).toBeLessThan(young.until.getTime());
  });

  it('wanders slowly about its level', () => {
    const source = { kind: 'flat', perHour: 60, wander: 0.3 };
    const { values } = setOf(source, '2026-05-04', '2026-08-02', DAY, 3);
    const daily = Float64Array.from((values as Uint32Array).subarray(0, 90));
    const logs = daily.map(Math.log);
    const mean = logs.reduce((sum, x) => sum + x, 0) / 90;
    const product = (lag: number) =>
      logs.reduce((sum, x, i) => sum + (i < lag ? 0 : (x - mean) * (logs[i - lag] - mean)), 0);
    expect(Math.sqrt(product(0) / 90)).toBeGreaterThan(0.15);
    expect(product(1) / product(0)).toBeGreaterThan(0.6);
  });
});
