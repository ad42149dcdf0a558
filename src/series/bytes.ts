import { checkInteger, FormatError } from '../errors.js';

const encoder = new TextEncoder();
// `ignoreBOM` keeps a leading U+FEFF, which is a character like any other here.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What is longer does not grow as a whole: the tens of megabytes of a large detector took three times as much for a while. */
const PIECE = 1 << 20;
/** Bytes that are handed over at once, from which on they are a piece of their own. */
const MANY = 1 << 16;

/**
 * Numbers and texts, one after another, into bytes that grow. Little-endian on every machine; the same calls give the
 * same bytes on every engine.
 */
export class ByteWriter {
  /** What was written before what is in `#bytes`, and how many bytes that is. */
  readonly #pieces: Uint8Array[] = [];
  #before = 0;
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  /** @param room bytes that it has room for before it grows */
  constructor(room = 256) {
    this.#bytes = new Uint8Array(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#before + this.#at;
  }

  /** What was written, copied. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    this.copyTo(bytes, 0);
    return bytes;
  }

  /** Copies what was written to `out`, from `at` on. */
  copyTo(out: Uint8Array, at: number): void {
    let end = at;
    for (const piece of this.#pieces) {
      out.set(piece, end);
      end += piece.length;
    }
    out.set(this.#bytes.subarray(0, this.#at), end);
  }

  #room(more: number): void {
    const need = this.#at + more;
    if (need <= this.#bytes.length) return;
    if (need < PIECE) {
      const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
      return;
    }
    this.#endPiece();
    this.#bytes = new Uint8Array(Math.max(more, PIECE));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written stays where it is, and what is to come goes behind it. */
  #endPiece(): void {
    this.#pieces.push(this.#bytes.subarray(0, this.#at));
    this.#before += this.#at;
    this.#bytes = this.#bytes.subarray(this.#at);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#at = 0;
  }

  uint8(value: number): void {
    const byte = checkInteger(value, 'uint8', 0, 0xff);
    this.#room(1);
    this.#bytes[this.#at++] = byte;
  }

  uint32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, checkInteger(value, 'uint32', 0, 0xffffffff), true);
    this.#at += 4;
  }

  /** A whole number in [0, 2^53 - 1] in 1 to 8 bytes of 7 bits, lowest first (LEB128). */
  varint(value: number): void {
    let left = checkInteger(value, 'varint', 0, Number.MAX_SAFE_INTEGER);
    this.#room(8);
    for (; left >= 0x80000000; left = Math.floor(left / 128)) this.#bytes[this.#at++] = (left % 128) | 0x80;
    for (; left >= 0x80; left >>>= 7) this.#bytes[this.#at++] = (left & 0x7f) | 0x80;
    this.#bytes[this.#at++] = left;
  }

  /**
   * A whole number in [-(2^53 - 1), 2^53 - 1]: the sign in the lowest bit, the size above it. Zigzag by another map,
   * since zigzag doubles the number and would leave what a double counts exactly.
   */
  signed(value: number): void {
    const size = Math.abs(checkInteger(value, 'signed', -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
    const low = size % 64;
    const rest = (size - low) / 64;
    this.uint8((rest > 0 ? 0x80 : 0) | (low << 1) | (value < 0 ? 1 : 0));
    if (rest > 0) this.varint(rest);
  }

  /** Four bytes of IEEE 754; the caller knows that `value` survives it. */
  float32(value: number): void {
    // Engines and processors differ in the bits of a NaN they computed; one pattern stands for all.
    this.#room(4);
    if (Number.isNaN(value)) this.#view.setUint32(this.#at, 0x7fc00000, true);
    else this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  /** The highest three bytes of those four, highest first: the caller knows that the lowest is 0. */
  float24(value: number): void {
    this.#room(4);
    if (Number.isNaN(value)) this.#view.setUint32(this.#at, 0x7fc00000);
    else this.#view.setFloat32(this.#at, value);
    this.#at += 3;
  }

  /** Eight bytes of IEEE 754: NaN (whose payload is not kept), -0 and infinities included. */
  float64(value: number): void {
    this.#room(8);
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#at, 0x7ff8000000000000n, true);
    else this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** The lowest six of those eight bytes, of a number: the reader knows the others. */
  lowFloat64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 6;
  }

  /** As they are, without their number. Many of them are copied no sooner than all is: they must not change until then. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length >= MANY) {
      this.#endPiece();
      this.#pieces.push(bytes);
      this.#before += bytes.length;
      return;
    }
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /**
   * UTF-8 after twice its length in bytes; a text that UTF-8 cannot hold (half a surrogate pair, as JSON may bring) as
   * UTF-16 after twice its length in units plus 1.
   */
  string(text: string): void {
    const utf8 = encoder.encode(text);
    if (isWellFormed(text)) {
      this.varint(utf8.length * 2);
      this.bytes(utf8);
      return;
    }
    this.varint(text.length * 2 + 1);
    this.#room(text.length * 2);
    for (let i = 0; i < text.length; i++, this.#at += 2) this.#view.setUint16(this.#at, text.charCodeAt(i), true);
  }
}

/** `String.prototype.isWellFormed` of ES2024. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Bytes that {@link ByteWriter.varint} takes for `value`. */
export function varintSize(value: number): number {
  let size = 1;
  for (let limit = 128; value >= limit; limit *= 128) size++;
  return size;
}

/** Bytes that {@link ByteWriter.signed} takes for `value`. */
export function signedSize(value: number): number {
  const size = Math.abs(value);
  return size < 64 ? 1 : 1 + varintSize(Math.floor(size / 64));
}

/**
 * Reads what a {@link ByteWriter} wrote, in the same order. Everything that cannot be so is a {@link FormatError} that
 * names the byte; nothing is allocated that the bytes left could not fill.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  /** Working space: a number of which three bytes are kept. */
  readonly #four = new DataView(new ArrayBuffer(4));
  #at: number;

  /** Reads `[from, to)` of `bytes`, which may be a view of a larger buffer. */
  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    // Of a Node `Buffer` a slice would be no copy, and change with it.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = from;
    this.#end = to;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  /** Throws a {@link FormatError} that names the place. */
  fail(what: string): never {
    throw new FormatError(`bytes are not what a snapshot holds: ${what}, at byte ${this.#at}`);
  }

  /** Steps over `size` bytes, and says where they began. */
  #step(size: number): number {
    if (size > this.remaining) this.fail(`${size} bytes needed, ${this.remaining} left`);
    const at = this.#at;
    this.#at += size;
    return at;
  }

  uint8(): number {
    return this.#bytes[this.#step(1)];
  }

  uint32(): number {
    return this.#view.getUint32(this.#step(4), true);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.uint8();
      // The eighth byte stands for 2^49 and up: only its lowest four bits stay below 2^53.
      if (scale === 2 ** 49 && byte > 0x0f) this.fail('a whole number beyond 2^53');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  signed(): number {
    const first = this.uint8();
    const size = ((first >> 1) & 0x3f) + (first >= 0x80 ? this.varint() * 64 : 0);
    if (size > Number.MAX_SAFE_INTEGER) this.fail('a whole number beyond 2^53');
    return (first & 1) === 1 ? 0 - size : size;
  }

  float32(): number {
    return this.#view.getFloat32(this.#step(4), true);
  }

  float24(): number {
    const at = this.#step(3);
    this.#four.setUint16(0, this.#view.getUint16(at));
    this.#four.setUint8(2, this.#bytes[at + 2]);
    return this.#four.getFloat32(0);
  }

  float64(): number {
    return this.#view.getFloat64(this.#step(8), true);
  }

  /** The next `size` bytes: a view, not a copy. */
  bytes(size: number): Uint8Array {
    const at = this.#step(size);
    return this.#bytes.subarray(at, at + size);
  }

  string(): string {
    const tag = this.varint();
    const size = Math.floor(tag / 2);
    if (tag % 2 === 0) {
      const utf8 = this.bytes(size);
      try {
        return decoder.decode(utf8);
      } catch {
        return this.fail('a text that is not UTF-8');
      }
    }
    const at = this.#step(size * 2);
    const units = Array.from({ length: size }, (_, i) => String.fromCharCode(this.#view.getUint16(at + i * 2, true)));
    return units.join('');
  }

  /** Throws unless all was read. */
  end(): void {
    if (this.remaining > 0) this.fail(`${this.remaining} bytes more than the snapshot should have`);
  }
}
