import { DAY } from '../../time/grid.js';
import { MOST_WINDOWS } from '../windows.js';
import type { Arena } from './arena.js';
import { type BurstHours, mergeBurstHours, quietFromBits, quietToBits } from './burst-hours.js';
import { PRIOR } from './dispersion.js';
import {
  AS_BEFORE,
  FieldColumns,
  FLOAT,
  FLOAT_BY_WINDOW,
  type Form,
  field,
  type Guess,
  type Kind,
  LATER,
  type Lying,
  MEAN,
  OF_FIRST_CALL,
  OF_LAST_CALL,
  SINCE_LAST_CALL,
  SUM,
  TIME,
  type ValueOf,
  WHOLE,
} from './fields.js';
import { UNKNOWN_GROWTH } from './growth.js';
import { type KeptProfile, mergedProfile } from './quantized-profile.js';
import { averageRate, RATE, RATE_STATE } from './rate-filter.js';
import { shortNumber } from './short-numbers.js';
import { leastTail, type Tail } from './tail-calibration.js';

/** What three days of a series of few calls are taken to wander, beside counting: see drift.ts. */
export const FEW_CALLS_DRIFT = 0.01;

/** The filters, and what follows from them, see {@link averageRate}. */
const FILTERS: Kind<Float64Array> = {
  forms: () => [...new Array<Form>(RATE).fill('float'), ...new Array<Form>(RATE_STATE - RATE).fill('derived')],
  put: (value, out, at) => out.set(value, at),
  take: (numbers, at) => numbers.slice(at, at + RATE_STATE),
};

const TAIL: Kind<Tail> = {
  forms: () => ['float', 'float', 'float'],
  put({ stretch, knee, far }, out, at) {
    out[at] = stretch;
    out[at + 1] = knee;
    out[at + 2] = far;
  },
  take: (numbers, at) => ({ stretch: numbers[at], knee: numbers[at + 1], far: numbers[at + 2] }),
};

const TAIL_BY_WINDOW: Kind<readonly Tail[]> = {
  forms: (windows) => new Array<Form>(3 * windows).fill('float'),
  put(value, out, at) {
    for (const [w, tail] of value.entries()) TAIL.put(tail, out, at + 3 * w);
  },
  take(numbers, at, windows) {
    const tails: Tail[] = [];
    for (let w = 0; w < windows; w++) {
      const tail = TAIL.take(numbers, at + 3 * w, windows);
      const last = w === 0 ? tail : tails[w - 1];
      // Rows of few calls have one tail for all their windows, and keep it one.
      tails.push(tail.stretch === last.stretch && tail.knee === last.knee && tail.far === last.far ? last : tail);
    }
    return tails;
  },
};

const BURSTS: Kind<BurstHours | null> = {
  forms: () => ['whole', 'float', 'float'],
  put(value, out, at) {
    out[at] = value === null ? 0 : quietToBits(value.quiet);
    out[at + 1] = value === null ? 0 : value.gain;
    out[at + 2] = value === null ? 0 : value.loss;
  },
  take: (numbers, at) =>
    numbers[at + 1] > 0 ? { quiet: quietFromBits(numbers[at]), gain: numbers[at + 1], loss: numbers[at + 2] } : null,
  isMissing: (value) => value === null,
};

const LIKE_ALL_LISTENED: Guess = ({ numbers, at: { listened } }) => numbers[listened];
const LIKE_ONE_CALL: Guess = ({ numbers, at: { calls } }) => Math.min(1, numbers[calls]);
const LIKE_NO_CALL: Guess = () => Number.NaN;
const LIKE_ALL_OBSERVED: Guess = ({ numbers, at: { calls, listened, lastCall }, step, end }) => {
  const since = numbers[calls] === 0 ? numbers[listened] : (end - numbers[lastCall]) / step - 1;
  return since > 0 ? since : 0;
};

const LIKE_THE_MEAN: Guess = ({ numbers, at: { calls, support } }) =>
  shortNumber((numbers[calls] + 0.5) / Math.max(1, numbers[support]));
const LIKE_SO_MANY_MEANS: Guess = ({ numbers, at: { silent, anchor } }) =>
  shortNumber(numbers[silent] * numbers[anchor]);
const LIKE_LITTLE_HISTORY: Guess = ({ numbers, at: { support }, step }, i, k) => {
  const { stretch, knee } = leastTail((numbers[support] * step) / DAY);
  return k % 3 === 0 ? shortNumber(stretch) : k % 3 === 1 ? shortNumber(knee) : numbers[i - 2];
};

const LIKE_THE_PRIOR: Guess = ({ numbers }, i, k) => (k === 0 ? shortNumber(PRIOR.alpha) : numbers[i - 1]);
const LIKE_FEW_CALLS: Guess = () => shortNumber(FEW_CALLS_DRIFT);

