import { checkInteger } from '../errors.js';
import type { KmsCall } from '../kms/call.js';
import { parseEventTime } from '../kms/event-time.js';
import { parseRecord } from '../kms/parse-record.js';
import { FileProblem } from './file-bytes.js';
import { formOfText, formOfValue } from './file-forms.js';
import type { LogPosition, SetAsideReason, Tally } from './ingest-stats.js';

/** So many records may be set aside before it must be known whether the file is a log at all. */
const MAX_HELD = 100;

/** So many records in a row are set aside before a log is given up: an archive of a few MB can hold a thousand million of them. */
const GIVE_UP_AFTER = 100_000;
/** Whole records that are no calls: a log may hold any number. */
const ORDINARY: ReadonlySet<SetAsideReason> = new Set(['network-activity', 'updated-data', 'summary']);

/** @throws InputError unless it is a number of records, or left out */
export function checkGiveUpAfter(value: unknown): void {
  if (value !== undefined) checkInteger(value, 'giveUpAfter', 1, Number.MAX_SAFE_INTEGER);
}

/** Learns when the log was listening, as `CoverageTracker` does. */
export interface Listener {
  add(account: string, region: string, time: number): void;
}

/**
 * The records of one file: calls are handed on, everything else is counted. A file in which nothing at all looks like a
 * CloudTrail record is one mistake, that of taking it for a log, rather than as many bad records as it has lines: what is
 * set aside before the first such record waits for it.
 */
export class FileRecords {
  /** Something looked like a CloudTrail record. */
  isLog = false;
  /** How many records the file had so far. */
  count = 0;
  readonly #path: string;
  readonly #tally: Tally;
  readonly #coverage: Listener;
  /** What waits to be counted; null when nothing has to wait any more. */
  #held: (() => void)[] | null = [];
  readonly #giveUpAfter: number;
  /** How many were set aside since the last good one. */
  #inARow = 0;
  /** The first value that is no record, in words. */
  #found: string | undefined;
  /** An object came that is none of CloudTrail's, rather than a damaged record. */
  #foreign = false;

  constructor(path: string, tally: Tally, coverage: Listener, giveUpAfter = GIVE_UP_AFTER) {
    this.#path = path;
    this.#tally = tally;
    this.#coverage = coverage;
    this.#giveUpAfter = giveUpAfter;
  }

  /** The call that a record tells of, or null. `byte` is the offset of the JSON value that holds it. */
  read(record: unknown, byte: number): KmsCall | null {
    this.count++;
    const result = parseRecord(record);
    if (!('reason' in result)) {
      this.#recognize();
      this.#inARow = 0;
      this.#tally.records++;
      this.#tally.kmsRecords++;
      this.#tally.calls++;
      this.#coverage.add(result.account, result.region, result.time);
      return result;
    }
    const { reason, field } = result;
    const fields = fieldsOf(record);
    if (fields !== null && MARKS.some((mark) => Object.hasOwn(fields, mark))) this.#recognize();
    else this.#notARecord(record, fields !== null);
    // Summaries and network activity come by ways of their own: they do not show that this log was delivered.
    if (fields !== null && reason !== 'summary' && reason !== 'network-activity') this.#cover(fields);
    if (reason === 'not-kms') {
      this.#inARow = 0;
      this.#tally.records++;
      this.#tally.otherServices++;
    } else {
      this.#setAside(reason, byte, field, fields !== null && fields['eventSource'] === 'kms.amazonaws.com');
    }
    return null;
  }

  /** Counts records of other services that were recognised as such elsewhere, and what they cover noted. */
  passOthers(count: number): void {
    this.count += count;
    this.#inARow = 0;
    this.#recognize();
    this.#tally.records += count;
    this.#tally.otherServices += count;
  }

  /** Counts a call that was recognised as such elsewhere, and what it covers noted. */
  passCall(): void {
    this.count++;
    this.#inARow = 0;
    this.#recognize();
    this.#tally.records++;
    this.#tally.kmsRecords++;
    this.#tally.calls++;
  }

  /** Sets aside what is no record, at `byte`. */
  reject(reason: 'not-json' | 'too-large', byte: number): void {
    this.count++;
    this.#setAside(reason, byte, undefined, false);
  }

  /** The file was read to its end; throws a {@link FileProblem} when it was no log at all. */
  finish(units: { readonly sawAny: boolean; readonly sawRecords: boolean; readonly head: Buffer }): void {
    if (!units.sawAny) throw new FileProblem('empty');
    // A list of records without any is a log, one of other objects is not.
    if (!this.isLog && (!units.sawRecords || this.#foreign)) {
      throw new FileProblem('not-a-log', { found: this.#found ?? formOfText(units.head) });
    }
    this.release();
    this.#tally.filesRead++;
  }

  /** The file cannot be read, or not to its end. Throws what is no {@link FileProblem} again. */
  rejectFile(problem: unknown): void {
    if (!(problem instanceof FileProblem)) throw problem;
    if (problem.reason !== 'not-a-log') this.release();
    this.#tally.rejectFile(this.#path, problem.reason, { record: this.count, byte: problem.byte }, problem.found);
  }

  /** Counts what was held back, and from here on everything at once. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const report of held) report();
  }

  #recognize(): void {
    if (this.isLog) return;
    this.isLog = true;
    this.release();
  }

  #notARecord(value: unknown, isObject: boolean): void {
    this.#found ??= formOfValue(value);
    this.#foreign ||= isObject;
  }

  #setAside(reason: SetAsideReason, byte: number, field: string | undefined, kms: boolean): void {
    if (ORDINARY.has(reason)) this.#inARow = 0;
    else if (++this.#inARow > this.#giveUpAfter) {
      throw new FileProblem(this.isLog ? 'given-up' : 'not-a-log', {
        byte,
        found: this.isLog ? undefined : this.#found,
      });
    }
    const position: LogPosition = { record: this.count, byte };
    const report = (): void => this.#tally.setAside(this.#path, reason, position, field, kms);
    if (this.#held === null) {
      report();
      return;
    }
    this.#held.push(report);
    if (this.#held.length > MAX_HELD) this.release();
  }

  #cover(fields: Readonly<Record<string, unknown>>): void {
    const { eventTime, recipientAccountId, awsRegion } = fields;
    if (typeof eventTime !== 'string' || typeof recipientAccountId !== 'string' || typeof awsRegion !== 'string')
      return;
    if (recipientAccountId === '' || awsRegion === '') return;
    this.#coverage.add(recipientAccountId, awsRegion, parseEventTime(eventTime));
  }
}

/** Fields that only a CloudTrail record, or what was one, has. */
const MARKS = ['eventVersion', 'eventSource', 'eventName', 'eventTime'] as const;

function fieldsOf(record: unknown): Readonly<Record<string, unknown>> | null {
  return typeof record === 'object' && record !== null ? (record as Readonly<Record<string, unknown>>) : null;
}
