import type { KmsCall } from '../kms/call.js';
import { BY_CALLER, type LevelField } from '../kms/call-rows.js';
import { errorNames, outcomeOf } from '../kms/errors.js';
import { isCallerOfKey } from '../kms/judged-rows.js';
import { commonRanges, markHole, markObserved, mergeRanges, type TimeRange } from '../series/builder.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { joinRows } from '../series/join-rows.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY } from '../time/grid.js';
import { LedgerCells, readBuckets, writeBuckets } from './ledger-cells.js';
import { keyOfId } from './ledger-parts.js';
import { Refusals } from './refusals.js';
import { StatedCounts, type Taken } from './stated-counts.js';

interface Row {
  /** Never another's, nor used again: what the cells name it by. */
  readonly number: number;
  readonly id: string;
  readonly key: SeriesKey;
  /** Which set of sources ever told of it. */
  sources: number;
  /** In how many of the buckets it has calls. */
  buckets: number;
  judged: boolean;
}

/** Callers of one operation on one key that are judged, each by itself: where they come and go by the hundred, none is missed. */
const MOST_CALLERS = 20;

/** What of it is JSON in its bytes. */
interface LedgerData {
  readonly rows: readonly (readonly [number: number, id: string, sources: number])[];
  readonly next: number;
  /** Counts before it are forgotten, epoch ms; null where none are. */
  readonly since: number | null;
  readonly sources: readonly (readonly string[])[];
  readonly listened: Readonly<Record<string, readonly TimeRange[]>>;
}

/**
 * Counts by bucket, of the last days, that calls may still be added to; and when each source listened. What a poll costs
 * grows with what it brings and with the rows there are, not with the days that are kept.
 */
export class Ledger {
  readonly step: number;
  /** In the order in which they first had a call. */
  readonly #rows = new Map<string, Row>();
  readonly #byNumber = new Map<number, Row>();
  #next = 0;
  /** Rows that are judged are never forgotten, as their silence counts. */
  readonly #judged: Row[] = [];
  /** How many callers of an operation on a key are judged, by its row's id. */
  readonly #callersOf = new Map<string, number>();
  #refusals = new Refusals();
  /** What sources state rather than bring call by call. */
  #stated = new StatedCounts();
  /** Theirs; the same array while there are no new ones. */
  #judgedKeys: readonly SeriesKey[] = [];
  /** The keys of windows with all of these; the same array while they are. */
  #windowKeys: Readonly<Record<'judged' | 'refused' | 'stated' | 'all', readonly SeriesKey[]>> | null = null;
  readonly #buckets = new Map<number, LedgerCells>();
  /** Of buckets before it, counts of rows that are judged are left. */
  #thinnedUntil = -Infinity;
  #since = -Infinity;
  /** The rows in which a call counts, by what kind of call it is. */
  readonly #rowsOfKind = new Map<string, readonly Row[]>();
  readonly #sources: (readonly string[])[] = [];
  readonly #listened = new Map<string, readonly TimeRange[]>();

  constructor(step: number) {
    this.step = step;
  }

  /** Counts a call in the bucket of its time. */
  add(call: KmsCall, source: string): void {
    const bucket = Math.floor(call.time / this.step) * this.step;
    let cells = this.#buckets.get(bucket);
    if (cells === undefined) {
      cells = new LedgerCells();
      this.#buckets.set(bucket, cells);
    }
    for (const row of this.#rowsOf(call)) {
      const told = this.#sources[row.sources] ?? [];
      if (!told.includes(source)) row.sources = this.#sourceSet([...told, source]);
      if (cells.add(row.number)) row.buckets++;
      this.#refusals.add(row.key, bucket);
    }
  }

