import type { ByteReader, ByteWriter } from '../../series/bytes.js';
import type { SeriesKey } from '../../series/key.js';
import { MOST_TIME } from '../../time/grid.js';
import { ABOVE, BELOW } from '../types.js';
import { Run } from './breach-runs.js';

/** The place of a key among those that whoever reads has at hand. */
export type PlaceOf = (key: SeriesKey) => number;

/** Numbers of runs in few bytes: most are whole, and most times are whole buckets before the end. */
export class Figures {
  readonly writer: ByteWriter;
  readonly #step: number;
  readonly #end: number;

  constructor(writer: ByteWriter, step: number, end: number) {
    this.writer = writer;
    this.#step = step;
    this.#end = end;
  }

  /** Twice a whole number that is not negative; else 1, and the number. */
  figure(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && value < 2 ** 51 && !Object.is(value, -0)) {
      this.writer.varint(2 * value);
      return;
    }
    this.writer.varint(1);
    this.writer.float64(value);
  }

  /** Twice the buckets from a time to the end; else 1, and the time. */
  time(value: number): void {
    const back = (this.#end - value) / this.#step;
    if (Number.isSafeInteger(back) && back >= 0) {
      this.figure(back);
      return;
    }
    this.writer.varint(1);
    this.writer.float64(value);
  }
}

/** Reads what {@link Figures} wrote. */
export class FigureReader {
  readonly reader: ByteReader;
  readonly #step: number;
  readonly #end: number;

  constructor(reader: ByteReader, step: number, end: number) {
    this.reader = reader;
    this.#step = step;
    this.#end = end;
  }

  figure(): number {
    const coded = this.reader.varint();
    if (coded === 1) return this.reader.float64();
    if (coded % 2 === 1) this.reader.fail(`a figure that begins with ${coded}`);
    return coded / 2;
  }

  /** NaN for none. */
  time(): number {
    const coded = this.reader.varint();
    const time = coded === 1 ? this.reader.float64() : this.#end - this.#step * Math.floor(coded / 2);
    if (Math.abs(time) > MOST_TIME) this.reader.fail(`a time of ${time} ms`);
    return time;
  }

  /** A time that has to be one: it is said in ids and words. */
  moment(): number {
    const time = this.time();
    if (Number.isNaN(time)) this.reader.fail('no time where there has to be one');
    return time;
  }
}

const IS_ABOVE = 1;
const IS_KNOWN = 2;
const IS_ONGOING = 4;
const IS_REPORTED = 8;
const HAS_SURPRISE = 16;
const IS_LEVEL = 32;

export function writeRun(out: Figures, run: Run, placeOf: PlaceOf): void {
  const { writer } = out;
  writer.varint(placeOf(run.key));
  writer.uint8(
    (run.direction === ABOVE ? IS_ABOVE : 0) |
      (run.known ? IS_KNOWN : 0) |
      (run.ongoing ? IS_ONGOING : 0) |
      (run.isReported ? IS_REPORTED : 0) |
      (run.surprise === 0 ? 0 : HAS_SURPRISE) |
      (run.isLevel ? IS_LEVEL : 0),
  );
  for (const time of [run.from, run.to]) out.time(time);
  for (const figure of [run.value, run.expected, run.lower, run.upper]) out.figure(figure);
  writeList(writer, run.breaches, (time) => out.time(time));
  if (run.isReported) out.time(run.reported);
  if (run.surprise === 0) return;
  writer.float64(run.surprise);
  out.time(run.decidedFrom);
  out.time(run.decidedTo);
}

export function readRun(from: FigureReader, keys: readonly SeriesKey[], step: number): Run {
  const { reader } = from;
  const key = readKey(reader, keys);
  const flags = reader.uint8();
  const direction = flags & IS_ABOVE ? ABOVE : BELOW;
  const run = new Run(key, direction, (flags & IS_KNOWN) > 0, (flags & IS_LEVEL) > 0, step, from.moment());
  run.ongoing = (flags & IS_ONGOING) > 0;
  run.to = flags & IS_REPORTED ? from.moment() : from.time();
  run.value = from.figure();
  run.expected = from.figure();
  run.lower = from.figure();
  run.upper = from.figure();
  run.breaches = readList(reader, () => from.moment());
  if (flags & IS_REPORTED) run.reported = from.moment();
  if ((flags & HAS_SURPRISE) === 0) return run;
  run.surprise = reader.float64();
  run.decidedFrom = from.moment();
  run.decidedTo = from.moment();
  return run;
}

/** What only a run that is under way needs. */
export function writeRest(out: Figures, { seen, rest }: Run): void {
  out.time(seen);
  for (const figure of [rest.value, rest.expected, rest.lower, rest.upper]) out.figure(figure);
}

export function readRest(from: FigureReader, run: Run): void {
  run.seen = from.time();
  run.rest.value = from.figure();
  run.rest.expected = from.figure();
  run.rest.lower = from.figure();
  run.rest.upper = from.figure();
}

export function readKey(reader: ByteReader, keys: readonly SeriesKey[]): SeriesKey {
  const place = reader.varint();
  return keys[place] ?? reader.fail(`key ${place} of ${keys.length}`);
}

export function writeList<T>(writer: ByteWriter, list: readonly T[], write: (one: T) => void): void {
  writer.varint(list.length);
  for (const one of list) write(one);
}

export function readList<T>(reader: ByteReader, read: () => T): T[] {
  const length = reader.varint();
  const found: T[] = [];
  // No entry takes less than a byte: a few cannot ask for more than there are.
  if (length > reader.remaining) reader.fail(`${length} entries in the ${reader.remaining} bytes left`);
  for (let i = 0; i < length; i++) found.push(read());
  return found;
}
