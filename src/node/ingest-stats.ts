import type { RejectionReason } from '../kms/call.js';
import type { SkipReason } from './log-names.js';

/** Why a file could not be read, or not to its end; the records before the damage are kept. */
export type FileReason =
  /** Nothing in it but, perhaps, white space. */
  | 'empty'
  /** It ends before its JSON or its gzip stream does. */
  | 'truncated'
  /** Its gzip stream is damaged, or followed by something else. */
  | 'corrupt-gzip'
  /** Binary data, or text in which nothing looks like a CloudTrail record; `found` says what it is, where that is known. */
  | 'not-a-log'
  /** So many records in a row were set aside that the rest was not read (`giveUpAfter`). */
  | 'given-up'
  /** Text in UTF-16, as Windows PowerShell's `>` writes it. */
  | 'not-utf-8'
  /** Its footer or a row group of it cannot be read as Parquet. */
  | 'corrupt-parquet'
  /** A Parquet file, and the packages that read such files are not installed: `npm install hyparquet hyparquet-compressors`. */
  | 'no-parquet-reader'
  /** A Parquet file that would need too much memory: by its row groups, or, where it comes as a stream, as a whole. */
  | 'too-large'
  | 'no-permission'
  /** Gone since it was listed, or a link that leads nowhere or in a circle. */
  | 'missing'
  /** Any other failure of the file system. */
  | 'read-error';

/** Why a record was set aside. Other services' records are not: they are ordinary. */
export type SetAsideReason =
  | Exclude<RejectionReason, 'not-kms'>
  /** Not JSON where a record should be. */
  | 'not-json'
  /** Above 8 MiB, 32 times what CloudTrail allows an event. */
  | 'too-large';

export interface LogPosition {
  /** 1 for the first record of the file. Of a file's problem: how many records were read before it. */
  readonly record: number;
  /** Offset in the file, decompressed, of the JSON value that holds the record; null where it is not known. */
  readonly byte: number | null;
}

/** A file or a record that could not be used. */
export interface RejectedInput {
  readonly scope: 'file' | 'record';
  readonly reason: FileReason | SetAsideReason;
  readonly path: string;
  readonly position: LogPosition;
  /** The record's field at fault, where one was. */
  readonly field?: string;
  /** What a file is that is no log, where that is known. */
  readonly found?: string;
}

/** A file that could not be read, or not to its end. */
export interface UnreadableFile {
  readonly path: string;
  readonly reason: FileReason;
  /** What a file is that is no log, where that is known: `CSV`, or ``an object with `_index`, `_source` ``. */
  readonly found?: string;
}

/** What became of every file and every record: nothing is left out of these figures. */
export interface IngestStats {
  /** All that were found: `filesRead` + those skipped + those unreadable. */
  readonly files: number;
  /** Read to the end. */
  readonly filesRead: number;
  /** Not tried, with how many for each reason. No fault. */
  readonly filesSkipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Could not be read, or not to the end, in the order of reading. A folder that cannot be listed counts as a file. */
  readonly filesUnreadable: readonly UnreadableFile[];
  /** Read from disk, compressed as they are there. */
  readonly bytes: number;
  /** `calls` + `otherServices` + those set aside. */
  readonly records: number;
  /** Records whose `eventSource` is KMS, set aside or not. */
  readonly kmsRecords: number;
  /** Duplicates included: `countCalls` removes those. */
  readonly calls: number;
  /** Records of other services. */
  readonly otherServices: number;
  /** Has no prototype, and a key for each reason that came up. */
  readonly setAside: Readonly<Partial<Record<SetAsideReason, SetAside>>>;
}

export interface SetAside {
  readonly count: number;
  readonly first: { readonly path: string; readonly position: LogPosition; readonly field?: string };
}

/** What the reading of logs adds to. */
export interface Tally {
  bytes: number;
  records: number;
  kmsRecords: number;
  calls: number;
  otherServices: number;
  filesRead: number;
  rejectFile(path: string, reason: FileReason, position?: LogPosition, found?: string | null): void;
  /** Counts a record that was set aside; `kms` when it is one of KMS all the same. */
  setAside(path: string, reason: SetAsideReason, position: LogPosition, field: string | undefined, kms: boolean): void;
}

/** Adds up {@link IngestStats}, and tells of what is rejected as it comes. */
export class IngestTally implements Tally {
  bytes = 0;
  records = 0;
  kmsRecords = 0;
  calls = 0;
  otherServices = 0;
  filesRead = 0;
  readonly #skipped: Partial<Record<SkipReason, number>> = Object.create(null);
  readonly #unreadable: UnreadableFile[] = [];
  readonly #setAside: Partial<Record<SetAsideReason, { count: number; first: SetAside['first'] }>> =
    Object.create(null);
  readonly #onRejected: ((rejected: RejectedInput) => void) | undefined;

  constructor(onRejected: ((rejected: RejectedInput) => void) | undefined) {
    this.#onRejected = onRejected;
  }

  /** How many files could not be read so far. */
  get unreadable(): number {
    return this.#unreadable.length;
  }

  skip(reason: SkipReason): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  rejectFile(
    path: string,
    reason: FileReason,
    position: LogPosition = { record: 0, byte: null },
    found: string | null = null,
  ): void {
    const what = found === null ? {} : { found };
    this.#unreadable.push({ path, reason, ...what });
    this.#onRejected?.({ scope: 'file', reason, path, position, ...what });
  }

  setAside(path: string, reason: SetAsideReason, position: LogPosition, field: string | undefined, kms: boolean): void {
    this.records++;
    if (kms) this.kmsRecords++;
    const where = field === undefined ? { path, position } : { path, position, field };
    const before = this.#setAside[reason];
    if (before === undefined) this.#setAside[reason] = { count: 1, first: where };
    else before.count++;
    this.#onRejected?.({ scope: 'record', reason, ...where });
  }

  finish(): IngestStats {
    let skipped = 0;
    for (const count of Object.values(this.#skipped)) skipped += count;
    return {
      files: this.filesRead + skipped + this.#unreadable.length,
      filesRead: this.filesRead,
      filesSkipped: this.#skipped,
      filesUnreadable: this.#unreadable,
      bytes: this.bytes,
      records: this.records,
      kmsRecords: this.kmsRecords,
      calls: this.calls,
      otherServices: this.otherServices,
      setAside: this.#setAside,
    };
  }
}
