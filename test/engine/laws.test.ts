import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Baseline } from '../../src/engine/baseline.js';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import { scoreWindow } from '../../src/engine/score-window.js';
import { NORMAL, type Scores, UNKNOWN } from '../../src/engine/types.js';
import { keyId, type SeriesKey, seriesKey } from '../../src/series/key.js';
import { type SeriesSet, seriesSet } from '../../src/series/series-set.js';
import { sliceWindow } from '../../src/series/slice.js';
import { SAVING_RULES, savedTime } from '../../src/time/saving-rules.js';
import { type Episode, traffic } from '../naive/traffic.js';
import { DAY, MONDAY, officeMean, STEP, WEEK } from '../support/sets.js';

const HOUR = 3_600_000;
const END = MONDAY + 4 * WEEK;
const BUCKETS = (4 * DAY) / STEP;

/** Rows as they come: office hours, steady, sparse, a nightly job, busy, and one that never called. */
const KINDS: ((time: number) => number)[] = [
  officeMean,
  () => 4,
  () => 0.004,
  (time) => ((time - MONDAY) % DAY === 3 * HOUR ? 300 : 0.05),
  (time) => 200 * (1.5 + Math.sin((2 * Math.PI * time) / DAY)),
  () => 0,
];
const KEYS = KINDS.map((_, i) => seriesKey({ operation: i % 2 === 0 ? 'Decrypt' : 'Encrypt', keyArn: `key/${i}` }));
const STRANGER = seriesKey({ operation: 'Decrypt', keyArn: 'key/new' });
const UTC = { timeZone: 'UTC' };

const past = KEYS.map((key, i) => ({ key, values: traffic(i + 1, 4 * 2016, MONDAY, KINDS[i]) }));
const history = seriesSet({ start: MONDAY, step: STEP, series: past });
const baseline = fitBaseline(history, UTC);

interface Drawn {
  readonly values: Float64Array[];
  readonly observed: Uint8Array;
}

/** Four days after the history: every kind of row and a new key, with incidents, silences and holes. */
const days: fc.Arbitrary<Drawn> = fc
  .record({
    seed: fc.nat(1_000_000),
    episodes: fc.array(
      fc.record({
        row: fc.nat(KINDS.length - 1),
        from: fc.integer({ min: 0, max: BUCKETS - 1 }),
        length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: BUCKETS })),
        factor: fc.constantFrom(0, 0.3, 0.6, 1.5, 3, 30),
      }),
      { maxLength: 8 },
    ),
    holes: fc.array(fc.record({ from: fc.nat(BUCKETS - 1), length: fc.integer({ min: 1, max: 90 }) }), {
      maxLength: 4,
    }),
    first: fc.integer({ min: 0, max: BUCKETS }),
  })
  .map(({ seed, episodes, holes, first }) => {
    const values = KINDS.map((mean, row) => {
      const own: Episode[] = episodes
        .filter((e) => e.row === row)
        .map(({ from, length, factor }) => ({ from: from * STEP, to: (from + length) * STEP, factor }));
      return traffic(seed + row, BUCKETS, END, mean, own);
    });
    values.push(traffic(seed + 9, BUCKETS, END, (time) => (time < END + first * STEP ? 0 : 0.3)));
    const observed = new Uint8Array(BUCKETS).fill(1);
    for (const { from, length } of holes) observed.fill(0, from, from + length);
    return { values, observed };
  });

function windowOf({ values, observed }: Drawn, start = END): SeriesSet {
  const series = values.map((row, i) => ({ key: KEYS[i] ?? STRANGER, values: row }));
  return seriesSet({ start, step: STEP, series, observed });
}

/** All that scores say of one row, bucket after bucket. */
function told(scores: Scores, key: SeriesKey) {
  const { length } = scores.window.grid;
  const row = scores.window.keys.findIndex((other) => keyId(other) === keyId(key));
  const part = <A extends { slice(from: number, to: number): A }>(column: A) =>
    column.slice(row * length, (row + 1) * length);
  const { expected, lower, upper, surprise, verdicts, reasons, spans } = scores;
  return { row, columns: [expected, lower, upper, surprise, spans].map(part), bytes: [part(verdicts), part(reasons)] };
}

const both: [string, (from: Baseline, window: SeriesSet) => Scores][] = [
  ['scoreWindow', (from, window) => scoreWindow(from, window)],
  ['Detector', (from, window) => new Detector(from).observe(window)],
];

