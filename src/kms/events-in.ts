import type { KmsEvent, LogFileEvent, RejectedEvent } from './events.js';
import { eventOfEventBridge, eventOfRecord, newObject, rejected } from './events-of.js';
import { at, isObject, textOf } from './raw-record.js';

/**
 * What a message tells about KMS: what EventBridge, SQS, SNS or S3 hands to a Lambda function, a decoded subscription of
 * CloudWatch Logs, or records as they are; each part of it in its order, wrapped in whatever of these.
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
  const value = typeof message === 'string' ? parsed(message) : message;
  if (!isObject(value) || depth > MAX_DEPTH) {
    yield rejected('not-a-record');
    return;
  }
  if (typeof value['detail-type'] === 'string') {
    yield eventOfEventBridge(value);
    return;
  }
  const list = value['Records'] ?? value['logEvents'];
  if (Array.isArray(list)) {
    // A message of a subscription that tests the way.
    if (value['messageType'] === 'CONTROL_MESSAGE') return;
    for (const item of list) yield* openItem(item, depth);
    return;
  }
  const files = announcedFiles(value);
  if (files !== null) yield* files;
  else if (typeof value['Message'] === 'string') yield* open(value['Message'], depth + 1);
  // What S3 sends when notifications are set up.
  else if (value['Event'] === 's3:TestEvent') return;
  else yield eventOfRecord(value);
}

/** One of a batch: what SQS, SNS and CloudWatch Logs carry is text. */
function* openItem(item: unknown, depth: number): Generator<KmsEvent | RejectedEvent, void, undefined> {
  if (isObject(item) && Object.hasOwn(item, 'eventVersion') && !Object.hasOwn(item, 's3')) {
    yield eventOfRecord(item);
    return;
  }
  const carried = at(item, 'body') ?? at(at(item, 'Sns'), 'Message') ?? at(item, 'message');
  if (isObject(at(item, 's3'))) {
    const created = /^ObjectCreated:/.test(String(at(item, 'eventName')));
    yield created ? newObject(at(item, 's3'), true) : rejected('not-kms');
  } else if (typeof carried === 'string') yield* open(carried, depth + 1);
  else yield eventOfRecord(item);
}

/** CloudTrail's own message of new log files, `{s3Bucket, s3ObjectKey: […]}`. */
function announcedFiles(value: Readonly<Record<string, unknown>>): LogFileEvent[] | null {
  const bucket = textOf(value['s3Bucket'], 256);
  const keys = value['s3ObjectKey'];
  if (bucket === null || !Array.isArray(keys)) return null;
  return keys.filter((key) => typeof key === 'string').map((key) => ({ kind: 'log-file', bucket, key }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
