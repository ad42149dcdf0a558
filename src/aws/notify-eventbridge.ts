import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { checkOptions, type OptionNames } from '../errors.js';
import type { Notifier } from '../plan/notice.js';
import { byteLength, fitted } from './fit-notice.js';
import { loadClient } from './load-client.js';
import { AROUND, MOST_BYTES, type NotifyOptions, sent, signalOf } from './notify.js';

/** What the entry of a notice is in EventBridge, for rules: `source`, `detail-type`, and `detail.schemaVersion` 1. */
export const NOTICE_SOURCE = 'kms-baseline';
export const NOTICE_DETAIL_TYPE = 'KMS Baseline Notice';

/**
 * Puts each notice on an event bus: source `kms-baseline`, detail-type `KMS Baseline Notice`, detail as `noticeJson` has it.
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
        (error) => error instanceof EntryError && PASSING_ENTRY.has(error.name),
      );
    },
  };
}

const EVENT_BRIDGE_NOTIFIER_OPTIONS: OptionNames<NonNullable<Parameters<typeof eventBridgeNotifier>[1]>> = {
  name: true,
  retry: true,
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
