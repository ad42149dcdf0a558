import { HOUR, type TimeGrid } from '../time/grid.js';
import { logBetween } from './fleet-draws.js';
import type { RowPlan } from './fleet-plan.js';
import type { Random } from './random.js';

/** Changes the means of one stretch of a history, in place: a spike, hours of excess or an outage, of up to a day and a half. */
export function addIncident(mean: Float64Array, judged: number, grid: TimeGrid, plan: RowPlan, random: Random): void {
  const hours = (low: number, high: number) =>
    Math.max(1, Math.round((logBetween(random, low, high) * HOUR) / grid.step));
  const kind = plan.kind === 'sparse' || plan.kind === 'control' ? 0 : random.below(3);
  const length = kind === 0 ? 1 + random.below(3) : hours(1, 36);
  const from = random.below(Math.max(1, judged - length));
  const to = Math.min(judged, from + length);
  const busiest = mean.subarray(0, judged).reduce((a, b) => Math.max(a, b), 0);
  const size = logBetween(random, 1.5, 15);
  for (let i = from; i < to; i++) {
    if (kind === 0) mean[i] += size * Math.max(busiest, 1);
    else mean[i] *= kind === 1 ? 1 + size / 2 : 0;
  }
}
