import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addEvents,
  eventsOf,
  markEvent,
  passEvents,
  takeEvents,
} from '../../../../src/engine/counts/track/event-blocks.js';
import { BLOCK, EVENTS, RING } from '../../../../src/engine/counts/track/state.js';
import { Detector, fitBaseline } from '../../../../src/engine/index.js';
import { watchRow, watchRules } from '../../../../src/engine/series-tracker.js';
import { seriesSet, sliceWindow } from '../../../../src/series/index.js';
import { slotsBy, weekSlots } from '../../../../src/time/week.js';
import { poisson, seeded } from '../../../support/random.js';

const STEP = 300_000;
const HOUR = 12 * STEP;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 1, 9);
const WEEKS = 28 * 288;
const LIVE = 3 * 288;
const END = START + WEEKS * STEP;

/** A busy row of office hours, one of a few calls an hour, of a few a day, one a week, and a job of each night. */
function rows(seed: number, length: number, from = 0) {
  const random = seeded(seed);
  const isOffice = (i: number) => i % 288 >= 96 && i % 288 < 216 && Math.floor(i / 288) % 7 < 5;
  const means = [
    (i: number) => (isOffice(i) ? 30 : 2),
    () => 0.4,
    (i: number) => (isOffice(i) ? 0.03 : 0.002),
    () => 0.0005,
  ];
  const values = means.map((mean) => Array.from({ length }, (_, i) => poisson(random, mean(from + i))));
  values.push(Array.from({ length }, (_, i) => ((from + i) % 288 === 24 + Math.floor(random() * 2) ? 40 : 0)));
  return values;
}

const keys = ['Decrypt', 'Encrypt', 'Sign', 'Verify', 'ReEncrypt'].map((operation) => ({ operation }));
const setOf = (start: number, values: number[][]) =>
  seriesSet({ start, step: STEP, series: values.map((row, i) => ({ key: keys[i], values: row })) });
const baseline = fitBaseline(setOf(START, rows(5, WEEKS)), { timeZone: 'UTC' });
const grid = { start: END, step: STEP, length: LIVE };
const slots = slotsBy(grid, { times: Float64Array.of(START), offsets: Float64Array.of(0) }, weekSlots(STEP));

const rangeOf = (values: Float64Array, observed: Uint8Array) => ({
  start: END,
  length: LIVE,
  values,
  observed,
  slots,
  choose: undefined,
  exceptions: undefined,
  learning: false,
});

describe('a replay that tests nothing of plain blocks', () => {
  it('leaves the state that judging left, to the last bit, under both policies', () => {
    let plain = 0;
    let blocks = 0;
    const disturbed = fc.record({
      seed: fc.nat(1_000_000),
      hold: fc.boolean(),
      from: fc.nat(LIVE - 1),
      factor: fc.constantFrom(0, 1, 1, 4),
      gap: fc.tuple(fc.nat(LIVE - 1), fc.nat(60)),
    });
    fc.assert(
      fc.property(disturbed, ({ seed, hold, from, factor, gap: [gapFrom, gapLength] }) => {
        const rules = watchRules(baseline, 1, { minEffect: 0.1, acceptShifts: !hold });
        for (const [row, drawn] of rows(seed + 1, LIVE, WEEKS).entries()) {
          const values = Float64Array.from(drawn, (calls, i) => (i >= from ? calls * factor : calls));
          const observed = Uint8Array.from(values, (_, i) => (i >= gapFrom && i < gapFrom + gapLength ? 0 : 1));
          const range = rangeOf(values, observed);
          const key = baseline.keys[row];
          const judged = watchRow(baseline, key, rules).count;
          const again = watchRow(baseline, key, rules).count;
          if (judged === undefined || again === undefined) throw new Error('counts have trackers');
          judged.run(range, true, undefined, 0);
          const found: number[] = [];
          const first = Math.floor(END / HOUR);
          addEvents(judged.s, first, first + LIVE / 12, found);
          again.replay(range, { first, blocks: Uint32Array.from(found) });
          expect(again.state).toEqual(judged.state);
          plain += LIVE / 12 - found.length;
          blocks += LIVE / 12;
        }
      }),
      { numRuns: 25, seed: 8 },
    );
    // It is not for nothing.
    expect(plain / blocks).toBeGreaterThan(0.5);
  });

  it('goes as far as it is known: blocks before are tested', () => {
    const rules = watchRules(baseline, 1, { minEffect: 0.1, acceptShifts: true });
    const values = Float64Array.from(rows(3, LIVE, WEEKS)[1], (calls, i) => (i > 100 && i < 130 ? 60 : calls));
    const range = rangeOf(values, new Uint8Array(LIVE).fill(1));
    const judged = watchRow(baseline, baseline.keys[1], rules).count;
    const again = watchRow(baseline, baseline.keys[1], rules).count;
    judged?.run(range, true, undefined, 0);
    again?.replay(range, { first: Math.floor(END / HOUR) + LIVE / 12, blocks: new Uint32Array(0) });
    expect(again?.state).toEqual(judged?.state);
  });
});

