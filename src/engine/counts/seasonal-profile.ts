import { type DayTiers, shrinkDays } from './days-of-week.js';
import type { Dispersion } from './dispersion.js';
import { areAnyFew, isFew, onceAWeek, unlikeIts } from './few-weeks.js';
import { clearTier, emptyTier, Shrinkage, type Tier } from './shrinkage.js';
import type { WeekCells } from './week-cells.js';
import { type Profile, toMeanOfOne } from './week-profile.js';

/** What a history holds of each slot of the week, `[perWeek]` each. */
export interface WeekSums {
  /** Calls, outliers clipped. */
  readonly calls: Float64Array;
  /** Calls that a flat shape would have given there: the sum of the rate over observed buckets. */
  readonly exposure: Float64Array;
  /** Observed buckets. */
  readonly repeats: Float64Array;
  /**
   * Sums of the squared counts, of a series whose runs straddle buckets: its slots are weighed by how their own counts scatter.
   * No one phi and alpha fit both the bucket that has nine runs in ten and the one that has the tenth, and the weeks
   * are too few for such scatter to show how one week's slot differs from another's.
   */
  readonly squares?: Float64Array | undefined;
}

/** How a series scatters. */
export interface ProfileScatter {
  /** Of single buckets: what slots are weighed by. */
  readonly bucket: Dispersion;
  /**
   * Of sums of an hour: what hours and days are weighed by. Noise of buckets apart from one another is a twelfth of it in an hour,
   * and taken for common noise would leave every hour's place in the week in doubt.
   */
  readonly hour: Dispersion;
}

/** A slot whose calls a week exceed those of its hour's others by so much is a job's: standard deviations, and calls. */
export const JOB_SDS = 4;
export const JOB_SLACK = 2;
/** Standard deviations by which the rest of a job's day may be fitted higher than what came there. */
const HELD_SDS = 2;

type Columns = Pick<Profile, 'shape' | 'variance'>;

/**
 * The weekly profile by hierarchical shrinkage: hour of day and day of week first, their product the parent of the 168
 * hours of the week; within the hour, twelve five-minute shapes, common to all hours, then the day's 288, then the week's
 * 2,016. Every cell is drawn towards its parent as far as its own evidence is weak, and how far cells differ from their
 * parents at all is estimated from them; so flat, daily, weekly, office-hours and once-a-week traffic all fall out, and
 * a series of three calls a month keeps to a flat line. No test for seasonality, no threshold.
 *
 * Holds the working space: made anew for every fit it was a fifth of the time, and most of the garbage.
 */
export class ProfileFit {
  readonly #perWeek: number;
  readonly #perDay: number;
  /** Slots of an hour, hours of a day. */
  readonly #minutes: number;
  readonly #hours: number;
  readonly #hourOfDay: Tier;
  readonly #dayOfWeek: Tier;
  readonly #hourOfWeek: Tier;
  readonly #days: DayTiers;
  readonly #minuteOfHour: Tier;
  readonly #slotOfDay: Tier;
  readonly #squaresOfDay: Float64Array;
  /** The finest cells are the week's own columns: what they hold is not copied. */
  readonly #slotOfWeek: Omit<Tier, 'calls' | 'n'>;
  readonly #shrinkage: Shrinkage;
  /** `[perWeek]`: 1 where a job runs, of the day under way. */
  readonly #isJob: Uint8Array;

