import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector } from '../../src/engine/detector.js';
import type { DetectorOptions } from '../../src/engine/detector-options.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { BELOW, NORMAL, type Scores } from '../../src/engine/types.js';
import { InputError } from '../../src/errors.js';
import { type SeriesSet, seriesKey, seriesSet, sliceWindow } from '../../src/series/index.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, MONDAY } from '../support/sets.js';

const HOUR = 3_600_000;
/** Calls a day: busy, quiet, one that may be silent for days, one that has never called, and one that comes after the history. */
const PER_DAY = [2000, 30, 3, 0, 30];
const KEYS = PER_DAY.map((_, i) => seriesKey({ operation: 'Decrypt', keyArn: `key/${i}` }));
const LATE = 4;

/** From a bucket on a row has so many times its calls. */
interface Change {
  readonly row: number;
  readonly from: number;
  readonly factor: number;
}

function trafficOf(
  step: number,
  start: number,
  length: number,
  seed: number,
  changes: readonly Change[] = [],
): SeriesSet {
  const series = KEYS.map((key, row) => {
    const random = seeded(seed + row);
    const values = Float64Array.from({ length }, (_, i) => {
      const factor = changes.reduce((f, own) => (own.row === row && i >= own.from ? f * own.factor : f), 1);
      return poisson(random, (PER_DAY[row] * step * factor) / DAY);
    });
    return { key, values };
  });
  return seriesSet({ start, step, series });
}

/** So many buckets are judged after the history. */
const SETTINGS = [
  { step: 300_000, history: 28, length: 5 * 288 },
  { step: HOUR, history: 28, length: 10 * 24 },
  { step: DAY, history: 70, length: 24 },
].map(({ step, history, length }) => {
  const begin = MONDAY + history * DAY;
  const past = trafficOf(step, MONDAY, (history * DAY) / step, 5);
  const known = seriesSet({
    start: MONDAY,
    step,
    series: KEYS.slice(0, LATE).map((key, row) => ({
      key,
      values: (past.values as Float64Array).subarray((row * history * DAY) / step, ((row + 1) * history * DAY) / step),
    })),
  });
  return { step, begin, length, baseline: fitBaseline(known, { timeZone: 'UTC' }) };
});

/** What is done to a row once so many buckets were observed; `back` and `ahead` are buckets from there. */
interface Act {
  readonly at: number;
  readonly row: number;
  readonly what: 'accept' | 'markExpected' | 'retire';
  readonly back: number;
  readonly ahead: number;
}

/** Not fc.double, whose numbers are nearly all next to 0. */
const share = fc.nat(9999).map((part) => part / 9999);
const drawn = fc
  .record({
    setting: fc.nat(SETTINGS.length - 1),
    seed: fc.nat(1_000_000),
    learn: fc.constantFrom('accept-shifts' as const, 'hold' as const),
    changes: fc.array(
      fc.record({ row: fc.constantFrom(0, 1, 2, 4), from: share, factor: fc.constantFrom(0, 0.5, 1.3, 3) }),
      {
        maxLength: 4,
      },
    ),
    acts: fc.array(
      fc.record({
        at: share,
        row: fc.nat(KEYS.length - 1),
        what: fc.constantFrom(
          'accept' as const,
          'accept' as const,
          'accept' as const,
          'markExpected' as const,
          'retire' as const,
        ),
        back: share,
        ahead: share,
      }),
      { minLength: 1, maxLength: 4 },
    ),
    cuts: fc.array(share, { maxLength: 8 }),
    ticks: share,
  })
  .map(({ setting, changes, acts, cuts, ticks, ...others }) => {
    const { length, step } = SETTINGS[setting];
    const most = (2 * DAY) / step;
    const at = (part: number) => 1 + Math.floor(part * (length - 2));
    return {
      ...others,
      setting,
      changes: changes.map((change) => ({ ...change, from: at(change.from) })),
      acts: acts
        .map(
          (act): Act => ({
            ...act,
            at: at(act.at),
            back: 1 + Math.floor(act.back * most),
            ahead: Math.floor(act.ahead * most),
          }),
        )
        .sort((a, b) => a.at - b.at),
      cuts: cuts.map(at),
      // Bucket by bucket for a while.
      ticks: at(ticks),
    };
  });
type Drawn = ReturnType<typeof drawn.generate> extends { value: infer V } ? V : never;

function perform(detector: Detector, { row, what, back, ahead, at }: Act, start: number, step: number): void {
  const now = start + at * step;
  if (what === 'accept') detector.accept(KEYS[row], now - back * step);
  else if (what === 'retire') detector.retire(KEYS[row]);
  else detector.markExpected(KEYS[row], now - back * step, now + ahead * step);
}

interface Ways {
  readonly cuts?: readonly number[];
  /** Called once a piece was observed, and what was to be done is. */
  readonly after?: (detector: Detector, end: number) => Detector;
  /** What is observed in place of what was: up to a bucket. */
  readonly first?: (from: number, to: number) => SeriesSet;
}

