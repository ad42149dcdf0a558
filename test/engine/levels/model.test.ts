import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/time/grid.js';
import { daily, fitMetric, GAUGE_STEP, judgeMetric, metric, normal } from '../../support/gauges.js';
import { seeded } from '../../support/random.js';

const PER_DAY = DAY / GAUGE_STEP;

describe('fitGauge', () => {
  it('sees how scatter grows with the level', () => {
    const random = seeded(1);
    const level = (i: number): number => 10 ** (2 + Math.sin((2 * Math.PI * i) / PER_DAY));
    const scattered = (power: number): number =>
      fitMetric(
        metric(
          Float64Array.from({ length: 5 * PER_DAY }, (_, i) =>
            Math.max(0, level(i) + 0.1 * level(i) ** power * normal(random)),
          ),
        ),
        5 * PER_DAY,
      ).scatter.power;
    expect(scattered(1)).toBeCloseTo(1, 1);
    expect(scattered(0.5)).toBeCloseTo(0.5, 0);
    expect(scattered(0)).toBeLessThan(0.35);
  });

  it('reads only what may be used', () => {
    const values = daily(seeded(2), 4 * PER_DAY);
    const clean = metric(values);
    const use = Uint8Array.from(values, (_, i) => (i % 5 === 0 ? 0 : 1));
    const holes = metric(values.map((value, i) => (use[i] === 1 ? value : Number.NaN)));
    const model = fitMetric(holes, values.length);
    expect(model.state.every(Number.isFinite)).toBe(true);
    expect(model.state).not.toStrictEqual(fitMetric(clean, values.length).state);
  });

  it('begins from nothing', () => {
    const found = judgeMetric(metric(daily(seeded(3), 2 * PER_DAY)), 0);
    expect(found[found.length - 1].reason).toBe(0);
    expect(fitMetric(metric([]), 0).scatter.power).toBe(0);
  });

  it('knows the shape of the day after two days, and that of the week after three weeks', () => {
    const shape = daily(seeded(6), 3 * 24, 2, HOUR);
    const day = judgeMetric(metric(shape, HOUR), 2 * 24);
    for (let i = 0; i < 24; i++) expect(Math.abs(day[i].expected - shape[48 + i])).toBeLessThan(15);
    const random = seeded(4);
    const weekly = Float64Array.from({ length: 29 * 24 }, (_, i) => (i % 168 < 120 ? 200 : 100) + normal(random));
    const week = judgeMetric(metric(weekly, HOUR), 28 * 24);
    expect(week[3].expected).toBeGreaterThan(150);
  });

  it('is not taught by an incident of half a day in two weeks', () => {
    const clean = daily(seeded(5), 15 * PER_DAY);
    const hurt = clean.map((value, i) => (i > 6 * PER_DAY && i < 6.5 * PER_DAY ? value + 400 : value));
    const expected = judgeMetric(metric(clean), 14 * PER_DAY).map((out) => out.expected);
    const after = judgeMetric(metric(hurt), 14 * PER_DAY).map((out) => out.expected);
    for (let i = 0; i < PER_DAY; i++) expect(Math.abs(after[i] - expected[i])).toBeLessThan(15);
  });

  it('keeps a series in a few thousand bytes', () => {
    for (const step of [MINUTE, GAUGE_STEP, HOUR, DAY]) {
      expect(fitMetric(metric([1, 2, 3], step), 3).state.byteLength).toBeLessThan(6500);
    }
  });
});
