import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { findAnomalies } from '../../src/engine/anomalies/find-anomalies.js';
import { Baseline } from '../../src/engine/baseline.js';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import type { Scores } from '../../src/engine/types.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { DAY, HOUR } from '../../src/time/grid.js';
import { poisson, seeded } from '../support/random.js';
import { STEP } from '../support/sets.js';

/** What `Intl` says of one zone can be made to be of another tz release: Vancouver without the change of November 2026. */
const tz = vi.hoisted(() => ({ isNewer: false }));
vi.mock('../../src/time/zone.js', async (original) => {
  const actual = await original<typeof import('../../src/time/zone.js')>();
  return {
    ...actual,
    zoneOffsets(zone: string, from: number, to: number) {
      const table = actual.zoneOffsets(zone, Math.min(from, Date.UTC(2026, 0, 1)), Math.max(to, Date.UTC(2028, 0, 1)));
      if (!tz.isNewer || zone !== 'America/Vancouver') return table;
      const kept = [...table.times.keys()].filter((i) => table.times[i] < Date.UTC(2026, 3, 1));
      const of = (values: Float64Array) => Float64Array.from(kept, (i) => values[i]);
      return { ...table, times: of(table.times), offsets: of(table.offsets) };
    },
  };
});

const KEY = { operation: 'Decrypt', keyArn: 'key/1' };

/** People work 9 to 17 on weekdays, by offsets (hours) before and after a change. */
function atWork([before, after]: readonly [number, number], change: string, from: string, until: string, seed: number) {
  const [start, end, changed] = [from, until, change].map((text) => Date.parse(text));
  const random = seeded(seed);
  const values = Float64Array.from({ length: (end - start) / STEP }, (_, i) => {
    const time = start + i * STEP;
    const local = new Date(time + (time < changed ? before : after) * HOUR);
    const [hour, day] = [local.getUTCHours(), local.getUTCDay()];
    return poisson(random, hour >= 9 && hour < 17 && day >= 1 && day <= 5 ? 30 : 0.5);
  });
  return seriesSet({ start, step: STEP, series: [{ key: KEY, values }] });
}

type Offsets = readonly [number, number];

