import { describe, expect, it } from 'vitest';
import { Baseline, Detector, fitBaseline, verdictAt } from '../../src/engine/index.js';
import { FormatError, InputError } from '../../src/errors.js';
import { concatSets, rowOf, type SeriesSet, seriesSet, sliceWindow } from '../../src/series/index.js';
import { gridEnd } from '../../src/time/grid.js';
import { poisson, seeded } from '../support/random.js';

const STEP = 300_000;
const HOUR = 12 * STEP;
const DAY = 24 * HOUR;
const MONDAY = Date.UTC(2024, 0, 1);
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd';
const decrypt = { operation: 'Decrypt', keyArn: KEY };
const sign = { operation: 'Sign', keyArn: KEY };

/** Office hours on one row, a steady trickle on the other, over `days` from Monday on. */
function traffic(
  days: number,
  seed: number,
  change: (values: number[][]) => void = () => {},
  factor: (bucket: number) => number = () => 1,
): SeriesSet {
  const random = seeded(seed);
  const rows = [0, 1].map((row) =>
    Array.from({ length: days * 288 }, (_, i) => {
      const hour = Math.floor((i % 288) / 12);
      return poisson(random, factor(i) * (row === 0 ? (hour >= 8 && hour < 18 ? 20 : 2) : 0.5));
    }),
  );
  change(rows);
  return seriesSet({
    start: MONDAY,
    step: STEP,
    series: [
      { key: decrypt, values: rows[0] },
      { key: sign, values: rows[1] },
    ],
  });
}

const HISTORY = 28;
const at = (day: number, hour = 0) => (HISTORY + day) * 288 + hour * 12;

function parts(set: SeriesSet) {
  return {
    history: sliceWindow(set, MONDAY, MONDAY + HISTORY * DAY),
    live: sliceWindow(set, MONDAY + HISTORY * DAY, MONDAY + 400 * DAY),
  };
}

/** A week with a burst, an outage and a key that appears. */
const eventful = traffic(HISTORY + 10, 3, ([busy, quiet]) => {
  for (let i = 0; i < 6; i++) busy[at(1, 10) + i] = 400;
  for (let i = at(3, 0); i < at(4, 12); i++) busy[i] = 0;
  for (let i = at(6, 0); i < quiet.length; i++) quiet[i] *= 4;
});
const { history, live } = parts(eventful);
const baseline = fitBaseline(history, { timeZone: 'UTC' });

function columns(scores: ReturnType<Detector['observe']>) {
  const { expected, lower, upper, surprise, verdicts, reasons, spans } = scores;
  return { expected, lower, upper, surprise, verdicts, reasons, spans };
}

/** The scores of several windows as columns of rows one after another. */
function told(detector: Detector, windows: readonly SeriesSet[], row = 0) {
  const verdicts: number[] = [];
  const surprise: number[] = [];
  for (const window of windows) {
    const scores = detector.observe(window);
    const found = rowOf(scores.window, [decrypt, sign][row]);
    const { length } = window.grid;
    verdicts.push(...scores.verdicts.subarray(found * length, (found + 1) * length));
    surprise.push(...scores.surprise.subarray(found * length, (found + 1) * length));
  }
  return { verdicts, surprise };
}

function cut(set: SeriesSet, every: number): SeriesSet[] {
  const pieces: SeriesSet[] = [];
  const { start, step, length } = set.grid;
  for (let i = 0; i < length; i += every) pieces.push(sliceWindow(set, start + i * step, start + (i + every) * step));
  return pieces;
}

