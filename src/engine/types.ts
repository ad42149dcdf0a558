import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';

// The engine's vocabulary of results, to be read first: what a bucket is judged (BucketVerdict), a window (Scores), and
// what is made of both (Anomaly).

/** Verdicts as they stand in {@link Scores.verdicts}. */
export const NORMAL = 0;
export const ABOVE = 1;
export const BELOW = -1;
export const UNKNOWN = -128;

/** Reasons as they stand in {@link Scores.reasons}. */
export const REASONS = ['none', 'not observed', 'learning', 'cannot be judged'] as const;
export const NOT_OBSERVED = 1;
export const LEARNING = 2;
export const CANNOT_JUDGE = 3;

export type Verdict = 'normal' | 'above' | 'below' | 'unknown';
export type Reason = (typeof REASONS)[number];

/** The judgement of a window, in columns: every array is row-major `[window.keys.length × window.grid.length]`. */
export interface Scores {
  /** The window judged: its own rows, then the baseline's rows that it lacked, which had no call in it. */
  readonly window: SeriesSet;
  /** Calls per bucket; NaN where not observed. */
  readonly expected: Float64Array;
  /**
   * The counts of this bucket that, earlier buckets as they were, would have given normal: `lower` to `upper`, both
   * included; NaN where not observed. `lower` > `upper` when none would.
   */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Signed −log₁₀ of the calibrated tail probability: + above, − below; within ±1e4 wherever observed, NaN where not. */
  readonly surprise: Float64Array;
  /** {@link ABOVE}, {@link BELOW}, {@link NORMAL} or {@link UNKNOWN}. */
  readonly verdicts: Int8Array;
  /** Index into {@link REASONS}; 0 unless the verdict is unknown. */
  readonly reasons: Uint8Array;
  /** Observed time in ms that decided: the step, or that of a silence. */
  readonly spans: Float64Array;
  /** `[window.keys.length]`: 1 when the history holds a call of this row; 0 for a row first seen in the window. */
  readonly known: Uint8Array;
  /** The windows that decided, for cells of which a longer window or a silence did; without it, every bucket decided by itself. */
  readonly decided?: DecidedWindows;
  /**
   * Same shape: {@link ABOVE} or {@link BELOW} where the row's incident is still under way after the bucket, whatever its
   * verdict; 0 elsewhere. Without it, an incident is under way while its breaches are no more than an hour apart.
   */
  readonly ongoing?: Int8Array;
}

/**
 * What the windows that decided were judged by: one entry for each cell that is not normal, or whose |surprise| reaches
 * {@link NOTABLE}, and that a window longer than its bucket decided. Columns of equal length, rows and buckets ascending.
 */
