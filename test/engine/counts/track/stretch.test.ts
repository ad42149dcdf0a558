import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeptModel } from '../../../../src/engine/counts/model.js';
import { countRules, natsFor } from '../../../../src/engine/counts/track/rules.js';
import { TrackScratch } from '../../../../src/engine/counts/track/scratch.js';
import { CountTracker } from '../../../../src/engine/counts/track/tracker.js';
import { fitBaseline } from '../../../../src/engine/fit-baseline.js';
import type { Exceptions, ScoreColumns } from '../../../../src/engine/types.js';
import { windowsOf } from '../../../../src/engine/windows.js';
import { slotsOf, weekSlots } from '../../../../src/time/week.js';
import { traffic } from '../../../naive/traffic.js';
import { poisson, seeded } from '../../../support/random.js';
import { DAY, MONDAY, officeMean, oneRow, STEP, WEEK } from '../../../support/sets.js';

// The straightforward path takes one bucket after another, by the tests of bucket-test.ts and window-test.ts. A series goes
// that way wherever anything may be excepted, so that exceptions which except nothing make it the twin of the columns.

const LENGTH = 5 * 288;
const END = MONDAY + 4 * WEEK;
const windows = windowsOf(STEP);
const slots = slotsOf({ start: END, step: STEP, length: LENGTH }, 'UTC', weekSlots(STEP));
const NOTHING_EXCEPTED: Exceptions = { expected: () => false, retired: () => false };

const KINDS: ((time: number) => number)[] = [
  officeMean,
  () => 15,
  () => 0.005,
  (time) => ((time - MONDAY) % DAY === 3 * 3_600_000 ? 300 : 0.02),
  (time) => 400 * (1.5 + Math.sin((2 * Math.PI * time) / DAY)),
];

function modelOf(mean: (time: number) => number, weeks: number): KeptModel {
  const start = END - weeks * WEEK;
  const baseline = fitBaseline(oneRow(traffic(1, weeks * 2016, start, mean), start), { timeZone: 'UTC' });
  return baseline.modelOf(baseline.keys[0]).model;
}

const models = KINDS.map((mean) => ({ mean, old: modelOf(mean, 4), young: modelOf(mean, 1) }));
const scratch = new TrackScratch();

function columns(): Required<Omit<ScoreColumns, 'decided'>> {
  const column = () => new Float64Array(LENGTH);
  return {
    expected: column(),
    lower: column(),
    upper: column(),
    surprise: column(),
    spans: column(),
    verdicts: new Int8Array(LENGTH),
    reasons: new Uint8Array(LENGTH),
    ongoing: new Int8Array(LENGTH),
  };
}

/** Departures of all sizes and lengths, and buckets that were not observed. */
function drawn(seed: number, mean: (time: number) => number) {
  const random = seeded(seed);
  const values = new Float64Array(LENGTH);
  const observed = new Uint8Array(LENGTH);
  let factor = 1;
  let left = 0;
  for (let i = 0; i < LENGTH; i++) {
    if (left-- <= 0) {
      factor = [1, 1, 1, 1, 0, 0.4, 0.8, 1.3, 3, 40][Math.floor(random() * 10)];
      left = Math.floor(Math.exp(random() * 6));
    }
    observed[i] = random() < 0.01 ? 0 : 1;
    values[i] = poisson(random, mean(END + i * STEP) * factor) + (random() < 0.002 ? 6 : 0);
  }
  return { values, observed };
}

/** The columns that differ, and where first. */
function differing(a: Judged, b: Judged): string[] {
  const pairs = [...Object.keys(a.out), 'state'].map((name) => [name, columnOf(a, name), columnOf(b, name)] as const);
  return pairs.flatMap(([name, own, other]) => {
    const at = own.findIndex((value, i) => !Object.is(value, other[i]));
    return at < 0 && own.length === other.length ? [] : [`${name} from ${at} on: ${own[at]} and ${other[at]}`];
  });
}

interface Judged {
  readonly out: ReturnType<typeof columns>;
  readonly state: Float64Array | undefined;
}

function columnOf({ out, state }: Judged, name: string): number[] {
  const column = name === 'state' ? (state ?? []) : out[name as keyof typeof out];
  return Array.from(column);
}

describe('buckets judged together', () => {
  it('are judged, and leave behind, what they do one after another, however the time is cut', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(1_000_000),
          kind: fc.nat(KINDS.length - 1),
          isYoung: fc.boolean(),
          learn: fc.boolean(),
          acceptShifts: fc.boolean(),
          cuts: fc.array(fc.nat(LENGTH), { maxLength: 6 }),
        }),
        ({ seed, kind, isYoung, learn, acceptShifts, cuts }) => {
          const { mean, old, young } = models[kind];
          const nats = natsFor(5, 1, windows);
          const rules = countRules(windows, { nats, minEffect: 0.1, acceptShifts, historyEnd: END });
          const { values, observed } = drawn(seed, mean);
          const run = (bounds: readonly number[], exceptions: Exceptions | undefined) => {
            const out = columns();
            const row = new CountTracker(isYoung ? young : old, rules, false, scratch);
            for (const [k, from] of bounds.slice(0, -1).entries()) {
              const to = bounds[k + 1];
              const range = {
                start: END + from * STEP,
                length: to - from,
                values: values.subarray(from, to),
                observed: observed.subarray(from, to),
                slots: slots.subarray(from, to),
                choose: undefined,
                exceptions,
                learning: false,
              };
              row.run(range, learn, out, from);
            }
            // Without learning nobody asks for what was to be learned.
            return { out, state: learn ? row.toState() : undefined };
          };
          const bounds = [0, ...new Set(cuts), LENGTH].sort((a, b) => a - b);
          expect(differing(run(bounds, undefined), run([0, LENGTH], NOTHING_EXCEPTED))).toEqual([]);
        },
      ),
      { seed: 20260101, numRuns: 20 },
    );
  });
});
