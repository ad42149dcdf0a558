import { type CallBatch, CallBatchBuilder } from '../kms/call-batch.js';
import { recordsIn } from '../kms/records-in.js';
import { FileProblem } from './file-bytes.js';
import { FileRecords, type Listener } from './file-records.js';
import type { Tally } from './ingest-stats.js';
import { JsonUnits } from './json-units.js';
import { type RecordListener, RecordScanner } from './record-scanner.js';
import type { JsonUnit } from './unit-bytes.js';

export interface LogScanOptions {
  /** Whether callers are to be told apart: without, all are the empty text. */
  readonly withCaller: boolean;
  /** As in `ReadOptions`. */
  readonly giveUpAfter?: number | undefined;
  readonly tally: Tally;
  readonly coverage: Listener;
  /** Hears of calls in batches, good for the time of this function. The last of a log, with no `more`, may be empty. */
  readonly onCalls: (batch: CallBatch, more: boolean, log: string) => void;
}

/** So many calls make a batch. */
export const BATCH = 8192;

/**
 * Reads logs one after another into batches of calls: the same calls, tallies and coverage, in the same order, as
 * `readCloudTrail` finds, without an object for each record.
 */
export class LogScan implements RecordListener {
  readonly batch = new CallBatchBuilder(BATCH);
  readonly #options: LogScanOptions;
  readonly #scanner: RecordScanner | null;
  #records: FileRecords;
  #name = '';

  constructor(options: LogScanOptions) {
    this.#options = options;
    this.#scanner = RecordScanner.create(this, options.withCaller);
    this.#records = new FileRecords('', options.tally, options.coverage);
  }

  /** Reads one log, whose bytes come in chunks that stay as they are. Never throws for what is wrong with the log. */
  async read(name: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const { tally, coverage, giveUpAfter } = this.#options;
    const records = new FileRecords(name, tally, coverage, giveUpAfter);
    this.#records = records;
    this.#name = name;
    const units = new JsonUnits(this.#scanner);
    try {
      if (Symbol.asyncIterator in chunks) for await (const chunk of chunks) this.take(units.push(chunk));
      else for (const chunk of chunks) this.take(units.push(chunk));
      this.take(units.end());
      records.finish(units);
    } catch (error) {
      records.rejectFile(error);
    }
    this.#scanner?.release();
    this.flush(false);
  }

  take(units: readonly JsonUnit[]): void {
    for (const unit of units) {
      if (unit.problem === 'truncated') throw new FileProblem('truncated', { byte: unit.offset });
      if (unit.problem !== null) {
        this.#records.reject(unit.problem, unit.offset);
        continue;
      }
      for (const record of recordsIn(unit.value)) {
        const call = this.#records.read(record, unit.offset);
        if (call === null) continue;
        this.batch.addCall(this.#options.withCaller ? call : { ...call, caller: '' });
        if (this.batch.full) this.flush();
      }
    }
  }

  others(count: number): void {
    this.#records.passOthers(count);
  }

  listened(account: string, region: string, time: number): void {
    this.#options.coverage.add(account, region, time);
  }

  called(): void {
    this.#records.passCall();
    if (this.batch.full) this.flush();
  }

  /** Hands on the calls collected so far. */
  flush(more = true): void {
    this.#options.onCalls(this.batch.view(), more, this.#name);
    this.batch.clear();
    this.#scanner?.forgetKinds();
  }
}
