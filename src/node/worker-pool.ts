import { availableParallelism } from 'node:os';
import { type TransferListItem, Worker } from 'node:worker_threads';
import { checkInteger } from '../errors.js';

/** A thread that ended before its job did. */
export class WorkerCrash extends Error {
  override readonly name = 'WorkerCrash';
}

/** What goes to a worker: jobs, and that a message of a job was taken. */
export type ToWorker = { readonly job: unknown } | { readonly taken: true };

/** What comes from a worker. */
export type FromWorker = { readonly message: unknown } | { readonly done: unknown } | { readonly failed: unknown };

/** `threads` checked; without it, as many as the machine has cores for this process. */
export function checkThreads(threads: unknown): number {
  return threads === undefined ? availableParallelism() : checkInteger(threads, 'threads', 1, 1024);
}

/**
 * Threads that run jobs one at a time each; `serveJobs` answers inside of them. A thread starts when a job finds none that
 * is free, and one that crashed is replaced so; free ones do not keep the process alive, and end after `keepFor`. The source
 * is text rather than a file: it works wherever this package is bundled, and when it is run from its TypeScript.
 */
export class WorkerPool {
  readonly #source: string;
  readonly #size: number;
  readonly #keepFor: number;
  readonly #free: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #ends = new Map<Worker, NodeJS.Timeout>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  /** @param keepFor milliseconds after which a thread that is free ends; without it, when the pool is closed */
  constructor(source: string, size: number, keepFor = Number.POSITIVE_INFINITY) {
    this.#source = source;
    this.#size = size;
    this.#keepFor = keepFor;
  }

  /**
   * Runs a job, a value that can be cloned, in the next thread that is free. `onMessage` hears what the job tells on its
   * way; a job runs only some messages ahead of what the promise of it has settled. Rejects with what the job threw, or
   * with {@link WorkerCrash}, whose cause says more, when its thread ended.
   */
  async run(
    job: unknown,
    onMessage: (message: unknown) => void | Promise<void> = () => {},
    transfer: readonly TransferListItem[] = [],
  ): Promise<unknown> {
    const worker = await this.#take();
    return await new Promise((resolve, reject) => {
      // Messages are heard one after another, and all of them before the end is.
      let heard: Promise<void> = Promise.resolve();
      const end = (finish: () => void): void => {
        // One by one: a Worker has listeners of its own, without which it goes silent.
        worker.off('error', onError).off('messageerror', onUnreadable).off('exit', onExit).off('message', onFrom);
        heard.then(finish, reject);
        this.#waiting.shift()?.();
      };
      const crash = (what: string, cause?: unknown): void => {
        this.#stop(worker);
        end(() => reject(new WorkerCrash(`a worker thread ended before its job did: ${what}`, { cause })));
      };
      const onError = (error: unknown): void => crash(error instanceof Error ? error.message : String(error), error);
      const onUnreadable = (error: unknown): void => crash('its message cannot be read', error);
      const onExit = (code: number): void => crash(`exit code ${code}`);
      const onFrom = (from: FromWorker): void => {
        if ('message' in from) {
          heard = heard.then(() => onMessage(from.message));
          heard.then(
            () => worker.postMessage({ taken: true } satisfies ToWorker),
            () => {
              // What the job still says must not be taken for the next one's.
              this.#stop(worker);
              end(() => {});
            },
          );
          return;
        }
        this.#release(worker);
        end(() => ('failed' in from ? reject(from.failed) : resolve(from.done)));
      };
      worker.on('error', onError).on('messageerror', onUnreadable).on('exit', onExit).on('message', onFrom);
      try {
        worker.postMessage({ job } satisfies ToWorker, transfer);
      } catch (error) {
        // The job cannot be cloned.
        this.#release(worker);
        end(() => reject(error));
      }
    });
  }

  /** Stops all threads; jobs that run or wait are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #release(worker: Worker): void {
    worker.unref();
    this.#free.push(worker);
    if (this.#keepFor === Number.POSITIVE_INFINITY) return;
    this.#ends.set(worker, setTimeout(() => this.#stop(worker), this.#keepFor).unref());
  }

  #stop(worker: Worker): void {
    this.#forget(worker);
    void worker.terminate();
  }

  #forget(worker: Worker): void {
    this.#all.delete(worker);
    clearTimeout(this.#ends.get(worker));
    this.#ends.delete(worker);
  }

  async #take(): Promise<Worker> {
    for (;;) {
      if (this.#closed) throw new Error('this pool of worker threads is closed');
      const free = this.#free.pop();
      if (free !== undefined) {
        // It may have ended since.
        if (!this.#all.has(free)) continue;
        clearTimeout(this.#ends.get(free));
        free.ref();
        return free;
      }
      if (this.#all.size < this.#size) {
        // Without these arguments' loaders: a worker would start TypeScript's again.
        const worker = new Worker(this.#source, { eval: true, execArgv: [] });
        this.#all.add(worker);
        // One that fails while it is free must not bring the process down, nor be given a job.
        worker.on('error', () => {}).on('exit', () => this.#forget(worker));
        return worker;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
