import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findAnomalies } from '../../src/engine/anomalies/find-anomalies.js';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { ABOVE, type Anomaly, BELOW, type Scores } from '../../src/engine/types.js';
import { type SeriesSet, seriesSet, sliceWindow } from '../../src/series/index.js';
import { simulateFleet } from '../../src/simulate/index.js';
import { gridEnd } from '../../src/time/grid.js';
import { traffic } from '../naive/traffic.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, KEY, MONDAY, STEP } from '../support/sets.js';

const HOUR = 3_600_000;
const PER_DAY = DAY / STEP;
const UTC = { timeZone: 'UTC' };
const BUDGET = { alertBudget: { perWeek: 1 } };
const policies = fc.constantFrom('accept-shifts' as const, 'hold' as const);

/** A row whose first days are learned from; the others are judged. */
function learned(values: Float64Array, days: number, step = STEP, start = MONDAY) {
  const set = seriesSet({ start, step, series: [{ key: { operation: 'Decrypt', keyArn: KEY }, values }] });
  const from = start + days * DAY;
  return {
    baseline: fitBaseline(sliceWindow(set, start, from), UTC),
    judged: sliceWindow(set, from, gridEnd(set.grid)),
  };
}

/** Observed piece by piece, now and then written to bytes and read back. */
function inPieces(
  detector: Detector,
  window: SeriesSet,
  random: () => number,
): { verdicts: number[]; expected: number[] } {
  const { start, step, length } = window.grid;
  let current = detector;
  const verdicts: number[] = [];
  const expected: number[] = [];
  for (let at = 0; at < length; ) {
    const end = Math.min(length, at + 1 + Math.floor(random() * 2 * PER_DAY));
    if (random() < 0.2) current = Detector.fromBytes(current.toBytes());
    const scores = current.observe(sliceWindow(window, start + at * step, start + end * step));
    verdicts.push(...scores.verdicts);
    expected.push(...scores.expected);
    at = end;
  }
  return { verdicts, expected };
}

/** Nine to five from Monday to Friday, one in the mean of a week. */
function officeHours(time: number): number {
  const hour = Math.floor((time - MONDAY) / HOUR);
  return Math.floor(hour / 24) % 7 < 5 && hour % 24 >= 9 && hour % 24 < 17 ? 168 / 40 : 0;
}

describe('a key that stops for good', () => {
  const stops = fc.record({
    seed: fc.nat(1_000_000),
    perDay: fc.constantFrom(3, 5, 8, 10, 20, 40),
    office: fc.boolean(),
    learn: policies,
  });

  it('is reported by a Detector, as soon as by scoreWindow and as soon as describe() states', () => {
    fc.assert(
      fc.property(stops, ({ seed, perDay, office, learn }) => {
        const [history, silent] = [56, 14];
        const values = new Float64Array((history + silent) * PER_DAY);
        const mean = (time: number) => (perDay / PER_DAY) * (office ? officeHours(time) : 1);
        values.set(traffic(seed, history * PER_DAY, MONDAY, mean));
        const { baseline, judged } = learned(values, history);
        // From the last call on.
        const clock = history * PER_DAY - 1 - values.findLastIndex((count) => count > 0);
        const whole = scoreWindow(baseline, judged, BUDGET).verdicts.indexOf(BELOW);
        const { verdicts } = inPieces(new Detector(baseline, { learn, ...BUDGET }), judged, seeded(seed));
        const stream = verdicts.indexOf(BELOW);
        expect(whole, 'scoreWindow').toBeGreaterThanOrEqual(0);
        expect(stream, 'Detector').toBeGreaterThanOrEqual(0);
        expect((stream + 1 + clock) / (whole + 1 + clock)).toBeLessThanOrEqual(1.3);
        const stated = baseline.describe({ operation: 'Decrypt', keyArn: KEY }).timeToDetectSilence as number;
        // What is stated counts from any hour; a week end may lie between.
        const idle = office ? 3 * DAY : 0;
        expect((stream + 1 + clock) * STEP).toBeLessThanOrEqual(1.3 * stated + idle);
      }),
      { numRuns: 12, seed: 12 },
    );
  });

  it('takes as long after a time that was marked as expected as after any call', () => {
    for (const perDay of [8, 40, 288]) {
      const values = new Float64Array(70 * PER_DAY);
      values.set(traffic(perDay, 56 * PER_DAY, MONDAY, () => perDay / PER_DAY));
      values[56 * PER_DAY - 1] = 1;
      const { baseline, judged } = learned(values, 56);
      const { start } = judged.grid;
      const marked = start + 6 * HOUR;
      const make = () => new Detector(baseline, { learn: 'hold', ...BUDGET });
      const plain = make().observe(judged).verdicts.indexOf(BELOW) + 1;
      expect(plain).toBeGreaterThan(0);
      for (const when of ['ahead', 'afterwards']) {
        const detector = make();
        const mark = () => detector.markExpected({ operation: 'Decrypt', keyArn: KEY }, start, marked);
        if (when === 'ahead') mark();
        detector.observe(sliceWindow(judged, start, marked));
        if (when === 'afterwards') mark();
        const { verdicts } = detector.observe(sliceWindow(judged, marked, gridEnd(judged.grid)));
        const ratio = (verdicts.indexOf(BELOW) + 1) / plain;
        expect(ratio, `${perDay} a day, marked ${when}`).toBeGreaterThanOrEqual(0.8);
        expect(ratio, `${perDay} a day, marked ${when}`).toBeLessThanOrEqual(1.25);
      }
    }
  });
});

