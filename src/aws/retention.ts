import { checkInteger, InputError } from '../errors.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';

/** How long CloudWatch keeps data points, by their period (CloudWatch API Reference, GetMetricData). */
const TIERS = [
  { period: MINUTE, kept: 15 * DAY },
  { period: 5 * MINUTE, kept: 63 * DAY },
  { period: HOUR, kept: 455 * DAY },
] as const;

/** The width of bucket, ms, that CloudWatch still has for all of the time since `from`: an hour where nothing reaches so far. */
export function finestStep(from: number, now: number): number {
  // A moment's margin: by the time the request arrives, the tier may just have ended.
  return (TIERS.find(({ kept }) => now - from <= kept - HOUR) ?? TIERS[2]).period;
}

/** How far back there are points for buckets of this width, epoch ms. A narrower period rolls up, a wider does not split. */
export function reachOf(step: number, now: number): number {
  const tier = TIERS.findLast(({ period }) => step % period === 0);
  return now - (tier ?? TIERS[0]).kept;
}

/** A width of bucket that GetMetricData has: whole minutes, at most a day. */
export function checkStep(step: unknown): number {
  const width = checkInteger(step, 'step', MINUTE, DAY);
  if (width % MINUTE === 0) return width;
  throw new InputError(`step must be whole minutes, which CloudWatch keeps, got ${width} ms`);
}
