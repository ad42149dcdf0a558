import { ARRAY, CARRIAGE_RETURN, KINDS, LINE_FEED, OPENING_BRACE, WORD } from './json-bytes.js';

/**
 * Tells files of JSON lines, in which a line stands for itself and a bad one is lost alone, from those in which a value
 * may go on over many lines. The first lines decide: the first is complete, or the second begins another value in column
 * 0 where the first cannot go on so.
 */
export class LineLayout {
  #each: 'undecided' | 'yes' | 'no' = 'undecided';
  /** The next byte is the first of its line. */
  atStart = false;

  /** Each line stands for itself. */
  get each(): boolean {
    return this.#each === 'yes';
  }

  /** Each line stands for itself, or may yet turn out to. */
  get mayEach(): boolean {
    return this.#each !== 'no';
  }

  /** A line break came where no line of a longer value could have one. */
  settle(): void {
    this.#each = 'yes';
  }

  /** A line ended; `complete` when its last value did so too. */
  end(complete: boolean): void {
    this.atStart = true;
    if (complete && this.#each === 'undecided') this.#each = 'yes';
  }

  /**
   * Takes the first byte of a line. True when a value left open on the lines before was cut off there, rather than goes on
   * here; `complete` says whether a whole value came last inside it.
   */
  cutsOff(byte: number, open: boolean, complete: boolean): boolean {
    // A blank line says nothing.
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) return false;
    this.atStart = false;
    if (!open || this.#each === 'no') return false;
    // The digit is that of a time stamp before the value.
    const begins = byte === OPENING_BRACE || (byte >= 48 && byte <= 57);
    if (this.#each === 'undecided') {
      this.#each = begins && complete ? 'yes' : 'no';
      return this.each;
    }
    // White space, quotes and closing brackets are what an indented value goes on with, even between one-line values.
    return begins || KINDS[byte] === WORD || KINDS[byte] === ARRAY;
  }
}
