import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { countCloudTrail, type LogStream, type RejectedInput, readCloudTrail } from '../../src/node/index.js';
import { parquetPackages } from '../../src/node/parquet.js';
import { neededLeaves, put, unwrapped } from '../../src/node/parquet-leaves.js';
import { kmsRecord, logText, otherRecord, tempFolder, writeFile } from '../support/logs.js';
import { OCSF_VERSIONS, ocsfOf } from '../support/ocsf.js';
import { ATHENA_TABLE, athenaRow, parquetOf } from '../support/parquet.js';

const RECORDS = Array.from({ length: 300 }, (_, i) => {
  if (i % 3 === 0) return otherRecord(i);
  if (i % 7 === 0) return kmsRecord(i, { errorCode: 'AccessDenied' });
  return i % 5 === 0 ? kmsRecord(i, { resources: null, responseElements: null }) : kmsRecord(i);
});
const OPTIONS = {
  step: 300_000,
  by: [['keyArn', 'operation', 'caller', 'outcome']] as const,
  coverage: 'records' as const,
};
const OCSF = RECORDS.map((record) => ocsfOf(record, '1.1.0'));

async function countedIn(folder: string) {
  const rejected: RejectedInput[] = [];
  const { set, coverage, calls, stats } = await countCloudTrail(folder, {
    ...OPTIONS,
    onRejected: (one) => rejected.push(one),
  });
  return { set, coverage, calls, stats, rejected };
}

/** What is counted of the records in CloudTrail's own layout. */
async function expected() {
  const folder = tempFolder();
  writeFile(folder, 'log.json.gz', logText(RECORDS));
  return await countedIn(folder);
}

const LAYOUTS: readonly (readonly [string, () => Promise<Record<string, string | Uint8Array>>])[] = [
  ...OCSF_VERSIONS.map((version) => {
    const rows = RECORDS.map((record) => ocsfOf(record, version, { json: false }));
    return [
      `Security Lake's files, OCSF ${version}`,
      async () => ({
        'region=eu-central-1/accountId=111122223333/eventDay=20240305/a.gz.parquet': await parquetOf(rows, {
          rowGroupSize: 128,
        }),
      }),
    ] as const;
  }),
  ['OCSF in JSON lines', async () => ({ 'events.jsonl': OCSF.map((event) => `${JSON.stringify(event)}\n`).join('') })],
  ['OCSF in a JSON list', async () => ({ 'events.json.gz': JSON.stringify(OCSF) })],
  [
    "a table of Athena's",
    async () => ({ 'table.parquet': await parquetOf(RECORDS.map(athenaRow), { columns: ATHENA_TABLE }) }),
  ],
  ...['uncompressed', 'snappy', 'gzip', 'brotli', 'lz4_raw'].map(
    (compression) =>
      [`Parquet, ${compression}`, async () => ({ 'x.parquet': await parquetOf(OCSF, { compression }) })] as const,
  ),
  [
    'Parquet beside a log of other calls',
    async () => ({
      'a.json': logText(RECORDS.slice(0, 100)),
      'b.parquet': await parquetOf(OCSF.slice(100)),
    }),
  ],
];

describe('Parquet and OCSF', () => {
  it.each(LAYOUTS)('%s: counted as the logs they were made of', async (_, write) => {
    const folder = tempFolder();
    for (const [name, content] of Object.entries(await write())) writeFile(folder, name, content);
    const { set, coverage, calls, stats, rejected } = await countedIn(folder);
    const from = await expected();
    expect(rejected).toEqual([]);
    expect({ set, coverage, calls }).toEqual({ set: from.set, coverage: from.coverage, calls: from.calls });
    expect(stats).toMatchObject({ records: 300, otherServices: 100, calls: 200 });
    const one = [];
    for await (const call of readCloudTrail(folder)) one.push(call);
    expect(one).toHaveLength(200);
  });

  it('counts once what stands in a log and in Security Lake', async () => {
    const folder = tempFolder();
    writeFile(folder, 'log.json.gz', logText(RECORDS));
    writeFile(folder, 'lake.parquet', await parquetOf(OCSF));
    const { set, calls } = await countedIn(folder);
    expect(set).toEqual((await expected()).set);
    expect(calls).toMatchObject({ counted: 200, duplicates: 200 });
  });

  it('reads Parquet that comes as a stream', async () => {
    const bytes = await parquetOf(OCSF);
    async function* streams(): AsyncGenerator<LogStream> {
      yield {
        name: 's3://lake/x.parquet',
        open: async function* () {
          yield bytes.subarray(0, 99);
          yield bytes.subarray(99);
        },
      };
    }
    const { set } = await countCloudTrail(streams(), OPTIONS);
    expect(set).toEqual((await expected()).set);
  });

  it('takes times as text, and with or without a zone', async () => {
    const from = await expected();
    for (const type of ['TIMESTAMP', 'TIMESTAMPTZ', 'TIMESTAMP_MS', 'VARCHAR']) {
      const folder = tempFolder();
      writeFile(
        folder,
        'x.parquet',
        await parquetOf(RECORDS.map(athenaRow), { columns: { ...ATHENA_TABLE, eventtime: type } }),
      );
      expect((await countedIn(folder)).set, type).toEqual(from.set);
    }
  });
});

