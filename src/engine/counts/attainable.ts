import { lowerLimitNear, upperLimitNear } from '../../stats/limits.js';
import { logLowerTail, logUpperTail } from '../../stats/negative-binomial.js';
import { upperNats } from '../../stats/normal.js';
import type { Windows } from '../windows.js';
import { LEAST_MEAN, type RowModel } from './model.js';
import type { KeptProfile } from './quantized-profile.js';
import { RATE, RATE_VARIANCE } from './rate-filter.js';
import { calibrate, PIVOT, type Tail, uncalibrate } from './tail-calibration.js';

// What a budget of false reports can be spent on. A count is a whole number: a test that may spend 1 in 10,000 has a limit
// that 1 in 30,000 pass, or none at all, as that below has where three calls are expected (Tarone 1990). Shared out as if every
// test could spend its share, two fifths of the budget were spent. So the common level is sought at which all tests
// together spend it by what each can attain: the mean of the attainable masses (Döhler, Durand and Roquain 2018), without
// a step-up, nothing being known of the tests but their laws.

/** Laws are taken together whose means differ by less than a sixth, and their scatter by less than two fifths. */
const MEANS_AN_OCTAVE = 4;
const SIZES_AN_OCTAVE = 2;
const STRETCHES_AN_OCTAVE = 4;
/** The steps of a profile that a bucket's mean is taken together by: of 1 % each. */
const STEPS_A_BIN = 16;
/**
 * How far the level may be below that which every test could spend, in nats. What few rows can spend together jumps from
 * next to nothing to more than most want: where one call a week is usual, each would be reported for one report a week. And
 * what a level spends is known by the tails of a history, which are too short for calls in large batches: 200 such series had
 * 38 false reports in two weeks at the nominal level (10 were asked for), 44 at half a nat less, 52 at 0.8.
 */
export const MOST_BELOW = 0.5;
/**
 * False reports a week and row up to which all of that is taken, and from which on none is: between them by the logarithm. Where
 * a row has so much of a budget to itself, a limit at which it is just spent lies where tails are known least, and each incident
 * is followed by a report that chance makes: recoveries and jobs of another size, at one a week on one row, had 2 and none in
 * 16 after them at the nominal level, 7 and more at the one that is spent.
 */
const ALL_UP_TO = 0.05;
const NONE_FROM = 0.5;
/** Rows looked at, at most: taken evenly from all, they stand for the others. */
const MOST_ROWS = 500;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Means from which on counts lie so close that what each limit attains need not be looked at. */
const FINE = 40;
/** Each comes five times nearer. */
const ROUNDS = 4;

/** Tests of one law: of a window length, on either side. */
class TestedLaw {
  /** Tests a week. */
  tests = 0;
  readonly window: number;
  readonly mean: number;
  readonly size: number;
  readonly above: Tail;
  readonly below: Tail;
  /** The last limits looked at, and the chance that a count is beyond them. */
  #upper = Number.NaN;
  #upperChance = 0;
  #lower = Number.NaN;
  #lowerChance = 0;

  constructor(window: number, mean: number, size: number, above: number, below: number) {
    this.window = window;
    this.mean = mean;
    this.size = size;
    this.above = straight(above);
    this.below = straight(below);
  }

  /** P(reported) where `nats` is asked of a calibrated −ln p: of both sides together. */
  chance(nats: number, minEffect: number): number {
    const { mean, size } = this;
    if (mean > FINE) return this.#fine(nats, this.above, minEffect) + this.#fine(nats, this.below, minEffect);
    const raw = uncalibrate(nats, this.above);
    const upper = Math.floor(Math.max(upperLimitNear(mean, size, raw), mean * (1 + minEffect)));
    if (upper !== this.#upper) {
      this.#upper = upper;
      this.#upperChance = Math.exp(-calibrate(-logUpperTail(upper + 1, mean, size), this.above));
    }
    return this.#upperChance + this.#below(nats, minEffect);
  }