export interface DecidedWindows {
  /** Row and bucket of each entry in the scores' window. */
  readonly rows: readonly number[];
  readonly buckets: readonly number[];
  /**
   * Where the window begins, epoch ms: it ends with the bucket. Windows of hours are of whole hours and the one under way, and
   * none begins before what was judged. Of a silence: the end of the bucket of the last call.
   */
  readonly from: readonly number[];
  /**
   * Calls in the observed part of the window, as it was judged: those of an incident that was reported before count as
   * what was expected then. Of a silence: 0.
   */
  readonly values: readonly number[];
  /** Calls in the observed part of the window, as they came. */
  readonly calls: readonly number[];
  /** Calls expected in the observed part of the window. */
  readonly expected: readonly number[];
  /** The counts of the whole window that would have been normal, both included: `lower` ≤ `expected` ≤ `upper`. */
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** |surprise| from which on a bucket beside a breach belongs to it, and its window is kept in {@link DecidedWindows}. */
export const NOTABLE = 2;

/** The verdict of one bucket, in a word. */
export function verdictAt(scores: Scores, row: number, bucket: number): Verdict {
  switch (scores.verdicts[row * scores.window.grid.length + bucket]) {
    case NORMAL:
      return 'normal';
    case ABOVE:
      return 'above';
    case BELOW:
      return 'below';
    default:
      return 'unknown';
  }
}

/** Why a verdict is unknown; `none` when it is not. */
export function reasonAt(scores: Scores, row: number, bucket: number): Reason {
  return REASONS[scores.reasons[row * scores.window.grid.length + bucket] ?? 0] ?? 'none';
}

/** Where a run puts the windows that decided. */
export interface DecidedWriter {
  /**
   * @param cell of the scores: row · length + bucket
   * @param value as it was judged; NaN where it is what came
   * @param calls that came; NaN where they are to be counted
   */
  add(cell: number, from: number, value: number, calls: number, expected: number, lower: number, upper: number): void;
}

/** The columns of {@link Scores} that a run fills. */
export type ScoreColumns = Pick<
  Scores,
  'expected' | 'lower' | 'upper' | 'surprise' | 'verdicts' | 'reasons' | 'spans' | 'ongoing'
> & { readonly decided?: DecidedWriter | undefined };

/** A bucket of which nothing is known. */
export function unobserved(out: ScoreColumns, cell: number, step: number): void {
  out.expected[cell] = Number.NaN;
  out.lower[cell] = Number.NaN;
  out.upper[cell] = Number.NaN;
  out.surprise[cell] = Number.NaN;
  out.spans[cell] = step;
  out.verdicts[cell] = UNKNOWN;
  out.reasons[cell] = NOT_OBSERVED;
  if (out.ongoing !== undefined) out.ongoing[cell] = NORMAL;
}

/** What a series is besides its values, at a time (epoch ms). */
export interface Exceptions {
  /** Acknowledged: not judged by, not learned from. */
  expected(time: number): boolean;
  /** The key is gone: no call is nothing to report. */
  retired(time: number): boolean;
  /** Recurring maintenance: not judged by, not learned from; a silence goes on after it as long as it was before. */
  paused?(time: number): boolean;
}

/** The week slots of a series whose zone is not known, bucket after bucket. */
export interface SlotChoice {
  /** `[length]` each: the slots that are settled by now, and 1 where what a bucket holds decides. */
  left(): { readonly slots: Int32Array; readonly open: Uint8Array };
  /** The slot to judge a bucket by, once for each, in their order: what it holds is taken in. */
  choose(bucket: number): number;
  /** Where in the week a bucket lies that was chosen for, as far as is known: in the odd hours of a change it may be judged by another slot. */
  usual(bucket: number): number;
  /** Remembers what is known now, and forgets what was taken in since. */
  mark(): void;
  rewind(): void;
}

/** What a {@link Tracker} is run over: `length` buckets from `start` on. */
export interface TrackedRange {
  start: number;
  length: number;
  /** `[length]` each: calls or levels, and 1 where the source was listening. */
  values: Float64Array;
  observed: Uint8Array;
  /** `[length]`: the week slot to judge each bucket by. */
  slots: Int32Array;
  /** Chooses another slot by what a bucket holds, where the series' zone is not known. */
  choose: SlotChoice | undefined;
  exceptions: Exceptions | undefined;
  /** Whether the history was too short for a verdict. */
  learning: boolean;
}

/** One series as it is watched: judges its buckets one after another, and learns from them. */
export interface Tracker {
  /** @param out where the verdicts go, from entry `at` on; nowhere when left out */
  run(range: TrackedRange, learn: boolean, out: ScoreColumns | undefined, at: number): void;
  /** What it has become, to the last bit. */
  toState(): Float64Array;
}

/** A band of one bucket, in calls. */
export interface Band {
  readonly expected: number;
  /** The least count that is still normal. */
  readonly lower: number;
  /** The greatest count that is still normal. */
  readonly upper: number;
}

/** The judgement of one bucket of one row, filled anew for every bucket. */
export interface BucketVerdict {
  /** Calls, or the metric's own unit, for this bucket. */
  expected: number;
  /** What this bucket could have held, earlier ones as they were, and been normal: `lower` to `upper`, both included. */
  lower: number;
  upper: number;
  /** Signed −log₁₀ of the calibrated tail probability: + above, − below; within ±1e4. */
  surprise: number;
  /** Length in ms of the window that decided. */
  span: number;
  /** ABOVE, BELOW, NORMAL or UNKNOWN above. */
  verdict: number;
  /** Index into REASONS. */
  reason: number;
}

export function bucketVerdict(): BucketVerdict {
  return { expected: 0, lower: 0, upper: 0, surprise: 0, span: 0, verdict: 0, reason: 0 };
}

/**
 * What kind of departure an anomaly is.
 * - `spike`: more than normal, for an hour at most; `excess`: for longer
 * - `drop`: fewer than normal; `silence`: none at all
 * - `level-shift`: a lasting change, reported once
 * - `first-seen`: calls of a key, operation or pair that the history does not hold
 * - `rare`: a few calls where the history has hardly any
 */
export type AnomalyKind = 'spike' | 'excess' | 'drop' | 'silence' | 'level-shift' | 'first-seen' | 'rare';

/** One caller's part in an anomaly. */
export interface CallerShare {
  readonly caller: string;
  /** Calls within the anomaly. */
  readonly calls: number;
  /**
   * Calls that the caller made in the same hours of the weeks before, on average (of the days before, where the history is
   * shorter than two weeks); `null` where the history does not hold those hours.
   */
  readonly usual: number | null;
  /** Calls that the caller made in all of the history. */
  readonly before?: number;
}

/** How many of an anomaly's calls ended in an error code. */
export interface ErrorCount {
  readonly code: string;
  readonly calls: number;
}

/** A time range, epoch ms, half-open. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** How many keys of an account and Region depart on the same side at the same time. */
export interface Affected {
  /** `null` where keys of several accounts do. */
  readonly account: string | null;
  readonly region: string | null;
  /** Keys that depart, and those that could be judged. */
  readonly keys: number;
  readonly of: number;
}

/** The window whose count is as unlikely as `surprise` says. */
export interface DecidedBy extends Range {
  /**
   * Calls in it that belong to findings from before, and count as what was expected then; where they are known. `surprise` is
   * that of the other calls.
   */
  readonly reported?: number;
  /**
   * The same hours of the weeks before, as far as the history holds them: how many weeks, and in how many of them there were
   * as many calls, or below, as few.
   */
  readonly weeks?: { readonly of: number; readonly alike: number };
}

/** One departure from the expected, on its most specific row. Times are epoch milliseconds, half-open. */
export interface Anomaly {
  /** Of this row, verdict and first breach: the same however time was cut, restored or re-stated. */
  readonly id: string;
  readonly severity: Severity;
  readonly key: SeriesKey;
  readonly verdict: 'above' | 'below';
  /** Its first bucket, or that of the hours that first showed it; of a silence, the first without a call. */
  readonly from: number;
  readonly to: number;
  /** Calls from `from` to `to`, as they came: those of an earlier finding in its first hours too. */
  readonly value: number;
  /** Calls expected over the same time. */
  readonly expected: number;
  /**
   * Calls over that time that would have been normal, `lower` ≤ `expected` ≤ `upper`: the limits of the window that decided
   * at its beginning and of each bucket after it, put together as those of independent counts.
   */
  readonly lower: number;
  readonly upper: number;
  /** The largest of its buckets' surprises, signed. */
  readonly surprise: number;
  /** The window of its most surprising bucket: that bucket, the hours up to its end, or the silence. */
  readonly decidedBy: DecidedBy;
  readonly kind: AnomalyKind;
  /** By excess (or, below, by shortfall), largest first; when caller counts were given. */
  readonly callers?: readonly CallerShare[];
  /** The error codes of its failed calls, most frequent first; when calls were counted by error code and some failed. */
  readonly errors?: readonly ErrorCount[];
  /** Other rows that moved with it: the totals that it explains, and its companions on the same key. */
  readonly related: readonly SeriesKey[];
  /** Where so many keys of one account depart together that they are one anomaly: how many. Their rows are `related`. */
  readonly affected?: Affected;
}

/** What was signed off of one key (its id): what it did from `from` up to `at`, epoch ms. */
export interface SignOff {
  readonly id: string;
  readonly from: number;
  readonly at: number;
}

/** A key that has been without a call for a while. Times are epoch ms. */
export interface QuietKey {
  readonly key: SeriesKey;
  /** The end of the bucket of the last call, or of what was marked as expected since. */
  readonly since: number;
  /** When its silence is reported, if nothing comes. */
  readonly reportedAt: number;
}

/** How much an incident matters. */
export type Severity = 'critical' | 'high' | 'medium' | 'low';

/**
 * One thing that happened, on one or more rows, from its first breach until all of them are normal again. Plain data; a
 * later state of the same incident has the same `id`.
 */
export interface Incident {
  /** The same however time was cut, restored or re-stated; of another incident, another. */
  readonly id: string;
  readonly state: 'open' | 'closed';
  /** Epoch ms: the end of the bucket on which it opened, last changed (grew or closed), and closed. */
  readonly opened: number;
  readonly changed: number;
  readonly closed: number | null;
  /** The worst that it has had. */
  readonly severity: Severity;
  /** The most specific rows, worst first; figures are those of the whole incident so far. */
  readonly anomalies: readonly Anomaly[];
  /** Where so many keys of one account (or Region) departed together that something they share is the cause: how many, at the last change. */
  readonly affected?: Affected;
}

/** What became of an incident at a bucket. */
export interface IncidentChange {
  readonly change: 'opened' | 'grown' | 'closed';
  /** The end of the bucket, epoch ms. */
  readonly at: number;
  readonly incident: Incident;
}
