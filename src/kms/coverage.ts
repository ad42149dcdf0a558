import { InputError, shown } from '../errors.js';
import { mergeRanges, type TimeRange } from '../series/builder.js';
import { isCloudTrailTime } from './event-time.js';

/** A stretch `[from, to)`, epoch milliseconds, in which the log of one account and Region was listening. */
export interface Coverage {
  readonly account: string;
  readonly region: string;
  readonly from: number;
  readonly to: number;
}

/** Five minutes: CloudTrail publishes about that often, so one record shows that its whole tick was recorded. */
export const TICK = 300_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const TICKS_PER_DAY = DAY / TICK;

/** Which ticks of one account and Region have a record: UTC day number → one bit a tick, 36 bytes a day. */
type Days = Map<number, Uint8Array>;

/**
 * Learns from the records themselves, of any service, when the log was listening: without KMS calls, but with other
 * records, is silence; without any record at all, for much longer than usual, is blindness.
 *
 * Memory grows with days × accounts × Regions, never with records.
 */
export class CoverageTracker {
  readonly #sources = new Map<string, Map<string, Days>>();
  // Records come in runs of one account and Region: most of them need no look-up.
  #account = '';
  #region = '';
  #days: Days | undefined;

  /** Notes a record of that event time, epoch milliseconds. One of 1970 or 2999 tells of a broken clock, and is passed over. */
  add(account: string, region: string, time: number): void {
    if (!isCloudTrailTime(time)) return;
    if (this.#days === undefined || account !== this.#account || region !== this.#region) {
      this.#days = this.#daysOf(account, region);
      this.#account = account;
      this.#region = region;
    }
    const day = Math.floor(time / DAY);
    const tick = Math.floor((time - day * DAY) / TICK);
    let bits = this.#days.get(day);
    if (bits === undefined) {
      bits = new Uint8Array(TICKS_PER_DAY / 8);
      this.#days.set(day, bits);
    }
    bits[tick >> 3] |= 1 << (tick & 7);
  }

  /**
   * The stretches seen so far, by account, Region and time, in whole ticks. A source is covered from where the log as a
   * whole begins: before the first record of an account or Region there was nothing of it to miss, or a single call from a
   * Region never used before would make all the history of its totals unobserved. After that, a stretch without any record,
   * be it to the end of the log, is a hole, and not covered, when it is longer than
   * - `maxQuiet` milliseconds (Infinity: there are no holes short of a year), or by default
   * - one hour, five times the longest quiet stretch of a median day, and twice that of a median week.
   *
   * So an hours-long stop of a busy account is a hole, while one that is quiet every night or every week end stays
   * covered: its quiet is what its days and weeks look like. A quiet stretch belongs to the UTC day, and to the seven
   * days counted from the first record, that hold the record before it; medians are over the days, and weeks, that have
   * records. Only whole weeks count, from two on, and of two in the middle the shorter, so that one stop cannot excuse itself.
   * Records of a single UTC day show no habit that a silence could break: there, nothing is a hole.
   */
  coverage(options: { readonly maxQuiet?: number } = {}): Coverage[] {
    const maxQuiet = options.maxQuiet;
    if (maxQuiet !== undefined && !(typeof maxQuiet === 'number' && maxQuiet > 0)) {
      throw new InputError(`maxQuiet must be milliseconds above 0, or Infinity for no limit, got ${shown(maxQuiet)}`);
    }
    const sources = [...this.#sources.keys()].sort().flatMap((account) => {
      const regions = this.#sources.get(account) as Map<string, Days>;
      return [...regions.keys()]
        .sort()
        .map((region) => ({ account, region, ticks: ticksOf(regions.get(region) as Days) }));
    });
    const seen = sources.flatMap(({ ticks }) => [...stretches(ticks, DAY)]);
    const main = mainStretch(seen);
    const all: Coverage[] = [];
    for (const { account, region, ticks } of sources) {
      const limit = maxQuiet ?? quietLimit(ticks);
      // Not Infinity, which would reach over the years to a record with a wrong date.
      const found = [...stretches(ticks, Math.min(limit, APART))];
      const inside = found.filter(({ from, to }) => from < main.to && to > main.from);
      const first = inside[0];
      const last = inside[inside.length - 1];
      if (first !== undefined) first.from = main.from;
      if (last !== undefined && main.to - last.to <= limit) last.to = main.to;
      for (const { from, to } of found) all.push({ account, region, from, to });
    }
    return all;
  }

  /** Epoch ms: the stretches with records of one account and Region, apart by more than its `limit`; none without records. */
  stretchesOf(account: string, region: string): { readonly limit: number; readonly stretches: readonly TimeRange[] } {
    const days = this.#sources.get(account)?.get(region);
    if (days === undefined) return { limit: Infinity, stretches: [] };
    const ticks = ticksOf(days);
    const limit = quietLimit(ticks);
    return { limit, stretches: [...stretches(ticks, Math.min(limit, APART))] };
  }

  #daysOf(account: string, region: string): Days {
    const regions = this.#sources.get(account) ?? new Map<string, Days>();
    this.#sources.set(account, regions);
    const days: Days = regions.get(region) ?? new Map();
    regions.set(region, days);
    return days;
  }
}

