/** What an operation is about. */
export type OperationGroup =
  /** Uses a key's material, or makes random bytes: the data plane. */
  | 'cryptographic'
  /** Decides whether a key, or its imported material, can be used. */
  | 'availability'
  | 'custom-key-store'
  /** Key policies and grants. */
  | 'access'
  | 'rotation'
  | 'multi-region'
  | 'lifecycle'
  | 'alias'
  | 'tag'
  /** Describes and lists, on the control plane. */
  | 'read';

/** A default request quota that depends on more than the operation (KMS Developer Guide, requests-per-second). */
export type SharedQuota =
  /** Shared by the operations on symmetric keys: 100,000, 20,000 or 10,000 a second by Region. */
  | 'symmetric'
  /** The symmetric quota or that of the key's type, which CloudTrail does not tell: RSA, ML-DSA, ECC and SM2 have 1,000 each. */
  | 'by-key-type'
  /** Cryptographic operations on ECC and SM2 keys: 1,000 a second. */
  | 'ecc-sm2'
  /** By the pair's spec: from 1 a second for RSA_4096 to 100 for elliptic curves. */
  | 'key-pair-spec';

export interface OperationInfo {
  /** CloudTrail's `eventName`. */
  readonly name: string;
  /** `data`: uses a key's material; `control`: manages or describes keys. KMS logs both as management events. */
  readonly plane: 'data' | 'control';
  readonly group: OperationGroup;
  /** `service`: KMS's own doing, which has a record but no API operation. Do not go by the record's `eventType`. */
  readonly origin: 'api' | 'service';
  /** Can take a key's use away, give it to somebody else, or move its material: worth telling of one by one. */
  readonly critical: boolean;
  /** As CloudTrail's `readOnly`; `true` of all cryptographic operations. */
  readonly readOnly: boolean;
  /**
   * Default requests a second, per account and Region; or the shared quota that counts it; `null` where none applies
   * (service events) or AWS states none (Encapsulate, Decapsulate, GetKeyLastUsage).
   */
  readonly quota: number | SharedQuota | null;
  /** The key may be another account's. */
  readonly crossAccount: boolean;
  /** Has a DryRun parameter; such calls end in `DryRunOperationException` or another error, never in success. */
  readonly dryRun: boolean;
}

type Row = readonly [name: string, group: OperationGroup, quota: OperationInfo['quota']];

/** The operations of the AWS SDK's `client-kms` 3.1164.0; groups after the KMS Developer Guide, monitoring-overview. */
const API: readonly Row[] = [
  ['Decrypt', 'cryptographic', 'by-key-type'],
  ['DeriveSharedSecret', 'cryptographic', 'ecc-sm2'],
  ['Encapsulate', 'cryptographic', null],
  ['Decapsulate', 'cryptographic', null],
  ['Encrypt', 'cryptographic', 'by-key-type'],
  ['GenerateDataKey', 'cryptographic', 'symmetric'],
  ['GenerateDataKeyPair', 'cryptographic', 'key-pair-spec'],
  ['GenerateDataKeyPairWithoutPlaintext', 'cryptographic', 'key-pair-spec'],
  ['GenerateDataKeyWithoutPlaintext', 'cryptographic', 'symmetric'],
  ['GenerateMac', 'cryptographic', 'symmetric'],
  ['GenerateRandom', 'cryptographic', 'symmetric'],
  ['ReEncrypt', 'cryptographic', 'by-key-type'],
  ['Sign', 'cryptographic', 'by-key-type'],
  ['Verify', 'cryptographic', 'by-key-type'],
  ['VerifyMac', 'cryptographic', 'symmetric'],
  ['ScheduleKeyDeletion', 'availability', 15],
  ['CancelKeyDeletion', 'availability', 5],
  ['DisableKey', 'availability', 5],
  ['EnableKey', 'availability', 5],
  ['ImportKeyMaterial', 'availability', 15],
  ['DeleteImportedKeyMaterial', 'availability', 15],
  ['ConnectCustomKeyStore', 'custom-key-store', 5],
  ['CreateCustomKeyStore', 'custom-key-store', 5],
  ['DeleteCustomKeyStore', 'custom-key-store', 5],
  ['DisconnectCustomKeyStore', 'custom-key-store', 5],
  ['UpdateCustomKeyStore', 'custom-key-store', 5],
  ['PutKeyPolicy', 'access', 15],
  ['CreateGrant', 'access', 50],
  ['RevokeGrant', 'access', 50],
  ['RetireGrant', 'access', 50],
  ['EnableKeyRotation', 'rotation', 15],
  ['DisableKeyRotation', 'rotation', 5],
  ['RotateKeyOnDemand', 'rotation', 5],
  ['ReplicateKey', 'multi-region', 5],
  ['UpdatePrimaryRegion', 'multi-region', 5],
  ['CreateKey', 'lifecycle', 5],
  ['UpdateKeyDescription', 'lifecycle', 5],
  ['CreateAlias', 'alias', 5],
  ['UpdateAlias', 'alias', 5],
  ['DeleteAlias', 'alias', 15],
  ['TagResource', 'tag', 10],
  ['UntagResource', 'tag', 5],
  ['DescribeCustomKeyStores', 'read', 5],
  ['DescribeKey', 'read', 2000],
  ['GetKeyLastUsage', 'read', null],
  ['GetKeyPolicy', 'read', 1000],
  ['GetKeyRotationStatus', 'read', 1000],
  ['GetParametersForImport', 'read', 0.25],
  ['GetPublicKey', 'read', 2000],
  ['ListAliases', 'read', 500],
  ['ListGrants', 'read', 100],
  ['ListKeyPolicies', 'read', 100],
  ['ListKeyRotations', 'read', 100],
  ['ListKeys', 'read', 500],
  ['ListResourceTags', 'read', 2000],
  ['ListRetirableGrants', 'read', 100],
];