/** Where people go on as the rules of their zone say, or do not; history, change and judged time. */
const CASES: readonly (readonly [
  what: string,
  zones: readonly (string | undefined)[],
  Offsets,
  string,
  string,
  string,
  string,
])[] = [
  [
    'Winnipeg stays on summer time',
    ['America/Winnipeg', undefined],
    [-5, -5],
    '2026-11-01',
    '2026-10-01',
    '2026-11-01',
    '2026-11-15',
  ],
  [
    'Vancouver stays on summer time',
    ['America/Vancouver', undefined],
    [-7, -7],
    '2026-11-01',
    '2026-10-01',
    '2026-11-01',
    '2026-11-15',
  ],
  [
    'rules that March still showed',
    ['America/Los_Angeles', undefined],
    [-8, -7],
    '2026-03-08T10:00Z',
    '2026-02-01',
    '2026-11-01',
    '2026-11-15',
  ],
  [
    'people on the Pacific',
    ['America/Los_Angeles', 'UTC', '-07:00', 'Europe/Berlin', undefined],
    [-7, -8],
    '2026-11-01T09:00Z',
    '2026-10-04',
    '2026-11-01',
    '2026-11-15',
  ],
  [
    'Ramadan begins',
    ['Africa/Casablanca', 'Europe/Paris', undefined],
    [1, 0],
    '2026-02-15T02:00Z',
    '2026-01-14',
    '2026-02-14',
    '2026-02-28',
  ],
  [
    'Ramadan ends',
    ['Africa/Casablanca', undefined],
    [0, 1],
    '2026-03-22T02:00Z',
    '2026-02-16',
    '2026-03-21',
    '2026-04-04',
  ],
  [
    'Morocco stays as it is',
    ['Africa/Casablanca', undefined],
    [1, 1],
    '2026-02-15T02:00Z',
    '2026-01-14',
    '2026-02-14',
    '2026-02-28',
  ],
  [
    'Morocco on standard time for good',
    ['Africa/Casablanca', undefined],
    [1, 0],
    '2026-09-20T01:00Z',
    '2026-08-20',
    '2026-09-20',
    '2026-10-04',
  ],
  [
    'Morocco on standard time for good, within the last days of a history',
    ['Africa/Casablanca'],
    [1, 0],
    '2026-09-20T01:00Z',
    '2026-08-20',
    '2026-09-25',
    '2026-10-09',
  ],
  [
    'a history of six weeks around a change that was not made',
    ['America/Winnipeg', 'UTC', undefined],
    [-5, -5],
    '2026-11-01',
    '2026-10-17',
    '2026-11-28',
    '2026-12-12',
  ],
  [
    'a history of six weeks around a change that the given zone does not have',
    ['UTC', '-07:00'],
    [-7, -8],
    '2026-11-01T09:00Z',
    '2026-10-17',
    '2026-11-28',
    '2026-12-12',
  ],
  ['Egypt', ['Africa/Cairo', undefined], [3, 2], '2026-10-29T21:00Z', '2026-09-28', '2026-10-28', '2026-11-11'],
  [
    'Egypt stays on summer time',
    ['Africa/Cairo', undefined],
    [3, 3],
    '2026-10-29T21:00Z',
    '2026-09-28',
    '2026-10-28',
    '2026-11-11',
  ],
  [
    'half an hour, Lord Howe',
    ['Australia/Lord_Howe', undefined],
    [10.5, 11],
    '2026-10-03T15:30Z',
    '2026-09-01',
    '2026-10-03',
    '2026-10-17',
  ],
  [
    'half an hour off the hour, Newfoundland',
    ['America/St_Johns', undefined],
    [-2.5, -3.5],
    '2026-11-01T04:30Z',
    '2026-10-01',
    '2026-11-01',
    '2026-11-15',
  ],
  [
    'Kolkata has no change',
    ['Asia/Kolkata', '+05:30', 'UTC+05:30', undefined],
    [5.5, 5.5],
    '2026-11-01',
    '2026-10-01',
    '2026-11-01',
    '2026-11-15',
  ],
  [
    'the change not made is the last thing a history holds',
    ['America/Winnipeg'],
    [-5, -5],
    '2026-11-01',
    '2026-10-06',
    '2026-11-06',
    '2026-11-20',
  ],
];

const FLAT = CASES.flatMap(([what, zones, ...rest]) =>
  zones.map((zone) => [what, zone ?? 'no zone', ...rest] as const),
);

function split(set: SeriesSet, cut: string): [SeriesSet, SeriesSet] {
  const { start, length } = set.grid;
  return [sliceWindow(set, start, Date.parse(cut)), sliceWindow(set, Date.parse(cut), start + length * STEP)];
}

const options = (zone: string) => (zone === 'no zone' ? {} : { timeZone: zone });

describe('the weeks after a change of the clocks, made or not', () => {
  it.each(FLAT)('%s: %s', (_, zone, offsets, change, from, cut, until) => {
    // Two series, two weeks, a false episode in a year each.
    let found = 0;
    for (const seed of [11, 12]) {
      const [history, judged] = split(atWork(offsets, change, from, until, seed), cut);
      const budget = { alertBudget: { perWeek: 0.02 } };
      found += findAnomalies(scoreWindow(fitBaseline(history, options(zone)), judged, budget)).length;
    }
    expect(found).toBeLessThanOrEqual(1);
  });

  it('are reported where what moves is no change of any rule, so that all this can fail', () => {
    const [history, judged] = split(atWork([-7, -9], '2026-11-01', '2026-10-01', '2026-11-15', 11), '2026-11-01');
    expect(findAnomalies(scoreWindow(fitBaseline(history, {}), judged)).length).toBeGreaterThan(10);
  });

  it('are judged alike however the stream is cut, and after bytes', () => {
    const [history, judged] = split(atWork([-5, -5], '2026-11-01', '2026-10-01', '2026-11-06', 13), '2026-10-31');
    const baseline = fitBaseline(history, { timeZone: 'America/Winnipeg' });
    const whole = new Detector(baseline).observe(judged);
    let detector = new Detector(baseline);
    const cut: Scores[] = [];
    const { start, length } = judged.grid;
    const random = seeded(5);
    for (let at = 0; at < length; ) {
      const next = Math.min(length, at + 1 + Math.floor(random() * (random() < 0.5 ? 3 : 200)));
      cut.push(detector.observe(sliceWindow(judged, start + at * STEP, start + next * STEP)));
      if (random() < 0.1) detector = Detector.fromBytes(detector.toBytes());
      at = next;
    }
    expect(cut.flatMap(({ surprise }) => [...surprise])).toEqual([...whole.surprise]);
    expect(cut.flatMap(({ verdicts }) => [...verdicts])).toEqual([...whole.verdicts]);
    // What it turned out to be is what is expected from then on: work begins at nine by the offset of summer.
    const nine = Date.parse('2026-11-09T14:00Z');
    expect(detector.band(KEY, nine).expected).toBeGreaterThan(20);
    expect(detector.band(KEY, nine - STEP).expected).toBeLessThan(2);
  });
});

