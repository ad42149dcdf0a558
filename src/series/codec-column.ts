import type { ByteReader, ByteWriter } from './bytes.js';
import {
  deltas,
  type Form,
  float32s,
  float64s,
  float64Value,
  packed,
  runs,
  signedValue,
  sparse,
  varints,
  varintValue,
} from './codec-forms.js';

/** The typed arrays that a column may be. */
export type Column = Int8Array | Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/**
 * Entries per chunk. Each chunk takes the form that suits it best, so a busy row and a silent one do not spoil each
 * other's, and no column needs more than this much scratch.
 */
const CHUNK = 4096;

/** No form holds a chunk in less than its tag and one byte. */
const LEAST_CHUNK_BYTES = 2;

/** By tag. The order is part of the format: new forms go at the end. */
const FORMS: readonly Form[] = [
  sparse(varintValue),
  runs(signedValue),
  varints,
  deltas,
  packed,
  sparse(float64Value),
  runs(float64Value),
  float32s,
  float64s,
];
const WHOLE = [0, 1, 2, 3, 4];
const FRACTIONAL = [5, 6, 7, 8];

/**
 * A typed array: its length, then chunks of 4,096 entries, each in the smallest of several forms after a byte that
 * names the form. Nothing is lost: NaN, -0 and infinities come back (all NaNs as one).
 */
export function writeColumn(writer: ByteWriter, column: Column): void {
  writer.varint(column.length);
  const scratch = new Float64Array(Math.min(CHUNK, column.length));
  for (let from = 0; from < column.length; from += CHUNK) {
    const part = column.subarray(from, from + CHUNK);
    const chunk = scratch.subarray(0, part.length);
    chunk.set(part);
    writeChunk(writer, chunk);
  }
}

function writeChunk(writer: ByteWriter, chunk: Float64Array): void {
  let best = -1;
  let least = Infinity;
  for (const tag of chunk.every(isWhole) ? WHOLE : FRACTIONAL) {
    const size = FORMS[tag].size(chunk);
    if (size >= least) continue;
    best = tag;
    least = size;
  }
  writer.uint8(best);
  FORMS[best].write(writer, chunk);
}

/** True for what the forms of whole numbers give back as it was: -0 they would not. */
function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/**
 * Reads a column into a fresh array of the given kind.
 * @param name what to call the column in an error
 * @param length the entries it must have, where the caller knows
 * @throws FormatError when the length is another, when the bytes left cannot hold it, or an entry does not fit the kind
 */
export function readColumn<A extends Column>(
  reader: ByteReader,
  kind: new (length: number) => A,
  name: string,
  length?: number,
): A {
  const found = reader.varint();
  if (length !== undefined && found !== length) reader.fail(`${name} with ${found} entries where ${length} are needed`);
  // Asked before anything is allocated: a wrong length must not take the memory.
  if (Math.ceil(found / CHUNK) * LEAST_CHUNK_BYTES > reader.remaining) {
    reader.fail(`${name} with ${found} entries, more than the ${reader.remaining} bytes left can hold`);
  }
  const column = allocate(reader, kind, name, found);
  const scratch = new Float64Array(Math.min(CHUNK, found));
  for (let from = 0; from < found; from += CHUNK) {
    const chunk = scratch.subarray(0, Math.min(CHUNK, found - from));
    const tag = reader.uint8();
    const form = FORMS[tag] ?? reader.fail(`${name} in a form ${tag} that is unknown`);
    form.read(reader, chunk);
    column.set(chunk, from);
    if (kind.name === 'Float64Array') continue;
    // Typed arrays wrap in silence.
    const fits = chunk.every((value, i) => Object.is(value, column[from + i]));
    if (!fits) reader.fail(`${name} with an entry that no ${kind.name} holds`);
  }
  return column;
}

function allocate<A extends Column>(
  reader: ByteReader,
  kind: new (length: number) => A,
  name: string,
  length: number,
): A {
  try {
    return new kind(length);
  } catch {
    return reader.fail(`${name} with ${length} entries, more than this machine has memory for`);
  }
}
