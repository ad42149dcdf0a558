import { HOUR } from '../time/grid.js';
import type { ChangesData } from './changes.js';
import type { DeferredData } from './deferred-calls.js';
import type { IncidentWatch, Reverted } from './incident-watch.js';
import type { Ledger } from './ledger.js';
import type { ToldOfKeys } from './lifecycle-watch.js';
import type { Notice } from './notice.js';
import type { RecentIds } from './recent-ids.js';
import type { Json } from './source.js';

/** A notice on its way: decided, and who was told of it. */
export interface Outgoing {
  readonly notice: Notice;
  readonly told: string[];
  /** Notifiers that refused it for good, or could not be reached for too long; none where left out. */
  refused?: readonly string[];
  /** When it was kept first, epoch ms. */
  since?: number;
}

/** What has become of the notices of one notifier. */
export interface Undelivered {
  /** Why the last one could not be sent, and is tried again; null when it could. */
  failing: string | null;
  /** So many were set aside for good. */
  refused: number;
  /** The last of those. */
  last: { readonly id: string; readonly message: string } | null;
}

/** Surprise from which on buckets are counted, against what a calibrated one would have: 1 in 100, 1,000, 10,000 a side. */
export const LEVELS = [2, 3, 4] as const;

/** The part of {@link Health} that adds up. */
export interface Tallies {
  polls: number;
  calls: number;
  duplicates: number;
  late: number;
  tooLate: number;
  rejected: number;
  normal: number;
  above: number;
  below: number;
  unknown: number;
  corrected: number;
  told: number;
  /** Buckets that were judged while no alarm of their row was open. */
  quiet: number;
  /** Of those, by level: buckets as surprising above, and below. */
  surprising: number[];
}

export function newTallies(): Tallies {
  return {
    polls: 0,
    calls: 0,
    duplicates: 0,
    late: 0,
    tooLate: 0,
    rejected: 0,
    normal: 0,
    above: 0,
    below: 0,
    unknown: 0,
    corrected: 0,
    told: 0,
    quiet: 0,
    surprising: LEVELS.flatMap(() => [0, 0]),
  };
}

/** What of a `Watch` is plain data, as JSON keeps it. Times are epoch ms. */
export interface WatchData {
  /** This state's own, drawn at random when it began: no notice of another state of the plan has an id of this one's. */
  readonly stateId: string;
  /** The first bucket of all; null before the first poll. */
  began: number | null;
  /** What happened before this is learned from and not reported; null before the first poll. */
  reportsFrom: number | null;
  /**
   * When the judge that was made for the first poll gives way to one that has learned from all that was read then; null when
   * it has, or never will.
   */
  relearnAt: number | null;
  /** When the judge is fitted again to what was counted lately; null for never, and before the first judge. */
  refitAt: number | null;
  /** What happened before this the judge has learned from as history: it cannot be corrected any more. */
  learnedUntil: number | null;
  /** Everything before this is judged, or learned from. */
  settled: number | null;
  /** The number of the last notice that was decided. */
  sequence: number;
  readonly cursors: Record<string, Json>;
  /** Sources whose last poll failed, and why. */
  readonly failing: Record<string, string>;
  /** Sources that do not deliver: the alarm of each, and the end of what it delivered. */
  readonly blind: Record<string, { readonly alarm: string; readonly since: number }>;
  /** Of notifiers that could not send something. */
  readonly undelivered: Record<string, Undelivered>;
  told: ToldOfKeys;
  /** Of dates that levels count down to; left out before the first. */
  deadlines?: ToldOfKeys;
  lastInventory: number | null;
  /** Keys that were deleted since the last bucket was judged, by ARN; and before, for a judge that learns anew. */
  readonly deleted: string[];
  retired: string[];
  /** Up to where the judge had observed when its bytes were taken, and the earliest bucket re-stated since. */
  snapshot: { readonly end: number; readonly restated: number | null } | null;
  /** Null, or left out by an earlier build, but for a state that was put back. */
  reverted?: Reverted | null;
  /** When the last snapshot was kept by the plan itself; null, or left out, before the first. */
  lastSnapshot?: number | null;
  readonly tallies: Tallies;
  outbox: Outgoing[];
}

/** The parts that a watch is made of as they were kept; those left out begin anew. */
export interface WatchParts {
  readonly data: WatchData;
  readonly ledger?: Ledger;
  readonly ids?: RecentIds;
  readonly incidents?: IncidentWatch;
  readonly changes?: ChangesData;
  readonly deferred?: DeferredData;
  /** The judge's bytes; null while it is learning. */
  readonly judge?: Uint8Array | null;
}

/** So long after a state was put back, sources that fail are waited for. */
const PATIENCE = HOUR;

/**
 * Whether a state that was put back still waits for what came since: it is judged in one go, once the sources have brought all
 * of it, so that what was reported is known for that.
 * @param until everything before it could be judged now
 */
export function isCatchingUp({ reverted = null, failing }: WatchData, until: number, now: number): boolean {
  if (reverted === null) return false;
  return until <= reverted.until || (Object.keys(failing).length > 0 && now - reverted.at < PATIENCE);
}

export function newWatchData(stateId: string): WatchData {
  return {
    stateId,
    began: null,
    reportsFrom: null,
    relearnAt: null,
    refitAt: null,
    learnedUntil: null,
    settled: null,
    sequence: 0,
    cursors: byName({}),
    failing: byName({}),
    blind: byName({}),
    undelivered: byName({}),
    told: {},
    lastInventory: null,
    deleted: [],
    retired: [],
    snapshot: null,
    tallies: newTallies(),
    outbox: [],
  };
}

/** As it was kept, by an earlier build too. */
export function keptWatchData(kept: WatchData): WatchData {
  const { cursors, failing, blind, undelivered = {} } = kept;
  return {
    ...kept,
    cursors: byName(cursors),
    failing: byName(failing),
    blind: byName(blind),
    undelivered: byName(undelivered),
  };
}

/** Names are whatever a plan calls its parts: one called `constructor` or `__proto__` is a name like any other. */
function byName<T>(fields: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null), fields);
}
