import { parquetMetadata } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { countCloudTrail, type LogStream, type RejectedInput, readCloudTrail } from '../../src/node/index.js';
import { parquetPackages } from '../../src/node/parquet.js';
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
