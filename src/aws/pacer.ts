import { checkNumber } from '../errors.js';
import { type Clock, systemClock } from './clock.js';

/**
 * Keeps a rate of requests: whoever takes a turn waits until it has come. Turns are evenly spaced, in the order in which
 * they were asked for, so that callers in parallel share one quota and none starves. AWS counts most request quotas per
 * account and Region: clients of one account and Region should share a pacer.
 */
export class Pacer {
  readonly #interval: number;
  readonly #clock: Clock;
  /** When the next turn comes, epoch milliseconds. */
  #next = -Infinity;

  /** @param perSecond turns a second, above 0 */
  constructor(perSecond: number, clock: Clock = systemClock) {
    this.#interval = 1000 / checkNumber(perSecond, 'perSecond', 1e-6, 1e6);
    this.#clock = clock;
  }

  /** Turns a second. */
  get perSecond(): number {
    return 1000 / this.#interval;
  }

  /** Waits for a turn; rejects with the signal's reason when it aborts first. */
  async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const now = this.#clock.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#interval;
    if (at > now) await this.#clock.sleep(at - now, signal);
  }

  /** No turn for so many milliseconds: the service has said that it is too much. */
  pause(ms: number): void {
    this.#next = Math.max(this.#next, this.#clock.now() + ms);
  }
}

const shared = new WeakMap<object, Map<string, Pacer>>();

/** The pacer that all callers with the same client use for a quota where they name none. */
export function pacerOf(client: object, quota: string, perSecond: number, clock: Clock): Pacer {
  const pacers = shared.get(client) ?? new Map<string, Pacer>();
  shared.set(client, pacers);
  const pacer = pacers.get(quota) ?? new Pacer(perSecond, clock);
  pacers.set(quota, pacer);
  return pacer;
}
