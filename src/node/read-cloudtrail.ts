import { checkOptions, type OptionNames } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import { type Coverage, CoverageTracker } from '../kms/coverage.js';
import { recordsIn } from '../kms/records-in.js';
import { FileProblem } from './file-bytes.js';
import { checkGiveUpAfter, FileRecords } from './file-records.js';
import { type IngestStats, IngestTally, type RejectedInput } from './ingest-stats.js';
import { JsonUnits } from './json-units.js';
import {
  type CheckedSources,
  checkSources,
  fileInput,
  filesOf,
  type LogInput,
  type LogSources,
  streamInput,
} from './log-input.js';
import { Progress, type ReadProgress } from './read-progress.js';
import type { JsonUnit } from './unit-bytes.js';

export type { ReadProgress } from './read-progress.js';

export interface ReadOptions {
  /** Called every 100 ms or so while files are read, and once at the end. */
  readonly onProgress?: (progress: ReadProgress) => void;
  /** Called for every file that cannot be read to its end, and for every record set aside. */
  readonly onRejected?: (rejected: RejectedInput) => void;
  /** Called at the end: when the logs were listening, told from all their records, those of other services too. */
  readonly onCoverage?: (coverage: Coverage[]) => void;
  /** Called at the end, and last. */
  readonly onStats?: (stats: IngestStats) => void;
  /** A log is given up once so many of its records in a row had to be set aside; 100,000 by default. */
  readonly giveUpAfter?: number;
  /** The longest stretch without any record that still counts as covered, in milliseconds; see `CoverageTracker`. */
  readonly maxQuiet?: number;
  /** Aborting it ends the iteration with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The KMS calls in CloudTrail logs: the files that paths name, and the logs in the folders they name, at any depth; or logs
 * that come as streams, in their order. They may be gzipped or not, and hold whatever layout `JsonUnits` and `recordsIn`
 * know between them; they are streamed one at a time, files in the order of the time in their names, as far as the loop over
 * the calls takes them.
 *
 * Throws `InputError` for a path that does not exist and for bad options. A log that cannot be read, and a record
 * that is none, are set aside and told to `onRejected`; the rest is read. Nothing found at all is not an error: `onStats`
 * says so. Neither `onCoverage` nor `onStats` is called when the loop is left early.
 */
export function readCloudTrail(
  sources: LogSources,
  options: ReadOptions = {},
): AsyncGenerator<KmsCall, void, undefined> {
  checkOptions(options, READ_OPTIONS);
  const checked = checkSources(sources);
  const coverage = new CoverageTracker();
  // Here rather than after hours of reading.
  coverage.coverage(options);
  checkGiveUpAfter(options.giveUpAfter);
  return readCalls(checked, options, coverage);
}

const READ_OPTIONS: OptionNames<ReadOptions> = {
  onProgress: true,
  onRejected: true,
  onCoverage: true,
  onStats: true,
  giveUpAfter: true,
  maxQuiet: true,
  signal: true,
};

async function* readCalls(
  sources: CheckedSources,
  options: ReadOptions,
  coverage: CoverageTracker,
): AsyncGenerator<KmsCall, void, undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  const tally = new IngestTally(options.onRejected);
  const progress = new Progress(tally, options.onProgress);
  for await (const input of inputsOf(sources, tally, progress)) {
    progress.path = input.name;
    const records = new FileRecords(input.name, tally, coverage, options.giveUpAfter);
    const units = new JsonUnits();
    try {
      for await (const found of unitsOf(input, units, tally)) {
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
      records.finish(units);
    } catch (error) {
      records.rejectFile(error);
    }
    progress.files++;
  }
  progress.tell(true);
  options.onCoverage?.(coverage.coverage(options));
  options.onStats?.(tally.finish());
}

async function* inputsOf(
  sources: CheckedSources,
  tally: IngestTally,
  progress: Progress,
): AsyncGenerator<LogInput, void, void> {
  const files = await filesOf(sources, tally);
  if (files !== null) {
    progress.expect(files);
    for (const file of files) yield fileInput(file);
    return;
  }
  for await (const stream of sources as Exclude<CheckedSources, readonly string[]>) {
    const input = streamInput(stream);
    progress.expect([input]);
    const before = tally.unreadable;
    yield input;
    if (tally.unreadable > before) stream.failed?.();
  }
}

/** The JSON units of a log, those of one chunk at a time. */
async function* unitsOf(input: LogInput, units: JsonUnits, tally: IngestTally): AsyncGenerator<JsonUnit[], void, void> {
  const onRead = (bytes: number): void => {
    tally.bytes += bytes;
  };
  for await (const chunk of input.chunks(onRead)) yield units.push(chunk);
  yield units.end();
}
