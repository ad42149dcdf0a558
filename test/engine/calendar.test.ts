import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baselineFromBytes, baselineToBytes } from '../../src/engine/baseline-bytes.js';
import { type Anomaly, Baseline, Detector, findAnomalies, fitBaseline, scoreWindow } from '../../src/engine/index.js';
import { InputError } from '../../src/errors.js';
import { type SeriesSet, seriesKey, seriesSet, sliceWindow } from '../../src/series/index.js';
import { civilDay, civilDays } from '../../src/time/calendar.js';
import { likeWeekday } from '../../src/time/civil-days.js';
import type { Calendar } from '../../src/time/index.js';
import { poisson, seeded } from '../support/random.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** A Monday, 00:00 in Berlin. */
const BEGIN = Date.UTC(2026, 4, 31, 22);
const HISTORY = 5;
const JUDGED = BEGIN + HISTORY * WEEK;
const END = JUDGED + 2 * WEEK;
const ZONE = 'Europe/Berlin';
const key = (n: number) => ({
  operation: 'Decrypt',
  keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${n}`,
});
/** A Wednesday of the history, and one that is judged. */
const PAST = '2026-06-17';
const HOLIDAY = '2026-07-08';
const SUNDAYS: Calendar = {
  like: [
    { date: PAST, weekday: 0 },
    { date: HOLIDAY, weekday: 0, name: 'Founders’ day' },
  ],
};

/** Office hours of some keys, with holidays on which nobody works. */
function traffic(holidays: readonly string[], keys = 4, seed = 1): SeriesSet {
  const random = seeded(seed);
  const off = new Set(holidays.map((date) => civilDay(date, 'date')));
  const series = Array.from({ length: keys }, (_, n) => ({
    key: key(n),
    values: Float64Array.from({ length: (END - BEGIN) / HOUR }, (_, i) => {
      const local = BEGIN + i * HOUR + 2 * HOUR;
      const day = Math.floor(local / DAY);
      const isOff = (day + 3) % 7 >= 5 || off.has(day);
      const hour = (local % DAY) / HOUR;
      return poisson(random, hour >= 8 && hour < 18 && !isOff ? 60 + 10 * n : 3);
    }),
  }));
  return seriesSet({ start: BEGIN, step: HOUR, series });
}

const set = traffic([PAST, HOLIDAY]);
const history = sliceWindow(set, BEGIN, JUDGED);
const judged = sliceWindow(set, JUDGED, END);
const fitted = fitBaseline(history, { timeZone: ZONE, calendar: SUNDAYS });

describe('a day that is like another weekday', () => {
  it('is judged as that', () => {
    expect(findAnomalies(scoreWindow(fitted, judged))).toEqual([]);
    const noon = Date.parse(`${HOLIDAY}T10:00Z`);
    const sunday = Date.parse('2026-07-12T10:00Z');
    // Sunday is some days further from the history's end, over which the rate goes on as it grew.
    const profileOf = (row: number, time: number) =>
      fitted.band(key(row), time).expected / fitted.growthAt(seriesKey(key(row)), time).ratio;
    for (const row of [0, 3]) {
      const { lower, upper } = fitted.band(key(row), sunday);
      expect(profileOf(row, noon) / profileOf(row, sunday)).toBeCloseTo(1, 12);
      expect(fitted.band(key(row), noon)).toMatchObject({ lower, upper });
      expect(fitted.band(key(row), noon + DAY).expected).toBeGreaterThan(40);
    }
    // From civil midnight to civil midnight.
    const day = Date.parse(`${HOLIDAY}T00:00+02:00`);
    const next = Date.parse('2026-07-12T00:00+02:00');
    for (let hour = 0; hour < 24; hour++) {
      expect(profileOf(0, day + hour * HOUR) / profileOf(0, next + hour * HOUR)).toBeCloseTo(1, 12);
    }
  });

  it('is one anomaly, and one incident, where it is not handed in', () => {
    const plain = fitBaseline(history, { timeZone: ZONE });
    const detector = new Detector(plain);
    const anomalies = findAnomalies(detector.observe(sliceWindow(set, JUDGED, Date.parse(`${HOLIDAY}T23:00Z`))));
    expect(anomalies.length).toBe(1);
    expect(anomalies[0]).toMatchObject({ verdict: 'below', affected: { keys: 4, of: 4 } });
    expect(detector.incidents.length).toBe(1);
  });

  it('does not count among its own weekdays in the history', () => {
    const wednesday = Date.parse('2026-07-15T10:00Z');
    const holidays = [PAST, '2026-06-10', '2026-06-24'];
    const many = sliceWindow(traffic(holidays), BEGIN, JUDGED);
    const like = holidays.map((date) => ({ date, weekday: 0 }) as const);
    const expected = (calendar: Calendar) =>
      fitBaseline(many, { timeZone: ZONE, calendar }).band(key(0), wednesday).expected;
    expect(expected({ like })).toBeGreaterThan(54);
    expect(expected({})).toBeLessThan(50);
  });

  it('may be given later, to the baseline or to a detector under way', () => {
    const plain = fitBaseline(history, { timeZone: ZONE, calendar: { like: [{ date: PAST, weekday: 0 }] } });
    const later = { like: [{ date: HOLIDAY, weekday: 0 }] } as const;
    expect(plain.withCalendar(later).toBytes()).toEqual(fitted.toBytes());
    expect(plain.withCalendar({ like: [{ date: PAST, weekday: 0 }] })).toBe(plain);
    const at = Date.parse('2026-07-07T09:00Z');
    const detector = new Detector(plain);
    detector.observe(sliceWindow(set, JUDGED, at));
    detector.addCalendar(later);
    detector.observe(sliceWindow(set, at, END));
    const known = new Detector(fitted);
    known.observe(judged);
    expect(detector.incidents).toEqual([]);
    expect(detector.toBytes()).toEqual(known.toBytes());
    // Late, but within two days: what was reported was none.
    const late = new Detector(plain);
    late.observe(sliceWindow(set, JUDGED, Date.parse(`${HOLIDAY}T20:00Z`)));
    expect(late.incidents.length).toBe(1);
    late.addCalendar(later);
    expect(late.incidents).toEqual([]);
    expect(Detector.fromBytes(late.toBytes()).toBytes()).toEqual(late.toBytes());
  });

  it('gives the same verdicts however time is cut, from bytes in between', () => {
    const whole = new Detector(fitted).observe(judged);
    const cuts = fc.array(fc.integer({ min: 1, max: judged.grid.length - 1 }), { maxLength: 5 });
    fc.assert(
      fc.property(cuts, (cut) => {
        const edges = [...new Set([0, ...cut, judged.grid.length])].sort((a, b) => a - b);
        let detector = new Detector(Baseline.fromBytes(fitted.toBytes()));
        for (const [i, to] of edges.slice(1).entries()) {
          const part = detector.observe(sliceWindow(set, JUDGED + edges[i] * HOUR, JUDGED + to * HOUR));
          for (let row = 0; row < 4; row++) {
            const from = row * judged.grid.length + edges[i];
            const length = to - edges[i];
            expect(part.surprise.slice(row * length, (row + 1) * length)).toEqual(
              whole.surprise.slice(from, from + length),
            );
          }
          detector = Detector.fromBytes(detector.toBytes());
        }
      }),
      { numRuns: 10, seed: 3 },
    );
  });

  it('is kept in the bytes, the same for the same calendar', () => {
    const [first, second] = SUNDAYS.like ?? [];
    const other = fitBaseline(history, { timeZone: ZONE, calendar: () => ({ like: [second, first] }) });
    // A function says nothing of keys to come: given for all, they are the same.
    expect(other.withCalendar(SUNDAYS).toBytes()).toEqual(fitted.toBytes());
    const again = Baseline.fromBytes(fitted.toBytes());
    expect(baselineToBytes(baselineFromBytes(fitted.toBytes()))).toEqual(fitted.toBytes());
    expect(scoreWindow(again, judged)).toEqual(scoreWindow(fitted, judged));
    expect(fitBaseline(history, { timeZone: ZONE, calendar: {} }).toBytes()).toEqual(
      fitBaseline(history, { timeZone: ZONE }).toBytes(),
    );
  });

  it('counts for the keys that have it', () => {
    const own = fitBaseline(history, {
      timeZone: ZONE,
      calendar: ({ keyArn }) => (keyArn === key(0).keyArn ? SUNDAYS : undefined),
    });
    const noon = Date.parse(`${HOLIDAY}T10:00Z`);
    expect(own.band(key(0), noon).expected).toBeLessThan(10);
    expect(own.band(key(1), noon).expected).toBeGreaterThan(40);
    expect(
      own.merge(fitBaseline(sliceWindow(set, BEGIN, JUDGED), { timeZone: ZONE })).band(key(0), noon).expected,
    ).toBeLessThan(10);
  });

  it('puts off when a silence is reported', () => {
    const rare = Float64Array.from({ length: HISTORY * 168 }, (_, i) => {
      const local = BEGIN + i * HOUR + 2 * HOUR;
      return (Math.floor(local / DAY) + 3) % 7 < 5 && local % DAY >= 9 * HOUR && local % DAY < 17 * HOUR ? 1 : 0;
    });
    const one = seriesSet({ start: BEGIN, step: HOUR, series: [{ key: key(0), values: rare }] });
    const reportedAt = (calendar: Calendar) =>
      fitBaseline(one, { timeZone: ZONE, calendar }).describe(key(0)).silenceReportedAt ?? Number.NaN;
    const week = Array.from({ length: 4 }, (_, d) => ({ date: `2026-07-0${6 + d}`, weekday: 0 }) as const);
    expect(reportedAt({ like: week }) - reportedAt({})).toBeGreaterThan(3 * DAY);
    // A day of every week on which nothing is judged puts it off as well.
    const exclude = [{ from: '2026-07-06T00:00', to: '2026-07-07T00:00', every: 'week' }] as const;
    expect(reportedAt({ exclude }) - reportedAt({})).toBeGreaterThan(DAY / 2);
  });
});

describe('days of the month', () => {
  it('are counted from its beginning and its end', () => {
    const days = civilDays({
      like: [
        { dayOfMonth: 1, weekday: 1 },
        { dayOfMonth: -1, weekday: 6 },
        { date: '2026-02-28', weekday: 3 },
      ],
    });
    const like = (date: string) => (days === undefined ? Number.NaN : likeWeekday(days, civilDay(date, 'date')));
    expect(like('2026-06-01')).toBe(0);
    expect(like('2026-06-30')).toBe(5);
    expect(like('2028-02-29')).toBe(5);
    expect(like('2028-02-28')).toBe(-1);
    expect(like('2026-02-28')).toBe(2);
    expect(like('2026-07-30')).toBe(-1);
  });
});

describe('recurring maintenance', () => {
  /** Every Sunday from two to four in the morning a key is called a thousand times more, in the last judged week not. */
  const busy = (() => {
    const base = traffic([], 2, 7);
    const values = Float64Array.from(base.values as Float64Array);
    for (let i = 0; i < base.grid.length; i++) {
      const local = BEGIN + i * HOUR + 2 * HOUR;
      const isSunday = (Math.floor(local / DAY) + 3) % 7 === 6;
      const hour = (local % DAY) / HOUR;
      if (isSunday && hour >= 2 && hour < 4)
        values[i] = i < (HISTORY + 1) * 168 ? Math.round(1000 * (1 + 0.5 * Math.sin(i))) : 90000;
    }
    return { ...base, values };
  })();
  const exclude = [{ from: '2026-06-07T02:00', to: '2026-06-07T04:00', every: 'week' }] as const;
  const baseline = fitBaseline(sliceWindow(busy, BEGIN, JUDGED), { timeZone: ZONE, calendar: { exclude } });

  it('is neither learned from nor judged', () => {
    const without = fitBaseline(sliceWindow(busy, BEGIN, JUDGED), { timeZone: ZONE });
    const sunday = Date.parse('2026-07-12T02:00+02:00');
    expect(without.band(key(0), sunday).expected).toBeGreaterThan(500);
    expect(baseline.band(key(0), sunday).expected).toBeLessThan(20);
    const above = (found: readonly Anomaly[]) => found.filter(({ verdict }) => verdict === 'above');
    expect(above(findAnomalies(scoreWindow(baseline, sliceWindow(busy, JUDGED, END))))).toEqual([]);
    expect(above(findAnomalies(new Detector(baseline).observe(sliceWindow(busy, JUDGED, END))))).toEqual([]);
    expect(findAnomalies(scoreWindow(without, sliceWindow(busy, JUDGED, END))).length).toBeGreaterThan(0);
  });

  it('is kept in the bytes, and is the same bucket by bucket', () => {
    const again = Baseline.fromBytes(baseline.toBytes());
    const window = sliceWindow(busy, JUDGED, JUDGED + WEEK);
    const whole = new Detector(again).observe(window);
    const detector = new Detector(baseline);
    for (let i = 0; i < window.grid.length; i++) {
      const part = detector.observe(sliceWindow(window, JUDGED + i * HOUR, JUDGED + (i + 1) * HOUR));
      expect([...part.verdicts]).toEqual([whole.verdicts[i], whole.verdicts[i + window.grid.length]]);
    }
  });

  it('does not begin a silence anew', () => {
    const silent = (calendar: Calendar) => {
      const rare = seriesSet({
        start: BEGIN,
        step: HOUR,
        series: [
          {
            key: key(0),
            values: Float64Array.from({ length: (END - BEGIN) / HOUR }, (_, i) =>
              i < HISTORY * 168 && i % 24 === 12 ? 1 : 0,
            ),
          },
        ],
      });
      const baseline = fitBaseline(sliceWindow(rare, BEGIN, JUDGED), { timeZone: ZONE, calendar });
      const found = findAnomalies(scoreWindow(baseline, sliceWindow(rare, JUDGED, END)));
      return found.map(({ id, kind }) => [kind, id]);
    };
    expect(silent({}).length).toBe(1);
    expect(silent({ exclude })).toEqual(silent({}));
  });
});

it('names the entry that cannot be', () => {
  const fails = (calendar: unknown, message: RegExp) => {
    expect(() => fitBaseline(history, { calendar: calendar as Calendar })).toThrow(InputError);
    expect(() => fitted.withCalendar(calendar as Calendar)).toThrow(message);
  };
  fails({ like: [{ date: '2026-02-29', weekday: 0 }] }, /calendar\.like\[0\]\.date must be a date/);
  fails({ like: [{ date: new Date(), weekday: 0 }] }, /calendar\.like\[0\]\.date must be a date/);
  fails({ like: [{ date: PAST, weekday: 7 }] }, /calendar\.like\[0\]\.weekday must be an integer in \[0, 6\]/);
  fails({ like: [{ dayOfMonth: 0, weekday: 1 }] }, /calendar\.like\[0\]\.dayOfMonth must be/);
  fails({ like: 'easter' }, /calendar\.like must be an array/);
  fails({ holidays: [] }, /calendar has like and exclude, not holidays/);
  fails(
    { exclude: [{ from: '2026-06-07T02:00', to: '2026-06-07T04:00', every: 'day' }] },
    /calendar\.exclude\[0\]\.every/,
  );
  expect(() => fitBaseline(history, { calendar: () => [] as Calendar })).toThrow(/calendar\(key\) must be an object/);
});
