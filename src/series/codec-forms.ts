import { type ByteReader, type ByteWriter, signedSize, varintSize } from './bytes.js';

/** One way to write a chunk of a column. */
export interface Form {
  /** Bytes that `write` would take; Infinity where it cannot hold the chunk. */
  size(chunk: Float64Array): number;
  write(writer: ByteWriter, chunk: Float64Array): void;
  /** Fills the whole of `chunk`. */
  read(reader: ByteReader, chunk: Float64Array): void;
}

/** How a form writes one value. */
interface ValueCodec {
  size(value: number): number;
  write(writer: ByteWriter, value: number): void;
  read(reader: ByteReader): number;
}

export const varintValue: ValueCodec = {
  size: (value) => (value >= 0 ? varintSize(value) : Infinity),
  write: (writer, value) => writer.varint(value),
  read: (reader) => reader.varint(),
};

export const signedValue: ValueCodec = {
  size: signedSize,
  write: (writer, value) => writer.signed(value),
  read: (reader) => reader.signed(),
};

export const float64Value: ValueCodec = {
  size: () => 8,
  write: (writer, value) => writer.float64(value),
  read: (reader) => reader.float64(),
};

/** Entries that are 0 left out: how many are not, then for each the zeros before it and its value. */
export function sparse(value: ValueCodec): Form {
  return {
    size(chunk) {
      let size = 0;
      let named = 0;
      let next = 0;
      for (let i = 0; i < chunk.length; i++) {
        if (Object.is(chunk[i], 0)) continue;
        size += varintSize(i - next) + value.size(chunk[i]);
        named++;
        next = i + 1;
      }
      return size + varintSize(named);
    },
    write(writer, chunk) {
      let named = 0;
      for (let i = 0; i < chunk.length; i++) if (!Object.is(chunk[i], 0)) named++;
      writer.varint(named);
      let next = 0;
      for (let i = 0; i < chunk.length; i++) {
        if (Object.is(chunk[i], 0)) continue;
        writer.varint(i - next);
        value.write(writer, chunk[i]);
        next = i + 1;
      }
    },
    read(reader, chunk) {
      chunk.fill(0);
      let next = 0;
      for (let named = reader.varint(); named > 0; named--) {
        next += reader.varint();
        if (next >= chunk.length) reader.fail(`entry ${next} of a chunk of ${chunk.length}`);
        chunk[next++] = value.read(reader);
      }
    },
  };
}

/** Equal neighbours once: the value, then how many; 0 stands for "all that are left". */
export function runs(value: ValueCodec): Form {
  const endOf = (chunk: Float64Array, from: number): number => {
    let end = from + 1;
    while (end < chunk.length && Object.is(chunk[end], chunk[from])) end++;
    return end;
  };
  return {
    size(chunk) {
      let size = 0;
      for (let i = 0, end = 0; i < chunk.length; i = end) {
        end = endOf(chunk, i);
        size += value.size(chunk[i]) + (end === chunk.length ? 1 : varintSize(end - i));
      }
      return size;
    },
    write(writer, chunk) {
      for (let i = 0, end = 0; i < chunk.length; i = end) {
        end = endOf(chunk, i);
        value.write(writer, chunk[i]);
        writer.varint(end === chunk.length ? 0 : end - i);
      }
    },
    read(reader, chunk) {
      for (let i = 0; i < chunk.length; ) {
        const entry = value.read(reader);
        const run = reader.varint() || chunk.length - i;
        if (run > chunk.length - i) reader.fail(`a run of ${run} entries where ${chunk.length - i} are left`);
        chunk.fill(entry, i, i + run);
        i += run;
      }
    },
  };
}

function each(value: ValueCodec): Form {
  return {
    size: (chunk) => chunk.reduce((size, entry) => size + value.size(entry), 0),
    write(writer, chunk) {
      for (let i = 0; i < chunk.length; i++) value.write(writer, chunk[i]);
    },
    read(reader, chunk) {
      for (let i = 0; i < chunk.length; i++) chunk[i] = value.read(reader);
    },
  };
}

export const varints: Form = each(varintValue);

export const float64s: Form = each(float64Value);

/** Half the bytes where no entry has more digits than a float32 keeps. */
export const float32s: Form = each({
  size: (value) => (Object.is(Math.fround(value), value) ? 4 : Infinity),
  write: (writer, value) => writer.float32(value),
  read: (reader) => reader.float32(),
});

