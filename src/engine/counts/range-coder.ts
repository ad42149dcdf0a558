/**
 * An adaptive binary range coder (G. N. N. Martin 1979, in the form of LZMA's, at 24 bits, which V8 holds in a register): bits of
 * which one value is the likelier cost a fraction of a bit, and what is likely is learned as they come. Whole numbers only, so the
 * same bytes everywhere.
 */

/** Probability of a 0 in 2048ths, and how fast it learns. */
const ONE = 2048;
const RATE = 4;
const MOST = 0xffffff;
const LEAST = 0x10000;

/** Probabilities of so many kinds of bits, all even at first. */
function evenOdds(kinds: number): Uint16Array {
  return new Uint16Array(kinds).fill(ONE / 2);
}

/** One that writes bits and one that reads them are used alike: what is coded is said once, for both ways. */
export interface BitCoder {
  /** Codes a bit of a kind. @returns it; one that reads takes no notice of what it is given */
  bit(kind: number, bit: number): number;
}

/** Codes a number of `width` bits, highest first, each by those before it: kinds from `kind` to `kind` + 2^width − 1. */
export function codeTree(coder: BitCoder, kind: number, width: number, value: number): number {
  let node = 1;
  for (let b = width - 1; b >= 0; b--) node = 2 * node + coder.bit(kind + node, (value >> b) & 1);
  return node - (1 << width);
}

export class RangeEncoder implements BitCoder {
  readonly #odds: Uint16Array;
  #bytes = new Uint8Array(1024);
  #length = 0;
  #low = 0;
  #range = MOST;
  #cache = 0;
  /** Bytes of 255 that a carry may still turn over, and the one before them. */
  #pending = 0;
  #begun = false;

  /** @param kinds of bits, each of which is learned by itself */
  constructor(kinds: number) {
    this.#odds = evenOdds(kinds);
  }

  bit(kind: number, bit: number): number {
    const odds = this.#odds;
    const p = odds[kind];
    const bound = (this.#range >>> 11) * p;
    if (bit === 0) {
      this.#range = bound;
      odds[kind] = p + ((ONE - p) >> RATE);
    } else {
      this.#low += bound;
      this.#range -= bound;
      odds[kind] = p - (p >> RATE);
    }
    while (this.#range < LEAST) {
      this.#range <<= 8;
      this.#shift();
    }
    return bit;
  }

  /** The bytes of all that was coded. */
  finish(): Uint8Array {
    // Of the numbers that say the same that with most zeros; those are left out.
    this.#low = (this.#low + this.#range - 1) & ~(LEAST - 1);
    this.#shift();
    this.#shift();
    return this.#bytes.subarray(0, this.#length);
  }

  #shift(): void {
    const carry = this.#low >>> 24;
    const low = this.#low & MOST;
    if (carry === 1 || low < 0xff0000) {
      if (this.#begun) this.#put((this.#cache + carry) & 0xff);
      for (; this.#pending > 0; this.#pending--) this.#put((0xff + carry) & 0xff);
      this.#begun = true;
      this.#cache = low >>> 16;
    } else {
      this.#pending++;
    }
    this.#low = (low & 0xffff) << 8;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = byte;
  }
}

export class RangeDecoder implements BitCoder {
  readonly #odds: Uint16Array;
  readonly #bytes: Uint8Array;
  readonly #fail: (what: string) => never;
  #at = 0;
  #range = MOST;
  #code = 0;

  /** @param fail called where more is asked for than the bytes say */
  constructor(kinds: number, bytes: Uint8Array, fail: (what: string) => never) {
    this.#odds = evenOdds(kinds);
    this.#bytes = bytes;
    this.#fail = fail;
    for (let i = 0; i < 3; i++) this.#code = this.#code * 256 + this.#next();
  }

  #next(): number {
    const at = this.#at++;
    if (at < this.#bytes.length) return this.#bytes[at];
    // It looks three bytes ahead.
    return at < this.#bytes.length + 3 ? 0 : this.#fail('models cut short');
  }

  bit(kind: number): number {
    const odds = this.#odds;
    const p = odds[kind];
    const bound = (this.#range >>> 11) * p;
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      odds[kind] = p + ((ONE - p) >> RATE);
    } else {
      bit = 1;
      this.#code -= bound;
      this.#range -= bound;
      odds[kind] = p - (p >> RATE);
    }
    while (this.#range < LEAST) {
      this.#range <<= 8;
      this.#code = ((this.#code << 8) | this.#next()) & MOST;
    }
    return bit;
  }
}
