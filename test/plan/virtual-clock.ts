import type { PlanClock } from '../../src/plan/clock.js';

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/**
 * A clock on which time passes only when nothing else is to do: whatever waits comes true in its order, at once. Good for
 * what answers in promises; of files and the network it knows nothing.
 */
export class VirtualClock implements PlanClock {
  time: number;
  readonly #events = new Set<Event>();
  #isRunning = false;

  constructor(start: number) {
    this.time = start;
  }

  readonly now = (): number => this.time;

  readonly after = (ms: number, run: () => void): (() => void) => {
    const event = { at: this.time + ms, run };
    this.#events.add(event);
    if (!this.#isRunning) {
      this.#isRunning = true;
      setImmediate(this.#next);
    }
    return () => void this.#events.delete(event);
  };

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.after(ms, done);
      if (signal?.aborted === true) done();
      else signal?.addEventListener('abort', done, { once: true });
    });

  readonly #next = (): void => {
    let first: Event | undefined;
    for (const event of this.#events) if (first === undefined || event.at < first.at) first = event;
    this.#isRunning = first !== undefined;
    if (first === undefined) return;
    this.#events.delete(first);
    this.time = Math.max(this.time, first.at);
    first.run();
    setImmediate(this.#next);
  };
}
