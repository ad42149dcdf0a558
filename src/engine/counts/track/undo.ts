import { placeOf, sumBlocks } from './rings.js';
import { BLOCK, EVER_CALLED, INCIDENT_SIDE, PER_BLOCK, PRE_SHIFT_RATE, SHAPE_HOURS } from './state.js';
import type { CountTracker } from './tracker.js';

/** Rows that share an array: it is made when the first of them is kept. */
const ROWS = 256;

/**
 * What states were before a run of calm buckets that may have to be undone: of each row the first part, the places of the ring
 * of blocks that the run wrote over, and what a young series knows of its hours. 0.9 KB a row, where a whole state takes 2.
 */
export class Undo {
  readonly #mostBlocks: number;
  readonly #hours: number;
  readonly #kept: Float64Array[] = [];

  /**
   * @param mostBlocks that end in one run
   * @param anyYoung whether any of the rows is a young series
   */
  constructor(mostBlocks: number, anyYoung: boolean) {
    this.#mostBlocks = mostBlocks;
    this.#hours = anyYoung ? 2 * SHAPE_HOURS : 0;
  }

  /**
   * Keeps the state of a row as it is before calm buckets up to `end`.
   * @returns false, and keeps nothing, where more blocks end than there is room for, or what comes may not be calm
   */
  keep(row: number, { s, layout, shapePrior, rules }: CountTracker, end: number): boolean {
    const { blocksAt, ringBlocks, shapeAt } = layout;
    const { step, block } = rules.windows;
    const ended = Math.floor((end - step) / block) - s[BLOCK];
    if (!(ended <= this.#mostBlocks)) return false;
    if (s[INCIDENT_SIDE] !== 0 || s[PRE_SHIFT_RATE] !== 0 || s[EVER_CALLED] === 0) return false;
    const stride = this.#strideOf(blocksAt);
    const kept = this.#keptOf(row, stride);
    let at = (row % ROWS) * stride;
    for (let i = 0; i < blocksAt; i++) kept[at++] = s[i];
    for (let k = 0; k < ended && ringBlocks > 0; k++) {
      const from = blocksAt + PER_BLOCK * placeOf(s[BLOCK] + k, ringBlocks);
      for (let i = 0; i < PER_BLOCK; i++) kept[at++] = s[from + i];
    }
    if (shapePrior > 0) {
      at = ((row % ROWS) + 1) * stride - this.#hours;
      for (let i = 0; i < this.#hours; i++) kept[at++] = s[shapeAt + i];
    }
    return true;
  }

  /** The state of a row becomes what it was when it was kept. */
  back(row: number, tracker: CountTracker): void {
    const { s, layout, shapePrior } = tracker;
    const { blocksAt, ringBlocks, shapeAt } = layout;
    const stride = this.#strideOf(blocksAt);
    const kept = this.#keptOf(row, stride);
    let at = (row % ROWS) * stride;
    const ended = s[BLOCK] - kept[at + BLOCK];
    for (let i = 0; i < blocksAt; i++) s[i] = kept[at++];
    for (let k = 0; k < ended && ringBlocks > 0; k++) {
      const to = blocksAt + PER_BLOCK * placeOf(s[BLOCK] + k, ringBlocks);
      for (let i = 0; i < PER_BLOCK; i++) s[to + i] = kept[at++];
    }
    if (shapePrior > 0) {
      at = ((row % ROWS) + 1) * stride - this.#hours;
      for (let i = 0; i < this.#hours; i++) s[shapeAt + i] = kept[at++];
    }
    if (ended > 0) sumBlocks(tracker);
    tracker.scratch.armed = undefined;
  }

  #strideOf(blocksAt: number): number {
    return blocksAt + PER_BLOCK * this.#mostBlocks + this.#hours;
  }

  #keptOf(row: number, stride: number): Float64Array {
    const number = Math.floor(row / ROWS);
    this.#kept[number] ??= new Float64Array(ROWS * stride);
    return this.#kept[number];
  }
}
