import { isObject, type RawRecord } from './raw-record.js';

/** The names of a record that are looked at, by their form in lower case, as Athena and other tables have them. */
const NAMES: ReadonlyMap<string, string> = new Map(
  [
    ...[
      'eventVersion',
      'eventTime',
      'eventSource',
      'eventName',
      'eventType',
      'eventCategory',
      'eventID',
      'sharedEventID',
    ],
    ...['awsRegion', 'recipientAccountId', 'errorCode', 'addendum', 'userIdentity', 'resources', 'requestParameters'],
    ...['responseElements', 'serviceEventDetails', 'sessionContext', 'sessionIssuer', 'accountId', 'invokedBy'],
    ...['principalId', 'arn'],
  ].map((name) => [name.toLowerCase(), name]),
);

/** Columns that Athena's table holds as JSON text. */
const JSON_COLUMNS: ReadonlySet<string> = new Set([
  ...['userIdentity', 'resources', 'requestParameters', 'responseElements', 'serviceEventDetails', 'addendum'],
]);

/** A row of Athena's table of CloudTrail logs as a record: its names are in lower case, and some of its values JSON text. */
export function recordOfRow(row: Readonly<Record<string, unknown>>): RawRecord {
  return named(row, 0) as RawRecord;
}

/** An identity holds a context that holds an issuer. */
const MAX_DEPTH = 4;

/** Fields that are not known stay out: nothing else of a record is looked at. */
function named(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => named(item, depth + 1));
  if (!isObject(value) || depth > MAX_DEPTH) return value;
  const record: Record<string, unknown> = Object.create(null);
  for (const [column, held] of Object.entries(value)) {
    const name = NAMES.get(column);
    if (name === undefined) {
      if (depth > 0) record[column] = held;
      continue;
    }
    const read = typeof held === 'string' && JSON_COLUMNS.has(name) ? parsed(held) : held;
    // What the request and the answer hold has names of its own.
    record[name] = OWN_NAMES.has(name) ? read : named(read, depth + 1);
  }
  return record;
}

const OWN_NAMES: ReadonlySet<string> = new Set(['requestParameters', 'responseElements', 'serviceEventDetails']);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
