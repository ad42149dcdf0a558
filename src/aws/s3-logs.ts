import type { S3Client } from '@aws-sdk/client-s3';
import { checkInteger, checkOptions, checkRange, InputError, type OptionNames, shown } from '../errors.js';
import { DAY } from '../time/grid.js';
import { Caller, type CallOptions } from './call-aws.js';
import { dayPath, type LogFolder, logFolder, logRoot } from './log-layout.js';
import { checkCursor, FolderProgress, type S3Cursor } from './s3-cursor.js';
import { listFolders, listObjects, objectBytes } from './s3-objects.js';

export interface S3LogsOptions extends CallOptions {
  readonly bucket: string;
  /** The trail's prefix in the bucket, where it has one. */
  readonly prefix?: string;
  /** The organisation's id, `o-…`, of an organisation's trail. */
  readonly organization?: string;
  /** Accounts to read; by default all that the bucket has. */
  readonly accounts?: readonly string[];
  /** Regions to read; by default all that the bucket has. */
  readonly regions?: readonly string[];
  /** Event times wanted: files are chosen by the day they were published, with a day more on either side. */
  readonly from: number | Date;
  readonly to: number | Date;
  /** Where an earlier run ended: only files that are new since are read, and those that failed. */
  readonly cursor?: S3Cursor;
  /** Files downloaded ahead at once; 8 by default. */
  readonly concurrency?: number;
  /** Bytes held in downloads ahead, at most; 64 MiB by default. Larger files are streamed when it is their turn. */
  readonly buffer?: number;
}

/** One log file, for `countCloudTrail` and `readCloudTrail` of `kms-baseline/node`. */
export interface LogSource {
  /** `s3://bucket/key` */
  readonly name: string;
  /** Its bytes as they are stored, gzipped. Throws `AwsCallError` when they cannot be had. */
  open(): AsyncIterable<Uint8Array>;
  /** To be called when what came could not be read as a log, to its end: then the next run tries it again. */
  failed(): void;
}

/** The log files of a bucket, as they are listed. Iterate once. */
export interface S3Logs extends AsyncIterable<LogSource> {
  /**
   * What was read so far, for the next run, which reads what failed again: records that came of it before come a second time. A file counts as read once its bytes were taken to the end, and were those of a
   * log.
   */
  cursor(): S3Cursor;
}

interface LogObject {
  readonly folder: FolderProgress;
  /** The key without the folder's prefix. */
  readonly name: string;
  readonly key: string;
  /** null where no listing told it. */
  readonly size: number | null;
}

/**
 * CloudTrail's log files in a bucket, for `countCloudTrail` of `kms-baseline/node`, by CloudTrail's layout of keys: one account and Region after the other, each in the
 * order of publication, downloaded ahead within bounds. Digests, Insights and network activity lie in folders of their own
 * and are not read.
 *
 * Bucket and day are those of publication: filter by event time what comes out, as `countCalls` does with `start` and
 * `end`. Reading logs that are encrypted with a KMS key makes Decrypt calls on that key, which appear in the logs.
 *
 * @throws InputError for options out of range; FormatError for a cursor that is none. Iterating throws AwsCallError when
 *   the bucket cannot be listed
 */
export function s3Logs(client: S3Client, options: S3LogsOptions): S3Logs {
  checkOptions(options, S3_LOGS_OPTIONS);
  const range = checkRange(options.from, options.to);
  const width = checkInteger(options.concurrency ?? 8, 'concurrency', 1, 1000);
  const buffer = checkInteger(options.buffer ?? 64 * 2 ** 20, 'buffer', 0, 2 ** 40);
  const { bucket } = options;
  if (typeof bucket !== 'string' || bucket === '') {
    throw new InputError(`bucket must be a bucket's name, got ${shown(bucket)}`);
  }
  const known = options.cursor === undefined ? [] : checkCursor(options.cursor).folders;
  const folders = new Map(known.map(({ prefix, cursor }) => [prefix, new FolderProgress(cursor)]));
  const caller = new Caller(client, 'S3', 100, options);
  const read: ReadObject = ({ key, size }) => objectBytes(client, caller, bucket, key, size === null ? {} : { size });
  return {
    cursor: () => ({
      version: 1,
      folders: Array.from(folders, ([prefix, folder]) => ({ prefix, cursor: folder.cursor() })),
    }),
    async *[Symbol.asyncIterator]() {
      const listing = listLogs(client, caller, options, range, folders);
      const ahead: Download[] = [];
      let listed = false;
      try {
        for (;;) {
          while (!listed && ahead.length < width) {
            const next = await listing.next();
            if (next.done === true) listed = true;
            else ahead.push(new Download(next.value, read, `s3://${bucket}/${next.value.key}`));
          }
          let room = buffer;
          for (const download of ahead) {
            room -= download.size ?? Infinity;
            if (room >= 0) download.start();
          }
          const first = ahead.shift();
          if (first === undefined) return;
          yield first;
        }
      } finally {
        await listing.return();
        await Promise.all(ahead.map((download) => download.settled));
      }
    },
  };
}

