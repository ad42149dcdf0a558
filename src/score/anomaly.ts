import type { SeriesKey } from '../series/key.js';

/**
 * What kind of departure an anomaly is.
 * - `spike`: more than normal, for an hour at most; `excess`: for longer
 * - `drop`: fewer than normal; `silence`: none at all
 * - `level-shift`: a lasting change, told once
 * - `first-seen`: calls of a key, operation or pair that the history does not hold
 * - `rare`: a few calls where the history has hardly any
 */
export type AnomalyKind = 'spike' | 'excess' | 'drop' | 'silence' | 'level-shift' | 'first-seen' | 'rare';

/** One caller's part in an anomaly. */
export interface CallerShare {
  readonly caller: string;
  /** Calls within the anomaly. */
  readonly calls: number;
  /** Calls that the caller usually makes in a stretch of that length. */
  readonly usual: number;
}

/** One incident, told on its most specific row. Times are epoch milliseconds, half-open. */
export interface Anomaly {
  readonly key: SeriesKey;
  readonly verdict: 'above' | 'below';
  /** Its first bucket; of a silence, the first without a call. */
  readonly from: number;
  readonly to: number;
  /** Calls from `from` to `to`. */
  readonly value: number;
  readonly expected: number;
  /** The least and the most calls over that time with every single bucket normal. */
  readonly lower: number;
  readonly upper: number;
  /** The largest of its buckets' surprises, signed. */
  readonly surprise: number;
  readonly kind: AnomalyKind;
  /** By excess (or, below, by shortfall), largest first; when caller counts were given. */
  readonly callers?: readonly CallerShare[];
  /** Other rows that moved with it: the totals that it explains, and its companions on the same key. */
  readonly related: readonly SeriesKey[];
}