describe('an outage that ends', () => {
  it.each([
    [10, 96],
    [40, 48],
    [300, 12],
  ])('of %i calls a day for %i hours is reported, and nothing after it', (perDay, hours) => {
    let after = 0;
    for (const learn of ['accept-shifts', 'hold'] as const) {
      for (let seed = 1; seed <= 3; seed++) {
        const from = (58 * DAY) / STEP;
        const to = from + (hours * HOUR) / STEP;
        const outage = [{ from: from * STEP, to: to * STEP, factor: 0 }];
        const values = traffic(seed, to + 8 * PER_DAY, MONDAY, () => perDay / PER_DAY, outage);
        const { baseline, judged } = learned(values, 56);
        const scores = new Detector(baseline, { learn, ...BUDGET }).observe(judged);
        const first = 2 * PER_DAY;
        expect(scores.verdicts.subarray(first, first + to - from), `seed ${seed}, ${learn}`).toContain(BELOW);
        after += findAnomalies(scores).filter((one) => one.from >= MONDAY + to * STEP).length;
      }
    }
    // Chance may give one, by either policy.
    expect(after).toBeLessThanOrEqual(2);
  });
});

describe("under 'hold'", () => {
  const changes = fc.record({
    seed: fc.nat(1_000_000),
    perDay: fc.constantFrom(40, 100, 400, 1000),
    change: fc.oneof(
      fc.constantFrom(1.03, 1.04, 1.06, 1.08).map((rate) => ({ rate, factor: (days: number) => rate ** days })),
      fc.constant({ rate: 0.94, factor: (days: number) => 0.94 ** days }),
      fc.constant({ rate: 2, factor: (days: number) => (days > 1 ? 2 : 1) }),
    ),
  });

  it('growth is reported before it is 2.2-fold, and no change is learned', () => {
    fc.assert(
      fc.property(changes, ({ seed, perDay, change: { rate, factor } }) => {
        const [history, grows] = [42, 30];
        const mean = (time: number) => (perDay / PER_DAY) * factor(Math.max(0, (time - MONDAY) / DAY - history));
        const { baseline, judged } = learned(traffic(seed, (history + grows) * PER_DAY, MONDAY, mean), history);
        const { verdicts, expected } = inPieces(
          new Detector(baseline, { learn: 'hold', ...BUDGET }),
          judged,
          seeded(seed),
        );
        if (rate > 1) {
          const first = verdicts.indexOf(ABOVE);
          expect(first, 'reported').toBeGreaterThanOrEqual(0);
          expect(factor((first + 1) / PER_DAY)).toBeLessThanOrEqual(2.2);
        }
        const day = (at: number) => expected.slice(at, at + PER_DAY).reduce((sum, each) => sum + each, 0);
        const learnt = day(expected.length - PER_DAY) / day(0);
        expect(Math.abs(Math.log(learnt)), `expects ${learnt.toFixed(2)} x`).toBeLessThanOrEqual(Math.log(1.5));
      }),
      { numRuns: 12, seed: 12 },
    );
  });
});

