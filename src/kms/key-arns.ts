import { intern } from './intern.js';
import { at, type RawRecord, textOf } from './raw-record.js';

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:(\d{12}):key\/./;
/** A key ID, or a multi-Region key's. Not an alias: those move from key to key, and only KMS knows where to. */
const BARE_KEY_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i;
const ACCOUNT = /^\d{12}$/;
/** Key ARNs of today's Regions stay under 100 characters. */
export const MAX_ARN = 256;

const NO_KEYS: readonly string[] = Object.freeze([]);

/**
 * ARNs of the KMS keys that a record names: none, one, or for ReEncrypt up to two, source before destination.
 *
 * The first place that names a key decides, in this order: `resources[].ARN` (exports write `arn`), wherever in the list,
 * since alias operations list the alias too, before or after the key; `responseElements.keyId` or `.keyMetadata.arn`;
 * `serviceEventDetails.keyId`; `requestParameters`, which is last because it holds what the caller wrote: nothing, a
 * key ID, or an alias. A bare key ID can only mean a key of the caller's own account and the Region called (KMS API
 * Reference, KeyId), which completes its ARN. Linear in the number of resources.
 *
 * @param account the caller's 12-digit account; `null` where unknown, and then bare key IDs name no key
 */
export function keyArnsOf(
  record: RawRecord,
  operation: string,
  region: string,
  account: string | null,
): readonly string[] {
  const twoKeys = operation === 'ReEncrypt';
  const listed = listedKeys(record.resources, twoKeys ? 2 : 1);
  if (listed !== NO_KEYS) return listed;

  const response = record.responseElements;
  const answered = keyArn(at(response, 'keyId')) ?? keyArn(at(at(response, 'keyMetadata'), 'arn'));
  if (answered !== null) return [intern(answered)];

  const served = completed(at(record.serviceEventDetails, 'keyId'), region, account);
  if (served !== null) return [intern(served)];

  const asked = record.requestParameters;
  const first = completed(at(asked, twoKeys ? 'sourceKeyId' : 'keyId'), region, account);
  const second = completed(at(asked, twoKeys ? 'destinationKeyId' : 'targetKeyId'), region, account);
  if (twoKeys && first !== null && second !== null && first !== second) return [intern(first), intern(second)];
  const named = first ?? second;
  return named === null ? NO_KEYS : [intern(named)];
}

/** The account in a key ARN. */
export function accountOf(arn: string): string | null {
  return KEY_ARN.exec(arn)?.[1] ?? null;
}

/**
 * {@link keyArnsOf} of a record whose `resources` name these texts as ARNs, in their order, and no others; empty when none
 * of them is a key's, and the record's other fields decide.
 */
export function listedKeyArns(texts: readonly (string | null)[], operation: string): readonly string[] {
  const entries = texts.map((ARN) => ({ ARN }));
  return listedKeys(entries, operation === 'ReEncrypt' ? 2 : 1);
}

/** The first `most` different key ARNs of a `resources` list, {@link NO_KEYS} without any. */
function listedKeys(resources: unknown, most: number): readonly string[] {
  if (!Array.isArray(resources)) return NO_KEYS;
  let first: string | null = null;
  for (const entry of resources as unknown[]) {
    const arn = keyArn(at(entry, 'ARN')) ?? keyArn(at(entry, 'arn'));
    if (arn === null || arn === first) continue;
    if (first !== null) return [intern(first), intern(arn)];
    if (most === 1) return [intern(arn)];
    first = arn;
  }
  return first === null ? NO_KEYS : [intern(first)];
}

function keyArn(value: unknown): string | null {
  const text = textOf(value, MAX_ARN);
  return text !== null && KEY_ARN.test(text) ? text : null;
}

/** A key ARN as it is, or that of a bare key ID. */
function completed(value: unknown, region: string, account: string | null): string | null {
  const arn = keyArn(value);
  if (arn !== null) return arn;
  const id = textOf(value, MAX_ARN);
  if (id === null || !BARE_KEY_ID.test(id) || account === null || !ACCOUNT.test(account)) return null;
  return keyArn(`arn:${partitionOf(region)}:kms:${region}:${account}:key/${id}`);
}

/** ARN partitions by the beginning of their Regions' names (AWS General Reference, ARNs; partitions of the SDKs). */
export const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
];

function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}
