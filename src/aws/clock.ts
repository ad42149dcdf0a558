import { machineClock } from '../plan/clock.js';

/** The time of day and the way to wait: tests hand in one in which hours pass at once. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: machineClock.now,
  sleep: async (ms, signal) => {
    await machineClock.sleep(ms, signal);
    signal?.throwIfAborted();
  },
};
