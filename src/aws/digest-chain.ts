import type { KeyObject } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import type { TimeRange } from '../series/builder.js';
import { AwsCallError, type Caller } from './call-aws.js';
import { type Digest, isSignedBy, parseDigest, sha256 } from './digest.js';
import { publishedAt } from './log-layout.js';
import { objectBytes } from './s3-objects.js';

/** What is wrong with delivered logs. */
export type LogProblemKind =
  /** A digest that the one after it names is not there. */
  | 'missing-digest'
  /** Not what CloudTrail signed: its signature is wrong, or it does not match what the next digest says of it. */
  | 'changed-digest'
  /** Without a signature, or with one by a key that CloudTrail does not have. */
  | 'unsigned-digest'
  /** Signed, but for another place than where it lies. */
  | 'moved-digest'
  /** A first digest, with others before it: validation was switched off meanwhile, or digests were deleted. */
  | 'broken-chain'
  | 'missing-log'
  | 'changed-log'
  /** A log file that no digest names. */
  | 'unsigned-log'
  /** Could not be read: that says nothing of it. */
  | 'unreadable';

export interface LogProblem {
  readonly kind: LogProblemKind;
  /** `s3://bucket/key` */
  readonly object: string;
  readonly detail: string;
}

/** Notes a problem with the object of a key, in the bucket of the logs or another. */
export type Tell = (kind: LogProblemKind, key: string, detail: string, bucket?: string) => void;

/** A digest that CloudTrail signed, where it lies. */
export interface FoundDigest {
  readonly key: string;
  readonly trail: string;
  readonly digest: Digest;
  readonly signature: string;
  readonly hash: string;
  readonly backfill: boolean;
}

/** `111122223333_CloudTrail-Digest_eu-central-1_my_trail_us-east-1_20260119T120131Z_backfill.json.gz` */
export const DIGEST = /\/\d{12}_CloudTrail-Digest_([a-z0-9-]+)_(.+)_[a-z0-9-]+_(\d{8}T\d{6}Z)(_backfill)?\.json\.gz$/;

/** Reads a digest and checks its signature; null, with the problem told, when it is not what CloudTrail wrote. */
export async function readDigest(
  client: S3Client,
  caller: Caller,
  bucket: string,
  key: string,
  keys: ReadonlyMap<string, KeyObject>,
  tell: Tell,
): Promise<FoundDigest | null> {
  let metadata: Readonly<Record<string, string>> = {};
  let bytes: Buffer;
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of objectBytes(client, caller, bucket, key, (found) => (metadata = found)))
      chunks.push(chunk);
    bytes = gunzipSync(Buffer.concat(chunks));
  } catch (error) {
    caller.signal?.throwIfAborted();
    if (error instanceof AwsCallError) tell('unreadable', key, error.message);
    else tell('changed-digest', key, 'it is not a gzip file');
    return null;
  }
  const digest = parseDigest(bytes);
  const signature = metadata['signature'] ?? '';
  const [, , trail = '', , backfill] = DIGEST.exec(key) ?? [];
  if (digest === null) tell('changed-digest', key, 'it is not a digest');
  else if (signature === '') tell('unsigned-digest', key, 'it has no signature');
  else {
    const signer = keys.get(digest.fingerprint);
    if (signer === undefined) tell('unsigned-digest', key, `CloudTrail has no key ${digest.fingerprint}`);
    else if (!isSignedBy(signer, digest, bytes, signature)) tell('changed-digest', key, 'its signature is wrong');
    else if (digest.bucket !== bucket || digest.key !== key) {
      tell('moved-digest', key, `it was signed for s3://${digest.bucket}/${digest.key}`);
    } else return { key, trail, digest, signature, hash: sha256(bytes), backfill: backfill !== undefined };
  }
  return null;
}

/** Follows each trail's chain; gives the digests that may be believed. */
export function checkChains(
  found: readonly FoundDigest[],
  listed: ReadonlySet<string>,
  { from }: TimeRange,
  tell: Tell,
): FoundDigest[] {
  const byKey = new Map(found.map((entry) => [entry.key, entry]));
  const changed = new Set<string>();
  const firstOf = new Map<string, number>();
  for (const { trail, digest } of found) {
    firstOf.set(trail, Math.min(firstOf.get(trail) ?? Infinity, digest.start));
  }
  for (const { key, trail, digest, backfill } of found) {
    const { previous } = digest;
    // Late additions to an hour stand beside the chain.
    if (backfill && previous === null) continue;
    if (previous === null) {
      if (digest.start > (firstOf.get(trail) ?? Infinity)) tell('broken-chain', key, 'it begins a new chain');
      continue;
    }
    const before = byKey.get(previous.key);
    if (before === undefined) {
      // Before the time asked for nothing was listed; a digest that is there but bad was told of already.
      const inTime = publishedAt(previous.key) > from;
      if (inTime && !listed.has(previous.key)) {
        tell('missing-digest', previous.key, `s3://${digest.bucket}/${key} names it`, previous.bucket);
      }
    } else if (before.signature !== previous.signature || before.hash !== previous.hash) {
      changed.add(before.key);
      tell('changed-digest', before.key, `it is not the one that s3://${digest.bucket}/${key} names`);
    }
  }
  return found.filter(({ key }) => !changed.has(key));
}
