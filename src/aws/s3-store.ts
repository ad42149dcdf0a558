import type { S3Client } from '@aws-sdk/client-s3';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { type PlanStore, StoreConflict } from '../plan/store.js';
import { Caller, type CallOptions } from './call-aws.js';
import type { Clock } from './clock.js';
import { type ClaimCell, claimIn, StoreLease } from './lease.js';
import { S3Cell } from './s3-cell.js';
import { inWords } from './store-words.js';

export interface S3StoreOptions extends Omit<CallOptions, 'signal'> {
  readonly client: S3Client;
  readonly bucket: string;
  /** Of the object that holds the state; the claim is beside it, with `.claim` behind the key. */
  readonly key: string;
}

export const S3_STORE_OPTIONS: OptionNames<S3StoreOptions> = {
  client: true,
  bucket: true,
  key: true,
  pacer: true,
  clock: true,
  retry: true,
  timeout: true,
};

/**
 * Keeps the state of a plan in an object of S3, as `fileStore` does in a file: a new state takes the place of the old one
 * wholly or not at all, and of two runs that have the same key the first to claim it goes on, and the other ends before it
 * has read or reported anything. The claim is an object of its own, renewed while the run lives; that of a run which was killed
 * is over after three minutes. Should a run sleep for longer than that and wake up, its save is refused: each is on the
 * condition that the object is the version which this store read or wrote last (`If-Match`, `If-None-Match`).
 *
 * Needs `s3:GetObject` and `s3:PutObject` on both objects, and `s3:ListBucket` on the bucket, without which S3 does not say
 * that there is no state yet. Up to 5 GB; no server that ignores conditions, as some imitations of S3 do, keeps the promise.
 * @throws InputError for options that cannot be; from `claim`, `load` and `save` a StoreError, in words, with AWS's error as
 *   its cause; StoreConflict from `claim` and `save`
 */
export function s3Store(options: S3StoreOptions): PlanStore {
  checkOptions(options, S3_STORE_OPTIONS);
  const { client, bucket, key, ...calling } = options;
  if (typeof (client as { send?: unknown } | null)?.send !== 'function') {
    throw new InputError(`client must be an S3Client, got ${shown(client)}`);
  }
  for (const [name, value] of Object.entries({ bucket, key })) {
    if (typeof value !== 'string' || value === '') throw new InputError(`${name} must be a text, got ${shown(value)}`);
  }
  return new S3Store(client, bucket, key, new Caller(client, 'S3', 100, calling));
}

class S3Store implements PlanStore {
  readonly #place: string;
  readonly #state: S3Cell;
  readonly #lease: StoreLease;
  /** What is there as far as this store knows: null for nothing; undefined before it has looked. */
  #version: string | null | undefined;

  constructor(client: S3Client, bucket: string, key: string, caller: Caller) {
    this.#place = `s3://${bucket}/${key}`;
    this.#state = new S3Cell(client, caller, bucket, key);
    const claims = claimCell(new S3Cell(client, caller, bucket, `${key}.claim`), caller.clock);
    this.#lease = new StoreLease(claims, this.#place);
  }

  claim(): Promise<void> {
    return this.#lease.claim();
  }

  release(): Promise<void> {
    return this.#lease.release();
  }

  load(): Promise<Uint8Array | null> {
    return inWords('read', this.#place, async () => {
      const found = await this.#state.read();
      this.#version = found?.version ?? null;
      return found?.bytes ?? null;
    });
  }

  save(bytes: Uint8Array): Promise<void> {
    return inWords('kept', this.#place, async () => {
      await this.#lease.hold();
      // As with a file: whoever has read nothing takes the place of whatever is there.
      if (this.#version === undefined) this.#version = (await this.#state.look())?.version ?? null;
      const version = await this.#state.write(bytes, this.#version);
      if (version === null) throw new StoreConflict(this.#place);
      this.#version = version;
    });
  }
}

function claimCell(cell: S3Cell, clock: Clock): ClaimCell {
  return {
    machine: () => clock.now(),
    now: () => cell.now(),
    read: async () => {
      const found = await cell.read();
      return found === null
        ? { claim: null, version: null }
        : { claim: claimIn(new TextDecoder().decode(found.bytes)), version: found.version };
    },
    write: (claim, over) => cell.write(new TextEncoder().encode(JSON.stringify(claim)), over),
  };
}
