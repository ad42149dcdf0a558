import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SNSClient } from '@aws-sdk/client-sns';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { Notice, Notifier } from '../plan/notice.js';
import { retried } from '../plan/notifiers.js';
import { NotifyError } from '../plan/notify-error.js';
import { isPassing, isThrottling, nameOf } from './call-aws.js';
import { type Clock, systemClock } from './clock.js';
import { byteLength, type FittedNotice, fitted } from './fit-notice.js';
import { loadClient } from './load-client.js';

export interface NotifyOptions {
  /** Its name in the plan; `sns` or `eventbridge` by default. */
  readonly name?: string;
  /** How often a notice is sent in all when throttled or failing in passing; 4 by default. */
  readonly tries?: number;
  readonly clock?: Clock;
}

/** What the entry of a notice is in EventBridge, for rules: `source`, `detail-type`, and `detail.schemaVersion` 1. */
export const NOTICE_SOURCE = 'kms-baseline';
export const NOTICE_DETAIL_TYPE = 'KMS Baseline Notice';

/**
 * A message of SNS may have so many bytes, its attributes among them (SNS API Reference, Publish); EventBridge takes 1 MB, and
 * few targets as much.
 */
const MOST_BYTES = 262_144;
/** Of those, for attributes, the names of fields, and what else is around a text. */
const AROUND = 8_192;

/** Refusals of a message for what it holds: another one may be taken. */
const OF_NOTICE = new Set([
  'InvalidParameter',
  'InvalidParameterException',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'ParameterValueInvalid',
  'ValidationError',
  'ValidationException',
  'MalformedDetail',
  'InvalidArgument',
]);

/**
 * Publishes each notice to a topic: the text for people (`default`, and so e-mail), the same as JSON in the attributes
 * `id`, `kind` and `state` for filter policies. On a FIFO topic the id is the deduplication id, so that a notice told
 * twice arrives once. A notice that would be too long for SNS is sent shortened, and says so.
 * @throws InputError unless `topicArn` is one; from `tell`, a NotifyError when the message itself is refused, and the SDK's
 *   error when it fails otherwise
 */
export function snsNotifier(client: SNSClient, topicArn: string, options: NotifyOptions = {}): Notifier {
  checkOptions(options, NOTIFY_OPTIONS);
  if (typeof topicArn !== 'string' || !/^arn:[^:]+:sns:[^:]+:\d{12}:.+$/.test(topicArn)) {
    throw new InputError(`topicArn must be the ARN of a topic, got ${shown(topicArn)}`);
  }
  return {
    name: options.name ?? 'sns',
    async tell(notice, signal) {
      const { PublishCommand } = await loadClient('@aws-sdk/client-sns', () => import('@aws-sdk/client-sns'));
      const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
      const fifo = topicArn.endsWith('.fifo');
      const { message } = fitted(notice, MOST_BYTES - AROUND, messageOf);
      const command = () =>
        new PublishCommand({
          TopicArn: topicArn,
          Subject: subjectOf(notice),
          MessageStructure: 'json',
          Message: message,
          MessageAttributes: { id: attribute(notice.id), kind: attribute(notice.kind), state: attribute(notice.state) },
          ...(fifo
            ? { MessageDeduplicationId: notice.id.slice(0, 128), MessageGroupId: notice.plan.slice(0, 128) }
            : {}),
        });
      await sent(() => client.send(command(), signalOf(signal)), options, signal);
    },
  };
}

const NOTIFY_OPTIONS: OptionNames<NotifyOptions> = { name: true, tries: true, clock: true };

/**
 * Puts each notice on an event bus: source `kms-baseline`, detail-type `KMS Baseline Notice`, detail as {@link noticeJson} has it.
 * An answer of 200 may hold a refusal: `FailedEntryCount` is what counts. A bus that does not exist takes events and drops
 * them, without a word from EventBridge.
 */
export function eventBridgeNotifier(
  client: EventBridgeClient,
  options: NotifyOptions & { readonly eventBusName?: string } = {},
): Notifier {
  checkOptions(options, EVENT_BRIDGE_NOTIFIER_OPTIONS);
  const { eventBusName } = options;
  return {
    name: options.name ?? 'eventbridge',
    async tell(notice, signal) {
      const { PutEventsCommand } = await loadClient(
        '@aws-sdk/client-eventbridge',
        () => import('@aws-sdk/client-eventbridge'),
      );
      const { detail } = fitted(notice, MOST_BYTES - AROUND, (json) => {
        const text = JSON.stringify(json);
        return { detail: text, bytes: byteLength(text) };
      });
      const entry = {
        Time: new Date(notice.at),
        Source: NOTICE_SOURCE,
        DetailType: NOTICE_DETAIL_TYPE,
        Detail: detail,
        Resources: notice.key?.keyArn === null || notice.key === null ? [] : [notice.key.keyArn],
        ...(eventBusName === undefined ? {} : { EventBusName: eventBusName }),
      };
      await sent(
        async () => {
          const answer = await client.send(new PutEventsCommand({ Entries: [entry] }), signalOf(signal));
          if ((answer.FailedEntryCount ?? 0) === 0) return;
          throw new EntryError(answer.Entries?.[0]?.ErrorCode ?? 'unknown', answer.Entries?.[0]?.ErrorMessage ?? '');
        },
        options,
        signal,
      );
    },
  };
}

const EVENT_BRIDGE_NOTIFIER_OPTIONS: OptionNames<NonNullable<Parameters<typeof eventBridgeNotifier>[1]>> = {
  name: true,
  tries: true,
  clock: true,
  eventBusName: true,
};

/** EventBridge refused an event in an answer that was a success. */
class EntryError extends Error {
  constructor(code: string, message: string) {
    super(`events:PutEvents refused the event: ${code}: ${message}`);
    this.name = code;
  }
}

/** Refusals of an entry that pass (EventBridge API Reference, PutEvents). */
const PASSING_ENTRY = new Set(['ThrottlingException', 'InternalFailure', 'InternalException']);

/** Sends again what was throttled, or failed on the way or at the service. */
async function sent(
  send: () => Promise<unknown>,
  { tries = 4, clock = systemClock }: NotifyOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const passes = (error: unknown): boolean =>
    isThrottling(error) || isPassing(error) || (error instanceof EntryError && PASSING_ENTRY.has(error.name));
  try {
    await retried(send, { tries, clock, passes }, signal);
  } catch (cause) {
    if (!OF_NOTICE.has(nameOf(cause))) throw cause;
    throw new NotifyError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function signalOf(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** At most 100 characters of ASCII, without a line break (SNS API Reference, Publish). */
function subjectOf({ state, kind, plan }: Notice): string {
  return `${state}: KMS ${kind} (${plan})`.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

/** Words for people, and the same as JSON for programs. */
function messageOf(notice: FittedNotice): { readonly message: string; readonly bytes: number } {
  const json = JSON.stringify(notice);
  const message = JSON.stringify({
    default: notice.text,
    email: `${notice.text}\n\n${notice.id}`,
    sqs: json,
    lambda: json,
  });
  return { message, bytes: byteLength(message) };
}
