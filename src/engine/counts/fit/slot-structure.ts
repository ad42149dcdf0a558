import type { Dispersion } from '../dispersion.js';
import type { HourLayout } from './hour-layout.js';
import type { HourlyCalls } from './hourly-calls.js';
import type { Training } from './training-layout.js';

/** Standard errors by which slots must scatter more than chance about what their hours give them. */
const SHOWN_SDS = 2;
/** Cells of which less is expected say nothing, as in Shrinkage. */
const LEAST_CALLS = 0.1;
/** Calls a week from which on a slot may be that of a job. */
const JOB_CALLS = 2;

/** Σ (c − m)²/noise over cells, and what chance makes of it. */
class Scatter {
  #sum = 0;
  #cells = 0;
  #spread = 0;

  /** So many cells without a call. @returns by how much calls of one of them add to the sum */
  add(cells: number, mean: number, noise: number): void {
    this.#sum += (cells * mean * mean) / noise;
    this.#cells += cells;
    this.#spread += cells * (2 + 1 / noise);
  }

  /** One of the cells has calls. */
  call(calls: number, mean: number, noise: number): void {
    this.#sum += (calls * (calls - 2 * mean)) / noise;
  }

  get isShown(): boolean {
    return this.#sum > this.#cells + SHOWN_SDS * Math.sqrt(this.#spread);
  }
}

/**
 * Whether the slots of a series' hours differ: by minutes of the hour, by slots of the day or by those of the week, more than
 * chance makes them (the same sums as in Shrinkage); or whether a job may be in one. Then its week is no week of hours. A job of
 * twelve runs a month shows by its slot of the day, one of two calls a week by its slot of the week.
 */
export class SlotStructure {
  readonly #ofDay: Float64Array;
  readonly #ofHour: Float64Array;
  readonly #expected: Float64Array;
  readonly #weeks: Float64Array;

  constructor(perDay: number) {
    this.#ofDay = new Float64Array(perDay);
    this.#ofHour = new Float64Array(perDay);
    this.#expected = new Float64Array(24);
    this.#weeks = new Float64Array(24);
  }

  /** @param training whose layout by hours is `layout` */
  isShown(row: HourlyCalls, { repeats }: Training, { each, weeks }: HourLayout, { phi, alpha }: Dispersion): boolean {
    const perDay = this.#ofDay.length;
    const ofDay = this.#ofDay.fill(0);
    const ofHour = this.#ofHour.fill(0, 0, each);
    const expected = this.#expected.fill(0);
    const times = this.#weeks.fill(0);
    const perCall = 1 + phi;
    const week = new Scatter();
    const { exposure } = row.week;
    const { shape } = row.profile;
    const meanOf = (hour: number) => (exposure[hour] * shape[hour]) / each;
    const noiseOf = (mean: number, n: number) => mean * (perCall + (alpha * mean) / Math.max(1, n));
    let all = 0;
    let buckets = 0;
    for (let hour = 0; hour < shape.length; hour++) {
      const mean = meanOf(hour);
      expected[hour % 24] += mean;
      times[hour % 24] += weeks[hour];
      all += mean;
      buckets += weeks[hour];
      if (mean >= LEAST_CALLS) week.add(each, mean, noiseOf(mean, weeks[hour]));
    }
    for (let e = 0; e < row.n; e++) {
      const slot = row.slot[e];
      ofDay[slot % perDay] += row.clipped[e];
      ofHour[slot % each] += row.clipped[e];
      const calls = row.slotCallsAt(e);
      if (calls > JOB_CALLS * repeats[slot]) return true;
      const mean = meanOf(Math.floor(slot / each));
      if (calls > 0 && mean >= LEAST_CALLS) week.call(calls, mean, noiseOf(mean, repeats[slot]));
    }
    if (week.isShown) return true;
    const day = new Scatter();
    for (let hour = 0; hour < 24; hour++) {
      const mean = expected[hour];
      if (mean < LEAST_CALLS) continue;
      const noise = noiseOf(mean, times[hour]);
      day.add(each, mean, noise);
      for (let slot = hour * each; slot < (hour + 1) * each; slot++)
        if (ofDay[slot] > 0) day.call(ofDay[slot], mean, noise);
    }
    if (day.isShown) return true;
    const minutes = new Scatter();
    const noise = noiseOf(all, buckets);
    minutes.add(each, all, noise);
    for (let minute = 0; minute < each; minute++) minutes.call(ofHour[minute], all, noise);
    return minutes.isShown;
  }
}
