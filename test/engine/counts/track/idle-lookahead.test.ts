import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  Detector,
  fitBaseline,
  type Scores,
  type SeriesSet,
  simulateFleet,
  sliceWindow,
} from '../../../support/everything.js';

const { history, judged } = simulateFleet({ seed: 77, series: 40, historyDays: 14, judgedDays: 4 });
const { start, step, length } = judged.grid;
const baseline = fitBaseline(history, { timeZone: 'Europe/Berlin' });
const COLUMNS = ['expected', 'lower', 'upper', 'surprise', 'verdicts', 'reasons', 'spans', 'ongoing'] as const;

/** Buckets `[first, last)`. */
function part(first: number, last: number): SeriesSet {
  return sliceWindow(judged, start + first * step, start + last * step);
}

/** What ticks say, put together as one window would have it. */
function expectSame(ticks: readonly Scores[], whole: Scores): void {
  for (const name of COLUMNS) {
    const column = whole[name] ?? [];
    const told = Array.from(column, (_, cell) => ticks[cell % ticks.length][name]?.[Math.floor(cell / ticks.length)]);
    expect(told, name).toEqual(Array.from(column));
  }
}

function ticksOf(detector: Detector, first: number, last: number): Scores[] {
  return Array.from({ length: last - first }, (_, i) => detector.observe(part(first + i, first + i + 1)));
}

test('buckets one by one are told as in one window, the days after a gap, a late correction and an exception too', () => {
  const byTick = new Detector(baseline);
  const atOnce = new Detector(baseline);
  const gap = 7;
  const day = Math.floor(length / 4);
  expectSame(ticksOf(byTick, 0, day), atOnce.observe(part(0, day)));
  // Off the turns of the rows.
  expectSame(ticksOf(byTick, day + gap, 2 * day), atOnce.observe(part(day + gap, 2 * day)));
  for (const detector of [byTick, atOnce]) {
    const late = part(2 * day - 5, 2 * day - 4);
    detector.observe({ ...late, values: new Uint32Array(late.keys.length) });
    detector.markExpected(judged.keys[3], start + (2 * day + 5) * step, start + (2 * day + 90) * step);
    detector.retire(judged.keys[5]);
  }
  expectSame(ticksOf(byTick, 2 * day, 3 * day), atOnce.observe(part(2 * day, 3 * day)));
  expect(byTick.toBytes()).toEqual(atOnce.toBytes());
});

test('ticks that were not observed end what was foreseen', () => {
  const byTick = new Detector(baseline);
  const atOnce = new Detector(baseline);
  const observed = new Uint8Array(100).fill(1).fill(0, 30, 33);
  const whole = { ...part(0, 100), observed };
  const ticks = Array.from({ length: 100 }, (_, i) =>
    byTick.observe(sliceWindow(whole, start + i * step, start + (i + 1) * step)),
  );
  expectSame(ticks, atOnce.observe(whole));
});

test('states of a midnight are the same however many rows have changed since, in bytes and for a late window', () => {
  const midnight = Math.round((86_400_000 - (start % 86_400_000)) / step);
  const first = midnight - 40;
  for (const since of [1, 5, 13, 26]) {
    const end = midnight + since;
    const atOnce = new Detector(baseline);
    atOnce.observe(part(first, end));
    const bytes = atOnce.toBytes();
    // One detector each: what asks for the states makes them whole.
    const byTick = () => {
      const detector = new Detector(baseline);
      ticksOf(detector, first, end);
      return detector;
    };
    expect(byTick().toBytes(), `${since} ticks`).toEqual(bytes);
    for (const from of [midnight - 3, midnight]) {
      const late = part(from, from + 1);
      const none = { ...late, values: new Uint32Array(late.keys.length) };
      const corrected = byTick();
      const whole = Detector.fromBytes(bytes);
      corrected.observe(none);
      whole.observe(none);
      const next = part(end, end + 30);
      const [own, other] = [corrected, whole].map((detector) => detector.observe(next));
      for (const name of COLUMNS) expect(own?.[name], `${since} ticks, ${name}`).toEqual(other?.[name]);
    }
  }
});

test('a window of which one bucket lies before a midnight, or behind one, is told as ticks are', () => {
  const midnight = Math.round((86_400_000 - (start % 86_400_000)) / step);
  const first = midnight - 40;
  for (const [from, to] of [
    [midnight - 1, midnight + 5],
    [midnight - 1, midnight + 1],
    [midnight - 6, midnight + 1],
  ]) {
    const byTick = new Detector(baseline);
    const byWindow = new Detector(baseline);
    ticksOf(byTick, first, from);
    ticksOf(byWindow, first, from);
    expectSame(ticksOf(byTick, from, to), byWindow.observe(part(from, to)));
    // A state to go back to is left within it, and what comes then is told as well.
    expectSame(ticksOf(byTick, to, to + 30), byWindow.observe(part(to, to + 30)));
  }
});

/** Old rows beside the young ones above: what is kept to go back to differs. */
const old = simulateFleet({ seed: 78, series: 24, historyDays: 28, judgedDays: 3 });
const oldBaseline = fitBaseline(old.history, { timeZone: 'America/New_York' });

test('whatever is cut, left out, corrected and restored in between, ticks are told as by one that never looks ahead', () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('ticks' as const), length: fc.integer({ min: 2, max: 60 }) }),
    },
    fc.record({ kind: fc.constant('gap' as const), length: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('late' as const), length: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ kind: fc.constant('bytes' as const), length: fc.constant(0) }),
    fc.record({ kind: fc.constant('band' as const), length: fc.nat(23) }),
  );
  const plans = fc.record({
    steps: fc.array(step, { minLength: 6, maxLength: 14 }),
    learn: fc.constantFrom('accept-shifts' as const, 'hold' as const),
    offset: fc.nat(200),
  });
  const { grid } = old.judged;
  const cut = (first: number, last: number) =>
    sliceWindow(old.judged, grid.start + first * grid.step, grid.start + last * grid.step);
  fc.assert(
    fc.property(plans, ({ steps, learn, offset }) => {
      let byTick = new Detector(oldBaseline, { learn });
      const atOnce = new Detector(oldBaseline, { learn });
      let at = offset;
      let begun = false;
      for (const { kind, length } of steps) {
        const last = Math.min(grid.length, at + length);
        if (kind === 'ticks' && last > at) {
          const ticks = Array.from({ length: last - at }, (_, i) => byTick.observe(cut(at + i, at + i + 1)));
          expectSame(ticks, atOnce.observe(cut(at, last)));
          begun = true;
        }
        if (kind === 'late' && begun && at > offset) {
          const late = cut(Math.max(offset, at - length), Math.max(offset, at - length) + 1);
          const none = { ...late, values: new Uint32Array(late.keys.length) };
          for (const detector of [byTick, atOnce]) detector.observe(none);
        }
        // What looks at a row on the way changes nothing.
        if (kind === 'band') {
          const [own, other] = [byTick, atOnce].map((one) =>
            one.band(old.judged.keys[length], grid.start + at * grid.step),
          );
          expect(own).toEqual(other);
        }
        if (kind === 'bytes') byTick = Detector.fromBytes(byTick.toBytes());
        if (kind === 'ticks' || kind === 'gap') at = last;
      }
      expect(byTick.toBytes()).toEqual(atOnce.toBytes());
      expect(byTick.incidents).toEqual(atOnce.incidents);
    }),
    { numRuns: 12, seed: 20261129 },
  );
});
