import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Detector } from '../../src/engine/detector.js';
import { fitBaseline } from '../../src/engine/fit-baseline.js';
import type { Scores } from '../../src/engine/types.js';
import { type SeriesSet, seriesSet, sliceWindow } from '../../src/series/index.js';
import { poisson, seeded } from '../support/random.js';
import { DAY, MONDAY } from '../support/sets.js';

// Ticks foresee rows without a call for two hours, and past a midnight their states at it are kept on the way. What happens to a row
// in the hours before and after makes no difference to what a late window finds when it goes back to that midnight.

const DAYS = 15;
/** Buckets before midnight, and after it. */
const BEFORE = 40;
const AFTER = 40;

/** Rows of like keys that call at these rates a bucket, in the last hours of the 16th day and the first ones of the next. */
function fleet(step: number, seed: number, rates: readonly number[]) {
  const start = MONDAY;
  const midnight = Math.ceil(((DAYS + 1) * DAY) / step);
  const length = midnight + AFTER;
  const random = seeded(seed);
  const series = rates.map((rate, row) => ({
    key: { operation: 'Decrypt', keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${row}` },
    values: Float64Array.from({ length }, () => poisson(random, rate)),
  }));
  const set = seriesSet({ start, step, series });
  const until = start + Math.floor((DAYS * DAY) / step) * step;
  const from = start + (midnight - BEFORE) * step;
  return {
    baseline: fitBaseline(sliceWindow(set, start, until), { timeZone: 'UTC' }),
    watched: sliceWindow(set, from, start + length * step),
  };
}

const RATES = [0, 0, 0.002, 0.002, 0.005, 0.01, 0.01, 0.02, 0.05, 0.1, 0.3, 2];
const MINUTE = 60_000;
/** Of 5 minutes; of 7, whose buckets straddle midnight. */
const FLEETS = [5, 7].map((minutes) => fleet(minutes * MINUTE, minutes, RATES));

type Happening = { readonly at: number; readonly row: number; readonly what: number };

/** Observes a window in pieces; happenings come between two of them, at the same buckets whatever the pieces. */
function observed(
  { baseline, watched }: (typeof FLEETS)[number],
  learn: 'accept-shifts' | 'hold',
  happenings: readonly Happening[],
  piece: () => number,
): { scores: Scores[]; detector: Detector } {
  let detector = new Detector(baseline, { learn });
  const { start, step, length } = watched.grid;
  const scores: Scores[] = [];
  const ends = new Set(happenings.map(({ at }) => at));
  for (let at = 0; at < length; ) {
    for (const { row, what } of happenings.filter((happening) => happening.at === at)) {
      const key = baseline.keys[row];
      const now = start + at * step;
      if (what === 0) detector.markExpected(key, now - 3 * step, now + 5 * step);
      else if (what === 1 && at > 0) detector.accept(key, now - 4 * step);
      else if (what === 2) detector.retire(key);
      else if (what === 3) detector = Detector.fromBytes(detector.toBytes());
      else if (what === 4 && at > 0) detector.band(key, now);
    }
    const isGap = happenings.some((happening) => happening.at === at && happening.what === 5);
    let end = at + 1;
    for (let left = piece(); left > 1 && end < length && !ends.has(end) && !isGap; left--) end++;
    if (!isGap) scores.push(detector.observe(sliceWindow(watched, start + at * step, start + end * step)));
    at = end;
  }
  return { scores, detector };
}

function columns(scores: readonly Scores[], rows: number): (readonly number[])[] {
  return ['expected', 'lower', 'upper', 'surprise', 'verdicts', 'spans'].map((name) =>
    Array.from({ length: rows }, (_, row) =>
      scores.flatMap((each) => {
        const { length } = each.window.grid;
        return [...each[name as 'expected'].subarray(row * length, (row + 1) * length)];
      }),
    ).flat(),
  );
}

/** The bucket at `time` with a call more of one row. */
function corrected(set: SeriesSet, bucket: number, row: number): SeriesSet {
  const { start, step } = set.grid;
  const part = sliceWindow(set, start + bucket * step, start + (bucket + 1) * step);
  const series = part.keys.map((key, k) => ({ key, values: Float64Array.of(k === row ? 3 : 0) }));
  return seriesSet({ start: part.grid.start, step, series });
}

/** The last bucket before midnight is not observed. */
function unobservedBefore(minutes: 5 | 7) {
  const happenings = [{ at: BEFORE - 1, row: 0, what: 5 }];
  return {
    fleet: minutes === 5 ? 0 : 1,
    learn: 'hold' as const,
    happenings,
    seed: 1,
    late: [{ bucket: BEFORE + 3, row: 2 }],
  };
}

describe('a midnight within what is foreseen', () => {
  const rows = fc.nat(RATES.length - 1);
  const happening = fc.record({ at: fc.integer({ min: BEFORE - 30, max: BEFORE + 6 }), row: rows, what: fc.nat(5) });
  const lives = fc.record({
    fleet: fc.nat(FLEETS.length - 1),
    learn: fc.constantFrom('accept-shifts' as const, 'hold' as const),
    happenings: fc.array(happening, { maxLength: 4 }),
    seed: fc.nat(1_000_000),
    late: fc.array(fc.record({ bucket: fc.integer({ min: BEFORE, max: BEFORE + AFTER - 1 }), row: rows }), {
      minLength: 1,
      maxLength: 3,
    }),
  });

  it('is gone back to as if buckets had come in windows, whatever happens to rows before it', () => {
    fc.assert(
      fc.property(lives, ({ fleet, learn, happenings, seed, late }) => {
        const of = FLEETS[fleet];
        const random = seeded(seed);
        const ticks = observed(of, learn, happenings, () => 1);
        const windows = observed(of, learn, happenings, () => 2 + Math.floor(random() * 20));
        expect(columns(ticks.scores, RATES.length)).toEqual(columns(windows.scores, RATES.length));
        for (const { bucket, row } of late) {
          const again = corrected(of.watched, bucket, row);
          const [a, b] = [ticks, windows].map(({ detector }) => detector.observe(again));
          expect(columns([a], RATES.length)).toEqual(columns([b], RATES.length));
          expect(ticks.detector.toBytes()).toEqual(windows.detector.toBytes());
        }
      }),
      { numRuns: 16, seed: 15, examples: [[unobservedBefore(5)], [unobservedBefore(7)]] },
    );
  });
});
