import type { CallCounter } from '../kms/call-counter.js';
import type { CoverageTracker } from '../kms/coverage.js';
import { addPart, type FilePart, type IngestJob, ingest } from './ingest-job.js';
import type { IngestTally } from './ingest-stats.js';
import type { LogFile } from './log-files.js';
import type { Progress } from './read-progress.js';
import { WorkerCrash, WorkerPool } from './worker-pool.js';
import { WORKER_SOURCE } from './worker-source.generated.js';

/** A thread that ended before its files were read. */
export interface CrashedWorker {
  readonly cause: Error;
  /** The files it had not come to the end of, which were read again on the calling thread. */
  readonly files: readonly string[];
}

/** Where what is read goes. */
export interface Counting {
  readonly signal: AbortSignal | undefined;
  /** Whether any level tells callers apart: else all may be the same, and need not be read. */
  readonly withCaller: boolean;
  readonly giveUpAfter: number | undefined;
  readonly tally: IngestTally;
  readonly tracker: CoverageTracker;
  readonly counter: CallCounter;
  readonly progress: Progress;
}

/** So much is given to a thread at a time: enough for messages to cost nothing, little enough to share evenly. */
const JOB_BYTES = 4 * 1024 * 1024;
const JOB_FILES = 256;
/** After so many crashes no more threads are tried. */
const MAX_CRASHES = 4;

/**
 * Reads files on worker threads and counts them here. Parts are taken in the order of the files: a thread that is ahead
 * of its turn waits after a few messages, so that memory stays bounded.
 */
export async function countOnThreads(
  files: readonly LogFile[],
  threads: number,
  counting: Counting,
): Promise<CrashedWorker[]> {
  const { withCaller, giveUpAfter } = counting;
  const crashes: CrashedWorker[] = [];
  const pool = new WorkerPool(WORKER_SOURCE, threads);
  const jobs = jobsOf(files);
  const running: RunningJob[] = [];
  let next = 0;
  try {
    for (const [i, job] of jobs.entries()) {
      while (next < jobs.length && next < i + 2 * threads) {
        running[next] = new RunningJob(pool, { kind: 'ingest', files: jobs[next], withCaller, giveUpAfter });
        next++;
      }
      const counted = new CountedJob(job, counting);
      const crash = await running[i].takeAll((part) => counted.take(part));
      // Its messages are of no more use, and there may be very many jobs.
      delete running[i];
      if (crash === null) continue;
      const rest = counted.rest();
      crashes.push({ cause: crash, files: rest.map(({ path }) => path) });
      await ingest({ files: rest, withCaller, giveUpAfter }, async (parts) => counted.takeAgain(parts));
      if (crashes.length < MAX_CRASHES) continue;
      const left = jobs.slice(i + 1).flat();
      const last = new CountedJob(left, counting);
      await pool.close();
      await ingest({ files: left, withCaller, giveUpAfter }, async (parts) => last.takeAgain(parts));
      break;
    }
    return crashes;
  } finally {
    await pool.close();
  }
}

/** Consecutive files, in pieces of some {@link JOB_BYTES}. */
function jobsOf(files: readonly LogFile[]): LogFile[][] {
  const jobs: LogFile[][] = [];
  let job: LogFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (job.length > 0 && (bytes + file.size > JOB_BYTES || job.length === JOB_FILES)) {
      jobs.push(job);
      job = [];
      bytes = 0;
    }
    job.push(file);
    bytes += file.size;
  }
  if (job.length > 0) jobs.push(job);
  return jobs;
}

/** A job on some thread, whose messages wait until it is their turn. */
class RunningJob {
  readonly #end: Promise<WorkerCrash | null>;
  #take: ((part: FilePart) => void) | null = null;
  #turn: () => void = () => {};
  readonly #turned: Promise<void>;

  constructor(pool: WorkerPool, job: IngestJob) {
    this.#turned = new Promise((resolve) => {
      this.#turn = resolve;
    });
    this.#end = pool
      .run(job, async (message) => {
        await this.#turned;
        for (const part of message as FilePart[]) this.#take?.(part);
      })
      .then(
        () => null,
        (error: unknown) => {
          if (error instanceof WorkerCrash) return error;
          throw error;
        },
      );
    // It is waited for when its turn comes, or not at all when an earlier one failed.
    this.#end.catch(() => {});
  }

  /** Hands over all parts, those that waited and those to come; the crash that ended it too early, if there was one. */
  async takeAll(take: (part: FilePart) => void): Promise<WorkerCrash | null> {
    this.#take = take;
    this.#turn();
    return await this.#end;
  }
}

/** How far the files of a job are counted. */
class CountedJob {
  readonly #files: readonly LogFile[];
  readonly #counting: Counting;
  /** Files counted to their end; parts counted of the one behind them, and the bytes that these told of. */
  #done = 0;
  #parts = 0;
  #bytes = 0;
  /** Parts of the first file read again that were counted before. */
  #skip = 0;

  constructor(files: readonly LogFile[], counting: Counting) {
    this.#files = files;
    this.#counting = counting;
  }

  take(part: FilePart): void {
    const { signal, tally, tracker, counter, progress } = this.#counting;
    signal?.throwIfAborted();
    addPart(part, tally, tracker);
    const { path } = this.#files[this.#done];
    counter.addBatch(part.calls, path);
    progress.path = path;
    this.#parts++;
    this.#bytes += part.counts.bytes;
    if (!part.more) {
      this.#done++;
      this.#parts = 0;
      this.#bytes = 0;
      progress.files++;
    }
    progress.tell();
  }

  /** The files that are not counted to their end. */
  rest(): readonly LogFile[] {
    this.#skip = this.#parts;
    // How far a file is read ahead of a part is not always the same.
    this.#counting.tally.bytes -= this.#bytes;
    return this.#files.slice(this.#done);
  }

  /** Takes parts of {@link rest}, but for those that were counted already: a file's parts are the same every time. */
  takeAgain(parts: readonly FilePart[]): void {
    for (const part of parts) {
      if (this.#skip > 0) {
        this.#skip--;
        this.#counting.tally.bytes += part.counts.bytes;
      } else this.take(part);
    }
  }
}
