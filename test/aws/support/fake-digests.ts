import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ACCOUNT, kmsRecord, logText, REGION } from '../../support/logs.js';
import type { Handler } from './fake-aws.js';
import { type FakeObject, logKey } from './fake-s3.js';

export const HOUR = 3_600_000;
export const MINUTE = 60_000;
export const START = Date.UTC(2026, 0, 19, 10);
/** Digests end at odd moments, hour after hour. */
export const ODD = 91_000;
export const HOURS = 5;

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const strangers = generateKeyPairSync('rsa', { modulusLength: 2048 });
const FINGERPRINT = '31e8b5433410dfb61a9dc45cc65b22ff';

const iso = (time: number): string => new Date(time).toISOString().replace('.000', '');
const stamp = (time: number): string => iso(time).replaceAll(/[-:]/g, '');
export const hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
export const digestEnd = (hour: number): number => START + hour * HOUR + ODD;

export function digestKey(end: number, trail = 'main', suffix = ''): string {
  const day = iso(end).slice(0, 10).replaceAll('-', '/');
  return `AWSLogs/${ACCOUNT}/CloudTrail-Digest/${REGION}/${day}/${ACCOUNT}_CloudTrail-Digest_${REGION}_${trail}_${REGION}_${stamp(end)}${suffix}.json.gz`;
}

export interface Previous {
  readonly key: string;
  readonly text: string;
  readonly signature: string;
}

/** A digest as CloudTrail writes and signs it: written from the guide, without the code under test. */
export function writeDigest(
  objects: Map<string, FakeObject>,
  key: string,
  end: number,
  logs: readonly string[],
  previous: Previous | null,
  fields: object = {},
  signer = keys.privateKey,
): Previous {
  const text = JSON.stringify({
    awsAccountId: ACCOUNT,
    digestStartTime: iso(end - HOUR),
    digestEndTime: iso(end),
    digestS3Bucket: 'logs',
    digestS3Object: key,
    digestPublicKeyFingerprint: FINGERPRINT,
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime: null,
    oldestEventTime: null,
    previousDigestS3Bucket: previous === null ? null : 'logs',
    previousDigestS3Object: previous?.key ?? null,
    previousDigestHashValue: previous === null ? null : hex(previous.text),
    previousDigestHashAlgorithm: previous === null ? null : 'SHA-256',
    previousDigestSignature: previous?.signature ?? null,
    logFiles: logs.map((log) => ({
      s3Bucket: 'logs',
      s3Object: log,
      hashValue: hex(plain.get(log) ?? ''),
      hashAlgorithm: 'SHA-256',
    })),
    ...fields,
  });
  const toSign = `${iso(end)}\nlogs/${key}\n${hex(text)}\n${previous?.signature ?? 'null'}`;
  const signature = sign('sha256', Buffer.from(toSign), signer).toString('hex');
  objects.set(key, { body: gzipSync(text), metadata: { signature, 'signature-algorithm': 'SHA256withRSA' } });
  return { key, text, signature };
}

/** Log files' texts by their keys. */
export const plain = new Map<string, string>();

/** A log file every 20 minutes, and a digest for each of five hours. */
export function deliveries(): { objects: Map<string, FakeObject>; logs: string[]; digests: string[] } {
  const objects = new Map<string, FakeObject>();
  const logs: string[] = [];
  const digests: string[] = [];
  let previous: Previous | null = null;
  for (let hour = 0; hour < HOURS; hour++) {
    const own: string[] = [];
    for (let i = 0; i < 3; i++) {
      const key = logKey(digestEnd(hour) - HOUR + (5 + 20 * i) * MINUTE, `${hour}${i}`);
      plain.set(key, logText([kmsRecord(hour * 3 + i)]));
      objects.set(key, { body: gzipSync(plain.get(key) ?? '') });
      own.push(key);
    }
    const key = digestKey(digestEnd(hour));
    previous = writeDigest(objects, key, digestEnd(hour), hour === 2 ? [] : own, previous);
    if (hour === 2) for (const log of own) objects.delete(log);
    else logs.push(...own);
    digests.push(key);
  }
  return { objects, logs, digests };
}

/** CloudTrail's public keys, on two pages. */
export const listPublicKeys: Handler = ({ body }) => {
  const der = keys.publicKey.export({ format: 'der', type: 'pkcs1' }).toString('base64');
  return body['NextToken'] === undefined
    ? { PublicKeyList: [{ Fingerprint: 'other', Value: Buffer.from('no key').toString('base64') }], NextToken: 'more' }
    : { PublicKeyList: [{ Fingerprint: FINGERPRINT, Value: der }] };
};
