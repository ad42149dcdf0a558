import { parentPort, type TransferListItem } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './worker-pool.js';

/** Tells the pool something; the promise settles once few enough messages wait to be taken there. */
export type Tell = (message: unknown, transfer?: readonly TransferListItem[]) => Promise<void>;

/** So many messages may be on their way: what bounds the memory of a pool whose reader is slow. */
const MAX_UNTAKEN = 4;

/**
 * Answers a `WorkerPool` from inside of one of its threads: `run` does a job, whose value the pool's `run` resolves with, and
 * may `tell` of it on the way. Values are cloned.
 */
export function serveJobs<Job>(run: (job: Job, tell: Tell) => Promise<unknown>): void {
  const port = parentPort;
  if (port === null) throw new Error('jobs are served in worker threads only');
  let untaken = 0;
  let resume: (() => void) | null = null;
  const post = (from: FromWorker, transfer: readonly TransferListItem[] = []): void => port.postMessage(from, transfer);
  const tell: Tell = async (message, transfer) => {
    post({ message }, transfer);
    untaken++;
    if (untaken >= MAX_UNTAKEN) {
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
    }
  };
  port.on('message', (to: ToWorker) => {
    if ('taken' in to) {
      untaken--;
      resume?.();
      resume = null;
      return;
    }
    run(to.job as Job, tell).then(
      (done) => post({ done }),
      (failed: unknown) => post({ failed }),
    );
  });
}
