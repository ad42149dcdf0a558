import { createHash } from 'node:crypto';
import type { Handler, WireAnswer, WireRequest } from './fake-aws.js';
import { fakeS3 } from './fake-s3.js';

export interface StoredObject {
  body: Uint8Array;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A bucket that programs write. */
export interface FakeBucket {
  readonly handlers: Readonly<Record<string, Handler>>;
  /** By key. */
  readonly objects: Map<string, StoredObject>;
  /** S3's time of day, epoch ms; the machine's where it is left alone. */
  now: () => number;
  /** Stands before each request: its answer is given in place of S3's. */
  before: (request: WireRequest, key: string) => WireAnswer | undefined;
  /** The wrong checksum is sent with the next so many answers to GET. */
  wrongChecksums: number;
}

export function s3Refusal(status: number, code: string): WireAnswer {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}

/**
 * GetObject, HeadObject, PutObject, DeleteObject and ListObjectsV2 of one bucket, with S3's conditions on the ETag: 412 where
 * one does not hold, 404 where `If-Match` meets no object (Amazon S3 User Guide, conditional requests).
 */
export function fakeBucket(bucket = 'states'): FakeBucket {
  const objects = new Map<string, StoredObject>();
  const answer: Handler = (request) => {
    const [, asked, ...rest] = decodeURIComponent(request.url.pathname).split('/');
    const key = rest.join('/');
    const made = (): WireAnswer => {
      if (asked !== bucket) return s3Refusal(404, 'NoSuchBucket');
      const before = fake.before(request, key);
      if (before !== undefined) return before;
      if (request.method === 'PUT') return put(objects, key, request);
      if (request.method === 'DELETE') {
        objects.delete(key);
        return { status: 204, body: '' };
      }
      if (key === '') {
        const listed = fakeS3(objects as never, { bucket })['s3:GET'](request);
        return listed as WireAnswer;
      }
      return get(objects.get(key), fake.wrongChecksums > 0 && fake.wrongChecksums-- > 0);
    };
    const { status = 200, headers = {}, body } = made();
    return { status, headers: { date: new Date(fake.now()).toUTCString(), ...headers }, body };
  };
  const fake: FakeBucket = {
    handlers: { 's3:GET': answer, 's3:HEAD': answer, 's3:PUT': answer, 's3:DELETE': answer },
    objects,
    now: () => Date.now(),
    before: () => undefined,
    wrongChecksums: 0,
  };
  return fake;
}

function get(found: StoredObject | undefined, isWrong: boolean): WireAnswer {
  if (found === undefined) return s3Refusal(404, 'NoSuchKey');
  const metadata = Object.entries(found.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return {
    headers: {
      etag: found.etag,
      ...Object.fromEntries(metadata),
      ...(isWrong ? { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'FULL_OBJECT' } : {}),
    },
    body: found.body,
  };
}

function put(objects: Map<string, StoredObject>, key: string, { headers, bytes }: WireRequest): WireAnswer {
  const found = objects.get(key);
  const [match, noneMatch] = [headers['if-match'], headers['if-none-match']];
  if (match !== undefined && found === undefined) return s3Refusal(404, 'NoSuchKey');
  if ((match !== undefined && match !== found?.etag) || (noneMatch === '*' && found !== undefined)) {
    return s3Refusal(412, 'PreconditionFailed');
  }
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), String(value)]] : [],
  );
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  objects.set(key, { body: Uint8Array.from(bytes), etag, metadata: Object.fromEntries(metadata) });
  return { headers: { etag }, body: '' };
}
