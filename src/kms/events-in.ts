import type { KmsEvent, LogFileEvent, RejectedEvent } from './events.js';
import { eventOfEventBridge, eventOfRecord, newObject, rejected } from './events-of.js';
import { parseJson } from './parse-record.js';
import { at, isObject, textOf } from './raw-record.js';
import { unwrap } from './records-in.js';

/**
 * What a message tells about KMS: what EventBridge, SQS, SNS or S3 hands to a Lambda function, a decoded subscription of
 * CloudWatch Logs, or records as they are; each part of it in its order, wrapped in whatever of these, or in what other
 * tools put around records (`recordsIn` knows them).
 *
 * - **EventBridge**: CloudTrail's detail-types, KMS's own, Insights, and S3's `Object Created`.
 * - **SQS** and **SNS** carry any of these, S3's notifications, and CloudTrail's own of new log files.
 * - **CloudWatch Logs**: the subscription's payload once it is decoded (`decodeSubscription` of `kms-baseline/aws`).
 *
 * Never throws on data. What tells nothing is `rejected` with its reason, other services' events as `not-kms`.
 */
export function* kmsEventsIn(message: unknown): Generator<KmsEvent | RejectedEvent, void, undefined> {
  yield* open(message, 0);
}

/** An S3 notification in an SNS message in an SQS message is three deep; more is no message of AWS's. */
const MAX_DEPTH = 6;

function* open(message: unknown, depth: number): Generator<KmsEvent | RejectedEvent, void, undefined> {
  const value = typeof message === 'string' ? parseJson(message) : message;
  if (Array.isArray(value) && depth <= MAX_DEPTH) {
    // Rows of Logs Insights are arrays too, and hold their record in one of the cells.
    const inside = unwrap(value) ?? value;
    if (inside === value) for (const item of value) yield* openItem(item, depth);
    else for (const part of inside) yield* open(part, depth + 1);
    return;
  }
  if (!isObject(value) || depth > MAX_DEPTH) {
    yield rejected('not-a-record');
    return;
  }
  if (typeof at(value, 'detail-type') === 'string') {
    yield eventOfEventBridge(value);
    return;
  }
  const list = at(value, 'Records') ?? at(value, 'logEvents');
  if (Array.isArray(list)) {
    // A message of a subscription that tests the way.
    if (at(value, 'messageType') === 'CONTROL_MESSAGE') return;
    for (const item of list) yield* openItem(item, depth);
    return;
  }
  // What S3 sends when notifications are set up.
  if (at(value, 'Event') === 's3:TestEvent') return;
  const files = announcedFiles(value);
  if (files !== null) yield* files;
  else yield* openItem(value, depth);
}

/** One of a batch: what SQS, SNS and CloudWatch Logs carry is text. */
function* openItem(item: unknown, depth: number): Generator<KmsEvent | RejectedEvent, void, undefined> {
  if (isObject(item) && Object.hasOwn(item, 'eventVersion') && !Object.hasOwn(item, 's3')) {
    yield eventOfRecord(item);
    return;
  }
  if (isObject(at(item, 's3'))) {
    const name = at(item, 'eventName');
    const created = typeof name === 'string' && name.startsWith('ObjectCreated:');
    yield created ? newObject(at(item, 's3'), true) : rejected('not-kms');
    return;
  }
  const inside = unwrap(item);
  if (inside === undefined) yield eventOfRecord(item);
  else for (const part of inside) yield* open(part, depth + 1);
}

/** CloudTrail's own message of new log files, `{s3Bucket, s3ObjectKey: […]}`. */
function announcedFiles(value: Readonly<Record<string, unknown>>): LogFileEvent[] | null {
  const bucket = textOf(at(value, 's3Bucket'), 256);
  const keys = at(value, 's3ObjectKey');
  if (bucket === null || !Array.isArray(keys)) return null;
  return keys.filter((key) => typeof key === 'string').map((key) => ({ kind: 'log-file', bucket, key }));
}
