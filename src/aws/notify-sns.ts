import type { SNSClient } from '@aws-sdk/client-sns';
import { checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { Notice, Notifier } from '../plan/notice.js';
import { byteLength, type FittedNotice, fitted } from './fit-notice.js';
import { loadClient } from './load-client.js';
import { AROUND, MOST_BYTES, type NotifyOptions, sent, signalOf } from './notify.js';

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

const NOTIFY_OPTIONS: OptionNames<NotifyOptions> = { name: true, retry: true, clock: true };

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