  #rowsOf({ operation, caller, error, keyArns }: KmsCall): readonly Row[] {
    const outcome = outcomeOf(error);
    const failed = errorNames(error);
    const kind = JSON.stringify([operation, outcome, caller, keyArns, failed?.metric]);
    let rows = this.#rowsOfKind.get(kind);
    if (rows === undefined) {
      rows = BY_CALLER.flatMap((fields: readonly LevelField[]) => {
        const byCode = fields.includes('error');
        if (byCode && failed === null) return [];
        return (fields.includes('keyArn') ? keyArns : [null]).map((keyArn) => {
          const names: Partial<SeriesKey> = { operation, keyArn, caller, outcome };
          const own = Object.fromEntries(Object.entries(names).filter(([name]) => fields.includes(name as LevelField)));
          return this.#row(seriesKey(byCode ? { ...own, ...failed } : own));
        });
      });
      this.#rowsOfKind.set(kind, rows);
    }
    return rows;
  }

  #row(key: SeriesKey): Row {
    const id = keyId(key);
    return (
      this.#rows.get(id) ?? this.#addRow({ number: this.#next++, id, key, sources: -1, buckets: 0, judged: false })
    );
  }

  #addRow(row: Row): Row {
    this.#rows.set(row.id, row);
    this.#byNumber.set(row.number, row);
    if (this.#isJudged(row.key)) {
      row.judged = true;
      this.#judged.push(row);
    }
    return row;
  }

  /** Whether a new row is judged: as in `judgedRows`, but of an operation on a key the first callers only. */
  #isJudged(key: SeriesKey): boolean {
    if (key.caller === null) return true;
    if (!isCallerOfKey(key)) return false;
    const id = keyId({ ...key, caller: null });
    const callers = this.#callersOf.get(id) ?? 0;
    if (callers >= MOST_CALLERS) return false;
    this.#callersOf.set(id, callers + 1);
    return true;
  }

  #sourceSet(names: readonly string[]): number {
    const known = this.#sources.findIndex(
      (set) => set.length === names.length && set.every((name, i) => name === names[i]),
    );
    return known >= 0 ? known : this.#sources.push(names) - 1;
  }

  /** The source listened then, as well as before. */
  listen(source: string, ranges: readonly TimeRange[]): void {
    const all = [...this.listenedBy(source), ...ranges.filter(({ from, to }) => from < to)];
    this.#listened.set(source, mergeRanges(all));
  }

  listenedBy(source: string): readonly TimeRange[] {
    return this.#listened.get(source) ?? [];
  }

  /** The latest time of which any source has told; −∞ before the first. */
  get heardUntil(): number {
    let until = -Infinity;
    for (const ranges of this.#listened.values()) until = Math.max(until, ranges.at(-1)?.to ?? -Infinity);
    return until;
  }

  /** Takes counts that a source states, as {@link StatedCounts} does. Where calls tell of a row, these count, and no other. */
  state(set: SeriesSet, source: string, from: number, to: number): Taken {
    const taken = this.#stated.take(set, source, from, to);
    const told = set.keys.flatMap((key) => {
      const row = this.#rows.get(keyId(key));
      return row === undefined ? [] : [{ key, source: this.#sources[row.sources]?.join(', ') ?? '' }];
    });
    return { ...taken, refused: [...taken.refused, ...told] };
  }

  /** Whether the counts of a row are a source's word, so that who called may not be known. */
  isStated(key: SeriesKey): boolean {
    return this.#stated.has(key) && !this.#isCounted(keyId(key));
  }

  readonly #isCounted = (id: string): boolean => this.#rows.has(id);
  /** Of all rows that ever were, but those by caller. */
  judgedKeys(): readonly SeriesKey[] {
    const stated = this.#stated.keys('judged', this.#isCounted);
    return stated.length === 0 ? this.#judgedByCalls() : [...this.#judgedByCalls(), ...stated];
  }

  #judgedByCalls(): readonly SeriesKey[] {
    if (this.#judgedKeys.length !== this.#judged.length) this.#judgedKeys = this.#judged.map(({ key }) => key);
    return this.#judgedKeys;
  }

  /** Calls on a row in `[from, to)`. */
  sum(key: SeriesKey, from: number, to: number): number {
    const row = this.#rows.get(keyId(key));
    let calls = 0;
    for (const bucket of this.#bucketsIn(from, to)) {
      this.#buckets.get(bucket)?.forEach((number, count) => {
        if (number === row?.number) calls += count;
      });
    }
    return row === undefined ? this.#stated.sum(key, from, to) : calls;
  }

  #bucketsIn(from: number, to: number): number[] {
    return [...this.#buckets.keys()].filter((bucket) => bucket >= from && bucket < to).sort((a, b) => a - b);
  }

  /**
   * The counts of `[from, to)`, whole buckets: of all rows that ever were, or of those by caller. A bucket of a row is
   * observed where every source that ever told of it listened to the whole of it, and nothing is excluded.
   */
  window(from: number, to: number, what: 'judged' | 'callers', exclude: readonly TimeRange[]): SeriesSet {
    const isJudged = what === 'judged';
    const rows = isJudged
      ? this.#judged
      : [...this.#rows.values()].filter(({ key, buckets }) => key.caller !== null && buckets > 0);
    const grid = { start: from, step: this.step, length: (to - from) / this.step };
    const set: SeriesSet = {
      grid,
      keys: isJudged ? this.#judgedByCalls() : rows.map(({ key }) => key),
      measure: 'count',
      values: this.#counts(rows, grid),
      observed: this.#observed(rows, grid, exclude),
    };
    const stated = this.#stated.window(what, grid, this.#isCounted, (source) => this.listenedBy(source), exclude);
    if (!isJudged) return joinRows(set, stated);
    return this.#joined(set, this.#refusals.rows(grid, this.#observedByAll(grid, exclude)), stated);
  }

  /** With the same array of keys as the last one where they are the same: who matches them need not again. */
  #joined(set: SeriesSet, refused: SeriesSet, stated: SeriesSet): SeriesSet {
    const joined = joinRows(joinRows(set, refused), stated);
    const known = this.#windowKeys;
    if (known?.judged !== set.keys || known.refused !== refused.keys || known.stated !== stated.keys) {
      this.#windowKeys = { judged: set.keys, refused: refused.keys, stated: stated.keys, all: joined.keys };
    }
    return { ...joined, keys: this.#windowKeys?.all ?? joined.keys };
  }

  #counts(rows: readonly Row[], { start, step, length }: SeriesSet['grid']): SeriesSet['values'] {
    const rowOf = new Map(rows.map(({ number }, row) => [number, row]));
    const offsets = new Float64Array(rows.length + 1);
    const cells: { readonly row: number; readonly bucket: number; readonly count: number }[] = [];
    for (const time of this.#bucketsIn(start, start + length * step)) {
      this.#buckets.get(time)?.forEach((number, count) => {
        const row = rowOf.get(number);
        if (row === undefined) return;
        cells.push({ row, bucket: (time - start) / step, count });
        offsets[row + 1]++;
      });
    }
    for (let row = 0; row < rows.length; row++) offsets[row + 1] += offsets[row];
    const at = offsets.slice(0, rows.length);
    const buckets = new Uint32Array(cells.length);
    const counts = new Float64Array(cells.length);
    // In the order of time, so that each row's are.
    for (const { row, bucket, count } of cells) {
      buckets[at[row]] = bucket;
      counts[at[row]++] = count;
    }
    return { offsets, buckets, counts };
  }

  /** Of all rows alike where the same sources told of all of them. */
  #observed(rows: readonly Row[], grid: SeriesSet['grid'], exclude: readonly TimeRange[]): Uint8Array {
    const masks = new Map<number, Uint8Array>();
    for (const { sources } of rows) {
      if (masks.has(sources)) continue;
      const mask = new Uint8Array(grid.length);
      markObserved(mask, grid, this.#whenAll(this.#sources[sources] ?? []));
      for (const range of exclude) markHole(mask, grid, range);
      masks.set(sources, mask);
    }
    const [first = new Uint8Array(grid.length)] = masks.values();
    if (masks.size <= 1) return first;
    const all = new Uint8Array(rows.length * grid.length);
    for (const [row, { sources }] of rows.entries()) all.set(masks.get(sources) ?? first, row * grid.length);
    return all;
  }

  /** Where every source listened: a refusal may be in the records of any. */
  #observedByAll(grid: SeriesSet['grid'], exclude: readonly TimeRange[]): Uint8Array {
    const mask = new Uint8Array(grid.length);
    markObserved(mask, grid, this.#whenAll([...new Set([...this.#listened.keys(), ...this.#sources.flat()])]));
    for (const range of exclude) markHole(mask, grid, range);
    return mask;
  }

  #whenAll(sources: readonly string[]): readonly TimeRange[] {
    return sources.map((source) => this.listenedBy(source)).reduce(commonRanges, [{ from: -Infinity, to: Infinity }]);
  }

  /** Counts before it are forgotten; −∞ where none are. */
  get since(): number {
    return this.#since;
  }

  /**
   * Forgets counts before `since`, and of the time before `until` those of rows that are not judged. Where more than `most`
   * counts are left, the oldest day before `until` goes as well.
   */
  forget(since: number, until: number, most: number): void {
    this.forgetBefore(since);
    for (const [bucket, cells] of this.#buckets) {
      if (bucket < this.#thinnedUntil || bucket >= until) continue;
      cells.retain((number) => {
        const row = this.#byNumber.get(number);
        if (row === undefined || row.judged) return true;
        if (--row.buckets === 0) this.#dropRow(row);
        return false;
      });
    }
    this.#thinnedUntil = until;
    this.#refusals.fix(until);
    let counts = this.#refusals.size + this.#stated.size;
    for (const { buckets } of this.#rows.values()) counts += buckets;
    if (counts <= most) return;
    let first = Infinity;
    for (const bucket of this.#buckets.keys()) first = Math.min(first, bucket);
    if (first === Infinity) first = this.#stated.first;
    this.forgetBefore(Math.min(until, first + DAY));
  }

  /** Forgets counts before `time`; rows that are judged stay, since their silence counts. */
  forgetBefore(time: number): void {
    for (const [bucket, cells] of this.#buckets) {
      if (bucket >= time) continue;
      cells.forEach((number) => {
        const row = this.#byNumber.get(number);
        if (row !== undefined && --row.buckets === 0 && !row.judged) this.#dropRow(row);
      });
      this.#buckets.delete(bucket);
    }
    this.#since = Math.max(this.#since, time);
    this.#refusals.forgetBefore(time);
    this.#stated.forgetBefore(time);
    for (const [source, ranges] of this.#listened) {
      const last = ranges.at(-1);
      const kept = ranges.filter(({ to }) => to > time);
      // When it was last heard of is worth knowing, however long ago.
      this.#listened.set(source, kept.length > 0 || last === undefined ? kept : [last]);
    }
  }

  #dropRow(row: Row): void {
    this.#rows.delete(row.id);
    this.#byNumber.delete(row.number);
    this.#rowsOfKind.clear();
  }

  write(out: ByteWriter): void {
    const data: LedgerData = {
      rows: Array.from(this.#rows.values(), ({ number, id, sources }) => [number, id, sources]),
      next: this.#next,
      since: Number.isFinite(this.#since) ? this.#since : null,
      sources: this.#sources,
      listened: Object.fromEntries(this.#listened),
    };
    out.string(JSON.stringify(data));
    writeBuckets(this.#buckets, out);
    this.#refusals.write(out);
  }

  /** What sources state: behind the rest of a state, which had none of it once. */
  writeStated(out: ByteWriter): void {
    if (!this.#stated.isEmpty) this.#stated.write(out);
  }

  readStated(from: ByteReader): void {
    if (from.remaining > 0) this.#stated = StatedCounts.read(from);
  }

  static read(from: ByteReader, step: number): Ledger {
    const ledger = new Ledger(step);
    const { rows, next, since, sources, listened } = JSON.parse(from.string()) as LedgerData;
    for (const [number, id, set] of rows) {
      ledger.#addRow({ number, id, key: keyOfId(id), sources: set, buckets: 0, judged: false });
    }
    ledger.#next = next;
    ledger.#since = since ?? -Infinity;
    ledger.#sources.push(...sources);
    for (const [source, ranges] of Object.entries(listened)) ledger.#listened.set(source, ranges);
    for (const [bucket, cells] of readBuckets(from)) {
      cells.forEach((number) => {
        const row = ledger.#byNumber.get(number);
        if (row !== undefined) row.buckets++;
      });
      ledger.#buckets.set(bucket, cells);
    }
    ledger.#refusals = Refusals.read(from);
    return ledger;
  }
}
