import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { AwsCallError, type Caller, isPassing } from './call-aws.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';

export interface S3Object {
  readonly key: string;
  /** In bytes, as stored. */
  readonly size: number;
}

/** How often one object's download may break off before it is given up. */
const MOST_BREAKS = 10;

const loadS3 = () => loadClient('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));

/** The objects whose keys begin with `prefix` and come after `startAfter`, in the order of their keys. */
export async function* listObjects(
  client: S3Client,
  caller: Caller,
  bucket: string,
  prefix: string,
  startAfter: string,
): AsyncGenerator<S3Object, void, void> {
  const { ListObjectsV2Command } = await loadS3();
  let after = startAfter;
  let token: string | undefined;
  const pages = new Pages('s3:ListBucket');
  for (;;) {
    const page = await caller.call(
      's3:ListBucket',
      (options) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(token === undefined ? { StartAfter: after } : { ContinuationToken: token }),
          }),
          options,
        ),
      // A folder without objects has no list, but this.
      'IsTruncated',
    );
    const { Contents = [] } = page;
    for (const { Key = '', Size = 0 } of Contents) {
      after = Key;
      yield { key: Key, size: Size };
    }
    if (page.IsTruncated !== true) return;
    // After a page with keys the last one is as good as the token, and never expires.
    const next = pages.next(Contents.length > 0 ? `after ${after}` : page.NextContinuationToken, Contents.length);
    if (next === undefined) throw new AwsCallError('s3:ListBucket', new Error('there is more, and no token for it'));
    token = Contents.length > 0 ? undefined : next;
  }
}

/** The names of the folders right below `prefix`. */
export async function listFolders(client: S3Client, caller: Caller, bucket: string, prefix: string): Promise<string[]> {
  const { ListObjectsV2Command } = await loadS3();
  const folders: string[] = [];
  const pages = new Pages('s3:ListBucket');
  let token: string | undefined;
  do {
    const page = await caller.call(
      's3:ListBucket',
      (options) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            Delimiter: '/',
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          options,
        ),
      'IsTruncated',
    );
    const { CommonPrefixes = [] } = page;
    for (const { Prefix = '' } of CommonPrefixes) folders.push(Prefix.slice(prefix.length, -1));
    token = page.IsTruncated === true ? pages.next(page.NextContinuationToken, CommonPrefixes.length) : undefined;
  } while (token !== undefined);
  return folders;
}

export interface ObjectOptions {
  /** Its size as it was listed; where that is not known, what the first answer says. */
  readonly size?: number;
  /** Is handed the object's own metadata before the first byte. */
  readonly onMetadata?: (metadata: Readonly<Record<string, string>>) => void;
}

/** What came is not what was asked for, though no connection was cut. */
class WrongBytes extends Error {
  override readonly name = 'WrongBytes';
}

/**
 * The bytes of an object, as stored, all of them. A download that is cut, ends before the object does, or stops coming is taken
 * up again at the byte where it was, of the same version of the object.
 * @throws AwsCallError when the object cannot be read to its end
 */
export async function* objectBytes(
  client: S3Client,
  caller: Caller,
  bucket: string,
  key: string,
  { size: listed, onMetadata }: ObjectOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { GetObjectCommand } = await loadS3();
  let offset = 0;
  let version: string | undefined;
  let size = listed;
  for (let breaks = 0; ; breaks++) {
    const range =
      offset === 0 ? {} : { Range: `bytes=${offset}-`, ...(version === undefined ? {} : { IfMatch: version }) };
    const answer = await caller.call('s3:GetObject', (options) =>
      client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range }), options),
    );
    // From its beginning, a second time: to go on with that would give some bytes twice.
    if (offset > 0 && !isRest(answer, offset)) throw wrong('a part was asked for, and the whole came');
    if (offset === 0) onMetadata?.(answer.Metadata ?? {});
    version ??= answer.ETag;
    if (offset === 0) size ??= answer.ContentLength;
    try {
      for await (const chunk of chunksOf(answer.Body, caller)) {
        offset += chunk.length;
        yield chunk;
      }
      if (size === undefined || offset === size) return;
      if (offset > size) throw wrong(`${offset} bytes came of an object of ${size}`);
      if (breaks === MOST_BREAKS) throw wrong(`${offset} bytes came of an object of ${size}, and no more`);
    } catch (error) {
      caller.signal?.throwIfAborted();
      if (error instanceof AwsCallError) throw error;
      // Cut behind its last byte.
      if (offset === size) return;
      if (!isPassing(error) || breaks === MOST_BREAKS) throw new AwsCallError('s3:GetObject', error);
    }
  }
}

function wrong(message: string): AwsCallError {
  return new AwsCallError('s3:GetObject', new WrongBytes(message));
}

/** Whether an answer is the part of an object from a byte on. */
function isRest({ $metadata, ContentRange }: GetObjectCommandOutput, offset: number): boolean {
  return (
    $metadata.httpStatusCode === 206 && (ContentRange === undefined || ContentRange.startsWith(`bytes ${offset}-`))
  );
}

/** In Node the body is a Readable. One that stops coming is left behind. */
export async function* chunksOf(body: unknown, caller: Caller): AsyncGenerator<Uint8Array, void, void> {
  const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const next = await caller.timed(() => chunks.next());
      isDone = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not waited for: of a body that hangs, so would this.
    if (!isDone) (body as { destroy?: () => void }).destroy?.();
  }
}
