import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeptModel } from '../../../../src/engine/counts/model.js';
import { type CountRules, countRules, natsFor } from '../../../../src/engine/counts/track/rules.js';
import { TrackScratch } from '../../../../src/engine/counts/track/scratch.js';
import { CountTracker } from '../../../../src/engine/counts/track/tracker.js';
import { fitBaseline } from '../../../../src/engine/fit-baseline.js';
import { type BucketVerdict, bucketVerdict } from '../../../../src/engine/types.js';
import { windowsOf } from '../../../../src/engine/windows.js';
import { slotsOf, weekSlots } from '../../../../src/time/week.js';
import { traffic } from '../../../naive/traffic.js';
import { poisson, seeded } from '../../../support/random.js';
import { DAY, MONDAY, officeMean, oneRow, STEP, WEEK } from '../../../support/sets.js';
import { observeBucket } from '../../../support/trackers.js';

const HOUR = 3_600_000;
const END = MONDAY + 4 * WEEK;
const LENGTH = 2 * 2016;
const windows = windowsOf(STEP);
const SLOTS = slotsOf({ start: END, step: STEP, length: 4 * 2016 }, 'UTC', weekSlots(STEP));

const KINDS: Record<string, (time: number) => number> = {
  'office hours': officeMean,
  steady: () => 15,
  sparse: () => 0.005,
  nightly: (time) => ((time - MONDAY) % DAY === 3 * HOUR ? 300 : 0.02),
  busy: (time) => 400 * (1.5 + Math.sin((2 * Math.PI * time) / DAY)),
};

function modelOf(mean: (time: number) => number, weeks = 4): KeptModel {
  const baseline = fitBaseline(oneRow(traffic(1, weeks * 2016, END - weeks * WEEK, mean), END - weeks * WEEK), {
    timeZone: 'UTC',
  });
  return baseline.modelOf(baseline.keys[0]).model;
}

const rulesFor = (perWeek: number, acceptShifts: boolean): CountRules =>
  countRules(windows, { nats: natsFor(perWeek, 1, windows), minEffect: 0.1, acceptShifts, historyEnd: Number.NaN });

const scratch = new TrackScratch();

/** A stream of all that may happen: every few hours calls come at another rate, and now and then nothing is heard. */
function eventful(seed: number, mean: (time: number) => number, length: number): Float64Array {
  const random = seeded(seed);
  let factor = 1;
  let left = 0;
  return Float64Array.from({ length }, (_, i) => {
    if (left-- <= 0) {
      factor = [1, 1, 1, 0, 0.3, 0.6, 1.5, 2, 5, 40][Math.floor(random() * 10)];
      left = Math.floor(Math.exp(random() * 7));
    }
    if (random() < 0.03) return Number.NaN;
    return poisson(random, mean(END + i * STEP) * factor) + (random() < 0.001 ? 5 : 0);
  });
}

/** What the bucket `i` would be judged with another count, and what would be left, everything before it as it was. */
function instead(model: KeptModel, rules: CountRules, state: Float64Array, y: number, i: number) {
  const row = new CountTracker(model, rules, false, scratch, state);
  const out = bucketVerdict();
  observeBucket(row, y, END + i * STEP, SLOTS[i], true, out);
  return { out, state: row.toState() };
}

/** Runs a stream, and now and then hands over what stood before and after a bucket. */
function watch(
  model: KeptModel,
  rules: CountRules,
  values: Float64Array,
  each: (i: number, y: number, before: Float64Array, out: BucketVerdict, after: Float64Array) => void,
  share = 0.1,
): void {
  const random = seeded(values.length);
  const row = new CountTracker(model, rules, false, scratch);
  const out = bucketVerdict();
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) {
      row.skip(END + i * STEP, true);
      continue;
    }
    const looked = random() < share;
    const before = looked ? row.toState() : undefined;
    observeBucket(row, values[i], END + i * STEP, SLOTS[i], true, out);
    if (before !== undefined) each(i, values[i], before, out, row.toState());
  }
}

const classOf = (y: number, { lower, upper }: BucketVerdict) => (y > upper ? 1 : y < lower ? -1 : 0);

