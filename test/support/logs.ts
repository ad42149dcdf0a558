import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { KmsCall } from '../../src/kms/call.js';
import type { Coverage } from '../../src/kms/coverage.js';
import type { IngestStats, RejectedInput } from '../../src/node/ingest-stats.js';
import { type ReadOptions, type ReadProgress, readCloudTrail } from '../../src/node/read-cloudtrail.js';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

/** Of {@link kmsRecord}(0). */
export const START = Date.UTC(2024, 2, 5);

type Fields = Readonly<Record<string, unknown>>;

/** A Decrypt call's record, ten seconds after the one before; its text has everything that JSON has to escape. */
export function kmsRecord(i: number, fields: Fields = {}): Fields {
  return {
    eventVersion: '1.08',
    userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/zoë`, accountId: ACCOUNT, userName: 'zoë' },
    eventTime: new Date(START + i * 10_000).toISOString().replace('.000', ''),
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    awsRegion: REGION,
    userAgent: 'agent "7" {of} [nine], C:\\temp\\ \u2028 \u{1F511} {"eventVersion":"no"}',
    requestParameters: {
      encryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::bucket/{"Records":[' },
      list: [[], {}, [1, { a: null }]],
    },
    responseElements: null,
    eventID: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    readOnly: true,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY_ARN }],
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
    ...fields,
  };
}

/** A record of another service, at the time of {@link kmsRecord}(i). */
export function otherRecord(i: number, fields: Fields = {}): Fields {
  return kmsRecord(i, { eventSource: 's3.amazonaws.com', eventName: 'GetObject', resources: [], ...fields });
}

export function kmsRecords(count: number, from = 0): Fields[] {
  return Array.from({ length: count }, (_, i) => kmsRecord(from + i));
}

/** A log file as CloudTrail delivers it, before compression. */
export function logText(records: readonly unknown[]): string {
  return JSON.stringify({ Records: records });
}

const one = (record: unknown): string => JSON.stringify(record);
const message = (record: unknown): Fields => ({
  timestamp: START,
  message: one(record),
  ingestionTime: START + 1,
  eventId: '36',
});
const envelope = (record: unknown): Fields => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.kms',
  resources: [],
  detail: record,
});

/** The ways in which people keep CloudTrail records in files, each a writer of one file's text. */
export const LAYOUTS: Readonly<Record<string, (records: readonly unknown[]) => string>> = {
  'a log file on one line': logText,
  'a log file, indented': (records) => JSON.stringify({ Records: records }, null, 2),
  'a log file, indented by tabs, with CRLF': (records) =>
    JSON.stringify({ Records: records }, null, '\t').replaceAll('\n', '\r\n'),
  'a log file with a record on each line': (records) => `{"Records":[\n${records.map(one).join(',\n')}\n]}\n`,
  'a log file with fields around its records': (records) =>
    JSON.stringify({ before: { Records: [1, 2] }, none: [], Records: records, after: ['Events', { events: [] }] }),
  'log files, one on each line': (records) => records.map((record) => logText([record])).join('\n'),
  'log files, indented, one after another': (records) =>
    records.map((record) => JSON.stringify({ Records: [record] }, null, 2)).join('\n'),
  'an array': (records) => one(records),
  'an array, indented': (records) => JSON.stringify(records, null, 4),
  'an array of log files': (records) => one(records.map((record) => ({ Records: [record] }))),
  'JSON lines': (records) => records.map((record) => `${one(record)}\n`).join(''),
  'JSON lines with CRLF, blank lines and a byte order mark': (records) =>
    `\ufeff\r\n${records.map(one).join('\r\n\r\n')}`,
  'records one after another': (records) => records.map(one).join(''),
  'records one after another, indented': (records) =>
    records.map((record) => JSON.stringify(record, null, 2)).join('\n'),
  'records between commas': (records) => records.map(one).join(',\n'),
  'records in strings': (records) => one(records.map(one)),
  'records in strings on lines': (records) => records.map((record) => one(one(record))).join('\n'),
  'an export of CloudWatch Logs': (records) =>
    records.map((record) => `2021-07-30T16:00:00.000Z ${one(record)}\n`).join(''),
  'aws logs tail': (records) =>
    records
      .map((record) => `2021-07-30T16:00:00.123000+00:00 ${ACCOUNT}_CloudTrail_${REGION} ${one(record)}\n`)
      .join(''),
  'aws logs filter-log-events': (records) =>
    JSON.stringify({ events: records.map(message), searchedLogStreams: [{ logStreamName: '{[' }] }, null, 4),
  'subscriptions of CloudWatch Logs by Firehose': (records) =>
    records
      .map((record) =>
        one({ messageType: 'DATA_MESSAGE', owner: ACCOUNT, logGroup: 'g', logEvents: [message(record)] }),
      )
      .join(''),
  'rows of CloudWatch Logs Insights': (records) =>
    one(records.map((record) => ({ '@timestamp': '2021-07-30 16:00:00.000', '@message': one(record) }))),
  'aws logs get-query-results': (records) =>
    JSON.stringify(
      {
        results: records.map((record) => [
          { field: '@timestamp', value: '2021-07-30 16:00:00.000' },
          { field: '@message', value: one(record) },
          { field: '@ptr', value: 'Cm' },
        ]),
        statistics: { recordsMatched: records.length },
        status: 'Complete',
      },
      null,
      4,
    ),
  'aws cloudtrail lookup-events': (records) =>
    JSON.stringify(
      {
        Events: records.map((record) => ({ EventId: '1', EventName: 'Decrypt', CloudTrailEvent: one(record) })),
        NextToken: 'x',
      },
      null,
      4,
    ),
  'events of EventBridge on lines': (records) => records.map((record) => `${one(envelope(record))}\n`).join(''),
  'events of EventBridge by way of SQS': (records) =>
    one({
      Records: records.map((record) => ({
        messageId: '1',
        body: one(envelope(record)),
        eventSource: 'aws:sqs',
        awsRegion: REGION,
      })),
    }),
  'notifications of SNS on lines': (records) =>
    records.map((record) => `${one({ Type: 'Notification', TopicArn: 'arn:x', Message: one(record) })}\n`).join(''),
  'aws sqs receive-message': (records) =>
    JSON.stringify({ Messages: records.map((record) => ({ MessageId: '1', Body: one(record) })) }, null, 4),
  'aws sqs receive-message of notifications of SNS': (records) =>
    one({ Messages: records.map((record) => ({ Body: one({ Type: 'Notification', Message: one(record) }) })) }),
  'an answer of Elasticsearch': (records) =>
    one({
      took: 5,
      hits: { total: { value: 1 }, hits: records.map((_source) => ({ _index: 'trail', _id: 'x', _source })) },
    }),
  'a dump of Elasticsearch on lines': (records) =>
    records.map((_source) => `${one({ _index: 'trail', _id: 'x', _score: 1, _source })}\n`).join(''),
  'a dump of what Beats sent': (records) =>
    records
      .map(
        (record) =>
          `${one({ _index: 'trail', _source: { tags: [], event: { action: 'x', original: one(record) } } })}\n`,
      )
      .join(''),
  'an export of Splunk': (records) =>
    records
      .map((record) => `${one({ preview: false, result: { _time: 'x', eventName: 'y', _raw: one(record) } })}\n`)
      .join(''),
  'an answer of Splunk': (records) =>
    one({ init_offset: 0, results: records.map((record) => ({ _raw: one(record) })) }),
  'an answer of Datadog': (records) =>
    one({
      data: records.map((attributes) => ({ id: 'x', type: 'log', attributes: { message: 'words', attributes } })),
    }),
  'alerts of Wazuh': (records) =>
    records
      .map((record) => `${one({ timestamp: 'x', rule: { level: 3 }, data: { integration: 'aws', aws: record } })}\n`)
      .join(''),
  'lines of Fluent Bit': (records) => records.map((record) => `${one({ date: 1.5, log: one(record) })}\n`).join(''),
  'lines of Loki': (records) => records.map((record) => `${one({ labels: {}, line: one(record) })}\n`).join(''),
  'an object with a list of records in lower case': (records) => JSON.stringify({ records }, null, 2),
};

/** A new folder that is removed when the test is done. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kms-baseline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file, gzipped if its name says so and `content` is text, with the folders above it; gives its path. */
export function writeFile(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' && name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

export interface Reading {
  readonly calls: KmsCall[];
  readonly rejected: RejectedInput[];
  readonly progress: ReadProgress[];
  readonly coverage: Coverage[];
  readonly stats: IngestStats;
}

/** Everything that comes out of {@link readCloudTrail}. */
export async function readAll(paths: string | readonly string[], options: ReadOptions = {}): Promise<Reading> {
  const rejected: RejectedInput[] = [];
  const progress: ReadProgress[] = [];
  const coverage: Coverage[] = [];
  const stats: IngestStats[] = [];
  const calls: KmsCall[] = [];
  for await (const call of readCloudTrail(paths, {
    onRejected: (value) => rejected.push(value),
    onProgress: (value) => progress.push(value),
    onCoverage: (value) => coverage.push(...value),
    onStats: (value) => stats.push(value),
    ...options,
  }))
    calls.push(call);
  return { calls, rejected, progress, coverage, stats: stats[0] };
}

/** The event IDs of calls, sorted. */
export function eventIds(calls: readonly KmsCall[]): string[] {
  return calls.map((call) => call.eventId).sort();
}
