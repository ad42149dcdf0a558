import type { KmsCall } from '../kms/call.js';
import { hashId, type IdHash } from '../kms/id-set.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { HOUR } from '../time/grid.js';

/** Ids are told apart for so long behind the newest event time: a copy bears the time of its original. */
const KEPT_HOURS = 48;

/** The ids of an hour of event time. */
interface Hour {
  /** Those of earlier polls, ascending: eight bytes each, where a `Set` takes some forty. */
  sorted: Float64Array;
  /** Those that came since. */
  readonly fresh: Set<number>;
}

/**
 * Which calls were counted, by hour of event time: for sources that hand over a call twice, as polls that overlap do. Kept
 * with the counts, so that a crash counts nothing twice.
 *
 * Ids are kept as 53 bits of a hash: among n, two are taken for one with a chance of n²/2⁵⁴, once in 18,000 for a million.
 */
export class RecentIds {
  readonly #hours = new Map<number, Hour>();
  readonly #hash: IdHash = { a: 0, b: 0 };

  /** Notes a call; false when it is known already. One without an id is always new. */
  add(call: KmsCall): boolean {
    const { sharedEventId, eventId, account, region, time } = call;
    if (sharedEventId === null && eventId === '') return true;
    // Both accounts' records of a cross-account call are one call.
    hashId(sharedEventId ?? `${account} ${region} ${eventId}`, this.#hash);
    const id = (this.#hash.a >>> 0) * 2 ** 21 + (this.#hash.b >>> 11);
    const at = Math.floor(time / HOUR);
    let hour = this.#hours.get(at);
    if (hour === undefined) {
      hour = { sorted: new Float64Array(0), fresh: new Set() };
      this.#hours.set(at, hour);
    }
    if (hour.fresh.has(id) || holds(hour.sorted, id)) return false;
    hour.fresh.add(id);
    return true;
  }

  /** Forgets what lies more than two days before `time`. */
  forgetBefore(time: number): void {
    const last = Math.floor(time / HOUR) - KEPT_HOURS;
    for (const hour of this.#hours.keys()) if (hour < last) this.#hours.delete(hour);
  }

  write(out: ByteWriter): void {
    out.varint(this.#hours.size);
    for (const [at, hour] of [...this.#hours].sort(([a], [b]) => a - b)) {
      if (hour.fresh.size > 0) {
        const all = new Float64Array(hour.sorted.length + hour.fresh.size);
        all.set(hour.sorted);
        let end = hour.sorted.length;
        for (const id of hour.fresh) all[end++] = id;
        hour.sorted = all.sort();
        hour.fresh.clear();
      }
      out.signed(at);
      out.varint(hour.sorted.length);
      for (const id of hour.sorted) out.float64(id);
    }
  }

  static read(from: ByteReader): RecentIds {
    const found = new RecentIds();
    for (let hours = from.varint(); hours > 0; hours--) {
      const at = from.signed();
      const size = from.varint();
      if (size * 8 > from.remaining) from.fail(`${size} ids do not fit`);
      const sorted = Float64Array.from({ length: size }, () => from.float64());
      found.#hours.set(at, { sorted, fresh: new Set() });
    }
    return found;
  }
}

/** By bisection. */
function holds(sorted: Float64Array, id: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < id) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === id;
}
