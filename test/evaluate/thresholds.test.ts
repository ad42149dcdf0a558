import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.js';
import { bestDelayedF1 } from '../../src/evaluate/delayed-f1.js';
import { recallAt } from '../../src/evaluate/recall-at.js';

const HOUR = 3_600_000;

/** Series of small whole scores with runs of labels. */
const labelled = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean(), fc.integer({ min: 1, max: 5 })), {
    minLength: 1,
    maxLength: 30,
  })
  .map((runs) => ({
    scores: runs.flatMap(([score, , length]) => Array.from({ length }, (_, i) => (score + i * 3) % 7)),
    labels: runs.flatMap(([, label, length]) => Array.from({ length }, () => (label ? 1 : 0))),
  }));

/** The challenge's own way: adjust the predictions of one threshold, then count. */
function naiveF1(series: readonly { scores: number[]; labels: number[] }[], threshold: number, delay: number): number {
  let [truePositive, falsePositive, falseNegative] = [0, 0, 0];
  for (const { scores, labels } of series) {
    const predicted = scores.map((score) => score >= threshold);
    for (let start = 0; start < labels.length; start++) {
      if (labels[start] === 0 || (start > 0 && labels[start - 1] === 1)) continue;
      let end = start;
      while (end < labels.length && labels[end] === 1) end++;
      predicted.fill(predicted.slice(start, Math.min(end, start + delay + 1)).includes(true), start, end);
    }
    for (const [i, own] of predicted.entries()) {
      if (own && labels[i] === 1) truePositive++;
      else if (own) falsePositive++;
      else if (labels[i] === 1) falseNegative++;
    }
  }
  return truePositive === 0 ? 0 : (2 * truePositive) / (2 * truePositive + falsePositive + falseNegative);
}

describe('bestDelayedF1', () => {
  it('agrees with the adjusted predictions of every threshold', () => {
    fc.assert(
      fc.property(
        fc.array(labelled, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 4 }),
        (series, delay) => {
          const best = Math.max(...[0, 1, 2, 3, 4, 5, 6].map((threshold) => naiveF1(series, threshold, delay)));
          const { f1, threshold, precision, recall } = bestDelayedF1(series, delay);
          expect(f1).toBeCloseTo(best, 12);
          expect(naiveF1(series, threshold, delay)).toBeCloseTo(f1, 12);
          if (f1 > 0) expect((2 * precision * recall) / (precision + recall)).toBeCloseTo(f1, 12);
        },
      ),
    );
  });

  it('misses a run that is hit too late, and never counts what was not scored', () => {
    const labels = [0, 1, 1, 1, 1, 0];
    expect(bestDelayedF1([{ scores: [0, 0, 0, 0, 9, 0], labels }], 2).f1).toBeCloseTo(0.8, 12);
    expect(bestDelayedF1([{ scores: [0, 0, 0, 9, 0, 0], labels }], 2).f1).toBe(1);
    const nan = Number.NaN;
    expect(bestDelayedF1([{ scores: [nan, nan, 1, nan, nan, nan], labels }], 2)).toMatchObject({ f1: 1, threshold: 1 });
    expect(bestDelayedF1([{ scores: [nan, nan, nan, nan, 1, nan], labels }], 2).f1).toBe(0);
  });

  it('refuses columns of different lengths', () => {
    expect(() => bestDelayedF1([{ scores: [1], labels: [] }])).toThrow(InputError);
  });
});

describe('recallAt', () => {
  it('lowers the threshold as far as the false episodes allow', () => {
    const week = 168;
    const scores = new Float64Array(week);
    const labels = new Uint8Array(week);
    for (const [i, height] of [9, 7, 5, 3].entries()) {
      scores[10 + 20 * i] = height;
      labels[10 + 20 * i] = 1;
    }
    // Two episodes outside: one of two hours with a gap of one, one of a single hour.
    scores[100] = 6;
    scores[102] = 6;
    scores[140] = 4;
    const at = (perWeek: number) => recallAt([{ scores, labels, step: HOUR }], perWeek);
    expect(at(0)).toMatchObject({ threshold: 7, recall: 0.5, found: 2, events: 4, falsePerSeriesWeek: 0 });
    expect(at(1)).toMatchObject({ threshold: 5, recall: 0.75, falsePerSeriesWeek: 1 });
    expect(at(2)).toMatchObject({ threshold: 3, recall: 1, falsePerSeriesWeek: 2 });
  });

  it('counts episodes as a walk over the buckets does', () => {
    fc.assert(
      fc.property(labelled, fc.constantFrom(HOUR / 12, HOUR / 2, HOUR, 2 * HOUR), (one, step) => {
        const { threshold, found, events, falsePerSeriesWeek } = recallAt([{ ...one, step }], 40);
        const { scores, labels } = one;
        let episodes = 0;
        let last = -Infinity;
        for (const [i, score] of scores.entries()) {
          if (labels[i] === 1) last = -Infinity;
          else if (score >= threshold) {
            if ((i - last - 1) * step > HOUR) episodes++;
            last = i;
          }
        }
        const starts = labels.flatMap((label, i) => (label === 1 && labels[i - 1] !== 1 ? [i] : []));
        const met = starts.filter((start) => {
          const end = labels.indexOf(0, start);
          return scores.slice(start, end < 0 ? undefined : end).some((score) => score >= threshold);
        });
        expect([found, events]).toEqual([met.length, starts.length]);
        expect((falsePerSeriesWeek * labels.length * step) / (168 * HOUR)).toBeCloseTo(episodes, 9);
        expect(falsePerSeriesWeek).toBeLessThanOrEqual(40);
      }),
    );
  });

  it('does not take one endless episode for a few', () => {
    const scores = new Float64Array(1680).map((_, i) => (i % 7 === 0 ? 5 : 2));
    const labels = new Uint8Array(1680);
    labels[801] = 1;
    // At 2 everything is one episode on either side of the label; at 5 it is one every seven hours.
    expect(recallAt([{ scores, labels, step: HOUR }], 1).recall).toBe(0);
  });
});
