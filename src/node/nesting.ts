import { LIST_KEYS } from '../kms/records-in.js';
import { ARRAY, CLOSED, COLON, COMMA, OBJECT, OPENED, WORD } from './json-bytes.js';

/** What an opening bracket begins. */
export const MISFIT = 0;
export const UNIT = 1;
export const LIST = 2;
export const INNER = 3;

/** CloudTrail's records nest some ten deep, and EventBridge allows 1,000. */
const MAX_DEPTH = 1024;

/**
 * The open brackets around a place in a stream of JSON: first those around the units, then those inside the unit, or
 * inside a field that is passed over. `JsonUnits` says what a unit is.
 */
export class Nesting {
  /** How many brackets are open. */
  depth = 0;
  /** What came last inside the innermost one. */
  last: number = OPENED;
  /** An array under `Records` was opened. */
  sawRecords = false;
  /** The key last read at a depth where keys may name a list. */
  key = '';
  readonly #kinds = new Uint8Array(MAX_DEPTH);
  /** How many of the open brackets are around the units. */
  #base = 0;
  /** The depth whose keys may name a list; −1 where none may. */
  #keyDepth = -1;

  /** Inside a unit, or a field that is passed over. */
  get inside(): boolean {
    return this.depth > this.#base;
  }

  /** Where a unit may begin: outside everything, or between the elements of a list. */
  get atSlot(): boolean {
    return this.depth === this.#base && (this.#base === 0 || this.#kinds[this.#base - 1] === ARRAY);
  }

  /** The string that begins here is a key that may name a list. */
  get atKey(): boolean {
    return this.depth === this.#keyDepth && this.last !== COLON;
  }

  /** A value is complete, so that another one would need a comma first. */
  get complete(): boolean {
    return this.last >= WORD;
  }

  /** Takes an opening bracket; MISFIT, and nothing is opened, where no value may begin or none so deep. */
  open(kind: number): number {
    const depth = this.depth;
    if (depth === MAX_DEPTH) return MISFIT;
    let opened = INNER;
    if (this.atSlot) {
      opened = kind === ARRAY && depth === 0 ? LIST : UNIT;
      // An object around lists stands at the top, or in a top-level array; deeper ones are units whole.
      this.#keyDepth = kind === OBJECT && depth < 2 ? depth + 1 : -1;
    } else {
      if (this.#kinds[depth - 1] === OBJECT ? this.last !== COLON : this.last > COMMA) return MISFIT;
      if (kind === ARRAY && depth === this.#keyDepth && LIST_KEYS.includes(this.key)) {
        opened = LIST;
        this.sawRecords ||= this.key === 'Records';
        this.#keyDepth = -1;
      }
    }
    this.#kinds[depth] = kind;
    this.depth = depth + 1;
    if (opened === LIST) this.#base = depth + 1;
    this.last = OPENED;
    return opened;
  }

  /** Takes a closing bracket; false, and nothing is closed, where the innermost bracket is none of its kind. */
  close(kind: number): boolean {
    if (this.depth === 0 || this.#kinds[this.depth - 1] !== kind - 1) return false;
    this.depth--;
    this.last = CLOSED;
    if (this.depth <= this.#base) this.#toBase(this.depth);
    return true;
  }

  /** Takes a whole unit, where one may begin. */
  passUnit(): void {
    this.last = CLOSED;
    this.#keyDepth = -1;
    if (this.depth < 2) this.key = '';
  }

  /** Leaves the unit or field, for the next place where a unit may begin. */
  leave(): void {
    this.#toBase(this.#base);
    // Between the fields of an object with a list there is none.
    if (!this.atSlot) this.leaveAll();
    this.last = OPENED;
  }

  leaveAll(): void {
    this.#toBase(0);
    this.last = OPENED;
  }

  #toBase(base: number): void {
    this.depth = base;
    this.#base = base;
    // The object around a list that has ended: its other keys may name lists as well.
    this.#keyDepth = base > 0 && this.#kinds[base - 1] === OBJECT ? base : -1;
  }
}
