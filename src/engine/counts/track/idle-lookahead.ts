import { LEARNING, NORMAL, NOTABLE, type ScoreColumns, type TrackedRange, UNKNOWN } from '../../types.js';
import type { Windows } from '../../windows.js';
import type { CountTracker } from './tracker.js';
import { Undo } from './undo.js';

/** Buckets that a row is judged ahead for: two hours take 0.86 of the time of one, and four no less than two (Node 20, 20,000 rows). */
const AHEAD = 24;
/** Fewer buckets are run one by one as quickly. */
const LEAST_AHEAD = 3;
/** Rows next to one another have their turn together: what is foreseen of them lies side by side. */
const NEIGHBOURS = 16;
/** What is kept of a verdict that is foreseen: all else of it is 0, but of a row whose history was too short. */
const EXPECTED = 0;
const UPPER = 1;
const SURPRISE = 2;
const SPAN = 3;
const PER_CELL = 4;

/** A tick as it is taken: dense, one entry a row. */
export interface Tick {
  /** When its bucket begins. */
  readonly time: number;
  readonly calls: Float64Array;
  /** `[1]` for all rows, or one entry each. */
  readonly observed: Uint8Array;
  /** By which place the row of each entry is known here. */
  readonly rowOf: Int32Array;
  /** Buckets of the window that the tick is one of, and its number among them. */
  readonly length: number;
  readonly bucket: number;
}

/** Takes the states of rows as they stand at a time within what is foreseen of them. */
export interface Keeper {
  readonly time: number;
  keep(row: number): void;
  /** What is foreseen of a row does not come so, or is not known to. */
  drop(row: number): void;
}

/**
 * How the next buckets of each row would be judged if no call came: most rows of an organisation have none for hours, and
 * a tick that fetched the state of each (2 KB) to find that out waited for memory, 4 µs a row. Two hours of a row
 * are judged and learned from together, as if no call came, one in twenty-four of the rows at each tick. Where one comes, the
 * row goes back to what it was, and over the buckets that came so. A row is judged the same however its time is cut, so that
 * the scores and the states are those of one bucket after another.
 */
