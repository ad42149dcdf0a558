import type { ByteReader, ByteWriter } from '../../../series/bytes.js';
import { type GuessSpace, readGuessed, writeGuessed } from '../../guessed-column.js';
import type { Windows } from '../../windows.js';
import type { Arena } from '../arena.js';
import type { RowModel } from '../model.js';
import type { KeptProfile } from '../quantized-profile.js';
import { BLOCK, DERIVED, layoutOf, PER_BLOCK, PER_BUCKET, RING, RING_INDEX, WRITTEN } from './state.js';
import { shapePriorOf } from './young-hours.js';

/** What the state of a row is guessed by. */
export interface StateContext {
  readonly windows: Windows;
  /** The end of the buckets that made the states, and the week slots of those before it by the row's zone, the last one last. */
  readonly time: number;
  readonly slots: Int32Array;
}

/** Buckets before its time that a {@link StateContext} needs the slots of. */
export function slotsBack({ step, block, hourBuckets, blocks }: Windows): number {
  return Math.ceil(((Math.max(0, ...blocks) + 1) * block) / step) + 2 * hourBuckets;
}

/** What follows the first part of states of one length: in the order in which it is written, and guessed. */
class Columns {
  readonly length: number;
  readonly ordered: Float64Array;
  readonly guesses: Float64Array;
  /** Series without a profile have the same exposures, and most of an organisation are such: guessed once, not row by row. */
  readonly flat: Float64Array;
  flatFor: StateContext | undefined;
  flatIndex = Number.NaN;
  flatBlock = Number.NaN;
  /** Of all rows of a detector, which are in the same block. */
  order: Int32Array | undefined;
  orderBlock = Number.NaN;

  constructor(length: number) {
    this.length = length;
    this.ordered = new Float64Array(length - RING);
    this.guesses = new Float64Array(length - RING);
    this.flat = new Float64Array(length - RING);
  }
}

/** Writes and reads the states of rows of counts, see {@link writeGuessed}. A row that sleeps has the first part of one only. */
export class StateCodec {
  readonly #none = new Float64Array(WRITTEN);
  readonly #columns: Columns[] = [];
  readonly #space: GuessSpace;

  constructor(space: GuessSpace) {
    this.#space = space;
  }

