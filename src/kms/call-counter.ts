import { checkTime, InputError, shown } from '../errors.js';
import { SeriesSetBuilder, type TimeRange } from '../series/builder.js';
import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { MINUTE } from '../time/grid.js';
import type { KmsCall } from './call.js';
import { type CallBatch, type CallKind, HAS_ID, HAS_SHARED_ID } from './call-batch.js';
import { CallRows, DEFAULT_BY } from './call-rows.js';
import type { Coverage } from './coverage.js';
import { hashId, hashWith, type IdHash } from './id-set.js';
import { Listening } from './listening.js';
import { SeenIds, type Sighting } from './seen-ids.js';
import { type Source, type SourceCalls, Sources } from './sources.js';

export interface CountOptions {
  /** Where the grid begins; by default at the bucket, aligned to 1970, of the first call or the first covered moment. */
  readonly start?: number | Date;
  /** Where the grid ends, exclusive; by default with the bucket of the last call or the last covered moment. */
  readonly end?: number | Date;
  /** Width of a bucket in ms; 5 minutes by default. */
  readonly step?: number;
  /**
   * What rows to make: one level for each list of names, one row for each combination of values. `[]` is the level of one
   * row that holds all calls. By default `['operation']`, `['operation', 'outcome']`, `['keyArn']` and `['keyArn', 'operation']`.
   * A level that names `error` counts the calls that did not succeed, by error code: for `Anomaly.errors`.
   */
  readonly by?: readonly (readonly (keyof SeriesKey | 'error')[])[];
  /** When the logs were listening; a function is asked once all calls are read, since a log's reader knows no earlier. */
  readonly coverage?: readonly Coverage[] | (() => readonly Coverage[]);
  /** Told once, at the end, what became of every call. */
  readonly onStats?: (stats: CountStats) => void;
}

/** What became of the calls: `calls` = `counted` + `duplicates` + `sharedCopies` + `outside`. */
export interface CountStats {
  /** All that were handed in. */
  readonly calls: number;
  /** Distinct calls within start and end, with or without a row to count in. */
  readonly counted: number;
  /** Further copies of one record: account, Region and `eventId` were seen before. */
  readonly duplicates: number;
  /** Another account's record of a call counted already. It counts in the rows where the other does not, and only there. */
  readonly sharedCopies: number;
  /** Of those counted: came too late for it to be known whether they are copies. */
  readonly late: number;
  /** Before start, or at or after end. */
  readonly outside: number;
  /** Of all but those outside: had no `eventId`, so that a copy would count again. */
  readonly withoutId: number;
}

/** A kind of calls, with where it counts once that is known. */
interface Place {
  readonly kind: CallKind;
  source: Source | null;
  rows: readonly number[] | null;
  /** Other calls come between its own: the rows must be a copy. */
  readonly lasting: boolean;
}

/**
 * Counts calls one by one; {@link countCalls} says what counts where.
 *
 * Memory: the cells that are not zero, and 11 to 21 bytes for each id of the last 48 hours of each account and Region. A
 * call with a `sharedEventId` has one id more, and one for each of its rows.
 */
export class CallCounter {
  readonly #options: CountOptions;
  readonly #start: number;
  readonly #end: number;
  readonly #builder: SeriesSetBuilder;
  readonly #rows: CallRows;
  readonly #sources = new Sources();
  /** By Region: a call is one of its Region in every account's log. */
  readonly #shared = new Map<string, SeenIds>();
  #first = Infinity;
  #last = -Infinity;
  #calls = 0;
  #duplicates = 0;
  #sharedCopies = 0;
  #late = 0;
  #outside = 0;
  #withoutId = 0;
  readonly #id: IdHash = { a: 0, b: 0 };
  readonly #sharedId: IdHash = { a: 0, b: 0 };
  readonly #idInRow: IdHash = { a: 0, b: 0 };