describe('Detector', () => {
  it('says the same however the time is cut into calls', () => {
    const whole = told(new Detector(baseline), [live]);
    for (const every of [1, 7, 288, 1000]) expect(told(new Detector(baseline), cut(live, every))).toEqual(whole);
  });

  it('tells a burst and an outage, and nothing of their aftermath', () => {
    const { verdicts } = told(new Detector(baseline), [live]);
    const day = (d: number) => verdicts.slice(d * 288, (d + 1) * 288);
    expect(day(0)).not.toContain(1);
    expect(day(1).indexOf(1)).toBe(10 * 12);
    expect(day(2).every((v) => v === 0)).toBe(true);
    expect(day(3)).toContain(-1);
    expect(day(5).every((v) => v === 0)).toBe(true);
    expect(day(9).every((v) => v === 0)).toBe(true);
  });

  it('goes on from its bytes as if it had never stopped', () => {
    const pieces = cut(live, 100);
    const straight = told(new Detector(baseline), pieces);
    for (const stop of [1, 3, 10, 20]) {
      const first = new Detector(baseline, { alertBudget: { perWeek: 1 } });
      const before = told(first, pieces.slice(0, stop));
      const bytes = first.toBytes();
      const restored = Detector.fromBytes(bytes);
      expect(restored.toBytes()).toEqual(bytes);
      const after = told(restored, pieces.slice(stop));
      expect([...before.verdicts, ...after.verdicts]).toEqual(straight.verdicts);
      expect([...before.surprise, ...after.surprise]).toEqual(straight.surprise);
    }
    expect(Detector.fromBytes(new Detector(baseline).toBytes()).baseline.toBytes()).toEqual(baseline.toBytes());
  });

  it('does not change with the bytes that it came from, a Buffer as one reads from a file or not', () => {
    const pieces = cut(live, 100);
    const first = new Detector(baseline);
    told(first, pieces.slice(0, 10));
    const bytes = first.toBytes();
    // A slice of a Buffer is no copy.
    for (const given of [Buffer.from(bytes), bytes.slice()]) {
      const restored = Detector.fromBytes(given);
      given.fill(0);
      expect(restored.toBytes()).toEqual(bytes);
      const late = sliceWindow(live, live.grid.start + 700 * STEP, gridEnd(live.grid));
      expect(told(restored, [late])).toEqual(told(Detector.fromBytes(bytes), [late]));
    }
    const given = Buffer.from(baseline.toBytes());
    const again = Baseline.fromBytes(given);
    given.fill(0);
    expect(again.toBytes()).toEqual(baseline.toBytes());
  });

  it('takes no bytes but its own, whole', () => {
    const bytes = new Detector(baseline).toBytes();
    expect(() => Detector.fromBytes(baseline.toBytes())).toThrow(FormatError);
    expect(() => Detector.fromBytes(bytes.subarray(0, bytes.length - 1))).toThrow(FormatError);
    const damaged = bytes.slice();
    damaged[bytes.length >> 1] ^= 1;
    expect(() => Detector.fromBytes(damaged)).toThrow(FormatError);
  });

  it('judges anew what a late window corrects, up to 48 hours back, as if it had been known at once', () => {
    const missing = traffic(HISTORY + 10, 3, ([busy]) => {
      for (let i = at(1, 9); i < at(1, 20); i++) busy[i] = 0;
    });
    const right = traffic(HISTORY + 10, 3);
    const start = live.grid.start;
    const until = (set: SeriesSet, from: number, to: number) => sliceWindow(parts(set).live, start + from, start + to);
    const late = new Detector(baseline);
    expect(told(late, [until(missing, 0, 2 * DAY)]).verdicts).toContain(-1);
    const restated = late.observe(until(right, DAY + 8 * HOUR, DAY + 21 * HOUR));
    expect([...restated.verdicts]).not.toContain(-1);
    expect(late.end).toBe(start + 2 * DAY);
    const straight = new Detector(baseline);
    straight.observe(until(right, 0, 2 * DAY));
    const next = until(right, 2 * DAY, 4 * DAY);
    expect(columns(late.observe(next))).toEqual(columns(straight.observe(next)));
    expect(() => late.observe(until(right, DAY, DAY + HOUR))).toThrow(InputError);
  });

  it('learns nothing from what is acknowledged, and tells nothing of it', () => {
    const detector = new Detector(baseline);
    const start = live.grid.start;
    const before = sliceWindow(live, start, start + DAY + 12 * HOUR);
    expect(told(detector, [before]).verdicts).toContain(1);
    detector.markExpected(decrypt, start + DAY + 10 * HOUR, start + DAY + 11 * HOUR);
    detector.markExpected(decrypt, start + 3 * DAY, start + 5 * DAY);
    const again = Detector.fromBytes(detector.toBytes());
    for (const one of [detector, again]) {
      const rest = told(one, [sliceWindow(live, start + DAY + 12 * HOUR, start + 10 * DAY)]).verdicts;
      expect(rest).not.toContain(-1);
      expect(rest).not.toContain(1);
    }
  });

  it('takes the silence of a retired key for no news, but not its return', () => {
    const gone = traffic(HISTORY + 6, 4, ([busy]) => {
      for (let i = at(1); i < busy.length; i++) busy[i] = i === at(5, 3) ? 300 : 0;
    });
    const start = live.grid.start;
    const detector = new Detector(baseline);
    detector.observe(sliceWindow(parts(gone).live, start, start + DAY));
    detector.retire(decrypt);
    const { verdicts } = told(Detector.fromBytes(detector.toBytes()), [
      sliceWindow(parts(gone).live, start + DAY, start + 6 * DAY),
    ]);
    expect(verdicts).not.toContain(-1);
    expect(verdicts.indexOf(1)).toBe(4 * 288 + 36);
  });

  it('announces a lasting shift once, then follows it; or holds, when told to', () => {
    const shifted = parts(traffic(HISTORY + 8, 5, undefined, (i) => (i < at(1) ? 1 : 2.5))).live;
    const days = (learn: 'accept-shifts' | 'hold') => {
      const { verdicts } = told(new Detector(baseline, { learn }), [shifted]);
      return Array.from({ length: 8 }, (_, d) => verdicts.slice(d * 288, (d + 1) * 288).includes(1));
    };
    expect(days('accept-shifts')).toEqual([false, true, true, false, false, false, false, false]);
    expect(days('hold').slice(1)).toEqual([true, true, true, true, true, true, true]);
  });

  it('takes up rows as they come, and gaps as not observed', () => {
    const start = live.grid.start;
    const stranger = { operation: 'Decrypt', keyArn: `${KEY}ef` };
    const withStranger = (from: number, to: number) => {
      const part = sliceWindow(live, from, to);
      const values = Array.from({ length: part.grid.length }, (_, i) => (i === 5 ? 3 : 0));
      return concatSets([part, seriesSet({ start: from, step: STEP, series: [{ key: stranger, values }] })]);
    };
    const detector = new Detector(baseline);
    detector.observe(sliceWindow(live, start, start + 6 * HOUR));
    const scores = detector.observe(withStranger(start + 8 * HOUR, start + 9 * HOUR));
    const row = rowOf(scores.window, stranger);
    expect([scores.known[row], verdictAt(scores, row, 4), verdictAt(scores, row, 5)]).toEqual([0, 'normal', 'above']);
    expect(
      rowOf(detector.observe(sliceWindow(live, start + 9 * HOUR, start + 10 * HOUR)).window, stranger),
    ).toBeGreaterThan(-1);
  });

  it('refuses what is not its stream', () => {
    const detector = new Detector(baseline);
    detector.observe(sliceWindow(live, live.grid.start, live.grid.start + HOUR));
    const one = (start: number, step = STEP) => seriesSet({ start, step, series: [{ key: decrypt, values: [1] }] });
    expect(() => detector.observe(one(live.grid.start + HOUR, 60_000))).toThrow(InputError);
    expect(() => detector.observe(one(live.grid.start + HOUR + 1))).toThrow(InputError);
    expect(() => new Detector(baseline, { alertBudget: { perWeek: 0 } })).toThrow(InputError);
    expect(() => new Detector(baseline, { learn: 'yes' as never })).toThrow(InputError);
    expect(() => new Detector(baseline, { minEffect: Number.NaN })).toThrow(InputError);
    expect(new Detector(baseline).observe(sliceWindow(live, 0, 1)).verdicts.length).toBe(0);
  });

  it('lasts over weeks without growing', () => {
    const detector = new Detector(baseline);
    const sizes: number[] = [];
    for (const piece of cut(parts(traffic(HISTORY + 24, 5)).live, 288)) {
      detector.observe(piece);
      sizes.push(detector.toBytes().length);
    }
    // From the fourth day on, as much time lies behind the oldest state that is kept.
    const settled = sizes[4];
    for (const size of sizes.slice(4)) expect(Math.abs(size / settled - 1)).toBeLessThan(0.2);
    expect(settled).toBeGreaterThan(sizes[0]);
  });
});
