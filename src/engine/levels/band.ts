import type { Band } from '../types.js';
import { GaugeEvidence } from './evidence.js';
import { GaugeFilter } from './filter.js';
import { gaugeLayout } from './layout.js';
import type { GaugeModel } from './model.js';

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