describe('blocks that held an event', () => {
  it('are kept for a hundred blocks, and taken over by an earlier state', () => {
    const blocks = fc.array(fc.tuple(fc.oneof(fc.nat(3), fc.nat(130)), fc.boolean()), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(blocks, fc.nat(), (drawn, cut) => {
        const s = new Float64Array(RING);
        s[BLOCK] = 1000;
        const marked: number[] = [];
        const steps: Float64Array[] = [];
        for (const [passed, isEvent] of drawn) {
          passEvents(s, passed);
          s[BLOCK] += passed;
          if (isEvent) {
            markEvent(s);
            if (marked.at(-1) !== s[BLOCK]) marked.push(s[BLOCK]);
          }
          steps.push(s.slice());
        }
        const found: number[] = [];
        addEvents(s, 0, Number.MAX_SAFE_INTEGER, found);
        expect(found).toEqual(marked.filter((block) => block > s[BLOCK] - 104));
        const earlier = steps[cut % steps.length].slice();
        const known = earlier.slice();
        earlier.fill(0, EVENTS, EVENTS + 2);
        takeEvents(earlier, s);
        const [taken, had]: number[][] = [[], []];
        addEvents(earlier, s[BLOCK] - 103, Number.MAX_SAFE_INTEGER, taken);
        addEvents(known, s[BLOCK] - 103, Number.MAX_SAFE_INTEGER, had);
        // The last block may have got its event later.
        const before = (block: number) => block + s[BLOCK] - 103 < earlier[BLOCK];
        expect(taken.filter(before)).toEqual(had.filter(before));
      }),
      { numRuns: 3000, seed: 1104 },
    );
  });

  it('are found by row', () => {
    const all = { first: 7, offsets: Float64Array.of(0, 2, 2, 3), blocks: Uint32Array.of(1, 5, 9) };
    expect([0, 1, 2].map((row) => [...eventsOf(all, row).blocks])).toEqual([[1, 5], [], [9]]);
  });
});

it('a detector that saw a gap of days goes on from its bytes', () => {
  const live = setOf(END, rows(11, 14 * 288, WEEKS));
  const part = (from: number, to: number) => sliceWindow(live, END + from * DAY, END + to * DAY);
  const detector = new Detector(baseline);
  detector.observe(part(0, 1.5));
  detector.observe(part(11, 12.25));
  const restored = Detector.fromBytes(detector.toBytes());
  expect(restored.toBytes()).toEqual(detector.toBytes());
  expect(restored.end).toBe(detector.end);
  const { window: _, ...expected } = detector.observe(part(12.25, 13));
  const { window: __, ...got } = restored.observe(part(12.25, 13));
  expect(got).toEqual(expected);
});
