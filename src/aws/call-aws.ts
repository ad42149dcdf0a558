import { checkInteger } from '../errors.js';
import { machineClock } from '../plan/clock.js';
import { withinLimit } from '../plan/within-limit.js';
import { type Retry, retryOf } from '../time/retry.js';
import { type Clock, systemClock } from './clock.js';
import { type Pacer, pacerOf } from './pacer.js';
import type { AwsAction } from './permissions.js';

/** What every adapter takes besides its own options. */
export interface CallOptions {
  /** Keeps the rate of requests; by default one that all callers with the same client share. */
  readonly pacer?: Pacer;
  readonly clock?: Clock;
  /** Aborting it ends the work with its reason. */
  readonly signal?: AbortSignal;
  /** `within`: for how many ms one request may be throttled before it is given up; 10 minutes by default. */
  readonly retry?: Pick<Retry, 'within'>;
  /**
   * After so many ms without an answer, or without more of one that comes in parts, one try of a request has failed and is
   * made again; a minute by default.
   */
  readonly timeout?: number;
}

/** A request to AWS that failed for good. The SDK's error is the `cause`. */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
  /** The request, by the IAM action that allows it. */
  readonly action: AwsAction;
  /** The name of the SDK's error, e.g. `AccessDeniedException`. */
  readonly reason: string;

  constructor(action: AwsAction, cause: unknown) {
    const reason = nameOf(cause);
    const text = cause instanceof Error ? cause.message : String(cause);
    super(`${action} failed: ${reason}: ${text}${adviceOn(reason, action, cause)}`, { cause });
    this.action = action;
    this.reason = reason;
  }
}

const MINUTE = 60_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
/** How often in all a request is sent that fails in passing. */
const MOST_TRIES = 8;
/** The same, where there was no way to the service from the beginning: that is mended by hand as a rule, and whoever waits is to know. */
const TRIES_TO_REACH = 3;
/** A timer takes no more. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
const NEVER = new AbortController().signal;

/** An answer without what every answer of its kind has, such as an empty body. */
class IncompleteAnswer extends Error {
  override readonly name = 'IncompleteAnswer';
}

/** Sends requests of one adapter: paced, and again after throttling and failures that pass. */
export class Caller {
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly signal: AbortSignal | undefined;
  readonly #within: number;
  readonly #timeout: number;
  /** Something has answered, if only with a refusal. */
  #reached = false;

  /** @param perSecond requests a second where the caller names no pacer; `quota` names what is shared */
  constructor(client: object, quota: string, perSecond: number, options: CallOptions) {
    this.clock = options.clock ?? systemClock;
    this.pacer = options.pacer ?? pacerOf(client, quota, perSecond, this.clock);
    this.signal = options.signal;
    this.#within = retryOf(options.retry, { within: 10 * MINUTE }).within;
    this.#timeout = checkInteger(options.timeout ?? MINUTE, 'timeout', 1, LONGEST_TIMEOUT);
  }

  /**
   * What `send` answers. A throttled request waits, with everyone who shares the pacer, and is sent again; so is one that
   * failed on the way or at the service, that was not answered in time, or whose answer has no `field`. The SDK tries a request
   * a few times by itself before any of that is seen here.
   * @param field what every answer has, be it an empty list
   * @throws AwsCallError when it fails for good: a refusal, throttling for longer than `retry.within`, or the eighth failure; the
   *   third, where the service was never reached
   */
  async call<T>(
    action: AwsAction,
    send: (options: { abortSignal?: AbortSignal }) => Promise<T>,
    field?: keyof T & string,
  ): Promise<T> {
    const { clock, pacer, signal } = this;
    const since = clock.now();
    let failures = 0;
    for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      await pacer.turn(signal);
      try {
        const answer = await this.timed((abortSignal) => send({ abortSignal }));
        this.#reached = true;
        if (field !== undefined && answer[field] === undefined)
          throw new IncompleteAnswer(`the answer has no ${field}`);
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        this.#reached ||= statusOf(error) !== undefined;
        const tries = this.#reached || !isUnreachable(error) ? MOST_TRIES : TRIES_TO_REACH;
        if (isThrottling(error)) {
          pacer.pause(wait);
          if (clock.now() + wait - since > this.#within) throw new AwsCallError(action, error);
        } else if (!isPassing(error) || ++failures >= tries) {
          throw new AwsCallError(action, error);
        }
        await clock.sleep(wait, signal);
      }
    }
  }

  /** What `work` gives, unless it takes longer than a request may, or the signal aborts: then it is left behind. */
  timed<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withinLimit({ ms: this.#timeout, clock: machineClock, signal: this.signal ?? NEVER }, work);
  }
}

/**
 * Names under which services refuse a request for coming too soon. By name, since neither KMS nor CloudTrail model theirs
 * as a class; without `LimitExceededException`, which the SDK counts among them and which is a resource quota in KMS.
 */
const THROTTLING = new Set([
  'BandwidthLimitExceeded',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

const PASSING = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'InternalError',
  'LimitError',
  'IncompleteAnswer',
]);
const NETWORK = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const NO_WAY = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND', 'ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT']);

/** No connection came about: there is no network, no such name, or nobody there. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && NO_WAY.has(String(error.code))) return true;
  return error.name === 'TimeoutError' && /establish a connection/.test(error.message);
}

export function isThrottling(error: unknown): boolean {
  return THROTTLING.has(nameOf(error)) || statusOf(error) === 429;
}

/**
 * Failures of the network or of the service itself: the same request may well succeed next time. Not so an operation that
 * the endpoint does not have, status 501.
 */
export function isPassing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return PASSING.has(nameOf(error)) || NETWORK.has(code) || ((statusOf(error) ?? 0) >= 500 && statusOf(error) !== 501);
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: unknown };
  return typeof httpStatusCode === 'number' ? httpStatusCode : undefined;
}

const DENIED = /^(?:AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|Forbidden)$/;
const CREDENTIALS =
  /^(?:CredentialsProviderError|ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|InvalidSignatureException|TokenRefreshRequired)$/;

/** Whether every other request would fail for the same reason. */
export function isCredentials(error: AwsCallError): boolean {
  return CREDENTIALS.test(error.reason);
}

function adviceOn(reason: string, action: AwsAction, cause: unknown): string {
  if (isUnreachable(cause)) return ' (there is no connection: check the network, a proxy, and the Region or endpoint)';
  if (reason === 'CredentialsProviderError')
    return ' (set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)';
  if (cause instanceof Error && cause.message === 'Region is missing') return ' (set AWS_REGION)';
  if (DENIED.test(reason)) return ` (needed is the permission ${action})`;
  if (CREDENTIALS.test(reason)) return ` (the client's credentials; needed is the permission ${action})`;
  return '';
}
