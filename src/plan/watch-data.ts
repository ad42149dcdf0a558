import { newTallies, type Tallies } from './health.js';
import type { ToldOfKeys } from './lifecycle-watch.js';
import type { Notice } from './notice.js';
import type { Json } from './source.js';

/** A notice on its way: decided, and who was told of it. */
export interface Outgoing {
  readonly notice: Notice;
  readonly told: string[];
}

/** What of a `Watch` is plain data, as JSON keeps it. Times are epoch ms. */
export interface WatchData {
  /** The first bucket of all; null before the first poll. */
  began: number | null;
  /** Everything before this is judged, or learned from. */
  settled: number | null;
  /** The number of the last notice that was decided. */
  sequence: number;
  readonly cursors: Record<string, Json>;
  /** Sources whose last poll failed, and why. */
  readonly failing: Record<string, string>;
  /** Sources that are not heard of, and the alarm of each. */
  readonly blind: Record<string, string>;
  told: ToldOfKeys;
  lastInventory: number | null;
  /** Keys that were deleted since the last bucket was judged, by ARN. */
  readonly deleted: string[];
  /** Up to where the judge had observed when its bytes were taken, and the earliest bucket re-stated since. */
  snapshot: { readonly end: number; readonly restated: number | null } | null;
  readonly tallies: Tallies;
  outbox: Outgoing[];
}

export function newWatchData(): WatchData {
  return {
    began: null,
    settled: null,
    sequence: 0,
    cursors: {},
    failing: {},
    blind: {},
    told: {},
    lastInventory: null,
    deleted: [],
    snapshot: null,
    tallies: newTallies(),
    outbox: [],
  };
}
