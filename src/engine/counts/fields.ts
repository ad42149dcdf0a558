import { shortNumber } from './short-numbers.js';

/** How one number of a value is written in short: as a whole number, a bucket, three bytes, or not at all, being derived from others. */
export type Form = 'whole' | 'time' | 'float' | 'derived';

/** A kind of value: how it lies in a row of numbers. */
export interface Kind<T> {
  /** One for each number that it is, of a series judged over so many windows. */
  forms(windows: number): readonly Form[];
  put(value: T, out: Float64Array, at: number): void;
  /** Inverse of {@link put}. */
  take(numbers: Float64Array, at: number, windows: number): T;
  /** Of a value that may be missing, whether this one is: it is written only where it is there. Zeros are taken for missing. */
  isMissing?(value: T): boolean;
  /** Whether it is a number, not a list that may have one. */
  readonly isNumber?: true;
}

function scalar(form: Form): Kind<number> {
  const forms = [form];
  return {
    forms: () => forms,
    put(value, out, at) {
      out[at] = value;
    },
    take: (numbers, at) => numbers[at],
    isNumber: true,
  };
}

export const WHOLE = scalar('whole');
/** The beginning of a bucket of the history, NaN for none. */
export const TIME = scalar('time');
export const FLOAT = scalar('float');

/** One number for each window. */
export const FLOAT_BY_WINDOW: Kind<Float64Array> = {
  forms: (windows) => new Array<Form>(windows).fill('float'),
  put: (value, out, at) => out.set(value, at),
  take: (numbers, at, windows) => numbers.slice(at, at + windows),
};

/** What merging two histories of one series goes by. */
export interface Histories {
  /** The later one's share of the buckets behind both. */
  readonly share: number;
  /** Whether each holds a call. */
  readonly earlyCalls: boolean;
  readonly lateCalls: boolean;
}

/** What becomes of a number of the earlier and one of the later history. */
export type MergeRule = (early: number, late: number, of: Histories) => number;

export const SUM: MergeRule = (early, late) => early + late;
/** By how long each was observed. */
export const MEAN: MergeRule = (early, late, { share }) => early + share * (late - early);
export const LATER: MergeRule = (_, late) => late;
/** What the first call, or the last one, brought. */
export const OF_FIRST_CALL: MergeRule = (early, late, { earlyCalls }) => (earlyCalls ? early : late);
export const OF_LAST_CALL: MergeRule = (early, late, { lateCalls }) => (lateCalls ? late : early);
/** Counted since the last call: only a silence that began before the later history goes on from the earlier. */
export const SINCE_LAST_CALL: MergeRule = (early, late, { lateCalls }) => (lateCalls ? late : early + late);

/** The numbers of a value that are known by the time that one of them is read. */
export interface Known {
  readonly numbers: Float64Array;
  /** Where each field begins. */
  readonly at: Readonly<Record<string, number>>;
  /** Of the history, in ms, and its end. */
  readonly step: number;
  readonly end: number;
}

/** What number `i`, the `k`-th of its field, mostly is: then next to nothing says so. Fractions rounded to 24 bits. */
export type Guess = (known: Known, i: number, k: number) => number;

export interface Field<T> {
  readonly kind: Kind<T>;
  /** A method, as those of its kind are: so a table of fields of many types is one of fields of unknown ones. */
  merge(early: T, late: T, of: Histories, windows: number): T;
  readonly guess: Guess;
}

const NOTHING: Guess = () => 0;
export const AS_BEFORE: Guess = ({ numbers }, i) => numbers[i - 1];

/** A field whose numbers are merged one by one. */
export function field<T>(kind: Kind<T>, rule: MergeRule, guess: Guess = NOTHING): Field<T> {
  const merge = (early: T, late: T, of: Histories, windows: number) => {
    const { length } = kind.forms(windows);
    const [x, y] = [new Float64Array(length), new Float64Array(length)];
    kind.put(early, x, 0);
    kind.put(late, y, 0);
    return kind.take(
      x.map((value, i) => rule(value, y[i], of)),
      0,
      windows,
    );
  };
  return { kind, merge, guess };
}

/** Fields by name, in the order in which they are written. */
export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ValueOf<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never;
};