const LIKE_ANY_GROWTH: Guess = () => shortNumber(UNKNOWN_GROWTH.growthVariance);

/**
 * What was learned of one series, but for its profile. Each field says what it is, what becomes of it when two histories of
 * one series are merged, and what its numbers mostly are where little was learned: rounding, merging, the way from one
 * thread to another and bytes all go by this table, in its order. A new field is a line here (and a new version of the
 * bytes, see baseline-bytes.ts). The mean of a bucket in week slot k is rate · profile.shapeAt(k) calls.
 */
export const MODEL_FIELDS = {
  /** When bursts come, of a series that has some: tails above are those of all hours together. */
  bursts: { kind: BURSTS, merge: mergeBurstHours, guess: () => 0 },
  /** Calls in the history, as they were (not clipped). */
  calls: field(WHOLE, SUM),
  /** Observed buckets of the history, those before the series began included. */
  listened: field(WHOLE, SUM),
  /** Observed buckets behind the estimate: since the series began, or since the history did. */
  support: field(WHOLE, SUM, LIKE_ALL_LISTENED),
  /** Calls in the bucket of the first call. */
  firstCount: field(WHOLE, OF_FIRST_CALL, LIKE_ONE_CALL),
  /** Times of the buckets of the first and last call of the history; NaN without one. */
  firstCall: field(TIME, OF_FIRST_CALL, LIKE_NO_CALL),
  lastCall: field(TIME, OF_LAST_CALL, AS_BEFORE),
  /** The silence that goes on at the end of the history, in observed buckets. */
  silent: field(WHOLE, SINCE_LAST_CALL, LIKE_ALL_OBSERVED),
  /** The rate filters at the end of the history, see rate-filter.ts. */
  level: field(FILTERS, LATER),
  /** The mean rate of the history, to which the filters relax while nothing is observed. */
  anchor: field(FLOAT, MEAN, LIKE_THE_MEAN),
  /** What each further day after the history adds to the rate's relative variance: how far it wanders. */
  walk: field(FLOAT, MEAN),
  /** ln of what the rate grows by in a week, and the variance of that, see growth.ts. */
  growth: field(FLOAT, MEAN),
  growthVariance: field(FLOAT, MEAN, LIKE_ANY_GROWTH),
  /** Nats of silence that are ordinary for the series, see silenceShown. */
  silenceShift: field(FLOAT, MEAN),
  /** How far three days leave the rate of the weeks before them, beside counting: relative variance, see drift.ts. */
  drift: field(FLOAT, MEAN, LIKE_FEW_CALLS),
  /** The silence that goes on at the end of the history, in nats. */
  clock: field(FLOAT, SINCE_LAST_CALL, LIKE_SO_MANY_MEANS),
  /** `[windows]`: batchiness and load noise of the sums over each window length, see windowsOf and Dispersion. */
  phi: field(FLOAT_BY_WINDOW, MEAN, AS_BEFORE),
  alpha: field(FLOAT_BY_WINDOW, MEAN, LIKE_THE_PRIOR),
  /** `[windows]` */
  above: field(TAIL_BY_WINDOW, MEAN, LIKE_LITTLE_HISTORY),
  below: field(TAIL_BY_WINDOW, MEAN, LIKE_LITTLE_HISTORY),
  /** Of the nats of a silence. */
  silence: field(TAIL, MEAN, LIKE_LITTLE_HISTORY),
};

/** What was learned of one series, see {@link MODEL_FIELDS}. */
export interface RowModel extends ValueOf<typeof MODEL_FIELDS> {
  readonly profile: KeptProfile;
}

/** What a history says of a series besides its model. */
export type Past = Pick<RowModel, 'calls' | 'support' | 'listened' | 'firstCall' | 'lastCall' | 'firstCount'>;

/**
 * A model as a baseline keeps it: its numbers lie in a table of many, and each field is made of them when it is asked for. Models of
 * their own objects were 1.5 KB a series beside their profile, and a third of the time to read them went to the collector (Node 20).
 */
export interface KeptModel extends RowModel, Lying {
  /** Writes its tails over what is there: nine objects for each series that has its turn would be 1 KB each time. */
  putTails(tails: TailsInHand): void;
}

/** The tails of a model, for as many windows as there may be. */
export interface TailsInHand {
  readonly above: readonly TailInHand[];
  readonly below: readonly TailInHand[];
  readonly silence: TailInHand;
}

type TailInHand = { -readonly [Name in keyof Tail]: Tail[Name] };

/** Room for the tails of a model. */
export function tailsInHand(): TailsInHand {
  const tail = (): TailInHand => ({ stretch: Number.NaN, knee: Number.NaN, far: Number.NaN });
  const tails = () => Array.from({ length: MOST_WINDOWS }, tail);
  return { above: tails(), below: tails(), silence: tail() };
}

function putTail(numbers: Float64Array, at: number, tail: TailInHand): void {
  tail.stretch = numbers[at];
  tail.knee = numbers[at + 1];
  tail.far = numbers[at + 2];
}