/** Columns of a schema, with their children: `?` behind a name that may be null, `*` behind one that is repeated. */
type Columns = { readonly [name: string]: 'text' | 'int' | Columns };

function schemaOf(columns: Columns): SchemaElement[] {
  return Object.entries(columns).flatMap(([name, type]): SchemaElement[] => {
    const repetition_type = name.endsWith('?') ? 'OPTIONAL' : name.endsWith('*') ? 'REPEATED' : 'REQUIRED';
    const own = { name: name.replace(/[?*]$/, ''), repetition_type } as const;
    if (type === 'int') return [{ ...own, type: 'INT64' }];
    if (type === 'text') return [{ ...own, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
    const list = Object.keys(type).some((inner) => inner.endsWith('*')) ? ({ converted_type: 'LIST' } as const) : {};
    return [{ ...own, ...list, num_children: Object.keys(type).length }, ...schemaOf(type)];
  });
}

describe('Parquet of other writers', () => {
  const rows = RECORDS.map((record) => {
    const event = JSON.parse(JSON.stringify(ocsfOf(record, '1.1.0')));
    const { api, actor, resources, ...rest } = event;
    return {
      ...{ class_uid: BigInt(rest.class_uid), time: BigInt(rest.time), region: rest.cloud.region },
      metadata: { uid: rest.metadata.uid, event_code: rest.metadata.event_code },
      ...{ cloud: { region: rest.cloud.region }, unmapped: { recipientAccountId: rest.unmapped.recipientAccountId } },
      api: {
        operation: api.operation,
        service: api.service,
        response: api.response === undefined ? null : { error: api.response.error ?? null },
      },
      actor: { user: { uid: actor.user.uid } },
      resources: resources === undefined ? null : resources.map(({ uid }: { uid: string }) => ({ uid })),
    };
  });
  const columns: Columns = {
    class_uid: 'int',
    time: 'int',
    'metadata?': { uid: 'text', 'event_code?': 'text' },
    cloud: { region: 'text' },
    'api?': { operation: 'text', service: { name: 'text' }, 'response?': { 'error?': 'text' } },
    actor: { 'user?': { 'uid?': 'text' } },
    'resources?': { 'list*': { element: { 'uid?': 'text' } } },
    'unmapped?': { recipientAccountId: 'text' },
  };

  it('is read in many pages and row groups, with objects that must be there', async () => {
    const schema = [{ name: 'root', num_children: Object.keys(columns).length }, ...schemaOf(columns)];
    const names = Object.keys(columns).map((name) => name.replace(/\?$/, '') as keyof (typeof rows)[number]);
    const columnData = names.map((name) => ({ name, data: rows.map((row) => row[name]), offsetIndex: true }));
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, schema, pageSize: 300, rowGroupSize: [70, 140] }));
    const { row_groups: groups } = parquetMetadata(bytes.buffer);
    expect(groups).toHaveLength(3);
    const folder = tempFolder();
    writeFile(folder, 'x.parquet', bytes);
    const { set, calls, rejected } = await countedIn(folder);
    expect(rejected).toEqual([]);
    const from = await expected();
    expect({ set, calls }).toEqual({ set: from.set, calls: from.calls });
  });
});

