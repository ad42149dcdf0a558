import {
  ARRAY,
  ARRAY_END,
  BACKSLASH,
  COLON,
  COMMA,
  KINDS,
  LINE_FEED,
  OBJECT,
  OBJECT_END,
  OPENING_BRACE,
  QUOTE,
  SPACE,
  STRING_END,
  STRING_STOPS,
  WORD,
} from './json-bytes.js';
import type { ScanPlace } from './kernel.js';
import { LineLayout } from './line-layout.js';
import { LIST, MISFIT, Nesting, UNIT } from './nesting.js';
import { type JsonUnit, UnitBytes } from './unit-bytes.js';

/** Reads units ahead where they can be read faster than bracket by bracket. */
export interface UnitsAhead {
  /** Units that were found before what `scan` is about to read. */
  take(units: readonly JsonUnit[]): void;
  /** The index behind the last of the units from `at` on that were read, `at` for none: whole JSON objects. */
  scan(chunk: Buffer, at: number, origin: number, place: ScanPlace): number;
}

/**
 * Cuts a stream of bytes into JSON units in bounded memory, whatever its layout. A unit is an element of a top-level
 * array; an element of an array under one of the list keys (`Records`, …) of a top-level object, or of an object in a
 * top-level array; or any other top-level value. Top-level values may follow one another with line breaks, commas or
 * nothing between them, and may have a time stamp before them on their line, as exports of CloudWatch Logs have. The
 * other fields of an object with a list are passed over.
 *
 * Only brackets and quotes are followed here; each unit is parsed by itself, so that a bad one loses only itself. Where
 * brackets or quotes do not fit together, reading goes on at the next line of a file of JSON lines, or where the bytes
 * look like the beginning of a unit. How the stream is cut into chunks changes nothing.
 */
export class JsonUnits {
  /** Something other than white space was seen. */
  sawAny = false;

  /** The first bytes, for what they tell of a text that is no log. */
  head: Buffer = NOTHING;

  #found: JsonUnit[] = [];
  #chunk: Buffer = NOTHING;
  /** Stream offset of the chunk's first byte. */
  #origin = 0;
  #mode: number = STRUCTURE;
  readonly #unit = new UnitBytes();
  readonly #nesting = new Nesting();
  readonly #lines = new LineLayout();
  /** Something was reported that may leave closing brackets without their partners. */
  #damaged = false;
  /** The rest of a damaged line is passed over, but for what looks like the beginning of a unit. */
  #givenUp = false;
  /** Where in the chunk a key begins that may name a list; −1 outside such a key. */
  #keyStart = -1;
  #words = '';
  #wordsStart = 0;
  /** While seeking: the end of the last chunk, in which a unit's opening may have begun. */
  #tail: Buffer = NOTHING;
  readonly #ahead: UnitsAhead | null;

  constructor(ahead: UnitsAhead | null = null) {
    this.#ahead = ahead;
  }

  /** An array under `Records` was seen: the mark of a CloudTrail log file. */
  get sawRecords(): boolean {
    return this.#nesting.sawRecords;
  }

