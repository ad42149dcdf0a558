import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { checkInteger, checkOptions, type OptionNames } from '../errors.js';
import type { CallSource } from '../plan/source.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import type { CallOptions } from './call-aws.js';
import { eventHistoryCoverage } from './event-history.js';
import { lookupKmsCalls } from './lookup-events.js';

export interface EventHistorySourceOptions extends Pick<CallOptions, 'pacer' | 'clock' | 'retry'> {
  readonly account: string;
  readonly region: string;
  /** As in `lookupKmsCalls`; `'critical'` by default, since the history gives 100 events a second and Decrypt is more. */
  readonly operations?: readonly string[] | 'critical';
  /** Its name in the plan; the account and Region by default. */
  readonly name?: string;
  /** How long after it was made a call may still be missing, ms; 15 minutes by default. */
  readonly grace?: number;
  /** How far back each poll looks again, for what came later than that, ms; 2 hours by default. Copies count once. */
  readonly overlap?: number;
}

/**
 * CloudTrail's event history of one account and Region, as a source of a plan: who changed keys, with no trail at all. Of
 * the last 90 days, which bounds how far back a plan can learn from it.
 * @throws InputError for options that cannot be; from `poll`, AwsCallError when a request fails for good
 */
export function eventHistorySource(client: CloudTrailClient, options: EventHistorySourceOptions): CallSource {
  checkOptions(options, EVENT_HISTORY_SOURCE_OPTIONS);
  const { account, region, name, operations = 'critical', grace = 15 * MINUTE, overlap = 2 * HOUR, ...rest } = options;
  checkInteger(grace, 'grace', 0, DAY);
  checkInteger(overlap, 'overlap', 0, DAY);
  return {
    name: name ?? `event history ${account} ${region}`,
    about: `CloudTrail's event history of ${region}: ${operations === 'critical' ? 'critical operations' : operations.join(', ')}, with callers`,
    poll({ cursor, from, now, signal }) {
      const heard = typeof cursor === 'number' ? cursor : null;
      let rejected = 0;
      return {
        calls: lookupKmsCalls(client, {
          ...rest,
          operations,
          from: Math.max(from, heard === null ? from : heard - overlap),
          to: now,
          onRejected: () => {
            rejected++;
          },
          ...(signal === undefined ? {} : { signal }),
        }),
        coverage: eventHistoryCoverage({ account, region, from: heard ?? from, to: now, now, grace }),
        cursor: Math.max(heard ?? from, now - grace),
        rejected: () => rejected,
      };
    },
  };
}

const EVENT_HISTORY_SOURCE_OPTIONS: OptionNames<EventHistorySourceOptions> = {
  account: true,
  region: true,
  operations: true,
  name: true,
  grace: true,
  overlap: true,
  pacer: true,
  clock: true,
  retry: true,
};
