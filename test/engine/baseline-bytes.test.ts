import { describe, expect, it } from 'vitest';
import { baselineFromBytes, baselineToBytes } from '../../src/engine/baseline-bytes.js';
import { Baseline, CANDIDATE_ZONES, fitBaseline, scoreWindow } from '../../src/engine/index.js';
import { FormatError, InputError } from '../../src/errors.js';
import { type SeriesSet, selectRows, seriesSet, sliceWindow } from '../../src/series/index.js';
import { poisson, seeded } from '../support/random.js';

const STEP = 300_000;
const HOUR = 12 * STEP;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONDAY = Date.UTC(2026, 1, 9);

/** People of a zone, a job, a trickle and a row without a call. */
function fleet(zone: string, weeks = 6): SeriesSet {
  const random = seeded(8);
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: 'numeric',
    weekday: 'short',
    hourCycle: 'h23',
  });
  const length = (weeks * WEEK) / STEP;
  const hours = new Map<number, boolean>();
  const working = (time: number) => {
    const hour = Math.floor(time / HOUR);
    let is = hours.get(hour);
    if (is === undefined) {
      const text = format.format(hour * HOUR);
      const at = Number(/\d+/.exec(text)?.[0]);
      is = !/Sat|Sun/.test(text) && at >= 8 && at < 18;
      hours.set(hour, is);
    }
    return is;
  };
  const row = (mean: (time: number, i: number) => number) =>
    Array.from({ length }, (_, i) => poisson(random, mean(MONDAY + i * STEP, i)));
  return seriesSet({
    start: MONDAY,
    step: STEP,
    series: [
      { key: { operation: 'Decrypt' }, values: row((time) => (working(time) ? 12 : 0.5)) },
      { key: { operation: 'Encrypt' }, values: row((_, i) => (i % 288 === 36 ? 200 : 0)) },
      { key: { operation: 'Sign' }, values: row(() => 0.002) },
      { key: { operation: 'Verify' }, values: row(() => 0) },
    ],
  });
}

const history = fleet('America/New_York');
const baseline = fitBaseline(history);
const window = sliceWindow(history, MONDAY + 5 * WEEK, MONDAY + 6 * WEEK);

describe('a baseline as bytes', () => {
  it('is the same baseline again: its verdicts, its words of itself, its bytes', () => {
    const bytes = baseline.toBytes();
    const again = Baseline.fromBytes(bytes);
    expect(again.toBytes()).toEqual(bytes);
    expect(baselineToBytes(baselineFromBytes(bytes))).toEqual(bytes);
    expect(scoreWindow(again, window)).toEqual(scoreWindow(baseline, window));
    for (const key of history.keys) {
      expect(again.describe(key)).toEqual(baseline.describe(key));
      for (const hours of [0, 9, 100]) {
        expect(again.band(key, MONDAY + 6 * WEEK + hours * HOUR)).toEqual(
          baseline.band(key, MONDAY + 6 * WEEK + hours * HOUR),
        );
      }
    }
  });

  it('keeps levels as well', () => {
    const random = seeded(2);
    const values = Array.from({ length: 2016 }, (_, i) => 50 + 20 * Math.sin((i / 288) * 2 * Math.PI) + random());
    const levels = seriesSet({
      start: MONDAY,
      step: STEP,
      measure: 'level',
      series: [{ key: { metric: 'Latency' }, values }],
    });
    const learned = fitBaseline(levels);
    const again = Baseline.fromBytes(learned.toBytes());
    expect(baselineToBytes(baselineFromBytes(learned.toBytes()))).toEqual(learned.toBytes());
    const band = again.band({ metric: 'Latency' }, MONDAY + WEEK);
    expect(band).toEqual(learned.band({ metric: 'Latency' }, MONDAY + WEEK));
    expect(band.lower).toBeLessThan(band.expected);
    expect(band.upper).toBeGreaterThan(band.expected);
  });

  it('is refused when it is damaged, cut, or something else', () => {
    const bytes = baseline.toBytes();
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = bytes.slice();
      damaged[at] ^= 0x10;
      expect(() => Baseline.fromBytes(damaged), `byte ${at}`).toThrow(FormatError);
    }
    expect(() => Baseline.fromBytes(bytes.subarray(0, 40))).toThrow(FormatError);
    expect(() => Baseline.fromBytes(new Uint8Array(0))).toThrow(FormatError);
  });
});

describe('merging baselines', () => {
  it('is exact for disjoint series, whatever the order of the shards', () => {
    const part = (...operations: string[]) =>
      fitBaseline(selectRows(history, ({ operation }) => operations.includes(operation ?? '')));
    const shards = [part('Decrypt'), part('Encrypt', 'Sign'), part('Verify')];
    const [a, b, c] = shards;
    const left = a.merge(b).merge(c);
    expect(left.toBytes()).toEqual(baseline.toBytes());
    expect(a.merge(b.merge(c)).toBytes()).toEqual(left.toBytes());
    for (const key of history.keys) expect(c.merge(a).merge(b).describe(key)).toEqual(baseline.describe(key));
  });

  it('of two stretches of time is near one fit over both', () => {
    const middle = MONDAY + 3 * WEEK;
    const whole = fitBaseline(history, { timeZone: 'America/New_York' });
    const early = fitBaseline(sliceWindow(history, MONDAY, middle), { timeZone: 'America/New_York' });
    const late = fitBaseline(sliceWindow(history, middle, MONDAY + 6 * WEEK), { timeZone: 'America/New_York' });
    const merged = early.merge(late);
    expect(late.merge(early).toBytes()).toEqual(merged.toBytes());
    expect(merged.describe({ operation: 'Decrypt' })).toMatchObject({
      calls: whole.describe({ operation: 'Decrypt' }).calls,
      observed: 6 * WEEK,
      weekKnown: true,
    });
    let off = 0;
    for (let hour = 0; hour < 168; hour++) {
      const at = MONDAY + 6 * WEEK + hour * HOUR;
      const [one, both] = [whole, merged].map((of) => of.band({ operation: 'Decrypt' }, at));
      off = Math.max(off, Math.abs(both.expected - one.expected) / (one.expected + 1));
      expect(both.upper).toBeLessThan(1.6 * one.upper + 3);
      expect(both.upper).toBeGreaterThan(0.6 * one.upper - 3);
    }
    expect(off).toBeLessThan(0.25);
  });

  it('refuses what does not go together', () => {
    const hourly = fitBaseline(seriesSet({ start: MONDAY, step: HOUR, series: [{ key: {}, values: [1, 2, 3] }] }));
    expect(() => baseline.merge(hourly)).toThrow(InputError);
  });
});

describe('a zone that is not given', () => {
  it('is found by its change of the clocks, or stays UTC where nothing tells', () => {
    const zoneOf = (set: SeriesSet, operation: string) => fitBaseline(set).describe({ operation }).timeZone;
    expect(zoneOf(history, 'Decrypt')).toMatch(/^America\//);
    expect(zoneOf(history, 'Sign')).toBe('UTC');
    const sydney = zoneOf(fleet('Australia/Sydney'), 'Decrypt');
    expect(CANDIDATE_ZONES).toContain(sydney);
    expect(sydney).not.toMatch(/^America\//);
    const named = fitBaseline(history, {
      timeZone: ({ operation }) => (operation === 'Sign' ? 'Asia/Tokyo' : undefined),
    });
    expect(named.describe({ operation: 'Sign' }).timeZone).toBe('Asia/Tokyo');
    expect(named.describe({ operation: 'Decrypt' }).timeZone).toMatch(/^America\//);
  });
});
