import { checkInteger, checkOptions, InputError, type OptionNames, optionsFor, shown } from '../errors.js';
import { machineClock, type PlanClock } from './clock.js';
import { type Notice, type Notifier, noticeJson } from './notice.js';

export interface RetryOptions {
  /** How often it is tried in all; 4 by default. */
  readonly tries?: number;
  /** The wait after the first failure, ms, doubled after each; 1 s by default. */
  readonly wait?: number;
  readonly clock?: PlanClock;
  /** Whether trying again may mend a failure; all but a {@link NotifyError} by default. */
  readonly passes?: (error: unknown) => boolean;
}

/** A failure that trying again does not mend. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
}

/** Tries again what fails in passing; throws the last failure. */
export async function retried<T>(send: () => Promise<T>, options: RetryOptions = {}, signal?: AbortSignal): Promise<T> {
  checkOptions(options, RETRY_OPTIONS);
  const tries = checkInteger(options.tries ?? 4, 'tries', 1, 100);
  const { clock = machineClock, passes = (error: unknown) => !(error instanceof NotifyError) } = options;
  let wait = checkInteger(options.wait ?? 1_000, 'wait', 0, 1e6);
  for (let left = tries - 1; ; left--) {
    try {
      return await send();
    } catch (error) {
      if (left === 0 || !passes(error) || signal?.aborted === true) throw error;
      await clock.sleep(wait, signal);
      wait *= 2;
    }
  }
}

const RETRY_OPTIONS: OptionNames<RetryOptions> = { tries: true, wait: true, clock: true, passes: true };

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
      await write(`${JSON.stringify(noticeJson(notice))}\n`);
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

/**
 * Posts each notice to an address, with its id in the header `idempotency-key`. Tried again on failures of the network,
 * and on the answers 408, 429 and 5xx; other answers are an error at once. Messages never show the address, which is often a
 * secret.
 * @throws InputError unless `url` is one of http or https
 */
export function webhookNotifier(url: string, options: WebhookOptions = {}): Notifier {
  checkOptions(options, WEBHOOK_OPTIONS);
  const { body = 'json', headers = {}, timeout = 10_000, name = 'webhook' } = options;
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
    const limit = AbortSignal.timeout(timeout);
    let status: number;
    try {
      const answer = await (options.fetch ?? fetch)(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': notice.id, ...headers },
        body: JSON.stringify(body === 'slack' ? slackBody(notice) : noticeJson(notice)),
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      status = answer.status;
      await answer.arrayBuffer();
    } catch (cause) {
      // The cause may tell the address.
      throw new Error(`${host} could not be reached: ${cause instanceof Error ? cause.name : 'unknown'}`);
    }
    if (status >= 200 && status < 300) return;
    const passing = status === 408 || status === 429 || status >= 500;
    throw new (passing ? Error : NotifyError)(`${host} answered ${status}`);
  };
  return {
    name,
    tell: (notice, signal) => retried(() => send(notice, signal), optionsFor(options, RETRY_OPTIONS), signal),
  };
}

const WEBHOOK_OPTIONS: OptionNames<WebhookOptions> = {
  name: true,
  body: true,
  headers: true,
  fetch: true,
  timeout: true,
  tries: true,
  wait: true,
  clock: true,
  passes: true,
};

/** `&`, `<` and `>` are what Slack reads as its own; so nothing in a log can mention or link. */
function slackBody({ state, text, owner, id }: Notice): object {
  const plain = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return { text: `*${state}* ${plain(text)}\n_${plain(owner)} · ${id}_` };
}