describe('what a schema names', () => {
  const api: Columns = { api: { operation: 'text' } };
  /** The row that the only needed values make, as `hyparquet` gives them: an array for each level that is not required. */
  const rowOf = (columns: Columns, ...values: unknown[]) => {
    const schema = [
      { name: 'root', num_children: 1 + Object.keys(columns).length },
      ...schemaOf({ ...columns, ...api }),
    ];
    const row: Record<string, unknown> = {};
    const leaves = [...neededLeaves(schema as never).values()].filter(({ names }) => names[0] !== 'api');
    expect(leaves).toHaveLength(values.length);
    for (const [i, leaf] of leaves.entries()) put(row, leaf, unwrapped(leaf, values[i]));
    return row;
  };
  const two = [{ uid: 'a' }, { uid: 'b' }];

  it.each<[string, Columns, unknown, unknown]>([
    [
      'a list of three levels',
      { 'resources?': { 'list*': { 'element?': { 'uid?': 'text' } } } },
      [[['a'], ['b']]],
      two,
    ],
    ["Hive's", { 'resources?': { 'bag*': { 'array_element?': { uid: 'text' } } } }, [[['a'], ['b']]], two],
    ["Avro's, of two levels", { 'resources?': { 'array*': { uid: 'text', 'type?': 'text' } } }, [['a', 'b']], two],
    ["Thrift's", { resources: { 'resources_tuple*': { uid: 'text' } } }, ['a', 'b'], two],
    ['a repeated object without a list', { 'resources*': { uid: 'text' } }, ['a', 'b'], two],
    ['an empty list', { 'resources?': { 'list*': { element: { uid: 'text' } } } }, [[]], []],
    [
      'a list with a null in it',
      { 'resources?': { 'list*': { 'element?': { uid: 'text' } } } },
      [[[], ['b']]],
      [{}, two[1]],
    ],
    ['no list', { 'resources?': { 'list*': { element: { uid: 'text' } } } }, [], undefined],
  ])('%s', (_, columns, value, resources) => {
    expect(rowOf(columns, value)).toEqual(resources === undefined ? {} : { resources });
  });

  it('is no list of lists, and nothing that is not as the schema says', () => {
    expect(rowOf({ 'resources?': { 'list*': { element: { 'list*': { uid: 'text' } } } } })).toEqual({});
    for (const value of ['a', [['a']], ['a', 'b']]) {
      expect(() => rowOf({ 'resources?': { 'list*': { 'element?': { uid: 'text' } } } }, value)).toThrow(
        'corrupt-parquet',
      );
    }
    expect(() => neededLeaves([{ name: 'root', num_children: 2 }, { name: 'api' }] as never)).toThrow(
      'corrupt-parquet',
    );
    expect(() => neededLeaves([{ name: 'root', num_children: 1 }, { name: 'a' }, { name: 'b' }] as never)).toThrow(
      'corrupt-parquet',
    );
  });

  it('puts nothing into a prototype', () => {
    const row = rowOf({ 'unmapped?': { ['__proto__']: 'text', recipientAccountId: 'text' } }, ['111122223333']);
    expect(row).toEqual({ unmapped: { recipientAccountId: '111122223333' } });
    expect(Object.getPrototypeOf(row['unmapped'])).toBe(Object.prototype);
  });
});

describe('a Parquet file that cannot be read', () => {
  const rejection = async (bytes: Uint8Array, name = 'x.parquet') => {
    const folder = tempFolder();
    writeFile(folder, name, bytes);
    const { rejected, stats } = await countedIn(folder);
    return { rejected: rejected.map(({ reason, found }) => ({ reason, found })), stats };
  };

  it('is rejected with its reason', async () => {
    const bytes = await parquetOf(OCSF);
    expect((await rejection(bytes.subarray(0, 2000))).rejected).toEqual([{ reason: 'truncated' }]);
    expect((await rejection(Buffer.alloc(0))).rejected).toEqual([{ reason: 'empty' }]);
    expect((await rejection(Buffer.from('PAR1PAR1'))).rejected).toEqual([{ reason: 'truncated' }]);
    expect((await rejection(Buffer.from('{"Records":[]}'))).rejected).toEqual([{ reason: 'not-a-log' }]);
    expect((await rejection(Buffer.from('504b0304aabbccdd', 'hex'))).rejected).toEqual([
      { reason: 'not-a-log', found: 'a zip archive' },
    ]);
    const footer = Buffer.concat([bytes.subarray(0, 2000), bytes.subarray(-4)]);
    expect((await rejection(footer)).rejected).toEqual([{ reason: 'corrupt-parquet' }]);
    const other = await parquetOf([{ a: 1, b: 2 }], { columns: { a: 'INTEGER', b: 'INTEGER' } });
    expect((await rejection(other)).rejected).toEqual([{ reason: 'not-a-log', found: 'Parquet with `a`, `b`' }]);
  });

  it('keeps the row groups before the damage', async () => {
    // DuckDB makes row groups of multiples of 2,048 rows.
    const calls = Array.from({ length: 5000 }, (_, i) => ocsfOf(kmsRecord(i), '1.1.0'));
    const bytes = Buffer.from(await parquetOf(calls, { rowGroupSize: 2048, compression: 'uncompressed' }));
    const { row_groups: groups } = parquetMetadata(new Uint8Array(bytes).buffer);
    expect(groups.length).toBeGreaterThan(2);
    const page = groups[2].columns.find(({ meta_data: data }) => data?.path_in_schema.join('.') === 'api.operation');
    const at = Number(page?.meta_data?.dictionary_page_offset ?? page?.meta_data?.data_page_offset);
    bytes.fill(0xff, at, at + 16);
    const { rejected, stats } = await rejection(bytes);
    expect(rejected).toEqual([{ reason: 'corrupt-parquet' }]);
    expect(stats.calls).toBe(Number(groups[0].num_rows + groups[1].num_rows));
  });

  it('names the packages where they are not installed', async () => {
    await expect(parquetPackages(['no-such-hyparquet', 'no-such-compressors'])).rejects.toMatchObject({
      reason: 'no-parquet-reader',
    });
  });

  it('is not one without rows', async () => {
    const { rejected, stats } = await rejection(await parquetOf([]));
    expect(rejected).toEqual([]);
    expect(stats).toMatchObject({ filesRead: 1, records: 0 });
  });
});
