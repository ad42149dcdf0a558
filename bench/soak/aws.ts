/**
 * Feeds 10 million simulated events through `lookupKmsCalls` and through `s3Logs`, counts them, and
 * fails when a process grows by more than 200 MB over what it holds before its first event. Each way runs in a process of
 * its own; the SDK's clients are real, and answered without a network.
 *
 *     npm run soak -- aws
 *     EVENTS=100000 npm run soak -- aws
 */
import { spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { S3Client } from '@aws-sdk/client-s3';
import { countCalls, type KmsCall, type SeriesSet } from 'kms-baseline';
import { type Clock, lookupKmsCalls, s3Logs } from 'kms-baseline/aws';
import { countCloudTrail, readCloudTrail } from 'kms-baseline/node';

const EVENTS = Number(process.env['EVENTS'] ?? 10_000_000);
const LIMIT = 200e6;
const DAY = 86_400_000;
const START = Date.UTC(2025, 10, 1);
const SPAN = 60 * DAY;
const ACCOUNT = '111122223333';
const REGION = 'eu-central-1';

/** Event `i` of all, evenly spread over the time. */
const timeOf = (i: number): number => START + Math.floor((i * SPAN) / EVENTS / 1000) * 1000;

/** The texts of 300 kinds of record, of 100 keys, 20 callers and two operations, cut where the time and the id stand. */
const KINDS = Array.from({ length: 300 }, (_, i) => {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${String(i % 100).padStart(12, '0')}`;
  const text = JSON.stringify({
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/App${i % 20}/session`,
      accountId: ACCOUNT,
      sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${ACCOUNT}:role/App${i % 20}` } },
    },
    eventTime: '<cut>',
    eventSource: 'kms.amazonaws.com',
    eventName: i % 3 === 0 ? 'Encrypt' : 'Decrypt',
    awsRegion: REGION,
    sourceIPAddress: '192.0.2.1',
    requestParameters: { encryptionContext: { 'aws:s3:arn': 'arn:aws:s3:::bucket' } },
    responseElements: null,
    eventID: '<cut>',
    readOnly: true,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
  });
  return { plain: text.split('<cut>'), escaped: JSON.stringify(text).slice(1, -1).split('<cut>') };
});

function record(i: number, form: 'plain' | 'escaped'): string {
  const [head, middle, tail] = KINDS[i % KINDS.length][form];
  const time = `${new Date(timeOf(i)).toISOString().slice(0, 19)}Z`;
  return `${head}${time}${middle}${idOf(i)}${tail}`;
}

function idOf(i: number): string {
  return `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
}

const CLIENT = { region: REGION, credentials: { accessKeyId: 'EXAMPLE', secretAccessKey: 'EXAMPLE' } };

interface Request {
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Uint8Array;
}

/** What stands in for the network: an answer for each request. */
const answering = (type: string, answer: (request: Request) => Uint8Array | string) => ({
  handle: async (request: Request) => ({
    response: {
      statusCode: 200,
      headers: { 'content-type': type },
      body: Readable.from([Buffer.from(answer(request))]),
    },
  }),
});

/** The event history, newest first, 50 a page. */
function lookupClient(): CloudTrailClient {
  const handler = answering('application/x-amz-json-1.1', ({ body }) => {
    const { NextToken } = JSON.parse(new TextDecoder().decode(body)) as { NextToken?: string };
    const from = Number(NextToken ?? EVENTS);
    const to = Math.max(0, from - 50);
    const events: string[] = [];
    for (let i = from - 1; i >= to; i--) {
      events.push(
        `{"EventId":"${idOf(i)}","EventTime":${timeOf(i) / 1000},"CloudTrailEvent":"${record(i, 'escaped')}"}`,
      );
    }
    return `{"Events":[${events.join()}]${to > 0 ? `,"NextToken":"${to}"` : ''}}`;
  });
  return new CloudTrailClient({ ...CLIENT, requestHandler: handler as never });
}

const PER_FILE = 5_000;

/** A bucket of log files, gzipped without compression: what takes time should be the reading. */
function bucketClient(): S3Client {
  const files = Math.ceil(EVENTS / PER_FILE);
  const keys = Array.from({ length: files }, (_, f) => {
    const time = new Date(timeOf(f * PER_FILE)).toISOString();
    const name = `${ACCOUNT}_CloudTrail_${REGION}_${time.slice(0, 16).replace(/[-:]/g, '')}Z_${String(f).padStart(6, '0')}`;
    return `AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/${time.slice(0, 10).replaceAll('-', '/')}/${name}.json.gz`;
  });
  const byKey = new Map(keys.map((key, f) => [key, f]));
  const size = PER_FILE * (record(0, 'plain').length + 1);
  const handler = answering('application/xml', ({ path, query }) => {
    if (query?.['list-type'] !== undefined) {
      const after = String(query['continuation-token'] ?? query['start-after'] ?? '');
      let first = 0;
      while (first < files && keys[first] <= after) first++;
      const page = keys.slice(first, first + 1000);
      const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`).join('');
      const more = first + 1000 < files;
      const token = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
      return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents}</ListBucketResult>`;
    }
    const f = byKey.get(decodeURIComponent(path).replace('/logs/', '')) ?? 0;
    const records: string[] = [];
    for (let i = f * PER_FILE; i < Math.min(EVENTS, (f + 1) * PER_FILE); i++) records.push(record(i, 'plain'));
    return gzipSync(`{"Records":[${records.join()}]}`, { level: 0 });
  });
  return new S3Client({ ...CLIENT, forcePathStyle: true, requestHandler: handler as never });
}

/** A clock on which waiting for a turn takes no time. */
class QuickClock implements Clock {
  #now = START + SPAN;
  now(): number {
    return this.#now;
  }
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
  }
}

const TIMES = { from: START, to: START + SPAN + DAY, clock: new QuickClock() };

const COUNT = { by: [['keyArn', 'operation']], step: 3_600_000 } as const;
const logsOfBucket = () => s3Logs(bucketClient(), { ...TIMES, bucket: 'logs', accounts: [ACCOUNT], regions: [REGION] });

/** Each counts all events, and lets `look` watch as they come. */
const WAYS: Readonly<Record<string, (look: () => void) => Promise<SeriesSet>>> = {
  lookupKmsCalls: (look) => countCalls(watched(lookupKmsCalls(lookupClient(), TIMES), look), COUNT),
  's3Logs, readCloudTrail': (look) => countCalls(watched(readCloudTrail(logsOfBucket()), look), COUNT),
  's3Logs, countCloudTrail': async (look) =>
    (await countCloudTrail(logsOfBucket(), { ...COUNT, onProgress: look })).set,
};

async function* watched(calls: AsyncIterable<KmsCall>, look: () => void): AsyncGenerator<KmsCall> {
  let seen = 0;
  for await (const call of calls) {
    yield call;
    if (++seen % 10_000 === 0) look();
  }
}

/** Counts the calls of one way; exit status 1 when it grew too much, or lost or doubled any. */
async function soak(name: string): Promise<void> {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const floor = process.memoryUsage.rss();
  let peak = floor;
  const set = await WAYS[name](() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  });
  const cells = ArrayBuffer.isView(set.values) ? set.values : set.values.counts;
  let counted = 0;
  for (const count of cells) counted += count;
  const grown = peak - floor;
  const { user, system } = process.cpuUsage(cpu);
  const good = grown <= LIMIT && counted === EVENTS;
  console.log(
    `- ${name}: ${counted} of ${EVENTS} events counted; ${mb(floor)} before the first, ${mb(peak)} at most: ${mb(grown)} more ` +
      `(to reach: at most ${mb(LIMIT)}) ${good ? 'reached' : 'NOT REACHED'}; ` +
      `${((performance.now() - begun) / 1000).toFixed(0)} s, ${((user + system) / 1e6).toFixed(0)} s of CPU`,
  );
  if (!good) process.exitCode = 1;
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

const way = process.env['SOAK_WAY'];
if (way !== undefined) {
  await soak(way);
} else {
  const self = fileURLToPath(import.meta.url);
  for (const name of Object.keys(WAYS)) {
    const env = { ...process.env, NODE_NO_WARNINGS: '1', SOAK_WAY: name };
    const { status } = spawnSync(process.execPath, [...process.execArgv, process.argv[1], self], {
      env,
      stdio: 'inherit',
    });
    if (status !== 0) process.exitCode = 1;
  }
}
