import type { KmsCall } from '../kms/call.js';
import { mergeRanges, SeriesSetBuilder, type TimeRange } from '../series/builder.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { seriesFromBytes, seriesToBytes } from '../series/codec-set.js';
import { keyId, type SeriesKey, seriesKey } from '../series/key.js';
import { isSparse, readRow, type SeriesSet } from '../series/series-set.js';

type Field = 'operation' | 'keyArn' | 'caller' | 'outcome';

/** What is judged, then what tells who was behind it. */
const JUDGED: readonly (readonly Field[])[] = [
  ['operation'],
  ['operation', 'outcome'],
  ['keyArn'],
  ['keyArn', 'operation'],
];
const CALLERS: readonly (readonly Field[])[] = [
  ['operation', 'caller'],
  ['keyArn', 'operation', 'caller'],
];

interface Row {
  readonly key: SeriesKey;
  /** The sources that ever told of it. */
  readonly sources: Set<string>;
  /** Calls by the start of their bucket. */
  readonly cells: Map<number, number>;
}

/** Counts by bucket, of the last days, that calls may still be added to; and when each source listened. */
export class Ledger {
  readonly step: number;
  readonly #rows = new Map<string, Row>();
  readonly #listened = new Map<string, TimeRange[]>();

  constructor(step: number) {
    this.step = step;
  }

  /** Counts a call in the bucket of its time. */
  add(call: KmsCall, source: string): void {
    const bucket = Math.floor(call.time / this.step) * this.step;
    for (const fields of JUDGED) this.#count(call, fields, source, bucket);
    for (const fields of CALLERS) this.#count(call, fields, source, bucket);
  }

