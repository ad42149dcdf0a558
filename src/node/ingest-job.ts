import type { CallBatch } from '../kms/call-batch.js';
import { TICK } from '../kms/coverage.js';
import type { FileReason, LogPosition, SetAsideReason, Tally } from './ingest-stats.js';
import type { LogFile } from './log-files.js';
import { LogScan } from './log-scan.js';
import { readFiles } from './read-files.js';
import type { Tell } from './serve-jobs.js';

/** Files for one thread to read. */
export interface IngestJob {
  readonly kind: 'ingest';
  readonly files: readonly LogFile[];
  readonly withCaller: boolean;
  readonly giveUpAfter: number | undefined;
}

/** What was found in a piece of a file: the pieces of a job, in their order, are all that there is to know of it. */
export interface FilePart {
  /** Index among the job's files. */
  readonly file: number;
  /** Not the last part of its file. */
  readonly more: boolean;
  readonly calls: CallBatch;
  readonly listened: readonly {
    readonly account: string;
    readonly region: string;
    readonly ticks: readonly number[];
  }[];
  /** To be added to those of a {@link Tally}. */
  readonly counts: Readonly<Pick<Tally, (typeof COUNTS)[number]>>;
  readonly rejections: readonly Rejected[];
}

type Rejected =
  | {
      readonly scope: 'file';
      readonly path: string;
      readonly reason: FileReason;
      readonly position: LogPosition;
      readonly found: string | null;
    }
  | {
      readonly scope: 'record';
      readonly path: string;
      readonly reason: SetAsideReason;
      readonly position: LogPosition;
      readonly field: string | undefined;
      readonly kms: boolean;
    };

const COUNTS = ['bytes', 'records', 'kmsRecords', 'calls', 'otherServices', 'filesRead'] as const;

/** Reads a job's files; `tell` hears of parts, several at a time, and is waited for. */
export async function ingest(
  { files, withCaller, giveUpAfter }: Omit<IngestJob, 'kind'>,
  tell: (parts: FilePart[]) => Promise<void>,
): Promise<void> {
  // Not only calls may be very many.
  const notes = new Notes(() => scan.flush());
  let parts: FilePart[] = [];
  let calls = 0;
  let file = 0;
  const part = (batch: CallBatch, more: boolean): void => {
    calls += batch.size;
    parts.push({ file, more, calls: copyOf(batch), ...notes.take() });
  };
  const scan: LogScan = new LogScan({ withCaller, giveUpAfter, tally: notes, coverage: notes, onCalls: part });
  const tellSome = async (least: number): Promise<void> => {
    if (parts.length === 0 || calls < least) return;
    const some = parts;
    parts = [];
    calls = 0;
    await tell(some);
  };
  await readFiles(files, scan, {
    onRead: (bytes) => {
      notes.bytes += bytes;
    },
    onChunk: () => tellSome(1),
    onFile: async () => {
      file++;
      await tellSome(CALLS_AT_ONCE);
    },
  });
  await tellSome(0);
}

/** {@link ingest} in a worker thread: its columns are handed over rather than copied. */
export async function ingestInWorker(job: IngestJob, tell: Tell): Promise<void> {
  await ingest(job, (parts) => {
    const columns = parts.flatMap(({ calls: { kind, time, ids, flags } }) => [kind, time, ids, flags]);
    return tell(
      parts,
      columns.map(({ buffer }) => buffer as ArrayBuffer),
    );
  });
}

/** Small files go together: a message costs some 50 µs. */
const CALLS_AT_ONCE = 4096;

/** Adds to the main thread's account of things what a part says; the calls are left to the caller. */
export function addPart({ listened, counts, rejections }: FilePart, tally: Tally, coverage: Coverage): void {
  for (const name of COUNTS) tally[name] += counts[name];
  for (const { account, region, ticks } of listened) {
    for (const tick of ticks) coverage.add(account, region, tick * TICK);
  }
  for (const rejected of rejections) {
    const { path, position } = rejected;
    if (rejected.scope === 'file') tally.rejectFile(path, rejected.reason, position, rejected.found);
    else tally.setAside(path, rejected.reason, position, rejected.field, rejected.kms);
  }
}

interface Coverage {
  add(account: string, region: string, time: number): void;
}

/** So many rejections make a part as well. */
const MAX_REJECTIONS = 4096;

/** Notes down what would be added to tally and coverage. */
class Notes implements Tally, Coverage {
  readonly #onFull: () => void;
  bytes = 0;
  records = 0;
  kmsRecords = 0;
  calls = 0;
  otherServices = 0;
  filesRead = 0;
  #rejections: Rejected[] = [];
  /** By account and Region, whose ticks they are. */
  readonly #ticks = new Map<string, Map<string, Set<number>>>();

  constructor(onFull: () => void) {
    this.#onFull = onFull;
  }

  rejectFile(
    path: string,
    reason: FileReason,
    position: LogPosition = { record: 0, byte: null },
    found: string | null = null,
  ): void {
    this.#rejections.push({ scope: 'file', path, reason, position, found });
  }

  setAside(path: string, reason: SetAsideReason, position: LogPosition, field: string | undefined, kms: boolean): void {
    this.#rejections.push({ scope: 'record', path, reason, position, field, kms });
    if (this.#rejections.length === MAX_REJECTIONS) this.#onFull();
  }

  add(account: string, region: string, time: number): void {
    // A time that is none is passed over in the end, and no number of ticks could be made of it.
    if (Number.isNaN(time)) return;
    const regions = this.#ticks.get(account) ?? new Map<string, Set<number>>();
    this.#ticks.set(account, regions);
    const ticks = regions.get(region) ?? new Set();
    regions.set(region, ticks);
    ticks.add(Math.floor(time / TICK));
  }

  /** All since the last time. */
  take(): Pick<FilePart, 'listened' | 'counts' | 'rejections'> {
    const listened = [...this.#ticks].flatMap(([account, regions]) =>
      Array.from(regions, ([region, ticks]) => ({ account, region, ticks: [...ticks] })),
    );
    this.#ticks.clear();
    const counts = Object.fromEntries(COUNTS.map((name) => [name, this[name]])) as FilePart['counts'];
    for (const name of COUNTS) this[name] = 0;
    const rejections = this.#rejections;
    this.#rejections = [];
    return { listened, counts, rejections };
  }
}

/** A batch's columns are good for a moment only. */
function copyOf({ size, kinds, kind, time, ids, flags }: CallBatch): CallBatch {
  return { size, kinds: [...kinds], kind: kind.slice(), time: time.slice(), ids: ids.slice(), flags: flags.slice() };
}