function run({ setting, seed, learn, changes, acts }: Drawn, { cuts = [], after, first }: Ways = {}) {
  const { step, begin, length, baseline } = SETTINGS[setting];
  const options: DetectorOptions = { learn };
  const set = trafficOf(step, begin, length, seed, changes);
  const piece = (from: number, to: number) => sliceWindow(set, begin + from * step, begin + to * step);
  let detector = new Detector(baseline, options);
  const edges = [...new Set([0, ...cuts, ...acts.map(({ at }) => at), length - 1])].sort((a, b) => a - b);
  for (const [i, to] of edges.slice(1).entries()) {
    detector.observe((first ?? piece)(edges[i], to));
    for (const act of acts) if (act.at === to) perform(detector, act, begin, step);
    if (after !== undefined) detector = after(detector, to);
  }
  const { window: _, ...scores } = detector.observe(piece(length - 1, length));
  return {
    detector,
    piece,
    scores: scores as Omit<Scores, 'window'>,
    incidents: structuredClone(detector.incidents),
    bytes: detector.toBytes(),
  };
}

function outcome({ scores, incidents, bytes }: ReturnType<typeof run>) {
  return { scores, incidents, bytes };
}

describe('a detector in which something was signed off', () => {
  it('is the same however time is cut', () => {
    fc.assert(
      fc.property(drawn, (plan) => {
        const ticks = Array.from({ length: 60 }, (_, i) => Math.min(plan.ticks + i, SETTINGS[plan.setting].length - 1));
        expect(outcome(run(plan, { cuts: [...plan.cuts, ...ticks] }))).toEqual(outcome(run(plan)));
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('goes on from its bytes as if it had never stopped', () => {
    fc.assert(
      fc.property(drawn, (plan) => {
        const restored = run(plan, { cuts: plan.cuts, after: (detector) => Detector.fromBytes(detector.toBytes()) });
        expect(outcome(restored)).toEqual(outcome(run(plan)));
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  it('is the same after what was observed is re-stated, before and after it was signed off', () => {
    fc.assert(
      fc.property(drawn, share, share, (plan, back, part) => {
        const { step, begin } = SETTINGS[plan.setting];
        const right = run(plan);
        const restated = run(plan, {
          cuts: plan.cuts,
          after: (detector, end) => {
            const from = Math.max(0, end - Math.ceil((back * 2 * DAY) / step));
            const to = from + Math.ceil(part * (end - from));
            if (from < to) detector.observe(right.piece(from, to));
            return detector;
          },
        });
        expect(outcome(restated)).toEqual(outcome(right));
        expect(restated.detector.end).toBe(begin + SETTINGS[plan.setting].length * step);
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it('is the same once what was wrong at first is put right', () => {
    fc.assert(
      fc.property(drawn, fc.boolean(), (plan, restore) => {
        const { step, begin, length } = SETTINGS[plan.setting];
        const right = run(plan);
        const wrong = trafficOf(step, begin, length, plan.seed + 77, [{ row: 1, from: 0, factor: 5 }]);
        const day = DAY / step;
        const restated = run(plan, {
          cuts: Array.from({ length: Math.floor(length / day) }, (_, i) => (i + 1) * day).filter((at) => at < length),
          first: (from, to) => sliceWindow(wrong, begin + from * step, begin + to * step),
          after: (detector, end) => {
            const next = restore ? Detector.fromBytes(detector.toBytes()) : detector;
            // A day late.
            if (end > day) next.observe(right.piece(Math.max(0, end - 2 * day), end - day));
            if (end === length - 1) next.observe(right.piece(Math.max(0, end - 2 * day), end));
            return next;
          },
        });
        expect(outcome(restated)).toEqual(outcome(right));
      }),
      { numRuns: 40, seed: 4 },
    );
  });
});

/** One key at so many calls a day for 56 days, then `factor` times as many for `days`. */
function changed(seed: number, perDay: number, factor: number, days: number) {
  const step = 300_000;
  const random = seeded(seed);
  const per = DAY / step;
  const values = Float64Array.from({ length: (56 + days) * per }, (_, i) =>
    poisson(random, ((i < 56 * per ? 1 : factor) * perDay) / per),
  );
  const set = seriesSet({ start: MONDAY, step, series: [{ key: KEYS[0], values }] });
  const begin = MONDAY + 56 * DAY;
  return {
    baseline: fitBaseline(sliceWindow(set, MONDAY, begin), { timeZone: 'UTC' }),
    day: (from: number, to: number) => sliceWindow(set, begin + from * DAY, begin + to * DAY),
    begin,
  };
}

const policies = ['accept-shifts', 'hold'] as const;

describe('a rate that was signed off', () => {
  it.each(policies.flatMap((learn) => [0.4, 1.5, 2.5].map((factor) => [learn, factor] as const)))(
    'is what is expected, and nothing is reported of it: %s, %f times as many',
    (learn, factor) => {
      let reported = 0;
      for (const perDay of [40, 400, 4000]) {
        const { baseline, day, begin } = changed(perDay, perDay, factor, 16);
        const detector = new Detector(baseline, { learn });
        detector.observe(day(0, 2));
        detector.accept(KEYS[0], begin);
        const { expected } = detector.band(KEYS[0], begin + 2 * DAY);
        expect((expected * 288) / perDay / factor, `${perDay} a day`).toBeGreaterThan(0.75);
        expect((expected * 288) / perDay / factor, `${perDay} a day`).toBeLessThan(1.33);
        const scores = detector.observe(day(2, 16));
        reported += scores.verdicts.filter((verdict) => verdict !== NORMAL).length;
        expect(detector.incidents.filter(({ state }) => state === 'open')).toEqual([]);
      }
      expect(reported).toBeLessThanOrEqual(1);
    },
  );

  it.each(policies)('is held against what was usual before: %s', (learn) => {
    for (const perDay of [400, 4000]) {
      const { baseline, day, begin } = changed(perDay, perDay, 3, 2);
      const detector = new Detector(baseline, { learn });
      detector.observe(day(0, 2));
      detector.accept(KEYS[0], begin);
      const back = { ...changed(perDay + 1, perDay, 1, 2).day(0, 2) };
      const { verdicts } = detector.observe({ ...back, grid: { ...back.grid, start: begin + 2 * DAY } });
      expect(verdicts, `${perDay} a day`).toContain(BELOW);
    }
  });

  it.each(policies)(
    'of a key that is silent ends its silence, and another takes as long as its rate says: %s',
    (learn) => {
      const { baseline, day, begin } = changed(1, 40, 0, 14);
      const detector = new Detector(baseline, { learn });
      const before = detector.observe(day(0, 1));
      expect(before.verdicts).toContain(BELOW);
      expect(detector.incidents.map(({ state }) => state)).toEqual(['open']);
      detector.accept(KEYS[0], begin);
      const { verdicts } = detector.observe(day(1, 14));
      expect(verdicts).not.toContain(BELOW);
      expect(detector.incidents.filter(({ state }) => state === 'open')).toEqual([]);
    },
  );

  it('leaves out what was marked as expected, whichever came first', () => {
    const { baseline, day, begin } = changed(2, 400, 4, 3);
    const expected = (...acts: ((detector: Detector) => void)[]) => {
      const detector = new Detector(baseline, { learn: 'hold' });
      detector.observe(day(0, 2));
      for (const act of acts) act(detector);
      return detector.band(KEYS[0], begin + 2 * DAY).expected;
    };
    const mark = (detector: Detector) => detector.markExpected(KEYS[0], begin, begin + 2 * DAY);
    const accept = (detector: Detector) => detector.accept(KEYS[0], begin);
    expect(expected(mark, accept)).toBe(expected(mark));
    expect(expected(accept, mark)).toBe(expected(mark));
    expect(expected(accept)).toBeGreaterThan(2 * expected(mark));
  });

  it('begins with the bucket of its time, and reaches back 48 h at most', () => {
    const { baseline, day, begin } = changed(3, 400, 3, 4);
    const expected = (from: number) => {
      const detector = new Detector(baseline, { learn: 'hold' });
      detector.observe(day(0, 4));
      detector.accept(KEYS[0], from);
      return detector.band(KEYS[0], begin + 4 * DAY).expected;
    };
    const end = begin + 4 * DAY;
    expect(expected(end - 1)).toBe(expected(end - 300_000));
    expect(expected(end - HOUR + 1)).toBe(expected(end - HOUR));
    expect(expected(begin - 30 * DAY)).toBe(expected(end - 2 * DAY));
    expect(expected(end - 2 * DAY)).not.toBe(expected(end - 2 * DAY + HOUR));
  });

  it('needs a row of counts, and something that was observed', () => {
    const { baseline, day, begin } = changed(4, 40, 1, 1);
    const detector = new Detector(baseline);
    expect(() => detector.accept(KEYS[0], begin)).toThrow(/from must be before .*nothing yet/);
    detector.observe(day(0, 1));
    const bytes = detector.toBytes();
    expect(() => detector.accept(KEYS[1], begin)).toThrow(/key must be one of the detector's 1/);
    expect(() => detector.accept(KEYS[0], begin + DAY)).toThrow(InputError);
    expect(() => detector.accept(KEYS[0], Number.NaN)).toThrow(InputError);
    expect(detector.toBytes()).toEqual(bytes);
    const levels = seriesSet({
      start: MONDAY,
      step: HOUR,
      measure: 'level',
      series: [{ key: KEYS[0], values: [1, 2, 3] }],
    });
    const ofLevels = new Detector(fitBaseline(levels, { timeZone: 'UTC' }));
    ofLevels.observe({ ...levels, grid: { ...levels.grid, start: MONDAY + 3 * HOUR } });
    expect(() => ofLevels.accept(KEYS[0], MONDAY)).toThrow(/accept takes counts/);
  });
});
