import type { KmsCall } from './call.js';
import { hashId, type IdHash } from './id-set.js';

/** All of a {@link KmsCall} that repeats from call to call. */
export type CallKind = Pick<KmsCall, 'operation' | 'keyArns' | 'account' | 'region' | 'caller' | 'error'>;

/** Calls in columns, in their order: no object for a call, and cheap to hand from thread to thread. */
export interface CallBatch {
  readonly size: number;
  readonly kinds: readonly CallKind[];
  /** Index into `kinds`. */
  readonly kind: Uint32Array;
  /** Epoch milliseconds. */
  readonly time: Float64Array;
  /** Four numbers a call: the hash of its `eventId` and that of its `sharedEventId`, where it has them. */
  readonly ids: Int32Array;
  /** {@link HAS_ID}, {@link HAS_SHARED_ID}. */
  readonly flags: Uint8Array;
}

export const HAS_ID = 1;
export const HAS_SHARED_ID = 2;

/** Collects a {@link CallBatch} of up to `capacity` calls, again and again. */
export class CallBatchBuilder {
  size = 0;
  readonly capacity: number;
  readonly kinds: CallKind[] = [];
  readonly #kind: Uint32Array;
  readonly #time: Float64Array;
  readonly #ids: Int32Array;
  readonly #flags: Uint8Array;
  readonly #hash: IdHash = { a: 0, b: 0 };

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#kind = new Uint32Array(capacity);
    this.#time = new Float64Array(capacity);
    this.#ids = new Int32Array(4 * capacity);
    this.#flags = new Uint8Array(capacity);
  }

  get full(): boolean {
    return this.size === this.capacity;
  }

  /** Gives a kind its number in this batch. The same kind may have several. */
  addKind(kind: CallKind): number {
    this.kinds.push(kind);
    return this.kinds.length - 1;
  }

  /** Adds a call whose ids were hashed before. */
  add(kind: number, time: number, flags: number, a: number, b: number, sharedA: number, sharedB: number): void {
    const i = this.size++;
    this.#kind[i] = kind;
    this.#time[i] = time;
    this.#flags[i] = flags;
    this.#ids[4 * i] = a;
    this.#ids[4 * i + 1] = b;
    this.#ids[4 * i + 2] = sharedA;
    this.#ids[4 * i + 3] = sharedB;
  }

  addCall(call: KmsCall): void {
    const { operation, keyArns, account, region, caller, error, time, eventId, sharedEventId } = call;
    const kind = this.addKind({ operation, keyArns, account, region, caller, error });
    const hash = this.#hash;
    hashId(eventId, hash);
    const { a, b } = hash;
    hashId(sharedEventId ?? '', hash);
    const flags = (eventId === '' ? 0 : HAS_ID) | (sharedEventId === null ? 0 : HAS_SHARED_ID);
    this.add(kind, time, flags, a, b, hash.a, hash.b);
  }

  /** The batch as it stands: views, good until `clear`. */
  view(): CallBatch {
    const { size } = this;
    return {
      size,
      kinds: this.kinds,
      kind: this.#kind.subarray(0, size),
      time: this.#time.subarray(0, size),
      ids: this.#ids.subarray(0, 4 * size),
      flags: this.#flags.subarray(0, size),
    };
  }

  clear(): void {
    this.size = 0;
    this.kinds.length = 0;
  }
}