  /** Of one side of a law whose counts lie close: half a count's nats are left over in the mean, and the rest is normal. */
  #fine(nats: number, tail: Tail, minEffect: number): number {
    const { mean, size } = this;
    const raw = uncalibrate(nats, tail);
    const sd = Math.sqrt(mean + (mean * mean) / size);
    const z = Math.sqrt(2 * raw - Math.log(4 * Math.PI * raw));
    const least = (minEffect * mean) / sd;
    if (least > z) return Math.exp(-calibrate(upperNats(least), tail));
    const left = z / sd / tail.stretch;
    return (Math.exp(-nats) * -Math.expm1(-left)) / left;
  }

  #below(nats: number, minEffect: number): number {
    const { mean, size, window } = this;
    const raw = uncalibrate(nats, this.below);
    // As windows of hours are not asked, see armWindows.
    if (mean < 0.8 * raw && (window > 0 || mean < 0.5 * raw)) return 0;
    const lower = Math.min(Math.ceil(lowerLimitNear(mean, size, raw)), Math.ceil(mean * (1 - minEffect)));
    if (lower !== this.#lower) {
      this.#lower = lower;
      this.#lowerChance = lower < 1 ? 0 : Math.exp(-calibrate(-logLowerTail(lower - 1, mean, size), this.below));
    }
    return this.#lowerChance;
  }
}

function straight(stretch: number): Tail {
  return { stretch, knee: Number.POSITIVE_INFINITY, far: stretch };
}

/** The laws of all tests of some rows, and what they spend of a budget. */
export class AttainableBudget {
  readonly #laws = new Map<number, TestedLaw>();
  readonly #windows: Windows;
  readonly #logWeights: readonly number[];
  /** What a row has of a window: exposure, and that times the profile's variance. */
  readonly #exposure: Float64Array;
  readonly #doubt: Float64Array;
  readonly #rows: number;

  /** @param nominal −ln of what is left to each test, were all alike: tails are taken as they are there */
  constructor(models: readonly RowModel[], windows: Windows, nominal: number) {
    this.#windows = windows;
    this.#rows = models.length;
    this.#logWeights = windows.weights.map(Math.log);
    const perWeek = models.length === 0 ? 0 : models[0].profile.perWeek;
    this.#exposure = new Float64Array(perWeek + 1);
    this.#doubt = new Float64Array(perWeek + 1);
    const rows = Math.min(models.length, MOST_ROWS);
    for (let i = 0; i < rows; i++) {
      const row = rows === models.length ? i : Math.floor(((i * GOLDEN) % 1) * models.length);
      if (models[row].calls > 0) this.#take(models[row], models.length / rows, nominal);
    }
  }

