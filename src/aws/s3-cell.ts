import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { SECOND } from '../time/grid.js';
import { AwsCallError, type Caller, statusOf } from './call-aws.js';
import { ConditionalWrites, type Place } from './conditional-write.js';
import { loadClient } from './load-client.js';
import { chunksOf } from './s3-objects.js';
import { ServiceTime } from './service-time.js';

/** Who wrote an object, in its metadata: another one for each write. */
const WRITER = 'kms-baseline-write';
/** So often in all a download that breaks off is tried. */
const MOST_TRIES = 8;

const loadS3 = () => loadClient('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));

/** An object that several write, each on the condition that it is still the version which they know. */
export class S3Cell {
  readonly #client: S3Client;
  readonly #caller: Caller;
  readonly #at: { readonly Bucket: string; readonly Key: string };
  readonly #time: ServiceTime;
  readonly #writes: ConditionalWrites;

  constructor(client: S3Client, caller: Caller, bucket: string, key: string) {
    this.#client = client;
    this.#caller = caller;
    this.#at = { Bucket: bucket, Key: key };
    this.#time = new ServiceTime(() => caller.clock.now());
    this.#writes = new ConditionalWrites(caller.clock);
  }

  /** The time of day at S3, as of its last answer; epoch ms. */
  now(): number {
    return this.#time.now();
  }

  /** The object and its version; null where there is none. */
  async read(): Promise<{ readonly bytes: Uint8Array; readonly version: string } | null> {
    const { GetObjectCommand } = await loadS3();
    for (let tries = 1; ; tries++) {
      const answer = await orAbsent(
        this.#caller.call('s3:GetObject', (options) =>
          this.#client.send(this.#time.of(new GetObjectCommand(this.#at)), options),
        ),
      );
      if (answer === null) return null;
      try {
        return { bytes: await bytesOf(answer, this.#caller), version: versionIn(answer) };
      } catch (error) {
        // Cut, or not what its checksum says: neither is tried again by the SDK.
        if (error instanceof AwsCallError || tries === MOST_TRIES) throw failed('s3:GetObject', error);
        await this.#caller.clock.sleep(SECOND);
      }
    }
  }

  /** Its version and who wrote it; null where there is none. */
  async look(): Promise<{ readonly version: string; readonly writer: string | undefined } | null> {
    const { HeadObjectCommand } = await loadS3();
    const answer = await orAbsent(
      this.#caller.call('s3:GetObject', (options) =>
        this.#client.send(this.#time.of(new HeadObjectCommand(this.#at)), options),
      ),
    );
    return answer === null ? null : { version: versionIn(answer), writer: answer.Metadata?.[WRITER] };
  }

  /**
   * Writes the object if it is still version `over`, or if there is none where that is null.
   * @returns the new version; null when another writer was there first, or the object was deleted
   */
  write(bytes: Uint8Array, over: string | null): Promise<string | null> {
    const put = (writer: string, condition: string | null) => this.#put(bytes, writer, condition);
    return this.#writes.write({ look: () => this.look(), put, kindOf }, over);
  }

  async #put(bytes: Uint8Array, writer: string, over: string | null): Promise<string> {
    const { PutObjectCommand } = await loadS3();
    const answer = await this.#caller.call('s3:PutObject', (options) =>
      this.#client.send(
        this.#time.of(
          new PutObjectCommand({
            ...this.#at,
            // Bytes, since a stream is not sent again.
            Body: bytes,
            ContentType: 'application/octet-stream',
            Metadata: { [WRITER]: writer },
            ...(over === null ? { IfNoneMatch: '*' } : { IfMatch: over }),
          }),
        ),
        options,
      ),
    );
    return versionIn(answer);
  }
}

/** `If-Match` meets no object: 404. A conditional request beside another one: 409, to be sent again. By status, since HEAD has no names. */
const kindOf: Place['kindOf'] = (error) => {
  const status = statusOf(error instanceof AwsCallError ? error.cause : error);
  if (status === 409) return 'busy';
  return status === 412 || (status === 404 && nameIn(error) !== 'NoSuchBucket') ? 'refused' : 'failed';
};

/** What an answer is, or null where it says that there is no such object. */
async function orAbsent<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    const cause = error instanceof AwsCallError ? error.cause : error;
    // Of a bucket that is not there, HEAD says no more than this either.
    if (statusOf(cause) === 404 && nameIn(error) !== 'NoSuchBucket') return null;
    throw error;
  }
}

function nameIn(error: unknown): string {
  return error instanceof AwsCallError ? error.reason : '';
}

/** Without one, a condition would be left out, and any state be overwritten. */
function versionIn({ ETag }: { readonly ETag?: string | undefined }): string {
  if (ETag !== undefined && ETag !== '') return ETag;
  throw new AwsCallError('s3:GetObject', new Error('the answer has no ETag'));
}

async function bytesOf({ Body, ContentLength }: GetObjectCommandOutput, caller: Caller): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(Body, caller)) {
    chunks.push(chunk);
    length += chunk.length;
  }
  if (ContentLength !== undefined && ContentLength !== length) {
    throw new Error(`${length} bytes came of an object of ${ContentLength}`);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function failed(action: 's3:GetObject', error: unknown): AwsCallError {
  return error instanceof AwsCallError ? error : new AwsCallError(action, error);
}
