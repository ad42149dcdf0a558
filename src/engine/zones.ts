import { gridEnd, HOUR, type TimeGrid } from '../time/grid.js';
import { slotAt, type WeekSlots } from '../time/week.js';
import { offsetAt, type ZoneOffsets } from '../time/zone.js';
import type { Training } from './counts/fit/training-layout.js';
import { variantOffsets, variantsOf } from './zone-variants.js';

/**
 * The zones among which a series' own is sought when none is given. What matters is when a zone changes its clocks
 * (each rule in use by many is here once) and, roughly, where its days begin, so that people's week ends fall on whole
 * days; a series in Madrid is as well served by Berlin.
 */
export const CANDIDATE_ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'America/Santiago',
  'Asia/Jerusalem',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Australia/Sydney',
  'Pacific/Auckland',
] as const;

/** Log-likelihood by which a zone's week must be worse than the best to be out of the question. */
const REJECTED = 8;
/** Fewer calls than this have no hour of their own to know a zone by. */
export const ENOUGH_CALLS = 100;
/** Hours next to one another are alike: so many are worth one independent witness. */
const ALIKE = 4;

interface Candidate {
  readonly zone: string;
  readonly week: LocalWeek;
  /** How many hours later in the week its hours are than `week` has them. */
  readonly later: number;
}

/** The hours of a history by hour of the local week. Zones that changed their offsets alike, as most do, share one. */
interface LocalWeek {
  /** `[runs + 1]`, `[runs]`: hours that follow one another in the week, [from[r], from[r + 1]), and the first one's place in it. */
  readonly from: readonly number[];
  readonly hourOfWeek: readonly number[];
  /** `[168]` each: sums of values, and how many they are. */
  readonly sum: Float64Array;
  readonly count: Float64Array;
}

/**
 * Finds the zone that a series keeps by which one makes its weeks most alike: with the wrong one, an hour of the week
 * holds two different hours of the day after a change of the clocks. Zones whose clocks did not change within the history,
 * or changed together, differ in this only by where their days begin; of those, the one is taken in which days and hours
 * of the day explain the week best.
 */
export class ZoneArbiter {
  readonly #candidates: readonly Candidate[];
  readonly #weeks: readonly LocalWeek[];
  readonly #given: string | undefined;
  readonly #start: number;
  readonly #step: number;
  /** Hours since 1970 of the first hour. */
  readonly #first: number;
  /** `[hours]` each: calls and buckets seen by hour, and {@link relativeRoots} of them. */
  readonly #sums: Float64Array;
  readonly #seen: Float64Array;
  readonly #value: Float64Array;
  readonly #fit = fitColumns();

