import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import type { EventLabel } from '../../src/evaluate/label.js';
import { scoreVerdicts } from '../../src/evaluate/score-verdicts.js';
import { summaryOf } from '../../src/evaluate/summary.js';
import { type SeriesSet, seriesSet } from '../../src/series/index.js';
import { DAY, MONDAY, STEP } from '../support/sets.js';

const HOUR = 12;
const PER_DAY = 288;

function emptyWindow(rows: number, length: number): SeriesSet {
  const series = Array.from({ length: rows }, (_, row) => ({
    key: { operation: 'Decrypt', keyArn: `key/${row}` },
    values: new Float64Array(length),
  }));
  return seriesSet({ start: MONDAY, step: STEP, series });
}

/** Verdicts of one row: normal but where `breaches` says otherwise. */
function judged(length: number, breaches: Record<number, number>) {
  const verdicts = new Int8Array(length);
  for (const [bucket, verdict] of Object.entries(breaches)) verdicts[Number(bucket)] = verdict;
  return { window: emptyWindow(1, length), verdicts };
}

function label(from: number, to: number, verdict: 'above' | 'below' = 'above', kind?: string): EventLabel {
  const key = { operation: 'Decrypt', keyArn: 'key/0' };
  const times = { key, from: MONDAY + from * STEP, to: MONDAY + to * STEP, verdict };
  return kind === undefined ? times : { ...times, kind };
}