  constructor(options: CountOptions = {}) {
    const { start, end, step = 5 * MINUTE, by = DEFAULT_BY, coverage } = options;
    this.#options = options;
    this.#start = start === undefined ? -Infinity : checkTime(start, 'start');
    this.#end = end === undefined ? Infinity : checkTime(end, 'end');
    this.#builder = new SeriesSetBuilder({
      step,
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    });
    this.#rows = new CallRows(by, this.#builder);
    // A mistake in it should show now rather than after hours of reading.
    if (coverage !== undefined && typeof coverage !== 'function') new Listening(coverage);
  }

  add(call: KmsCall): void {
    checkCall(call);
    const { eventId, sharedEventId } = call;
    if (eventId !== '') hashId(eventId, this.#id);
    if (sharedEventId !== null) hashId(sharedEventId, this.#sharedId);
    const flags = (eventId === '' ? 0 : HAS_ID) | (sharedEventId === null ? 0 : HAS_SHARED_ID);
    this.#add({ kind: call, source: null, rows: null, lasting: false }, call.time, flags);
  }

  /** Counts the calls of a batch, as {@link add} would one by one. */
  addBatch({ size, kinds, kind, time, ids, flags }: CallBatch): void {
    const places = kinds.map((of): Place => ({ kind: of, source: null, rows: null, lasting: true }));
    const id = this.#id;
    const sharedId = this.#sharedId;
    for (let i = 0; i < size; i++) {
      id.a = ids[4 * i];
      id.b = ids[4 * i + 1];
      sharedId.a = ids[4 * i + 2];
      sharedId.b = ids[4 * i + 3];
      this.#add(places[kind[i]], time[i], flags[i]);
    }
  }

  /** Counts a call whose ids, where `flags` say that it has them, are in `#id` and `#sharedId`. */
  #add(place: Place, time: number, flags: number): void {
    this.#calls++;
    place.source ??= this.#sources.of(place.kind.account, place.kind.region);
    if (time < this.#start || time >= this.#end) {
      this.#outside++;
      return;
    }
    let unchecked = false;
    if ((flags & HAS_ID) === 0) {
      this.#withoutId++;
    } else {
      const sighting = place.source.seen.add(time, this.#id);
      if (sighting === 'seen') {
        this.#duplicates++;
        return;
      }
      unchecked = sighting === 'unchecked';
    }
    place.source.calls++;
    if (time < this.#first) this.#first = time;
    if (time > this.#last) this.#last = time;

    // Not before a call counts: a row without any would stand in the set.
    place.rows ??= this.#rowsOf(place, place.source);
    const { rows } = place;
    if ((flags & HAS_SHARED_ID) === 0) {
      for (let i = 0; i < rows.length; i++) this.#builder.addAt(rows[i], time);
    } else {
      const sighting = this.#addShared(time, place.kind.region, rows);
      if (sighting === 'seen') {
        this.#sharedCopies++;
        return;
      }
      unchecked ||= sighting === 'unchecked';
    }
    if (unchecked) this.#late++;
  }

  #rowsOf({ kind, lasting }: Place, source: Source): readonly number[] {
    const rows = this.#rows.of(kind);
    for (const row of rows) this.#sources.contribute(row, source);
    return lasting ? rows.slice() : rows;
  }

  /** The counts so far. `add` must not be called after it. */
  finish(): { set: SeriesSet; stats: CountStats; sources: readonly SourceCalls[] } {
    const { coverage } = this.#options;
    const given = typeof coverage === 'function' ? coverage() : coverage;
    const listening = given === undefined ? undefined : new Listening(given);
    const from = Math.min(this.#first, listening?.span?.from ?? Infinity);
    const to = Math.max(this.#last + 1, listening?.span?.to ?? -Infinity);
    if (listening !== undefined && !this.#sources.contributed) this.#markGaps(listening.whenEveryOne());
    const observed = listening === undefined ? undefined : this.#sources.observedBy(listening);
    const set = this.#builder.finish(
      from < to ? { from, to } : undefined,
      observed === undefined ? undefined : (_, row) => observed(row),
    );
    const stats = {
      calls: this.#calls,
      counted: this.#calls - this.#outside - this.#duplicates - this.#sharedCopies,
      duplicates: this.#duplicates,
      sharedCopies: this.#sharedCopies,
      late: this.#late,
      outside: this.#outside,
      withoutId: this.#withoutId,
    };
    this.#options.onStats?.(stats);
    return { set, stats, sources: this.#sources.calls() };
  }

  /** Counts a call whose record two accounts may have in each of the rows that have not counted it yet. */
  #addShared(time: number, region: string, rows: readonly number[]): Sighting {
    let seen = this.#shared.get(region);
    if (seen === undefined) {
      seen = new SeenIds();
      this.#shared.set(region, seen);
    }
    const sighting = seen.add(time, this.#sharedId);
    for (const row of rows) {
      hashWith(this.#sharedId, row, this.#idInRow);
      if (seen.add(time, this.#idInRow) !== 'seen') this.#builder.addAt(row, time);
    }
    return sighting;
  }

  /** Without a row to say what it listened to, a set is observed where everything listened. */
  #markGaps(ranges: readonly TimeRange[]): void {
    let from = -8.64e15;
    for (const range of ranges) {
      if (range.from > from) this.#builder.markUnobserved(from, range.from);
      from = range.to;
    }
    if (from < 8.64e15) this.#builder.markUnobserved(from, 8.64e15);
  }
}

function checkCall(call: unknown): void {
  if (typeof call === 'object' && call !== null && 'time' in call && Number.isFinite(call.time)) return;
  const got =
    typeof call === 'object' && call !== null && 'reason' in call
      ? `a record set aside as ${shown(call.reason)}: leave those out`
      : shown(call);
  throw new InputError(`calls must hold what parseRecord makes of KMS records, got ${got}`);
}