  /**
   * −ln of the level at which all tests spend the budget together; never above `nominal`, nor {@link MOST_BELOW} it, and near
   * it where rows are few: the budget is a limit, not an aim.
   * @param perWeek false reports
   */
  nats(perWeek: number, nominal: number, minEffect: number): number {
    let nats = nominal;
    const share = perWeek / Math.max(1, this.#rows);
    const part = Math.log(NONE_FROM / share) / Math.log(NONE_FROM / ALL_UP_TO);
    const least = nominal - MOST_BELOW * Math.min(1, Math.max(0, part));
    // What is spent falls nearly as the level does, but for the steps of whole numbers.
    for (let round = 0; round < ROUNDS && this.#laws.size > 0; round++) {
      const more = Math.log(perWeek / this.#spent(nats, minEffect));
      nats = Math.min(nominal, Math.max(least, nats - more));
    }
    return nats;
  }

  /** False reports a week, where `nats` is asked of each test. */
  #spent(nats: number, minEffect: number): number {
    let spent = 0;
    for (const law of this.#laws.values())
      spent += law.tests * law.chance(nats - this.#logWeights[law.window], minEffect);
    return spent;
  }

  #take(model: RowModel, weight: number, nominal: number): void {
    const { spans, step, tests } = this.#windows;
    const { profile, level, phi, alpha, above, below } = model;
    const isFlat = profile.shapeSteps.length === 1;
    const { perWeek } = profile;
    if (!isFlat) this.#sumWeek(model);
    for (let w = 0; w < spans.length; w++) {
      const width = Math.min(perWeek, Math.max(1, Math.round(spans[w] / step)));
      const count = isFlat ? 1 : Math.floor(perWeek / width);
      const nats = nominal - this.#logWeights[w];
      const tails = stretchStep(nats, above[w]) * 64 + stretchStep(nats, below[w]);
      const least = alpha[w] + level[RATE_VARIANCE];
      const add = (mean: number, exposure: number, doubt: number, windows: number) => {
        const m = Math.max(mean, LEAST_MEAN);
        const relative = least + (exposure > 0 ? doubt / exposure : 0) + phi[w] / m;
        this.#add(w, m, 1 / relative, tails, (7 * tests[w] * weight * windows) / count);
      };
      if (isFlat) add(level[RATE] * width * profile.shapeAt(0), 1, 0, 1);
      else if (width > 1) {
        for (let k = width; k <= perWeek; k += width) {
          const exposure = this.#exposure[k] - this.#exposure[k - width];
          add(level[RATE] * exposure, exposure, this.#doubt[k] - this.#doubt[k - width], 1);
        }
      } else this.#bySlots(profile, add, level[RATE]);
    }
  }

  /** Single buckets, those of like shape together: two thousand slots have some twenty such between them. */
  #bySlots(
    { shapeSteps, perWeek }: KeptProfile,
    add: (mean: number, exposure: number, doubt: number, windows: number) => void,
    rate: number,
  ): void {
    const each = perWeek / shapeSteps.length;
    const own = new Map<number, { windows: number; exposure: number; doubt: number }>();
    for (let k = 0, slot = 0; slot < perWeek; ) {
      const from = slot;
      const bin = Math.round(shapeSteps[k] / STEPS_A_BIN);
      for (; slot < perWeek && Math.round(shapeSteps[k] / STEPS_A_BIN) === bin; slot += each) k++;
      let sums = own.get(bin);
      if (sums === undefined) {
        sums = { windows: 0, exposure: 0, doubt: 0 };
        own.set(bin, sums);
      }
      sums.windows += slot - from;
      sums.exposure += this.#exposure[slot] - this.#exposure[from];
      sums.doubt += this.#doubt[slot] - this.#doubt[from];
    }
    for (const { windows, exposure, doubt } of own.values()) add((rate * exposure) / windows, exposure, doubt, windows);
  }

  #sumWeek({ profile }: RowModel): void {
    for (let slot = 0; slot < profile.perWeek; slot++) {
      const shape = profile.shapeAt(slot);
      this.#exposure[slot + 1] = this.#exposure[slot] + shape;
      this.#doubt[slot + 1] = this.#doubt[slot] + shape * profile.varianceAt(slot);
    }
  }

  /** @param tails steps of the stretches above and below */
  #add(window: number, mean: number, size: number, tails: number, tests: number): void {
    const m = stepOf(mean, MEANS_AN_OCTAVE);
    const s = stepOf(size, SIZES_AN_OCTAVE);
    const key = ((m + 4096) * 512 + Math.min(511, Math.max(0, s + 256))) * 16_384 + tails * 4 + window;
    let law = this.#laws.get(key);
    if (law === undefined) {
      const stretch = (step: number) => ofStep(step, STRETCHES_AN_OCTAVE);
      const typical = ofStep(m, MEANS_AN_OCTAVE);
      law = new TestedLaw(window, typical, ofStep(s, SIZES_AN_OCTAVE), stretch(tails >> 6), stretch(tails & 63));
      this.#laws.set(key, law);
    }
    law.tests += tests;
  }
}

/** How much longer a tail is than the model's, from the pivot to `nats`, in steps. */
function stretchStep(nats: number, tail: Tail): number {
  const pivot = PIVOT;
  if (!(nats > pivot + 1e-6)) return 0;
  const stretch = (uncalibrate(nats, tail) - pivot) / (nats - pivot);
  return Math.min(63, Math.max(0, stepOf(stretch, STRETCHES_AN_OCTAVE)));
}

/** Whole steps of the logarithm, and what one stands for: Math.pow is not the same on every Node. */
function stepOf(value: number, anOctave: number): number {
  return Math.round((Math.log(value) / Math.LN2) * anOctave);
}

function ofStep(step: number, anOctave: number): number {
  return Math.exp((step * Math.LN2) / anOctave);
}
