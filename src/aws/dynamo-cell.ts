import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AwsCallError, type Caller } from './call-aws.js';
import { ConditionalWrites, type Place } from './conditional-write.js';
import { loadClient } from './load-client.js';
import { ServiceTime } from './service-time.js';

const loadDynamo = () => loadClient('@aws-sdk/client-dynamodb', () => import('@aws-sdk/client-dynamodb'));

/** The attributes of an item, but for its key and version. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The key of the table. */
const ID = 'id';
/** Another one after every write: who wrote it. */
const VERSION = 'version';

/** Items of one table. */
export class DynamoTable {
  readonly #client: DynamoDBClient;
  readonly #caller: Caller;
  readonly #table: string;
  readonly #time: ServiceTime;

  constructor(client: DynamoDBClient, caller: Caller, table: string) {
    this.#client = client;
    this.#caller = caller;
    this.#table = table;
    this.#time = new ServiceTime(() => caller.clock.now());
  }

  /** The time of day at DynamoDB, as of its last answer; epoch ms. */
  now(): number {
    return this.#time.now();
  }

  get clock(): Caller['clock'] {
    return this.#caller.clock;
  }

  /** What an item holds now, its version among it; undefined where there is none. */
  async get(id: string): Promise<Attributes | undefined> {
    const { GetItemCommand } = await loadDynamo();
    const { Item } = await this.#caller.call('dynamodb:GetItem', (options) =>
      this.#client.send(
        this.#time.of(new GetItemCommand({ TableName: this.#table, Key: { [ID]: { S: id } }, ConsistentRead: true })),
        options,
      ),
    );
    return Item;
  }

  /** Writes an item; where `over` is given, if it is still that version, or if there is none where that is null. */
  async put(id: string, attributes: Attributes, writer: string, over?: string | null): Promise<void> {
    const { PutItemCommand } = await loadDynamo();
    const condition =
      over === undefined
        ? {}
        : over === null
          ? { ConditionExpression: 'attribute_not_exists(#v)', ExpressionAttributeNames: { '#v': VERSION } }
          : {
              ConditionExpression: '#v = :v',
              ExpressionAttributeNames: { '#v': VERSION },
              ExpressionAttributeValues: { ':v': { S: over } },
            };
    const item = { ...attributes, [ID]: { S: id }, [VERSION]: { S: writer } };
    await this.#caller.call('dynamodb:PutItem', (options) =>
      this.#client.send(
        this.#time.of(new PutItemCommand({ TableName: this.#table, Item: item, ...condition })),
        options,
      ),
    );
  }

  async delete(id: string): Promise<void> {
    const { DeleteItemCommand } = await loadDynamo();
    await this.#caller.call('dynamodb:DeleteItem', (options) =>
      this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: { [ID]: { S: id } } }), options),
    );
  }
}

/** An item that several write, each on the condition that it is still the version which they know. */
export class DynamoCell {
  readonly #table: DynamoTable;
  readonly #id: string;
  readonly #writes: ConditionalWrites;

  constructor(table: DynamoTable, id: string) {
    this.#table = table;
    this.#id = id;
    this.#writes = new ConditionalWrites(table.clock);
  }

  /** What it holds, and its version; null where there is none. */
  async read(): Promise<{ readonly item: Attributes; readonly version: string } | null> {
    const item = await this.#table.get(this.#id);
    const version = item?.[VERSION]?.S;
    return item === undefined || version === undefined ? null : { item, version };
  }

  /** Its new version; null when another writer was there first, or it was deleted. */
  write(attributes: Attributes, over: string | null): Promise<string | null> {
    const look = async () => {
      const found = await this.read();
      return found === null ? null : { version: found.version, writer: found.version };
    };
    const put = async (writer: string, condition: string | null) => {
      await this.#table.put(this.#id, attributes, writer, condition);
      return writer;
    };
    return this.#writes.write({ look, put, kindOf }, over);
  }
}

const kindOf: Place['kindOf'] = (error) => {
  const reason = error instanceof AwsCallError ? error.reason : '';
  if (reason === 'TransactionConflictException') return 'busy';
  return reason === 'ConditionalCheckFailedException' ? 'refused' : 'failed';
};
