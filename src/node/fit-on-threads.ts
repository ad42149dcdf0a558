import { type FittedRows, fitRows } from '../engine/counts/fit/fit-all.js';
import {
  countBaseline,
  FIT_OPTIONS,
  type FitOptions,
  type FitTerms,
  fitBaseline,
  fitTerms,
} from '../engine/fit-baseline.js';
import type { Baseline } from '../engine/index.js';
import { checkOptions, type OptionNames, optionsFor } from '../errors.js';
import { isSparse, type SeriesSet } from '../series/series-set.js';
import { type FitJob, type FitPart, rowsOfPart } from './fit-job.js';
import { checkThreads, WorkerPool } from './worker-pool.js';
import { WORKER_SOURCE } from './worker-source.generated.js';

export interface ThreadedFitOptions extends FitOptions {
  /** Threads to fit on; by default as many as the machine has cores for this process. With 1 all is done on the calling thread. */
  readonly threads?: number;
  /** Hears of threads that ended before their rows were fitted; these are fitted again on the calling thread. */
  readonly onCrash?: (crash: CrashedFit) => void;
}

/** A thread that ended before its rows were fitted. */
export interface CrashedFit {
  readonly cause: Error;
  /** Rows of the history, [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Less work than this, in buckets, is done sooner than threads are started: 0.2 s. */
const WORTHWHILE = 1_000_000;
/** The least work given to a thread at a time, in buckets: 20 ms, beside which laying out the weeks of its zones costs little. */
const LEAST_JOB = 100_000;
/**
 * Threads that are free are kept so long, in milliseconds, for the next fit: until a new one has compiled its loops, it takes
 * half as long again for a thousand rows (measured on Node 20).
 */
const KEEP_THREADS = 10_000;
/** By how many threads each has. */
const pools = new Map<number, WorkerPool>();
/** After so many crashes no more threads are tried. */
const MAX_CRASHES = 4;

/**
 * {@link fitBaseline} on all cores: the same baseline, to the last byte. Little work, and continuous metrics, stay on the calling thread,
 * where zones given by a function are looked up as well. A history whose columns lie in `SharedArrayBuffer`s is not copied.
 * The threads are kept for the fits of the next ten seconds, which find them warm; they do not keep the process alive.
 *
 * @throws InputError as `fitBaseline` does, or when `threads` is no whole number from 1 on
 */
export async function fitBaselineOnThreads(history: SeriesSet, options: ThreadedFitOptions = {}): Promise<Baseline> {
  checkOptions(options, THREADED_FIT_OPTIONS);
  const threads = checkThreads(options.threads);
  const buckets = history.keys.length * history.grid.length;
  if (threads === 1 || history.measure === 'level' || buckets < WORTHWHILE) {
    return fitBaseline(history, optionsFor(options, FIT_OPTIONS));
  }
  let pool = pools.get(threads);
  if (pool === undefined) {
    pool = new WorkerPool(WORKER_SOURCE, threads, KEEP_THREADS);
    pools.set(threads, pool);
  }
  return await fitOnPool(history, options, pool, threads);
}

const THREADED_FIT_OPTIONS: OptionNames<ThreadedFitOptions> = {
  threads: true,
  onCrash: true,
  timeZone: true,
  exclude: true,
  calendar: true,
};

/** The same on the threads of a pool. */
export async function fitOnPool(
  history: SeriesSet,
  options: ThreadedFitOptions,
  pool: WorkerPool,
  threads: number,
): Promise<Baseline> {
  const terms = fitTerms(history, options);
  const shared = inSharedMemory(history);
  const starts = jobStarts(history, threads);
  const parts: FittedRows[] = [];
  let next = 0;
  let crashes = 0;
  const lane = async (): Promise<void> => {
    while (next < starts.length) {
      const at = next++;
      const from = starts[at];
      const to = starts[at + 1] ?? history.keys.length;
      const job: FitJob = { kind: 'fit', history: rowsBetween(shared, from, to), ...termsBetween(terms, from, to) };
      if (crashes < MAX_CRASHES) {
        try {
          parts[at] = rowsOfPart((await pool.run(job)) as FitPart, history);
          continue;
        } catch (cause) {
          crashes++;
          options.onCrash?.({ cause: cause as Error, from, to });
        }
      }
      parts[at] = fitRows(job.history, job.given, job.allowed, job.days);
    }
  };
  await Promise.all(Array.from({ length: threads }, lane));
  return countBaseline(history, terms, {
    zones: parts.flatMap(({ zones }) => zones),
    models: parts.flatMap(({ models }) => models),
    tails: new Map(parts.flatMap(({ tails }, i) => Array.from(tails, ([row, shown]) => [starts[i] + row, shown]))),
    // Without any row, what listened still tells how long nothing called.
    support: Math.max(...parts.map(({ support }) => support)),
  });
}

/**
 * Where each job begins: it takes a thread's half share of the rows that are left (guided self-scheduling, Polychronopoulos
 * and Kuck 1987), so that few jobs are made and all threads end together.
 */
function jobStarts({ keys, grid }: SeriesSet, threads: number): number[] {
  const least = Math.ceil(LEAST_JOB / grid.length);
  const starts: number[] = [];
  for (let from = 0; from < keys.length; ) {
    starts.push(from);
    from += Math.max(least, Math.ceil((keys.length - from) / (2 * threads)));
  }
  return starts;
}

function termsBetween({ given, allowed, days }: FitTerms, from: number, to: number): Omit<FitJob, 'kind' | 'history'> {
  return { given: given.slice(from, to), allowed, days: days.slice(from, to) };
}

/** Rows [from, to) as views of the columns, without keys. */
function rowsBetween(history: SeriesSet, from: number, to: number): SeriesSet {
  const { grid, values, observed } = history;
  const { length } = grid;
  return {
    ...history,
    keys: [],
    values: isSparse(values)
      ? { ...values, offsets: values.offsets.subarray(from, to + 1) }
      : values.subarray(from * length, to * length),
    observed: observed.length === length ? observed : observed.subarray(from * length, to * length),
  };
}

function inSharedMemory(history: SeriesSet): SeriesSet {
  const { values, observed } = history;
  return {
    ...history,
    values: isSparse(values)
      ? { offsets: shared(values.offsets), buckets: shared(values.buckets), counts: shared(values.counts) }
      : shared(values),
    observed: shared(observed),
  };
}

function shared<A extends Float64Array | Uint32Array | Uint8Array>(column: A): A {
  if (column.buffer instanceof SharedArrayBuffer) return column;
  const buffer = new SharedArrayBuffer(column.byteLength);
  const copy =
    column instanceof Float64Array
      ? new Float64Array(buffer)
      : column instanceof Uint32Array
        ? new Uint32Array(buffer)
        : new Uint8Array(buffer);
  copy.set(column);
  return copy as A;
}
