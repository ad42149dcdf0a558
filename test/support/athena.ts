import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { AthenaRow } from '../../src/kms/athena-rows.js';
import { keyId } from '../../src/series/key.js';
import { observedRow, readRow, type SeriesSet } from '../../src/series/series-set.js';
import { tempFolder } from './logs.js';

/**
 * What Trino calls by another name than DuckDB, and all that the two differ in here: with these, the text of the queries
 * runs in DuckDB as it is.
 */
const DIALECT = [
  'CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern)',
  'CREATE MACRO element_at(list, i) AS list_extract(list, i)',
  'CREATE MACRO array_join(list, separator) AS array_to_string(list, separator)',
  'CREATE MACRO to_unixtime(t) AS epoch(t)',
  // Trino's is in UTC as a time with zone; DuckDB's plain timestamp is the same number of seconds.
  'CREATE MACRO from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMP)',
  // Trino gives NULL for text that is no JSON, where DuckDB fails.
  'CREATE MACRO json_extract_scalar(json, path) AS TRY(json_extract_string(json, path))',
];

/** The columns of CloudTrail's table in the Athena User Guide (partition projection), and their types in DuckDB. */
const COLUMNS: Readonly<Record<string, string>> = {
  eventversion: 'VARCHAR',
  useridentity: `STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, invokedby VARCHAR,
    accesskeyid VARCHAR, username VARCHAR, sessioncontext STRUCT(attributes STRUCT(mfaauthenticated VARCHAR, creationdate VARCHAR),
      sessionissuer STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accountid VARCHAR, username VARCHAR)))`,
  eventtime: 'VARCHAR',
  eventsource: 'VARCHAR',
  eventname: 'VARCHAR',
  awsregion: 'VARCHAR',
  sourceipaddress: 'VARCHAR',
  useragent: 'VARCHAR',
  errorcode: 'VARCHAR',
  errormessage: 'VARCHAR',
  requestparameters: 'VARCHAR',
  responseelements: 'VARCHAR',
  additionaleventdata: 'VARCHAR',
  requestid: 'VARCHAR',
  eventid: 'VARCHAR',
  readonly: 'VARCHAR',
  resources: 'STRUCT(arn VARCHAR, accountid VARCHAR, type VARCHAR)[]',
  eventtype: 'VARCHAR',
  apiversion: 'VARCHAR',
  recipientaccountid: 'VARCHAR',
  serviceeventdetails: 'VARCHAR',
  sharedeventid: 'VARCHAR',
  vpcendpointid: 'VARCHAR',
  vpcendpointaccountid: 'VARCHAR',
  eventcategory: 'VARCHAR',
  addendum: 'STRUCT(reason VARCHAR, updatedfields VARCHAR, originalrequestid VARCHAR, originaleventid VARCHAR)',
  timestamp: 'VARCHAR',
  account: 'VARCHAR',
  region: 'VARCHAR',
};

export interface AthenaLog {
  readonly record: Readonly<Record<string, unknown>>;
  /** The date in the log file's path, `yyyy/MM/dd`; by default that of the record's `eventTime`. */
  readonly date?: string;
}

let engine: Promise<DuckDBInstance> | undefined;
let tables = 0;

async function startEngine(): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  for (const macro of DIALECT) await connection.run(macro);
  return instance;
}

/** DuckDB with a table `cloudtrail` that holds these records in the columns that Athena would give them. */
export async function athenaTable(logs: readonly AthenaLog[]): Promise<(sql: string) => Promise<AthenaRow[]>> {
  engine ??= startEngine();
  const connection = await (await engine).connect();
  // A schema of its own: tables of other tests stay as they are.
  const schema = `t${++tables}`;
  await connection.run(`CREATE SCHEMA ${schema}`);
  await connection.run(`SET search_path = '${schema},main'`);
  const file = join(tempFolder(), 'records.ndjson');
  writeFileSync(file, logs.map((log) => `${JSON.stringify(rowOf(log))}\n`).join(''));
  const columns = Object.entries(COLUMNS).map(([name, type]) => `"${name}" ${type}`);
  await connection.run(`CREATE TABLE cloudtrail (${columns.join(', ')})`);
  const types = Object.entries(COLUMNS).map(([name, type]) => `"${name}": '${type}'`);
  if (logs.length > 0) {
    await connection.run(
      `INSERT INTO cloudtrail SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = {${types.join(', ')}}, maximum_object_size = 67108864)`,
    );
  }
  return async (sql) => {
    const answer = await connection.runAndReadAll(sql);
    // As the API gives them: every value text, and none where there is none.
    return answer
      .getRowObjectsJson()
      .map((row) =>
        Object.fromEntries(
          Object.entries(row).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
        ),
      );
  };
}

/** A record as JsonSerDe and CloudTrail's input format read it: names in lower case, whatever is no struct as text. */
function rowOf({ record, date }: AthenaLog): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    const column = name.toLowerCase();
    if (!Object.hasOwn(COLUMNS, column)) continue;
    if (COLUMNS[column] === 'VARCHAR') row[column] = textOf(value);
    else if (column === 'resources') row[column] = Array.isArray(value) ? value.map(lowered) : null;
    else row[column] = lowered(value);
  }
  row['timestamp'] =
    date ??
    String(record['eventTime'] ?? '')
      .slice(0, 10)
      .replaceAll('-', '/');
  row['account'] = row['recipientaccountid'];
  row['region'] = row['awsregion'];
  return row;
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An object with its names in lower case, at every depth, and its values as text; null for what is none. */
function lowered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.toLowerCase(),
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? lowered(inner) : textOf(inner),
    ]),
  );
}

/** Every row with its counts and what was observed, by key. */
export function contentsOf(set: SeriesSet): unknown {
  const values = new Float64Array(set.grid.length);
  const rows = set.keys.map((key, row): [string, unknown] => {
    readRow(set, row, values);
    const counts: [bucket: number, calls: number][] = [];
    for (const [bucket, calls] of values.entries()) if (calls > 0) counts.push([bucket, calls]);
    return [keyId(key), { counts, observed: Buffer.from(observedRow(set, row)).toString('latin1') }];
  });
  return { grid: set.grid, measure: set.measure, rows: Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1))) };
}
