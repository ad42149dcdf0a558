import type { CloudTrailClient, LookupAttribute } from '@aws-sdk/client-cloudtrail';
import type { Caller } from './call-aws.js';
import { loadClient } from './load-client.js';

/** Requests a second that LookupEvents allows an account in a Region (CloudTrail API Reference, LookupEvents). */
export const LOOKUPS_PER_SECOND = 2;
/** Events a page, at most. */
export const LOOKUP_PAGE = 50;

const KMS = 'kms.amazonaws.com';

export interface LookupAnswer {
  /** The record is CloudTrail's JSON text, where the event has it. */
  readonly events: readonly { readonly id: string; readonly time: number; readonly record: unknown }[];
  readonly nextToken: string | null;
}

export type PageReader = (
  operation: string | null,
  from: number,
  end: number,
  nextToken: string | null,
) => Promise<LookupAnswer>;

/** Reads one page of the event history: of one operation, whatever service's, or of all of KMS. */
export async function pageReader(client: CloudTrailClient, caller: Caller): Promise<PageReader> {
  const { LookupEventsCommand } = await loadClient(
    '@aws-sdk/client-cloudtrail',
    () => import('@aws-sdk/client-cloudtrail'),
  );
  return async (operation, from, end, nextToken) => {
    const attribute: LookupAttribute =
      operation === null
        ? { AttributeKey: 'EventSource', AttributeValue: KMS }
        : { AttributeKey: 'EventName', AttributeValue: operation };
    const answer = await caller.call(
      'cloudtrail:LookupEvents',
      (options) =>
        client.send(
          // Both ends are inclusive at the service, and event times whole seconds: the exact cut is made on the records.
          new LookupEventsCommand({
            LookupAttributes: [attribute],
            StartTime: new Date(Math.floor(from / 1000) * 1000),
            EndTime: new Date(Math.ceil(end / 1000) * 1000),
            MaxResults: LOOKUP_PAGE,
            ...(nextToken === null ? {} : { NextToken: nextToken }),
          }),
          options,
        ),
      'Events',
    );
    return {
      events: (answer.Events ?? []).map((event) => ({
        id: event.EventId ?? '',
        time: event.EventTime?.getTime() ?? NaN,
        record: event.CloudTrailEvent,
      })),
      nextToken: answer.NextToken || null,
    };
  };
}