/** A finding whose limits stand on the wrong side of what it expects contradicts itself. */
function contradicts({ lower, expected, upper }: Anomaly): boolean {
  // Sums over many buckets: as equal as they round.
  const slack = 1e-9 * (1 + expected);
  return !(lower <= expected + slack && expected <= upper + slack);
}

describe('a finding', () => {
  const inWords = ({ key, kind, from, to, value, lower, expected, upper }: Anomaly) =>
    `${key.operation} ${key.keyArn} ${kind} ${new Date(from).toISOString()}+${(to - from) / STEP}: ${value} of ${lower} <= ${expected} <= ${upper}`;
  const wrong = (scores: Scores) => findAnomalies(scores).filter(contradicts).map(inWords);

  it('expects what lies between its limits, on fleets of every kind of row', () => {
    for (const seed of [1, 2]) {
      const { history, judged } = simulateFleet({ seed, series: 24, historyDays: 28, judgedDays: 3 });
      const baseline = fitBaseline(history, UTC);
      const budget = { alertBudget: { perWeek: 7 } };
      expect(wrong(scoreWindow(baseline, judged, budget)), `scoreWindow, seed ${seed}`).toEqual([]);
      for (const learn of ['accept-shifts', 'hold'] as const) {
        expect(wrong(new Detector(baseline, { learn, ...budget }).observe(judged)), `${learn}, seed ${seed}`).toEqual(
          [],
        );
      }
    }
  });

  it.each([
    [500, 650],
    [500, 1500],
    [50, 90],
    [500, 350],
  ])('of a nightly job of %i calls that makes %i once ends with the job, and nothing follows', (usual, once) => {
    const [history, job] = [42, 2 * HOUR];
    const night = MONDAY + (history + 1) * DAY + job;
    const end = night + 30 * HOUR;
    let others = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const values = traffic(seed, (end - MONDAY) / STEP, MONDAY, () => (3 * STEP) / HOUR);
      const random = seeded(-seed);
      for (let at = MONDAY + job; at < end; at += DAY) {
        values[(at - MONDAY) / STEP] += at === night ? once : poisson(random, usual);
      }
      const { baseline, judged } = learned(values, history);
      for (const scores of [scoreWindow(baseline, judged, BUDGET), new Detector(baseline, BUDGET).observe(judged)]) {
        const found = findAnomalies(scores);
        expect(found.filter(contradicts).map(inWords)).toEqual([]);
        const ofJob = found.filter(({ from, to }) => from <= night && to > night);
        expect(ofJob.map(({ verdict }) => verdict)).toEqual([once > usual ? 'above' : 'below']);
        expect(ofJob[0].to - ofJob[0].from, inWords(ofJob[0])).toBeLessThanOrEqual(HOUR);
        others += found.filter(({ from }) => from > night).length;
      }
    }
    expect(others).toBe(0);
  });
});

describe('a detector that is restored before every bucket', () => {
  it.each([5 * 60_000, HOUR, 12 * HOUR, DAY])(
    'gives the scores of one that never stopped, at a step of %i ms',
    (step) => {
      const history = Math.max(60, (14 * DAY) / step);
      const random = seeded(7);
      const values = Float64Array.from({ length: history + 40 }, () => poisson(random, 0.7));
      values.fill(0, history + 10, history + 25);
      const set = seriesSet({ start: MONDAY, step, series: [{ key: { operation: 'Decrypt', keyArn: KEY }, values }] });
      const time = (bucket: number) => MONDAY + bucket * step;
      const baseline = fitBaseline(sliceWindow(set, MONDAY, time(history)), UTC);
      const never = new Detector(baseline, BUDGET);
      let restored = new Detector(baseline, BUDGET);
      for (let bucket = history; bucket < history + 40; bucket++) {
        const next = sliceWindow(set, time(bucket), time(bucket + 1));
        restored = Detector.fromBytes(restored.toBytes());
        const [own, other] = [never.observe(next), restored.observe(next)];
        for (const column of ['expected', 'lower', 'upper', 'surprise', 'verdicts', 'spans'] as const) {
          expect([...other[column]], `${column} of bucket ${bucket}`).toEqual([...own[column]]);
        }
      }
    },
  );
});
