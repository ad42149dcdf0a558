import type { SparseCounts } from './series-set.js';

/** Below this many cells a dense array is small enough (4 MB) to be the simpler choice whatever its fill. */
const SMALL = 1 << 20;

/**
 * Counts by (row, bucket) in one open-addressing table of typed arrays: 16 bytes a place, at most 3/4 full. A `Map` per
 * row would box every entry, and most KMS keys have few.
 */
export class CellTable {
  size = 0;
  minBucket = Infinity;
  maxBucket = -Infinity;
  #rows = new Int32Array(1024).fill(-1);
  #buckets = new Int32Array(1024);
  #counts = new Float64Array(1024);

  add(row: number, bucket: number, times: number): void {
    if (times === 0) return;
    if (this.size * 4 >= this.#rows.length * 3) this.#grow();
    const at = this.#find(row, bucket);
    if (this.#rows[at] === -1) {
      this.#rows[at] = row;
      this.#buckets[at] = bucket;
      this.size++;
      if (bucket < this.minBucket) this.minBucket = bucket;
      if (bucket > this.maxBucket) this.maxBucket = bucket;
    }
    this.#counts[at] += times;
  }

  #find(row: number, bucket: number): number {
    const rows = this.#rows;
    const buckets = this.#buckets;
    const mask = rows.length - 1;
    // Two rounds of multiply and shift: rows and buckets are both small consecutive numbers, which must not cluster.
    let hash = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(bucket, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let at = (hash ^ (hash >>> 13)) & mask;
    while (rows[at] !== -1 && (rows[at] !== row || buckets[at] !== bucket)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const rows = this.#rows;
    const buckets = this.#buckets;
    const counts = this.#counts;
    this.#rows = new Int32Array(rows.length * 2).fill(-1);
    this.#buckets = new Int32Array(rows.length * 2);
    this.#counts = new Float64Array(rows.length * 2);
    for (let i = 0; i < rows.length; i++) {
      if (rows[i] === -1) continue;
      const at = this.#find(rows[i], buckets[i]);
      this.#rows[at] = rows[i];
      this.#buckets[at] = buckets[i];
      this.#counts[at] = counts[i];
    }
  }

  /** All cells, dense or sparse by what is smaller; cell bucket b becomes bucket b + `shift`. */
  values(rows: number, length: number, shift: number): Uint32Array | Float64Array | SparseCounts {
    // Sparse costs 12 bytes a cell that is not zero, dense 4 bytes for every cell.
    if (rows * length > SMALL && this.size * 3 < rows * length) return this.#sparse(rows, shift);
    let max = 0;
    for (const count of this.#counts) if (count > max) max = count;
    const dense = max < 0x100000000 ? new Uint32Array(rows * length) : new Float64Array(rows * length);
    for (let i = 0; i < this.#rows.length; i++) {
      if (this.#rows[i] !== -1) dense[this.#rows[i] * length + this.#buckets[i] + shift] = this.#counts[i];
    }
    return dense;
  }

  #sparse(rows: number, shift: number): SparseCounts {
    const offsets = new Float64Array(rows + 1);
    for (const row of this.#rows) if (row !== -1) offsets[row + 1]++;
    for (let row = 0; row < rows; row++) offsets[row + 1] += offsets[row];
    const place = new Uint32Array(this.size);
    const next = offsets.slice();
    for (let i = 0; i < this.#rows.length; i++) if (this.#rows[i] !== -1) place[next[this.#rows[i]]++] = i;
    const buckets = new Uint32Array(this.size);
    const counts = new Float64Array(this.size);
    for (let row = 0; row < rows; row++) {
      const part = place.subarray(offsets[row], offsets[row + 1]);
      part.sort((a, b) => this.#buckets[a] - this.#buckets[b]);
      for (let i = 0; i < part.length; i++) {
        buckets[offsets[row] + i] = this.#buckets[part[i]] + shift;
        counts[offsets[row] + i] = this.#counts[part[i]];
      }
    }
    return { offsets, buckets, counts };
  }
}
