import type { KmsCall } from '../kms/call.js';
import { hashId, type IdHash } from '../kms/id-set.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { HOUR } from '../time/grid.js';

/** Ids are told apart for so long behind the newest event time: a copy bears the time of its original. */
const KEPT_HOURS = 48;

/**
 * Which calls were counted, by hour of event time: for sources that hand over a call twice, as polls that overlap do. Kept
 * with the counts, so that a crash counts nothing twice.
 *
 * Ids are kept as 53 bits of a hash: among n, two are taken for one with a chance of n²/2⁵⁴, once in 18,000 for a million.
 */
export class RecentIds {
  readonly #hours = new Map<number, Set<number>>();
  readonly #hash: IdHash = { a: 0, b: 0 };

  /** Notes a call; false when it is known already. One without an id is always new. */
  add(call: KmsCall): boolean {
    const { sharedEventId, eventId, account, region, time } = call;
    if (sharedEventId === null && eventId === '') return true;
    // Both accounts' records of a cross-account call are one call.
    hashId(sharedEventId ?? `${account} ${region} ${eventId}`, this.#hash);
    const id = (this.#hash.a >>> 0) * 2 ** 21 + (this.#hash.b >>> 11);
    const hour = Math.floor(time / HOUR);
    const ids = this.#hours.get(hour) ?? new Set<number>();
    if (ids.has(id)) return false;
    ids.add(id);
    this.#hours.set(hour, ids);
    return true;
  }

  /** Forgets what lies more than two days before `time`. */
  forgetBefore(time: number): void {
    const last = Math.floor(time / HOUR) - KEPT_HOURS;
    for (const hour of this.#hours.keys()) if (hour < last) this.#hours.delete(hour);
  }

  write(out: ByteWriter): void {
    out.varint(this.#hours.size);
    for (const [hour, ids] of [...this.#hours].sort(([a], [b]) => a - b)) {
      out.signed(hour);
      out.varint(ids.size);
      for (const id of ids) out.float64(id);
    }
  }

  static read(from: ByteReader): RecentIds {
    const found = new RecentIds();
    for (let hours = from.varint(); hours > 0; hours--) {
      const hour = from.signed();
      const size = from.varint();
      if (size * 8 > from.remaining) from.fail(`${size} ids do not fit`);
      const ids = new Set<number>();
      for (let i = 0; i < size; i++) ids.add(from.float64());
      found.#hours.set(hour, ids);
    }
    return found;
  }
}
