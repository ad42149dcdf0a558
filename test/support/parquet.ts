import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** The columns of Security Lake's table of CloudTrail events, as far as they matter here and some beside them. */
const SECURITY_LAKE: Readonly<Record<string, string>> = {
  class_uid: 'INTEGER',
  class_name: 'VARCHAR',
  message: 'VARCHAR',
  time: 'BIGINT',
  time_dt: 'TIMESTAMPTZ',
  metadata:
    'STRUCT(version VARCHAR, uid VARCHAR, event_code VARCHAR, product STRUCT(name VARCHAR, version VARCHAR, vendor_name VARCHAR, feature STRUCT(name VARCHAR)))',
  cloud: 'STRUCT(provider VARCHAR, region VARCHAR)',
  api: 'STRUCT(operation VARCHAR, service STRUCT(name VARCHAR), request STRUCT(uid VARCHAR, data VARCHAR), response STRUCT(error VARCHAR, message VARCHAR, data VARCHAR))',
  actor:
    'STRUCT(invoked_by VARCHAR, session STRUCT(issuer VARCHAR), "user" STRUCT("type" VARCHAR, uid VARCHAR, uid_alt VARCHAR, uuid VARCHAR, account_uid VARCHAR, account STRUCT(uid VARCHAR)))',
  resources: 'STRUCT(uid VARCHAR, "type" VARCHAR)[]',
  status: 'VARCHAR',
  status_id: 'INTEGER',
  unmapped: 'MAP(VARCHAR, VARCHAR)',
};

export interface ParquetOptions {
  /** DuckDB's names; `zstd`, as Security Lake's files are, by default. */
  readonly compression?: string;
  readonly rowGroupSize?: number;
  readonly columns?: Readonly<Record<string, string>>;
  /** More of SQL's `COPY`. */
  readonly more?: string;
}

/** Rows as a Parquet file's bytes, written by DuckDB: nothing of what reads it has a part in it. */
export async function parquetOf(rows: readonly unknown[], options: ParquetOptions = {}): Promise<Buffer> {
  const { compression = 'zstd', rowGroupSize = 100_000, columns = SECURITY_LAKE, more = '' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-'));
  try {
    const [json, parquet] = ['rows.jsonl', 'rows.parquet'].map((name) => join(folder, name));
    writeFileSync(json, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const db = await instance.connect();
    const types = Object.entries(columns).map(([name, type]) => `"${name}": '${type}'`);
    await db.run("set timezone='UTC'");
    await db.run(
      `copy (select * from read_json('${json}', format='newline_delimited', columns={${types.join(', ')}})) to '${parquet}' ` +
        `(format parquet, compression ${compression}, row_group_size ${rowGroupSize}${more})`,
    );
    db.closeSync();
    instance.closeSync();
    return readFileSync(parquet);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A table of CloudTrail's records as Athena makes it: names in lower case, parts of records as JSON text. */
export const ATHENA_TABLE: Readonly<Record<string, string>> = {
  eventversion: 'VARCHAR',
  useridentity:
    'STRUCT("type" VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, invokedby VARCHAR, sessioncontext STRUCT(sessionissuer STRUCT(arn VARCHAR)))',
  eventtime: 'VARCHAR',
  eventsource: 'VARCHAR',
  eventname: 'VARCHAR',
  awsregion: 'VARCHAR',
  useragent: 'VARCHAR',
  errorcode: 'VARCHAR',
  requestparameters: 'VARCHAR',
  responseelements: 'VARCHAR',
  eventid: 'VARCHAR',
  resources: 'STRUCT(arn VARCHAR, accountid VARCHAR, "type" VARCHAR)[]',
  eventtype: 'VARCHAR',
  recipientaccountid: 'VARCHAR',
  sharedeventid: 'VARCHAR',
};

/** A record as a row of {@link ATHENA_TABLE}. */
export function athenaRow(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const lower = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(lower);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, held]) => [name.toLowerCase(), lower(held)]));
  };
  const texts = ['requestParameters', 'responseElements'];
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name.toLowerCase(),
      texts.includes(name) && value !== null ? JSON.stringify(value) : lower(value),
    ]),
  );
}
