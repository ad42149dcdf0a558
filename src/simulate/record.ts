import type { KmsCall } from '../kms/call.js';
import { additionalEventData, type Fields, requestParameters, responseElements } from './parameters.js';
import { identityOf, isoSeconds, type UserIdentity } from './principal.js';
import { Random } from './random.js';
import type { CallSubject } from './source.js';

/** One record of a CloudTrail log, `eventVersion` 1.11; absent fields are those that CloudTrail leaves out. */
export interface CloudTrailRecord {
  readonly eventVersion: string;
  readonly userIdentity: UserIdentity;
  /** UTC, whole seconds. */
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: Fields | null;
  readonly responseElements: Fields | null;
  readonly additionalEventData?: Fields;
  readonly requestID: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly resources?: readonly { readonly accountId: string; readonly type: string; readonly ARN: string }[];
  readonly eventType: 'AwsApiCall';
  readonly managementEvent: true;
  readonly recipientAccountId: string;
  readonly sharedEventID?: string;
  readonly eventCategory: 'Management';
  readonly tlsDetails?: Fields;
}

/** What the read-only operations of KMS begin with (the developer guide's example records; see `kms/`). */
const READ_ONLY = /^(Decrypt|Encrypt|ReEncrypt|Sign|Verify|Generate|Derive|Encapsulate|Decapsulate|Describe|Get|List)/;

const MESSAGES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'The caller is not authorized to perform this operation on this resource',
  DisabledException: 'The key is disabled.',
  InvalidCiphertextException: 'The ciphertext is invalid.',
};

/**
 * The record of a call. `call.eventId` seeds what the call does not tell, so the same call has the same record always.
 *
 * Refused calls name their key in `resources` here; AWS does not say whether its own always do.
 */
export function recordOf(call: KmsCall, subject: CallSubject): CloudTrailRecord {
  const random = new Random('record', call.eventId);
  const userIdentity = identityOf(call.caller, call.time, subject.record?.invokedBy);
  // Calls that a service makes carry its name in place of an address, and no TLS details.
  const service = userIdentity.invokedBy;
  const host = new Random('host', call.caller);
  const additional = call.error === null ? additionalEventData(subject, materialOf) : undefined;
  const message = call.error === null ? undefined : MESSAGES[call.error];
  return {
    eventVersion: '1.11',
    userIdentity,
    eventTime: isoSeconds(call.time),
    eventSource: 'kms.amazonaws.com',
    eventName: call.operation,
    awsRegion: call.region,
    // 192.0.2.0/24 is kept for documentation (RFC 5737).
    sourceIPAddress: service ?? `192.0.2.${1 + host.below(254)}`,
    userAgent: service ?? host.pick(AGENTS),
    ...(call.error !== null && { errorCode: call.error }),
    ...(message !== undefined && { errorMessage: message }),
    requestParameters: requestParameters(subject, random),
    responseElements: call.error === null ? responseElements(subject, random) : null,
    ...(additional !== undefined && { additionalEventData: additional }),
    requestID: random.uuid(),
    eventID: call.eventId,
    readOnly: READ_ONLY.test(call.operation),
    resources: call.keyArns.map((ARN) => ({ accountId: ARN.split(':')[4], type: 'AWS::KMS::Key', ARN })),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: call.account,
    ...(call.sharedEventId !== null && { sharedEventID: call.sharedEventId }),
    eventCategory: 'Management',
    ...(service === undefined && {
      tlsDetails: {
        tlsVersion: 'TLSv1.3',
        cipherSuite: 'TLS_AES_256_GCM_SHA384',
        clientProvidedHostHeader: `kms.${call.region}.amazonaws.com`,
      },
    }),
  };
}

const AGENTS = [
  'aws-sdk-js/3.1137.0 ua/2.1 os/linux lang/js md/nodejs#22.21.0 api/kms#3.1137.0',
  'aws-sdk-java/2.35.9 md/io#sync md/http#Apache ua/2.1 os/Linux lang/java#21.0.9',
  'Boto3/1.40.61 md/Botocore#1.40.61 ua/2.1 os/linux lang/python#3.13.9',
];

const materials = new Map<string, string>();

/** The id of a key's current material: the same 64 digits in every record. */
function materialOf(keyArn: string): string {
  let id = materials.get(keyArn);
  if (id === undefined) {
    id = new Random('material', keyArn).hex(64);
    materials.set(keyArn, id);
  }
  return id;
}