  #count(call: KmsCall, fields: readonly Field[], source: string, bucket: number): void {
    const arns = fields.includes('keyArn') ? call.keyArns : [null];
    for (const keyArn of arns) {
      const names = {
        operation: call.operation,
        keyArn,
        caller: call.caller,
        outcome: call.error === null ? 'ok' : call.error === 'DryRunOperationException' ? 'dry-run' : 'error',
      } as const;
      const key = seriesKey(Object.fromEntries(fields.map((field) => [field, names[field]])));
      const row = this.#row(key);
      row.sources.add(source);
      row.cells.set(bucket, (row.cells.get(bucket) ?? 0) + 1);
    }
  }

  #row(key: SeriesKey): Row {
    const id = keyId(key);
    let row = this.#rows.get(id);
    if (row === undefined) {
      row = { key, sources: new Set(), cells: new Map() };
      this.#rows.set(id, row);
    }
    return row;
  }

  /** The source listened then, as well as before. */
  listen(source: string, ranges: readonly TimeRange[]): void {
    const all = [...(this.#listened.get(source) ?? []), ...ranges.filter(({ from, to }) => from < to)];
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

  /** Calls on a row in `[from, to)`. */
  sum(key: SeriesKey, from: number, to: number): number {
    let calls = 0;
    for (const [bucket, count] of this.#rows.get(keyId(key))?.cells ?? []) {
      if (bucket >= from && bucket < to) calls += count;
    }
    return calls;
  }

  /**
   * The counts of `[from, to)`, whole buckets: of all rows that ever were, or of those by caller. A bucket of a row is
   * observed where every source that ever told of it listened to the whole of it, and nothing is excluded.
   */
  window(from: number, to: number, what: 'judged' | 'callers', exclude: readonly TimeRange[]): SeriesSet {
    const builder = new SeriesSetBuilder({ step: this.step, start: from, end: to });
    const sources: (readonly string[])[] = [];
    for (const { key, cells, sources: told } of this.#rows.values()) {
      if ((key.caller === null) !== (what === 'judged')) continue;
      const row = builder.row(key);
      sources[row] = [...told];
      // A window of few buckets looks its cells up; one of many goes through them.
      if ((to - from) / this.step < cells.size) {
        for (let bucket = from; bucket < to; bucket += this.step) builder.addAt(row, bucket, cells.get(bucket) ?? 0);
      } else for (const [bucket, count] of cells) builder.addAt(row, bucket, count);
    }
    for (const range of exclude) if (range.from < to && range.to > from) builder.markUnobserved(range.from, range.to);
    const known = new Map<string, readonly TimeRange[]>();
    return builder.finish({ from, to }, (_, row) => {
      const id = sources[row].join('\n');
      const ranges = known.get(id) ?? this.#whenAll(sources[row]);
      known.set(id, ranges);
      return ranges;
    });
  }

  #whenAll(sources: readonly string[]): TimeRange[] {
    let both = [...this.listenedBy(sources[0] ?? '')];
    for (const source of sources.slice(1)) {
      const other = this.listenedBy(source);
      both = both.flatMap((a) =>
        other.flatMap((b) => {
          const range = { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
          return range.from < range.to ? [range] : [];
        }),
      );
    }
    return both;
  }

  /** Forgets counts before `time`; rows that are judged stay, since their silence counts. */
  forgetBefore(time: number): void {
    for (const [id, { key, cells }] of this.#rows) {
      for (const bucket of cells.keys()) if (bucket < time) cells.delete(bucket);
      if (cells.size === 0 && key.caller !== null) this.#rows.delete(id);
    }
    for (const [source, ranges] of this.#listened) {
      const last = ranges.at(-1);
      const kept = ranges.filter(({ to }) => to > time);
      // When it was last heard of is worth knowing, however long ago.
      this.#listened.set(source, kept.length > 0 || last === undefined ? kept : [last]);
    }
  }

  write(out: ByteWriter): void {
    const rows = [...this.#rows.values()];
    const buckets = rows.flatMap(({ cells }) => [...cells.keys()]);
    const start = buckets.reduce((a, b) => Math.min(a, b), Infinity);
    const end = buckets.reduce((a, b) => Math.max(a, b), -Infinity) + this.step;
    const from = Number.isFinite(start) ? start : 0;
    const builder = new SeriesSetBuilder({ step: this.step, start: from, end: Number.isFinite(end) ? end : this.step });
    for (const { key, cells } of rows) {
      const row = builder.row(key);
      for (const [bucket, count] of cells) builder.addAt(row, bucket, count);
    }
    const bytes = seriesToBytes(builder.finish());
    out.varint(bytes.length);
    out.bytes(bytes);
    const listened = Object.fromEntries([...this.#listened].map(([source, ranges]) => [source, ranges]));
    const names = [...new Set(rows.flatMap(({ sources }) => [...sources]))];
    const sets = rows.map(({ sources }) => [...sources].map((source) => names.indexOf(source)));
    out.string(JSON.stringify({ listened, names, sets }));
  }

  static read(from: ByteReader, step: number): Ledger {
    const ledger = new Ledger(step);
    const set = seriesFromBytes(from.bytes(from.varint()));
    const { listened, names, sets } = JSON.parse(from.string()) as {
      listened: Record<string, TimeRange[]>;
      names: string[];
      sets: number[][];
    };
    const { start, length } = set.grid;
    const counts = new Float64Array(length);
    for (const [row, key] of set.keys.entries()) {
      const made = ledger.#row(key);
      for (const index of sets[row]) made.sources.add(names[index]);
      if (isSparse(set.values)) {
        for (let i = set.values.offsets[row]; i < set.values.offsets[row + 1]; i++) {
          made.cells.set(start + set.values.buckets[i] * step, set.values.counts[i]);
        }
        continue;
      }
      readRow(set, row, counts);
      for (let b = 0; b < length; b++) if (counts[b] > 0) made.cells.set(start + b * step, counts[b]);
    }
    for (const [source, ranges] of Object.entries(listened)) ledger.#listened.set(source, ranges);
    return ledger;
  }
}
