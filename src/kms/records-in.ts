import { recordOfRow } from './athena-record.js';
import { isOcsfCall, recordOfOcsf } from './ocsf-record.js';
import { isObject } from './raw-record.js';

/**
 * The CloudTrail records in one JSON value, in its order, whatever the record is wrapped in:
 * - a record itself, or an array of any of these;
 * - a log file, `{Records: […]}`;
 * - LookupEvents' answer, `{Events: [{CloudTrailEvent: "…"}]}`, or one such event;
 * - an EventBridge event, `{"detail-type": …, detail: {…}}`, and an SQS message that carries one, `{body: "…"}`;
 * - CloudWatch Logs: `{events: [{message: "…"}]}` (FilterLogEvents, GetLogEvents), `{logEvents: […]}` (subscriptions), one
 *   such log event, and Logs Insights' rows, `{"@message": "…"}` or `{results: [[{field: "@message", value: "…"}]]}`;
 * - SNS, `{"Type": "Notification", "Message": "…"}`, and SQS, `{Messages: [{Body: "…"}]}`;
 * - what other tools put around records: Elasticsearch (`hits`, `_source`), Beats (`event.original`), Splunk (`_raw`),
 *   Datadog (`attributes`), Wazuh (`data.aws`), Fluent Bit (`log`), Loki (`line`), CloudTrail Lake (`eventJson`);
 * - a row of Athena's table, whose names are in lower case;
 * - an event of OCSF of an API call, as Amazon Security Lake makes them of CloudTrail's records (`recordOfOcsf`).
 *
 * What is none of these comes out as it is, and so does a string that is not JSON: `parseRecord` says why it is set
 * aside. Never throws. Wrappers are opened eight deep at most.
 */
export function* recordsIn(value: unknown): Generator<unknown, void, undefined> {
  // A stack of arrays in progress rather than recursion: a hostile value cannot exhaust the call stack.
  const open: Level[] = [{ items: [value], next: 0 }];
  while (open.length > 0) {
    const level = open[open.length - 1];
    if (level.next === level.items.length) {
      open.pop();
      continue;
    }
    const item = level.items[level.next++];
    const inner = open.length > MAX_WRAPPERS ? undefined : unwrap(item);
    if (inner === undefined) yield item;
    else open.push({ items: inner, next: 0 });
  }
}

interface Level {
  readonly items: readonly unknown[];
  next: number;
}

const MAX_WRAPPERS = 8;

/**
 * Keys of an object whose array holds records or things that hold one, in files of any size: `JsonUnits` and the kernel
 * (`slotOf` in wasm/fields.ts) know the same.
 */
export const LIST_KEYS: readonly string[] = ['Records', 'Events', 'events', 'logEvents', 'results', 'records'];
/** Those of answers, which are no larger than one value may be. */
const ANSWER_KEYS: readonly string[] = ['Messages', 'hits', 'data'];

/** Keys of an object whose value, often JSON in a string, is or holds one record. */
const CARRIER_KEYS = [
  ...['CloudTrailEvent', '@message', 'message', 'body', 'Body', 'Message', 'Sns', 'eventJson'],
  ...[
    '_source',
    '_raw',
    'result',
    'attributes',
    'event',
    'original',
    'event.original',
    'data',
    'aws',
    'log',
    'line',
    'hits',
  ],
] as const;

/** What `value` wraps, one layer down; undefined when it wraps nothing. */
export function unwrap(value: unknown): readonly unknown[] | undefined {
  if (typeof value === 'string') return jsonIn(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return messageField(value) ?? value;
  // A record keeps what it has under a key that looks like a wrapper's: a `message`, say, added by whoever stored it.
  const fields = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(fields, 'eventVersion') || Object.hasOwn(fields, 'eventName')) return undefined;
  if (Object.hasOwn(fields, 'eventname') && Object.hasOwn(fields, 'eventsource')) return [recordOfRow(fields)];
  // Its `message`, where it has one, is for people.
  if (isOcsfCall(fields)) return [recordOfOcsf(fields)];
  const lists = listsOf(fields, LIST_KEYS);
  if (lists.length === 0) lists.push(...listsOf(fields, ANSWER_KEYS));
  if (lists.length > 0) return lists.length === 1 ? lists[0] : lists.flat();
  if (Object.hasOwn(fields, 'detail-type') && Object.hasOwn(fields, 'detail')) return [fields['detail']];
  return carriedBy(fields);
}

function listsOf(fields: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown[][] {
  return keys.flatMap((key) => (Object.hasOwn(fields, key) && Array.isArray(fields[key]) ? [fields[key]] : []));
}

/** The first value that can hold a record, else the first text: one that is words may stand beside the record. */
function carriedBy(fields: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  let words: readonly unknown[] | undefined;
  for (const key of CARRIER_KEYS) {
    const carried = Object.hasOwn(fields, key) ? fields[key] : undefined;
    // Splunk gives what it found in a record beside the record itself.
    if (key === 'result' && isObject(carried) && Object.hasOwn(carried, '_raw')) return [carried['_raw']];
    if (typeof carried === 'object' && carried !== null) return [carried];
    if (typeof carried !== 'string') continue;
    if (LIKE_JSON.test(carried)) return [carried];
    words ??= [carried];
  }
  return words;
}

/** A Logs Insights row as the API gives it, `[{field, value}, …]`: its `@message` is the record, the rest describes it. */
function messageField(row: readonly unknown[]): readonly unknown[] | undefined {
  for (const cell of row) {
    if (typeof cell !== 'object' || cell === null || !Object.hasOwn(cell, 'field')) return undefined;
    const { field, value } = cell as { field: unknown; value?: unknown };
    if (field === '@message') return [value];
  }
  return undefined;
}

const LIKE_JSON = /^\s*[[{"]/;

function jsonIn(text: string): readonly unknown[] | undefined {
  // Most messages of a log that is not CloudTrail's are plain words: a look is cheaper than an exception.
  if (!LIKE_JSON.test(text)) return undefined;
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}
