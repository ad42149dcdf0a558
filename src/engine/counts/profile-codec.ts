import type { BitCoder } from './range-coder.js';

/** Bits of the largest residual, and the contexts of its length: how large the one before was. */
const LENGTHS = 19;
const CONTEXTS = 4;
/** Whole numbers of 16 bits. */
const LEAST = -32_768;
const MOST = 32_767;
/** Values that came up lately, of which a piece may have one again. */
const RECENT = 12;

// Kinds of bits, of one form of one column.
const RESIDUAL = 0;
const HIT = 2 * CONTEXTS * LENGTHS; // by guess, whether the last was right, whether an hour begins
const SAME = HIT + 12;
const SEEN = SAME + 3;
const PLACE = SEEN + 6;
const KINDS = PLACE + RECENT;

/** How a column is coded: by what each step differs from the day before, or as pieces that are alike. */
const BY_DAYS = 0;
const BY_PIECES = 1;
const FORMS = 2;
/** The columns of a profile: shape, variance, variance of the hour. */
const COLUMNS = 3;
/** Kinds of what is said of a column: how long it is, its form, whether it is that before. */
const HEADS = COLUMNS * 16;
/** A column by hours and one by buckets are learned apart. */
const WIDTHS = 2;
/** Kinds of bits in all. */
export const PROFILE_KINDS = HEADS + COLUMNS * WIDTHS * FORMS * KINDS;

// What a guess goes by.
const LAST = 0;
const DAY_BEFORE = 1;
const LIKE_SHAPE = 2;

/**
 * The columns of profiles, in whole steps: some 90 bytes of a week of hours, 510 of a busy series' week of five minutes. A
 * step is mostly what the one before is, or what the day before leads to; and the same shape mostly has the same variance, which
 * is a matter of how many calls there were. What is said once serves both ways: a coder that reads fills the columns.
 */
export class ProfileCodec {
  readonly #perWeek: number;
  readonly #hours: number;
  /** Of the kinds of its coder, the first that is this one's. */
  readonly #kind: number;
  /** By shape (16 bits): the step that it had last, in the column of this number. */
  readonly #given = new Int16Array(2 ** 16);
  readonly #givenIn = new Uint32Array(2 ** 16);
  #column = 0;
  readonly #recent = new Int32Array(RECENT + 2);

  /** @param hours entries of a column by hours */
  constructor(perWeek: number, hours: number, kind: number) {
    this.#perWeek = perWeek;
    this.#hours = hours;
    this.#kind = kind;
  }

  /** @param columns of the profile, where it is written. @returns those that were read, or the same */
  code(coder: BitCoder, columns: readonly Int16Array[] | undefined, fail: (what: string) => never): Int16Array[] {
    const done: Int16Array[] = [];
    for (let c = 0; c < COLUMNS; c++) done.push(this.#codeColumn(coder, c, columns?.[c], done, fail));
    return done;
  }

  #codeColumn(
    coder: BitCoder,
    c: number,
    own: Int16Array | undefined,
    before: readonly Int16Array[],
    fail: (what: string) => never,
  ): Int16Array {
    const head = this.#kind + c * 16;
    const last = before.at(-1);
    if (c === 2 && last !== undefined && last.length <= this.#hours) {
      if (coder.bit(head + 15, own !== undefined && isAlike(own, last) ? 1 : 0) === 1) return last;
    }
    const length = this.#codeLength(coder, head, own?.length ?? 0, last?.length ?? 0);
    const steps = own ?? new Int16Array(length);
    const shape = c > 0 && before[0].length === length && length > 1 ? before[0] : undefined;
    const form = length === 1 ? BY_DAYS : coder.bit(head + 12, own === undefined ? 0 : this.#formOf(own, shape));
    const width = length === this.#perWeek ? 1 : 0;
    const kind = this.#kind + HEADS + ((c * WIDTHS + width) * FORMS + form) * KINDS;
    const isRead = form === BY_DAYS ? codeByDays(coder, kind, steps) : this.#codePieces(coder, kind, steps, shape);
    return isRead ? steps : fail('a profile with a step that is none');
  }

  /** One entry for all, one for each hour, or all. */
  #codeLength(coder: BitCoder, head: number, length: number, before: number): number {
    const context = head + 4 * (before === 0 ? 0 : before === 1 ? 1 : 2);
    if (coder.bit(context, length === 1 ? 0 : 1) === 0) return 1;
    if (this.#hours === this.#perWeek) return this.#perWeek;
    return coder.bit(context + 1, length === this.#hours ? 0 : 1) === 0 ? this.#hours : this.#perWeek;
  }

  /** The form that mostly takes fewer bytes: few columns are tried in both. */
  #formOf(steps: Int16Array, shape: Int16Array | undefined): number {
    const { length } = steps;
    let odd = 0;
    if (shape !== undefined) {
      this.#column++;
      for (let k = 0; k < length; k++)
        if (this.#likeShape(shape[k], Number.NaN) !== steps[k]) odd += this.#learnShape(shape[k], steps[k]);
      return odd < 0.3 * length ? BY_PIECES : BY_DAYS;
    }
    if (length !== this.#perWeek)
      return new Set(steps.subarray(0, length / 7)).size <= length / 14 ? BY_PIECES : BY_DAYS;
    for (let k = 1; k < length; k++) if (steps[k] !== steps[k - 1]) odd++;
    return odd < 0.4 * length ? BY_PIECES : BY_DAYS;
  }

  /** The step that a shape had last in this column; `otherwise` where it has not come up. */
  #likeShape(shape: number, otherwise: number): number {
    return this.#givenIn[shape & 0xffff] === this.#column ? this.#given[shape & 0xffff] : otherwise;
  }

  #learnShape(shape: number, step: number): number {
    this.#givenIn[shape & 0xffff] = this.#column;
    this.#given[shape & 0xffff] = step;
    return 1;
  }

  /** Each step is as guessed, or as the one before, or as one that came up lately; or it is another. @returns whether all are steps */
  #codePieces(coder: BitCoder, kind: number, steps: Int16Array, shape: Int16Array | undefined): boolean {
    const { length } = steps;
    const perDay = length / 7;
    const each = length / this.#hours;
    const recent = this.#recent;
    let known = 0;
    let hit = 1;
    let offset = 0;
    let lastOff = 0;
    this.#column++;
    for (let k = 0; k < length; k++) {
      const before = k === 0 ? 0 : steps[k - 1];
      let by = k < perDay ? LAST : DAY_BEFORE;
      let guess = k < perDay ? before : steps[k - perDay] + offset;
      if (shape !== undefined && this.#givenIn[shape[k] & 0xffff] === this.#column) {
        by = LIKE_SHAPE;
        guess = this.#given[shape[k] & 0xffff];
      }
      const edge = k % each === 0 ? 1 : 0;
      let step = steps[k];
      hit = 1 - coder.bit(kind + HIT + (by * 2 + hit) * 2 + edge, step === guess ? 0 : 1);
      if (hit === 1) step = guess;
      else if (before !== guess && coder.bit(kind + SAME + by, step === before ? 0 : 1) === 0) step = before;
      else step = codeRecent(coder, kind, step, { by: by * 2 + edge, guess, before, recent, known });
      steps[k] = step;
      if (steps[k] !== step) return false;
      if (k >= perDay) {
        const off = step - steps[k - perDay];
        if (off === lastOff || k % perDay === 0) offset = off;
        lastOff = off;
      }
      if (known === 0 || recent[0] !== step) known = toFront(recent, known, step);
      if (shape !== undefined) this.#learnShape(shape[k], step);
    }
    return true;
  }
}