  constructor({ slots, hourOfDay, dayOfWeek, hourOfWeek, minuteOfHour, slotOfDay, slotOfWeek }: WeekCells) {
    this.#perWeek = slots.perWeek;
    this.#perDay = slots.perDay;
    this.#minutes = minuteOfHour.count;
    this.#hours = hourOfDay.count;
    this.#hourOfDay = emptyTier(hourOfDay.count);
    this.#dayOfWeek = emptyTier(dayOfWeek.count);
    this.#hourOfWeek = emptyTier(hourOfWeek.count);
    this.#days = {
      hours: hourOfDay.count,
      hourOfDay: this.#hourOfDay,
      dayOfWeek: this.#dayOfWeek,
      kindOfDay: emptyTier(2),
      hourOfWeek: this.#hourOfWeek,
    };
    this.#minuteOfHour = emptyTier(minuteOfHour.count);
    this.#slotOfDay = emptyTier(slotOfDay.count);
    this.#squaresOfDay = new Float64Array(slotOfDay.count);
    this.#isJob = new Uint8Array(slots.perWeek);
    this.#slotOfWeek = emptyTier(slotOfWeek.count);
    this.#shrinkage = new Shrinkage(Math.max(hourOfWeek.count, slotOfWeek.count));
  }

  /** @param out where it is written */
  fit(sums: WeekSums, { bucket, hour }: ProfileScatter, out: Profile): void {
    for (const tier of [this.#hourOfDay, this.#dayOfWeek, this.#hourOfWeek, this.#minuteOfHour, this.#slotOfDay]) {
      clearTier(tier);
    }
    this.#sumHours(sums);
    this.#shrinkHours(hour);
    this.#sumSlots(sums, out);
    this.#shrinkSlots(sums, bucket);
    this.#shrinkWeek(sums, bucket, out, hour);
  }

  /** The same where nothing within an hour differs: of cells of which the finest are hours. */
  fitHours(sums: WeekSums, { bucket, hour }: ProfileScatter, out: Profile): void {
    for (const tier of [this.#hourOfDay, this.#dayOfWeek, this.#hourOfWeek]) clearTier(tier);
    this.#sumHours(sums);
    this.#shrinkHours(hour);
    const { ratio, variance } = this.#hourOfWeek;
    out.shape.set(ratio);
    out.variance.set(variance);
    out.hourVariance.set(variance);
    this.#doubtFew(sums, { bucket, hour }, out);
    toMeanOfOne(out.shape);
  }

  /** Where the slots of an hour of the week end: the last hour of a day may be shorter. */
  #endOf(h: number, from: number): number {
    return Math.min(from + this.#minutes, (Math.floor(h / this.#hours) + 1) * this.#perDay);
  }

  /** Days and hours need no more than sums of hours: 168 cells in place of 2,016 slots at each of three tiers. */
  #sumHours({ calls, exposure, repeats }: WeekSums): void {
    const week = this.#hourOfWeek;
    for (let h = 0, k = 0; h < 7 * this.#hours; h++) {
      const end = this.#endOf(h, k);
      // Occurrences, not buckets: the twelve of one noisy hour are not twelve witnesses.
      week.n[h] = repeats[k];
      let sum = 0;
      let expected = 0;
      for (; k < end; k++) {
        sum += calls[k];
        expected += exposure[k];
      }
      week.calls[h] = sum;
      week.expected[h] = expected;
    }
  }

  #shrinkHours(hourly: Dispersion): void {
    const hours = this.#hours;
    const hourOfDay = this.#hourOfDay;
    const dayOfWeek = this.#dayOfWeek;
    const week = this.#hourOfWeek;
    for (let h = 0; h < 7 * hours; h++) {
      const cell = h % hours;
      hourOfDay.calls[cell] += week.calls[h];
      hourOfDay.expected[cell] += week.expected[h];
      // One cell all week long is one occurrence.
      if (hours > 1 || h === 0) hourOfDay.n[cell] += week.n[h];
    }
    this.#shrinkage.shrink(hourOfDay, hourly);
    shrinkDays(this.#days, hourly, this.#shrinkage);
    for (let h = 0; h < 7 * hours; h++) {
      week.expected[h] *= hourOfDay.ratio[h % hours] * dayOfWeek.ratio[Math.floor(h / hours)];
    }
    this.#shrinkage.shrink(week, hourly, { witnesses: 2 });
    for (let h = 0; h < 7 * hours; h++) {
      const hour = h % hours;
      const day = Math.floor(h / hours);
      week.ratio[h] *= hourOfDay.ratio[hour] * dayOfWeek.ratio[day];
      // To a cell's own uncertainty its parents' comes as far as it still rests on them.
      const above = hourOfDay.variance[hour] + dayOfWeek.variance[day];
      week.variance[h] += week.own[h] * week.own[h] * above;
    }
  }

  #sumSlots({ calls, exposure, repeats, squares }: WeekSums, { hourVariance }: Profile): void {
    const perDay = this.#perDay;
    const week = this.#hourOfWeek;
    const day = this.#slotOfDay;
    const squaresOfDay = this.#squaresOfDay.fill(0);
    for (let h = 0, k = 0; h < 7 * this.#hours; h++) {
      const end = this.#endOf(h, k);
      const rate = week.ratio[h];
      hourVariance.fill(week.variance[h], k, end);
      for (let slot = k % perDay; k < end; k++, slot++) {
        day.calls[slot] += calls[k];
        day.expected[slot] += exposure[k] * rate;
        if (perDay > 1 || k === 0) day.n[slot] += repeats[k];
        if (squares !== undefined) squaresOfDay[slot] += squares[k];
      }
    }
  }

  #shrinkSlots({ repeats, squares }: WeekSums, dispersion: Dispersion): void {
    const perDay = this.#perDay;
    const minutes = this.#minutes;
    const minuteOfHour = this.#minuteOfHour;
    const day = this.#slotOfDay;
    for (let slot = 0; slot < perDay; slot++) {
      const minute = slot % minutes;
      minuteOfHour.calls[minute] += day.calls[slot];
      minuteOfHour.expected[minute] += day.expected[slot];
      if (minutes > 1) minuteOfHour.n[minute] += day.n[slot];
    }
    if (minutes === 1) minuteOfHour.n[0] = repeats[0];
    this.#shrinkage.shrink(minuteOfHour, dispersion);
    for (let slot = 0; slot < perDay; slot++) day.expected[slot] *= minuteOfHour.ratio[slot % minutes];
    this.#shrinkage.shrink(day, dispersion, { squares: squares === undefined ? undefined : this.#squaresOfDay });
    for (let slot = 0; slot < perDay; slot++) {
      day.ratio[slot] *= minuteOfHour.ratio[slot % minutes];
      day.variance[slot] += day.own[slot] * day.own[slot] * minuteOfHour.variance[slot % minutes];
    }
  }

  #shrinkWeek(
    { calls, exposure, repeats, squares }: WeekSums,
    dispersion: Dispersion,
    profile: Profile,
    hourly: Dispersion,
  ): void {
    const { shape, variance } = profile;
    const perDay = this.#perDay;
    const perWeek = this.#perWeek;
    const hours = this.#hourOfWeek;
    const day = this.#slotOfDay;
    const week = { ...this.#slotOfWeek, calls, n: repeats };
    for (let h = 0, k = 0; h < 7 * this.#hours; h++) {
      const end = this.#endOf(h, k);
      const rate = hours.ratio[h];
      const left = hours.variance[h];
      for (let slot = k % perDay; k < end; k++, slot++) {
        shape[k] = rate * day.ratio[slot];
        variance[k] = left + day.variance[slot];
        week.expected[k] = exposure[k] * shape[k];
      }
    }
    this.#shrinkage.shrink(week, dispersion, { witnesses: squares === undefined ? 2 : Number.POSITIVE_INFINITY });
    const { ratio, own, variance: left } = week;
    for (let k = 0; k < perWeek; k++) {
      shape[k] *= ratio[k];
      variance[k] = left[k] + own[k] * own[k] * variance[k];
    }
    const sums = { calls, exposure, repeats };
    if (this.#minutes > 1) this.#holdBesideJobs(sums, dispersion, profile, squares !== undefined);
    this.#doubtFew(sums, { bucket: dispersion, hour: hourly }, profile);
    toMeanOfOne(shape);
  }

  /**
   * Of an hour of the week in which one slot has most of the calls, a job's, the others are held to what came there: the hour as a
   * whole says nothing of them, and the job's calls are not to be missed in the hour behind it. So are those of its day, as far
   * as they were drawn up with it.
   */
  #holdBesideJobs(
    { calls, exposure, repeats }: WeekSums,
    { phi }: Dispersion,
    { shape, variance }: Columns,
    straddles: boolean,
  ): void {
    const worth = 1 / (1 + phi);
    const hours = this.#hours;
    for (let h = 0, from = 0, dayFrom = 0, jobs = 0; h < 7 * hours; h++) {
      const end = this.#endOf(h, from);
      let job = from;
      let others = 0;
      for (let k = from; k < end; k++) {
        if (calls[k] > calls[job]) job = k;
        others += calls[k];
      }
      others -= calls[job];
      const times = repeats[job];
      const usual = others / Math.max(1, end - from - 1);
      // Where runs straddle buckets, a neighbour's share of them is not its own: many weeks show what it is.
      const isShown = times > 1 && (!straddles || isFew(times));
      if (isShown && calls[job] > usual + times * (JOB_SLACK + JOB_SDS * Math.sqrt((usual / times) * (1 + phi)))) {
        // A run that begins late has its end in the next bucket, one that begins early its beginning in the one before.
        const least = isFew(times) ? usual + JOB_SDS * Math.sqrt(usual * (1 + phi)) : -1;
        this.#isJob[job] = 1;
        if (job > 0 && calls[job - 1] > least) this.#isJob[job - 1] = 1;
        if (job + 1 < this.#perWeek && calls[job + 1] > least) this.#isJob[job + 1] = 1;
        jobs++;
        this.#hold(from, end, 0, worth, { calls, exposure }, { shape, variance });
      }
      from = end;
      if (h % hours < hours - 1) continue;
      if (jobs > 0) {
        this.#hold(dayFrom, end, HELD_SDS, worth, { calls, exposure }, { shape, variance });
        this.#isJob.fill(0);
      }
      dayFrom = end;
      jobs = 0;
    }
  }

  /** Holds what is fitted to a stretch of slots, but for jobs, to what came there; where it is more by so many standard deviations. */
  #hold(
    from: number,
    end: number,
    sds: number,
    worth: number,
    { calls, exposure }: Pick<WeekSums, 'calls' | 'exposure'>,
    { shape, variance }: Columns,
  ): void {
    const isJob = this.#isJob;
    let came = 0;
    let fitted = 0;
    for (let k = from; k < end; k++) {
      if (isJob[k] === 1) continue;
      came += worth * calls[k];
      fitted += worth * exposure[k] * shape[k];
    }
    if (fitted - came <= sds * Math.sqrt(fitted)) return;
    const held = (came + 0.5) / (fitted + 0.5);
    const doubt = 1 / (came + 0.5);
    for (let k = from; k < end; k++) {
      if (isJob[k] === 1) continue;
      shape[k] *= held;
      variance[k] = Math.max(variance[k], doubt);
    }
  }

  /** What few weeks leave open: nothing to be gone through where all slots were seen in many. */
  #doubtFew(sums: WeekSums, { bucket, hour }: ProfileScatter, out: Profile): void {
    if (!areAnyFew(sums.repeats)) return;
    this.#doubtSlots(sums, bucket, out);
    this.#doubtHours(sums, hour, out);
  }

  /** Of what few weeks have shown: slots whose calls in all weeks are unlike what is fitted, and those of one day alone. */
  #doubtSlots({ calls, exposure, repeats }: WeekSums, { phi }: Dispersion, { shape, variance }: Columns): void {
    const perDay = this.#perDay;
    for (let slot = 0; slot < perDay; slot++) {
      let most = slot;
      let next = 0;
      for (let k = slot; k < this.#perWeek; k += perDay) {
        if (shape[k] > shape[most]) {
          next = shape[most];
          most = k;
        } else if (k !== most && shape[k] > next) next = shape[k];
        if (!isFew(repeats[k])) continue;
        const fitted = exposure[k] * shape[k];
        const unlike = unlikeIts(calls[k], fitted, fitted * (1 + phi));
        if (unlike > variance[k]) variance[k] = unlike;
      }
      variance[most] = Math.max(variance[most], onceAWeek(shape[most], next, repeats[most]));
    }
  }

  /** The same of hours, for the windows that hold them. */
  #doubtHours({ calls, exposure, repeats }: WeekSums, { phi }: Dispersion, { shape, hourVariance }: Profile): void {
    const hours = this.#hours;
    const week = this.#hourOfWeek;
    for (let h = 0, k = 0; h < 7 * hours; h++) {
      const end = this.#endOf(h, k);
      const from = k;
      let came = 0;
      let fitted = 0;
      let sum = 0;
      for (; k < end; k++) {
        came += calls[k];
        fitted += exposure[k] * shape[k];
        sum += shape[k];
      }
      week.calls[h] = sum;
      if (!isFew(repeats[from])) continue;
      const doubt = unlikeIts(came, fitted, fitted * (1 + phi));
      if (doubt > hourVariance[from]) hourVariance.fill(doubt, from, end);
    }
    for (let hour = 0; hour < hours; hour++) {
      let most = hour;
      let next = 0;
      for (let h = hour + hours; h < 7 * hours; h += hours) {
        if (week.calls[h] > week.calls[most]) {
          next = week.calls[most];
          most = h;
        } else if (week.calls[h] > next) next = week.calls[h];
      }
      const from = Math.floor(most / hours) * this.#perDay + hour * this.#minutes;
      const doubt = onceAWeek(week.calls[most], next, repeats[from]);
      if (doubt > hourVariance[from]) hourVariance.fill(doubt, from, this.#endOf(most, from));
    }
  }
}
