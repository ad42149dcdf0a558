import { InputError, shown } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import { type Coverage, CoverageTracker } from '../kms/coverage.js';
import { recordsIn } from '../kms/records-in.js';
import { FileProblem, fileBytes } from './file-bytes.js';
import { FileRecords } from './file-records.js';
import { type IngestStats, IngestTally, type RejectedInput } from './ingest-stats.js';
import { JsonUnits } from './json-units.js';
import { findLogs, type LogFile } from './log-files.js';
import type { JsonUnit } from './unit-bytes.js';

export interface ReadProgress {
  /** Files done with. */
  readonly files: number;
  readonly filesTotal: number;
  /** Read from disk, and to be read: compressed, as they are there. */
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly records: number;
  readonly calls: number;
  /** The file being read; empty when there was none. */
  readonly path: string;
}

export interface ReadOptions {
  /** Called every 100 ms or so while files are read, and once at the end. */
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Called for every file that cannot be read to its end, and for every record set aside. */
  readonly onRejected?: (rejected: RejectedInput) => void;
  /** Called at the end: when the logs were listening, told from all their records, those of other services too. */
  readonly onCoverage?: (coverage: Coverage[]) => void;
  /** Called at the end, and last. */
  readonly onStats?: (stats: IngestStats) => void;
  /** The longest stretch without any record that still counts as covered, in milliseconds; see `CoverageTracker`. */
  readonly maxQuiet?: number;
  /** Aborting it ends the iteration with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The KMS calls in CloudTrail logs on disk: the files that `paths` name, and the logs in the folders they name, at any
 * depth. Files may be gzipped or not, and hold whatever layout `JsonUnits` and `recordsIn` know between them; they are
 * streamed one at a time, in the order of the time in their names, as far as the loop over the calls takes them.
 *
 * Throws {@link InputError} for a path that does not exist and for bad options. A file that cannot be read, and a record
 * that is none, are set aside and told to `onRejected`; the rest is read. Nothing found at all is not an error: `onStats`
 * says so. Neither `onCoverage` nor `onStats` is called when the loop is left early.
 */
export function readCloudTrail(
  paths: string | readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<KmsCall, void, undefined> {
  const roots = checkPaths(paths);
  const coverage = new CoverageTracker();
  // Here rather than after hours of reading.
  coverage.coverage(options);
  return readCalls(roots, options, coverage);
}

async function* readCalls(
  roots: readonly string[],
  options: ReadOptions,
  coverage: CoverageTracker,
): AsyncGenerator<KmsCall, void, undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  const tally = new IngestTally(options.onRejected);
  const files = await findLogs(roots, tally);
  const progress = new Progress(files, tally, options.onProgress);
  for (const file of files) {
    progress.path = file.path;
    const records = new FileRecords(file.path, tally, coverage);
    const units = new JsonUnits();
    try {
      for await (const found of unitsOf(file.path, units, tally)) {
        signal?.throwIfAborted();
        progress.tell();
        for (const unit of found) {
          if (unit.problem === 'truncated') throw new FileProblem('truncated', { byte: unit.offset });
          if (unit.problem !== null) {
            records.reject(unit.problem, unit.offset);
            continue;
          }
          for (const record of recordsIn(unit.value)) {
            const call = records.read(record, unit.offset);
            if (call !== null) yield call;
          }
        }
      }
      if (!units.sawAny) throw new FileProblem('empty');
      if (!records.isLog && !units.sawRecords) throw new FileProblem('not-a-log');
      records.release();
      tally.filesRead++;
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      if (error.reason !== 'not-a-log') records.release();
      tally.rejectFile(file.path, error.reason, { record: records.count, byte: error.byte });
    }
    progress.files++;
  }
  progress.tell(true);
  options.onCoverage?.(coverage.coverage(options));
  options.onStats?.(tally.finish());
}

/** The JSON units of a file, those of one chunk at a time. */
async function* unitsOf(path: string, units: JsonUnits, tally: IngestTally): AsyncGenerator<JsonUnit[], void, void> {
  const onRead = (bytes: number): void => {
    tally.bytes += bytes;
  };
  for await (const chunk of fileBytes(path, onRead)) yield units.push(chunk);
  yield units.end();
}

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 100;

class Progress {
  files = 0;
  path = '';
  readonly #filesTotal: number;
  readonly #bytesTotal: number;
  readonly #tally: IngestTally;
  readonly #onProgress: ((progress: ReadProgress) => void) | undefined;
  #told = performance.now();

  constructor(
    files: readonly LogFile[],
    tally: IngestTally,
    onProgress: ((progress: ReadProgress) => void) | undefined,
  ) {
    this.#filesTotal = files.length;
    this.#bytesTotal = files.reduce((sum, file) => sum + file.size, 0);
    this.#tally = tally;
    this.#onProgress = onProgress;
  }

  tell(always = false): void {
    if (this.#onProgress === undefined) return;
    const now = performance.now();
    if (!always && now - this.#told < PROGRESS_INTERVAL) return;
    this.#told = now;
    const { bytes, records, calls } = this.#tally;
    const { files, path } = this;
    this.#onProgress({
      files,
      filesTotal: this.#filesTotal,
      bytes,
      bytesTotal: this.#bytesTotal,
      records,
      calls,
      path,
    });
  }
}

function checkPaths(paths: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths];
  if (list.length === 0) throw new InputError('paths must name at least one file or folder, got an empty array');
  return list.map((path) => {
    if (typeof path === 'string' && path !== '') return path;
    throw new InputError(`paths must be a path or an array of them, got ${shown(path)}`);
  });
}
