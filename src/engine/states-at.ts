import { ByteReader, ByteWriter } from '../series/bytes.js';
import { readColumn, writeColumn } from '../series/codec-column.js';
import { DAY } from '../time/grid.js';
import { slotsBy, weekSlots } from '../time/week.js';
import type { ZoneOffsets } from '../time/zone.js';
import type { ModelOfKey } from './baseline.js';
import { Arena } from './counts/arena.js';
import { StateCodec, type StateContext, slotsBack } from './counts/track/state-bytes.js';
import { GuessSpace, readGuessed, writeGuessed } from './guessed-column.js';
import type { RowStates, WatchedRow } from './series-tracker.js';
import { type Windows, windowsOf } from './windows.js';
import { offsetsOver } from './zone-candidates.js';
import { CHOICE_STATE, priorState } from './zone-choice.js';

/** Distance of the states that are kept to go back to. */
export const CHECKPOINT = DAY;

/** When the first of the buckets after that at `time` begins that is of another day. */
export function nextCheckpoint(time: number, step: number): number {
  const midnight = (Math.floor(time / CHECKPOINT) + 1) * CHECKPOINT;
  return time + Math.ceil((midnight - time) / step) * step;
}

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

  /** Writes the state of a row that stands where it did at `time`; of one that came later than they were asked for, nothing. */
  write(place: number, row: WatchedRow): void {
    if (place < this.count) this.#writing?.write(place, row);
  }

  /** The row at this place will not stand there as it was written. */
  drop(place: number): void {
    this.#writing?.drop(place);
  }

  /** The same of as many rows, where some came since. */
  of(count: number): StatesAt {
    return count === this.count ? this : new StatesAt(this.time, count, undefined, this.#writing?.of(count));
  }

  /** Row after row; put in order when they are asked for the first time, a tenth of a second for 100,000. @throws Error where states are lacking */
  get bytes(): Uint8Array {
    if (this.#bytes !== undefined) return this.#bytes;
    const writing = this.#writing;
    if (writing === undefined || writing.left > 0) throw new Error(`states of ${writing?.left} rows are not written`);
    this.#bytes = writing.inOrder();
    this.#writing = undefined;
    return this.#bytes;
  }
}

/** States in the order in which rows change, and where each stands. */
class StatesWriter {
  /** Rows that are not written. */
  left: number;
  readonly #writer = new ByteWriter();
  /** `[count]`, NaN before a row is written. */
  #from: Float64Array;
  #to: Float64Array;
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
    return this.left > 0 && place < this.#from.length && Number.isNaN(this.#from[place]);
  }

  write(place: number, row: WatchedRow): void {
    this.left--;
    this.#from[place] = this.#writer.length;
    const { count, choice, tracker, zone } = row;
    if (count === undefined) writeColumn(this.#writer, tracker.toState());
    else {
      this.#codec.write(this.#writer, count.stateAndMore, count.stateLength, count.model, this.#contextOf(zone));
      writeGuessed(this.#writer, choice?.state ?? this.#prior, this.#prior, this.#space);
    }
    this.#to[place] = this.#writer.length;
  }

  drop(place: number): void {
    if (!(this.#from[place] >= 0)) return;
    this.#from[place] = Number.NaN;
    this.left++;
  }

  of(count: number): this {
    const from = new Float64Array(count).fill(Number.NaN);
    from.set(this.#from);
    const to = new Float64Array(count);
    to.set(this.#to);
    this.left += count - this.#from.length;
    this.#from = from;
    this.#to = to;
    return this;
  }

  inOrder(): Uint8Array {
    const written = this.#writer.toBytes();
    // Without what was dropped.
    let size = 0;
    for (let place = 0; place < this.#from.length; place++) size += this.#to[place] - this.#from[place];
    const ordered = new Uint8Array(size);
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

/** Reads the states of rows, one after another. @throws FormatError when the bytes are none of theirs */
export class StatesReader {
  readonly #reader: ByteReader;
  readonly #contextOf: (zone: ZoneOffsets) => StateContext;
  readonly #space = new GuessSpace();
  readonly #codec = new StateCodec(this.#space);
  readonly #arena = new Arena();
  readonly #prior = priorState();
  readonly #choice = new Float64Array(CHOICE_STATE);

  constructor({ bytes, time }: StatesAt, step: number) {
    this.#reader = new ByteReader(bytes);
    this.#contextOf = contexts(step, time, windowsOf(step));
  }

  /** Those of the next row. @param of its model; nothing of a level */
  next(of: Pick<ModelOfKey, 'model' | 'zone'> | undefined): RowStates {
    const reader = this.#reader;
    if (of === undefined) return { tracker: readColumn(reader, Float64Array, 'gauge'), choice: undefined };
    const choice = this.#choice;
    const prior = this.#prior;
    const tracker = this.#codec.read(reader, of.model, this.#contextOf(of.zone), this.#arena);
    readGuessed(reader, choice, prior, this.#space);
    // Of nearly all rows nothing is in doubt.
    const isPrior = choice.every((entry, k) => Object.is(entry, prior[k]));
    return { tracker, choice: isPrior ? undefined : choice.slice() };
  }

  /** All were read. */
  end(): void {
    this.#reader.end();
  }
}