/** What a step that is neither as guessed nor as the one before is told apart by. */
interface Others {
  readonly by: number;
  readonly guess: number;
  readonly before: number;
  readonly recent: Int32Array;
  readonly known: number;
}

function codeRecent(coder: BitCoder, kind: number, step: number, { by, guess, before, recent, known }: Others): number {
  let others = 0;
  let place = -1;
  for (let i = 0; i < known && others < RECENT; i++) {
    if (recent[i] === guess || recent[i] === before) continue;
    if (recent[i] === step) place = others;
    others++;
  }
  if (others > 0 && coder.bit(kind + SEEN + by, place >= 0 ? 0 : 1) === 0) {
    let at = 0;
    while (at < others - 1 && coder.bit(kind + PLACE + at, at === place ? 0 : 1) === 1) at++;
    for (let i = 0; ; i++) {
      if (recent[i] === guess || recent[i] === before) continue;
      if (at-- === 0) return recent[i];
    }
  }
  return guess + codeResidual(coder, kind, 1, step - guess);
}

function toFront(recent: Int32Array, known: number, step: number): number {
  let at = 0;
  while (at < known && recent[at] !== step) at++;
  const last = Math.min(at, recent.length - 1);
  for (let i = last; i > 0; i--) recent[i] = recent[i - 1];
  recent[0] = step;
  return Math.max(known, last + 1);
}

/** Each step by what it differs from the day before, whose own change from the one before it may repeat. @returns whether all are steps */
function codeByDays(coder: BitCoder, kind: number, steps: Int16Array): boolean {
  const perDay = Math.max(1, steps.length / 7);
  let context = 0;
  for (let k = 0; k < steps.length; k++) {
    let guess = k === 0 ? 0 : steps[k - 1];
    if (k === perDay) guess = steps[0];
    else if (k > perDay) guess = steps[k - perDay] + steps[k - 1] - steps[k - perDay - 1];
    const residual = codeResidual(coder, kind, context, steps[k] - guess);
    const step = guess + residual;
    if (step < LEAST || step > MOST) return false;
    steps[k] = step;
    context = Math.min(CONTEXTS - 1, Math.abs(residual));
  }
  return true;
}

/** The length of a whole number by its context, and its bits below the highest: the first ones have odds of their own, the last are nearly even. */
function codeResidual(coder: BitCoder, kind: number, context: number, residual: number): number {
  const value = residual >= 0 ? 2 * residual : -2 * residual - 1;
  const bits = value === 0 ? 0 : 32 - Math.clz32(value);
  const lengths = kind + RESIDUAL + context * LENGTHS;
  let length = 0;
  while (length < LENGTHS - 1 && coder.bit(lengths + length, length < bits ? 1 : 0) === 1) length++;
  let found = length === 0 ? 0 : 1;
  for (let b = 1; b < length; b++) {
    const at = kind + RESIDUAL + (CONTEXTS + Math.min(b, 3)) * LENGTHS + length;
    found = found * 2 + coder.bit(at, (value >>> (length - 1 - b)) & 1);
  }
  return found % 2 === 0 ? found / 2 : -(found + 1) / 2;
}

function isAlike(a: Int16Array, b: Int16Array): boolean {
  return a.length === b.length && a.every((step, k) => step === b[k]);
}
