import { type CountRow, OTHER, type Stretch } from './count-row.js';
import type { ScoreColumns } from './scores.js';

/** Buckets that a row is judged ahead for. */
const AHEAD = 12;
/** A row with a call in its last buckets is likely to have another soon: not worth foreseeing. */
const QUIET = 3;

const stretch: Stretch & { outcomes: Uint8Array } = {
  start: 0,
  length: 0,
  calls: new Float64Array(AHEAD),
  observed: new Uint8Array(AHEAD).fill(1),
  slots: new Int32Array(AHEAD),
  choose: undefined,
  exceptions: undefined,
  outcomes: new Uint8Array(AHEAD),
  isJudged: false,
};

/**
 * How the next buckets of each row would be judged if no call came: most rows of an organisation have none for hours, and
 * a tick that fetched the state of each (2 KB) to find that out waited for memory, 4 µs a row. A dozen buckets of a row
 * are judged together, on a copy of its state, a twelfth of the rows at each tick; those that then had no call are learned
 * from together, before the next that has one, or when all are used up. A row is judged the same however its time is cut,
 * so that the scores and the states are those of one bucket after another.
 */
export class Foreseen {
  readonly #step: number;
  /** By row: when the first bucket foreseen begins, how many are, how many of them came so, and are learned from. */
  #from = new Float64Array(0);
  #ready = new Uint8Array(0);
  #taken = new Uint8Array(0);
  #settled = new Uint8Array(0);
  /** `[rows × AHEAD]` */
  #slots = new Int32Array(0);
  #outcomes = new Uint8Array(0);
  #columns = columnsOf(0);

  constructor(step: number) {
    this.#step = step;
  }

  /** Buckets from the present one that week slots are needed of to {@link foresee}. */
  readonly length = AHEAD;

  /** Room for so many rows. */
  reserve(rows: number): void {
    if (rows <= this.#from.length) return;
    const columns = columnsOf(rows * AHEAD);
    for (const name of COLUMNS) columns[name].set(this.#columns[name]);
    this.#columns = columns;
    this.#from = extended(this.#from, new Float64Array(rows));
    this.#ready = extended(this.#ready, new Uint8Array(rows));
    this.#taken = extended(this.#taken, new Uint8Array(rows));
    this.#settled = extended(this.#settled, new Uint8Array(rows));
    this.#slots = extended(this.#slots, new Int32Array(rows * AHEAD));
    this.#outcomes = extended(this.#outcomes, new Uint8Array(rows * AHEAD));
  }

  /** Writes the judgement of the bucket at `time`, in which the row had no call; false where it was not foreseen. */
  take(place: number, time: number, out: ScoreColumns | undefined, at: number): boolean {
    const k = this.#taken[place];
    if (k >= this.#ready[place] || this.#from[place] + k * this.#step !== time) return false;
    this.#taken[place] = k + 1;
    if (out === undefined) return true;
    const columns = this.#columns;
    const cell = place * AHEAD + k;
    out.expected[at] = columns.expected[cell];
    out.lower[at] = columns.lower[cell];
    out.upper[at] = columns.upper[cell];
    out.surprise[at] = columns.surprise[cell];
    out.spans[at] = columns.spans[cell];
    out.verdicts[at] = columns.verdicts[cell];
    out.reasons[at] = columns.reasons[cell];
    return true;
  }

  /**
   * Judges the buckets from `time` on, if the row has been quiet. Those it was judged for before must be settled.
   * @param slots `[length]` week slots from `time` on
   */
  foresee(place: number, row: CountRow, time: number, slots: Int32Array, learning: boolean): void {
    this.#ready[place] = 0;
    this.#taken[place] = 0;
    this.#settled[place] = 0;
    if (row.silent < QUIET) return;
    // So that the rows take turns, whenever each begins.
    const turn = (Math.floor(time / this.#step) + place) % AHEAD;
    const length = AHEAD - (turn < 0 ? turn + AHEAD : turn);
    this.#from[place] = time;
    this.#ready[place] = length;
    for (let k = 0; k < length; k++) {
      stretch.slots[k] = slots[k];
      this.#slots[place * AHEAD + k] = slots[k];
    }
    stretch.start = time;
    stretch.length = length;
    stretch.isJudged = false;
    row.foresee(stretch, learning, this.#columns, place * AHEAD);
    for (let k = 0; k < length; k++) this.#outcomes[place * AHEAD + k] = stretch.outcomes[k];
  }

  /** The row learns from the buckets that came as foreseen. What is foreseen beyond them stands. */
  settle(place: number, row: CountRow, learning: boolean): void {
    if (place >= this.#from.length) return;
    const first = this.#settled[place];
    const length = this.#taken[place] - first;
    if (length === 0) return;
    this.#settled[place] = this.#taken[place];
    stretch.isJudged = true;
    for (let k = 0; k < length; k++) {
      const cell = place * AHEAD + first + k;
      stretch.slots[k] = this.#slots[cell];
      stretch.outcomes[k] = this.#outcomes[cell];
      if (stretch.outcomes[k] === OTHER) stretch.isJudged = false;
    }
    stretch.start = this.#from[place] + first * this.#step;
    stretch.length = length;
    row.run(stretch, true, learning, undefined, 0);
  }

  /** Nothing is foreseen of this row any more. */
  drop(place: number): void {
    this.#ready[place] = 0;
    this.#taken[place] = 0;
    this.#settled[place] = 0;
  }

  /** Nothing is foreseen, and nothing left to learn, of any row: their states are others. */
  dropAll(): void {
    this.#ready.fill(0);
    this.#taken.fill(0);
    this.#settled.fill(0);
  }
}

const COLUMNS = ['expected', 'lower', 'upper', 'surprise', 'verdicts', 'reasons', 'spans'] as const;

function columnsOf(cells: number): ScoreColumns {
  const column = () => new Float64Array(cells);
  return {
    expected: column(),
    lower: column(),
    upper: column(),
    surprise: column(),
    verdicts: new Int8Array(cells),
    reasons: new Uint8Array(cells),
    spans: column(),
  };
}

function extended<A extends Uint8Array | Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
