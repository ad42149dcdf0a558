/**
 * An adaptive binary range coder (G. N. N. Martin 1979, in the form of LZMA's): bits of which one value is the likelier cost
 * a fraction of a bit, and what is likely is learned as they come. Whole numbers only, so the same bytes everywhere.
 */

/** Probability of a 0 in 2048ths, and how fast it learns: a column has two thousand steps, not millions. */
const ONE = 2048;
const RATE = 4;
const TOP = 2 ** 24;

/** Probabilities of so many kinds of bits, all even at first. */
export function evenOdds(kinds: number): Uint16Array {
  return new Uint16Array(kinds).fill(ONE / 2);
}

export class RangeEncoder {
  #low = 0;
  #range = 0xffffffff;
  #cache = 0;
  /** Bytes of 255 that a carry may still turn over, and the one before them. */
  #pending = 0;
  readonly #bytes: number[] = [];
  #begun = false;

  bit(odds: Uint16Array, kind: number, bit: number): void {
    const bound = (this.#range >>> 11) * odds[kind];
    if (bit === 0) {
      this.#range = bound;
      odds[kind] += (ONE - odds[kind]) >> RATE;
    } else {
      this.#low += bound;
      this.#range -= bound;
      odds[kind] -= odds[kind] >> RATE;
    }
    while (this.#range < TOP) {
      this.#range *= 256;
      this.#shift();
    }
  }

  finish(): Uint8Array {
    for (let i = 0; i < 5; i++) this.#shift();
    // What is left out reads as 0.
    let end = this.#bytes.length;
    while (end > 0 && this.#bytes[end - 1] === 0) end--;
    return Uint8Array.from(this.#bytes.slice(0, end));
  }

  #shift(): void {
    const carry = this.#low >= 2 ** 32 ? 1 : 0;
    const low = this.#low % 2 ** 32;
    if (carry === 1 || low < 0xff000000) {
      if (this.#begun) this.#bytes.push((this.#cache + carry) & 0xff);
      for (; this.#pending > 0; this.#pending--) this.#bytes.push((0xff + carry) & 0xff);
      this.#begun = true;
      this.#cache = Math.floor(low / TOP);
    } else {
      this.#pending++;
    }
    this.#low = (low % TOP) * 256;
  }
}

export class RangeDecoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #range = 0xffffffff;
  #code = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let i = 0; i < 4; i++) this.#code = this.#code * 256 + this.#next();
  }

  #next(): number {
    return this.#at < this.#bytes.length ? this.#bytes[this.#at++] : 0;
  }

  bit(odds: Uint16Array, kind: number): number {
    const bound = (this.#range >>> 11) * odds[kind];
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      odds[kind] += (ONE - odds[kind]) >> RATE;
    } else {
      bit = 1;
      this.#code -= bound;
      this.#range -= bound;
      odds[kind] -= odds[kind] >> RATE;
    }
    while (this.#range < TOP) {
      this.#range *= 256;
      this.#code = this.#code * 256 + this.#next();
    }
    return bit;
  }
}
