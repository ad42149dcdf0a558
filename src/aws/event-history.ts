import { checkNumber, checkOptions, checkRange, checkTime, type OptionNames } from '../errors.js';
import type { Coverage } from '../kms/coverage.js';
import { DAY, MINUTE } from '../time/grid.js';

/** How long the event history goes back (CloudTrail API Reference, LookupEvents). */
export const HISTORY_KEPT = 90 * DAY;

/**
 * The part of a time that CloudTrail's event history can tell of, for `countCalls`: it always has KMS's events, whatever
 * the trails record, but of the last 90 days only, and of the last minutes not yet all. Empty where it tells of nothing.
 * @param options.grace how long after it was made a call may still be missing, ms; 15 minutes by default
 * @throws InputError for options out of range
 */
export function eventHistoryCoverage(options: {
  readonly account: string;
  readonly region: string;
  readonly from: number | Date;
  readonly to: number | Date;
  readonly now: number | Date;
  readonly grace?: number;
}): Coverage[] {
  checkOptions(options, EVENT_HISTORY_COVERAGE_OPTIONS);
  const asked = checkRange(options.from, options.to);
  const now = checkTime(options.now, 'now');
  const grace = checkNumber(options.grace ?? 15 * MINUTE, 'grace', 0, 1e12);
  const from = Math.max(asked.from, now - HISTORY_KEPT);
  const to = Math.min(asked.to, now - grace);
  return from < to ? [{ account: options.account, region: options.region, from, to }] : [];
}

const EVENT_HISTORY_COVERAGE_OPTIONS: OptionNames<NonNullable<Parameters<typeof eventHistoryCoverage>[0]>> = {
  account: true,
  region: true,
  from: true,
  to: true,
  now: true,
  grace: true,
};
