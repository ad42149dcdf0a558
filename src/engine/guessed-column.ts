import type { ByteReader, ByteWriter } from '../series/bytes.js';

/** How a run of entries is written; the order is part of the format. */
const SAME = 0; // as guessed: nothing
const ZERO = 1; // nothing
const WHOLE = 2; // a whole number, as a varint
const NEAR = 3; // the guess's sign, exponent and first four bits of the fraction; six bytes
const FULL = 4; // eight bytes

/**
 * A value and a guess as bytes, to compare and to cut: of whoever writes or reads many columns, since to make one takes
 * longer than a column of a quiet row (Node 20).
 */
export class GuessSpace {
  readonly view = new DataView(new ArrayBuffer(16));
  readonly bytes = new Uint8Array(this.view.buffer);
}

/** Whether the highest two bytes are the same. */
function isNear(value: number, guess: number, view: DataView): boolean {
  view.setFloat64(0, value, true);
  view.setFloat64(8, guess, true);
  return view.getUint16(6, true) === view.getUint16(14, true);
}

function formOf(value: number, guess: number, view: DataView): number {
  // Nearly all of a quiet row.
  if (value === guess && value !== 0) return SAME;
  if (value === 0 || guess === 0 || Number.isNaN(value)) {
    if (Object.is(value, guess)) return SAME;
    if (Object.is(value, 0)) return ZERO;
  }
  if (value > 0 && value < 2 ** 35 && value === Math.floor(value)) return WHOLE;
  return !Number.isNaN(value) && isNear(value, guess, view) ? NEAR : FULL;
}

/** A guess of NaN stands for the entry before. */
function guessAt(i: number, values: Float64Array, guesses: Float64Array): number {
  return Number.isNaN(guesses[i]) && i > 0 ? values[i - 1] : guesses[i];
}

/** The end of a run of entries that are as guessed, or an entry of it: most of a quiet row, in a tenth of the time. */
function endOfSame(from: number, length: number, values: Float64Array, guesses: Float64Array): number {
  let to = from;
  for (; to < length; to++) {
    const value = values[to];
    const guess = guesses[to];
    const isSame = value === guess || (Number.isNaN(guess) && value === values[to - 1]);
    if (!isSame || value === 0) break;
  }
  return to;
}

/**
 * Doubles, each beside a guess that the reader can make too: runs of entries of one form, a byte or two for each run.
 * Nothing is lost. What is known of a calm row's rings (exposures by its profile, every hour's level near the one before)
 * makes 1,600 bytes of state some 500.
 * @param length entries of `values` that are written, the first ones
 */
export function writeGuessed(
  writer: ByteWriter,
  values: Float64Array,
  guesses: Float64Array,
  { view }: GuessSpace,
  length = values.length,
): void {
  let next = length > 0 ? formOf(values[0], guesses[0], view) : SAME;
  for (let from = 0; from < length; ) {
    const form = next;
    let to = form === SAME ? endOfSame(from + 1, length, values, guesses) : from + 1;
    for (; to < length; to++) {
      next = formOf(values[to], guessAt(to, values, guesses), view);
      if (next !== form) break;
    }
    writer.varint((to - from) * 8 + form);
    for (; from < to; from++) {
      if (form === WHOLE) writer.varint(values[from]);
      else if (form === FULL) writer.float64(values[from]);
      // A part of an array for each was 100 bytes of garbage, and a midnight of 100,000 rows 0.4 GB of it (Node 20).
      else if (form === NEAR) writer.lowFloat64(values[from]);
    }
  }
}

/** Fills `values`, of the length that was written. */
export function readGuessed(
  reader: ByteReader,
  values: Float64Array,
  guesses: Float64Array,
  { view, bytes }: GuessSpace,
): void {
  for (let from = 0; from < values.length; ) {
    const head = reader.varint();
    const form = head % 8;
    const to = from + Math.floor(head / 8);
    if (form > FULL || to === from || to > values.length) reader.fail('a state in a form that is unknown');
    for (; from < to; from++) {
      if (form === SAME) values[from] = guessAt(from, values, guesses);
      else if (form === ZERO) values[from] = 0;
      else if (form === WHOLE) values[from] = reader.varint();
      else if (form === FULL) values[from] = reader.float64();
      else {
        view.setFloat64(0, guessAt(from, values, guesses), true);
        for (let k = 0; k < 6; k++) bytes[k] = reader.uint8();
        values[from] = view.getFloat64(0, true);
      }
    }
  }
}
