import fc from 'fast-check';
import type { KmsCall } from '../../src/kms/call.js';

/** Monday, 1 July 2024, 00:00 UTC. */
export const KMS_DAY = Date.UTC(2024, 6, 1);

const ACCOUNTS = ['111122223333', '444455556666'] as const;
const REGIONS = ['eu-central-1', 'us-east-1'] as const;
const KEYS = ['1234abcd-12ab-34cd-56ef-1234567890ab', '0987dcba-09fe-87dc-65ba-ab0987654321'].map(
  (id) => `arn:aws:kms:eu-central-1:111122223333:key/${id}`,
);

/** A CloudTrail record of KMS as it should be, in many of the shapes that records have. */
export function kmsRecords(): fc.Arbitrary<Record<string, unknown>> {
  const arn = fc.constantFrom(...KEYS);
  const resources = arn.map((ARN) => [{ ARN, accountId: '111122223333', type: 'AWS::KMS::Key' }]);
  return fc.record(
    {
      eventVersion: fc.constantFrom('1.02', '1.05', '1.08', '1.11'),
      eventTime: fc
        .integer({ min: 0, max: 86_399 })
        .map((s) => `${new Date(KMS_DAY + s * 1000).toISOString().slice(0, 19)}Z`),
      eventSource: fc.constant('kms.amazonaws.com'),
      eventName: fc.constantFrom('Decrypt', 'Encrypt', 'GenerateDataKey', 'ReEncrypt', 'DescribeKey', 'RotateKey'),
      eventType: fc.constantFrom('AwsApiCall', 'AwsServiceEvent'),
      eventCategory: fc.constant('Management'),
      awsRegion: fc.constantFrom(...REGIONS),
      recipientAccountId: fc.constantFrom(...ACCOUNTS),
      eventID: fc.uuid(),
      sharedEventID: fc.uuid(),
      errorCode: fc.constantFrom('AccessDenied', 'DryRunOperationException'),
      userIdentity: fc.oneof(
        fc.record({ type: fc.constant('IAMUser'), arn: fc.constant('arn:aws:iam::111122223333:user/Alice') }),
        fc.record({ type: fc.constant('AWSService'), invokedBy: fc.constant('dynamodb.amazonaws.com') }),
        fc.record({ accountId: fc.constant('111122223333'), invokedBy: fc.constant('AWS Internal') }),
        fc.record({ principalId: fc.constantFrom('AROAEXAMPLE:jane', 'AIDAEXAMPLE') }),
        fc.record({
          type: fc.constant('AssumedRole'),
          arn: fc.constant('arn:aws:sts::111122223333:assumed-role/App/session'),
          sessionContext: fc.constantFrom({ sessionIssuer: { arn: 'arn:aws:iam::111122223333:role/App' } }, null),
        }),
      ),
      requestParameters: fc.oneof(fc.constant(null), fc.record({ keyId: arn }), fc.record({ destinationKeyId: arn })),
      responseElements: fc.oneof(fc.constant(null), fc.record({ keyId: arn })),
      resources,
    },
    {
      requiredKeys: ['eventTime', 'eventSource', 'eventName', 'awsRegion', 'recipientAccountId'],
    },
  );
}

/** One call as it was made, before logs made records of it. */
interface MadeCall {
  readonly call: KmsCall;
  /** The other account's record of the same call, where there is one. */
  readonly other: KmsCall | null;
  /** How often CloudTrail delivered its records. */
  readonly copies: number;
}

/**
 * Calls as logs deliver them, in any order: with copies, without ids, without a key or with two, and with cross-account
 * calls of which both accounts have a record. All lie within `hours` of {@link KMS_DAY}.
 */
export function callStreams(hours = 6, most = 30): fc.Arbitrary<KmsCall[]> {
  const made = fc.record({
    minute: fc.integer({ min: 0, max: hours * 60 - 1 }),
    operation: fc.constantFrom('Decrypt', 'GenerateDataKey', 'ReEncrypt', 'GenerateRandom'),
    keys: fc.shuffledSubarray(KEYS),
    region: fc.constantFrom(...REGIONS),
    account: fc.integer({ min: 0, max: 1 }),
    caller: fc.constantFrom('arn:aws:iam::111122223333:role/App', 'arn:aws:iam::111122223333:user/Alice'),
    error: fc.constantFrom(null, null, 'AccessDenied', 'DryRunOperationException'),
    named: fc.boolean(),
    shared: fc.constantFrom('no', 'no', 'one', 'both'),
    copies: fc.integer({ min: 1, max: 3 }),
  });
  return fc
    .array(made, { maxLength: most })
    .map((list) => list.map(madeCall))
    .chain((list) => {
      const delivered = list.flatMap(({ call, other, copies }) =>
        Array.from({ length: copies }, () => (other === null ? [call] : [call, other])).flat(),
      );
      return fc.shuffledSubarray(delivered, { minLength: delivered.length });
    });
}

function madeCall(
  it: {
    minute: number;
    operation: string;
    keys: string[];
    region: string;
    account: number;
    caller: string;
    error: string | null;
    named: boolean;
    shared: string;
    copies: number;
  },
  i: number,
): MadeCall {
  const call: KmsCall = {
    time: KMS_DAY + it.minute * 60_000 + i,
    operation: it.operation,
    keyArns: it.operation === 'GenerateRandom' ? [] : it.operation === 'ReEncrypt' ? it.keys : it.keys.slice(0, 1),
    account: ACCOUNTS[it.account] ?? ACCOUNTS[0],
    region: it.region,
    caller: it.caller,
    error: it.error,
    eventId: it.named ? `event-${i}` : '',
    sharedEventId: it.shared === 'no' ? null : `shared-${i}`,
  };
  const other = {
    ...call,
    account: ACCOUNTS[1 - it.account] ?? ACCOUNTS[1],
    caller: call.account,
    eventId: `other-${i}`,
  };
  return { call, other: it.shared === 'both' ? other : null, copies: it.copies };
}