type ReadObject = (object: LogObject) => AsyncGenerator<Uint8Array, void, void>;
const S3_LOGS_OPTIONS: OptionNames<S3LogsOptions> = {
  bucket: true,
  prefix: true,
  organization: true,
  accounts: true,
  regions: true,
  from: true,
  to: true,
  cursor: true,
  concurrency: true,
  buffer: true,
  pacer: true,
  clock: true,
  signal: true,
  retry: true,
  timeout: true,
};

/** A file that is downloaded before it is asked for, or when it is. */
class Download implements LogSource {
  readonly name: string;
  readonly size: number | null;
  readonly #object: LogObject;
  readonly #read: ReadObject;
  #bytes: Promise<Uint8Array[]> | null = null;

  constructor(object: LogObject, read: ReadObject, name: string) {
    this.#object = object;
    this.#read = read;
    this.name = name;
    this.size = object.size;
  }

  start(): void {
    this.#bytes ??= this.#download();
    // Told when the file is opened, or never, when the loop over the files is left.
    this.#bytes.catch(() => {});
  }

  /** Resolves when no request is under way any more. */
  get settled(): Promise<unknown> {
    return this.#bytes?.catch(() => {}) ?? Promise.resolve();
  }

  async *open(): AsyncGenerator<Uint8Array, void, void> {
    const { folder, name } = this.#object;
    let complete = false;
    try {
      if (this.#bytes === null) yield* this.#read(this.#object);
      else {
        const chunks = await this.#bytes;
        // Held by nobody else from here on, so that what is consumed is free.
        this.#bytes = null;
        for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk;
      }
      complete = true;
    } finally {
      folder.close(name, complete);
    }
  }

  failed(): void {
    const { folder, name } = this.#object;
    folder.close(name, false);
  }

  async #download(): Promise<Uint8Array[]> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#read(this.#object)) chunks.push(chunk);
    return chunks;
  }
}

async function* listLogs(
  client: S3Client,
  caller: Caller,
  options: S3LogsOptions,
  { from, to }: { from: number; to: number },
  progress: Map<string, FolderProgress>,
): AsyncGenerator<LogObject, void, void> {
  const { bucket } = options;
  // Files that were published a day later still hold events of the time asked for.
  const end = dayPath(to + 2 * DAY);
  for await (const { prefix } of logFolders(client, caller, options)) {
    const folder = progress.get(prefix) ?? new FolderProgress();
    progress.set(prefix, folder);
    for (const name of folder.failed) yield { folder, name, key: prefix + name, size: null };
    for await (const { key, size } of listObjects(
      client,
      caller,
      bucket,
      prefix,
      prefix + folder.startAfter(from - DAY),
    )) {
      const name = key.slice(prefix.length);
      if (name >= end) break;
      if (name.endsWith('/') || !folder.open(name)) continue;
      yield { folder, name, key, size };
    }
  }
}

/** The folders of log files that the options name, those that are not named by looking. */
async function* logFolders(
  client: S3Client,
  caller: Caller,
  { bucket, prefix, organization, accounts, regions }: S3LogsOptions,
): AsyncGenerator<LogFolder, void, void> {
  const root = logRoot(prefix, organization);
  const found = accounts ?? (await listFolders(client, caller, bucket, root)).filter((name) => /^\d{12}$/.test(name));
  for (const account of found) {
    const places = regions ?? (await listFolders(client, caller, bucket, `${root}${account}/CloudTrail/`));
    for (const region of places) yield logFolder(root, account, region, 'CloudTrail');
  }
}
