import { KERNEL_BYTES } from './kernel-bytes.generated.js';

/** Numbers of an entry in {@link Kernel.out}: 32-bit ones, whose places are these. */
export const ENTRY = {
  kind: 0,
  /** Records of other services, with nothing to tell, between the entry before and this one. */
  others: 1,
  /** Offsets in the window. */
  start: 2,
  end: 3,
  /** Seconds since 1970. */
  time: 4,
  // Numbers of texts, NO_TEXT for none:
  account: 5,
  region: 6,
  operation: 7,
  error: 8,
  caller: 9,
  arn: 10,
  secondArn: 11,
  /** Two halves of a hash each, as `hashId` makes them. */
  id: 12,
  sharedId: 14,
} as const;

export const ENTRY_SIZE = 16;
export const NO_TEXT = 0xffffffff;

// Kinds of entries, as wasm/record.ts writes them; 0 is a call.

/** A whole JSON object in which something is unusual, to be parsed. */
export const SLOW = 1;
/** Of another service, and the first of its account, Region and five minutes for a while. */
export const COVER = 2;
export const CALL_WITH_SHARED_ID = 8;

/** Where records stand. */
export interface ScanPlace {
  /** Several may follow one another with nothing but a comma between them. */
  readonly listed: boolean;
  /** An object may be one around a list of records. */
  readonly outer: boolean;
  /** Line breaks may stand inside of them. */
  readonly lines: boolean;
}

interface NumberCell {
  readonly value: number;
}

/** Of the JavaScript API of WebAssembly, whose types come with those of browsers only, what is used here. */
declare const WebAssembly:
  | undefined
  | {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => { readonly exports: unknown };
    };

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly IN: NumberCell;
  readonly OUT: NumberCell;
  readonly TEXTS: NumberCell;
  readonly WINDOW: NumberCell;
  readonly entries: NumberCell;
  readonly others: NumberCell;
  readonly cutOff: NumberCell;
  close(length: number): void;
  scan(from: number, end: number, listed: boolean, outer: boolean, lines: boolean, withCaller: boolean): number;
  forget(): void;
  full(): number;
}

/**
 * The record kernel of wasm/: finds where strings may end, 64 bytes at a time, checks records byte for byte by JSON's grammar
 * and notes where the fields that count lie, without a string of JavaScript's. Plain JavaScript needs about a nanosecond a byte
 * for that, which is more than gunzip needs.
 */
export class Kernel {
  /** Bytes of a log that it sees at once. */
  readonly windowSize: number;
  /** {@link ENTRY_SIZE} numbers for each entry of the last scan. */
  readonly out: Uint32Array;
  readonly signedOut: Int32Array;
  readonly #exports: KernelExports;
  readonly #in: Uint8Array;
  readonly #bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #texts: number;
  #strings: string[] = [];
  #windowEnd = 0;

  constructor(exports: KernelExports) {
    this.#exports = exports;
    const { memory, IN, OUT, TEXTS, WINDOW } = exports;
    this.windowSize = WINDOW.value;
    this.out = new Uint32Array(memory.buffer, OUT.value);
    this.signedOut = new Int32Array(memory.buffer, OUT.value);
    this.#in = new Uint8Array(memory.buffer, IN.value);
    this.#bytes = Buffer.from(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#texts = TEXTS.value >> 2;
  }

  /** Null where there is no WebAssembly, as with `node --jitless`. */
  static create(): Kernel | null {
    if (typeof WebAssembly === 'undefined') return null;
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL_BYTES, 'base64'));
    return new Kernel(new WebAssembly.Instance(compiled, {}).exports as KernelExports);
  }

  get entries(): number {
    return this.#exports.entries.value;
  }

  /** Records of other services behind the last entry. */
  get others(): number {
    return this.#exports.others.value;
  }

  /** The record at which the last scan ended may go on behind the window. */
  get cutOff(): boolean {
    return this.#exports.cutOff.value !== 0;
  }

  /** Copies bytes into the window, at most {@link windowSize}. */
  load(bytes: Uint8Array): void {
    this.#in.set(bytes);
    this.#windowEnd = bytes.length;
    this.#exports.close(bytes.length);
  }

  /** The offset behind the last record read, `from` without any; see wasm/scan.ts. */
  scan(from: number, { listed, outer, lines }: ScanPlace, withCaller: boolean): number {
    return this.#exports.scan(from, this.#windowEnd, listed, outer, lines, withCaller);
  }

  /** Room for texts is short: their numbers must be forgotten before the next scan. */
  get full(): boolean {
    return this.#exports.full() !== 0;
  }

  forget(): void {
    this.#exports.forget();
    this.#strings = [];
  }

  /** The text of a number that an entry holds. */
  text(number: number): string {
    const known = this.#strings[number];
    if (known !== undefined) return known;
    for (let i = this.#strings.length; i <= number; i++) {
      const at = this.#texts + 3 * i;
      const start = this.#words[at + 1];
      this.#strings.push(this.#bytes.toString('latin1', start, start + this.#words[at + 2]));
    }
    return this.#strings[number];
  }
}

let compiled: object | undefined;
