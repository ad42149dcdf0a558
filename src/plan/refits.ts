import { WEEK } from '../time/grid.js';
import type { MonitoringPlan } from './plan.js';

// What a key's week looks like is learned when a judge is fitted, and judged by from then on: a new habit, or a shift of an
// hour, would be reported for good. So the judge is fitted again, every week, to the last weeks of what the plan has counted.

/** How much a plan remembers for that, or `learnFor` where that is more. */
const REMEMBERED = 6 * WEEK;
/** Counts that are remembered at most, a row and bucket each: some 20 MB of the plan's state. Of more, fewer weeks are. */
export const MOST_REMEMBERED = 5e6;

/** When the judge that knows the history up to `learnedUntil` is fitted again, epoch ms; null for never. */
export function nextRefit({ refitEvery, step }: MonitoringPlan, learnedUntil: number): number | null {
  return refitEvery === 0 ? null : learnedUntil + Math.ceil(refitEvery / step) * step;
}

/** Since when counts are remembered for the next fit at `at`; `at` itself where there will be none. */
export function rememberedSince({ refitEvery, learnFor, step }: MonitoringPlan, at: number): number {
  return refitEvery === 0 ? at : at - Math.ceil(Math.max(REMEMBERED, learnFor) / step) * step;
}
