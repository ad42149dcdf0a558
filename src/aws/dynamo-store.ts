import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import { type PlanStore, StoreConflict } from '../plan/store.js';
import { Caller, type CallOptions } from './call-aws.js';
import { type Attributes, DynamoCell, DynamoTable } from './dynamo-cell.js';
import { type ClaimCell, claimIn, StoreLease } from './lease.js';
import { inWords } from './store-words.js';

export interface DynamoStoreOptions extends Omit<CallOptions, 'signal'> {
  readonly client: DynamoDBClient;
  /** A table whose key is the text `id`, with no sort key. */
  readonly table: string;
  /** Of the state in the table: the `id` of its item, with `#` and more behind it those of its claim and its parts. */
  readonly key: string;
}

const DYNAMO_STORE_OPTIONS: OptionNames<DynamoStoreOptions> = {
  client: true,
  table: true,
  key: true,
  pacer: true,
  clock: true,
  retry: true,
  timeout: true,
};

/** An item has at most 409,600 bytes, its attributes' names among them. */
const PART = 400_000;
/** A state may have so many parts once packed: 16 MB. DynamoDB writes one key's items at 1 MB a second. */
const MOST_PARTS = 40;

/**
 * Keeps the state of a plan in a table of DynamoDB, with the promises of `s3Store`. A state is packed with gzip; one of up to
 * 400 kB then is one item, written on the condition of its `version`. A larger one is in parts of their own, and comes to be
 * by one write of the item that names them: whole or not at all. One of more than 16 MB is refused.
 *
 * DynamoDB takes a write unit for each kB, so that a large state costs a hundred times what it costs in S3: where there is no
 * reason for a table, `s3Store` is the better place, and for more than a few MB the only sensible one.
 * @throws InputError for options that cannot be; from `claim`, `load` and `save` a StoreError, in words, with AWS's error as
 *   its cause; StoreConflict from `claim` and `save`
 */
export function dynamoStore(options: DynamoStoreOptions): PlanStore {
  checkOptions(options, DYNAMO_STORE_OPTIONS);
  const { client, table, key, ...calling } = options;
  if (typeof (client as { send?: unknown } | null)?.send !== 'function') {
    throw new InputError(`client must be a DynamoDBClient, got ${shown(client)}`);
  }
  if (typeof table !== 'string' || table === '') throw new InputError(`table must be a text, got ${shown(table)}`);
  if (typeof key !== 'string' || key === '' || key.includes('#')) {
    throw new InputError(`key must be a text without '#', got ${shown(key)}`);
  }
  return new DynamoStore(new DynamoTable(client, new Caller(client, 'DynamoDB', 100, calling), table), table, key);
}

/** Items that hold a state, or held one, beside the item that names them. */
interface Parts {
  readonly name: string;
  readonly count: number;
}

/** What the item of a state says. */
interface Head {
  /** The bytes themselves, packed, or where they are; null while the parts of a first state are being written. */
  readonly state: Uint8Array | Parts | null;
  /** What may be left of states before, or of a save that was broken off: deleted by whoever saves next. */
  readonly stray: readonly Parts[];
}

class DynamoStore implements PlanStore {
  readonly #table: DynamoTable;
  readonly #place: string;
  readonly #key: string;
  readonly #head: DynamoCell;
  readonly #lease: StoreLease;
  /** What is there as far as this store knows: null for nothing; undefined before it has looked. */
  #version: string | null | undefined;
  #known: Head | null = null;

  constructor(table: DynamoTable, name: string, key: string) {
    this.#table = table;
    this.#place = `the table ${name}, ${key}`;
    this.#key = key;
    this.#head = new DynamoCell(table, key);
    this.#lease = new StoreLease(claimCell(table, `${key}#claim`), this.#place);
  }

  claim(): Promise<void> {
    return this.#lease.claim();
  }

  release(): Promise<void> {
    return this.#lease.release();
  }

  load(): Promise<Uint8Array | null> {
    return inWords('read', this.#place, async () => {
      for (;;) {
        await this.#look();
        const state = this.#known?.state ?? null;
        if (state === null) return null;
        const packed = state instanceof Uint8Array ? state : await this.#join(state);
        if (packed !== null) return promisify(gunzip)(packed);
        // Another run has saved in between, and deleted these parts. Where it has not, they are lost.
        const before = this.#version;
        await this.#look();
        if (this.#version === before) throw new Error(`parts of it are missing (${this.#key}#…)`);
      }
    });
  }

