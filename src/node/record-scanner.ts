import type { CallBatchBuilder, CallKind } from '../kms/call-batch.js';
import { HAS_ID, HAS_SHARED_ID } from '../kms/call-batch.js';
import { listedKeyArns } from '../kms/key-arns.js';
import { withoutSession } from '../kms/parse-record.js';
import type { UnitsAhead } from './json-units.js';
import { CALL_WITH_SHARED_ID, COVER, ENTRY, ENTRY_SIZE, Kernel, NO_TEXT, type ScanPlace, SLOW } from './kernel.js';
import type { JsonUnit } from './unit-bytes.js';

/** Hears what a {@link RecordScanner} finds, in the order of the log. */
export interface RecordListener {
  /** Collects the calls. */
  readonly batch: CallBatchBuilder;
  /** So many records of other services, of which there is nothing more to say. */
  others(count: number): void;
  /** A record of that account, Region and time; `listened` may hear of the same five minutes again and again. */
  listened(account: string, region: string, time: number): void;
  /** A call was added to the batch. */
  called(): void;
  /** Units to be read in full. */
  take(units: readonly JsonUnit[]): void;
}

/**
 * Finds records of the usual form in a log without parsing them: those that the kernel is sure of, with nothing unusual
 * where it counts. What it cannot judge it leaves: a record that is whole JSON goes to the listener parsed, anything else
 * stays for the caller to read byte by byte.
 */
export class RecordScanner implements UnitsAhead {
  readonly #kernel: Kernel;
  readonly #listener: RecordListener;
  readonly #withCaller: boolean;
  /** What the window holds: the chunk, and from where in it to where. */
  #chunk: Buffer | null = null;
  #from = 0;
  #to = 0;
  readonly #kinds = new KindTable();
  // What the listener heard of last: most records are of the same five minutes as the one before.
  #toldTick = -1;
  #toldAccount = -1;
  #toldRegion = -1;

  /** Null where there is no WebAssembly to scan with. */
  static create(listener: RecordListener, withCaller: boolean): RecordScanner | null {
    const kernel = Kernel.create();
    return kernel === null ? null : new RecordScanner(kernel, listener, withCaller);
  }

  private constructor(kernel: Kernel, listener: RecordListener, withCaller: boolean) {
    this.#kernel = kernel;
    this.#listener = listener;
    this.#withCaller = withCaller;
  }

  take(units: readonly JsonUnit[]): void {
    this.#listener.take(units);
  }

  /** The batch was emptied, and its kinds with it. */
  forgetKinds(): void {
    this.#kinds.clear();
  }

  /** Lets go of the log read last. */
  release(): void {
    this.#chunk = null;
  }