/** Records further apart than this are not of one log: some machine's clock was wrong. */
const APART = 366 * DAY;

/**
 * Where the log is, among all times with records: of the groups that lie more than 366 days apart, the one with most
 * records' time. A single record dated 2098 must not move the end of the log there. `[0, 0)` without any.
 */
export function mainStretch(ranges: readonly TimeRange[]): TimeRange {
  let main = { from: 0, to: 0, covered: 0 };
  let group = main;
  for (const { from, to } of mergeRanges(ranges)) {
    if (group.covered === 0 || from - group.to > APART) group = { from, to, covered: 0 };
    group = { from: group.from, to, covered: group.covered + to - from };
    if (group.covered > main.covered) main = group;
  }
  return { from: main.from, to: main.to };
}

/** The numbers of the ticks with a record, counted from 1970, ascending. */
function ticksOf(days: Days): number[] {
  const ticks: number[] = [];
  for (const [day, bits] of [...days].sort(([a], [b]) => a - b)) {
    for (let tick = 0; tick < TICKS_PER_DAY; tick++) {
      if ((bits[tick >> 3] & (1 << (tick & 7))) !== 0) ticks.push(day * TICKS_PER_DAY + tick);
    }
  }
  return ticks;
}

/** The longest quiet stretch, in milliseconds, that is no hole; `coverage` says why. */
function quietLimit(ticks: readonly number[]): number {
  const longestOfDay = new Map<number, number>();
  const longestOfWeek = new Map<number, number>();
  const last = ticks.length - 1;
  const wholeWeeks = Math.floor((ticks[last] + 1 - ticks[0]) / (7 * TICKS_PER_DAY));
  for (let i = 0; i <= last; i++) {
    const quiet = i < last ? (ticks[i + 1] - ticks[i] - 1) * TICK : 0;
    keepLonger(longestOfDay, Math.floor(ticks[i] / TICKS_PER_DAY), quiet);
    const week = Math.floor((ticks[i] - ticks[0]) / (7 * TICKS_PER_DAY));
    if (week < wholeWeeks) keepLonger(longestOfWeek, week, quiet);
  }
  if (longestOfDay.size < 2) return Infinity;
  const ofDays = [...longestOfDay.values()].sort((a, b) => a - b);
  const ofWeeks = [...longestOfWeek.values()].sort((a, b) => a - b);
  const median = (ofDays[(ofDays.length - 1) >> 1] + ofDays[ofDays.length >> 1]) / 2;
  const weekly = ofWeeks.length < 2 ? 0 : ofWeeks[(ofWeeks.length - 1) >> 1];
  return Math.max(HOUR, 5 * median, 2 * weekly);
}

function keepLonger(longest: Map<number, number>, key: number, quiet: number): void {
  const before = longest.get(key);
  if (before === undefined || quiet > before) longest.set(key, quiet);
}

function* stretches(ticks: readonly number[], limit: number): Generator<{ from: number; to: number }> {
  let from = ticks[0];
  for (let i = 1; i <= ticks.length; i++) {
    if (i < ticks.length && (ticks[i] - ticks[i - 1] - 1) * TICK <= limit) continue;
    yield { from: from * TICK, to: (ticks[i - 1] + 1) * TICK };
    from = ticks[i];
  }
}
