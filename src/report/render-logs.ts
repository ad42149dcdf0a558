import type { CountStats } from '../kms/call-counter.js';
import type { LogsRead, SetAsideRecords } from './analysis.js';
import { counted, grouped } from './numbers.js';
import { printable } from './printable.js';
import { wrap } from './wrap.js';

/** Width of the labels at the left of the facts. */
const LABEL = 10;
/** So many unreadable files are named; a thousand lines of them would hide the anomalies. */
const NAMED = 5;

const FILE_REASONS: ReadonlyMap<string, string> = new Map([
  ['empty', 'empty'],
  ['truncated', 'ends too early'],
  ['corrupt-gzip', 'damaged gzip data'],
  ['not-a-log', 'not a CloudTrail log'],
  ['given-up', 'too many records in a row that cannot be read: the rest was passed over'],
  ['not-utf-8', 'not UTF-8'],
  ['corrupt-parquet', 'damaged Parquet data'],
  ['no-parquet-reader', 'Parquet needs two packages: npm install hyparquet hyparquet-compressors'],
  ['too-large', 'a Parquet file too large to read here: write it with smaller row groups'],
  ['no-permission', 'no permission to read it'],
  ['missing', 'gone since it was listed, or a link that leads nowhere'],
  ['read-error', 'failure of the file system'],
]);

const RECORD_REASONS: ReadonlyMap<string, string> = new Map([
  ['not-a-record', 'not a CloudTrail record'],
  ['missing-field', 'lacks a field'],
  ['malformed-field', 'a field cannot be read'],
  ['time-out-of-range', 'a time that cannot be'],
  ['network-activity', "a VPC endpoint's second record of a call"],
  ['updated-data', 'a correction of an earlier record'],
  ['summary', 'a summary of calls'],
  ['not-json', 'not JSON'],
  ['too-large', 'too large for a record'],
]);

/** What was read, and what could not be: the first lines of a report. */
export function renderLogs(logs: LogsRead, width: number, calls?: CountStats): string[] {
  const fact = (label: string, text: string) => wrap(text, width, label.padEnd(LABEL));
  const lines = fact('read', `${readPhrase(logs)}${calls === undefined ? '' : callsPhrase(calls)}`);
  if (logs.filesSkipped.length > 0) {
    const reasons = logs.filesSkipped.map(({ reason, files }) => `${grouped(files)} ${printable(reason)}`);
    lines.push(...fact('skipped', `files not named like logs: ${reasons.join(', ')}`));
  }
  for (const { path, reason, found } of logs.filesUnreadable.slice(0, NAMED)) {
    const what = found === undefined ? '' : ` (${printable(found, 200)})`;
    lines.push(...fact('not read', `${printable(path)}: ${FILE_REASONS.get(reason) ?? printable(reason)}${what}`));
  }
  const more = logs.filesUnreadable.length - NAMED;
  if (more > 0) lines.push(...fact('', `and ${counted(more, 'more unreadable file', 'more unreadable files')}`));
  for (const aside of logs.setAside) lines.push(...fact('rejected', setAsidePhrase(aside)));
  return lines;
}

function readPhrase({ files, filesRead, records, kmsRecords }: LogsRead): string {
  const all = filesRead === files ? counted(files, 'file') : `${grouped(filesRead)} of ${counted(files, 'file')}`;
  return `${all}, ${counted(records, 'record')}, ${grouped(kmsRecords)} of KMS`;
}

function callsPhrase({
  counted: distinct,
  duplicates,
  sharedCopies,
  late,
  overlapping,
  withoutId,
}: CountStats): string {
  let phrase = `: ${counted(distinct, 'distinct call')}`;
  const left: string[] = [];
  if (duplicates > 0) left.push(counted(duplicates, 'duplicate'));
  if (sharedCopies > 0) left.push(counted(sharedCopies, "other account's copy", "other accounts' copies"));
  if (left.length > 0) phrase += ` (${left.join(' and ')} removed)`;
  const outOfOrder = late - overlapping;
  if (outOfOrder > 0) phrase += `; ${counted(outOfOrder, 'call')} arrived too late to deduplicate, counted`;
  if (overlapping > 0) phrase += `; ${counted(overlapping, 'call')} may be counted twice (see the notes)`;
  if (withoutId > 0)
    phrase += `; ${counted(withoutId, 'call')} ${withoutId === 1 ? 'has' : 'have'} no eventID to deduplicate by, counted`;
  return phrase;
}

function setAsidePhrase({ reason, records, first }: SetAsideRecords): string {
  const field = first.field === null ? '' : ` (${printable(first.field)})`;
  const why = RECORD_REASONS.get(reason) ?? printable(reason);
  return `${counted(records, 'record')}: ${why}; first in ${printable(first.path)}, record ${grouped(first.record)}${field}`;
}