/** Each entry as its difference from the one before; the first from 0. For what grows. */
export const deltas: Form = {
  size(chunk) {
    let size = 0;
    let before = 0;
    for (let i = 0; i < chunk.length; i++) {
      const step = chunk[i] - before;
      // Differences of very large numbers of both signs leave what a double counts exactly.
      size += Number.isSafeInteger(step) ? signedSize(step) : Infinity;
      before = chunk[i];
    }
    return size;
  },
  write(writer, chunk) {
    let before = 0;
    for (let i = 0; i < chunk.length; i++) {
      writer.signed(chunk[i] - before);
      before = chunk[i];
    }
  },
  read(reader, chunk) {
    let value = 0;
    for (let i = 0; i < chunk.length; i++) {
      value += reader.signed();
      if (!Number.isSafeInteger(value)) reader.fail('a sum of differences beyond 2^53');
      chunk[i] = value;
    }
  },
};

/** Entries per block of {@link packed}: short enough that the width follows the time of day. */
const BLOCK = 128;

/**
 * Blocks of 128: the smallest entry, the bits that the others need above it, then those bits side by side, lowest
 * first ("frame of reference"; Goldstein, Ramakrishnan and Shaft, 1998). For counts: five bits for a mean of 20.
 */
export const packed: Form = {
  size(chunk) {
    let size = 0;
    for (let from = 0; from < chunk.length; from += BLOCK) {
      const to = Math.min(chunk.length, from + BLOCK);
      const { min, width } = frameOf(chunk, from, to);
      size += signedSize(min) + 1 + Math.ceil(((to - from) * width) / 8);
      if (width > 32) return Infinity;
    }
    return size;
  },
  write(writer, chunk) {
    for (let from = 0; from < chunk.length; from += BLOCK) {
      const to = Math.min(chunk.length, from + BLOCK);
      const { min, width } = frameOf(chunk, from, to);
      writer.signed(min);
      writer.uint8(width);
      if (width > 0) writeBits(writer, chunk.subarray(from, to), min, width);
    }
  },
  read(reader, chunk) {
    for (let from = 0; from < chunk.length; from += BLOCK) {
      const block = chunk.subarray(from, from + BLOCK);
      const min = reader.signed();
      const width = reader.uint8();
      if (width > 32) reader.fail(`a width of ${width} bits`);
      if (width === 0) block.fill(min);
      else readBits(reader, block, min, width);
    }
  },
};

function frameOf(chunk: Float64Array, from: number, to: number): { min: number; width: number } {
  let min = chunk[from];
  let max = min;
  for (let i = from + 1; i < to; i++) {
    if (chunk[i] < min) min = chunk[i];
    if (chunk[i] > max) max = chunk[i];
  }
  const range = max - min;
  return { min, width: range < 0x100000000 ? 32 - Math.clz32(range) : 33 };
}

function writeBits(writer: ByteWriter, block: Float64Array, min: number, width: number): void {
  let word = 0;
  let used = 0;
  for (let i = 0; i < block.length; i++) {
    const above = block[i] - min;
    word |= above << used;
    used += width;
    if (used < 32) continue;
    writer.uint32(word >>> 0);
    used -= 32;
    // What did not fit; a shift by 32 would shift by none.
    word = used === 0 ? 0 : above >>> (width - used);
  }
  for (; used > 0; used -= 8, word >>>= 8) writer.uint8(word & 0xff);
}

function readBits(reader: ByteReader, block: Float64Array, min: number, width: number): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let left = Math.ceil((block.length * width) / 8);
  let word = 0;
  let have = 0;
  for (let i = 0; i < block.length; i++) {
    let above = word;
    if (have >= width) {
      word >>>= width;
      have -= width;
    } else {
      const next = left >= 4 ? reader.uint32() : lastWord(reader, left);
      left -= 4;
      above |= next << have;
      const taken = width - have;
      word = taken === 32 ? 0 : next >>> taken;
      have = 32 - taken;
    }
    block[i] = min + ((above & mask) >>> 0);
  }
}

/** The last bytes of a block, where they are fewer than four. */
function lastWord(reader: ByteReader, size: number): number {
  let word = 0;
  for (let i = 0; i < size; i++) word |= reader.uint8() << (8 * i);
  return word;
}