/** Events of KMS's own doing (KMS Developer Guide, log entries). */
const SERVICE: readonly Row[] = [
  ['DeleteKey', 'availability', null],
  ['DeleteExpiredKeyMaterial', 'availability', null],
  ['RotateKey', 'rotation', null],
  ['SynchronizeMultiRegionKey', 'multi-region', null],
];

/**
 * Groups in which every change is critical. Availability and access are what the KMS Developer Guide (monitoring-overview)
 * tells users to watch. A custom key store takes all its keys along when it is disconnected. Aliases and tags give and take
 * away use where policies have conditions on them, and a moved alias sends an application to another key; a log cannot
 * tell whether such policies exist, and where changes are routine the baseline knows them as routine.
 */
const CRITICAL_GROUPS: readonly OperationGroup[] = ['availability', 'custom-key-store', 'access', 'alias', 'tag'];

/**
 * Critical by themselves: the end of rotation, and key material that comes to another Region or is governed from there.
 * The other operations of their groups make a key safer, or follow from these.
 */
const CRITICAL = ['DisableKeyRotation', 'ReplicateKey', 'UpdatePrimaryRegion'];

const GRANT_CHANGES = ['CreateGrant', 'RetireGrant', 'RevokeGrant'];
const CROSS_ACCOUNT_READS = ['DescribeKey', 'GetKeyRotationStatus', 'GetPublicKey', 'ListGrants'];

function info([name, group, quota]: Row, origin: OperationInfo['origin']): OperationInfo {
  // GenerateRandom uses no key, so there is none of another account's, and no permission on one to try out.
  const usesKey = group === 'cryptographic' && name !== 'GenerateRandom';
  const dryRun = usesKey || GRANT_CHANGES.includes(name);
  return Object.freeze({
    name,
    plane: group === 'cryptographic' ? 'data' : 'control',
    group,
    origin,
    critical: CRITICAL_GROUPS.includes(group) || CRITICAL.includes(name),
    readOnly: group === 'cryptographic' || group === 'read',
    quota,
    crossAccount: dryRun || CROSS_ACCOUNT_READS.includes(name),
    dryRun,
  });
}

/** All that CloudTrail can name for KMS: 56 operations, then the 4 events of KMS's own doing. */
export const KMS_OPERATIONS: readonly OperationInfo[] = Object.freeze([
  ...API.map((row) => info(row, 'api')),
  ...SERVICE.map((row) => info(row, 'service')),
]);

const byName: ReadonlyMap<string, OperationInfo> = new Map(KMS_OPERATIONS.map((entry) => [entry.name, entry]));

/** What is known of a CloudTrail `eventName` of KMS; `undefined` of one that is newer than this list, or none. */
export function operationInfo(name: string): OperationInfo | undefined {
  return byName.get(name);
}
