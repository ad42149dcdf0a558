import type { S3Client } from '@aws-sdk/client-s3';
import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { Coverage } from '../kms/coverage.js';
import type { IngestStats } from '../node/ingest-stats.js';
import { listenedIn, problemIn, rejectedIn } from '../node/log-source.js';
import { readCloudTrail } from '../node/read-cloudtrail.js';
import type { CallSource, Json } from '../plan/source.js';
import { DAY, HOUR } from '../time/grid.js';
import type { CallOptions } from './call-aws.js';
import type { S3Cursor } from './s3-cursor.js';
import { type LogSource, type S3LogsOptions, s3Logs } from './s3-logs.js';

type Calling = Pick<CallOptions, 'pacer' | 'clock' | 'retry'>;

export interface BucketSourceOptions
  extends Calling,
    Pick<S3LogsOptions, 'bucket' | 'prefix' | 'organization' | 'concurrency' | 'buffer'> {
  /** One account and one Region, which are delivered together: give the others a source each. */
  readonly account: string;
  readonly region: string;
  /** Its name in the plan; the bucket, account and Region by default. */
  readonly name?: string;
  /** The longest time without a record of any service, ms, in which the log is still taken to listen; an hour by default. */
  readonly maxQuiet?: number;
  /** How many files are read in one part; 200 by default. */
  readonly filesAtOnce?: number;
}

/** What is remembered of what was read. */
interface BucketCursor {
  readonly s3: S3Cursor;
  /** End of what was listened to. */
  readonly heard: number | null;
  /** The time of the poll. */
  readonly at: number;
}

/**
 * A trail's log files in its bucket, as a source of a plan: each poll reads the files that are new. When the trail listened
 * is taken from records of all services, so that a trail which stops is not taken for silence.
 * @throws InputError for options that cannot be; from `poll`, AwsCallError when the bucket cannot be listed
 */
export function bucketSource(client: S3Client, options: BucketSourceOptions): CallSource {
  checkOptions(options, BUCKET_SOURCE_OPTIONS);
  const { account, region, name, maxQuiet = HOUR, filesAtOnce = 200, ...rest } = options;
  checkInteger(maxQuiet, 'maxQuiet', 1, 366 * DAY);
  checkInteger(filesAtOnce, 'filesAtOnce', 1, 1e6);
  for (const [field, value] of Object.entries({ account, region })) {
    if (typeof value !== 'string' || value === '') throw new InputError(`${field} must be given, got ${shown(value)}`);
  }
  return {
    name: name ?? `s3://${options.bucket} ${account} ${region}`,
    about: `log files of ${account} ${region} in s3://${options.bucket}: calls with callers and errors`,
    poll({ cursor, from, now, signal }) {
      const before = cursor as BucketCursor | null;
      const logs = s3Logs(client, {
        ...rest,
        accounts: [account],
        regions: [region],
        from,
        to: Math.max(now, from + 1),
        ...(before === null ? {} : { cursor: before.s3 }),
        ...(signal === undefined ? {} : { signal }),
      });
      // Files that failed are tried again by the next poll, not by each part of this one.
      const known = before === null ? [] : failedIn(before.s3, options.bucket);
      const skipped = before?.at === now ? known : [];
      const files = new FirstOf(logs, filesAtOnce, skipped);
      let coverage: readonly Coverage[] = [];
      let stats: IngestStats | undefined;
      const heard = before?.heard ?? null;
      const listened = () => listenedIn(coverage, heard, maxQuiet);
      return {
        calls: readCloudTrail(files, {
          maxQuiet,
          onCoverage: (found) => {
            coverage = found;
          },
          onStats: (found) => {
            stats = found;
          },
        }),
        coverage: listened,
        cursor: () => {
          const until = listened().reduce((to, range) => Math.max(to, range.to), heard ?? -Infinity);
          return { s3: logs.cursor(), heard: Number.isFinite(until) ? until : null, at: now } as unknown as Json;
        },
        rejected: () => (stats === undefined ? 0 : rejectedIn(stats, known)),
        problem: () => problemIn(stats?.filesUnreadable ?? []),
        more: () => files.isCut,
      };
    },
  };
}

const BUCKET_SOURCE_OPTIONS: OptionNames<BucketSourceOptions> = {
  account: true,
  region: true,
  name: true,
  maxQuiet: true,
  filesAtOnce: true,
  pacer: true,
  clock: true,
  retry: true,
  bucket: true,
  prefix: true,
  organization: true,
  concurrency: true,
  buffer: true,
};

/** The first files of many; the listing is left there, and taken up again by the next poll. */
class FirstOf implements AsyncIterable<LogSource> {
  readonly #files: AsyncIterable<LogSource>;
  readonly #most: number;
  readonly #skipped: readonly string[];
  /** Whether there may be more. */
  isCut = false;

  constructor(files: AsyncIterable<LogSource>, most: number, skipped: readonly string[]) {
    this.#files = files;
    this.#most = most;
    this.#skipped = skipped;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogSource, void, void> {
    let left = this.#most;
    for await (const file of this.#files) {
      if (this.#skipped.includes(file.name)) continue;
      yield file;
      if (--left > 0) continue;
      this.isCut = true;
      return;
    }
  }
}

function failedIn({ folders }: S3Cursor, bucket: string): string[] {
  return folders.flatMap(({ prefix, cursor }) => cursor.failed.map((name) => `s3://${bucket}/${prefix}${name}`));
}
