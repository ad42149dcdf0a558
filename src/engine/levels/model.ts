import type { TimeGrid } from '../../time/grid.js';
import type { Band } from '../types.js';
import { GaugeEvidence } from './evidence.js';
import { GaugeFilter, type GaugeScatter } from './filter.js';
import { gaugeLayout } from './layout.js';

/** What was learned of a continuous metric. */
export interface GaugeModel {
  readonly step: number;
  /** Slots of a day, see weekSlots. */
  readonly perDay: number;
  readonly scatter: GaugeScatter;
  /** The state at the end of the history, see {@link GaugeFilter}. */
  readonly state: Float64Array;
}

export interface GaugePlan {
  readonly grid: TimeGrid;
  /** Week slot of each bucket, see slotsOf. */
  readonly slots: Int32Array;
  readonly perDay: number;
}

/** Fewest values by which to say how scatter grows with the level. */
const ENOUGH = 40;
const GROUPS = 8;
/** Scatter is taken for even unless levels differ: as if 2 % of squared log levels spoke for power 0. */
const EVEN = 0.02;

/**
 * Learns a continuous metric from its history, bucket after bucket, as a row goes on learning afterwards: what the
 * detector would know had it watched. `values[i]` means something only where `use[i]` is 1.
 */
export function fitGauge(values: Float64Array, use: Uint8Array, plan: GaugePlan): GaugeModel {
  const { grid, slots, perDay } = plan;
  const scatter = scatterOf(values, use);
  const filter = new GaugeFilter(gaugeLayout(grid.step, perDay), scatter);
  const evidence = new GaugeEvidence(filter);
  for (let i = 0; i < grid.length; i++) {
    if (use[i] !== 1 || !Number.isFinite(values[i])) {
      evidence.skip();
      continue;
    }
    filter.predict(slots[i]);
    evidence.weigh(values[i]);
    evidence.learn(values[i]);
  }
  return { step: grid.step, perDay, scatter, state: filter.state };
}

/**
 * How scatter grows with the level: values are grouped by the mean of their neighbours, and the power is the slope of the
 * log of a group's trimmed mean distance from that mean on the log of its level (Bartlett's way to a stabilizing
 * transformation, Biometrics 3, 1947). 0 for metrics that go below zero, and for short histories.
 */
function scatterOf(values: Float64Array, use: Uint8Array): GaugeScatter {
  const seen: number[] = [];
  let least = 0;
  for (let i = 0; i < values.length; i++) {
    if (use[i] !== 1 || !Number.isFinite(values[i])) continue;
    seen.push(values[i]);
    if (values[i] < least) least = values[i];
  }
  const even = { power: 0, typical: 1 };
  if (seen.length < ENOUGH || least < 0) return even;
  // A few thousand triples say enough, spread over the history.
  const stride = Math.max(1, Math.floor(seen.length / 6000));
  const triples: { level: number; off: number }[] = [];
  for (let i = 2; i < seen.length; i += stride) {
    const level = seen[i - 2] / 2 + seen[i] / 2;
    triples.push({ level, off: Math.abs(seen[i - 1] - level) });
  }
  triples.sort((a, b) => a.level - b.level);
  const x: number[] = [];
  const y: number[] = [];
  for (let g = 0; g < GROUPS; g++) {
    const group = triples.slice(
      Math.floor((g * triples.length) / GROUPS),
      Math.floor(((g + 1) * triples.length) / GROUPS),
    );
    if (group.length === 0) continue;
    const level = group[group.length >> 1].level;
    const offs = group.map(({ off }) => off).sort((a, b) => a - b);
    const kept = Math.floor(offs.length * 0.8);
    let sum = 0;
    for (let i = 0; i < kept; i++) sum += offs[i];
    if (level <= 0 || sum <= 0) continue;
    x.push(Math.log(level));
    y.push(Math.log(sum / kept));
  }
  if (x.length < 3) return even;
  const meanX = x.reduce((a, b) => a + b) / x.length;
  const meanY = y.reduce((a, b) => a + b) / y.length;
  let xx = EVEN * x.length;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    xx += (x[i] - meanX) * (x[i] - meanX);
    xy += (x[i] - meanX) * (y[i] - meanY);
  }
  const positive = triples.filter(({ level }) => level > 0);
  return { power: Math.max(0, Math.min(1, xy / xx)), typical: positive[positive.length >> 1].level };
}

/** The band of the next bucket of a metric, should it fall into `slot`, at `decades` (−log₁₀ of a side's probability). */
export function gaugeBand({ step, perDay, scatter, state }: GaugeModel, slot: number, decades: number): Band {
  const filter = new GaugeFilter(gaugeLayout(step, perDay), scatter, state);
  const evidence = new GaugeEvidence(filter);
  filter.predict(slot);
  const expected = filter.fast;
  if (!evidence.learned || !Number.isFinite(expected)) return { expected, lower: -Infinity, upper: Infinity };
  evidence.weigh(expected);
  let lower = -Infinity;
  let upper = Infinity;
  for (let k = 0; k < filter.layout.tests; k++) {
    lower = Math.max(lower, evidence.limit(k, false, decades));
    upper = Math.min(upper, evidence.limit(k, true, decades));
  }
  return { expected, lower, upper };
}
