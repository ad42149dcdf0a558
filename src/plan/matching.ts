import { eventMatcher } from '../kms/match-event.js';
import { isFor, type Notice, type Notifier, noticeJson } from './notice.js';

/**
 * A notifier that is sent those notices only which fit an event pattern, as a rule of Amazon EventBridge would choose them:
 * `noticesMatching({ detail: { severity: ['critical', 'high'] } }, pager)`. A notice is an event as `eventBridgeNotifier` puts it: source
 * `kms-baseline`, detail-type `KMS Baseline Notice`, in `resources` the key's ARN, in `detail` {@link noticeJson}. A notice that
 * does not fit counts as sent. An incident that closes has the severity it came to: a pattern on it chooses all of an incident
 * from there on.
 * @throws InputError that says where the pattern is wrong
 */
export function noticesMatching(pattern: object, notifier: Notifier): Notifier {
  const fits = eventMatcher(pattern);
  const takes = (notice: Notice) => fits(noticeEvent(notice)) && isFor(notifier, notice);
  return {
    ...notifier,
    takes,
    tell: (notice, signal) => (takes(notice) ? notifier.tell(notice, signal) : undefined),
  };
}

/** The parts of a notice's event that are known before it is put on a bus. */
function noticeEvent(notice: Notice): object {
  const keyArn = notice.key?.keyArn ?? null;
  return {
    source: 'kms-baseline',
    'detail-type': 'KMS Baseline Notice',
    resources: keyArn === null ? [] : [keyArn],
    detail: noticeJson(notice),
  };
}