  save(bytes: Uint8Array): Promise<void> {
    return inWords('kept', this.#place, async () => {
      await this.#lease.hold();
      if (this.#version === undefined) await this.#look();
      const packed = await promisify(gzip)(bytes);
      const { state = null, stray = [] } = this.#known ?? {};
      const left: readonly Parts[] = state === null || state instanceof Uint8Array ? stray : [...stray, state];
      if (packed.length <= PART) await this.#write({ state: packed, stray: left });
      else await this.#saveParts(packed, left);
      await this.#clear(left);
    });
  }

  async #saveParts(packed: Uint8Array, left: readonly Parts[]): Promise<void> {
    const count = Math.ceil(packed.length / PART);
    if (count > MOST_PARTS) {
      const most = `${(MOST_PARTS * PART) / 1e6} MB`;
      throw new Error(
        `it has ${(packed.length / 1e6).toFixed(1)} MB when packed, and a table takes at most ${most}: keep it in S3, with s3Store`,
      );
    }
    const parts = { name: randomUUID(), count };
    const before = this.#known;
    // Named before they are written, so that they are found and deleted when this is broken off.
    await this.#write({ state: before?.state ?? null, stray: [...(before?.stray ?? []), parts] });
    try {
      for (let at = 0; at < count; at += AT_ONCE) {
        const some = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) => at + i);
        await Promise.all(
          some.map((i) => {
            const data = { data: { B: packed.subarray(i * PART, (i + 1) * PART) } };
            return this.#table.put(this.#partId(parts, i), data, parts.name);
          }),
        );
      }
      await this.#write({ state: parts, stray: left });
    } catch (error) {
      // Nothing names them but this run, where another has saved meanwhile.
      if (error instanceof StoreConflict) await this.#clear([parts]);
      throw error;
    }
  }

  /** Deletes what no state names any more; what cannot be deleted now is, at the next save. */
  async #clear(strays: readonly Parts[]): Promise<void> {
    try {
      for (const parts of strays) {
        for (let i = 0; i < parts.count; i++) await this.#table.delete(this.#partId(parts, i));
      }
    } catch {
      return;
    }
    if (this.#known !== null) {
      this.#known = { ...this.#known, stray: this.#known.stray.filter((parts) => !strays.includes(parts)) };
    }
  }

  async #look(): Promise<void> {
    const found = await this.#head.read();
    this.#version = found?.version ?? null;
    this.#known = found === null ? null : headIn(found.item);
  }

  async #write(head: Head): Promise<void> {
    const version = await this.#head.write(attributesOf(head), this.#version ?? null);
    if (version === null) throw new StoreConflict(this.#place);
    this.#version = version;
    this.#known = head;
  }

  /** Null where one of them is not there. */
  async #join(parts: Parts): Promise<Uint8Array | null> {
    const items = [];
    for (let i = 0; i < parts.count; i++) {
      const data = (await this.#table.get(this.#partId(parts, i)))?.['data']?.B;
      if (data === undefined) return null;
      items.push(data);
    }
    return Buffer.concat(items);
  }

  #partId({ name }: Parts, i: number): string {
    return `${this.#key}#${name}#${i}`;
  }
}

/** Parts that are written side by side. */
const AT_ONCE = 4;

function attributesOf({ state, stray }: Head): Attributes {
  return {
    ...(state instanceof Uint8Array ? { data: { B: state } } : {}),
    parts: { S: JSON.stringify(state instanceof Uint8Array ? null : state) },
    stray: { S: JSON.stringify(stray) },
  };
}

function headIn(item: Attributes): Head {
  const [parts, stray] = [item['parts'], item['stray']].map((value) => JSON.parse(value?.S ?? ''));
  return { state: item['data']?.B ?? parts, stray };
}

function claimCell(table: DynamoTable, id: string): ClaimCell {
  const cell = new DynamoCell(table, id);
  return {
    machine: () => table.clock.now(),
    now: () => table.now(),
    read: async () => {
      const found = await cell.read();
      if (found === null) return { claim: null, version: null };
      return { claim: claimIn(found.item['claim']?.S ?? ''), version: found.version };
    },
    write: (claim, over) => cell.write({ claim: { S: JSON.stringify(claim) } }, over),
  };
}
