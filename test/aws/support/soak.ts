/**
 * Feeds simulated events through `lookupKmsCalls` and through `s3Logs`, counts them, and says how far the process grew
 * over the least that it held. Not part of `npm test`.
 *
 *     npx ts-node test/aws/support/soak.ts [events, 10 million by default]
 */
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import { lookupKmsCalls, readLogSources, s3Logs } from '../../../src/aws/index.js';
import { countCalls, type KmsCall } from '../../../src/kms/index.js';
import { FakeClock } from './fake-clock.js';
import { logKey } from './fake-s3.js';

const EVENTS = Number(process.argv[2] ?? 10_000_000);
const LIMIT = 200e6;
const DAY = 86_400_000;
const START = Date.UTC(2025, 10, 1);
const SPAN = 60 * DAY;
const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';

/** Event `i` of all, evenly spread over the time. */
const timeOf = (i: number): number => START + Math.floor((i * SPAN) / EVENTS / 1000) * 1000;

function record(i: number): string {
  const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(i % 100).padStart(12, '0')}`;
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${ACCOUNT}:role/App${i % 20}` } },
    },
    eventTime: new Date(timeOf(i)).toISOString().replace('.000', ''),
    eventSource: 'kms.amazonaws.com',
    eventName: i % 3 === 0 ? 'Encrypt' : 'Decrypt',
    awsRegion: REGION,
    requestParameters: { encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::bucket/${i}` } },
    eventID: id,
    readOnly: true,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
  });
}

const client = {
  region: REGION,
  credentials: { accessKeyId: 'EXAMPLE', secretAccessKey: 'EXAMPLE' },
};
type Wire = { readonly path: string; readonly query?: Readonly<Record<string, unknown>>; readonly body?: unknown };

/** A request handler that answers without a network. */
const answering = (answer: (request: Wire) => { body: Uint8Array | Readable; type: string }) => ({
  handle: async (request: Wire) => {
    const { body, type } = answer(request);
    return { response: { statusCode: 200, headers: { 'content-type': type }, body } };
  },
});

function lookupClient(): CloudTrailClient {
  const handler = answering(({ body }) => {
    const { NextToken } = JSON.parse(Buffer.from(body as Uint8Array).toString()) as { NextToken?: string };
    const from = Number(NextToken ?? EVENTS);
    const to = Math.max(0, from - 50);
    const events = [];
    for (let i = from - 1; i >= to; i--) {
      events.push({ EventId: `e${i}`, EventTime: timeOf(i) / 1000, CloudTrailEvent: record(i) });
    }
    const answer = { Events: events, ...(to > 0 ? { NextToken: String(to) } : {}) };
    return { body: Buffer.from(JSON.stringify(answer)), type: 'application/x-amz-json-1.1' };
  });
  return new CloudTrailClient({ ...client, requestHandler: handler as never });
}

const PER_FILE = 5_000;

function bucketClient(): S3Client {
  const files = Math.ceil(EVENTS / PER_FILE);
  const keys = Array.from({ length: files }, (_, f) => logKey(timeOf(f * PER_FILE), String(f).padStart(6, '0')));
  const byKey = new Map(keys.map((key, f) => [key, f]));
  const handler = answering(({ path, query }) => {
    if (query?.['list-type'] !== undefined) {
      const after = String(query['start-after'] ?? query['continuation-token'] ?? '');
      let first = 0;
      while (first < files && keys[first] <= after) first++;
      const page = keys.slice(first, first + 1000);
      const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>200000</Size></Contents>`).join('');
      const more = first + 1000 < files;
      const xml = `<ListBucketResult><IsTruncated>${more}</IsTruncated>${contents}</ListBucketResult>`;
      return { body: Readable.from([Buffer.from(xml)]), type: 'application/xml' };
    }
    const f = byKey.get(decodeURIComponent(path).replace('/logs/', '')) ?? 0;
    const records: string[] = [];
    for (let i = f * PER_FILE; i < Math.min(EVENTS, (f + 1) * PER_FILE); i++) records.push(record(i));
    return {
      body: Readable.from([gzipSync(`{"Records":[${records.join()}]}`, { level: 1 })]),
      type: 'application/x-gzip',
    };
  });
  return new S3Client({ ...client, forcePathStyle: true, requestHandler: handler as never });
}

/** Counts the calls, and watches the memory from the ten thousandth on. */
async function soak(name: string, calls: AsyncIterable<KmsCall>): Promise<boolean> {
  let floor = Infinity;
  let peak = 0;
  let seen = 0;
  const begun = performance.now();
  async function* watched(): AsyncGenerator<KmsCall> {
    for await (const call of calls) {
      yield call;
      if (++seen % 10_000 !== 0) continue;
      const { rss } = process.memoryUsage();
      floor = Math.min(floor, rss);
      peak = Math.max(peak, rss);
    }
  }
  const set = await countCalls(watched(), { by: [['keyArn', 'operation']], step: 3_600_000 });
  const counted = set.keys.reduce((sum, _, row) => sum + rowTotal(set.values, row, set.grid.length), 0);
  const grown = peak - floor;
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${name}: ${seen} events, ${counted} counted, ${(floor / 1e6).toFixed(0)} MB at least, ` +
      `${(grown / 1e6).toFixed(0)} MB more at most, ${seconds.toFixed(0)} s`,
  );
  return grown <= LIMIT && seen === EVENTS && counted === EVENTS;
}

function rowTotal(values: unknown, row: number, length: number): number {
  let total = 0;
  if (ArrayBuffer.isView(values)) {
    const dense = values as Float64Array;
    for (let b = 0; b < length; b++) total += dense[row * length + b];
    return total;
  }
  const { offsets, counts } = values as { offsets: Float64Array; counts: Float64Array };
  for (let i = offsets[row]; i < offsets[row + 1]; i++) total += counts[i];
  return total;
}

async function main(): Promise<void> {
  const times = { from: START, to: START + SPAN + DAY, clock: new FakeClock(START + SPAN) };
  const good = [
    await soak('lookupKmsCalls', lookupKmsCalls(lookupClient(), times)),
    await soak(
      's3Logs',
      readLogSources(s3Logs(bucketClient(), { ...times, bucket: 'logs', accounts: [ACCOUNT], regions: [REGION] })),
    ),
  ];
  if (good.includes(false)) process.exitCode = 1;
}

await main();
