import { isRefused, ONCE_IN, REFUSED_KEYS } from '../kms/refused-keys.js';
import type { ByteReader, ByteWriter } from '../series/bytes.js';
import { type SeriesKey, seriesKey } from '../series/key.js';
import type { SeriesSet } from '../series/series-set.js';
import { DAY } from '../time/grid.js';

/** So many callers are judged by the keys that refuse them; with more that fail, who fails says nothing. */
const MOST = 1000;
/** With more, one that has not failed for so long gives its place to a new one. */
const PLACE_KEPT = 7 * DAY;

/** One key that refused a caller. Times are those of buckets, ascending. */
interface Refusing {
  /** Where it counted, of the time before `#fixed`. */
  readonly counted: number[];
  /** Where it refused since, and in the time before that makes a difference. */
  readonly times: number[];
}

interface Caller {
  /** The last bucket in which it failed. */
  last: number;
  readonly keys: Map<string, Refusing>;
}

/**
 * When which key refused which caller: the rows of {@link refusedKeys}, of a ledger that grows by calls in any order. What is
 * kept grows with the failed calls of the last days, and with a bucket a day, key and caller of those before. The same
 * whenever it forgets, and after it was written and read.
 */
export class Refusals {
  /** In the order in which they came; with their silence they stay. */
  readonly #callers = new Map<string, Caller>();
  /** No call of the time before it comes any more. */
  #fixed = -Infinity;
  #keys: readonly SeriesKey[] | null = null;

  /** Notes calls of a row in a bucket, where they are one caller's failed calls on one key. */
  add(key: SeriesKey, bucket: number): void {
    const { keyArn } = key;
    if (key.caller === null || keyArn === null || bucket < this.#fixed || !isRefused(key)) return;
    const caller = this.#callerOf(key.caller, bucket);
    if (caller === undefined) return;
    caller.last = Math.max(caller.last, bucket);
    const times = caller.keys.get(keyArn)?.times;
    if (times === undefined) {
      caller.keys.set(keyArn, { counted: [], times: [bucket] });
      return;
    }
    const at = placeOf(times, bucket);
    if (times[at] !== bucket) times.splice(at, 0, bucket);
  }

  #callerOf(name: string, bucket: number): Caller | undefined {
    const known = this.#callers.get(name);
    if (known !== undefined) return known;
    if (this.#callers.size >= MOST) {
      let oldest: readonly [string, Caller] | undefined;
      for (const one of this.#callers) if (oldest === undefined || one[1].last < oldest[1].last) oldest = one;
      if (oldest === undefined || oldest[1].last > bucket - PLACE_KEPT) return undefined;
      this.#callers.delete(oldest[0]);
    }
    const caller = { last: bucket, keys: new Map() };
    this.#callers.set(name, caller);
    this.#keys = null;
    return caller;
  }

  /** Of the time before `until`, all calls have come: buckets in which a key did not count are forgotten. */
  fix(until: number): void {
    if (until <= this.#fixed) return;
    for (const { keys } of this.#callers.values()) {
      for (const { counted, times } of keys.values()) {
        for (let i = placeOf(times, this.#fixed); i < times.length && times[i] < until; i++) {
          if (isCounted(times, i)) counted.push(times[i]);
        }
        times.splice(0, placeOf(times, until - ONCE_IN));
      }
    }
    this.#fixed = until;
  }

  /** Forgets the time before `time`, but for what makes a difference after it. */
  forgetBefore(time: number): void {
    this.fix(time);
    for (const { keys } of this.#callers.values()) {
      for (const [keyArn, { counted, times }] of keys) {
        counted.splice(0, placeOf(counted, time));
        if (counted.length + times.length === 0) keys.delete(keyArn);
      }
    }
  }

  /** How many buckets are kept, of keys and callers each. */
  get size(): number {
    let size = 0;
    for (const { keys } of this.#callers.values()) {
      for (const { counted, times } of keys.values()) size += counted.length + times.length;
    }
    return size;
  }

  /** A row for each caller that ever failed; the same keys while there are no new ones. */
  rows(grid: SeriesSet['grid'], observed: Uint8Array): SeriesSet {
    const { start, step, length } = grid;
    const end = start + length * step;
    const offsets = new Float64Array(this.#callers.size + 1);
    const buckets: number[] = [];
    const counts: number[] = [];
    let row = 0;
    for (const { keys } of this.#callers.values()) {
      const found = new Map<number, number>();
      const count = (time: number) => found.set((time - start) / step, (found.get((time - start) / step) ?? 0) + 1);
      for (const { counted, times } of keys.values()) {
        for (let i = placeOf(counted, start); i < counted.length && counted[i] < end; i++) count(counted[i]);
        for (let i = placeOf(times, Math.max(start, this.#fixed)); i < times.length && times[i] < end; i++) {
          if (isCounted(times, i)) count(times[i]);
        }
      }
      for (const [bucket, keysOf] of [...found].sort(([a], [b]) => a - b)) {
        buckets.push(bucket);
        counts.push(keysOf);
      }
      offsets[++row] = buckets.length;
    }
    this.#keys ??= Array.from(this.#callers.keys(), (caller) =>
      seriesKey({ caller, outcome: 'error', metric: REFUSED_KEYS }),
    );
    const values = { offsets, buckets: Uint32Array.from(buckets), counts: Float64Array.from(counts) };
    return { grid, keys: this.#keys, measure: 'count', values, observed };
  }

  write(out: ByteWriter): void {
    out.string(JSON.stringify(Number.isFinite(this.#fixed) ? this.#fixed : null));
    out.varint(this.#callers.size);
    for (const [name, { last, keys }] of this.#callers) {
      out.string(name);
      out.signed(last);
      out.varint(keys.size);
      for (const [keyArn, { counted, times }] of keys) {
        out.string(keyArn);
        writeTimes(out, counted);
        writeTimes(out, times);
      }
    }
  }

  static read(from: ByteReader): Refusals {
    const refusals = new Refusals();
    const fixed: unknown = JSON.parse(from.string());
    if (fixed !== null && typeof fixed !== 'number') from.fail('no time up to which refusals are known');
    refusals.#fixed = fixed ?? -Infinity;
    for (let left = from.varint(); left > 0; left--) {
      const name = from.string();
      const caller: Caller = { last: from.signed(), keys: new Map() };
      for (let keys = from.varint(); keys > 0; keys--) {
        caller.keys.set(from.string(), { counted: readTimes(from), times: readTimes(from) });
      }
      refusals.#callers.set(name, caller);
    }
    return refusals;
  }
}

/** Whether a key that refuses a caller at a time had not in the 24 h before. */
function isCounted(times: readonly number[], i: number): boolean {
  return i === 0 || times[i] - times[i - 1] >= ONCE_IN;
}

function writeTimes(out: ByteWriter, times: readonly number[]): void {
  out.varint(times.length);
  for (const [i, time] of times.entries()) out.signed(i === 0 ? time : time - times[i - 1]);
}

function readTimes(from: ByteReader): number[] {
  const times: number[] = [];
  for (let left = from.varint(); left > 0; left--) times.push((times.at(-1) ?? 0) + from.signed());
  return times;
}

/** The first place whose time is `time` or later. */
function placeOf(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
