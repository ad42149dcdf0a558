import type { AthenaRow } from '../../../src/kms/athena-rows.js';
import { athenaTable } from '../../support/athena.js';
import type { Handler } from './aws-server.js';

export interface FakeQuery {
  readonly sql: string;
  readonly token: string;
  looks: number;
  state: string;
  rows: AthenaRow[] | undefined;
}

/** Athena with DuckDB for an engine: queries that start once a token, end after a few looks, and answer in pages. */
export async function athenaOf(
  records: readonly Readonly<Record<string, unknown>>[],
  {
    looks = 2,
    page = 7,
    fail,
  }: {
    readonly looks?: number;
    readonly page?: number;
    /** What ends the n-th query instead. */
    readonly fail?: (n: number) => Readonly<Record<string, unknown>> | undefined;
  } = {},
): Promise<{ handlers: Readonly<Record<string, Handler>>; queries: FakeQuery[] }> {
  const run = await athenaTable(records.map((record) => ({ record })));
  const queries: FakeQuery[] = [];
  const find = (id: unknown): FakeQuery => queries[Number(String(id).slice('query-'.length))] as FakeQuery;
  const handlers: Readonly<Record<string, Handler>> = {
    StartQueryExecution: ({ body }) => {
      const token = String(body['ClientRequestToken']);
      let at = queries.findIndex((query) => query.token === token);
      if (at < 0) {
        const query: FakeQuery = {
          sql: String(body['QueryString']),
          token,
          looks: 0,
          state: 'QUEUED',
          rows: undefined,
        };
        at = queries.push(query) - 1;
        void run(query.sql).then((rows) => {
          query.rows = rows;
        });
      }
      return { QueryExecutionId: `query-${at}` };
    },
    GetQueryExecution: ({ body }) => {
      const id = String(body['QueryExecutionId']);
      const query = find(id);
      query.looks++;
      // A query may go back into the queue (Athena API Reference, QueryExecutionStatus).
      query.state =
        query.looks < looks || query.rows === undefined ? (query.looks % 2 === 0 ? 'QUEUED' : 'RUNNING') : 'SUCCEEDED';
      const failed = query.state === 'SUCCEEDED' ? fail?.(queries.indexOf(query)) : undefined;
      return {
        QueryExecution: {
          QueryExecutionId: id,
          Status: { State: query.state, ...failed },
          Statistics: { DataScannedInBytes: 1_000_000, QueryQueueTimeInMillis: 120, EngineExecutionTimeInMillis: 3400 },
        },
      };
    },
    GetQueryResults: ({ body }) => {
      const { rows = [] } = find(body['QueryExecutionId']);
      const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      const texts = (row: AthenaRow) =>
        names.map((name) => (row[name] === undefined ? {} : { VarCharValue: row[name] }));
      const all = [names.map((name) => ({ VarCharValue: name })), ...rows.map(texts)];
      const from = Number(body['NextToken'] ?? 0);
      // Every third page is empty, and has a token.
      const to = (from / page) % 3 === 2 && !String(body['NextToken']).endsWith('.5') ? from : from + page;
      return {
        ResultSet: { Rows: all.slice(from, to).map((Data) => ({ Data })), ResultSetMetadata: {} },
        ...(to < all.length ? { NextToken: to === from ? `${from}.5` : String(to) } : {}),
      };
    },
    StopQueryExecution: ({ body }) => {
      find(body['QueryExecutionId']).state = 'CANCELLED';
      return {};
    },
  };
  return { handlers, queries };
}
