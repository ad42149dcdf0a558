import { DAY, gridEnd, HOUR, type TimeGrid } from '../time/grid.js';
import { slotAt, type WeekSlots } from '../time/week.js';
import { offsetAt, zoneOffsets } from '../time/zone.js';
import type { Events } from './fit-plan.js';

/**
 * The zones among which a series' own clock is sought when none is given. What matters is when a zone changes its clocks
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
/** Hours next to one another are alike: so many are worth one independent witness. */
const ALIKE = 4;

interface Candidate {
  readonly zone: string;
  /** `[hours]` hour of the local week in which each hour of the history begins. */
  readonly hourOfWeek: Uint8Array;
}

/**
 * Finds the clock that a series keeps by which one makes its weeks most alike: with the wrong one, an hour of the week
 * holds two different hours of the day after a change of the clocks. Zones whose clocks did not change within the history,
 * or changed together, differ in this only by where their days begin; of those, the one is taken in which days and hours
 * of the day explain the week best.
 */
export class ZoneArbiter {
  readonly #candidates: readonly Candidate[];
  readonly #hourOf: Int32Array;
  readonly #hours: number;

  constructor(grid: TimeGrid) {
    const { start, step, length } = grid;
    const first = Math.floor(start / HOUR);
    const end = gridEnd(grid);
    this.#hours = length === 0 ? 0 : Math.floor((end - step) / HOUR) - first + 1;
    this.#hourOf = new Int32Array(length);
    for (let i = 0; i < length; i++) this.#hourOf[i] = Math.floor((start + i * step) / HOUR) - first;
    const hourly: WeekSlots = { width: HOUR, perDay: 24, perWeek: 168 };
    this.#candidates = CANDIDATE_ZONES.map((zone) => {
      const table = zoneOffsets(zone, first * HOUR, Math.max(end, first * HOUR + 1));
      const hourOfWeek = new Uint8Array(this.#hours);
      for (let h = 0; h < this.#hours; h++) {
        const time = (first + h) * HOUR;
        hourOfWeek[h] = slotAt(time, offsetAt(table, time), hourly);
      }
      return { zone, hourOfWeek };
    });
  }

  /**
   * @param row the calls of the buckets that teach
   * @param use `[grid.length]` 1 where a bucket teaches
   */
  choose({ n: count, bucket, calls }: Events, use: Uint8Array): string {
    let total = 0;
    for (let e = 0; e < count; e++) total += calls[e];
    // Too few calls to have an hour of their own.
    if (total < 100) return CANDIDATE_ZONES[0];
    const n = this.#hours;
    const sums = new Float64Array(n);
    const seen = new Uint16Array(n);
    for (let i = 0; i < use.length; i++) seen[this.#hourOf[i]] += use[i];
    for (let e = 0; e < count; e++) sums[this.#hourOf[bucket[e]]] += calls[e];
    const value = relativeRoots(sums, seen);
    let best = { zone: CANDIDATE_ZONES[0] as string, score: Number.NEGATIVE_INFINITY };
    const fits = this.#candidates.map(({ hourOfWeek }) => weekFit(value, seen, hourOfWeek));
    const least = Math.min(...fits.map(({ within }) => within));
    for (const [c, { zone }] of this.#candidates.entries()) {
      const { within, additive, hours } = fits[c];
      const loss = (hours / ALIKE / 2) * Math.log((within + 1e-9) / (least + 1e-9));
      if (loss > REJECTED) continue;
      const score = -loss - (168 / ALIKE / 2) * Math.log(additive + 1e-9);
      // A better figure, not a luckier one: UTC stands first, and a tie is its.
      if (score > best.score + 0.5) best = { zone, score };
    }
    return best.zone;
  }
}

/** √(calls / the week's mean): of steady scatter at any rate, and free of growth. NaN where nothing was observed. */
function relativeRoots(sums: Float64Array, seen: Uint16Array): Float64Array {
  const value = new Float64Array(sums.length).fill(Number.NaN);
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
  return value;
}

/** How unlike the weeks are, hour by hour, and how little of the mean week its days and hours of day explain. */
function weekFit(
  value: Float64Array,
  seen: Uint16Array,
  hourOfWeek: Uint8Array,
): { within: number; additive: number; hours: number } {
  const sum = new Float64Array(168);
  const count = new Float64Array(168);
  let squares = 0;
  let hours = 0;
  for (let h = 0; h < value.length; h++) {
    if (seen[h] === 0 || Number.isNaN(value[h])) continue;
    sum[hourOfWeek[h]] += value[h];
    count[hourOfWeek[h]]++;
    squares += value[h] * value[h];
    hours++;
  }
  let within = squares;
  for (let k = 0; k < 168; k++) if (count[k] > 0) within -= (sum[k] * sum[k]) / count[k];
  const day = new Float64Array(7);
  const hour = new Float64Array(24);
  const days = new Float64Array(7);
  const hoursOf = new Float64Array(24);
  let mean = 0;
  let cells = 0;
  for (let k = 0; k < 168; k++) {
    if (count[k] === 0) continue;
    const m = sum[k] / count[k];
    day[Math.floor(k / 24)] += m;
    days[Math.floor(k / 24)]++;
    hour[k % 24] += m;
    hoursOf[k % 24]++;
    mean += m;
    cells++;
  }
  mean /= Math.max(1, cells);
  let additive = 0;
  for (let k = 0; k < 168; k++) {
    if (count[k] === 0) continue;
    const d = Math.floor(k / 24);
    const expected = day[d] / days[d] + hour[k % 24] / hoursOf[k % 24] - mean;
    additive += (sum[k] / count[k] - expected) * (sum[k] / count[k] - expected);
  }
  return { within: Math.max(0, within), additive, hours };
}

/**
 * The other clocks that a series may keep for all that its history can tell: those of candidate zones whose distance from
 * `zone` did not change within it. Each is given as offsets of its own, moved so that it agrees with `zone` over the
 * history; slots of a window by one that agrees there too are left out. In the order of {@link CANDIDATE_ZONES}.
 */
export function otherClocks(
  zone: string,
  history: TimeGrid,
  window: TimeGrid,
  slots: WeekSlots,
): (Int32Array | null)[] {
  const from = history.start;
  const to = Math.max(gridEnd(history), from + 1);
  const windowEnd = Math.max(gridEnd(window), to);
  const own = zoneOffsets(zone, Math.min(from, window.start), windowEnd);
  return CANDIDATE_ZONES.map((other) => {
    if (other === zone) return null;
    const table = zoneOffsets(other, Math.min(from, window.start), windowEnd);
    const distance = offsetAt(table, to - 1) - offsetAt(own, to - 1);
    for (let time = from; time < to; time += DAY) {
      if (offsetAt(table, time) - offsetAt(own, time) !== distance) return null;
    }
    let differs = false;
    const found = new Int32Array(window.length);
    for (let i = 0; i < window.length; i++) {
      const time = window.start + i * window.step;
      const offset = offsetAt(table, time) - distance;
      found[i] = slotAt(time, offset, slots);
      differs ||= offset !== offsetAt(own, time);
    }
    return differs ? found : null;
  });
}
