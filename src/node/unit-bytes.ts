/** One JSON value of a stream, or what stands where one should be. */
export interface JsonUnit {
  /** Of the unit's first byte, in the stream. */
  readonly offset: number;
  /** The parsed value; undefined where there is a problem. */
  readonly value: unknown;
  readonly problem: UnitProblem | null;
}

/** `truncated` is said of the end of the stream only: a line that ends too early is `not-json`. */
export type UnitProblem = 'not-json' | 'too-large' | 'truncated';

/** CloudTrail's own limit for an event is 256 KB; what wraps and escapes one can make it a few times as long. */
export const MAX_UNIT_BYTES = 8 * 1024 * 1024;

/** The longest beginning of a unit that is remembered, in bytes. */
const MAX_OPENING = 64;

/** The unit in progress: its bytes while they come in chunks, up to {@link MAX_UNIT_BYTES} of them. */
export class UnitBytes {
  /** Stream offset of its first byte; −1 when there is no unit in progress. */
  start = -1;
  /** How units of this stream begin, up to their first colon: `{"eventVersion":` until one was read. */
  opening: Buffer = Buffer.from('{"eventVersion":');
  /** A good unit was read, and showed its opening. */
  openingKnown = false;
  /** What the chunks before this one hold of the unit; nothing once it is too large. */
  #parts: Buffer[] = [];

  begin(offset: number): void {
    this.start = offset;
  }

  drop(): void {
    this.start = -1;
    this.#parts = [];
  }

  /** Keeps what a chunk, which ends here, holds of the unit. `origin` is the chunk's own stream offset. */
  keep(chunk: Buffer, origin: number): void {
    if (this.start < 0) return;
    if (origin + chunk.length - this.start > MAX_UNIT_BYTES) this.#parts = [];
    else this.#parts.push(this.start > origin ? chunk.subarray(this.start - origin) : chunk);
  }

  /** Ends the unit before index `end` of `chunk`, and parses it. */
  finish(chunk: Buffer, origin: number, end: number): JsonUnit {
    const offset = this.start;
    if (origin + end - offset > MAX_UNIT_BYTES) {
      this.drop();
      return { offset, value: undefined, problem: 'too-large' };
    }
    const text = this.#joined(chunk, origin, end).toString('utf8');
    this.drop();
    try {
      const value: unknown = JSON.parse(text);
      this.#learn(text, true);
      return { offset, value, problem: null };
    } catch {
      this.#learn(text, false);
      return { offset, value: undefined, problem: 'not-json' };
    }
  }

  /** Takes note of good units, in `[start, end)` of a chunk, that were read elsewhere. */
  passUnit(chunk: Buffer, start: number, end: number): void {
    // No character of the opening takes more than three bytes.
    if (!this.openingKnown) this.#learn(chunk.toString('utf8', start, Math.min(end, start + 3 * MAX_OPENING)), true);
  }

  /**
   * Gives up the unit, damaged at index `at` of `chunk`: the last bytes before that place, at most as many as an opening
   * is long and without the unit's first one, so that another unit's opening is found that the damage ran into.
   */
  abandon(chunk: Buffer, origin: number, at: number): Buffer {
    const size = origin + at - this.start;
    const bytes = size > MAX_UNIT_BYTES ? EMPTY : this.#joined(chunk, origin, at);
    this.#learn(bytes.toString('utf8', 0, MAX_OPENING), false);
    this.drop();
    return bytes.subarray(Math.max(1, bytes.length - MAX_OPENING));
  }

  #joined(chunk: Buffer, origin: number, end: number): Buffer {
    if (this.start >= origin) return chunk.subarray(this.start - origin, end);
    return Buffer.concat([...this.#parts, chunk.subarray(0, end)]);
  }

  /** The first good unit shows how units begin; until then, a bad one's beginning is the best guess. */
  #learn(text: string, good: boolean): void {
    if (this.openingKnown) return;
    const opening = /^\{\s*"[^"\\]{1,40}"\s*:/.exec(text.slice(0, MAX_OPENING));
    if (opening === null) return;
    this.opening = Buffer.from(opening[0]);
    this.openingKnown = good;
  }
}

const EMPTY = Buffer.alloc(0);
