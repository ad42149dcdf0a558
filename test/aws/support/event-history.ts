import type { Handler } from './fake-aws.js';
import { refusal } from './fake-aws.js';

type Fields = Readonly<Record<string, unknown>>;

export interface EventHistoryOptions {
  /** A token can be used so many times in all, then it has expired; for ever by default. */
  readonly tokenUses?: number;
  /** Events of one page, at most; 50 as at AWS. */
  readonly page?: number;
  /** Every so-manieth page is empty, with a token. */
  readonly emptyEvery?: number;
}

/**
 * LookupEvents as CloudTrail has it: one attribute, both ends inclusive, the newest first, tokens that fit their request
 * only. Events are made from records: their JSON text, or what else `CloudTrailEvent` should hold.
 */
export function eventHistory(records: readonly (Fields | string)[], options: EventHistoryOptions = {}): Handler {
  const { page = 50, tokenUses = Infinity, emptyEvery = Infinity } = options;
  const events = records
    .map((record, i) => {
      const fields = typeof record === 'string' ? {} : record;
      return {
        EventId: String(fields['eventID'] ?? `event-${i}`),
        EventName: String(fields['eventName'] ?? 'Decrypt'),
        EventSource: String(fields['eventSource'] ?? 'kms.amazonaws.com'),
        EventTime: Math.floor(Date.parse(String(fields['eventTime'] ?? '2024-03-05T00:00:00Z')) / 1000),
        ReadOnly: String(fields['readOnly'] ?? true),
        CloudTrailEvent: typeof record === 'string' ? record : JSON.stringify(record),
      };
    })
    .sort((a, b) => b.EventTime - a.EventTime);
  const uses = new Map<string, number>();
  let pages = 0;
  return ({ body }) => {
    const { LookupAttributes, StartTime, EndTime, NextToken, MaxResults = 50 } = body;
    const attributes = LookupAttributes as { AttributeKey: string; AttributeValue: string }[];
    if (attributes.length !== 1) return refusal('InvalidLookupAttributesException');
    const [{ AttributeKey, AttributeValue }] = attributes;
    const question = JSON.stringify([AttributeKey, AttributeValue, StartTime, EndTime]);
    let from = 0;
    if (NextToken !== undefined) {
      const token = String(NextToken);
      const used = (uses.get(token) ?? 0) + 1;
      uses.set(token, used);
      const total = [...uses.values()].reduce((sum, n) => sum + n, 0);
      if (!token.startsWith(`${question}@`) || total > tokenUses) {
        uses.clear();
        return refusal('InvalidNextTokenException', 'Invalid token');
      }
      from = Number(token.slice(question.length + 1));
    }
    const found = events.filter(
      (event) =>
        event[AttributeKey as 'EventName'] === AttributeValue &&
        event.EventTime >= Number(StartTime) &&
        event.EventTime <= Number(EndTime),
    );
    const empty = ++pages % emptyEvery === 0;
    const to = empty ? from : from + Math.min(page, Number(MaxResults));
    return {
      Events: found.slice(from, to),
      ...(to < found.length ? { NextToken: `${question}@${to}` } : {}),
    };
  };
}
