import type { KmsCall, RejectionReason } from './call.js';
import { parseEventTime } from './event-time.js';
import type { InsightEvent, KeyEvent, KmsEvent, LogFileEvent, RejectedEvent } from './events.js';
import { parseRecord } from './parse-record.js';
import { at, isObject, textOf } from './raw-record.js';

const KMS = 'kms.amazonaws.com';
const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/./;
const MAX_TEXT = 2048;

/** KMS's own detail-types; "CMK" is still what they say (KMS Developer Guide, kms-events). */
const KEY_CHANGES: Readonly<Record<string, KeyEvent['change']>> = {
  'KMS CMK Rotation': 'rotated',
  'KMS Imported Key Material Expiration': 'material-expired',
  'KMS CMK Deletion': 'deleted',
};

/** The records of the same changes. */
const CHANGE_RECORDS: Readonly<Record<string, KeyEvent['change']>> = {
  RotateKey: 'rotated',
  DeleteExpiredKeyMaterial: 'material-expired',
  DeleteKey: 'deleted',
};

/** What an event of EventBridge's default bus tells about KMS. */
export function eventOfEventBridge(event: Readonly<Record<string, unknown>>): KmsEvent | RejectedEvent {
  const type = textOf(at(event, 'detail-type'), MAX_TEXT) ?? '';
  const detail = at(event, 'detail');
  if (Object.hasOwn(KEY_CHANGES, type)) return keyEvent(event, KEY_CHANGES[type]);
  if (/ via CloudTrail$/.test(type)) return eventOfRecord(detail);
  if (type === 'Object Created' && at(event, 'source') === 'aws.s3') return newObject(detail, false);
  return rejected('not-kms');
}

/** What a CloudTrail record tells, an Insights record too. */
export function eventOfRecord(record: unknown): KmsEvent | RejectedEvent {
  const insight = at(record, 'insightDetails');
  if (isObject(insight)) return insightEvent(record, insight);
  const call = parseRecord(record);
  if ('reason' in call) return { kind: 'rejected', rejection: call };
  const change = Object.hasOwn(CHANGE_RECORDS, call.operation) ? CHANGE_RECORDS[call.operation] : undefined;
  return change === undefined || call.keyArns.length === 0
    ? { kind: 'call', call }
    : changeOfRecord(call, change, at(record, 'serviceEventDetails'));
}

/** The object that S3 tells of; in its notifications the key is escaped as in a form, in EventBridge it is not. */
export function newObject(s3: unknown, escaped: boolean): LogFileEvent | RejectedEvent {
  const bucket = textOf(at(at(s3, 'bucket'), 'name'), 256);
  const key = textOf(at(at(s3, 'object'), 'key'), 4096);
  if (bucket === null) return rejected('missing-field', 'bucket.name');
  if (key === null) return rejected('missing-field', 'object.key');
  if (!escaped) return { kind: 'log-file', bucket, key };
  try {
    return { kind: 'log-file', bucket, key: decodeURIComponent(key.replaceAll('+', ' ')) };
  } catch {
    return rejected('malformed-field', 'object.key');
  }
}

export function rejected(reason: RejectionReason, field?: string): RejectedEvent {
  return { kind: 'rejected', rejection: field === undefined ? { reason } : { reason, field } };
}

function keyEvent(event: Readonly<Record<string, unknown>>, change: KeyEvent['change']): KeyEvent | RejectedEvent {
  const [detail, resources] = [at(event, 'detail'), at(event, 'resources')];
  const listed: readonly unknown[] = Array.isArray(resources) ? resources : [];
  const keyArn = listed.find((arn): arn is string => typeof arn === 'string' && KEY_ARN.test(arn));
  const account = textOf(at(event, 'account'), 128);
  const region = textOf(at(event, 'region'), 128);
  const time = parseEventTime(textOf(at(event, 'time'), 35) ?? '');
  if (keyArn === undefined) return rejected('missing-field', 'resources');
  if (account === null) return rejected('missing-field', 'account');
  if (region === null) return rejected('missing-field', 'region');
  if (Number.isNaN(time)) return rejected('malformed-field', 'time');
  const material = at(detail, change === 'rotated' ? 'current-key-material-id' : 'key-material-id');
  return {
    kind: 'key',
    change,
    keyArn,
    account,
    region,
    time,
    rotation: change === 'rotated' ? rotationOf(at(detail, 'rotation-type')) : null,
    occurrence: occurrenceOf(change, keyArn, material, time),
    call: null,
  };
}

function changeOfRecord(call: KmsCall, change: KeyEvent['change'], details: unknown): KeyEvent {
  const { keyArns, account, region, time } = call;
  const material = at(details, change === 'rotated' ? 'currentKeyMaterialId' : 'keyMaterialId');
  return {
    kind: 'key',
    change,
    keyArn: keyArns[0],
    account,
    region,
    time,
    rotation: change === 'rotated' ? rotationOf(at(details, 'rotationType')) : null,
    occurrence: occurrenceOf(change, keyArns[0], material, time),
    call,
  };
}

/** A key is deleted once, and comes to or loses one material once; without a material's id, once a day. */
function occurrenceOf(change: KeyEvent['change'], keyArn: string, material: unknown, time: number): string {
  if (change === 'deleted') return `deleted ${keyArn}`;
  return `${change} ${keyArn} ${textOf(material, 128) ?? new Date(time).toISOString().slice(0, 10)}`;
}

function rotationOf(type: unknown): KeyEvent['rotation'] {
  return type === 'AUTOMATIC' || type === 'ON_DEMAND' ? type : null;
}

function insightEvent(record: unknown, details: Readonly<Record<string, unknown>>): InsightEvent | RejectedEvent {
  if (at(details, 'eventSource') !== KMS) return rejected('not-kms');
  const state = at(details, 'state');
  const operation = textOf(at(details, 'eventName'), 128);
  const account = textOf(at(record, 'recipientAccountId'), 128);
  const region = textOf(at(record, 'awsRegion'), 128);
  const time = parseEventTime(textOf(at(record, 'eventTime'), 35) ?? '');
  const statistics = at(at(details, 'insightContext'), 'statistics');
  const baseline = at(at(statistics, 'baseline'), 'average');
  const rate = at(at(statistics, 'insight'), 'average');
  if (state !== 'Start' && state !== 'End') return rejected('malformed-field', 'insightDetails.state');
  if (operation === null) return rejected('missing-field', 'insightDetails.eventName');
  if (account === null) return rejected('missing-field', 'recipientAccountId');
  if (region === null) return rejected('missing-field', 'awsRegion');
  if (Number.isNaN(time)) return rejected('malformed-field', 'eventTime');
  if (typeof baseline !== 'number' || typeof rate !== 'number') return rejected('missing-field', 'insightContext');
  return {
    kind: 'insight',
    state,
    type: textOf(at(details, 'insightType'), 128) ?? '',
    operation,
    error: textOf(at(details, 'errorCode'), MAX_TEXT),
    account,
    region,
    time,
    sharedEventId: textOf(at(record, 'sharedEventID'), MAX_TEXT),
    baseline,
    rate,
  };
}
