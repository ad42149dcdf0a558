/**
 * The CloudTrail records in one JSON value, in its order, whatever the record is wrapped in:
 * - a record itself, or an array of any of these;
 * - a log file, `{Records: […]}`;
 * - LookupEvents' answer, `{Events: [{CloudTrailEvent: "…"}]}`, or one such event;
 * - an EventBridge event, `{"detail-type": …, detail: {…}}`, and an SQS message that carries one, `{body: "…"}`;
 * - CloudWatch Logs: `{events: [{message: "…"}]}` (FilterLogEvents, GetLogEvents), `{logEvents: […]}` (subscriptions), one
 *   such log event, and Logs Insights' rows, `{"@message": "…"}` or `{results: [[{field: "@message", value: "…"}]]}`.
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

/** Keys of an object whose array holds records or things that hold one. */
export const LIST_KEYS: readonly string[] = ['Records', 'Events', 'events', 'logEvents', 'results'];

/** Keys of an object whose value, often JSON in a string, is or holds one record. */
const CARRIER_KEYS = ['CloudTrailEvent', '@message', 'message', 'body'] as const;

/** What `value` wraps, one layer down; undefined when it wraps nothing. */
function unwrap(value: unknown): readonly unknown[] | undefined {
  if (typeof value === 'string') return jsonIn(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return messageField(value) ?? value;
  // A record keeps what it has under a key that looks like a wrapper's: a `message`, say, added by whoever stored it.
  const fields = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(fields, 'eventVersion') || Object.hasOwn(fields, 'eventName')) return undefined;
  const lists: unknown[][] = [];
  for (const key of LIST_KEYS) {
    if (Object.hasOwn(fields, key) && Array.isArray(fields[key])) lists.push(fields[key]);
  }
  if (lists.length > 0) return lists.length === 1 ? lists[0] : lists.flat();
  for (const key of CARRIER_KEYS) {
    const carried = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (typeof carried === 'string' || (typeof carried === 'object' && carried !== null)) return [carried];
  }
  if (Object.hasOwn(fields, 'detail-type') && Object.hasOwn(fields, 'detail')) return [fields['detail']];
  return undefined;
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

function jsonIn(text: string): readonly unknown[] | undefined {
  // Most messages of a log that is not CloudTrail's are plain words: a look is cheaper than an exception.
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return [JSON.parse(text)];
  } catch {
    return undefined;
  }
}