/** A field, and its place in a row of numbers: [from, to). */
export interface PlacedField extends Field<unknown> {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Numbers of one value among those of many. */
export interface Lying {
  readonly numbers: Float64Array;
  readonly at: number;
}

/** Values with such fields as rows of numbers, for so many windows. */
export class FieldColumns<F extends Fields> {
  readonly windows: number;
  /** Numbers of a row. */
  readonly size: number;
  /** Where each field begins. */
  readonly at: Readonly<Record<string, number>>;
  readonly fields: readonly PlacedField[];
  /** Those of them that may be missing. */
  readonly optional: readonly PlacedField[];
  /** `[size]` */
  readonly forms: readonly Form[];
  /** The numbers of all other fields; those of them that are written in short. */
  readonly required: readonly number[];
  readonly short: readonly number[];
  /** `[size]`: the field of each number. */
  readonly #fieldOf: readonly PlacedField[];
  /** Fields with numbers of three bytes. */
  readonly #inexact: readonly PlacedField[];
  /** An object with all fields. */
  readonly #template: Readonly<Record<string, unknown>>;

  constructor(table: F, windows: number) {
    const fields: PlacedField[] = [];
    const forms: Form[] = [];
    const fieldOf: PlacedField[] = [];
    const at: Record<string, number> = {};
    const required: number[] = [];
    for (const name in table) {
      const from = forms.length;
      forms.push(...table[name].kind.forms(windows));
      const placed = { ...table[name], name, from, to: forms.length };
      fields.push(placed);
      at[name] = from;
      for (let i = from; i < forms.length; i++) {
        fieldOf.push(placed);
        if (placed.kind.isMissing === undefined) required.push(i);
      }
    }
    this.windows = windows;
    this.fields = fields;
    this.size = forms.length;
    this.at = at;
    this.forms = forms;
    this.optional = fields.filter(({ kind }) => kind.isMissing !== undefined);
    this.required = required;
    this.short = required.filter((i) => forms[i] !== 'derived');
    this.#fieldOf = fieldOf;
    this.#inexact = fields.filter(({ from, to }) => forms.slice(from, to).includes('float'));
    this.#template = Object.fromEntries(fields.map(({ name }) => [name, undefined]));
  }

  /** Writes a value's numbers to `out`, from `at` on. */
  put(value: ValueOf<F>, out: Float64Array, at = 0): Float64Array {
    for (const { name, kind, from } of this.fields) kind.put(value[name], out, at + from);
    return out;
  }

  /** Inverse of {@link put}. */
  take(numbers: Float64Array, at = 0): ValueOf<F> {
    // A copy of one object is made at once; one that gets its fields by their names took 30 µs in place of 3 (Node 20).
    const value: Record<string, unknown> = { ...this.#template };
    for (const { name, kind, from } of this.fields) value[name] = kind.take(numbers, at + from, this.windows);
    return value as ValueOf<F>;
  }

  /**
   * Gives objects that have their numbers in `numbers`, from `at` on, a property for each field, read out when it is asked for.
   * @param prototype of theirs
   */
  defineOn(prototype: Lying): void {
    const { windows } = this;
    for (const { name, kind, from } of this.fields) {
      Object.defineProperty(prototype, name, {
        get: kind.isNumber
          ? function (this: Lying) {
              return this.numbers[this.at + from];
            }
          : function (this: Lying) {
              return kind.take(this.numbers, this.at + from, windows);
            },
      });
    }
  }

  /** The same in 24 bits. */
  rounded<V extends ValueOf<F>>(value: V): V {
    const numbers = new Float64Array(this.size);
    const rounded: Record<string, unknown> = { ...value };
    for (const { name, kind, from, to } of this.#inexact) {
      kind.put(value[name], numbers, from);
      for (let i = from; i < to; i++) if (this.forms[i] === 'float') numbers[i] = shortNumber(numbers[i]);
      rounded[name] = kind.take(numbers, from, this.windows);
    }
    return rounded as V;
  }

  merged(early: ValueOf<F>, late: ValueOf<F>, of: Histories): ValueOf<F> {
    const entries = this.fields.map(({ name, merge }) => [name, merge(early[name], late[name], of, this.windows)]);
    return Object.fromEntries(entries) as ValueOf<F>;
  }

  /** What number `i` mostly is, by those before it. */
  guess(i: number, known: Known): number {
    const { guess, from } = this.#fieldOf[i];
    return guess(known, i, i - from);
  }
}
