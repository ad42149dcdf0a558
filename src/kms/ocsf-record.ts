import { at, isObject, type RawRecord } from './raw-record.js';

const KMS = 'kms.amazonaws.com';

/**
 * Whether an object is an event of OCSF of an API call, as Amazon Security Lake makes one of each CloudTrail record:
 * class API Activity, of other services Account Change and Authentication too.
 */
export function isOcsfCall(fields: Readonly<Record<string, unknown>>): boolean {
  if (!Object.hasOwn(fields, 'class_uid')) return false;
  const api = at(fields, 'api');
  return isText(at(at(api, 'service'), 'name')) && at(api, 'operation') !== undefined;
}

/**
 * An OCSF event of Security Lake as the CloudTrail record that it was made of, as far as it is looked at: of other services'
 * only what shows when the log was listening. Read are source version 1 (OCSF 1.0.0-rc.2) and 2 (1.1.0), and 1.5.0, by the
 * mapping that OCSF publishes for CloudTrail (github.com/ocsf/examples, mappings/markdown/AWS). What it has no field for is in
 * `unmapped`, under the record's own names, parts of objects with dots between: `requestParameters.keyId`.
 *
 * - `actor.user.uid` is the ARN since 1.1.0 and the principal's ID before, where `uuid` is the ARN: their form says
 *   which is which.
 * - The account is `unmapped.recipientAccountId`, else that of `cloud`, which need not be the one whose log it was.
 * - A failure without an error code has its `status` as the error: `Failure`.
 */
export function recordOfOcsf(event: Readonly<Record<string, unknown>>): RawRecord {
  const api = at(event, 'api');
  const cloud = at(event, 'cloud');
  const metadata = at(event, 'metadata');
  const unmapped = objectIn(at(event, 'unmapped'));
  const eventSource = at(at(api, 'service'), 'name');
  const common = {
    eventSource,
    eventName: at(api, 'operation'),
    eventTime: timeOf(given(at(event, 'time'), at(event, 'time_dt'))),
    awsRegion: at(cloud, 'region'),
    recipientAccountId: given(
      at(unmapped, 'recipientAccountId'),
      at(at(cloud, 'account'), 'uid'),
      at(cloud, 'account_uid'),
    ),
    eventCategory: at(at(at(metadata, 'product'), 'feature'), 'name'),
    eventType: given(at(metadata, 'event_code'), at(unmapped, 'eventType')),
  };
  if (eventSource !== KMS) return common;
  const response = at(api, 'response');
  return {
    ...common,
    eventID: at(metadata, 'uid'),
    sharedEventID: given(at(unmapped, 'sharedEventID'), at(unmapped, 'sharedEventId')),
    errorCode: given(at(response, 'error'), failureOf(event)),
    addendum: unmappedPart(unmapped, 'addendum'),
    userIdentity: identityOf(at(event, 'actor')),
    resources: resourcesOf(at(event, 'resources')),
    requestParameters: given(objectIn(at(at(api, 'request'), 'data')), unmappedPart(unmapped, 'requestParameters')),
    responseElements: given(objectIn(at(response, 'data')), unmappedPart(unmapped, 'responseElements')),
    serviceEventDetails: unmappedPart(unmapped, 'serviceEventDetails'),
  };
}

/** `status_id` 2 of a failure; `status` is its word, and says what went wrong where nothing else does. */
function failureOf(event: Readonly<Record<string, unknown>>): unknown {
  const status = at(event, 'status');
  if (status === 'Failure') return status;
  return Number(at(event, 'status_id')) === 2 ? given(status, 'Failure') : undefined;
}

function identityOf(actor: unknown): unknown {
  const user = at(actor, 'user');
  const names = [at(user, 'uuid'), at(user, 'uid'), at(user, 'uid_alt')].filter(isText);
  return {
    type: at(user, 'type'),
    arn: names.find((name) => name.startsWith('arn:')),
    principalId: names.find((name) => !name.startsWith('arn:')),
    accountId: given(at(at(user, 'account'), 'uid'), at(user, 'account_uid')),
    invokedBy: at(actor, 'invoked_by'),
    sessionContext: { sessionIssuer: { arn: at(at(actor, 'session'), 'issuer') } },
  };
}

function resourcesOf(resources: unknown): unknown {
  return Array.isArray(resources) ? resources.map((resource) => ({ ARN: at(resource, 'uid') })) : undefined;
}

/** Epoch milliseconds, or what a reader of Parquet makes of a timestamp, as CloudTrail writes times; all else as it is. */
function timeOf(time: unknown): unknown {
  if (typeof time !== 'number' && typeof time !== 'bigint' && !(time instanceof Date)) return time;
  const date = new Date(Number(time));
  return Number.isNaN(date.getTime()) ? time : date.toISOString();
}

/** The parts of one of the record's objects that have no field in OCSF: whole, as JSON text, or one by one. */
function unmappedPart(unmapped: unknown, name: string): unknown {
  const whole = objectIn(at(unmapped, name));
  if (whole !== undefined || !isObject(unmapped)) return whole;
  let found: Record<string, unknown> | undefined;
  for (const key of Object.keys(unmapped)) {
    if (!key.startsWith(`${name}.`)) continue;
    found ??= Object.create(null) as Record<string, unknown>;
    const [field, inner, ...more] = key.slice(name.length + 1).split('.');
    if (inner === undefined) found[field] = unmapped[key];
    // No field further in is looked at.
    else if (more.length === 0) found[field] = { ...objectIn(found[field]), [inner]: unmapped[key] };
  }
  return found;
}

/** An object, or the one that a text holds as JSON. */
function objectIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isObject(value)) return value;
  if (typeof value !== 'string' || !value.startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The first that is not absent; exports write null and the empty text for what is. */
function given(...values: readonly unknown[]): unknown {
  return values.find((value) => value !== undefined && value !== null && value !== '');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
