import { fitGauge, type GaugeModel } from '../../src/engine/levels/model.js';
import { GaugeRow, type LevelRules } from '../../src/engine/levels/tracker.js';
import { type BucketVerdict, bucketVerdict } from '../../src/engine/types.js';
import { DAY, MINUTE } from '../../src/time/grid.js';
import { slotsOf, weekSlots } from '../../src/time/week.js';

export const GAUGE_STEP = 5 * MINUTE;
const START = Date.UTC(2024, 0, 1);
/** One false verdict in 10,000 buckets a side. */
export const RULES: LevelRules = { logAlpha: Math.log(1e-4), acceptShifts: true };

/** A metric in buckets from a Monday on; NaN is not observed. */
export interface Metric {
  readonly values: Float64Array;
  readonly slots: Int32Array;
  readonly step: number;
}

export function metric(values: ArrayLike<number>, step: number = GAUGE_STEP): Metric {
  const slots = slotsOf({ start: START, step, length: values.length }, 'UTC', weekSlots(step));
  return { values: Float64Array.from(values), slots, step };
}

export function fitMetric({ values, slots, step }: Metric, history: number): GaugeModel {
  const use = Uint8Array.from(values, (value) => (Number.isNaN(value) ? 0 : 1));
  const grid = { start: START, step, length: history };
  return fitGauge(values.subarray(0, history), use, { grid, slots, perDay: weekSlots(step).perDay });
}

/** The buckets from `history` on, judged one after another by a row fitted on those before. */
export function judgeMetric(series: Metric, history: number, rules = RULES, row?: GaugeRow): BucketVerdict[] {
  const { values, slots, step } = series;
  const watch = row ?? new GaugeRow(fitMetric(series, history), step, rules);
  const found: BucketVerdict[] = [];
  for (let i = history; i < values.length; i++) {
    const out = bucketVerdict();
    if (Number.isNaN(values[i])) watch.skip(slots[i]);
    else watch.observe(values[i], slots[i], true, out);
    found.push(out);
  }
  return found;
}

/** A standard normal draw, by Box and Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Latency-like: 100 at night, 200 at noon, 5 of noise. */
export function daily(random: () => number, length: number, noise = 5, step: number = GAUGE_STEP): Float64Array {
  return Float64Array.from(
    { length },
    (_, i) => 150 - 50 * Math.cos((2 * Math.PI * i * step) / DAY) + noise * normal(random),
  );
}
