import { type ByteReader, ByteWriter } from '../../series/bytes.js';
import type { TimeGrid } from '../../time/grid.js';
import { gridEnd } from '../../time/grid.js';
import { weekSlots } from '../../time/week.js';
import { windowsOf } from '../windows.js';
import { Arena } from './arena.js';
import type { Form, Known } from './fields.js';
import { type KeptModel, type ModelColumns, modelColumns, type RowModel } from './model.js';
import { PROFILE_KINDS, ProfileCodec } from './profile-codec.js';
import { flatProfile, KeptProfile, slotsPerHour } from './quantized-profile.js';
import { type BitCoder, codeTree, RangeDecoder, RangeEncoder } from './range-coder.js';
import { averageRate, RATE, RATE_STATE } from './rate-filter.js';
import { shortNumber } from './short-numbers.js';

// Kinds of bits: of the form of a model, of each of its numbers (whether it is as guessed, and if not whether it is as it was last)
// and the first byte of one that is neither.
const FLAT = 0;
const FULL = 1;
/** The first of those of fields that may be missing. */
const OPTIONAL = 2;
const PER_NUMBER = 8;
const PER_BYTE = 256;

/**
 * The bytes of the models of one baseline. A fit rounds their numbers to 24 bits before anything uses them (see
 * {@link roundedModel}), and most of those of a sparse row are what little history leaves them at, or what the row before has. What
 * says so, profiles, and the first bytes of other numbers (sign and size) are coded in one piece for all rows, by what came up in
 * those before; what is left of the numbers stands behind it.
 */
export class ModelCodec {
  readonly #grid: TimeGrid;
  readonly #perWeek: number;
  readonly #columns: ModelColumns;
  readonly #flat: KeptProfile;
  readonly #profiles: ProfileCodec;
  /** The first kinds of bits of numbers, of their first bytes; all kinds. */
  readonly #numbersAt: number;
  readonly #bytesAt: number;
  readonly #kinds: number;
  readonly #known: Known;
  /** Of `#known`, the rate filters. */
  readonly #level: Float64Array;
  /** By number, the last that was neither as guessed nor as this. */
  readonly #last: Float64Array;
  /** Profiles of one entry a column that were read: a quarter of an organisation's rows share them. */
  readonly #even = new Map<string, KeptProfile>();
  /** Working space. */
  readonly #four = new DataView(new ArrayBuffer(4));

  constructor(grid: TimeGrid, columns = modelColumns(windowsOf(grid.step).spans.length)) {
    this.#grid = grid;
    this.#perWeek = weekSlots(grid.step).perWeek;
    this.#columns = columns;
    this.#flat = flatProfile(this.#perWeek);
    this.#numbersAt = OPTIONAL + 2 * columns.optional.length;
    this.#bytesAt = this.#numbersAt + PER_NUMBER * columns.size;
    const profilesAt = this.#bytesAt + PER_BYTE * columns.size;
    this.#kinds = profilesAt + PROFILE_KINDS;
    this.#profiles = new ProfileCodec(this.#perWeek, this.#perWeek / slotsPerHour(this.#perWeek), profilesAt);
    this.#last = new Float64Array(columns.size);
    const { size, at } = columns;
    const numbers = new Float64Array(size);
    this.#known = { numbers, at, step: grid.step, end: gridEnd(grid) };
    this.#level = numbers.subarray(at['level'], at['level'] + RATE_STATE);
  }