type MadeOfNumbers = new (numbers: Float64Array, at: number, profile: KeptProfile) => KeptModel;

/** Models as rows of numbers; their profiles are columns apart. */
export class ModelColumns extends FieldColumns<typeof MODEL_FIELDS> {
  readonly #Kept: MadeOfNumbers;

  /** @param windows how many there are, see windowsOf */
  constructor(windows: number, fields: typeof MODEL_FIELDS = MODEL_FIELDS) {
    super(fields, windows);
    const { above, below, silence } = this.at;
    class Kept implements Lying {
      readonly numbers: Float64Array;
      readonly at: number;
      readonly profile: KeptProfile;

      constructor(numbers: Float64Array, at: number, profile: KeptProfile) {
        this.numbers = numbers;
        this.at = at;
        this.profile = profile;
      }

      putTails(tails: TailsInHand): void {
        const { numbers, at } = this;
        for (let w = 0; w < windows; w++) {
          putTail(numbers, at + above + 3 * w, tails.above[w]);
          putTail(numbers, at + below + 3 * w, tails.below[w]);
        }
        putTail(numbers, at + silence, tails.silence);
      }
    }
    this.defineOn(Kept.prototype);
    this.#Kept = Kept as unknown as MadeOfNumbers;
  }

  override put(model: RowModel, out: Float64Array, at = 0): Float64Array {
    if (!(model instanceof this.#Kept)) return super.put(model, out, at);
    out.set(model.numbers.subarray(model.at, model.at + this.size), at);
    return out;
  }

  /** Changes fields of a model where it lies, rounded as those of {@link roundedModel}: of a fit that is not done yet. */
  change(model: KeptModel, fields: Partial<RowModel>): void {
    for (const { name, kind, from, to } of this.fields) {
      const value = fields[name as keyof RowModel];
      if (value === undefined) continue;
      kind.put(value, model.numbers, model.at + from);
      for (let i = from; i < to; i++) {
        if (this.forms[i] === 'float') model.numbers[model.at + i] = shortNumber(model.numbers[model.at + i]);
      }
    }
  }

  /** The model whose numbers these are, from `at` on. */
  keptAt(numbers: Float64Array, at: number, profile: KeptProfile): KeptModel {
    return new this.#Kept(numbers, at, profile);
  }

  /** The same model, its numbers in the table. */
  keep(model: RowModel, table: Arena): KeptModel {
    const at = table.reserve(this.size);
    return this.keptAt(this.put(model, table.piece, at), at, model.profile);
  }

  /** The same model, its numbers in a column of their own. */
  alone(model: RowModel): KeptModel {
    return this.keptAt(this.put(model, new Float64Array(this.size)), 0, model.profile);
  }

  /** The same model as an object of its own. */
  whole(model: RowModel): RowModel {
    return { ...this.take(this.put(model, new Float64Array(this.size))), profile: model.profile };
  }
}

/** By how many windows there are: so all models of a step are of one kind to V8. */
const COLUMNS = Array.from({ length: MOST_WINDOWS + 1 }, (_, windows) => new ModelColumns(windows));

/** @param windows how many there are, see windowsOf */
export function modelColumns(windows: number): ModelColumns {
  return COLUMNS[windows];
}

/**
 * The model with its numbers rounded to 24 bits, before anything judges by it: five digits are more than any history
 * shows, it takes three bytes, and what is written comes back to the last bit. The profile is rounded where it is made.
 */
export function roundedModel(model: RowModel, columns: ModelColumns): RowModel {
  return withAverage(columns.rounded(model));
}

/** A model whose filters' average is still to be taken: it follows from what is kept of them. */
export function withAverage(model: RowModel): RowModel {
  averageRate(model.level, model.anchor);
  return model;
}

/** One model of two histories of a series, the earlier and the later one, by how long each was observed. */
export function mergedModel(early: RowModel, late: RowModel, columns: ModelColumns): RowModel {
  if (late.calls === 0 && early.calls === 0)
    return { ...columns.whole(late), listened: early.listened + late.listened };
  const total = early.support + late.support;
  const share = total === 0 ? 0.5 : late.support / total;
  const fields = columns.merged(early, late, { share, earlyCalls: early.calls > 0, lateCalls: late.calls > 0 });
  return { ...fields, profile: mergedProfile(early.profile, late.profile, share) };
}

/**
 * True of a series whose buckets scatter while its hours do not: jobs that start now before and now after a bucket's edge.
 * What such a bucket lacks is not missing but late, so that the next may hold as much more.
 */
export function straddles(alphaBucket: number, alphaHour: number): boolean {
  return alphaBucket > 0.05 && alphaHour < alphaBucket / 16;
}

/** Never 0: of what has not been seen, half a call in all the history is expected. */
export const LEAST_MEAN = 1e-12;
