/** The time of day and the way to wait. */
export interface PlanClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `run` once, after so many milliseconds, unless what it returned was called before. Limits on what does not answer
   * go by it; by the machine's timers where a clock has none.
   */
  after?(ms: number, run: () => void): () => void;
}

/** {@link PlanClock.after}, by the machine's timers. */
export function afterOnTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** The machine's. */
export const machineClock: PlanClock = {
  now: () => Date.now(),
  after: afterOnTimer,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};
