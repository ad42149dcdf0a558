import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCriticalOperation } from '../../src/engine/anomalies/anomaly-of-runs.js';
import { Detector, findAnomalies, fitBaseline, IncidentTracker, type Scores } from '../../src/engine/index.js';
import { KMS_OPERATIONS } from '../../src/kms/operations.js';
import type { SeriesSet } from '../../src/series/index.js';
import { seriesSet, sliceWindow } from '../../src/series/index.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, MONDAY, STEP } from '../support/sets.js';

const HISTORY = 21 * DAY;
const BEGIN = MONDAY + HISTORY;
const DAYS = 5;
const END = BEGIN + DAYS * DAY;
const arn = (n: number) => `arn:aws:kms:eu-central-1:111122223333:key/${n}`;

/** Poisson counts of some keys and their total; `mean` of each by key and time since the end of the history. */
function traffic(keys: number, mean: (key: number, time: number) => number, seed = 1): SeriesSet {
  const random = seeded(seed);
  const length = (END - MONDAY) / STEP;
  const rows = Array.from({ length: keys }, (_, n) =>
    Float64Array.from({ length }, (_, i) => poisson(random, mean(n, i * STEP - HISTORY))),
  );
  const total = Float64Array.from({ length }, (_, i) => rows.reduce((sum, row) => sum + row[i], 0));
  const series = rows.map((values, n) => ({ key: { operation: 'Decrypt', keyArn: arn(n) }, values }));
  return seriesSet({
    start: MONDAY,
    step: STEP,
    series: [{ key: { operation: 'Decrypt' }, values: total }, ...series],
  });
}

function detectorOf(set: SeriesSet, learn: 'hold' | 'accept-shifts' = 'hold'): Detector {
  return new Detector(fitBaseline(sliceWindow(set, MONDAY, BEGIN), { timeZone: 'UTC' }), { learn });
}

/** Busy keys with a burst, a rise that lasts, an outage, and a hole in the coverage of all. */
function eventful(seed: number): SeriesSet {
  const set = traffic(
    4,
    (key, time) => {
      if (key === 0 && time >= 1.2 * DAY && time < 1.2 * DAY + 15 * 60_000) return 60;
      if (key === 1 && time >= 1.5 * DAY && time < 3 * DAY) return 9;
      if (key === 2 && time >= 1.6 * DAY && time < 2.4 * DAY) return 0;
      if (key === 3 && time >= 3.3 * DAY) return 0;
      return 3;
    },
    seed,
  );
  const observed = set.observed.slice();
  observed.fill(0, (HISTORY + 2 * DAY) / STEP, (HISTORY + 2 * DAY) / STEP + 30);
  return { ...set, observed };
}

