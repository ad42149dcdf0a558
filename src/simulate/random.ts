/** The letters and digits of AWS's principal ids. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Ends a part's text: no UTF-16 unit is as large. */
const END = 0x10000;

/**
 * A seeded stream of random numbers: xoshiro128** (Blackman and Vigna 2018, public domain), its state filled from a
 * hash of the seed's parts. The same parts give the same stream on every platform and Node version: only integer
 * arithmetic, and of `Math` no more than `sqrt`, `log`, `exp` and `cos`, whose last bits agree where those of `pow` do not.
 */
export class Random {
  /** Two running hashes of the parts, from which forks go on. */
  #x = 0;
  #y = 0;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param parts what names the stream, e.g. a seed, a source and a day; their order counts */
  constructor(...parts: readonly (string | number)[]) {
    this.#seed(0x9e3779b9, 0x243f6a88, parts);
  }

  /** The stream of this one's parts and these: it does not depend on how far this one was read. */
  fork(...parts: readonly (string | number)[]): Random {
    const child = new Random();
    child.#seed(this.#x, this.#y, parts);
    return child;
  }

  #seed(x: number, y: number, parts: readonly (string | number)[]): void {
    for (const part of parts) {
      // 1 and '1' are two parts.
      const text = typeof part === 'number' ? `#${part}` : `"${part}`;
      for (let i = 0; i < text.length; i++) {
        x = mixed(x, text.charCodeAt(i), 0xcc9e2d51, 0x1b873593);
        y = mixed(y, text.charCodeAt(i), 0xab0e9789, 0x38b34ae5);
      }
      x = mixed(x, END, 0xcc9e2d51, 0x1b873593);
      y = mixed(y, END, 0xab0e9789, 0x38b34ae5);
    }
    this.#x = x;
    this.#y = y;
    // The first and third word are 0 for two different x: never all four, the one state that xoshiro does not leave.
    this.#a = finished(x);
    this.#b = finished(y);
    this.#c = finished(x ^ 0xb7e15162);
    this.#d = finished(y ^ 0x6a09e667);
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return scrambled;
  }

  /** A multiple of 2^-53 in [0, 1). */
  uniform(): number {
    return this.uint53() / 9007199254740992;
  }

  /** A whole number in [0, 2^53). */
  uint53(): number {
    const high = this.uint32() >>> 5;
    return high * 67108864 + (this.uint32() >>> 6);
  }

  /** A whole number in [0, n), n ≤ 2^32; its bias, of n / 2^53, is far below what any test can see. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** A standard normal number, by Box and Muller (1958); the second of the pair is not kept, so a fork needs no state. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** One of the items, all as likely. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** `length` hexadecimal digits. */
  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.#word();
    return text.slice(0, length);
  }

  /** `length` letters and digits as in AWS's principal ids. */
  base32(length: number): string {
    return Array.from({ length }, () => BASE32[this.uint32() >>> 27]).join('');
  }

  /** A random UUID, version 4 of RFC 9562. */
  uuid(): string {
    const [a, b, c, d] = [this.#word(), this.#word(), this.#word(), this.#word()];
    // The variant digit is 8, 9, a or b; its two free bits come from the digit that the version took the place of.
    const variant = '89ab'[Number.parseInt(b[4], 16) >>> 2];
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
  }

  /** Eight hexadecimal digits. */
  #word(): string {
    return this.uint32().toString(16).padStart(8, '0');
  }
}

function rotateLeft(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** One block of MurmurHash3 x86_32 (Appleby, public domain): here, one UTF-16 unit. */
function mixed(hash: number, block: number, c1: number, c2: number): number {
  const scrambled = Math.imul(rotateLeft(Math.imul(block, c1), 15), c2);
  return (Math.imul(rotateLeft(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

/** The same hash's finalizer: a bijection in which every bit depends on every other. */
function finished(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
