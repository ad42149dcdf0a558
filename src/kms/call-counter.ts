import { checkInteger, checkOptions, checkTime, InputError, type OptionNames, shown } from '../errors.js';
import { SeriesSetBuilder, type TimeRange } from '../series/builder.js';
import type { SeriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { MINUTE, MOST_TIME } from '../time/grid.js';
import type { KmsCall } from './call.js';
import { type CallBatch, type CallKind, HAS_ID, HAS_SHARED_ID } from './call-batch.js';
import { CallRows, DEFAULT_BY } from './call-rows.js';
import type { Coverage } from './coverage.js';
import { hashId, hashWith, type IdHash } from './id-set.js';
import { Listening } from './listening.js';
import { isObject } from './raw-record.js';
import { MAX_IDS, OldIds, SeenIds, type Sighting } from './seen-ids.js';
import { coverageWithout, ServiceGaps } from './service-gaps.js';
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
  /**
   * Whether times at which the KMS records of an account and Region cease while its log goes on are not observed; default
   * false. See `ServiceGaps`: such a trail has been set to leave KMS out, or nothing calls KMS any more.
   */
  readonly serviceGaps?: boolean;
  /**
   * How many ids are remembered beyond those of the last 48 hours of each account and Region, for copies that are read far
   * apart, as from an export that was saved twice: 16 million by default, of some 16 bytes each.
   */
  readonly maxIds?: number;
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
  /** Of those counted: it is not known whether they are copies, since the ids of their hour were no longer at hand (`maxIds`). */
  readonly late: number;
  /** Of those: another log has calls of the same hour, so that they count twice if both hold the same calls. */
  readonly overlapping: number;
  /** Before start, or at or after end. */
  readonly outside: number;
  /** Of all but those outside: had no `eventId`, so that a copy would count again. */
  readonly withoutId: number;
}

/** Two logs with calls of the same hours, too many and too far apart to be told from copies. */
export interface LogOverlap {
  /** By name, in the order of reading. */
  readonly logs: readonly [string, string];
  /** Calls of the second that may be copies of the first's. */
  readonly calls: number;
}

/** So many overlaps are listed: a hint is wanted, not a list of all pairs among thousands of logs. */
const MAX_OVERLAPS = 100;

/**
 * Counts calls one by one; {@link countCalls} says what counts where.
 *
 * Memory: the cells that are not zero, and 11 to 21 bytes for each id of the last 48 hours of each account and Region, and
 * for `maxIds` more. A call with a `sharedEventId` has one id more, and one for each of its rows.
 */
export class CallCounter {
  readonly #options: CountOptions;
  readonly #start: number;
  readonly #end: number;
  readonly #builder: SeriesSetBuilder;
  readonly #rows: CallRows;
  readonly #service: ServiceGaps | undefined;
  readonly #oldIds: OldIds;
  readonly #sources: Sources;
  readonly #overlaps = new Map<string, { logs: [string, string]; calls: number }>();
  /** By Region: a call is one of its Region in every account's log. */
  readonly #shared = new Map<string, SeenIds>();
  #first = Infinity;
  #last = -Infinity;
  #calls = 0;
  #duplicates = 0;
  #sharedCopies = 0;
  #late = 0;
  #overlapping = 0;
  /** The log that calls come from now. */
  #log = '';
  #outside = 0;
  #withoutId = 0;
  readonly #id: IdHash = { a: 0, b: 0 };
  readonly #sharedId: IdHash = { a: 0, b: 0 };
  readonly #idInRow: IdHash = { a: 0, b: 0 };