  write(writer: ByteWriter, models: readonly RowModel[]): void {
    const coder = new RangeEncoder(this.#kinds);
    const rest = new ByteWriter();
    this.#last.fill(0);
    for (const model of models) this.#writeModel(coder, rest, model);
    const coded = coder.finish();
    writer.varint(coded.length);
    writer.bytes(coded);
    writer.bytes(rest.toBytes());
  }

  #writeModel(coder: BitCoder, rest: ByteWriter, model: RowModel): void {
    const { forms, optional, required } = this.#columns;
    const { numbers } = this.#known;
    this.#columns.put(model, numbers);
    const isShort = required.every((i) => this.#isShort(forms[i], numbers[i])) && this.#hasItsAverage();
    const { isFlat } = model.profile;
    const flat = coder.bit(FLAT, isFlat ? 1 : 0);
    coder.bit(FULL, isShort ? 0 : 1);
    for (const [o, { kind, name, from, to }] of optional.entries()) {
      const isThere = kind.isMissing?.(model[name as keyof RowModel]) === false;
      if (coder.bit(OPTIONAL + 2 * o + flat, isThere ? 1 : 0) === 0) continue;
      for (let i = from; i < to; i++) {
        if (forms[i] === 'whole') rest.varint(numbers[i]);
        else rest.float24(numbers[i]);
      }
    }
    if (!isFlat) this.#profiles.code(coder, model.profile.columns, never);
    if (isShort) this.#writeNumbers(coder, rest, flat);
    else for (const i of required) rest.float64(numbers[i]);
  }

  #writeNumbers(coder: BitCoder, rest: ByteWriter, flat: number): void {
    const { forms, short } = this.#columns;
    const { numbers } = this.#known;
    const last = this.#last;
    let before = 0;
    for (const i of short) {
      const value = numbers[i];
      const kind = this.#numbersAt + PER_NUMBER * i + 4 * flat + 2 * before;
      before = coder.bit(kind, Object.is(value, this.#columns.guess(i, this.#known)) ? 0 : 1);
      if (before === 0 || coder.bit(kind + 1, Object.is(value, last[i]) ? 0 : 1) === 0) continue;
      last[i] = value;
      if (forms[i] === 'float') {
        this.#four.setFloat32(0, value);
        codeTree(coder, this.#bytesAt + PER_BYTE * i, 8, this.#four.getUint8(0));
        rest.uint8(this.#four.getUint8(1));
        rest.uint8(this.#four.getUint8(2));
      } else rest.varint(forms[i] === 'time' ? bucketOf(value, this.#grid) : value);
    }
  }

  /** @param count of the models */
  read(reader: ByteReader, count: number): KeptModel[] {
    const fail = (what: string) => reader.fail(what);
    const coder = new RangeDecoder(this.#kinds, reader.bytes(reader.varint()), fail);
    const table = new Arena();
    const models: KeptModel[] = [];
    this.#last.fill(0);
    while (models.length < count) {
      const profile = this.#readModel(coder, reader, fail);
      const at = table.reserve(this.#columns.size);
      table.piece.set(this.#known.numbers, at);
      models.push(this.#columns.keptAt(table.piece, at, profile));
    }
    return models;
  }

  /** Fills `#known` with the numbers of the next model. @returns its profile */
  #readModel(coder: BitCoder, rest: ByteReader, fail: (what: string) => never): KeptProfile {
    const { forms, optional, required } = this.#columns;
    const { numbers } = this.#known;
    numbers.fill(0);
    const flat = coder.bit(FLAT, 0);
    const isFull = coder.bit(FULL, 0) === 1;
    for (const [o, { from, to }] of optional.entries()) {
      if (coder.bit(OPTIONAL + 2 * o + flat, 0) === 0) continue;
      for (let i = from; i < to; i++) numbers[i] = forms[i] === 'whole' ? rest.varint() : rest.float24();
    }
    const profile = flat === 1 ? this.#flat : this.#readProfile(coder, fail);
    if (isFull) for (const i of required) numbers[i] = rest.float64();
    else {
      this.#readNumbers(coder, rest, flat);
      averageRate(this.#level, numbers[this.#columns.at['anchor']]);
    }
    return profile;
  }

  #readProfile(coder: BitCoder, fail: (what: string) => never): KeptProfile {
    const [shape, variance, hours] = this.#profiles.code(coder, undefined, fail);
    const isOne = shape.length === 1 && variance.length === 1 && hours.length === 1;
    const id = isOne ? `${shape[0]} ${variance[0]} ${hours[0]}` : '';
    const known = isOne ? this.#even.get(id) : undefined;
    if (known !== undefined) return known;
    const profile = new KeptProfile(this.#perWeek, slotsPerHour(this.#perWeek), shape, variance, hours);
    if (isOne) this.#even.set(id, profile);
    return profile;
  }

  #readNumbers(coder: BitCoder, rest: ByteReader, flat: number): void {
    const { forms, short } = this.#columns;
    const { numbers } = this.#known;
    const last = this.#last;
    let before = 0;
    for (const i of short) {
      const kind = this.#numbersAt + PER_NUMBER * i + 4 * flat + 2 * before;
      before = coder.bit(kind, 0);
      if (before === 0) numbers[i] = this.#columns.guess(i, this.#known);
      else if (coder.bit(kind + 1, 0) === 0) numbers[i] = last[i];
      else {
        if (forms[i] === 'float') {
          this.#four.setUint8(0, codeTree(coder, this.#bytesAt + PER_BYTE * i, 8, 0));
          this.#four.setUint8(1, rest.uint8());
          this.#four.setUint8(2, rest.uint8());
          this.#four.setUint8(3, 0);
          numbers[i] = this.#four.getFloat32(0);
        } else numbers[i] = forms[i] === 'time' ? timeOf(rest.varint(), this.#grid) : rest.varint();
        last[i] = numbers[i];
      }
    }
  }

  /** Whether the average of the filters is what follows from them. */
  #hasItsAverage(): boolean {
    const again = this.#level.slice();
    averageRate(again, this.#known.numbers[this.#columns.at['anchor']]);
    return Object.is(again[RATE], this.#level[RATE]);
  }

  /** Whether a number comes back from its short form. */
  #isShort(form: Form, value: number): boolean {
    if (form === 'float') return Object.is(value, shortNumber(value));
    const whole = form === 'time' ? bucketOf(value, this.#grid) : value;
    return form === 'derived' || (Number.isSafeInteger(whole) && whole >= 0);
  }
}

/** What is written is as it should be. */
function never(what: string): never {
  throw new Error(what);
}

/** 1 + the bucket of the history that begins at `time`, 0 for NaN; neither whole nor positive of a time that is none of its. */
function bucketOf(time: number, { start, step }: TimeGrid): number {
  if (Number.isNaN(time)) return 0;
  const bucket = (time - start) / step;
  return bucket >= 0 ? bucket + 1 : -1;
}

function timeOf(bucket: number, { start, step }: TimeGrid): number {
  return bucket === 0 ? Number.NaN : start + (bucket - 1) * step;
}