describe.each(Object.entries(KINDS))('CountTracker on %s', (_, mean) => {
  const model = modelOf(mean);

  it('goes on from its state to the last bit', () => {
    for (const [seed, accepts] of [
      [2, true],
      [3, false],
    ] as const) {
      const rules = rulesFor(0.1, accepts);
      const values = eventful(seed, mean, LENGTH);
      watch(model, rules, values, (i, y, before, out, after) => {
        const again = instead(model, rules, before, y, i);
        expect(again.out).toEqual(out);
        expect(again.state).toEqual(after);
      });
      // And a whole second half from the state in the middle.
      const row = new CountTracker(model, rules, false, scratch);
      const out = bucketVerdict();
      const half = LENGTH / 2;
      const run = (into: CountTracker, from: number, to: number) => {
        const said: number[] = [];
        for (let i = from; i < to; i++) {
          if (Number.isNaN(values[i])) {
            into.skip(END + i * STEP, true);
            continue;
          }
          observeBucket(into, values[i], END + i * STEP, SLOTS[i], true, out);
          said.push(out.surprise, out.lower, out.upper, out.verdict, out.span);
        }
        return said;
      };
      run(row, 0, half);
      const restored = new CountTracker(model, rules, false, scratch, row.toState());
      expect(run(restored, half, LENGTH)).toEqual(run(row, half, LENGTH));
      expect(restored.toState()).toEqual(row.toState());
    }
  });

  it('has a band that any other count of the bucket is judged by, incidents or none', () => {
    for (const [seed, perWeek] of [
      [4, 1e-3],
      [5, 1],
      [6, 1000],
    ] as const) {
      const rules = rulesFor(perWeek, false);
      watch(model, rules, eventful(seed, mean, LENGTH), (i, y, before, { ...out }) => {
        expect(out.verdict).toBe(classOf(y, out));
        const { lower, upper, expected } = out;
        const others = [
          0,
          1,
          lower - 1,
          lower,
          lower + 1,
          upper - 1,
          upper,
          upper + 1,
          Math.floor(expected),
          2 * upper + 9,
          1e9,
        ];
        for (const other of others) {
          if (other < 0 || !Number.isFinite(other)) continue;
          const { out: judgement } = instead(model, rules, before, other, i);
          if (judgement.verdict !== classOf(other, out) || judgement.lower !== lower || judgement.upper !== upper) {
            expect.fail(
              `bucket ${i}: [${lower}, ${upper}] at ${y}, [${judgement.lower}, ${judgement.upper}] at ${other}`,
            );
          }
        }
      });
    }
  });

  it('is never less surprised by one call more above the expectation, nor by one less below it', () => {
    const rules = rulesFor(1, false);
    watch(
      model,
      rules,
      eventful(7, mean, LENGTH),
      (i, _y, before, { ...out }) => {
        const sd = Math.sqrt(out.expected * 2) + 1;
        let last = Number.NEGATIVE_INFINITY;
        // One by one near two deviations, where the way of computing changes, and further apart beyond.
        const from = Math.ceil(out.expected + 1.2 * sd);
        const counts = Array.from({ length: 24 }, (_, k) => from + k + (k < 16 ? 0 : Math.round(sd * (k - 15))));
        for (const y of counts) {
          const { surprise } = instead(model, rules, before, y, i).out;
          if (!(surprise >= last - 1e-9)) expect.fail(`bucket ${i}: ${y} calls, ${surprise} after ${last}`);
          last = surprise;
        }
        last = Number.POSITIVE_INFINITY;
        for (let k = 0; k < 12; k++) {
          const y = Math.ceil(out.expected) - 1 - Math.round((k * out.expected) / 12);
          if (y < 0) break;
          const { surprise } = instead(model, rules, before, y, i).out;
          if (k > 0 && !(surprise <= last + 1e-9)) expect.fail(`bucket ${i}: ${y} calls, ${surprise} after ${last}`);
          last = surprise;
        }
      },
      0.03,
    );
  });

  it('stays finite whatever it meets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.nat(20), fc.constantFrom(1e6, 1e9, 2 ** 40, 2 ** 53 - 1)), {
          minLength: 1,
          maxLength: 120,
        }),
        fc.constantFrom(1e-6, 1, 1e6),
        (values, perWeek) => {
          const row = new CountTracker(model, rulesFor(perWeek, true), false, scratch);
          const out = bucketVerdict();
          for (const [i, y] of values.entries()) {
            observeBucket(row, y, END + i * STEP, SLOTS[i], true, out);
            expect(Number.isFinite(out.surprise) && Math.abs(out.surprise) <= 1e4).toBe(true);
            expect(Number.isFinite(out.expected) && out.expected > 0).toBe(true);
            expect(out.verdict).toBe(classOf(y, out));
          }
          expect(Number.isFinite(row.level) && row.level > 0).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('CountTracker', () => {
  const model = modelOf(KINDS['steady']);

  it('has a band that any other count is judged by, for three weeks after a shift that was accepted too', () => {
    const rules = rulesFor(0.1, true);
    const values = traffic(8, (3 * DAY) / STEP, END, () => 75);
    const row = new CountTracker(model, rules, false, scratch);
    const out = bucketVerdict();
    for (let i = 0; i < values.length; i++) observeBucket(row, values[i], END + i * STEP, SLOTS[i], true, out);
    const state = row.toState();
    const i = values.length;
    const { out: back } = instead(model, rules, state, 15, i);
    const { out: stays } = instead(model, rules, state, 75, i);
    expect(stays.verdict).toBe(classOf(75, back));
  });

  it('teaches nothing and judges nothing in a time that is acknowledged', () => {
    const values = traffic(9, 288, END, () => 15);
    const rules = rulesFor(0.1, true);
    const quiet = new CountTracker(model, rules, false, scratch);
    const loud = new CountTracker(model, rules, false, scratch);
    const out = bucketVerdict();
    for (let i = 0; i < 288; i++) {
      const test = i >= 100 && i < 200;
      observeBucket(quiet, values[i], END + i * STEP, SLOTS[i], true, out, test);
      observeBucket(loud, test ? 60 * values[i] : values[i], END + i * STEP, SLOTS[i], true, out, test);
      if (test) expect([out.verdict, out.lower, out.upper]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
    }
    expect(loud.level).toBe(quiet.level);
    expect(loud.inIncident).toBe(false);
  });

  it('tells an incident from its first bucket to its last, and not after', () => {
    const values = traffic(10, 288, END, () => 15, [{ from: 8 * HOUR, to: 11 * HOUR, factor: 4 }]);
    const row = new CountTracker(model, rulesFor(0.1, true), false, scratch);
    const out = bucketVerdict();
    const told: number[] = [];
    const open: boolean[] = [];
    for (let i = 0; i < 288; i++) {
      observeBucket(row, values[i], END + i * STEP, SLOTS[i], true, out);
      told.push(out.verdict);
      open.push(row.inIncident);
    }
    expect(told.indexOf(1)).toBe(96);
    expect(told.lastIndexOf(1)).toBe(131);
    expect(told.slice(96, 132).every((verdict) => verdict === 1)).toBe(true);
    expect(open[110]).toBe(true);
    expect(open[140]).toBe(false);
    expect(Math.abs(row.level / 15 - 1)).toBeLessThan(0.03);
  });

  it('asks for more the smaller the budget and the more the rows, never for less than one in twenty', () => {
    for (const [fewer, more] of [
      [natsFor(1, 1, windows), natsFor(0.1, 1, windows)],
      [natsFor(1, 1, windows), natsFor(1, 100, windows)],
    ]) {
      expect(more).toBeGreaterThan(fewer);
    }
    expect(natsFor(1, 10, windows) - natsFor(10, 100, windows)).toBeCloseTo(0, 12);
    expect(natsFor(1e9, 1, windows)).toBe(Math.log(20));
    // Buckets of a day, which have no other window: two sides of seven tests a week and row.
    expect(natsFor(1, 100, windowsOf(DAY))).toBeCloseTo(Math.log(1400), 12);
  });
});
