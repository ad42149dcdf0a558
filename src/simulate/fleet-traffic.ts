import { DAY, gridEnd, HOUR, MINUTE, SECOND, type TimeGrid, WEEK } from '../time/grid.js';
import { slotsOf, weekSlots } from '../time/week.js';
import { zoneOffsets } from '../time/zone.js';
import { levelPath, type OfficeHours, officeWeek } from './fleet-profile.js';
import { overlap } from './process.js';
import type { Random } from './random.js';
import { type Schedule, startsIn } from './schedule.js';

/** What a row's counts do around their mean, bucket by bucket. */
export interface FleetNoise {
  /** Load noise: adds dispersion · mean² to the variance. */
  readonly dispersion: number;
  /** Mean calls of a batch, geometric: 1 is one call at a time, b multiplies the Poisson part of the variance by 2b − 1. */
  readonly batch: number;
}

interface Level {
  /** Calls a bucket at the busiest time of the week, where the judged part begins. */
  readonly peak: number;
  readonly growthPerWeek: number;
  /** Standard deviation of the logarithm's steps over a day. */
  readonly wanderPerDay: number;
}

export interface HumanTraffic extends Level {
  readonly nature: 'human';
  readonly hours: OfficeHours;
}

export interface FlatTraffic extends Level {
  readonly nature: 'flat';
}

/** Bursts at deployments, over people's or a machine's traffic: random times of the working week. */
export interface BurstTraffic {
  readonly nature: 'bursts';
  readonly base: HumanTraffic | FlatTraffic;
  readonly perWeek: number;
  /** Median calls of a burst, and the standard deviation of the logarithm. */
  readonly size: number;
  readonly spread: number;
}

export interface CronTraffic {
  readonly nature: 'cron';
  readonly every: number;
  /** Local time of the first run of a day, ms after midnight. */
  readonly first: number;
  readonly weekdaysOnly: boolean;
  /** A run begins up to this many ms late. */
  readonly late: number;
  readonly duration: number;
  readonly batch: number;
}

export type Traffic = HumanTraffic | FlatTraffic | BurstTraffic | CronTraffic | { readonly nature: 'none' };

/** The expected counts of a row over the whole grid. */
export interface Expectation {
  /** Given all that is random but the counts themselves: the wandering, the times of deployments, the starts of runs. */
  readonly mean: Float64Array;
  /** What bursts at times unknown add to the variance, per bucket. */
  readonly burstVariance: Float64Array;
}

const WORK = { begin: 9, end: 18 };

/** @param anchor bucket at which levels are those of the plan */
export function expectationOf(
  traffic: Traffic,
  zone: string,
  grid: TimeGrid,
  anchor: number,
  random: Random,
): Expectation {
  const burstVariance = new Float64Array(grid.length);
  switch (traffic.nature) {
    case 'none':
      return { mean: new Float64Array(grid.length), burstVariance };
    case 'cron':
      return { mean: cronMean(traffic, zone, grid, random), burstVariance };
    case 'bursts': {
      const mean = levelMean(traffic.base, zone, grid, anchor, random.fork('base'));
      addBursts(traffic, zone, grid, random.fork('bursts'), mean, burstVariance);
      return { mean, burstVariance };
    }
    default:
      return { mean: levelMean(traffic, zone, grid, anchor, random), burstVariance };
  }
}

function levelMean(
  traffic: HumanTraffic | FlatTraffic,
  zone: string,
  grid: TimeGrid,
  anchor: number,
  random: Random,
): Float64Array {
  const { peak, growthPerWeek, wanderPerDay } = traffic;
  const mean = levelPath(random, grid.length, anchor, grid.step, wanderPerDay, growthPerWeek);
  if (traffic.nature === 'flat') return mean.map((level) => peak * level);
  const slots = weekSlots(grid.step);
  const week = officeWeek(traffic.hours, slots);
  const slotOf = slotsOf(grid, zone, slots);
  return mean.map((level, i) => peak * level * week[slotOf[i]]);
}

function addBursts(
  { perWeek, size, spread }: BurstTraffic,
  zone: string,
  grid: TimeGrid,
  random: Random,
  mean: Float64Array,
  variance: Float64Array,
): void {
  const slots = weekSlots(grid.step);
  const perDay = slots.perDay;
  const working = slotsOf(grid, zone, slots).map((slot) => {
    const hour = ((slot % perDay) * 24) / perDay;
    return slot < 5 * perDay && hour >= WORK.begin && hour < WORK.end ? 1 : 0;
  });
  const rate = (perWeek * grid.step) / (5 * (WORK.end - WORK.begin) * HOUR);
  // The second moment of a log-normal size of median `size`.
  const square = size * size * Math.exp(2 * spread * spread);
  for (let i = 0; i < grid.length; i++) {
    if (working[i] === 0) continue;
    variance[i] = rate * square;
    if (random.uniform() >= rate) continue;
    const calls = size * Math.exp(spread * random.normal());
    const buckets = 1 + random.below(4);
    for (let j = i; j < Math.min(grid.length, i + buckets); j++) mean[j] += calls / buckets;
  }
}

/** When the runs of a schedule are due in `[from, to)`, epoch ms, ascending. */
export function runsOf({ every, first, weekdaysOnly }: CronTraffic, zone: string, from: number, to: number): number[] {
  if (every <= HOUR) return startsIn({ every, phase: first }, from, to);
  const at: number[] = [];
  for (let time = first; time < DAY; time += every) at.push(time);
  const days = new Set(weekdaysOnly ? [0, 1, 2, 3, 4] : [0, 1, 2, 3, 4, 5, 6]);
  const schedule: Schedule = { at, days, zone: zoneOffsets(zone, from - WEEK, to + WEEK) };
  return startsIn(schedule, from, to);
}

function cronMean(traffic: CronTraffic, zone: string, grid: TimeGrid, random: Random): Float64Array {
  const mean = new Float64Array(grid.length);
  for (const due of runsOf(traffic, zone, grid.start, gridEnd(grid))) addRun(traffic, due, grid, random, mean);
  return mean;
}

/** Spreads a run's calls over the buckets in which it runs, from a start that is random within `late`. */
export function addRun(
  { late, duration, batch }: CronTraffic,
  due: number,
  grid: TimeGrid,
  random: Random,
  mean: Float64Array,
): void {
  const begin = due + Math.floor((random.uniform() * late) / SECOND) * SECOND;
  const end = begin + duration;
  const first = Math.floor((begin - grid.start) / grid.step);
  for (let i = first; i < grid.length && grid.start + i * grid.step < end; i++) {
    const from = grid.start + i * grid.step;
    if (i >= 0) mean[i] += (batch * overlap(begin, end, from, from + grid.step)) / duration;
  }
}

/** The buckets in which a run due at a time may call, `[first, end)`. */
export function runBuckets(
  { late, duration }: CronTraffic,
  due: number,
  grid: TimeGrid,
): { first: number; end: number } {
  return {
    first: Math.floor((due - grid.start) / grid.step),
    end: Math.ceil((due + late + duration - grid.start) / grid.step),
  };
}

/** Every schedule that a {@link CronTraffic} may have, ms between runs. */
export const CRON_EVERY = [15 * MINUTE, HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY] as const;
