import { ByteReader, ByteWriter } from '../series/bytes.js';
import { readColumn, writeColumn } from '../series/codec-column.js';
import { slotsBy, weekSlots } from '../time/week.js';
import type { ZoneOffsets } from '../time/zone.js';
import { Arena } from './counts/arena.js';
import { StateCodec, type StateContext, slotsBack } from './counts/track/state-bytes.js';
import { GuessSpace, readGuessed, writeGuessed } from './guessed-column.js';
import { type RowStates, stateOf, type WatchedRow } from './series-tracker.js';
import { type Windows, windowsOf } from './windows.js';
import { offsetsOver } from './zone-candidates.js';
import { CHOICE_STATE, priorState } from './zone-choice.js';

/**
 * The states of the first `count` rows of a detector at a midnight, without their keys and models. A row's is written when the
 * row is about to change, or when the bytes are asked for: written all at once they made the tick of midnight the slowest,
 * some thirty times as long as any other (Node 20).
 */
export class StatesAt {
  readonly time: number;
  readonly count: number;
  #bytes: Uint8Array | undefined;
  #writing: StatesWriter | undefined;

  private constructor(time: number, count: number, bytes: Uint8Array | undefined, writing: StatesWriter | undefined) {
    this.time = time;
    this.count = count;
    this.#bytes = bytes;
    this.#writing = writing;
    if (writing?.left === 0) this.#end(writing);
  }

  static toWrite(time: number, count: number, step: number): StatesAt {
    return new StatesAt(time, count, undefined, new StatesWriter(time, count, step));
  }

  /** @param bytes of {@link StatesAt.bytes} */
  static ofBytes(time: number, count: number, bytes: Uint8Array): StatesAt {
    return new StatesAt(time, count, bytes, undefined);
  }

  /** Whether the state of the row at this place is not written yet. */
  lacks(place: number): boolean {
    return this.#writing?.lacks(place) ?? false;
  }

  /** Writes the state of a row that stands where it did at `time`. */
  write(place: number, row: WatchedRow): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    writing.write(place, row);
    if (writing.left === 0) this.#end(writing);
  }

  /** Row after row. @throws Error where states are lacking */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) throw new Error(`states of ${this.#writing?.left} rows are not written`);
    return this.#bytes;
  }

  #end(writing: StatesWriter): void {
    this.#bytes = writing.inOrder();
    this.#writing = undefined;
  }
}

/** States in the order in which rows change, and where each stands. */
class StatesWriter {
  /** Rows that are not written. */
  left: number;
  readonly #writer = new ByteWriter();
  /** `[count]`, NaN before a row is written. */
  readonly #from: Float64Array;
  readonly #to: Float64Array;
  readonly #contextOf: (zone: ZoneOffsets) => StateContext;
  readonly #space = new GuessSpace();
  readonly #codec = new StateCodec(this.#space);
  readonly #prior = priorState();

  constructor(time: number, count: number, step: number) {
    this.left = count;
    this.#from = new Float64Array(count).fill(Number.NaN);
    this.#to = new Float64Array(count);
    this.#contextOf = contexts(step, time, windowsOf(step));
  }

  lacks(place: number): boolean {
    // Rows that came later have no entry.
    return place < this.#from.length && Number.isNaN(this.#from[place]);
  }

  write(place: number, row: WatchedRow): void {
    this.left--;
    this.#from[place] = this.#writer.length;
    const { tracker, choice } = stateOf(row);
    if (row.count === undefined) writeColumn(this.#writer, tracker);
    else {
      this.#codec.write(this.#writer, tracker, row.count.model, this.#contextOf(row.zone));
      writeGuessed(this.#writer, choice ?? this.#prior, this.#prior, this.#space);
    }
    this.#to[place] = this.#writer.length;
  }

  inOrder(): Uint8Array {
    const written = this.#writer.toBytes();
    const ordered = new Uint8Array(written.length);
    let at = 0;
    for (let place = 0; place < this.#from.length; place++) {
      ordered.set(written.subarray(this.#from[place], this.#to[place]), at);
      at += this.#to[place] - this.#from[place];
    }
    return ordered;
  }
}

/** Week slots of the buckets before `time` by zone, for {@link StateContext}. */
function contexts(step: number, time: number, windows: Windows): (zone: ZoneOffsets) => StateContext {
  const known = new Map<ZoneOffsets, StateContext>();
  const length = slotsBack(windows);
  return (zone) => {
    let context = known.get(zone);
    if (context === undefined) {
      const grid = { start: time - length * step, step, length };
      // Without the calendar, which may become another.
      const { times, offsets } = offsetsOver(zone, grid.start, time);
      context = { windows, time, slots: slotsBy(grid, { times, offsets }, weekSlots(step)) };
      known.set(zone, context);
    }
    return context;
  };
}

/** The states of the first rows. @throws FormatError when the bytes are none of theirs */
export function readStates({ bytes, count, time }: StatesAt, rows: readonly WatchedRow[], step: number): RowStates[] {
  const windows = windowsOf(step);
  const contextOf = contexts(step, time, windows);
  const space = new GuessSpace();
  const codec = new StateCodec(space);
  const prior = priorState();
  const choice = new Float64Array(CHOICE_STATE);
  const reader = new ByteReader(bytes);
  const arena = new Arena();
  const found: RowStates[] = [];
  for (const row of rows.slice(0, count)) {
    if (row.count === undefined) {
      found.push({ tracker: readColumn(reader, Float64Array, 'gauge'), choice: undefined });
      continue;
    }
    const tracker = codec.read(reader, row.count.model, contextOf(row.zone), arena);
    readGuessed(reader, choice, prior, space);
    // Of nearly all rows nothing is in doubt.
    found.push({
      tracker,
      choice: choice.every((entry, k) => Object.is(entry, prior[k])) ? undefined : choice.slice(),
    });
  }
  reader.end();
  return found;
}
