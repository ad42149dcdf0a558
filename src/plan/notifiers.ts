import { checkOptions, InputError, type OptionNames, optionsFor, shown } from '../errors.js';
import { safeJson } from '../report/printable.js';
import { MINUTE, SECOND } from '../time/grid.js';
import { type Retry, retryOf } from '../time/retry.js';
import { machineClock, type PlanClock } from './clock.js';
import { type Notice, type Notifier, noticeJson } from './notice.js';
import { NotifyError } from './notify-error.js';

export interface RetryOptions {
  /** `attempts` in all, 4 by default; `wait` after the first failure, ms, doubled after each, 1 s by default. */
  readonly retry?: Pick<Retry, 'attempts' | 'wait'>;
  readonly clock?: PlanClock;
  /** Whether trying again may mend a failure; all but a {@link NotifyError} by default. */
  readonly passes?: (error: unknown) => boolean;
}

/** A failure that passes, of a service that has said when to try again: at the earliest after so many ms. */
class BusyError extends Error {
  readonly wait: number;

  constructor(message: string, wait: number) {
    super(message);
    this.wait = wait;
  }
}

/** A wait that a service asks for is kept up to this. */
const LONGEST_WAIT = MINUTE;

/** Tries again what fails in passing; throws the last failure. */
export async function retried<T>(send: () => Promise<T>, options: RetryOptions = {}, signal?: AbortSignal): Promise<T> {
  checkOptions(options, RETRY_OPTIONS);
  let { attempts: left, wait } = retryOf(options.retry, { attempts: 4, wait: SECOND });
  const { clock = machineClock, passes = (error: unknown) => !(error instanceof NotifyError) } = options;
  for (;;) {
    left--;
    try {
      return await send();
    } catch (error) {
      if (left === 0 || !passes(error) || signal?.aborted === true) throw error;
      await clock.sleep(error instanceof BusyError ? Math.max(wait, error.wait) : wait, signal);
      wait *= 2;
    }
  }
}

const RETRY_OPTIONS: OptionNames<RetryOptions> = { retry: true, clock: true, passes: true };

/** One line of text a notice, for people who watch. @param write takes a line with its end, as `process.stdout.write` does */
export function textNotifier(write: (line: string) => unknown, name = 'console'): Notifier {
  return {
    name,
    tell: (notice) => {
      write(`${new Date(notice.at).toISOString()} ${notice.state} ${notice.kind} [${notice.id}] ${notice.text}\n`);
    },
  };
}

/** One line of JSON a notice: {@link noticeJson}. */
export function jsonLinesNotifier(write: (line: string) => unknown | Promise<unknown>, name = 'json-lines'): Notifier {
  return {
    name,
    tell: async (notice) => {
      await write(`${safeJson(noticeJson(notice))}\n`);
    },
  };
}

export interface WebhookOptions extends RetryOptions {
  readonly name?: string;
  /** `slack`: `{ "text": … }`, which Slack and many others take; `json`: {@link noticeJson}. Default `json`. */
  readonly body?: 'json' | 'slack';
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** After how many ms without an answer a try has failed; 10 s by default. */
  readonly timeout?: number;
}

/** Answers that speak of the address or the right to post there rather than of a notice; redirects besides. */
const OF_ADDRESS = new Set([401, 403, 404, 405, 407, 410]);

/**
 * Posts each notice to an address, with its id in the header `idempotency-key`. Tried again on failures of the network,
 * and on the answers 408, 429 and 5xx, no sooner than the answer's `Retry-After` asks for, up to a minute; other answers are a
 * {@link NotifyError} at once. So is a redirect: nothing is sent to a second address. Messages never show the address, which
 * is often a secret.
 * @throws InputError unless `url` is one of http or https
 */
export function webhookNotifier(url: string, options: WebhookOptions = {}): Notifier {
  checkOptions(options, WEBHOOK_OPTIONS);
  const { body = 'json', name = 'webhook' } = options;
  let host: string;
  try {
    const { protocol, hostname } = new URL(url);
    if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError(protocol);
    host = hostname;
  } catch {
    throw new InputError('url must be an address that begins with https:// or http://, got another text');
  }
  if (body !== 'json' && body !== 'slack') throw new InputError(`body must be 'json' or 'slack', got ${shown(body)}`);
  const send = async (notice: Notice, signal: AbortSignal | undefined): Promise<void> => {
    const answer = await posted(url, host, notice, options, signal);
    // Whatever is in it, it need not be read.
    await answer.body?.cancel().catch(() => undefined);
    if (answer.ok) return;
    const isRedirect = answer.type === 'opaqueredirect' || (answer.status >= 300 && answer.status < 400);
    const message = `${host} answered ${answer.type === 'opaqueredirect' ? 'with a redirect' : answer.status}`;
    if (answer.status === 408 || answer.status === 429 || answer.status >= 500) {
      throw new BusyError(message, retryAfter(answer.headers.get('retry-after'), options.clock ?? machineClock));
    }
    throw new NotifyError(message, { isOfNotice: !isRedirect && !OF_ADDRESS.has(answer.status) });
  };
  return {
    name,
    tell: (notice, signal) => retried(() => send(notice, signal), optionsFor(options, RETRY_OPTIONS), signal),
  };
}

async function posted(
  url: string,
  host: string,
  notice: Notice,
  { body = 'json', headers = {}, timeout = 10_000, fetch: send = fetch }: WebhookOptions,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const limit = AbortSignal.timeout(timeout);
  try {
    return await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': notice.id, ...headers },
      body: body === 'slack' ? JSON.stringify(slackBody(notice)) : safeJson(noticeJson(notice)),
      // Followed, a redirect would take the notice and the headers elsewhere, or turn into a GET that sends nothing.
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  } catch (cause) {
    // The cause may hold the address.
    throw new Error(`${host} could not be reached: ${cause instanceof Error ? cause.name : 'unknown'}`);
  }
}

/** The wait that a `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3); 0 where there is none. */
function retryAfter(value: string | null, clock: PlanClock): number {
  if (value === null) return 0;
  const wait = /^\d+$/.test(value.trim()) ? Number(value) * SECOND : Date.parse(value) - clock.now();
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_WAIT) : 0;
}

/**
 * `&`, `<` and `>` are what Slack reads as its own, `*` and `_` what its markup does, and addresses it links by themselves: so
 * that nothing in a log can mention, link or hide.
 */
function slackBody({ state, text, owner, id }: Notice): object {
  const plain = (value: string) =>
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('://', ': //');
  return { text: `${state} ${plain(text)}\n${plain(owner)} · ${id}`, mrkdwn: false };
}

const WEBHOOK_OPTIONS: OptionNames<WebhookOptions> = {
  name: true,
  body: true,
  headers: true,
  fetch: true,
  timeout: true,
  retry: true,
  clock: true,
  passes: true,
};