  /** The units that end in this chunk. The bytes of the chunk must stay as they are. */
  push(chunk: Buffer): JsonUnit[] {
    this.#found = [];
    if (this.#origin === 0 && this.head === NOTHING) this.head = Buffer.from(chunk.subarray(0, HEAD_BYTES));
    this.#origin += this.#chunk.length;
    this.#chunk = chunk;
    if (this.#mode === SEEK) this.#prepend(this.#tail);
    // Damage may put earlier bytes before the chunk again, hence its length each time.
    for (let i = 0; i < this.#chunk.length; ) {
      if (this.#mode === STRUCTURE) i = this.#structure(i);
      else if (this.#mode === WORDS) i = this.#skipWords(i);
      else if (this.#mode === SEEK) i = this.#seek(i);
      else i = this.#string(i);
    }
    if (this.#keyStart >= 0) this.#keepKey(this.#chunk.length);
    this.#unit.keep(this.#chunk, this.#origin);
    return this.#found;
  }

  /** What the end of the stream leaves unfinished: nothing, or one problem. */
  end(): JsonUnit[] {
    this.#found = [];
    if (this.#mode === WORDS) this.#report(this.#wordsStart, 'not-json');
    else if (this.#unit.start >= 0) this.#report(this.#unit.start, 'truncated');
    else if (this.#nesting.depth > 0 && !this.#damaged) this.#report(this.#origin + this.#chunk.length, 'truncated');
    return this.#found;
  }

  /** Follows brackets, commas and colons up to a string, to words between values, or to damage. */
  #structure(from: number): number {
    const chunk = this.#chunk;
    const unit = this.#unit;
    const nesting = this.#nesting;
    const lines = this.#lines;
    const kinds = KINDS;
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i];
      if (lines.atStart && lines.cutsOff(byte, nesting.depth > 0, nesting.complete)) this.#giveUpValue(i);
      const kind = kinds[byte];
      if (unit.start >= 0 && kind !== WORD && !nesting.inside) {
        // A number, true, false or null as an element: what follows ends it.
        if (kind === QUOTE || kind === OBJECT || kind === ARRAY) return this.#damage(i);
        this.#finish(i);
      }
      if (kind === SPACE) {
        if (byte === LINE_FEED) {
          lines.end(nesting.depth === 0 && nesting.complete);
          if (nesting.depth === 0) nesting.leaveAll();
          this.#givenUp = false;
        }
      } else if (kind === QUOTE) {
        // Behind another value on its line, a string at the top is a key whose object was closed too early.
        if (nesting.atSlot && !(nesting.depth === 0 && nesting.complete)) this.#begin(i);
        else if (nesting.complete) return this.#damage(i);
        else if (nesting.atKey) {
          nesting.key = '';
          this.#keyStart = i + 1;
        }
        this.#mode = STRING;
        return i + 1;
      } else if (kind === COMMA || kind === COLON) {
        if (kind === COLON && nesting.atSlot) return this.#damage(i);
        if (nesting.depth > 0) nesting.last = kind;
      } else if (kind === OBJECT || kind === ARRAY) {
        const behind = this.#readAhead(kind, i);
        if (behind > i) {
          i = behind - 1;
          continue;
        }
        const opened = nesting.open(kind);
        if (opened === MISFIT) return this.#damage(i);
        if (opened === UNIT) this.#begin(i);
        // What looked like a unit so far is an object with a list.
        if (opened === LIST) unit.drop();
        this.sawAny = true;
      } else if (kind === OBJECT_END || kind === ARRAY_END) {
        const inside = nesting.inside;
        if (!nesting.close(kind)) {
          if (inside) return this.#damage(i);
          this.#strayClose(i);
        } else if (unit.start >= 0 && !nesting.inside) this.#finish(i + 1);
        if (this.#mode !== STRUCTURE) return i + 1;
      } else if (nesting.depth === 0) {
        // A byte order mark also stands in the middle of files that were joined.
        if (byte === 0xef || byte === 0xbb || byte === 0xbf) continue;
        this.#words = '';
        this.#wordsStart = this.#origin + i;
        this.#mode = WORDS;
        return i;
      } else {
        if (nesting.atSlot) {
          if (unit.start < 0) this.#begin(i);
        } else if (nesting.last > WORD) return this.#damage(i);
        nesting.last = WORD;
      }
    }
    return chunk.length;
  }

  /** The index behind the units from `i` on that were read ahead; `i` when none was. */
  #readAhead(kind: number, i: number): number {
    const nesting = this.#nesting;
    // A line that was given up may hold anything; what it holds is looked for by other means.
    if (this.#ahead === null || kind !== OBJECT || !nesting.atSlot || this.#givenUp) return i;
    if (this.#found.length > 0) {
      this.#ahead.take(this.#found);
      this.#found = [];
    }
    const behind = this.#ahead.scan(this.#chunk, i, this.#origin, {
      // Until one shows how units begin, each is looked at by itself.
      listed: nesting.depth > 0 && this.#unit.openingKnown,
      outer: nesting.depth < 2,
      // Where each line stands for itself, or may, a line break inside a unit is damage, or decides.
      lines: !this.#lines.mayEach,
    });
    if (behind > i) {
      this.sawAny = true;
      nesting.passUnit();
      this.#unit.passUnit(this.#chunk, i, behind);
    }
    return behind;
  }

  #begin(i: number): void {
    this.sawAny = true;
    this.#unit.begin(this.#origin + i);
  }

  #finish(end: number): void {
    this.#found.push(this.#unit.finish(this.#chunk, this.#origin, end));
    if (!this.#givenUp || this.#nesting.depth > 0) return;
    this.#mode = SEEK;
    this.#tail = NOTHING;
  }

  #report(offset: number, problem: 'not-json' | 'truncated'): void {
    this.sawAny = true;
    this.#found.push({ offset, value: undefined, problem });
  }

  /** Up to the end of the string that index `from` is in. */
  #string(from: number): number {
    const chunk = this.#chunk;
    const length = chunk.length;
    const stops = STRING_STOPS;
    let i = from;
    for (; ; i++) {
      if (this.#mode === ESCAPED) {
        this.#mode = STRING;
        // A line break cannot be escaped: a line that ends in a backslash was cut off there.
        if (chunk[i] !== LINE_FEED) i++;
      }
      while (i < length && stops[chunk[i]] === 0) i++;
      if (i >= length) return length;
      if (chunk[i] === LINE_FEED) return this.#breakString(i);
      if (chunk[i] !== BACKSLASH) break;
      this.#mode = ESCAPED;
      if (i + 1 === length) return length;
    }
    this.#mode = STRUCTURE;
    this.#nesting.last = STRING_END;
    if (this.#keyStart >= 0) {
      this.#keepKey(i);
      this.#keyStart = -1;
    }
    if (this.#unit.start >= 0 && !this.#nesting.inside) this.#finish(i + 1);
    return i + 1;
  }

  /** Adds to the key what this chunk holds of it; no list's name is longer than 16 bytes. */
  #keepKey(end: number): void {
    const from = this.#keyStart;
    const nesting = this.#nesting;
    if (nesting.key.length <= 16) nesting.key += this.#chunk.toString('latin1', from, Math.min(end, from + 17));
    this.#keyStart = 0;
  }

  /** Words between top-level values: a time stamp with its log stream is ordinary, anything else is set aside. */
  #skipWords(from: number): number {
    const chunk = this.#chunk;
    let end = from;
    while (end < chunk.length && chunk[end] !== LINE_FEED && chunk[end] !== OPENING_BRACE) end++;
    const room = MAX_WORDS - this.#words.length;
    if (room > 0) this.#words += chunk.toString('latin1', from, Math.min(end, from + room));
    if (end === chunk.length) return end;
    if (chunk[end] === LINE_FEED || !TIME_STAMP.test(this.#words)) this.#report(this.#wordsStart, 'not-json');
    this.#mode = STRUCTURE;
    return end;
  }

  /** A line break inside a string, which JSON forbids: a line that was cut off, if each stands for itself. */
  #breakString(i: number): number {
    if (!this.#lines.mayEach) return this.#damage(i);
    this.#lines.settle();
    this.#giveUpValue(i);
    return i;
  }

  /** Sets aside the value that the line before left open. */
  #giveUpValue(i: number): void {
    this.#report(this.#unit.start >= 0 ? this.#unit.start : this.#origin + i, 'not-json');
    this.#startOver();
  }

  /** A closing bracket where no such bracket is open: what is around it counts as over. */
  #strayClose(i: number): void {
    // After damage, the brackets around it may have lost their partners: nothing more is lost with them.
    if (!this.#damaged || this.#nesting.depth > 0) this.#report(this.#origin + i, 'not-json');
    this.#startOver();
  }

  #startOver(): void {
    this.#damaged = true;
    this.#unit.drop();
    this.#nesting.leaveAll();
    this.#keyStart = -1;
    this.#mode = STRUCTURE;
  }

  /** Sets aside the unit or field in progress, whose brackets or quotes do not fit at index `i`. */
  #damage(i: number): number {
    this.#report(this.#unit.start >= 0 ? this.#unit.start : this.#origin + i, 'not-json');
    this.#damaged = true;
    const before = this.#unit.start >= 0 ? this.#unit.abandon(this.#chunk, this.#origin, i) : NOTHING;
    this.#nesting.leave();
    this.#keyStart = -1;
    this.#mode = SEEK;
    // The damage may have run into the next unit: looks for its beginning a little earlier, in the last chunk if need be.
    if (before.length <= i) return i - before.length;
    this.#prepend(before.subarray(0, before.length - i));
    return 0;
  }

