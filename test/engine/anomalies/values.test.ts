import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector, findAnomalies, fitBaseline, IncidentTracker, scoreWindow } from '../../../src/engine/index.js';
import type { Anomaly, Scores } from '../../../src/engine/types.js';
import { keyId } from '../../../src/series/key.js';
import { observedRow, rowsById, type SeriesSet, seriesSet, valueAt } from '../../../src/series/series-set.js';
import { sliceWindow } from '../../../src/series/slice.js';
import { DAY, HOUR } from '../../../src/time/grid.js';
import { poisson, seeded } from '../../support/random.js';

const STEP = 5 * 60_000;
const PER = DAY / STEP;
const START = Date.UTC(2026, 3, 13);
const ALERTS = { alertBudget: { perWeek: 1 } };

interface Event {
  readonly after: number;
  readonly lasts: number;
  readonly factor: number;
}

/** One incident after another, of minutes to days, on either side. */
const events = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 400 }),
    lasts: fc.constantFrom(1, 3, 12, 40, 72, 288, 600),
    factor: fc.constantFrom(0, 0.2, 0.5, 1.35, 2, 4, 10),
  }),
  { minLength: 1, maxLength: 12 },
);
const rows = fc.array(
  fc.record({
    perDay: fc.constantFrom(5, 20, 60, 300, 1500),
    isOffice: fc.boolean(),
    events,
  }),
  { minLength: 1, maxLength: 3 },
);
const fleets = fc.record({
  seed: fc.nat(),
  days: fc.constantFrom(10, 28),
  rows,
  cuts: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }),
});
type Fleet = typeof fleets extends fc.Arbitrary<infer T> ? T : never;

const JUDGED = 8 * PER;

function setOf({ seed, days, rows }: Fleet): SeriesSet {
  const random = seeded(seed);
  const history = days * PER;
  const series = rows.map(({ perDay, isOffice, events }, i) => {
    const factors = factorsOf(events, history);
    const values = Float64Array.from({ length: history + JUDGED }, (_, j) => {
      if (random() < 0.001) return Number.NaN;
      return poisson(random, (perDay / PER) * shapeOf(isOffice, j) * (factors[j] ?? 1));
    });
    return { key: { operation: 'Decrypt', keyArn: arn(i) }, values };
  });
  return seriesSet({ start: START, step: STEP, series });
}

function factorsOf(events: readonly Event[], from: number): number[] {
  const factors: number[] = [];
  let at = from;
  for (const { after, lasts, factor } of events) {
    at += after;
    for (let i = 0; i < lasts; i++) factors[at++] = factor;
  }
  return factors;
}

function shapeOf(isOffice: boolean, bucket: number): number {
  if (!isOffice) return 1;
  const hour = Math.floor((bucket % PER) / 12);
  const isWorkday = Math.floor(bucket / PER) % 7 < 5;
  return isWorkday && hour >= 8 && hour < 18 ? 3 : 0.1;
}

function arn(i: number): string {
  return `arn:aws:kms:eu-central-1:111122223333:key/${i}`;
}

/** Calls of an anomaly's row from its beginning to its end, as they were given. */
function callsIn(set: SeriesSet, { key, from, to }: Anomaly): number {
  const row = rowsById(set.keys).get(keyId(key)) ?? -1;
  const observed = observedRow(set, row);
  let calls = 0;
  for (let i = Math.round((from - START) / STEP); i < Math.round((to - START) / STEP); i++) {
    if (observed[i] === 1) calls += valueAt(set, row, i);
  }
  return calls;
}

function check(set: SeriesSet, anomalies: readonly Anomaly[]): void {
  for (const anomaly of anomalies) {
    const { value, expected, lower, upper, verdict } = anomaly;
    expect({ anomaly, value }).toEqual({ anomaly, value: callsIn(set, anomaly) });
    expect(verdict === 'above' ? value >= expected : value <= expected).toBe(true);
    expect(lower <= expected && expected <= upper).toBe(true);
  }
}

