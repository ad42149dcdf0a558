import type { KmsCall, Rejection, RejectionReason } from './call.js';
import { isCloudTrailTime, parseEventTime } from './event-time.js';
import { intern } from './intern.js';
import { accountOf, keyArnsOf } from './key-arns.js';
import { at, isObject, ownFields, type RawRecord, textOf } from './raw-record.js';

/** {@link KmsCall.caller} of a call whose record names nobody: a call by someone who cannot be named is still a call. */
export const UNKNOWN_CALLER = 'unknown';

const KMS = 'kms.amazonaws.com';
/** Longer texts are no operation, Region or account; the longest operation in use has 35 characters. */
export const MAX_NAME = 128;
/** IAM's longest ARN. */
export const MAX_CALLER = 2048;
/** Where CloudTrail cuts an error code. */
export const MAX_ERROR = 1024;

const NOT_KMS = rejection('not-kms');
const NOT_A_RECORD = rejection('not-a-record');
const NETWORK_ACTIVITY = rejection('network-activity');
const UPDATED_DATA = rejection('updated-data');
const SUMMARY = rejection('summary');

/**
 * One CloudTrail record, an object or its JSON text, as a {@link KmsCall}; or why it is none.
 *
 * Never throws, whatever the data. Needed are `eventSource`, `eventTime`, `eventName` and `awsRegion`, and an account,
 * from `recipientAccountId`, else `userIdentity.accountId`, else the key's ARN; null and the empty text, which exports
 * write for what is absent, count as absent. A `recipientAccountId` or `errorCode` of another type than text is at fault
 * too, since a guess would file the call under the wrong account or outcome. All other fields with an unexpected type are
 * read as absent: without a usable `eventID` the call is counted but cannot be recognised a second time, without
 * `resources` its key is looked for elsewhere.
 *
 * The kind of event is told by these fields, not by `eventType`, which says `AwsApiCall` of some service events and
 * `AwsServiceEvent` of some calls (KMS Developer Guide, log entries). Kept is nothing but the fields of {@link KmsCall}:
 * no encryption context, policy, access key, address, user agent or error message, and no session's name.
 */
export function parseRecord(record: unknown): KmsCall | Rejection {
  const raw = typeof record === 'string' ? parseJson(record) : record;
  if (!isObject(raw)) return NOT_A_RECORD;
  return callOf(raw);
}

function callOf(given: RawRecord): KmsCall | Rejection {
  const record = ownFields(given);
  const { eventSource } = record;
  if (typeof eventSource === 'string' && eventSource !== '' && eventSource !== KMS) return NOT_KMS;
  const notACall = notACallOf(record);
  if (notACall !== null) return notACall;
  if (eventSource !== KMS) return unfit('eventSource', eventSource);

  const time = typeof record.eventTime === 'string' ? parseEventTime(record.eventTime) : NaN;
  if (Number.isNaN(time)) return unfit('eventTime', record.eventTime);
  if (!isCloudTrailTime(time)) return rejection('time-out-of-range', 'eventTime');
  const operation = textOf(record.eventName, MAX_NAME);
  if (operation === null) return unfit('eventName', record.eventName);
  const region = textOf(record.awsRegion, MAX_NAME);
  if (region === null) return unfit('awsRegion', record.awsRegion);
  if (!isAbsent(record.errorCode) && textOf(record.errorCode, MAX_ERROR) === null) {
    return unfit('errorCode', record.errorCode);
  }
  if (!isAbsent(record.recipientAccountId) && textOf(record.recipientAccountId, MAX_NAME) === null) {
    return unfit('recipientAccountId', record.recipientAccountId);
  }

  const owner = textOf(record.recipientAccountId, MAX_NAME) ?? accountIdOf(record.userIdentity);
  const keyArns = keyArnsOf(record, operation, region, owner);
  const account = owner ?? (keyArns.length > 0 ? accountOf(keyArns[0]) : null);
  if (account === null) return unfit('recipientAccountId', undefined);
  const error = textOf(record.errorCode, MAX_ERROR);
  return {
    time,
    operation: intern(operation),
    keyArns,
    account: intern(account),
    region: intern(region),
    caller: intern(callerOf(record.userIdentity)),
    error: error === null ? null : intern(error),
    eventId: typeof record.eventID === 'string' ? record.eventID : '',
    sharedEventId: textOf(record.sharedEventID, Infinity),
  };
}

/**
 * Records that tell of calls without being one: a VPC endpoint's second record of a call (`eventType` is `AwsVpceEvents`
 * in the guide and `AwsVpceEvent` in its records), a correction of an earlier record, a summary. An addendum of reason
 * DELIVERY_DELAY is an ordinary call that came late.
 */
function notACallOf({ eventCategory, eventType, addendum }: RawRecord): Rejection | null {
  if (eventCategory === 'NetworkActivity' || eventType === 'AwsVpceEvent' || eventType === 'AwsVpceEvents') {
    return NETWORK_ACTIVITY;
  }
  if (eventCategory === 'Insight' || eventType === 'AwsCloudTrailInsight') return SUMMARY;
  if (eventCategory === 'Aggregated' || eventType === 'AwsAggregatedEvent') return SUMMARY;
  if (at(addendum, 'reason') === 'UPDATED_DATA') return UPDATED_DATA;
  return null;
}

/** The principal, in the order that {@link KmsCall.caller} states. KMS's own events have neither `type` nor `arn`. */
function callerOf(identity: unknown): string {
  const issuer = at(at(identity, 'sessionContext'), 'sessionIssuer');
  return withoutSession(
    textOf(at(issuer, 'arn'), MAX_CALLER) ??
      textOf(at(identity, 'arn'), MAX_CALLER) ??
      textOf(at(identity, 'invokedBy'), MAX_CALLER) ??
      textOf(at(identity, 'accountId'), MAX_CALLER) ??
      textOf(at(identity, 'principalId'), MAX_CALLER) ??
      UNKNOWN_CALLER,
  );
}

/** A session's ARN, up to its name. */
export const SESSION_ARN = '^arn:([^:]+):sts::([0-9]{12}):assumed-role/([^/]+)/';
/** The `principalId` of a role's session, up to its name. */
export const SESSION_ID = '^(AROA[A-Z0-9]+):';

const SESSION_ARN_FORM = new RegExp(SESSION_ARN);
const SESSION_ID_FORM = new RegExp(SESSION_ID);

/**
 * The role of a session that a caller is named by: each session would be a caller of its own otherwise, and session names are
 * often people's names. A session's ARN leaves out the role's path, so that of the role it gives is without one.
 */
export function withoutSession(caller: string): string {
  const session = SESSION_ARN_FORM.exec(caller);
  if (session !== null) return `arn:${session[1]}:iam::${session[2]}:role/${session[3]}`;
  return SESSION_ID_FORM.exec(caller)?.[1] ?? caller;
}

/** The caller's account where it is one: some records have a word there, such as `AWS Internal`. */
function accountIdOf(identity: unknown): string | null {
  const account = textOf(at(identity, 'accountId'), MAX_NAME);
  return account !== null && /^\d{12}$/.test(account) ? account : null;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function unfit(field: string, value: unknown): Rejection {
  return rejection(isAbsent(value) ? 'missing-field' : 'malformed-field', field);
}

function rejection(reason: RejectionReason, field?: string): Rejection {
  return Object.freeze(field === undefined ? { reason } : { reason, field });
}

/** `undefined` for a text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
