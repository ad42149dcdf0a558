import { type RetryOptions, retried } from '../plan/notifiers.js';
import { NotifyError } from '../plan/notify-error.js';
import { isPassing, isThrottling, nameOf } from './call-aws.js';
import { type Clock, systemClock } from './clock.js';

export interface NotifyOptions {
  /** Its name in the plan; `sns` or `eventbridge` by default. */
  readonly name?: string;
  /** `attempts`: how often a notice is sent in all when throttled or failing in passing, 4 by default; `wait` after the first, 1 s. */
  readonly retry?: RetryOptions['retry'];
  readonly clock?: Clock;
}

/**
 * A message of SNS may have so many bytes, its attributes among them (SNS API Reference, Publish); EventBridge takes 1 MB, and
 * few targets as much.
 */
export const MOST_BYTES = 262_144;
/** Of those, for attributes, the names of fields, and what else is around a text. */
export const AROUND = 8_192;

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

/** Sends again what was throttled, or failed on the way or at the service. */
export async function sent(
  send: () => Promise<unknown>,
  { retry = {}, clock = systemClock }: NotifyOptions,
  signal: AbortSignal | undefined,
  alsoPasses: (error: unknown) => boolean = () => false,
): Promise<void> {
  const passes = (error: unknown): boolean => isThrottling(error) || isPassing(error) || alsoPasses(error);
  try {
    await retried(send, { retry, clock, passes }, signal);
  } catch (cause) {
    if (!OF_NOTICE.has(nameOf(cause))) throw cause;
    throw new NotifyError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

export function signalOf(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