describe('the incidents of a detector', () => {
  const set = eventful(3);
  const once = detectorOf(set);
  const at = END - DAY;
  once.observe(sliceWindow(set, BEGIN, at));
  const early = structuredClone(once.incidents);
  once.observe(sliceWindow(set, at, END));
  const late = structuredClone(once.incidents);
  const length = (END - BEGIN) / STEP;
  const cuts = fc.array(fc.integer({ min: 1, max: length - 1 }), { maxLength: 8 });
  const edgesOf = (cut: readonly number[]) =>
    [...new Set([0, ...cut, (at - BEGIN) / STEP, length])].sort((a, b) => a - b).map((i) => BEGIN + i * STEP);

  it('are there', () => {
    expect(early.length).toBeGreaterThan(0);
    expect(late.length).toBeGreaterThan(1);
    expect(late.some(({ state }) => state === 'open')).toBe(true);
    expect(late.some(({ state }) => state === 'closed')).toBe(true);
  });

  it('are the same however the time is cut, wherever the detector is restored, and as a tracker’s of its own', () => {
    fc.assert(
      fc.property(cuts, fc.boolean(), (cut, restore) => {
        let detector = detectorOf(set);
        const tracker = new IncidentTracker();
        const edges = edgesOf(cut);
        for (const [i, to] of edges.slice(1).entries()) {
          tracker.take(detector.observe(sliceWindow(set, edges[i], to)));
          if (restore) detector = Detector.fromBytes(detector.toBytes());
          if (to === at) expect(detector.incidents).toEqual(early);
          if (to === at) expect(tracker.incidents).toEqual(early);
        }
        expect(detector.incidents).toEqual(late);
        expect(tracker.incidents).toEqual(late);
        expect(detector.toBytes()).toEqual(once.toBytes());
      }),
      { numRuns: 6, seed: 21 },
    );
  });

  it('are the same after what was wrong at first is re-stated', () => {
    const wrong = traffic(4, () => 5, 8);
    const whole = fc.integer({ min: 1, max: 2 * 288 });
    fc.assert(
      fc.property(cuts, whole, fc.boolean(), (cut, back, restore) => {
        let detector = detectorOf(set);
        const edges = edgesOf(cut);
        for (const [i, to] of edges.slice(1).entries()) {
          const from = edges[i];
          const since = Math.max(from, to - back * STEP);
          if (from < since) detector.observe(sliceWindow(set, from, since));
          detector.observe(sliceWindow(wrong, since, to));
          if (restore) detector = Detector.fromBytes(detector.toBytes());
          const half = Math.min(to, since + Math.ceil(back / 2) * STEP);
          detector.observe(sliceWindow(set, since, half));
          if (half < to) detector.observe(sliceWindow(set, half, to));
        }
        expect(detector.incidents).toEqual(late);
      }),
      { numRuns: 6, seed: 22 },
    );
  });

  it('are what findAnomalies finds in the scores: every anomaly is of one of them', () => {
    const scores = detectorOf(set).observe(sliceWindow(set, BEGIN, END));
    const tracker = new IncidentTracker();
    const ids = new Set(tracker.take(scores).flatMap(({ incident }) => incident.anomalies.map(({ id }) => id)));
    for (const { id } of findAnomalies(scores)) expect(ids).toContain(id);
  });
});

it('names all of six keys that stop together, beside two busy ones, in one incident', () => {
  const perBucket = (perDay: number) => (perDay * STEP) / DAY;
  const set = traffic(8, (key, time) => (key < 6 ? (time < DAY ? perBucket(60) : 0) : 20), 4);
  const detector = detectorOf(set);
  const tracker = new IncidentTracker();
  const opened: string[] = [];
  for (let from = BEGIN; from < END; from += DAY / 24) {
    for (const { change, incident } of tracker.take(detector.observe(sliceWindow(set, from, from + DAY / 24)))) {
      if (change === 'opened') opened.push(incident.id);
    }
  }
  expect(opened.length).toBe(1);
  const [incident, ...more] = detector.incidents;
  expect(more).toEqual([]);
  expect(incident.anomalies.map(({ key }) => key.keyArn).sort()).toEqual(Array.from({ length: 6 }, (_, n) => arn(n)));
});

it('makes one anomaly of three times the calls for days, however the scores are cut', () => {
  const set = traffic(1, (_, time) => (time >= DAY / 2 && time < 4.5 * DAY ? 21 : 7), 2);
  const found = [DAYS * DAY, DAY / 4, DAY / 48].map((width) => {
    const detector = detectorOf(set);
    const scores: Scores[] = [];
    for (let from = BEGIN; from < END; from += width)
      scores.push(detector.observe(sliceWindow(set, from, from + width)));
    return findAnomalies(scores);
  });
  expect(found[0].map(({ kind, verdict }) => [kind, verdict])).toEqual([['level-shift', 'above']]);
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
});

it('takes those operations to be critical that the catalogue calls so', () => {
  for (const { name, critical } of KMS_OPERATIONS) expect([name, isCriticalOperation(name)]).toEqual([name, critical]);
});
