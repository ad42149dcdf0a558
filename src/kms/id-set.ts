/** A 64-bit hash as two 32-bit halves, filled by {@link hashId} so that millions of ids need no object each. */
export interface IdHash {
  a: number;
  b: number;
}

/**
 * Hashes `id` into `out`.
 *
 * Each half is murmur3's (Appleby, 2011: multiply, rotate, multiply) over pairs of characters, with constants of its own,
 * for a fault in one half to be none in the other.
 */
export function hashId(id: string, out: IdHash): void {
  let a = 0;
  let b = 0x6a09e667;
  const { length } = id;
  for (let i = 0; i < length; i += 2) {
    // An odd last character is paired with 0; the length below tells it from a real one.
    const pair = id.charCodeAt(i) | (i + 1 < length ? id.charCodeAt(i + 1) << 16 : 0);
    let x = Math.imul(pair, 0xcc9e2d51);
    x = Math.imul((x << 15) | (x >>> 17), 0x1b873593);
    a ^= x;
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    let y = Math.imul(pair, 0x239b961b);
    y = Math.imul((y << 16) | (y >>> 16), 0x38b34ae5);
    b ^= y;
    b = (Math.imul((b << 17) | (b >>> 15), 5) + 0x0bcaa747) | 0;
  }
  out.a = finish(a ^ length);
  out.b = finish(b ^ length);
}

/** The hash of an id together with a whole number of 0 or more, below 2³² − 1: another number, another hash. */
export function hashWith({ a, b }: Readonly<IdHash>, number: number, out: IdHash): void {
  // Odd factors map the numbers one to one; + 1 keeps 0 apart from the bare id.
  out.a = a ^ Math.imul(number + 1, 0x9e3779b1);
  out.b = b ^ Math.imul(number + 1, 0x85ebca6b);
}

/** murmur3's last step, in which every bit comes to depend on every other. */
function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

/**
 * A set of ids by their 64-bit hashes, in open addressing: 8 bytes a place, between 3/8 and 3/4 full, so 11 to 21 bytes an
 * id. A `Set` of 36-character ids takes about 100.
 *
 * Two ids with one hash are taken for the same. Among n ids that happens with a chance of n²/2⁶⁵: once in 370,000 sets
 * of ten million.
 */
export class IdSet {
  size = 0;
  /** Pairs of halves; 0, 0 marks a free place. */
  #places = new Int32Array(2 * 8);

  /** Adds a hash; false when it was there. */
  add({ a, b }: Readonly<IdHash>): boolean {
    // The one hash that looks like a free place moves to its neighbour.
    const half = a === 0 && b === 0 ? 1 : b;
    const at = this.#find(a, half);
    if (this.#places[at] !== 0 || this.#places[at + 1] !== 0) return false;
    this.#places[at] = a;
    this.#places[at + 1] = half;
    this.size++;
    if (this.size * 8 >= this.#places.length * 3) this.#grow();
    return true;
  }

  /** Where the hash is, or the free place where it belongs. */
  #find(a: number, b: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let at = (a << 1) & mask;
    while ((places[at] !== a || places[at + 1] !== b) && (places[at] !== 0 || places[at + 1] !== 0)) {
      at = (at + 2) & mask;
    }
    return at;
  }

  #grow(): void {
    const old = this.#places;
    this.#places = new Int32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] === 0 && old[i + 1] === 0) continue;
      const at = this.#find(old[i], old[i + 1]);
      this.#places[at] = old[i];
      this.#places[at + 1] = old[i + 1];
    }
  }
}
