import type { KmsCall } from '../kms/call.js';
import type { TimeRange } from '../series/builder.js';
import type { SeriesSet } from '../series/series-set.js';

/** Anything that JSON can hold: what a source wants to be told again. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface PollRequest {
  /** What the last poll that was kept said to go on from; null at first. Kept with the counts, in one piece. */
  readonly cursor: Json;
  /** The earliest time of interest, epoch ms: calls of before it are not counted. */
  readonly from: number;
  /** The time of the poll. */
  readonly now: number;
  /** Width of the plan's buckets, ms: what `counts` and `levels` must have. Their starts are multiples of it. */
  readonly step: number;
  readonly signal: AbortSignal | undefined;
}

export interface Poll {
  /** Calls not handed over before, in any order; copies are recognised by their ids and count once. */
  readonly calls?: Iterable<KmsCall> | AsyncIterable<KmsCall>;
  /**
   * Counts of whole buckets, in place of calls: of metrics, or of a query. Where a bucket of a row comes again, as after a
   * revision, the later count takes the place of the earlier one; a bucket that is not observed in it says nothing. No other
   * source may count the same row. A function is asked once the calls are read.
   */
  readonly counts?: SeriesSet | (() => SeriesSet | undefined);
  /**
   * Continuous metrics. Of these a plan watches deadlines: when imported key material, or an external key store's certificate,
   * expires; other levels are not judged. A function is asked once the calls are read.
   */
  readonly levels?: SeriesSet | (() => SeriesSet | undefined);
  /**
   * What the source covers, in event time: a time is in it when every call of that time has been handed over, but for
   * stragglers. What is in no poll's `coverage` is unknown, never silent. A function is asked once the calls are read. Every
   * poll has it, or, under its former name, `listened`.
   */
  readonly coverage?: readonly TimeRange[] | (() => readonly TimeRange[]);
  /** @deprecated the former name of `coverage` */
  readonly listened?: readonly TimeRange[] | (() => readonly TimeRange[]);
  /** A function is asked once the calls are read. */
  readonly cursor: Json | (() => Json);
  /** Records that could not be read; a function is asked once the calls are read. */
  readonly rejected?: number | (() => number);
  /**
   * What could not be read this time, in words, and is tried again by a later poll: what was read counts all the same. Null
   * when all was read. A function is asked once the calls are read.
   */
  readonly problem?: string | null | (() => string | null);
  /** True when there is more at once: a long back-fill in parts. */
  readonly more?: boolean | (() => boolean);
}

/**
 * One log: of one account and Region, or several that are delivered together. Rows are unknown where one of the sources that
 * ever told of them was not listening, so that logs which may fail apart are sources apart.
 */
export interface CallSource {
  /** A name of its own among the plan's: the state is kept under it. */
  readonly name: string;
  /** What it reads, and what it cannot know, in a line for those who review the plan. */
  readonly about?: string;
  poll(request: PollRequest): Poll | Promise<Poll>;
}

/** What one part of a poll brought, once all of it is read. */
export interface PolledPart {
  readonly calls: readonly KmsCall[];
  readonly counts?: SeriesSet | undefined;
  readonly levels?: SeriesSet | undefined;
  readonly listened: readonly TimeRange[];
  readonly cursor: Json;
  readonly rejected: number;
}
