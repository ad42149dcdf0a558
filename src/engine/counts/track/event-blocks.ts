import { BLOCK, EARLIER_EVENTS, EVENTS } from './state.js';

// Which of the last blocks held a bucket that was not plain (see plain-replay.ts): bits of two numbers of the state, the lowest of
// the first that of the block under way. They are no part of what is written of a state.

/** Blocks in one number: the whole numbers of a double. */
const BITS = 52;
/** So many blocks are surely known, that under way included, of a state that may be a day ahead. */
export const BLOCKS_KNOWN = 2 * BITS - 24;

/** What is known of the blocks of a series from number `first` on; of those before nothing is. */
export interface KnownEvents {
  readonly first: number;
  /** Those that held a bucket that was not plain, counted from the first. */
  readonly blocks: Uint32Array;
}

/** The same of rows. */
export interface RowEvents extends KnownEvents {
  /** `[rows + 1]`: where those of each row begin. */
  readonly offsets: Float64Array;
}

/** Those of one row: a view. @param row its place */
export function eventsOf({ first, offsets, blocks }: RowEvents, row: number): KnownEvents {
  return { first, blocks: blocks.subarray(offsets[row], offsets[row + 1]) };
}

/** The block under way holds a bucket that is not plain. */
export function markEvent(s: Float64Array): void {
  if (s[EVENTS] % 2 === 0) s[EVENTS]++;
}

export function hasEvents(s: Float64Array): boolean {
  return s[EVENTS] !== 0 || s[EARLIER_EVENTS] !== 0;
}

/** So many blocks have passed. */
export function passEvents(s: Float64Array, passed: number): void {
  if (!hasEvents(s)) return;
  if (passed >= BITS) {
    s[EARLIER_EVENTS] = passed >= 2 * BITS ? 0 : s[EVENTS];
    s[EVENTS] = 0;
  }
  const scale = 2 ** (passed % BITS);
  const over = Math.floor((s[EVENTS] * scale) / 2 ** BITS);
  s[EVENTS] = lowest(s[EVENTS] * scale);
  // Apart: in one sum the bits that leave would push the lowest out of a double.
  s[EARLIER_EVENTS] = lowest(s[EARLIER_EVENTS] * scale) + over;
}

function lowest(bits: number): number {
  return bits - 2 ** BITS * Math.floor(bits / 2 ** BITS);
}

/** Takes over what `from`, a later state of the same series, knows of the blocks up to that under way in `s`. */
export function takeEvents(s: Float64Array, from: Float64Array): void {
  const back = from[BLOCK] - s[BLOCK];
  if (!(back >= 0 && back < 2 * BITS)) return;
  const [late, early] = back < BITS ? [from[EVENTS], from[EARLIER_EVENTS]] : [from[EARLIER_EVENTS], 0];
  const scale = 2 ** (back % BITS);
  const rest = early - scale * Math.floor(early / scale);
  s[EVENTS] = Math.floor(late / scale) + rest * (2 ** BITS / scale);
  s[EARLIER_EVENTS] = Math.floor(early / scale);
}

/** Adds the blocks from number `first` to `last` that held one, in order and counted from `first`, to `found`. */
export function addEvents(s: Float64Array, first: number, last: number, found: number[]): void {
  if (!hasEvents(s)) return;
  for (let block = Math.max(first, s[BLOCK] - 2 * BITS + 1); block <= Math.min(last, s[BLOCK]); block++) {
    const back = s[BLOCK] - block;
    const bits = back < BITS ? s[EVENTS] : s[EARLIER_EVENTS];
    if (Math.floor(bits / 2 ** (back % BITS)) % 2 === 1) found.push(block - first);
  }
}