  constructor(options: CountOptions = {}) {
    checkOptions(options, COUNT_OPTIONS);
    const { start, end, step = 5 * MINUTE, by = DEFAULT_BY, coverage } = options;
    this.#options = options;
    this.#start = start === undefined ? -Infinity : checkTime(start, 'start');
    this.#end = end === undefined ? Infinity : checkTime(end, 'end');
    this.#builder = new SeriesSetBuilder({
      step,
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    });
    this.#service = options.serviceGaps === true ? new ServiceGaps() : undefined;
    this.#rows = new CallRows(by, this.#builder, this.#service !== undefined);
    this.#oldIds = new OldIds(checkInteger(options.maxIds ?? MAX_IDS, 'maxIds', 0, 2 ** 31));
    this.#sources = new Sources(this.#oldIds);
    // A mistake in it should show now rather than after hours of reading.
    if (coverage !== undefined && typeof coverage !== 'function') new Listening(coverage);
  }

  add(call: KmsCall): void {
    checkCall(call);
    const { eventId, sharedEventId } = call;
    if (eventId !== '') hashId(eventId, this.#id);
    if (sharedEventId !== null) hashId(sharedEventId, this.#sharedId);
    const flags = (eventId === '' ? 0 : HAS_ID) | (sharedEventId === null ? 0 : HAS_SHARED_ID);
    this.#add(call, -1, call.time, flags);
  }

  /** Counts the calls of a batch out of a log of that name, as {@link add} would one by one. */
  addBatch({ size, kinds, kind, time, ids, flags }: CallBatch, log = ''): void {
    this.#log = log;
    const numbers = new Int32Array(kinds.length).fill(-1);
    const id = this.#id;
    const sharedId = this.#sharedId;
    for (let i = 0; i < size; i++) {
      id.a = ids[4 * i];
      id.b = ids[4 * i + 1];
      sharedId.a = ids[4 * i + 2];
      sharedId.b = ids[4 * i + 3];
      const k = kind[i];
      numbers[k] = this.#add(kinds[k], numbers[k], time[i], flags[i]);
    }
  }

  /**
   * Counts a call whose ids, where `flags` say that it has them, are in `#id` and `#sharedId`.
   * @param known the number of its kind, -1 where that is not known
   * @returns that number, where it is known by now
   */
  #add(call: CallKind, known: number, time: number, flags: number): number {
    this.#calls++;
    const source = this.#sources.of(call.account, call.region);
    if (time < this.#start || time >= this.#end) {
      this.#outside++;
      return known;
    }
    let sighting: Sighting = 'new';
    if ((flags & HAS_ID) === 0) {
      this.#withoutId++;
    } else {
      sighting = source.seen.add(time, this.#id, this.#log);
      if (sighting === 'seen') {
        this.#duplicates++;
        return known;
      }
    }
    source.calls++;
    this.#service?.add(call.account, call.region, time);
    if (time < this.#first) this.#first = time;
    if (time > this.#last) this.#last = time;

    // Not before a call counts: a row without any would stand in the set.
    const kind = known < 0 ? this.#kindOf(call, source) : known;
    const { starts, rows } = this.#rows;
    if ((flags & HAS_SHARED_ID) === 0) {
      this.#builder.addToRows(rows, starts[kind], starts[kind + 1], time);
    } else {
      const shared = this.#addShared(time, call.region, rows.subarray(starts[kind], starts[kind + 1]));
      if (shared === 'seen') {
        this.#sharedCopies++;
        return kind;
      }
      if (sighting === 'new') sighting = shared;
    }
    if (sighting !== 'new') this.#addLate(sighting.log);
    return kind;
  }

  /** A call that may be a copy of one in `log`, which is this log or one before it. */
  #addLate(log: string): void {
    this.#late++;
    if (log === this.#log) return;
    this.#overlapping++;
    const id = JSON.stringify([log, this.#log]);
    const known = this.#overlaps.get(id);
    if (known !== undefined) known.calls++;
    else if (this.#overlaps.size < MAX_OVERLAPS) this.#overlaps.set(id, { logs: [log, this.#log], calls: 1 });
  }

  #kindOf(call: CallKind, source: Source): number {
    const known = this.#rows.kinds;
    const kind = this.#rows.kindOf(call, source.index);
    if (kind < known) return kind;
    this.#service?.addKind(call.account, call.region, call.caller, call.keyArns);
    const { starts, rows } = this.#rows;
    for (let i = starts[kind]; i < starts[kind + 1]; i++) this.#sources.contribute(rows[i], source);
    return kind;
  }

  /** The counts so far. `add` must not be called after it. */
  finish(): {
    set: SeriesSet;
    stats: CountStats;
    sources: readonly SourceCalls[];
    /** Where the log of a source goes on without its KMS records, where `serviceGaps` asked for it. */
    serviceGaps: readonly Coverage[];
    /** Those with most calls first, at most a hundred. */
    overlaps: readonly LogOverlap[];
  } {
    const { coverage } = this.#options;
    const listened = typeof coverage === 'function' ? coverage() : coverage;
    const serviceGaps = listened === undefined ? [] : (this.#service?.within(listened) ?? []);
    const given = listened === undefined ? undefined : coverageWithout(listened, serviceGaps);
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
      overlapping: this.#overlapping,
      outside: this.#outside,
      withoutId: this.#withoutId,
    };
    this.#options.onStats?.(stats);
    const overlaps = [...this.#overlaps.values()].sort((a, b) => b.calls - a.calls);
    return { set, stats, sources: this.#sources.calls(), overlaps, serviceGaps };
  }

  /** Counts a call whose record two accounts may have in each of the rows that have not counted it yet. */
  #addShared(time: number, region: string, rows: Int32Array): Sighting {
    let seen = this.#shared.get(region);
    if (seen === undefined) {
      seen = new SeenIds(this.#oldIds);
      this.#shared.set(region, seen);
    }
    const sighting = seen.add(time, this.#sharedId, this.#log);
    for (const row of rows) {
      hashWith(this.#sharedId, row, this.#idInRow);
      if (seen.add(time, this.#idInRow, this.#log) !== 'seen') this.#builder.addAt(row, time);
    }
    return sighting;
  }

  /** Without a row to say what it listened to, a set is observed where everything listened. */
  #markGaps(ranges: readonly TimeRange[]): void {
    let from = -MOST_TIME;
    for (const range of ranges) {
      if (range.from > from) this.#builder.markUnobserved(from, range.from);
      from = range.to;
    }
    if (from < MOST_TIME) this.#builder.markUnobserved(from, MOST_TIME);
  }
}

const COUNT_OPTIONS: OptionNames<CountOptions> = {
  start: true,
  end: true,
  step: true,
  by: true,
  coverage: true,
  serviceGaps: true,
  maxIds: true,
  onStats: true,
};

const isText = (value: unknown): boolean => typeof value === 'string';

/** What a call must have for it to be counted, and what is said where it has not. */
const CALL_FIELDS: readonly (readonly [field: keyof KmsCall, fits: (value: unknown) => boolean, need: string])[] = [
  ['time', (value) => Number.isFinite(value), 'epoch ms'],
  ['operation', isText, 'text'],
  ['keyArns', (value) => Array.isArray(value) && value.every(isText), 'an array of texts'],
  ['account', isText, 'text'],
  ['region', isText, 'text'],
  ['caller', isText, 'text'],
  ['error', (value) => value === null || isText(value), 'text or null'],
  ['eventId', isText, 'text'],
  ['sharedEventId', (value) => value === null || isText(value), 'text or null'],
];

/** Throws {@link InputError} unless it is a call. What is one is seen at a glance: the loop over fields takes ten times as long. */
function checkCall(call: KmsCall): void {
  if (
    isObject(call) &&
    Number.isFinite(call.time) &&
    typeof call.operation === 'string' &&
    Array.isArray(call.keyArns) &&
    (call.keyArns.length === 0 || (call.keyArns.length === 1 && typeof call.keyArns[0] === 'string')) &&
    typeof call.account === 'string' &&
    typeof call.region === 'string' &&
    typeof call.caller === 'string' &&
    (call.error === null || typeof call.error === 'string') &&
    typeof call.eventId === 'string' &&
    (call.sharedEventId === null || typeof call.sharedEventId === 'string')
  ) {
    return;
  }
  checkFields(call);
}

function checkFields(call: unknown): void {
  const wrong = isObject(call) ? CALL_FIELDS.find(([field, fits]) => !fits(call[field])) : undefined;
  if (isObject(call) && wrong === undefined) return;
  if (isObject(call) && wrong !== undefined && !('reason' in call)) {
    throw new InputError(`calls must have ${wrong[2]} as ${wrong[0]}, got ${shown(call[wrong[0]])}`);
  }
  const got =
    typeof call === 'object' && call !== null && 'reason' in call
      ? `a record set aside as ${shown(call.reason)}: leave those out`
      : shown(call);
  throw new InputError(`calls must hold what parseRecord makes of KMS records, got ${got}`);
}
