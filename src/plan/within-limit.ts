import { duration } from '../report/numbers.js';
import { afterOnTimer, type PlanClock } from './clock.js';

/** A part of a plan did not get on for so long that it was given up for this time. */
export class LimitError extends Error {
  override readonly name = 'LimitError';

  /** @param ms the limit */
  constructor(ms: number) {
    super(`no answer for ${duration(ms)}`);
  }
}

export interface Limit {
  /** After so many ms without an answer, or a sign of progress, the work has failed. */
  readonly ms: number;
  readonly clock: PlanClock;
  /** Aborting it ends the work with its reason. */
  readonly signal: AbortSignal;
  /** So long after that the work may still end by itself, ms; none by default. */
  readonly grace?: number;
}

/**
 * What `work` gives, within a limit: it is handed a signal that aborts when the limit is over or the run ends, and a
 * function that says that it gets on, from where the limit begins anew. Work that heeds neither is left behind, and what
 * comes of it is lost.
 * @throws LimitError when the limit is over, the reason of the signal when it aborts, and whatever `work` throws
 */
export function withinLimit<T>(
  { ms, clock, signal, grace = 0 }: Limit,
  work: (signal: AbortSignal, getsOn: () => void) => T | Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const after = (time: number, run: () => void): (() => void) => (clock.after ?? afterOnTimer)(time, run);
    const part = new AbortController();
    let isOver = false;
    let cancel = (): void => undefined;
    const end = (settle: () => void): void => {
      isOver = true;
      cancel();
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const giveUp = (error: unknown): void => end(() => reject(error));
    const getsOn = (): void => {
      if (isOver || part.signal.aborted) return;
      cancel();
      cancel = after(ms, () => {
        const error = new LimitError(ms);
        giveUp(error);
        part.abort(error);
      });
    };
    const onAbort = (): void => {
      cancel();
      part.abort(signal.reason);
      if (grace === 0) giveUp(signal.reason);
      else cancel = after(grace, () => giveUp(signal.reason));
    };
    if (signal.aborted && grace === 0) {
      reject(signal.reason);
      return;
    }
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    getsOn();
    Promise.resolve()
      .then(() => work(part.signal, getsOn))
      .then(
        (value) => end(() => resolve(value)),
        (error: unknown) => end(() => reject(error)),
      );
  });
}
