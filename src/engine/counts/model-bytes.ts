import type { ByteReader, ByteWriter } from '../../series/bytes.js';
import type { TimeGrid } from '../../time/grid.js';
import { weekSlots } from '../../time/week.js';
import { windowsOf } from '../windows.js';
import { Arena } from './arena.js';
import type { Form } from './fields.js';
import { type ModelColumns, modelColumns, type RowModel, withAverage } from './model.js';
import { readSteps, writeSteps } from './profile-codec.js';
import { flatProfile, KeptProfile, slotsPerHour } from './quantized-profile.js';
import { averageRate, RATE } from './rate-filter.js';
import { shortNumber } from './short-numbers.js';

/** How a model is written: bits of its first byte. */
const FLAT = 1;
/** Every number in full: one that merging made has no shorter form. */
const FULL = 2;
/** The first of the bits of fields that may be missing, in the order of the table. */
const FIRST_OPTIONAL = 4;

/**
 * The bytes of the models of one baseline. A fit rounds their numbers to 24 bits before anything uses them (see
 * {@link roundedModel}), and most of those of a sparse row are what little history leaves them at: a bit each says which,
 * and the others take three bytes.
 */
export class ModelCodec {
  readonly #grid: TimeGrid;
  readonly #perWeek: number;
  readonly #columns: ModelColumns;
  readonly #flat: KeptProfile;
  readonly #arena = new Arena();

  constructor(grid: TimeGrid, columns = modelColumns(windowsOf(grid.step).spans.length)) {
    this.#grid = grid;
    this.#perWeek = weekSlots(grid.step).perWeek;
    this.#columns = columns;
    this.#flat = flatProfile(this.#perWeek);
  }

  write(writer: ByteWriter, model: RowModel): void {
    const { forms, optional, required, whole, size } = this.#columns;
    const numbers = this.#columns.put(model, new Float64Array(size));
    const isShort = required.every((i) => this.#isShort(forms[i], numbers[i])) && hasItsAverage(model);
    const isThere = optional.map(({ kind, name }) => kind.isMissing?.(model[name as keyof RowModel]) === false);
    const { isFlat } = model.profile;
    const bits = isThere.reduce((sum, is, o) => sum + (is ? FIRST_OPTIONAL << o : 0), 0);
    writer.uint8((isFlat ? FLAT : 0) | (isShort ? 0 : FULL) | bits);
    for (const [o, { from, to }] of optional.entries()) {
      if (!isThere[o]) continue;
      for (let i = from; i < to; i++) {
        if (forms[i] === 'whole') writer.varint(numbers[i]);
        else writer.float24(numbers[i]);
      }
    }
    if (!isFlat) for (const steps of model.profile.columns) writeSteps(writer, steps);
    if (!isShort) {
      for (const i of required) writer.float64(numbers[i]);
      return;
    }
    for (const i of whole) writer.varint(forms[i] === 'time' ? bucketOf(numbers[i], this.#grid) : numbers[i]);
    this.#writeFloats(writer, numbers);
  }

  #writeFloats(writer: ByteWriter, numbers: Float64Array): void {
    const { floats } = this.#columns;
    const known = { numbers, at: this.#columns.at, step: this.#grid.step };
    const flags = new Uint8Array(Math.ceil(floats.length / 8));
    const others: number[] = [];
    for (const [f, i] of floats.entries()) {
      if (Object.is(numbers[i], this.#columns.guess(i, known))) continue;
      flags[f >> 3] |= 1 << (f & 7);
      others.push(numbers[i]);
    }
    writer.bytes(flags);
    for (const value of others) writer.float24(value);
  }

  read(reader: ByteReader): RowModel {
    const { forms, optional, required, whole, size } = this.#columns;
    const form = reader.uint8();
    if (form >= FIRST_OPTIONAL << optional.length) reader.fail('a model in a form that is unknown');
    const numbers = new Float64Array(size);
    for (const [o, { from, to }] of optional.entries()) {
      if ((form & (FIRST_OPTIONAL << o)) === 0) continue;
      for (let i = from; i < to; i++) numbers[i] = forms[i] === 'whole' ? reader.varint() : reader.float24();
    }
    const profile = (form & FLAT) !== 0 ? this.#flat : this.#readProfile(reader);
    if ((form & FULL) !== 0) {
      for (const i of required) numbers[i] = reader.float64();
      return { ...this.#columns.take(numbers, 0, this.#arena), profile };
    }
    for (const i of whole) numbers[i] = forms[i] === 'time' ? timeOf(reader.varint(), this.#grid) : reader.varint();
    this.#readFloats(reader, numbers);
    return withAverage({ ...this.#columns.take(numbers, 0, this.#arena), profile });
  }

  #readProfile(reader: ByteReader): KeptProfile {
    const each = slotsPerHour(this.#perWeek);
    const hours = this.#perWeek / each;
    const slots = [this.#perWeek, hours];
    const shape = readSteps(reader, slots, 'shape');
    const variance = readSteps(reader, slots, 'variance');
    return new KeptProfile(this.#perWeek, each, shape, variance, readSteps(reader, [hours], 'hourVariance'));
  }

  #readFloats(reader: ByteReader, numbers: Float64Array): void {
    const { floats } = this.#columns;
    const known = { numbers, at: this.#columns.at, step: this.#grid.step };
    const flags = reader.bytes(Math.ceil(floats.length / 8));
    for (const [f, i] of floats.entries()) {
      const isOther = (flags[f >> 3] & (1 << (f & 7))) !== 0;
      numbers[i] = isOther ? reader.float24() : this.#columns.guess(i, known);
    }
  }

  /** Whether a number comes back from its short form. */
  #isShort(form: Form, value: number): boolean {
    if (form === 'float') return Object.is(value, shortNumber(value));
    const whole = form === 'time' ? bucketOf(value, this.#grid) : value;
    return form === 'derived' || (Number.isSafeInteger(whole) && whole >= 0);
  }
}

function hasItsAverage({ level, anchor }: RowModel): boolean {
  const again = level.slice();
  averageRate(again, anchor);
  return Object.is(again[RATE], level[RATE]);
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