describe.each(both)('%s', (_, score) => {
  it('gives a verdict that its band gives, finite surprise of the verdict’s sign, and never against the expectation', () => {
    fc.assert(
      fc.property(days, (drawn) => {
        const scores = score(baseline, windowOf(drawn));
        for (const [row, values] of drawn.values.entries()) {
          for (let i = 0; i < BUCKETS; i++) {
            const at = row * BUCKETS + i;
            const verdict = scores.verdicts[at];
            if (drawn.observed[i] === 0) {
              expect(verdict).toBe(UNKNOWN);
              expect(scores.surprise[at]).toBeNaN();
              expect(scores.expected[at]).toBeNaN();
              continue;
            }
            const y = values[i];
            const byBand = y > scores.upper[at] ? 1 : y < scores.lower[at] ? -1 : 0;
            if (verdict !== byBand || !Number.isFinite(scores.surprise[at]) || Math.abs(scores.surprise[at]) > 1e4) {
              expect.fail(`row ${row}, bucket ${i}: ${y} in [${scores.lower[at]}, ${scores.upper[at]}] is ${verdict}`);
            }
            if (verdict !== 0 && !(verdict * (y - scores.expected[at]) > 0 && verdict * scores.surprise[at] >= 0)) {
              expect.fail(`row ${row}, bucket ${i}: ${y}, ${scores.expected[at]} expected, is ${verdict}`);
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('says the same of a row wherever it stands', () => {
    fc.assert(
      fc.property(days, fc.shuffledSubarray([...KEYS.keys()], { minLength: KEYS.length }), (drawn, order) => {
        const shuffled = fitBaseline(seriesSet({ start: MONDAY, step: STEP, series: order.map((i) => past[i]) }), UTC);
        const window = windowOf(drawn);
        const there = seriesSet({
          start: END,
          step: STEP,
          series: [KINDS.length, ...order].map((i) => ({ key: KEYS[i] ?? STRANGER, values: drawn.values[i] })),
          observed: drawn.observed,
        });
        const here = score(baseline, window);
        const moved = score(shuffled, there);
        for (const key of [...KEYS, STRANGER]) {
          const { row: _, ...columns } = told(moved, key);
          const { row: __, ...own } = told(here, key);
          expect(columns).toEqual(own);
        }
      }),
      { numRuns: 6 },
    );
  });

  it('says the same whole weeks earlier or later', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: -3000, max: 900 }), (drawn, weeks) => {
        const move = weeks * WEEK;
        // Beside a change of daylight saving anywhere, a series may follow it: that is a matter of the calendar.
        fc.pre(!clocksChange(MONDAY + move, END + move + 2 * WEEK));
        const there = fitBaseline({ ...history, grid: { ...history.grid, start: MONDAY + move } }, UTC);
        const { window: _, decided: movedWindows, ...moved } = score(there, windowOf(drawn, END + move));
        const { window: __, decided: windows, ...own } = score(baseline, windowOf(drawn));
        expect(moved).toEqual(own);
        expect(movedWindows?.from.map((from) => from - move)).toEqual(windows?.from);
        expect(movedWindows?.expected).toEqual(windows?.expected);
      }),
      { numRuns: 6 },
    );
  });

  it('does not look at what stands where nothing was observed', () => {
    fc.assert(
      fc.property(days, fc.constantFrom(0, 1, 77, 1e9), (drawn, junk) => {
        const other = drawn.values.map((row) => row.map((value, i) => (drawn.observed[i] === 0 ? junk : value)));
        const { window: _, ...junked } = score(baseline, windowOf({ ...drawn, values: other }));
        const { window: __, ...own } = score(baseline, windowOf(drawn));
        expect(junked).toEqual(own);
      }),
      { numRuns: 12 },
    );
  });

  it('leaves what it is given as it was', () => {
    fc.assert(
      fc.property(days, (drawn) => {
        const window = windowOf(drawn);
        const before = structuredClone(window);
        const band = baseline.band(KEYS[0], END + 12 * HOUR);
        score(baseline, window);
        expect(window).toEqual(before);
        expect(baseline.band(KEYS[0], END + 12 * HOUR)).toEqual(band);
      }),
      { numRuns: 5 },
    );
  });
});

describe('a hole in a window', () => {
  it('neither makes a verdict after it nor hides one, when all was as expected before it', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 400 }),
        (seed, from, length) => {
          const row = traffic(seed, BUCKETS, END, KINDS[1]);
          const end = from + length;
          // A spike well after the hole, and a silence of two hours.
          row[end + 50] = 200;
          row.fill(0, end + 100, end + 124);
          const key = KEYS[1];
          const observed = new Uint8Array(BUCKETS).fill(1);
          observed.fill(0, from, end);
          const set = (seen?: Uint8Array) =>
            seriesSet({
              start: END,
              step: STEP,
              series: [{ key, values: row }],
              ...(seen === undefined ? {} : { observed: seen }),
            });
          const holed = told(scoreWindow(baseline, set(observed)), key).bytes[0];
          const whole = told(scoreWindow(baseline, set()), key).bytes[0];
          expect(holed[end + 50]).toBe(1);
          expect(Array.from(holed.slice(end + 100, end + 124))).toContain(-1);
          for (let i = 0; i < BUCKETS; i++) {
            if (observed[i] === 1 && holed[i] !== NORMAL) expect(whole[i], `bucket ${i}`).toBe(holed[i]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of three weeks widens what is normal after it, and makes no verdict', () => {
    const back = seriesSet({
      start: END + 3 * WEEK,
      step: STEP,
      series: [{ key: KEYS[1], values: traffic(5, BUCKETS, END, KINDS[1]) }],
    });
    const soon = { ...back, grid: { ...back.grid, start: END } };
    const detector = new Detector(baseline);
    detector.observe(sliceWindow(soon, END, END + STEP));
    const after = told(detector.observe(back), KEYS[1]);
    const without = told(new Detector(baseline).observe(soon), KEYS[1]);
    expect(after.bytes[0].some((verdict) => verdict !== NORMAL)).toBe(false);
    expect(after.columns[2][0]).toBeGreaterThanOrEqual(without.columns[2][0]);
  });
});

describe('Detector', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 });

  /** The window cut into chunks of the given lengths, over and over. */
  function chunksOf(window: SeriesSet, lengths: readonly number[]): SeriesSet[] {
    const chunks: SeriesSet[] = [];
    for (let from = 0, k = 0; from < BUCKETS; k++) {
      const to = Math.min(BUCKETS, from + lengths[k % lengths.length]);
      chunks.push(sliceWindow(window, END + from * STEP, END + to * STEP));
      from = to;
    }
    return chunks;
  }

  /** Joins what chunks said of one key; buckets of chunks that did not know it are left out. */
  function joined(parts: readonly Scores[], key: SeriesKey): number[][] {
    const rows: number[][] = [];
    for (const part of parts) {
      const { row, columns, bytes } = told(part, key);
      for (let i = 0; i < part.window.grid.length; i++) {
        rows.push(row < 0 ? [] : [...columns, ...bytes].map((column) => column[i]));
      }
    }
    return rows;
  }

  it('says the same to the last bit however the time is cut', () => {
    fc.assert(
      fc.property(days, cuts, (drawn, lengths) => {
        const window = windowOf(drawn);
        const detector = new Detector(baseline);
        const parts = chunksOf(window, lengths).map((chunk) => detector.observe(chunk));
        const once = new Detector(baseline).observe(window);
        for (const key of [...KEYS, STRANGER]) expect(joined(parts, key)).toEqual(joined([once], key));
      }),
      { numRuns: 12 },
    );
  });

  it('says the same when chunks leave out the keys that did not call in them, from a new key’s first call on', () => {
    fc.assert(
      fc.property(days, cuts, (drawn, lengths) => {
        const window = windowOf({ ...drawn, observed: new Uint8Array(BUCKETS).fill(1) });
        const whole = new Detector(baseline).observe(window);
        const detector = new Detector(baseline);
        const parts = chunksOf(window, lengths).map((chunk) => {
          const { length } = chunk.grid;
          const values = chunk.values as Float64Array;
          const series = chunk.keys.flatMap((key, row) => {
            const own = values.slice(row * length, (row + 1) * length);
            return own.some((value) => value > 0) ? [{ key, values: own }] : [];
          });
          const { start, step } = chunk.grid;
          return detector.observe(seriesSet({ start, step, series, observed: new Uint8Array(length).fill(1) }));
        });
        for (const key of KEYS) expect(joined(parts, key)).toEqual(joined([whole], key));
        const stranger = joined(parts, STRANGER);
        for (const [i, said] of joined([whole], STRANGER).entries()) {
          if (stranger[i].length > 0) expect(stranger[i], `bucket ${i}`).toEqual(said);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('goes on from its bytes as if it had never stopped, wherever it is stopped', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: BUCKETS - 1 }), (drawn, stop) => {
        const window = windowOf(drawn);
        const first = sliceWindow(window, END, END + stop * STEP);
        const rest = sliceWindow(window, END + stop * STEP, END + BUCKETS * STEP);
        const detector = new Detector(baseline);
        detector.observe(first);
        const restored = Detector.fromBytes(detector.toBytes());
        const { window: _, ...expected } = detector.observe(rest);
        const { window: __, ...got } = restored.observe(rest);
        expect(got).toEqual(expected);
        expect(restored.toBytes()).toEqual(detector.toBytes());
      }),
      { numRuns: 8 },
    );
  });
});

/** Whether any rule of daylight saving has a change in `[from, to]`. */
function clocksChange(from: number, to: number): boolean {
  return SAVING_RULES.some((rule) => {
    const { times, offsets } = savedTime(rule, from, to);
    return times.some((time, i) => i > 0 && time >= from && time <= to && offsets[i] !== offsets[i - 1]);
  });
}
