import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoStore } from '../../src/aws/index.js';
import { type PlanStore, StoreConflict } from '../../src/plan/index.js';
import { runPair } from '../plan/support-at-once.js';
import { seeded } from '../support/random.js';
import { type Dynamo, startDynamo } from './support/dynamo.js';
import { FakeClock } from './support/fake-clock.js';

const [ONE, TWO, THREE] = [1, 2, 3].map((byte) => Uint8Array.of(byte, 0, 255));
const MINUTE = 60_000;

/** What gzip cannot make shorter. */
function noise(length: number, seed: number): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

describe('dynamoStore', () => {
  let dynamo: Dynamo;
  let keys = 0;
  beforeAll(async () => {
    dynamo = await startDynamo();
    await new DynamoDBClient(dynamo.config).send(
      new CreateTableCommand({
        TableName: 'states',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  });
  afterAll(() => dynamo.close());

  /** Stores of one state, each with a client of its own. */
  const stores = (maxAttempts = 1): (() => PlanStore) => {
    const key = `shop-${keys++}`;
    dynamo.faults.length = 0;
    return () =>
      dynamoStore({
        client: new DynamoDBClient({ ...dynamo.config, maxAttempts }),
        table: 'states',
        key,
        clock: new FakeClock(),
      });
  };
  const items = async (): Promise<string[]> => {
    const pages = paginateScan(
      { client: new DynamoDBClient(dynamo.config) },
      { TableName: 'states', ProjectionExpression: 'id' },
    );
    const ids: string[] = [];
    for await (const { Items = [] } of pages) ids.push(...Items.flatMap(({ id }) => id.S ?? []));
    return ids.filter((id) => id.startsWith(`shop-${keys - 1}`));
  };

  it('gives back what was kept last, and null before', async () => {
    const store = stores();
    const one = store();
    expect(await one.load()).toBeNull();
    await one.save(ONE);
    await one.save(TWO);
    expect(new Uint8Array((await store().load()) ?? [])).toEqual(TWO);
  });

  it('never saves over what another has saved since it read', async () => {
    const store = stores();
    const [one, other] = [store(), store()];
    expect([await one.load(), await other.load()]).toEqual([null, null]);
    await one.save(ONE);
    await expect(other.save(TWO)).rejects.toThrow(StoreConflict);
    await one.save(THREE);
    expect(new Uint8Array((await other.load()) ?? [])).toEqual(THREE);
    await other.save(TWO);
    await expect(one.save(ONE)).rejects.toThrow('has kept its state in the table states, shop-');
  });

  it('keeps a state of many items whole, and leaves none of the last one', async () => {
    const store = stores();
    const one = store();
    const [large, larger] = [noise(900_000, 1), noise(1_700_000, 2)];
    await one.save(ONE);
    await one.save(large);
    expect(await items()).toHaveLength(1 + 3);
    expect(Buffer.compare((await store().load()) ?? ONE, large)).toBe(0);
    await one.save(larger);
    expect(await items()).toHaveLength(1 + 5);
    expect(Buffer.compare((await store().load()) ?? ONE, larger)).toBe(0);
    const other = store();
    await other.load();
    await other.save(THREE);
    expect(await items()).toHaveLength(1);
    // The one whose parts are of no use any more leaves none of them.
    await expect(one.save(large)).rejects.toThrow(StoreConflict);
    expect(await items()).toHaveLength(1);
  });

  it('has the old state or the new one wherever a save is broken off, and clears away what it left', async () => {
    const [old, next] = [noise(450_000, 3), noise(850_000, 4)];
    // The lookup of what is there, the parts' names, three parts, the new head, two deletions.
    for (let kept = 0; kept < 9; kept++) {
      const store = stores();
      await store().save(old);
      const one = store();
      dynamo.faults.push(...Array<null>(kept).fill(null), ...Array<'cut'>(40).fill('cut'));
      const outcome = await one.save(next).then(
        () => 'kept',
        ({ name }: Error) => name,
      );
      dynamo.faults.length = 0;
      const found = await store().load();
      const isNext = Buffer.compare(found ?? ONE, next) === 0;
      expect(isNext || Buffer.compare(found ?? ONE, old) === 0).toBe(true);
      if (outcome === 'kept') expect(isNext).toBe(true);
      expect(outcome).toBe(kept < 6 ? 'StoreError' : 'kept');
      const another = store();
      await another.save(TWO);
      expect(await items()).toHaveLength(1);
    }
  });

  it.each([1, 4])('knows its own write whose answer was lost, with %i tries of the SDK', async (attempts) => {
    const store = stores(attempts);
    const one = store();
    await one.load();
    for (const bytes of [ONE, TWO, THREE]) {
      dynamo.faults.push('lost', 'lost');
      await one.save(bytes);
      expect(new Uint8Array((await store().load()) ?? [])).toEqual(bytes);
    }
    dynamo.faults.push('lost', ...Array<'cut'>(40).fill('cut'));
    await expect(one.save(ONE)).rejects.toThrow(/could not be kept in the table states, shop-\d+: dynamodb:/);
    dynamo.faults.length = 0;
    await one.save(TWO);
    expect(new Uint8Array((await store().load()) ?? [])).toEqual(TWO);
  });

  it('refuses what is too large for a table, and says where it belongs; the old state stays', async () => {
    const store = stores();
    const one = store();
    await one.save(ONE);
    await expect(one.save(randomBytes(17_000_000))).rejects.toThrow(
      'it has 17.0 MB when packed, and a table takes at most 16 MB: keep it in S3, with s3Store',
    );
    await one.save(TWO);
    expect(new Uint8Array((await store().load()) ?? [])).toEqual(TWO);
    expect(await items()).toHaveLength(1);
  });

  it('has a claim of one run, over three minutes after it was killed', async () => {
    const store = stores();
    const [killed, next, third] = [store(), store(), store()];
    const began = Date.now();
    dynamo.now = () => began;
    await killed.claim?.();
    await killed.load();
    dynamo.now = () => began + 2 * MINUTE;
    await expect(next.claim?.()).rejects.toThrow(/keeps its state in the table states, shop-\d+ \(process \d+/);
    dynamo.now = () => began + 4 * MINUTE;
    await next.claim?.();
    await next.save(ONE);
    await expect(killed.save(TWO)).rejects.toThrow(StoreConflict);
    await killed.release?.();
    await expect(third.claim?.()).rejects.toThrow(StoreConflict);
    await next.release?.();
    await third.claim?.();
    dynamo.now = undefined;
  });

  it('lets one of two runs at once report, and nobody report anything twice', async () => {
    const store = stores(4);
    for (let i = 0; i < 3; i++) await runPair(store);
  });

  it('names what is wrong: a table that is not there, a key that cannot be, a client of another kind', async () => {
    const client = new DynamoDBClient({ ...dynamo.config, maxAttempts: 1 });
    const nowhere = dynamoStore({ client, table: 'nowhere', key: 'x', clock: new FakeClock() });
    await expect(nowhere.load()).rejects.toThrow(
      'could not be read from the table nowhere, x: dynamodb:GetItem failed',
    );
    expect(() => dynamoStore({ client, table: 'states', key: 'a#b' })).toThrow("key must be a text without '#'");
    expect(() => dynamoStore({ client, table: '', key: 'a' })).toThrow('table must be a text, got ""');
    expect(() => dynamoStore({ client: {} as never, table: 'a', key: 'a' })).toThrow('client must be a DynamoDBClient');
  });
});