export class IdleLookahead {
  /** Buckets from the present one that week slots are needed of to {@link foresee}. */
  readonly length = AHEAD;
  readonly #step: number;
  readonly #undo: Undo;
  readonly #range: TrackedRange = {
    start: 0,
    length: 0,
    values: new Float64Array(AHEAD),
    observed: new Uint8Array(AHEAD).fill(1),
    slots: new Int32Array(AHEAD),
    choose: undefined,
    exceptions: undefined,
    learning: false,
  };
  readonly #judged = judgedColumns();
  /** By row, epoch ms: from when on buckets are foreseen, until when (−∞ for none), and up to where its state stands. */
  #from = new Float64Array(0);
  #until = new Float64Array(0);
  #stands = new Float64Array(0);
  /** By row: when it is worth another look, after one that found something to report. Without it a tick in an outage of all takes 1.18. */
  #notBefore = new Float64Array(0);
  #isLearning = new Uint8Array(0);
  /** `[rows × AHEAD]` */
  #slots = new Int32Array(0);
  /** By the bucket's number modulo AHEAD, `[rows × PER_CELL]`: a tick reads its own from end to end. */
  #cells: Float64Array[] = Array.from({ length: AHEAD }, () => new Float64Array(0));
  /** Of the buckets that were foreseen, those before this time came so. */
  #next = Number.NEGATIVE_INFINITY;
  #present = Number.NEGATIVE_INFINITY;
  /** At a time that no tick has come to yet. */
  keeper: Keeper | undefined;

  /** @param anyYoung whether any row is a series whose hours are still learned */
  constructor({ step, block }: Windows, anyYoung: boolean) {
    this.#step = step;
    this.#undo = new Undo(Math.ceil((AHEAD * step) / block) + 1, anyYoung);
  }

  /** Up to when all buckets came one by one, epoch ms. */
  get next(): number {
    return this.#next;
  }

  /** Room for so many rows. */
  reserve(rows: number): void {
    const before = this.#from.length;
    if (rows <= before) return;
    // New keys come one by one.
    const room = Math.max(rows, Math.ceil(before * 1.25));
    const none = () => new Float64Array(room).fill(Number.NEGATIVE_INFINITY);
    this.#cells = this.#cells.map((cells) => extended(cells, new Float64Array(room * PER_CELL)));
    this.#from = extended(this.#from, none());
    this.#until = extended(this.#until, none());
    this.#stands = extended(this.#stands, none());
    this.#notBefore = extended(this.#notBefore, none());
    this.#isLearning = extended(this.#isLearning, new Uint8Array(room));
    this.#slots = extended(this.#slots, new Int32Array(room * AHEAD));
  }

  /**
   * Writes the judgements of the rows that had no call, as far as they were foreseen; the others are to be run, before
   * {@link end}. One pass over columns: with a look at each row's objects it took 230 ns a row in place of 40 (Node 20).
   * @param left where the entries of the others go
   * @returns how many those are
   */
  take(
    { time, calls, observed, rowOf, length, bucket }: Tick,
    out: ScoreColumns | undefined,
    left: Int32Array,
  ): number {
    this.#present = time;
    const rows = rowOf.length;
    const isNext = time === this.#next && (observed.length > 1 || observed[0] !== 0);
    const until = this.#until;
    const cells = this.#cells[this.#placeOf(time)];
    let n = 0;
    for (let i = 0; i < rows; i++) {
      const row = rowOf[i];
      if (!isNext || calls[i] !== 0 || !(until[row] > time) || (observed.length > 1 && observed[i] === 0))
        left[n++] = i;
      else if (out !== undefined) this.#write(cells, row, out, i * length + bucket);
    }
    return n;
  }

  /** The tick that was taken is over. */
  end(): void {
    this.#next = this.#present + this.#step;
  }

  /**
   * Judges the buckets from the present one on, if the row has been quiet, and writes the judgement of it. Those it was judged
   * for before must be settled.
   * @param slots `[length]` week slots from the present bucket on
   * @returns false where nothing was foreseen: the row is to be {@link run}
   */
  foresee(
    row: number,
    count: CountTracker,
    slots: Int32Array,
    learning: boolean,
    out: ScoreColumns | undefined,
    at: number,
  ): boolean {
    this.drop(row);
    const present = this.#present;
    if (present < this.#notBefore[row]) return false;
    // So that the rows take turns, whenever each begins.
    const place = this.#placeOf(present);
    const most = AHEAD - ((place + Math.floor(row / NEIGHBOURS)) % AHEAD);
    const length = Math.min(most, worthOf(count, slots[0]));
    if (length < LEAST_AHEAD) return false;
    for (let k = 0; k < length; k++) this.#slots[row * AHEAD + k] = slots[k];
    this.#isLearning[row] = learning ? 1 : 0;
    const isAsleep = count.isAsleep;
    if (!isAsleep && !this.#undo.keep(row, count, present + length * this.#step)) return false;
    const calm = this.#runCalm(row, count, present, length);
    // What is reported, or nearly, is judged when it comes: its window is kept then.
    let ready = 0;
    while (ready < calm && isUnremarkable(this.#judged, ready)) ready++;
    const isKept = ready === length && !isAsleep;
    if (!isKept && !isAsleep) this.#undo.back(row, count);
    if (ready === 0) {
      this.#notBefore[row] = present + most * this.#step;
      return false;
    }
    this.#from[row] = present;
    this.#until[row] = present + ready * this.#step;
    this.#stands[row] = isKept ? this.#until[row] : present;
    const { expected, upper, surprise, spans } = this.#judged;
    for (let k = 0; k < ready; k++) {
      const cells = this.#cells[(place + k) % AHEAD];
      const cell = row * PER_CELL;
      cells[cell + EXPECTED] = expected[k];
      cells[cell + UPPER] = upper[k];
      cells[cell + SURPRISE] = surprise[k];
      cells[cell + SPAN] = spans[k];
    }
    if (out !== undefined) this.#write(this.#cells[place], row, out, at);
    return true;
  }

  /** Runs a row over buckets from the present one on; on the way its state is kept. @returns how many were calm */
  #runCalm(row: number, count: CountTracker, present: number, length: number): number {
    const { keeper } = this;
    const kept = keeper === undefined || count.isAsleep ? 0 : Math.round((keeper.time - present) / this.#step);
    const first = kept > 0 && kept < length ? kept : length;
    this.#fill(row, present, 0, first);
    const calm = count.runCalm(this.#range, this.#judged, 0);
    if (calm < first || kept <= 0 || kept > length) return calm;
    keeper?.keep(row);
    if (kept === length) return calm;
    this.#fill(row, present + kept * this.#step, kept, length - kept);
    return kept + count.runCalm(this.#range, this.#judged, kept);
  }

  /** Runs a row of which nothing is foreseen over the present bucket, in which it has no call. */
  run(count: CountTracker, slots: Int32Array, learning: boolean, out: ScoreColumns | undefined, at: number): void {
    const range = this.#range;
    range.slots[0] = slots[0];
    range.start = this.#present;
    range.length = 1;
    range.learning = learning;
    count.runIdle(range, out, at);
  }

  #write(cells: Float64Array, row: number, out: ScoreColumns, at: number): void {
    const cell = row * PER_CELL;
    out.expected[at] = cells[cell + EXPECTED];
    out.upper[at] = cells[cell + UPPER];
    out.surprise[at] = cells[cell + SURPRISE];
    out.spans[at] = cells[cell + SPAN];
    // All else is 0, as cells are before they are written: a tick of 100,000 series leaves 1 MB of its columns untouched.
    if (this.#isLearning[row] === 0) return;
    out.verdicts[at] = UNKNOWN;
    out.reasons[at] = LEARNING;
  }

  /**
   * The row's state becomes that after the buckets that came as foreseen. What is foreseen beyond them stands.
   * @param time those that begin before it; all by default
   */
  settle(row: number, count: CountTracker, time = Number.POSITIVE_INFINITY): void {
    if (row >= this.#from.length || this.#until[row] === Number.NEGATIVE_INFINITY) return;
    const from = this.#from[row];
    const last = Math.max(from, Math.min(this.#until[row], this.#next, time));
    if (this.#stands[row] > last) {
      this.#undo.back(row, count);
      this.#stands[row] = from;
    }
    const first = this.#stands[row];
    this.#stands[row] = last;
    if (last === first) return;
    this.#fill(row, first, (first - from) / this.#step, (last - first) / this.#step);
    count.runIdle(this.#range, undefined, 0);
  }

  /** Up to where the state of a row stands, epoch ms; `undefined` where nothing is foreseen of it. */
  stands(row: number): number | undefined {
    return row < this.#until.length && this.#until[row] !== Number.NEGATIVE_INFINITY ? this.#stands[row] : undefined;
  }

  /** Makes the range that of buckets in which no call comes. @param k which of those foreseen is the first */
  #fill(row: number, start: number, k: number, length: number): void {
    const range = this.#range;
    const at = row * AHEAD + k;
    for (let i = 0; i < length; i++) range.slots[i] = this.#slots[at + i];
    range.start = start;
    range.length = length;
    range.learning = this.#isLearning[row] !== 0;
  }

  /** Where the bucket at a time has its cells. */
  #placeOf(time: number): number {
    const number = Math.floor(time / this.#step);
    return number - AHEAD * Math.floor(number / AHEAD);
  }

  /** Nothing is foreseen of this row any more; its state must be settled. */
  drop(row: number): void {
    if (row < this.#until.length) this.#until[row] = Number.NEGATIVE_INFINITY;
    this.keeper?.drop(row);
  }

  /** Nothing is foreseen, and nothing left to learn, of any row: their states are others. */
  dropAll(): void {
    this.#notBefore.fill(Number.NEGATIVE_INFINITY);
    this.#until.fill(Number.NEGATIVE_INFINITY);
  }
}

/**
 * How many buckets of a row are worth foreseeing: up to the call that is due next, or as long again as it has been silent. Two hours
 * of each take 1.07 of the time (Node 20, 20,000 rows, and 100 busy ones).
 */
function worthOf(count: CountTracker, slot: number): number {
  const { silent } = count;
  if (silent >= AHEAD) return AHEAD;
  return Math.min(AHEAD, Math.floor(Math.max(1 / count.expectedAt(slot), 2 * silent)));
}

function isUnremarkable(
  { verdicts, surprise, lower, ongoing }: ReturnType<typeof judgedColumns>,
  cell: number,
): boolean {
  const isNormal = verdicts[cell] === NORMAL || verdicts[cell] === UNKNOWN;
  return isNormal && ongoing[cell] === NORMAL && lower[cell] === 0 && Math.abs(surprise[cell]) < NOTABLE;
}

function judgedColumns() {
  const column = () => new Float64Array(AHEAD);
  return {
    expected: column(),
    lower: column(),
    upper: column(),
    surprise: column(),
    verdicts: new Int8Array(AHEAD),
    reasons: new Uint8Array(AHEAD),
    spans: column(),
    ongoing: new Int8Array(AHEAD),
  } satisfies ScoreColumns;
}

function extended<A extends Uint8Array | Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
