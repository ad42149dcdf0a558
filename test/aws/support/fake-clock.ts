import type { Clock } from '../../../src/aws/clock.js';

/** A clock on which waiting takes no time: whoever sleeps moves it on. */
export class FakeClock implements Clock {
  time: number;
  /** Every wait, in order, in ms. */
  readonly sleeps: number[] = [];

  constructor(time: number = Date.UTC(2026, 0, 19)) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const until = this.time + ms;
    this.sleeps.push(ms);
    // A turn of the event loop, so that others waiting for an earlier moment come first.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    this.time = Math.max(this.time, until);
  }
}
