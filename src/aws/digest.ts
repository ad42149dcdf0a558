import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { parseEventTime } from '../kms/event-time.js';
import { at, isObject, textOf } from '../kms/raw-record.js';

/** A log file as a digest names it. */
export interface DigestedLog {
  readonly bucket: string;
  readonly key: string;
  /** Hex SHA-256 of the file, uncompressed. */
  readonly hash: string;
}

/** What a digest file says (CloudTrail User Guide, digest file structure). */
export interface Digest {
  /** The hour of deliveries that it tells of, epoch ms. */
  readonly start: number;
  readonly end: number;
  /** `digestEndTime` as it is written: it is signed so. */
  readonly endText: string;
  readonly bucket: string;
  readonly key: string;
  readonly fingerprint: string;
  /** null in the first digest since validation was switched on. */
  readonly previous: {
    readonly bucket: string;
    readonly key: string;
    readonly hash: string;
    readonly signature: string;
  } | null;
  readonly logs: readonly DigestedLog[];
}

const MAX_TEXT = 4096;

/** A digest from its uncompressed bytes; null when they are none. */
export function parseDigest(bytes: Uint8Array): Digest | null {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
  const text = (name: string, from: unknown = raw): string => textOf(at(from, name), MAX_TEXT) ?? '';
  const listed = at(raw, 'logFiles');
  const start = parseEventTime(text('digestStartTime'));
  const end = parseEventTime(text('digestEndTime'));
  if (!isObject(raw) || !Array.isArray(listed) || !(start < end)) return null;
  const previousKey = text('previousDigestS3Object');
  return {
    start,
    end,
    endText: text('digestEndTime'),
    bucket: text('digestS3Bucket'),
    key: text('digestS3Object'),
    fingerprint: text('digestPublicKeyFingerprint'),
    previous:
      previousKey === ''
        ? null
        : {
            bucket: text('previousDigestS3Bucket'),
            key: previousKey,
            hash: text('previousDigestHashValue'),
            signature: text('previousDigestSignature'),
          },
    logs: listed.map((file) => ({
      bucket: text('s3Bucket', file),
      key: text('s3Object', file),
      hash: text('hashValue', file),
    })),
  };
}

/** Hex SHA-256. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Whether `signature`, hex, is that of the digest: RSA PKCS#1 v1.5 over SHA-256 of its end time, its place, its hash and
 * the signature of the digest before it, one a line (CloudTrail User Guide, custom validation; the AWS CLI's validation.py
 * writes `null` for a first digest).
 */
export function isSignedBy(key: KeyObject, digest: Digest, bytes: Uint8Array, signature: string): boolean {
  const signed = [
    digest.endText,
    `${digest.bucket}/${digest.key}`,
    sha256(bytes),
    digest.previous?.signature ?? 'null',
  ].join('\n');
  return verify('sha256', Buffer.from(signed), key, Buffer.from(signature, 'hex'));
}

/** A public key as ListPublicKeys gives it, PKCS#1 in DER; null when the bytes are none. */
export function publicKey(der: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'pkcs1' });
  } catch {
    return null;
  }
}
