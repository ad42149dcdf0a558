import type { Dispersion } from '../dispersion.js';
import { JOB_SDS, JOB_SLACK } from '../seasonal-profile.js';
import type { HourLayout } from './hour-layout.js';
import type { HourlyCalls } from './hourly-calls.js';
import type { Training } from './training-layout.js';

/**
 * Standard errors by which slots must scatter more than chance about what their hours give them. At two, one in ten of the rows
 * that have no more than hours went the long way, and took a fifth of the time of all of few calls.
 */
const SHOWN_SDS = 3;
/** Cells of which less is expected say nothing, as in Shrinkage. */
const LEAST_CALLS = 0.1;

/** Σ (c − m)²/noise over the cells of an hour, m being the mean of their own, and what chance makes of it. */
class Scatter {
  #sum = 0;
  #cells = 0;
  #spread = 0;

  /** So many cells without a call, which have a mean of their own calls. */
  add(cells: number, mean: number, noise: number): void {
    this.#sum += (cells * mean * mean) / noise;
    this.#cells += cells - 1;
    this.#spread += (cells - 1) * (2 + 1 / noise);
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
    const weeksOf = this.#weeks.fill(0);
    const perCall = 1 + phi;
    const week = new Scatter();
    const { calls: came } = row.week;
    const noiseOf = (mean: number, n: number) => mean * (perCall + (alpha * mean) / Math.max(1, n));
    let all = 0;
    let buckets = 0;
    for (let hour = 0; hour < came.length; hour++) {
      const mean = came[hour] / each;
      expected[hour % 24] += mean;
      weeksOf[hour % 24] += weeks[hour];
      all += mean;
      buckets += weeks[hour];
      if (mean >= LEAST_CALLS) week.add(each, mean, noiseOf(mean, weeks[hour]));
    }
    for (let e = 0; e < row.n; e++) {
      const slot = row.slot[e];
      ofDay[slot % perDay] += row.clipped[e];
      ofHour[slot % each] += row.clipped[e];
      const calls = row.slotCallsAt(e);
      const mean = came[Math.floor(slot / each)] / each;
      // As ProfileFit has it, by what the hour's other slots hold.
      const usual = Math.max(0, (mean * each - calls) / (each - 1));
      const times = repeats[slot];
      if (calls > usual + times * (JOB_SLACK + JOB_SDS * Math.sqrt((usual / times) * perCall))) return true;
      if (calls > 0 && mean >= LEAST_CALLS) week.call(calls, mean, noiseOf(mean, times));
    }
    if (week.isShown) return true;
    const day = new Scatter();
    for (let hour = 0; hour < 24; hour++) {
      const mean = expected[hour];
      if (mean < LEAST_CALLS) continue;
      const noise = noiseOf(mean, weeksOf[hour]);
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
