import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GaugeRow } from '../../../src/engine/levels/tracker.js';
import { ABOVE, BELOW, bucketVerdict, LEARNING, NORMAL, UNKNOWN } from '../../../src/engine/types.js';
import { DAY, HOUR, MINUTE } from '../../../src/time/grid.js';
import { daily, fitMetric, GAUGE_STEP, judgeMetric, metric, normal, RULES } from '../../support/gauges.js';
import { seeded } from '../../support/random.js';

const PER_DAY = DAY / GAUGE_STEP;

describe('GaugeRow', () => {
  it('sees a spike and a drop at once, and nothing else', () => {
    const values = daily(seeded(1), 10 * PER_DAY);
    values[8 * PER_DAY + 100] += 120;
    values[9 * PER_DAY + 100] -= 120;
    const found = judgeMetric(metric(values), 7 * PER_DAY);
    expect(found[PER_DAY + 100].verdict).toBe(ABOVE);
    expect(found[2 * PER_DAY + 100].verdict).toBe(BELOW);
    // The bucket after a spike may look odd to a prediction that has just followed it.
    expect(found.filter(({ verdict }) => verdict !== NORMAL).length).toBeLessThanOrEqual(4);
  });

  it('is of use after two days of history', () => {
    const values = daily(seeded(2), 3 * PER_DAY);
    values[2 * PER_DAY + 140] += 100;
    const found = judgeMetric(metric(values), 2 * PER_DAY);
    expect(found[140].verdict).toBe(ABOVE);
    expect(found.filter(({ verdict }) => verdict !== NORMAL).length).toBeLessThanOrEqual(3);
  });

  it('tells a level shift once and then takes it for normal', () => {
    const values = daily(seeded(3), 14 * PER_DAY);
    for (let i = 8 * PER_DAY + 50; i < values.length; i++) values[i] += 80;
    const found = judgeMetric(metric(values), 7 * PER_DAY);
    const shift = PER_DAY + 50;
    expect(found.slice(shift, shift + 6).some(({ verdict }) => verdict === ABOVE)).toBe(true);
    expect(found.slice(shift + 2 * PER_DAY).filter(({ verdict }) => verdict !== NORMAL)).toHaveLength(0);
    // The profile was kept: what is expected is the old day, 80 higher.
    expect(found[found.length - 1].expected).toBeGreaterThan(150);
  });

  it('tells an incident of hours when it comes, and is quiet while it lasts and after it', () => {
    const values = daily(seeded(10), 16 * PER_DAY);
    for (let i = 14 * PER_DAY; i < 14 * PER_DAY + 72; i++) values[i] += 80;
    const found = judgeMetric(metric(values), 14 * PER_DAY);
    const told = (from: number, to: number): number =>
      found.slice(from, to).filter(({ verdict }) => verdict !== NORMAL).length;
    expect(told(0, 3)).toBeGreaterThan(0);
    expect(told(12, 72)).toBeLessThan(6);
    // Its end may be told, as a drop from where it was.
    expect(told(84, 84 + PER_DAY)).toBeLessThan(6);
  });

  it('takes the end of an incident for no news', () => {
    const values = daily(seeded(11), 14 * PER_DAY);
    const starts = [8, 10, 12].map((day) => day * PER_DAY + 40);
    for (const at of starts) for (let i = 0; i < 12; i++) values[at + i] += 120;
    const found = judgeMetric(metric(values), 7 * PER_DAY).map(({ surprise }) => surprise);
    for (const at of starts) {
      const begin = at - 7 * PER_DAY;
      expect(Math.max(...found.slice(begin, begin + 3))).toBeGreaterThan(2);
      // All within what is expected in the long run; the bucket after it may be odd to a prediction that followed.
      expect(Math.min(...found.slice(begin + 12, begin + 18))).toBeGreaterThan(-1);
    }
  });

  it('goes on telling incidents of an hourly metric that come every few days', () => {
    const random = seeded(12);
    const hours = 60 * 24;
    const values = Float64Array.from({ length: hours }, () => 100 + 5 * normal(random));
    const incidents: number[] = [];
    for (let at = 3 * 24; at < hours; at += 67) {
      values[at] += 80;
      incidents.push(at);
    }
    const found = judgeMetric(metric(values, HOUR), 20 * 24);
    const bucketVerdict = incidents.filter((at) => at >= 20 * 24).map((at) => found[at - 20 * 24].surprise);
    expect(Math.min(...bucketVerdict)).toBeGreaterThan(3);
    const calm = found.filter((_, i) => !incidents.includes(20 * 24 + i) && !incidents.includes(20 * 24 + i - 1));
    expect(calm.filter(({ surprise }) => Math.abs(surprise) > 3).length).toBeLessThan(3);
  });

  it('goes on telling a shift that may not be accepted', () => {
    const values = daily(seeded(3), 14 * PER_DAY);
    for (let i = 8 * PER_DAY + 50; i < values.length; i++) values[i] += 80;
    const series = metric(values);
    const found = judgeMetric(series, 7 * PER_DAY, { ...RULES, acceptShifts: false });
    const late = found.slice(4 * PER_DAY);
    expect(late.filter(({ verdict }) => verdict === ABOVE).length).toBeGreaterThan(0.9 * late.length);
  });

  it('sees a small excess that lasts, by the mean of a window', () => {
    const values = daily(seeded(4), 16 * PER_DAY);
    for (let i = 14 * PER_DAY; i < 14 * PER_DAY + 72; i++) values[i] += 12;
    const found = judgeMetric(metric(values), 14 * PER_DAY, { ...RULES, logAlpha: Math.log(1e-2) });
    const told = found.slice(0, 72).filter(({ verdict }) => verdict === ABOVE);
    expect(told.length).toBeGreaterThan(0);
    expect(Math.max(...told.map(({ span }) => span))).toBeGreaterThanOrEqual(HOUR);
  });

  it('is learning at first, and says so', () => {
    const found = judgeMetric(metric(daily(seeded(5), 40)), 0);
    expect(found[0]).toMatchObject({ verdict: UNKNOWN, reason: LEARNING, surprise: 0 });
    expect(found[39]).toMatchObject({ verdict: NORMAL, reason: 0 });
  });

  it('takes a constant metric for what it is, and its first move for news', () => {
    const values = new Float64Array(9 * PER_DAY).fill(42);
    values[8 * PER_DAY] = 43;
    const found = judgeMetric(metric(values), 7 * PER_DAY);
    expect(found[PER_DAY].verdict).toBe(ABOVE);
    expect(found.slice(0, PER_DAY).every(({ verdict }) => verdict === NORMAL)).toBe(true);
    expect(found.every(({ surprise }) => Number.isFinite(surprise))).toBe(true);
  });

  for (const { name, draw, least } of [
    { name: 'normal', draw: normal, least: 0 },
    { name: 'Student t with 3 degrees of freedom', draw: studentT3, least: 0.1 },
    { name: 'Laplace', draw: laplace, least: 0.1 },
  ]) {
    it(`keeps its error rate on ${name} noise`, () => {
      const random = seeded(6);
      const values = Float64Array.from({ length: 60 * PER_DAY }, () => 50 + draw(random));
      const found = judgeMetric(metric(values), 14 * PER_DAY);
      for (const p of [1e-2, 1e-3]) {
        const above = found.filter(({ surprise }) => surprise > -Math.log10(p)).length / found.length;
        const below = found.filter(({ surprise }) => -surprise > -Math.log10(p)).length / found.length;
        expect(above).toBeLessThan(2 * p);
        expect(below).toBeLessThan(2 * p);
        // The law that fills up the tails is a heavy one: rates are lower on light tails, but never nothing at all.
        expect(above + below).toBeGreaterThanOrEqual(least * p);
      }
    });
  }

  it('agrees with its band: above exactly when over upper, below exactly when under lower', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 1, max: 12, noNaN: true }), spiky, (seed, nats, events) => {
        const values = daily(seeded(seed), 3 * PER_DAY);
        for (const { at, by } of events) values[2 * PER_DAY + at] += by;
        const found = judgeMetric(metric(values), 2 * PER_DAY, { ...RULES, logAlpha: -nats });
        for (let i = 0; i < found.length; i++) {
          const { verdict, lower, upper, surprise } = found[i];
          const value = values[2 * PER_DAY + i];
          if (lower <= upper) expect(verdict).toBe(value > upper ? ABOVE : value < lower ? BELOW : NORMAL);
          else expect(verdict).not.toBe(NORMAL);
          // The band is the inverse of the surprise.
          if (Math.abs(Math.abs(surprise) - nats / Math.LN10) > 1e-6) {
            expect(verdict !== NORMAL).toBe(Math.abs(surprise) > nats / Math.LN10);
            if (verdict !== NORMAL) expect(Math.sign(surprise)).toBe(verdict);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('goes on from its state as if it had never stopped, to the last bit', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 2 * PER_DAY }), spiky, (seed, cut, events) => {
        const values = daily(seeded(seed), 4 * PER_DAY);
        for (const { at, by } of events) values[2 * PER_DAY + at] += by;
        for (let i = 0; i < values.length; i += 97) values[i] = Number.NaN;
        const series = metric(values);
        const whole = judgeMetric(series, 2 * PER_DAY);
        const model = fitMetric(series, 2 * PER_DAY);
        const row = new GaugeRow(model, GAUGE_STEP, RULES);
        const head = { ...series, values: values.subarray(0, 2 * PER_DAY + cut) };
        const before = judgeMetric(head, 2 * PER_DAY, RULES, row);
        const after = judgeMetric(
          series,
          2 * PER_DAY + cut,
          RULES,
          new GaugeRow(model, GAUGE_STEP, RULES, row.toState()),
        );
        expect([...before, ...after]).toStrictEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('learns nothing from a bucket that it may not learn, nor from one that was not observed', () => {
    const series = metric(daily(seeded(7), 3 * PER_DAY));
    const row = new GaugeRow(fitMetric(series, 3 * PER_DAY), GAUGE_STEP, RULES);
    const before = row.toState();
    row.observe(1e6, 0, false, bucketVerdict());
    expect(row.toState()).toStrictEqual(before);
    // So long that nothing told lately counts any more.
    for (let i = 0; i < 300; i++) row.skip(i % PER_DAY);
    const out = bucketVerdict();
    const fresh = bucketVerdict();
    row.observe(140, 5, false, fresh);
    for (let i = 0; i < 3000; i++) row.skip(i % PER_DAY);
    row.observe(140, 5, false, out);
    // Unseen time widens the band and moves nothing.
    expect(out.expected).toBe(fresh.expected);
    expect(out.upper - out.lower).toBeGreaterThan(fresh.upper - fresh.lower);
  });

  it('finds the same in any unit', () => {
    const values = daily(seeded(8), 9 * PER_DAY);
    values[8 * PER_DAY] += 90;
    const found = judgeMetric(metric(values), 7 * PER_DAY);
    for (const factor of [2 ** -30, 2 ** 40]) {
      const scaled = judgeMetric(metric(values.map((value) => value * factor)), 7 * PER_DAY);
      expect(scaled.map(({ surprise }) => surprise)).toStrictEqual(found.map(({ surprise }) => surprise));
      expect(scaled.map(({ verdict }) => verdict)).toStrictEqual(found.map(({ verdict }) => verdict));
    }
  });

  it('finds the same wherever zero lies, for a metric that goes below it', () => {
    const values = daily(seeded(9), 9 * PER_DAY).map((value) => value - 1000);
    values[8 * PER_DAY] += 90;
    const found = judgeMetric(metric(values), 7 * PER_DAY);
    const moved = judgeMetric(metric(values.map((value) => value - 512)), 7 * PER_DAY);
    expect(moved.map(({ verdict }) => verdict)).toStrictEqual(found.map(({ verdict }) => verdict));
  });

  it('bears metrics of any size, step and form', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(MINUTE, 5 * MINUTE, 7 * MINUTE, HOUR, 6 * HOUR, DAY, 2 * DAY),
        fc.array(
          fc.oneof(
            fc.constant(0),
            fc.constant(Number.NaN),
            fc.double({ min: -1e12, max: 1e12, noNaN: true }),
            fc.double({ min: 0, max: 1e-9, noNaN: true }),
          ),
          { maxLength: 200 },
        ),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (step, values, share) => {
          const history = Math.floor(values.length * share);
          for (const out of judgeMetric(metric(values, step), history).filter(
            (_, i) => !Number.isNaN(values[history + i]),
          )) {
            expect(Number.isFinite(out.surprise)).toBe(true);
            expect(Number.isFinite(out.expected)).toBe(true);
            expect(Number.isNaN(out.lower) || Number.isNaN(out.upper)).toBe(false);
            expect(Math.abs(out.surprise)).toBeLessThanOrEqual(1e4);
          }
        },
      ),
    );
  });
});

const spiky = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: PER_DAY - 1 }), by: fc.double({ min: -200, max: 200, noNaN: true }) }),
  { maxLength: 6 },
);

function laplace(random: () => number): number {
  return Math.log(1 - random()) * (random() < 0.5 ? 1 : -1);
}

function studentT3(random: () => number): number {
  const chi = normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2;
  return normal(random) / Math.sqrt(chi / 3);
}
