import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { KmsCall } from '../kms/call.js';
import { type Coverage, CoverageTracker } from '../kms/coverage.js';
import { recordsIn } from '../kms/records-in.js';
import { FileProblem, problemOf } from '../node/file-bytes.js';
import { FileRecords } from '../node/file-records.js';
import { type FileReason, type IngestStats, IngestTally, type RejectedInput } from '../node/ingest-stats.js';
import { JsonUnits } from '../node/json-units.js';
import { AwsCallError } from './call-aws.js';
import type { LogSource } from './s3-logs.js';

export interface ReadSourcesOptions {
  /** Called for every file that cannot be read to its end, and for every record set aside. */
  readonly onRejected?: (rejected: RejectedInput) => void;
  /** Called at the end: when the logs were listening, told from all their records, those of other services too. */
  readonly onCoverage?: (coverage: Coverage[]) => void;
  /** Called at the end, and last. */
  readonly onStats?: (stats: IngestStats) => void;
  /** As in `readCloudTrail`. */
  readonly maxQuiet?: number;
}

/**
 * The KMS calls in log files that come as streams, one file after the other, gzipped or not: what `readCloudTrail` is for
 * files on disk. A file that cannot be fetched or read to its end is told to `onRejected`; the others are read.
 */
export async function* readLogSources(
  sources: AsyncIterable<LogSource>,
  options: ReadSourcesOptions = {},
): AsyncGenerator<KmsCall, void, undefined> {
  const coverage = new CoverageTracker();
  const tally = new IngestTally(options.onRejected);
  for await (const source of sources) {
    const records = new FileRecords(source.name, tally, coverage);
    const units = new JsonUnits();
    try {
      for await (const found of unitsOf(source, units, tally)) {
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
      tally.rejectFile(source.name, error.reason, { record: records.count, byte: error.byte });
    }
  }
  options.onCoverage?.(coverage.coverage(options));
  options.onStats?.(tally.finish());
}

async function* unitsOf(source: LogSource, units: JsonUnits, tally: IngestTally) {
  for await (const chunk of plainBytes(counted(source, tally))) yield units.push(chunk);
  yield units.end();
}

async function* counted(source: LogSource, tally: IngestTally): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of source.open()) {
      tally.bytes += chunk.length;
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    throw new FileProblem(REASONS[error.reason] ?? 'read-error', { cause: error });
  }
}

const REASONS: Readonly<Record<string, FileReason>> = {
  NoSuchKey: 'missing',
  NotFound: 'missing',
  AccessDenied: 'no-permission',
  Forbidden: 'no-permission',
};

/** Decompressed where they are gzip. */
async function* plainBytes(bytes: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
  const first = await bytes.next();
  if (first.done === true) return;
  const all = Readable.from(joined(first.value, bytes), { objectMode: false });
  if (first.value[0] !== 0x1f || (first.value.length > 1 && first.value[1] !== 0x8b)) {
    yield* withProblems(all);
    return;
  }
  const inflate = createGunzip();
  // pipeline destroys both ends when either fails or is left; the failure comes out of the loop.
  pipeline(all, inflate, () => {});
  yield* withProblems(inflate);
}

async function* joined(first: Buffer, rest: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

async function* withProblems(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of chunks) yield chunk as Buffer;
  } catch (error) {
    throw problemOf(error);
  }
}
