import { ByteReader, ByteWriter } from '../series/bytes.js';

/**
 * Calls of one bucket by the number of their row. Kept as bytes (row and count as varints, three to five bytes a row) but
 * while it is added to, so that days of them are small, and are written out without being encoded again.
 */
export class LedgerCells {
  #counts: Map<number, number> | null = null;
  #packed: Uint8Array;

  constructor(packed: Uint8Array = new Uint8Array(0)) {
    this.#packed = packed;
  }

  /** Counts a call; true when it is the first of its row. */
  add(row: number): boolean {
    this.#counts ??= this.#unpacked();
    const before = this.#counts.get(row) ?? 0;
    this.#counts.set(row, before + 1);
    return before === 0;
  }

  /** The calls of a row; undefined without any. */
  get(row: number): number | undefined {
    this.#counts ??= this.#unpacked();
    return this.#counts.get(row);
  }

  /** Sets the calls of a row. */
  set(row: number, count: number): void {
    this.#counts ??= this.#unpacked();
    if (count === 0) this.#counts.delete(row);
    else this.#counts.set(row, count);
  }

  /** Each row with calls, in the order in which they came first. */
  forEach(visit: (row: number, count: number) => void): void {
    if (this.#counts !== null) {
      for (const [row, count] of this.#counts) visit(row, count);
      return;
    }
    const from = new ByteReader(this.#packed, 0);
    while (from.remaining > 0) visit(from.varint(), from.varint());
  }

  /** Leaves out the rows that do not pass. */
  retain(passes: (row: number) => boolean): void {
    const kept = new Map<number, number>();
    let dropped = false;
    this.forEach((row, count) => {
      if (passes(row)) kept.set(row, count);
      else dropped = true;
    });
    if (!dropped) return;
    this.#counts = kept;
    this.packed();
  }

  /** As bytes, which it is from then on until a call is added. */
  packed(): Uint8Array {
    if (this.#counts === null) return this.#packed;
    const out = new ByteWriter();
    for (const [row, count] of this.#counts) {
      out.varint(row);
      out.varint(count);
    }
    this.#packed = out.toBytes();
    this.#counts = null;
    return this.#packed;
  }

  #unpacked(): Map<number, number> {
    const counts = new Map<number, number>();
    this.forEach((row, count) => {
      counts.set(row, count);
    });
    return counts;
  }
}

/** Writes the cells of buckets, each with its time. */
export function writeBuckets(buckets: ReadonlyMap<number, LedgerCells>, out: ByteWriter): void {
  out.varint(buckets.size);
  for (const [bucket, cells] of buckets) {
    const bytes = cells.packed();
    out.signed(bucket);
    out.varint(bytes.length);
    out.bytes(bytes);
  }
}

/** What {@link writeBuckets} wrote, one after the other: the time of the bucket, epoch ms, and its cells. */
export function* readBuckets(from: ByteReader): Generator<[bucket: number, cells: LedgerCells]> {
  for (let left = from.varint(); left > 0; left--) {
    const bucket = from.signed();
    // A copy, for the rest of the bytes to be let go.
    yield [bucket, new LedgerCells(from.bytes(from.varint()).slice())];
  }
}