  /**
   * Reads records from index `at` of `chunk` on, which lies `origin` bytes behind the beginning of the log. Returns the index
   * behind the last one read, `at` when there is none that can be read so.
   */
  scan(chunk: Buffer, at: number, origin: number, place: ScanPlace): number {
    if (chunk !== this.#chunk || at < this.#from || at >= this.#to) this.#load(chunk, at);
    let end = this.#scanWindow(at, origin, place);
    if (end === at && this.#kernel.cutOff && at > this.#from && this.#to < chunk.length) {
      // Its end may lie behind the window: the window moves on to its beginning.
      this.#load(chunk, at);
      end = this.#scanWindow(at, origin, place);
    }
    return end;
  }

  #load(chunk: Buffer, from: number): void {
    const kernel = this.#kernel;
    this.#chunk = chunk;
    this.#from = from;
    this.#to = Math.min(chunk.length, from + kernel.windowSize);
    kernel.load(chunk.subarray(from, this.#to));
  }

  #scanWindow(at: number, origin: number, place: ScanPlace): number {
    const kernel = this.#kernel;
    const listener = this.#listener;
    if (kernel.full) this.#forgetTexts();
    const end = this.#from + kernel.scan(at - this.#from, place, this.#withCaller);
    const { out, entries } = kernel;
    for (let i = 0, e = 0; i < entries; i++, e += ENTRY_SIZE) {
      const others = out[e + ENTRY.others];
      if (others > 0) listener.others(others);
      const kind = out[e + ENTRY.kind];
      if (kind === COVER) {
        this.#listen(e);
        listener.others(1);
      } else if (kind === SLOW || !this.#call(e)) {
        const start = this.#from + out[e + ENTRY.start];
        const text = (this.#chunk as Buffer).toString('utf8', start, this.#from + out[e + ENTRY.end]);
        listener.take([{ offset: origin + start, value: JSON.parse(text) as unknown, problem: null }]);
      }
    }
    if (kernel.others > 0) listener.others(kernel.others);
    return end;
  }

  #forgetTexts(): void {
    this.#kernel.forget();
    this.#kinds.clear();
    this.#toldTick = -1;
  }

  #listen(e: number): void {
    const { out } = this.#kernel;
    const account = out[e + ENTRY.account];
    const region = out[e + ENTRY.region];
    const tick = Math.floor(out[e + ENTRY.time] / 300);
    if (tick === this.#toldTick && account === this.#toldAccount && region === this.#toldRegion) return;
    this.#toldTick = tick;
    this.#toldAccount = account;
    this.#toldRegion = region;
    this.#listener.listened(this.#kernel.text(account), this.#kernel.text(region), out[e + ENTRY.time] * 1000);
  }

  /** Adds a call to the batch; false when it takes a full reading to tell its keys. */
  #call(e: number): boolean {
    const { out, signedOut } = this.#kernel;
    const { batch } = this.#listener;
    let kind = this.#kinds.find(out, e + FIRST_TEXT);
    if (kind < 0) {
      const made = this.#kindOf(e);
      if (made === null) return false;
      kind = batch.addKind(made);
      this.#kinds.keep(out, e + FIRST_TEXT, kind);
    }
    const flags = out[e + ENTRY.kind] === CALL_WITH_SHARED_ID ? HAS_ID | HAS_SHARED_ID : HAS_ID;
    const id = e + ENTRY.id;
    const shared = e + ENTRY.sharedId;
    this.#listen(e);
    batch.add(
      kind,
      out[e + ENTRY.time] * 1000,
      flags,
      signedOut[id],
      signedOut[id + 1],
      signedOut[shared],
      signedOut[shared + 1],
    );
    this.#listener.called();
    return true;
  }

  /** Null when the resources name no key: then other fields may. */
  #kindOf(e: number): CallKind | null {
    const kernel = this.#kernel;
    const { out } = kernel;
    const text = (place: number): string | null => (out[e + place] === NO_TEXT ? null : kernel.text(out[e + place]));
    const operation = text(ENTRY.operation) as string;
    const keyArns = listedKeyArns([text(ENTRY.arn), text(ENTRY.secondArn)], operation);
    if (keyArns.length === 0) return null;
    const account = text(ENTRY.account) as string;
    const region = text(ENTRY.region) as string;
    const caller = withoutSession(text(ENTRY.caller) ?? '');
    return { operation, keyArns, account, region, caller, error: text(ENTRY.error) };
  }
}

/** The texts that tell kinds apart stand side by side in an entry. */
const FIRST_TEXT = ENTRY.account;
const TEXTS = ENTRY.secondArn - ENTRY.account + 1;
const PLACES = 4096;

/**
 * Kinds by the numbers of their texts: a place for each hash, kept by whoever came last. A kind that lost its place gets
 * another number, which costs a little and changes nothing.
 */
class KindTable {
  readonly #texts = new Uint32Array(PLACES * TEXTS);
  readonly #kinds = new Int32Array(PLACES).fill(-1);

  /** -1 when it is not known. */
  find(out: Uint32Array, at: number): number {
    const place = placeOf(out, at);
    const texts = this.#texts;
    for (let i = 0, t = place * TEXTS; i < TEXTS; i++, t++) if (texts[t] !== out[at + i]) return -1;
    return this.#kinds[place];
  }

  keep(out: Uint32Array, at: number, kind: number): void {
    const place = placeOf(out, at);
    for (let i = 0; i < TEXTS; i++) this.#texts[place * TEXTS + i] = out[at + i];
    this.#kinds[place] = kind;
  }

  clear(): void {
    this.#kinds.fill(-1);
  }
}

function placeOf(out: Uint32Array, at: number): number {
  let hash = 0;
  for (let i = 0; i < TEXTS; i++) hash = Math.imul(hash ^ out[at + i], 0x9e3779b1) ^ (hash >>> 15);
  return (hash ^ (hash >>> 13)) & (PLACES - 1);
}
