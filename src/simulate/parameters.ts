import type { Random } from './random.js';
import type { CallSubject } from './source.js';

/** A part of a record whose fields depend on the operation. */
export type Fields = Readonly<Record<string, unknown>>;

/** CloudTrail's `requestParameters` of a call: what its operation takes, in the order in which AWS writes it. */
export function requestParameters(subject: CallSubject, random: Random): Fields | null {
  const { operation, keyArns, record } = subject;
  const named = record?.keyId === undefined ? keyArns[0] : (record.keyId ?? undefined);
  const keyId = named === undefined ? {} : { keyId: named };
  const context = contextOf(subject, random);
  const encryptionContext = context === undefined ? {} : { encryptionContext: context };
  const algorithm = record?.algorithm;
  switch (operation) {
    case 'Decrypt':
    case 'Encrypt':
      return { encryptionAlgorithm: algorithm ?? 'SYMMETRIC_DEFAULT', ...keyId, ...encryptionContext };
    case 'GenerateDataKey':
    case 'GenerateDataKeyWithoutPlaintext':
      return { ...keyId, keySpec: 'AES_256', ...encryptionContext };
    case 'ReEncrypt':
      return {
        sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        sourceKeyId: keyArns[0],
        ...(context && { sourceEncryptionContext: context }),
        destinationKeyId: keyArns[1],
        destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        ...(context && { destinationEncryptionContext: context }),
      };
    case 'Sign':
    case 'Verify':
      return { messageType: 'DIGEST', ...keyId, signingAlgorithm: algorithm ?? 'RSASSA_PSS_SHA_256' };
    case 'GenerateMac':
    case 'VerifyMac':
      return { macAlgorithm: algorithm ?? 'HMAC_SHA_256', ...keyId };
    case 'CreateGrant':
      return {
        ...keyId,
        granteePrincipal: subject.caller,
        operations: ['Decrypt', 'GenerateDataKeyWithoutPlaintext', 'RetireGrant'],
      };
    case 'RevokeGrant':
      return { ...keyId, grantId: random.hex(64) };
    case 'RetireGrant':
      return null;
    case 'TagResource':
      return { ...keyId, tags: [{ tagKey: 'CostCenter', tagValue: random.hex(4) }] };
    case 'UntagResource':
      return { ...keyId, tagKeys: ['CostCenter'] };
    case 'PutKeyPolicy':
      return {
        ...keyId,
        policyName: 'default',
        policy: policyOf(subject.account),
        bypassPolicyLockoutSafetyCheck: false,
      };
    case 'ScheduleKeyDeletion':
      return { pendingWindowInDays: 30, ...keyId };
    default:
      return named === undefined ? null : keyId;
  }
}

/** `responseElements` of a call that succeeded: null for what only reads. */
export function responseElements(subject: CallSubject, random: Random): Fields | null {
  const keyId = subject.keyArns[0];
  switch (subject.operation) {
    case 'CreateGrant':
      return { grantId: random.hex(64), keyId };
    case 'ScheduleKeyDeletion':
      return { keyId, keyState: 'PendingDeletion', pendingWindowInDays: 30 };
    case 'CancelKeyDeletion':
    case 'DisableKey':
    case 'EnableKey':
    case 'EnableKeyRotation':
    case 'TagResource':
    case 'UntagResource':
      return { keyId };
    default:
      return null;
  }
}

const WITH_MATERIAL = /^(Decrypt|Encrypt|GenerateDataKey(WithoutPlaintext)?)$/;

/** `additionalEventData` of a call that succeeded, where its operation has some. */
export function additionalEventData(subject: CallSubject, materialOf: (keyArn: string) => string): Fields | undefined {
  const [first, second] = subject.keyArns;
  if (first !== undefined && WITH_MATERIAL.test(subject.operation)) return { keyMaterialId: materialOf(first) };
  if (subject.operation !== 'ReEncrypt' || first === undefined || second === undefined) return undefined;
  return { destinationKeyMaterialId: materialOf(second), sourceKeyMaterialId: materialOf(first) };
}

function contextOf({ record }: CallSubject, random: Random): Fields | undefined {
  const context = record?.encryptionContext;
  if (context === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [
      name,
      value.includes('#') ? value.replace('#', random.hex(6)) : value,
    ]),
  );
}

function policyOf(account: string): string {
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}
