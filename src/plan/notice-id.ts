import { hashId, type IdHash } from '../kms/id-set.js';
import { keyId } from '../series/key.js';
import type { Notice } from './notice.js';

/** So many letters and digits: 41 bits. */
const LENGTH = 8;

/** An id for a new state of a plan, at random. */
export function randomId(): string {
  const [a, b] = crypto.getRandomValues(new Uint32Array(2));
  return base36(a * 2 ** 21 + (b >>> 11));
}

/**
 * The id of a notice: `shop-keys-17-k3v9x2ab`, the plan's name, the notice's number in its state, and a hash of the state's
 * own id and of what the notice says. A state that begins anew counts from 1 again, and one that is restored from a backup
 * goes over the same numbers; neither gives an id of before to another notice, which a FIFO topic or a pager would drop.
 */
export function noticeId(stateId: string, number: number, notice: Omit<Notice, 'id' | 'alarm'>): string {
  const { plan, at, kind, state, text, key } = notice;
  const hash: IdHash = { a: 0, b: 0 };
  hashId(JSON.stringify([stateId, number, at, kind, state, text, key === null ? null : keyId(key)]), hash);
  return `${plan}-${number}-${base36((hash.a >>> 0) * 2 ** 21 + (hash.b >>> 11))}`;
}

/** @param bits 53 of them */
function base36(bits: number): string {
  return (bits % 36 ** LENGTH).toString(36).padStart(LENGTH, '0');
}