/** Jobs of `calls` at these hours of UTC, every day from 9 February to 6 April, and `of` times as many from `changed` on. */
function jobs(hours: readonly number[], calls: number, changed: string, of: number, seed: number) {
  const [start, end] = [Date.parse('2026-02-09'), Date.parse('2026-04-06')];
  const random = seeded(seed);
  const values = new Float64Array((end - start) / STEP);
  for (let day = start; day < end; day += DAY) {
    for (const hour of hours) {
      const time = day + hour * HOUR;
      const mean = time < Date.parse(changed) ? calls : of * calls;
      values[Math.round((time - start) / STEP)] = mean > 0 ? poisson(random, mean) : 0;
    }
  }
  return seriesSet({ start, step: STEP, series: [{ key: KEY, values }] });
}

// Europe and those who follow it change their clocks on 29 March, as a job in no zone of theirs may too.
describe('a job beside a change of the clocks', () => {
  const zones = ['UTC', 'Asia/Kolkata', 'Europe/Berlin', 'no zone'];
  const judge = (set: SeriesSet, zone: string) => {
    const [history, judged] = split(set, '2026-03-23');
    const baseline = fitBaseline(history, options(zone));
    return [new Detector(baseline).observe(judged), new Detector(baseline, { learn: 'hold' }).observe(judged)];
  };

  it('is told when it stops, at its first run that does not come', () => {
    const hour = fc.integer({ min: 4 * 12, max: 20 * 12 }).map((slot) => slot / 12);
    const stop = fc.integer({ min: 0, max: 5 * 24 }).map((after) => Date.parse('2026-03-27') + after * HOUR);
    fc.assert(
      fc.property(
        fc.uniqueArray(hour, { minLength: 1, maxLength: 3, comparator: (a, b) => Math.abs(a - b) < 3 }),
        stop,
        fc.constantFrom(...zones),
        fc.integer({ min: 1, max: 1000 }),
        (hours, stopped, zone, seed) => {
          const due = hours.flatMap((at) => [0, 1, 2].map((day) => floorDay(stopped) + day * DAY + at * HOUR));
          const first = Math.min(...due.filter((time) => time >= stopped));
          for (const scores of judge(jobs(hours, 30, new Date(stopped).toISOString(), 0, seed), zone)) {
            const told = scores.verdicts.findIndex((verdict, i) => verdict !== 0 && timeOf(i) >= stopped);
            expect(scores.verdicts[told]).toBe(-1);
            // Where its own zone would have it an hour later, it may have gone on by that.
            expect(timeOf(told) - first).toBeLessThanOrEqual(HOUR);
          }
        },
      ),
      { numRuns: 24 },
    );
  });

  it.each(zones)('that shrank hours before it is expected when it runs: %s', (zone) => {
    const set = jobs([2.25, 8.25, 14.25, 20.25], 50, '2026-03-28T12:00Z', 0.4, 3);
    for (const scores of judge(set, zone)) {
      const rows = [...scores.verdicts.keys()].filter((i) => timeOf(i) >= Date.parse('2026-03-29T12:00Z'));
      const elsewhere = rows.filter((i) => scores.expected[i] > 2 && timeOf(i) % (6 * HOUR) !== 2.25 * HOUR);
      expect(elsewhere.map((i) => new Date(timeOf(i)).toISOString())).toEqual([]);
      expect(rows.filter((i) => scores.expected[i] > 2).length).toBeGreaterThan(20);
    }
  });
});

