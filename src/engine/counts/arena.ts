/** Doubles in one piece: 512 KB. */
const PIECE = 65_536;

/**
 * Room for many small columns in few large ones: V8 (Node 20) gets memory of its own for every typed array of more than 64
 * bytes, half a microsecond each, and the collector looks at each.
 */
export class Arena {
  /** Where the column lies that was reserved last. */
  piece = new Float64Array(0);
  #used = 0;

  /** Room for a column of zeros in `piece`. @returns where it begins */
  reserve(length: number): number {
    if (this.#used + length > this.piece.length) {
      this.piece = new Float64Array(Math.max(length, PIECE));
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return from;
  }

  /** A column of zeros. */
  take(length: number): Float64Array {
    const from = this.reserve(length);
    return this.piece.subarray(from, from + length);
  }
}