  /** @param length of the state in `state`, which may hold more: a view of it would take as long as to write it (Node 20) */
  write(writer: ByteWriter, state: Float64Array, length: number, model: RowModel, context: StateContext): void {
    writer.varint(length);
    writeGuessed(writer, state, this.#none, this.#space, WRITTEN);
    if (length === RING) return;
    const columns = this.#columnsOf(length);
    const guesses = guessesOf(columns, state, model, context);
    const order = orderOf(columns, context.windows, state[BLOCK]);
    const { ordered } = columns;
    for (let i = 0; i < order.length; i++) ordered[i] = state[order[i]];
    writeGuessed(writer, ordered, guesses, this.#space);
  }

  read(reader: ByteReader, model: RowModel, context: StateContext, arena: Arena): Float64Array {
    const length = reader.varint();
    const { length: whole, youngLength } = layoutOf(context.windows);
    const awake = shapePriorOf(model, context.windows) > 0 ? youngLength : whole;
    if (length !== RING && length !== awake) reader.fail(`a state of ${length} entries`);
    // With room for what follows from it: the tracker takes it as it is.
    const state = arena.take(length === RING ? RING : length + DERIVED);
    readGuessed(reader, state.subarray(0, WRITTEN), this.#none, this.#space);
    if (length === RING) return state;
    const columns = this.#columnsOf(length);
    const guesses = guessesOf(columns, state, model, context);
    const order = orderOf(columns, context.windows, state[BLOCK]);
    const { ordered } = columns;
    readGuessed(reader, ordered, guesses, this.#space);
    for (let i = 0; i < order.length; i++) state[order[i]] = ordered[i];
    return state;
  }

  #columnsOf(length: number): Columns {
    let columns = this.#columns.find((known) => known.length === length);
    if (columns === undefined) {
      columns = new Columns(length);
      this.#columns.push(columns);
    }
    return columns;
  }
}

/** The places of what follows the first part, as it is written. */
function orderOf(columns: Columns, windows: Windows, block: number): Int32Array {
  const isKnown = columns.orderBlock === block || Number.isNaN(columns.orderBlock + block);
  if (columns.order !== undefined && isKnown) return columns.order;
  columns.order = makeOrder(windows, block, columns.length);
  columns.orderBlock = block;
  return columns.order;
}

/** Guesses what follows the first part of a state. */
function guessesOf(columns: Columns, state: Float64Array, model: RowModel, context: StateContext): Float64Array {
  if (!model.profile.isFlat) {
    guessRings(state, model, context, columns.guesses);
    return columns.guesses;
  }
  const isSame =
    columns.flatFor === context &&
    columns.flatIndex === state[RING_INDEX] &&
    Object.is(columns.flatBlock, state[BLOCK]);
  if (!isSame) {
    guessRings(state, model, context, columns.flat);
    columns.flatFor = context;
    columns.flatIndex = state[RING_INDEX];
    columns.flatBlock = state[BLOCK];
  }
  return columns.flat;
}

/** The places of a state after its first part, column after column, blocks from the oldest to the newest. */
function makeOrder(windows: Windows, block: number, length: number): Int32Array {
  const { ringBlocks, blocksAt, length: whole } = layoutOf(windows);
  const places = (blocksAt - RING) / PER_BUCKET;
  const order = new Int32Array(length - RING);
  let at = 0;
  for (let field = 0; field < PER_BUCKET; field++) {
    for (let k = 0; k < places; k++) order[at++] = RING + PER_BUCKET * k + field;
  }
  const first = Number.isNaN(block) || ringBlocks === 0 ? 0 : ((block % ringBlocks) + ringBlocks) % ringBlocks;
  for (let field = 0; field < PER_BLOCK; field++) {
    for (let k = 0; k < ringBlocks; k++) order[at++] = blocksAt + PER_BLOCK * ((first + k) % ringBlocks) + field;
  }
  for (let k = whole; k < length; k++) order[at++] = k;
  return order;
}

/** What the rings of a row that was heard of all along, by its own clock, hold of exposures; NaN for the one before. */
function guessRings(
  state: Float64Array,
  { profile }: RowModel,
  { windows, time, slots }: StateContext,
  guesses: Float64Array,
): void {
  const { hourBuckets, block, step } = windows;
  const { ringBlocks, blocksAt } = layoutOf(windows);
  const places = (blocksAt - RING) / PER_BUCKET;
  guesses.fill(0);
  const slotAt = (back: number) => slots[slots.length - back];
  const at = state[RING_INDEX];
  let x = 0;
  let v = 0;
  for (let k = hourBuckets - 1; k >= 0; k--) {
    // Places before AT hold buckets of this round, the others sums of the one before from there to its end.
    const slot = slotAt(k < at ? at - k : at + hourBuckets - k);
    const shape = profile.shapeAt(slot);
    x = k < at ? shape : x + shape;
    v = k < at ? shape * profile.hourVarianceAt(slot) : v + shape * profile.hourVarianceAt(slot);
    guesses[places + k] = x;
    guesses[2 * places + k] = v;
  }
  const from = PER_BUCKET * places;
  for (let k = 0; k < ringBlocks; k++) {
    const number = state[BLOCK] - ringBlocks + k;
    const begin = Math.ceil((time - number * block) / step);
    const n = begin <= slots.length ? begin - Math.max(0, Math.floor(begin - block / step)) : 0;
    let sumX = 0;
    let sumV = 0;
    const first = slotAt(begin);
    if (n > 0 && isAlike(profile, first, slotAt(begin - n + 1), n)) {
      const shape = profile.shapeAt(first);
      const doubt = shape * profile.hourVarianceAt(first);
      for (let j = 0; j < n; j++) {
        sumX += shape;
        sumV += doubt;
      }
    } else {
      for (let back = begin; back > begin - n; back--) {
        const shape = profile.shapeAt(slotAt(back));
        sumX += shape;
        sumV += shape * profile.hourVarianceAt(slotAt(back));
      }
    }
    guesses[from + ringBlocks + k] = sumX;
    guesses[from + 2 * ringBlocks + k] = sumV;
    guesses[from + 3 * ringBlocks + k] = Number.NaN;
    guesses[from + 4 * ringBlocks + k] = Number.NaN;
  }
}

/** Whether slots `first` to `last`, `n` of them, have one shape and one variance of the hour: those of an hour mostly do. */
function isAlike(
  { each, perWeek, shapeSteps, hourSteps }: KeptProfile,
  first: number,
  last: number,
  n: number,
): boolean {
  if (shapeSteps.length === 1 && hourSteps.length === 1) return true;
  if (each === 1 || shapeSteps.length === perWeek || hourSteps.length === perWeek) return false;
  return last - first === n - 1 && Math.floor(first / each) === Math.floor(last / each);
}
