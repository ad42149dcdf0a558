import { NORMAL, NOTABLE, type ScoreColumns, UNKNOWN } from '../../types.js';
import { type CountRange, OTHER } from './count-range.js';
import type { CountTracker } from './tracker.js';

/** Buckets that a row is judged ahead for: two hours take 0.86 of the time of one, and four no less than two (Node 20, 20,000 rows). */
const AHEAD = 24;
/** A row with a call in its last buckets is likely to have another soon: not worth foreseeing. */
const QUIET = 3;
/** Rows next to one another have their turn together: what is foreseen of them lies side by side. */
const NEIGHBOURS = 16;

/**
 * How the next buckets of each row would be judged if no call came: most rows of an organisation have none for hours, and
 * a tick that fetched the state of each (2 KB) to find that out waited for memory, 4 µs a row. Two hours of a row
 * are judged together, on a copy of its state, one in twenty-four of the rows at each tick; those that then had no call are learned
 * from together, before the next that has one, or when all are used up. A row is judged the same however its time is cut,
 * so that the scores and the states are those of one bucket after another.
 */
export class IdleLookahead {
  /** Buckets from the present one that week slots are needed of to {@link foresee}. */
  readonly length = AHEAD;
  readonly #step: number;
  readonly #range: CountRange & { outcomes: Uint8Array } = {
    start: 0,
    length: 0,
    values: new Float64Array(AHEAD),
    observed: new Uint8Array(AHEAD).fill(1),
    slots: new Int32Array(AHEAD),
    choose: undefined,
    exceptions: undefined,
    learning: false,
    outcomes: new Uint8Array(AHEAD),
    isJudged: false,
  };
  readonly #judged = columnsOf(AHEAD);
  /** By row: when the first bucket foreseen begins, how many are, how many of them came so, and are learned from. */
  #from = new Float64Array(0);
  /** By row: when it is worth another look, after one that found something to report. */
  #notBefore = new Float64Array(0);
  #ready = new Uint8Array(0);
  #taken = new Uint8Array(0);
  #settled = new Uint8Array(0);
  /** `[rows × AHEAD]` */
  #slots = new Int32Array(0);
  #outcomes = new Uint8Array(0);
  #time = Number.NaN;
  #place = 0;
  /** By the bucket's number modulo AHEAD, one entry a row: a tick reads its own from end to end. */
  #columns = Array.from({ length: AHEAD }, () => columnsOf(0));

  constructor(step: number) {
    this.#step = step;
  }

  /** Room for so many rows. */
  reserve(rows: number): void {
    const before = this.#from.length;
    if (rows <= before) return;
    // New keys come one by one.
    const room = Math.max(rows, Math.ceil(before * 1.25));
    this.#columns = this.#columns.map((columns) => {
      const wider = columnsOf(room);
      for (const name of COLUMNS) wider[name].set(columns[name]);
      return wider;
    });
    this.#from = extended(this.#from, new Float64Array(room));
    this.#notBefore = extended(this.#notBefore, new Float64Array(room).fill(Number.NEGATIVE_INFINITY));
    this.#ready = extended(this.#ready, new Uint8Array(room));
    this.#taken = extended(this.#taken, new Uint8Array(room));
    this.#settled = extended(this.#settled, new Uint8Array(room));
    this.#slots = extended(this.#slots, new Int32Array(room * AHEAD));
    this.#outcomes = extended(this.#outcomes, new Uint8Array(room * AHEAD));
  }

  /** The bucket that {@link take} and {@link foresee} are asked about from here on. */
  begin(time: number): void {
    this.#time = time;
    const place = Math.floor(time / this.#step) % AHEAD;
    this.#place = place < 0 ? place + AHEAD : place;
  }

  /** Writes the judgement of the present bucket, in which the row had no call; false where it was not foreseen. */
  take(row: number, out: ScoreColumns | undefined, at: number): boolean {
    const k = this.#taken[row];
    if (k >= this.#ready[row] || this.#from[row] + k * this.#step !== this.#time) return false;
    this.#taken[row] = k + 1;
    if (out !== undefined) copyCell(this.#columns[this.#place], row, out, at);
    return true;
  }

  /**
   * Judges the buckets from the present one on, if the row has been quiet. Those it was judged for before must be settled.
   * @param slots `[length]` week slots from the present bucket on
   */
  foresee(row: number, count: CountTracker, slots: Int32Array, learning: boolean): void {
    this.drop(row);
    if (count.silent < QUIET || this.#time < this.#notBefore[row]) return;
    // So that the rows take turns, whenever each begins.
    const length = AHEAD - ((this.#place + Math.floor(row / NEIGHBOURS)) % AHEAD);
    this.#from[row] = this.#time;
    this.#ready[row] = length;
    for (let k = 0; k < length; k++) {
      this.#range.slots[k] = slots[k];
      this.#slots[row * AHEAD + k] = slots[k];
    }
    this.#range.start = this.#time;
    this.#range.length = length;
    this.#range.isJudged = false;
    this.#range.learning = learning;
    count.foresee(this.#range, this.#judged, 0);
    // What is reported, or nearly, is judged when it comes: its window is kept then.
    let ready = 0;
    while (ready < length && isCalm(this.#judged, ready)) ready++;
    this.#ready[row] = ready;
    if (ready === 0) this.#notBefore[row] = this.#time + length * this.#step;
    for (let k = 0; k < ready; k++) {
      this.#outcomes[row * AHEAD + k] = this.#range.outcomes[k];
      copyCell(this.#judged, k, this.#columns[(this.#place + k) % AHEAD], row);
    }
  }

  /**
   * The row learns from the buckets that came as foreseen. What is foreseen beyond them stands.
   * @param until those that begin before it; all by default
   */
  settle(row: number, count: CountTracker, learning: boolean, until = Number.POSITIVE_INFINITY): void {
    if (row >= this.#from.length) return;
    const first = this.#settled[row];
    const last = Math.min(this.#taken[row], Math.ceil((until - this.#from[row]) / this.#step));
    const length = last - first;
    if (!(length > 0)) return;
    this.#settled[row] = last;
    this.#range.isJudged = true;
    for (let k = 0; k < length; k++) {
      const cell = row * AHEAD + first + k;
      this.#range.slots[k] = this.#slots[cell];
      this.#range.outcomes[k] = this.#outcomes[cell];
      if (this.#range.outcomes[k] === OTHER) this.#range.isJudged = false;
    }
    this.#range.start = this.#from[row] + first * this.#step;
    this.#range.length = length;
    this.#range.learning = learning;
    count.run(this.#range, true, undefined, 0);
  }

  /** Nothing is foreseen of this row any more. */
  drop(row: number): void {
    this.#ready[row] = 0;
    this.#taken[row] = 0;
    this.#settled[row] = 0;
  }

  /** Nothing is foreseen, and nothing left to learn, of any row: their states are others. */
  dropAll(): void {
    this.#notBefore.fill(Number.NEGATIVE_INFINITY);
    this.#ready.fill(0);
    this.#taken.fill(0);
    this.#settled.fill(0);
  }
}

function isCalm({ verdicts, surprise }: ScoreColumns, cell: number): boolean {
  return (verdicts[cell] === NORMAL || verdicts[cell] === UNKNOWN) && Math.abs(surprise[cell]) < NOTABLE;
}

function copyCell(from: ScoreColumns, cell: number, to: ScoreColumns, at: number): void {
  to.expected[at] = from.expected[cell];
  to.lower[at] = from.lower[cell];
  to.upper[at] = from.upper[cell];
  to.surprise[at] = from.surprise[cell];
  to.spans[at] = from.spans[cell];
  to.verdicts[at] = from.verdicts[cell];
  to.reasons[at] = from.reasons[cell];
  if (to.ongoing !== undefined && from.ongoing !== undefined) to.ongoing[at] = from.ongoing[cell];
}

const COLUMNS = ['expected', 'lower', 'upper', 'surprise', 'verdicts', 'reasons', 'spans', 'ongoing'] as const;

function columnsOf(cells: number): Required<Omit<ScoreColumns, 'decided'>> {
  const column = () => new Float64Array(cells);
  return {
    expected: column(),
    lower: column(),
    upper: column(),
    surprise: column(),
    verdicts: new Int8Array(cells),
    reasons: new Uint8Array(cells),
    spans: column(),
    ongoing: new Int8Array(cells),
  };
}

function extended<A extends Uint8Array | Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