const floorDay = (time: number) => time - (time % DAY);
const timeOf = (bucket: number) => Date.parse('2026-03-23') + bucket * STEP;

describe('a baseline under another tz release', () => {
  it.each([
    ['as it is', -7],
    ['as the other release has it', -8],
  ])('judges by the offsets that it was fitted with: people go on %s', (_, after) => {
    const [history, judged] = split(
      atWork([-7, after], '2026-11-01T09:00Z', '2026-10-01', '2026-11-15', 21),
      '2026-11-01',
    );
    const verdicts = [false, true].map((fittedNewer) => {
      tz.isNewer = fittedNewer;
      const bytes = fitBaseline(history, { timeZone: 'America/Vancouver' }).toBytes();
      return [false, true].map((scoredNewer) => {
        tz.isNewer = scoredNewer;
        const scores = scoreWindow(Baseline.fromBytes(bytes), judged);
        const streamed = new Detector(Baseline.fromBytes(bytes)).observe(judged);
        tz.isNewer = false;
        expect(findAnomalies(scores).length).toBeLessThanOrEqual(2);
        return [[...scores.surprise], [...streamed.surprise]];
      });
    });
    expect(verdicts[0][1]).toEqual(verdicts[0][0]);
    expect(verdicts[1][1]).toEqual(verdicts[1][0]);
  });
});

describe('a job in the hour of a change', () => {
  const CALLS = 60;
  /** Four weeks of a job at a time of day (UTC), and the day of the change with other runs. */
  function jobs(everyDay: string, cut: string, runs: readonly string[], zone: string) {
    const end = Date.parse(cut) + DAY;
    const start = Date.parse(cut) - 28 * DAY;
    const values = new Float64Array((end - start) / STEP);
    const at = (time: number) => Math.round((time - start) / STEP);
    for (let time = start + Date.parse(`1970-01-01T${everyDay}Z`); time < Date.parse(cut); time += DAY)
      values[at(time)] = CALLS;
    for (const run of runs) values[at(Date.parse(run))] += CALLS;
    const [history, judged] = split(seriesSet({ start, step: STEP, series: [{ key: KEY, values }] }), cut);
    const baseline = fitBaseline(history, options(zone));
    const streamed = new Detector(baseline);
    const pieces = Array.from({ length: 24 }, (_, hour) =>
      streamed.observe(sliceWindow(judged, Date.parse(cut) + hour * HOUR, Date.parse(cut) + (hour + 1) * HOUR)),
    );
    return [findAnomalies(scoreWindow(baseline, judged)), findAnomalies(pieces)];
  }

  const autumn = ['2026-10-25T00:30Z', '2026-10-25T01:30Z'];
  for (const zone of ['Europe/Berlin', 'no zone']) {
    it.each([
      ['the first pass of an hour that comes twice', autumn.slice(0, 1)],
      ['the second', autumn.slice(1)],
      ['both', autumn],
    ])(`${zone}: may run in %s`, (_, runs) => {
      expect(jobs('00:30', '2026-10-25', runs, zone)).toEqual([[], []]);
    });

    it(`${zone}: is missed where neither pass has it`, () => {
      for (const found of jobs('00:30', '2026-10-25', [], zone)) expect(found.length).toBeGreaterThanOrEqual(1);
    });

    it.each([
      ['as soon as the clocks have changed', ['2026-03-29T01:00Z']],
      ['an hour later by the clock', ['2026-03-29T01:30Z']],
      ['not at all', []],
    ])(`${zone}: due in the hour that is missing, it may run %s`, (_, runs) => {
      expect(jobs('01:30', '2026-03-29', runs, zone)).toEqual([[], []]);
    });

    it(`${zone}: a job of another size there is reported`, () => {
      const many = Array.from({ length: 6 }, () => '2026-03-29T01:00Z');
      for (const found of jobs('01:30', '2026-03-29', many, zone)) expect(found.length).toBeGreaterThanOrEqual(1);
    });
  }
});