  #prepend(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunk = Buffer.concat([bytes, this.#chunk]);
    this.#origin -= bytes.length;
  }

  /** Passes over everything up to the next line, where each stands for itself, or to the beginning of a unit. */
  #seek(from: number): number {
    const chunk = this.#chunk;
    const line = this.#lines.mayEach ? chunk.indexOf(LINE_FEED, from) : -1;
    const end = line < 0 ? chunk.length : line;
    const opening = this.#unit.opening;
    const found = chunk.subarray(from, end).indexOf(opening);
    if (found >= 0) {
      this.#givenUp = this.#lines.each;
      this.#mode = STRUCTURE;
      return from + found;
    }
    if (line >= 0) {
      this.#lines.settle();
      this.#startOver();
      return line;
    }
    this.#tail = chunk.subarray(Math.max(from, end - opening.length + 1));
    return end;
  }
}

// Modes of reading.
const STRUCTURE = 0;
const STRING = 1;
const ESCAPED = 2;
const WORDS = 3;
const SEEK = 4;

const NOTHING = Buffer.alloc(0);

const HEAD_BYTES = 512;

const MAX_WORDS = 256;
/** As in `2021-07-30T16:00:00.000Z {…}`, CloudWatch Logs' export, or with a log stream's name, `aws logs tail`. */
const TIME_STAMP = /^\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?(?:\s+\S+)?\s*$/;