/** Observes a window in pieces, and comes back from bytes between some of them. */
function inPieces(
  first: Detector,
  window: SeriesSet,
  cuts: readonly number[],
): { scores: Scores[]; detector: Detector } {
  const { start, step, length } = window.grid;
  const scores: Scores[] = [];
  let detector = first;
  for (let at = 0, i = 0; at < length; i++) {
    const end = Math.min(length, at + cuts[i % cuts.length]);
    if (i % 5 === 3) detector = Detector.fromBytes(detector.toBytes());
    scores.push(detector.observe(sliceWindow(window, start + at * step, start + end * step)));
    at = end;
  }
  return { scores, detector };
}

describe('value of an anomaly', () => {
  it('is the calls that came from its beginning to its end, however time is cut and restored', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const set = setOf(fleet);
        const cut = START + fleet.days * DAY;
        const baseline = fitBaseline(sliceWindow(set, START, cut), { timeZone: 'UTC' });
        const judged = sliceWindow(set, cut, START + set.grid.length * STEP);
        check(set, findAnomalies(scoreWindow(baseline, judged, ALERTS)));
        for (const learn of ['accept-shifts', 'hold'] as const) {
          const whole = new Detector(baseline, { learn, ...ALERTS });
          const anomalies = findAnomalies(whole.observe(judged));
          const { scores, detector } = inPieces(new Detector(baseline, { learn, ...ALERTS }), judged, fleet.cuts);
          expect(findAnomalies(scores)).toEqual(anomalies);
          check(set, anomalies);
          const incidents = new IncidentTracker();
          for (const part of scores) for (const { incident } of incidents.take(part)) check(set, incident.anomalies);
          expect(incidents.incidents).toEqual(whole.incidents);
          expect(detector.incidents).toEqual(whole.incidents);
          // A late window has all since it judged anew.
          const late = sliceWindow(judged, judged.grid.start + 7 * DAY, judged.grid.start + 7 * DAY + 6 * HOUR);
          check(set, findAnomalies(detector.observe(late)));
          expect(detector.incidents).toEqual(whole.incidents);
        }
      }),
      { numRuns: 8, seed: 11 },
    );
  }, 60_000);
});

describe('expected of a silence', () => {
  it('is what is usual in its own hours, those before the judged window too', () => {
    const keys = fc.record({
      seed: fc.nat(),
      perDay: fc.constantFrom(40, 200, 600),
      opens: fc.integer({ min: 0, max: 12 }),
      hours: fc.integer({ min: 1, max: 10 }),
      stopped: fc.integer({ min: 1, max: 60 }),
      unseen: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(keys, ({ seed, perDay, opens, hours, stopped, unseen }) => {
        const random = seeded(seed);
        const length = 47 * 24;
        const history = 42 * 24;
        // On working days, some hours of the day, to a Friday; a few of the silent hours were not observed.
        const isOpen = (i: number) => i % 24 >= opens && i % 24 < opens + hours && Math.floor(i / 24) % 7 < 5;
        const values = Float64Array.from({ length }, (_, i) => {
          if (i >= history - stopped) return i < history - stopped + unseen && i < history ? Number.NaN : 0;
          return isOpen(i) ? poisson(random, perDay / hours) : 0;
        });
        const key = { operation: 'Decrypt', keyArn: arn(0) };
        const set = seriesSet({ start: START, step: HOUR, series: [{ key, values }] });
        const cut = START + history * HOUR;
        const baseline = fitBaseline(sliceWindow(set, START, cut), { timeZone: 'UTC' });
        const scores = scoreWindow(baseline, sliceWindow(set, cut, START + length * HOUR), ALERTS);
        const [silence] = findAnomalies(scores);
        expect(silence).toMatchObject({ kind: 'silence', value: 0 });
        let usual = 0;
        for (let time = silence.from; time < silence.to; time += HOUR) {
          if (!Number.isNaN(values[(time - START) / HOUR])) usual += baseline.band(key, time).expected;
        }
        // The rate of days has followed what of the silence the history holds, that of weeks less so.
        expect(silence.expected / usual).toBeGreaterThan(0.85);
        expect(silence.expected / usual).toBeLessThan(1.2);
      }),
      { numRuns: 40, seed: 12 },
    );
  });
});