describe('scoreVerdicts', () => {
  it('finds an event by a verdict of its side inside it, and counts the buckets until then', () => {
    const events = [label(100, 110), label(700, 710, 'below'), label(1300, 1310), label(1900, 1910)];
    const score = scoreVerdicts(judged(2016, { 103: 1, 705: 1, 1299: 1, 1910: 1 }), events);
    expect(score.events.map(({ found }) => found)).toEqual([true, false, false, false]);
    expect(score.events[0].delay).toBe(3);
  });

  it('gives a level shift one day to be found', () => {
    const shift = label(100, 2016, 'below', 'level-shift');
    expect(scoreVerdicts(judged(2016, { [100 + PER_DAY - 1]: -1 }), [shift]).events[0].found).toBe(true);
    expect(scoreVerdicts(judged(2016, { [100 + PER_DAY]: -1 }), [shift]).events[0].found).toBe(false);
  });

  it('bridges gaps of up to an hour, and no longer ones', () => {
    const episodes = (gap: number) => scoreVerdicts(judged(100, { 10: 1, [11 + gap]: -1 }), []).falseEpisodes[0];
    expect([0, 1, HOUR, HOUR + 1].map(episodes)).toEqual([1, 1, 1, 2]);
  });

  it('frees a day after an event and two from the start of a level shift', () => {
    const falseAt = (bucket: number, event: EventLabel) =>
      scoreVerdicts(judged(2016, { [bucket]: 1 }), [event]).falseEpisodes[0];
    expect(falseAt(99, label(100, 110))).toBe(1);
    expect(falseAt(110 + PER_DAY - 1, label(100, 110))).toBe(0);
    expect(falseAt(110 + PER_DAY, label(100, 110))).toBe(1);
    expect(falseAt(100 + 2 * PER_DAY - 1, label(100, 2016, 'above', 'level-shift'))).toBe(0);
    expect(falseAt(100 + 2 * PER_DAY, label(100, 2016, 'above', 'level-shift'))).toBe(1);
  });

  it('cuts a run where free time begins and counts what goes on after it anew', () => {
    const through = Object.fromEntries(Array.from({ length: 800 }, (_, i) => [i, 1]));
    expect(scoreVerdicts(judged(2016, through), [label(100, 110)]).falseEpisodes[0]).toBe(2);
    expect(scoreVerdicts(judged(2016, through), []).falseEpisodes[0]).toBe(1);
  });

  it('takes an unknown verdict for no episode, and counts it where the bucket was observed', () => {
    const window = { ...emptyWindow(1, 4), observed: Uint8Array.from([1, 1, 0, 1]) };
    const score = scoreVerdicts({ window, verdicts: Int8Array.from([-128, 0, -128, -128]) }, []);
    expect([score.falseEpisodes[0], score.observed[0], score.unknown[0]]).toEqual([0, 3, 2]);
  });

  it('agrees with a count by hand over sets of buckets', () => {
    const events = fc.array(
      fc.record({
        row: fc.integer({ min: 0, max: 2 }),
        from: fc.integer({ min: 0, max: 900 }),
        length: fc.integer({ min: 1, max: 300 }),
        verdict: fc.constantFrom('above', 'below'),
        kind: fc.constantFrom('event', 'level-shift'),
      }),
      { maxLength: 4 },
    );
    const breaches = fc.array(
      fc.record({
        row: fc.integer({ min: 0, max: 2 }),
        at: fc.integer({ min: 0, max: 999 }),
        sign: fc.constantFrom(1, -1),
        length: fc.integer({ min: 1, max: 30 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(events, breaches, (made, alarms) => {
        const window = emptyWindow(3, 1000);
        const verdicts = new Int8Array(3000);
        for (const { row, at, sign, length } of alarms) {
          for (let i = at; i < Math.min(1000, at + length); i++) verdicts[row * 1000 + i] = sign;
        }
        const labels = made.map(({ row, from, length, verdict, kind }) => ({
          key: { operation: 'Decrypt', keyArn: `key/${row}` },
          from: MONDAY + from * STEP,
          to: MONDAY + (from + length) * STEP,
          verdict: verdict as 'above' | 'below',
          kind,
        }));
        const score = scoreVerdicts({ window, verdicts }, labels);
        for (let row = 0; row < 3; row++) {
          // Free hours as a set; then every breach that no earlier unfree breach stands close before, free time apart.
          const free = new Set<number>();
          for (const { row: own, from, length, kind } of made) {
            const end = kind === 'level-shift' ? from + 2 * PER_DAY : from + length + PER_DAY;
            if (own === row) for (let i = from; i < end; i++) free.add(i);
          }
          let episodes = 0;
          for (let i = 0; i < 1000; i++) {
            if (free.has(i) || verdicts[row * 1000 + i] === 0) continue;
            let joined = false;
            for (let j = i - 1; j >= 0 && j >= i - HOUR - 1 && !free.has(j); j--) {
              if (verdicts[row * 1000 + j] !== 0) joined = true;
            }
            if (!joined) episodes++;
          }
          expect(score.falseEpisodes[row]).toBe(episodes);
        }
        for (const [e, { row, from, length, verdict, kind }] of made.entries()) {
          const span = Math.min(1000 - from, kind === 'level-shift' ? Math.min(length, PER_DAY) : length);
          const own = Array.from(verdicts.subarray(row * 1000 + from, row * 1000 + from + span));
          expect(score.events[e].found).toBe(own.includes(verdict === 'above' ? 1 : -1));
        }
      }),
    );
  });

  it('refuses labels that fit no row, or have no verdict or length, naming them', () => {
    const judgement = judged(10, {});
    expect(() => scoreVerdicts(judgement, [{ ...label(0, 1), key: { operation: 'Sign' } }])).toThrow(InputError);
    expect(() => scoreVerdicts(judgement, [label(0, 1), label(5, 5)])).toThrow(/labels\[1\]\.from/);
    expect(() => scoreVerdicts(judgement, [label(0, 1, 'up' as never)])).toThrow(/labels\[0\]\.verdict must be/);
  });
});

describe('summaryOf', () => {
  it('gives recall, false episodes per series and week, and what became of each kind', () => {
    const length = 14 * PER_DAY;
    const events = [label(500, 510, 'above', 'spike'), label(2000, 2010, 'above', 'spike'), label(3500, 3510, 'below')];
    const summary = summaryOf(scoreVerdicts(judged(length, { 20: 1, 502: 1, 3503: -1 }), events));
    expect(summary).toMatchObject({ recall: 2 / 3, events: 3, found: 2, falseEpisodes: 1, falsePerSeriesWeek: 0.5 });
    expect(summary.kinds).toEqual([
      { kind: 'spike', verdict: 'above', events: 2, found: 1, medianDelay: 2 },
      { kind: 'event', verdict: 'below', events: 1, found: 1, medianDelay: 3 },
    ]);
    expect(length * STEP).toBe(14 * DAY);
  });
});