  /** @param given the zone of all series that are asked for: what is sought is whether they keep its rules */
  constructor(grid: TimeGrid, given?: string) {
    const { start, step, length } = grid;
    const first = Math.floor(start / HOUR);
    const end = gridEnd(grid);
    const hours = length === 0 ? 0 : Math.floor((end - step) / HOUR) - first + 1;
    this.#start = start;
    this.#step = step;
    this.#first = first;
    this.#sums = new Float64Array(hours);
    this.#seen = new Float64Array(hours);
    this.#value = new Float64Array(hours);
    const weeks = new Map<string, LocalWeek>();
    this.#given = given;
    const zones =
      given === undefined
        ? [...CANDIDATE_ZONES, ...CANDIDATE_ZONES.flatMap((zone) => variantsOf(zone, grid, false))]
        : [given, ...variantsOf(given, grid, true)];
    this.#candidates = zones.map((zone) => {
      const { from, hourOfWeek } = runsOf(variantOffsets(zone, grid, gridEnd(grid)), first, hours);
      const start = hourOfWeek[0] ?? 0;
      const pattern = [...from, ...hourOfWeek.map((hour) => (hour - start + 168) % 168)].join();
      const [sum, count] = [new Float64Array(168), new Float64Array(168)];
      const week = weeks.get(pattern) ?? { from, hourOfWeek, sum, count };
      weeks.set(pattern, week);
      return { zone, week, later: (start - (week.hourOfWeek[0] ?? 0) + 168) % 168 };
    });
    this.#weeks = [...weeks.values()];
  }

  /** @param calls of the buckets of `training`, one for each */
  choose(calls: Float64Array, training: Training): string {
    const first = this.#given ?? CANDIDATE_ZONES[0];
    if (this.#candidates.length === 1 || this.#sumHours(calls, training) < ENOUGH_CALLS) return first;
    const value = this.#value;
    relativeRoots(this.#sums, this.#seen, value);
    const { squares, hours } = squaresOf(value);
    for (const week of this.#weeks) sumWeek(value, week);
    const fits = this.#candidates.map((candidate) => weekFit(candidate, squares, this.#fit));
    const least = Math.min(...fits.map(({ within }) => within));
    // What is given stands until the history speaks against it.
    if (this.#given !== undefined && this.#lossOf(fits[0].within, least, hours) <= REJECTED) return this.#given;
    let best = { zone: first as string, score: Number.NEGATIVE_INFINITY };
    for (const [c, { zone }] of this.#candidates.entries()) {
      const { within, additive } = fits[c];
      const loss = this.#lossOf(within, least, hours);
      if (loss > REJECTED) continue;
      const score = -loss - (168 / ALIKE / 2) * Math.log(additive + 1e-9);
      // A better figure, not a luckier one: UTC stands first, and a tie is its.
      if (score > best.score + 0.5) best = { zone, score };
    }
    return best.zone;
  }

  /** By how much a week is less likely than the one that is least unlike itself. */
  #lossOf(within: number, least: number, hours: number): number {
    return (hours / ALIKE / 2) * Math.log((within + 1e-9) / (least + 1e-9));
  }

  /** Piece by piece, none of which crosses an hour. @returns all calls */
  #sumHours(calls: Float64Array, { bucket, pieces, pieceFrom }: Training): number {
    const sums = this.#sums.fill(0);
    const seen = this.#seen.fill(0);
    let total = 0;
    for (let p = 0, k = 0; p < pieces; p++) {
      const hour = Math.floor((this.#start + bucket[k] * this.#step) / HOUR) - this.#first;
      const end = pieceFrom[p + 1];
      seen[hour] += end - k;
      let sum = 0;
      for (; k < end; k++) sum += calls[k];
      sums[hour] += sum;
      total += sum;
    }
    return total;
  }
}

/** √(calls / the week's mean): of steady scatter at any rate, and free of growth. NaN where nothing was observed. */
function relativeRoots(sums: Float64Array, seen: Float64Array, value: Float64Array): void {
  value.fill(Number.NaN);
  for (let from = 0; from < sums.length; from += 168) {
    const to = Math.min(sums.length, from + 168);
    let calls = 0;
    let buckets = 0;
    for (let h = from; h < to; h++) {
      calls += sums[h];
      buckets += seen[h];
    }
    if (calls === 0) continue;
    for (let h = from; h < to; h++) if (seen[h] > 0) value[h] = Math.sqrt((sums[h] / seen[h]) * (buckets / calls));
  }
}

/** The sum of the values' squares, and how many they are. */
function squaresOf(value: Float64Array): { squares: number; hours: number } {
  let squares = 0;
  let hours = 0;
  for (let h = 0; h < value.length; h++) {
    if (!(value[h] >= 0)) continue;
    squares += value[h] * value[h];
    hours++;
  }
  return { squares, hours };
}

/** Hours that follow one another in the week of a zone: broken where its offset changes. */
function runsOf(table: ZoneOffsets, first: number, hours: number): { from: number[]; hourOfWeek: number[] } {
  const hourly: WeekSlots = { width: HOUR, perDay: 24, perWeek: 168 };
  const from: number[] = [];
  const hourOfWeek: number[] = [];
  let next = -1;
  for (let h = 0; h < hours; h++) {
    const time = (first + h) * HOUR;
    const hour = slotAt(time, offsetAt(table, time), hourly);
    if (hour !== next) {
      from.push(h);
      hourOfWeek.push(hour);
    }
    next = (hour + 1) % 168;
  }
  return { from: [...from, hours], hourOfWeek };
}

/** Sums of the values, and how many they are, by hour of the week. */
function sumWeek(value: Float64Array, { from, hourOfWeek, sum, count }: LocalWeek): void {
  sum.fill(0);
  count.fill(0);
  for (let r = 0; r < hourOfWeek.length; r++) {
    const end = from[r + 1];
    for (let h = from[r], k = hourOfWeek[r]; h < end; h++) {
      const v = value[h];
      if (v >= 0) {
        sum[k] += v;
        count[k]++;
      }
      if (++k === 168) k = 0;
    }
  }
}

/** Working space: means by hour of the week; of each hour of the day the mean, and how many days have it; the same of each day. */
type FitColumns = ReturnType<typeof fitColumns>;

function fitColumns() {
  return {
    mean: new Float64Array(168),
    ofHour: new Float64Array(24),
    days: new Float64Array(24),
    ofDay: new Float64Array(7),
    hours: new Float64Array(7),
  };
}

/**
 * How unlike the weeks are, hour by hour, and how little of the mean week its days and hours of day explain.
 * @param squares the sum of the values' squares
 */
function weekFit(
  { week: { sum, count }, later }: Candidate,
  squares: number,
  { mean, ofHour, days, ofDay, hours }: FitColumns,
): { within: number; additive: number } {
  ofHour.fill(0);
  days.fill(0);
  // The sign makes it a number that V8 (Node 20) keeps in a register: without it each hour's was boxed, 28 KB of garbage a row.
  let within = +squares;
  let total = 0;
  let cells = 0;
  for (let d = 0, k = 0, at = (168 - later) % 168; d < 7; d++) {
    let sumOfDay = 0;
    let seen = 0;
    for (let h = 0; h < 24; h++, k++) {
      const n = count[at];
      const all = sum[at];
      if (++at === 168) at = 0;
      // Of an hour that never was: no mean.
      mean[k] = Number.NaN;
      if (n === 0) continue;
      const m = all / n;
      within -= all * m;
      mean[k] = m;
      sumOfDay += m;
      seen++;
      ofHour[h] += m;
      days[h]++;
      total += m;
    }
    ofDay[d] = sumOfDay;
    hours[d] = seen;
    cells += seen;
  }
  total /= Math.max(1, cells);
  for (let h = 0; h < 24; h++) ofHour[h] = days[h] > 0 ? ofHour[h] / days[h] : 0;
  let additive = 0;
  for (let d = 0, k = 0; d < 7; d++) {
    const day = hours[d] > 0 ? ofDay[d] / hours[d] - total : 0;
    for (let h = 0; h < 24; h++, k++) {
      const off = mean[k] - day - ofHour[h];
      if (!Number.isNaN(off)) additive += off * off;
    }
  }
  return { within: Math.max(0, within), additive };
}
