import type { S3Client } from '@aws-sdk/client-s3';
import { AwsCallError, type Caller, isPassing } from './call-aws.js';
import { loadClient } from './load-client.js';

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
  for (;;) {
    const page = await caller.call('s3:ListBucket', (options) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(token === undefined ? { StartAfter: after } : { ContinuationToken: token }),
        }),
        options,
      ),
    );
    for (const { Key = '', Size = 0 } of page.Contents ?? []) {
      after = Key;
      yield { key: Key, size: Size };
    }
    // After a page with keys the last one is as good as the token, and never expires.
    token = page.Contents?.length ? undefined : page.NextContinuationToken;
    if (page.IsTruncated !== true) return;
  }
}

/** The names of the folders right below `prefix`. */
export async function listFolders(client: S3Client, caller: Caller, bucket: string, prefix: string): Promise<string[]> {
  const { ListObjectsV2Command } = await loadS3();
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page = await caller.call('s3:ListBucket', (options) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: '/',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        options,
      ),
    );
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) folders.push(Prefix.slice(prefix.length, -1));
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return folders;
}

/**
 * The bytes of an object, as stored. A connection that is cut is taken up again at the byte where it was, of the same
 * version of the object. `onMetadata` hears of the object's own metadata before the first byte.
 * @throws AwsCallError when the object cannot be read to its end
 */
export async function* objectBytes(
  client: S3Client,
  caller: Caller,
  bucket: string,
  key: string,
  onMetadata?: (metadata: Readonly<Record<string, string>>) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const { GetObjectCommand } = await loadS3();
  let offset = 0;
  let version: string | undefined;
  for (let breaks = 0; ; breaks++) {
    const range =
      offset === 0 ? {} : { Range: `bytes=${offset}-`, ...(version === undefined ? {} : { IfMatch: version }) };
    const answer = await caller.call('s3:GetObject', (options) =>
      client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range }), options),
    );
    if (offset === 0) onMetadata?.(answer.Metadata ?? {});
    version ??= answer.ETag;
    try {
      // In Node the body is a Readable.
      for await (const chunk of answer.Body as unknown as AsyncIterable<Uint8Array>) {
        offset += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      caller.signal?.throwIfAborted();
      if (!isPassing(error) || breaks === MOST_BREAKS) throw new AwsCallError('s3:GetObject', error);
    }
  }
}
