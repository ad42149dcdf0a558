import type { SparseCounts } from './series-set.js';

/** Below this many cells a dense array is small enough (4 MB) to be the simpler choice whatever its fill. */
const SMALL = 1 << 20;

/** So many entries (16 MB) are not worth merging. */
const LARGE = 1 << 20;

/**
 * Counts by (row, bucket): each row has one open cell, and what it held before stands in a log of 16 bytes an entry. Calls come
 * mostly in the order of time, so that the log has an entry a cell, and no cell has to be looked up; where they do not, the
 * log is merged when it is full. Twice as fast as a hash table of cells, in which each call misses the cache for each of its rows.
 */
export class CellLog {
  minBucket = Infinity;
  maxBucket = -Infinity;
  /** By row, the open cell; a count of 0 for none. */
  #openBucket = new Int32Array(64);
  #openCount = new Float64Array(64);
  #size = 0;
  #rows = new Int32Array(1024);
  #buckets = new Int32Array(1024);
  #counts = new Float64Array(1024);

  add(row: number, bucket: number, times: number): void {
    if (times === 0) return;
    if (row >= this.#openCount.length) this.#growRows(row);
    const count = this.#openCount[row];
    if (count > 0 && this.#openBucket[row] === bucket) {
      this.#openCount[row] = count + times;
      return;
    }
    if (count > 0) this.#put(row, this.#openBucket[row], count);
    this.#openBucket[row] = bucket;
    this.#openCount[row] = times;
    if (bucket < this.minBucket) this.minBucket = bucket;
    if (bucket > this.maxBucket) this.maxBucket = bucket;
  }

  /** All cells, dense or sparse by what is smaller; cell bucket b becomes bucket b + `shift`. `rows` are all that there are. */
  values(rows: number, length: number, shift: number): Uint32Array | Float64Array | SparseCounts {
    for (let row = 0; row < Math.min(rows, this.#openCount.length); row++) {
      if (this.#openCount[row] > 0) this.#put(row, this.#openBucket[row], this.#openCount[row]);
      this.#openCount[row] = 0;
    }
    const { offsets, buckets, counts } = this.#merged(rows);
    const size = offsets[rows];
    // Sparse costs 12 bytes a cell that is not zero, dense 4 bytes for every cell.
    if (rows * length > SMALL && size * 3 < rows * length) {
      for (let i = 0; i < size; i++) buckets[i] += shift;
      return { offsets, buckets: new Uint32Array(buckets.subarray(0, size)), counts };
    }
    let max = 0;
    for (let i = 0; i < size; i++) if (counts[i] > max) max = counts[i];
    const dense = max < 0x100000000 ? new Uint32Array(rows * length) : new Float64Array(rows * length);
    for (let row = 0; row < rows; row++) {
      for (let i = offsets[row]; i < offsets[row + 1]; i++) dense[row * length + buckets[i] + shift] = counts[i];
    }
    return dense;
  }

  #growRows(row: number): void {
    const length = Math.max(row + 1, 2 * this.#openCount.length);
    this.#openBucket = grown(this.#openBucket, new Int32Array(length));
    this.#openCount = grown(this.#openCount, new Float64Array(length));
  }

  #put(row: number, bucket: number, count: number): void {
    if (this.#size === this.#rows.length) this.#makeRoom();
    const i = this.#size++;
    this.#rows[i] = row;
    this.#buckets[i] = bucket;
    this.#counts[i] = count;
  }

  #makeRoom(): void {
    if (this.#size >= LARGE) this.#settle();
    const length = 2 * this.#rows.length;
    if (2 * this.#size < this.#rows.length) return;
    this.#rows = grown(this.#rows, new Int32Array(length));
    this.#buckets = grown(this.#buckets, new Int32Array(length));
    this.#counts = grown(this.#counts, new Float64Array(length));
  }

  /** Puts one entry a cell in place of all entries. */
  #settle(): void {
    const rows = this.#openCount.length;
    const { offsets, buckets, counts } = this.#merged(rows);
    for (let row = 0; row < rows; row++) this.#rows.fill(row, offsets[row], offsets[row + 1]);
    this.#size = offsets[rows];
    this.#buckets.set(buckets.subarray(0, this.#size));
    this.#counts.set(counts);
  }

  /** The cells of the log by row, each row's in the order of time. `buckets` may be longer. */
  #merged(rows: number): { offsets: Float64Array; buckets: Int32Array; counts: Float64Array } {
    const offsets = new Float64Array(rows + 1);
    for (let i = 0; i < this.#size; i++) offsets[this.#rows[i] + 1]++;
    for (let row = 0; row < rows; row++) offsets[row + 1] += offsets[row];
    const buckets = new Int32Array(this.#size);
    const counts = new Float64Array(this.#size);
    const next = offsets.slice();
    for (let i = 0; i < this.#size; i++) {
      const at = next[this.#rows[i]]++;
      buckets[at] = this.#buckets[i];
      counts[at] = this.#counts[i];
    }
    let size = 0;
    for (let row = 0; row < rows; row++) {
      const [from, to] = [offsets[row], next[row]];
      sortByBucket(buckets, counts, from, to);
      offsets[row] = size;
      for (let i = from; i < to; i++) {
        if (size > offsets[row] && buckets[size - 1] === buckets[i]) counts[size - 1] += counts[i];
        else {
          buckets[size] = buckets[i];
          counts[size++] = counts[i];
        }
      }
    }
    offsets[rows] = size;
    return { offsets, buckets, counts: size === counts.length ? counts : counts.slice(0, size) };
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Sorts the entries from `from` to `to` by bucket: most rows' are in order already. */
function sortByBucket(buckets: Int32Array, counts: Float64Array, from: number, to: number): void {
  let sorted = from + 1;
  while (sorted < to && buckets[sorted - 1] <= buckets[sorted]) sorted++;
  if (sorted >= to) return;
  // A bucket and a place in one whole number each, as sorting numbers takes no function: below 2^27 times 2^26.
  const order = Float64Array.from(buckets.subarray(from, to), (bucket, i) => (bucket + 2 ** 26) * 2 ** 26 + i).sort();
  const before = counts.slice(from, to);
  for (let i = 0; i < order.length; i++) {
    const bucket = Math.floor(order[i] / 2 ** 26);
    buckets[from + i] = bucket - 2 ** 26;
    counts[from + i] = before[order[i] - bucket * 2 ** 26];
  }
}
