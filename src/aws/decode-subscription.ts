import { gunzipSync } from 'node:zlib';
import { InputError, shown } from '../errors.js';
import { at } from '../kms/raw-record.js';

/** Messages are at most 1 MiB before compression; one that unpacks to far more was not made by CloudWatch Logs. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * The payload of a CloudWatch Logs subscription, base64 of gzip, as it reaches a Lambda function (`event`, or
 * `event.awslogs.data`) or a Kinesis record (`record.kinesis.data`): for `kmsEventsIn`.
 * @throws InputError when it is none
 */
export function decodeSubscription(event: unknown): unknown {
  const data = at(at(event, 'awslogs'), 'data') ?? event;
  if (typeof data !== 'string') {
    throw new InputError(`event must be a subscription's event, or its data in base64, got ${shown(event)}`);
  }
  try {
    return JSON.parse(gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_BYTES }).toString('utf8'));
  } catch {
    throw new InputError(`event must hold base64 of gzip of JSON, got ${shown(data)}`);
  }
}
