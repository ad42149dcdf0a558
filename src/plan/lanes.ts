import { afterOnTimer, type PlanClock } from './clock.js';

/**
 * Work of several parts side by side, one piece at a time for each: a part that is slow, or hangs, holds up its own next
 * piece and nobody else's.
 */
export class Lanes {
  readonly #underWay = new Map<string, Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  /** Begins a piece of work, unless one of the same part is under way. */
  start(part: string, work: () => Promise<void>): void {
    if (this.#underWay.has(part)) return;
    const done = work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => void this.#underWay.delete(part));
    this.#underWay.set(part, done);
  }

  /** Waits until nothing is under way, at most so long (all of it where `ms` is ∞). Throws what a piece of work threw. */
  async wait(ms: number, clock: PlanClock): Promise<void> {
    if (this.#underWay.size > 0) {
      const all = Promise.all(this.#underWay.values());
      await (ms === Infinity ? all : soon(all, ms, clock));
    }
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Resolves when nothing is under way any more, whatever came of it. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }
}

function soon(work: Promise<unknown>, ms: number, clock: PlanClock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = (clock.after ?? afterOnTimer)(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
