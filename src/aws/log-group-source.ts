import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { checkInteger, checkOptions, InputError, type OptionNames, shown } from '../errors.js';
import type { CallSource, Json } from '../plan/source.js';
import { mergeRanges, type TimeRange } from '../series/builder.js';
import { DAY, HOUR, MINUTE } from '../time/grid.js';
import { Caller, type CallOptions } from './call-aws.js';
import { loadClient } from './load-client.js';
import { Pages } from './pages.js';
import { readLogGroup } from './read-log-group.js';

export interface LogGroupSourceOptions extends Pick<CallOptions, 'pacer' | 'clock' | 'retry'> {
  /** The log group's name or ARN, to which a trail of one account and Region delivers. */
  readonly logGroup: string;
  /** Its name in the plan; the log group by default. */
  readonly name?: string;
  /** How long after a call its record may be delivered, ms; 15 minutes by default. */
  readonly grace?: number;
  /** How far back each poll looks again, for what came later than that, ms; 2 hours by default. Copies count once. */
  readonly overlap?: number;
  /** The longest time without a record of any service, ms, in which the log is still taken to listen; an hour by default. */
  readonly maxQuiet?: number;
}

/** As many empty pages in a row may be searched before the first record. */
const MOST_EMPTY = 10_000;

/**
 * A trail that delivers to CloudWatch Logs, as a source of a plan. When it listened is taken from records of all services:
 * at least one must have been delivered in every `maxQuiet`, or that time is unknown.
 * @throws InputError for options that cannot be; from `poll`, AwsCallError when a request fails for good
 */
export function logGroupSource(client: CloudWatchLogsClient, options: LogGroupSourceOptions): CallSource {
  checkOptions(options, LOG_GROUP_SOURCE_OPTIONS);
  const { logGroup, name, grace = 15 * MINUTE, overlap = 2 * HOUR, maxQuiet = HOUR, ...calling } = options;
  if (typeof logGroup !== 'string' || logGroup === '') {
    throw new InputError(`logGroup must be a log group's name or ARN, got ${shown(logGroup)}`);
  }
  checkInteger(grace, 'grace', 0, DAY);
  checkInteger(overlap, 'overlap', 0, DAY);
  checkInteger(maxQuiet, 'maxQuiet', MINUTE, 366 * DAY);
  return {
    name: name ?? logGroup,
    about: `log group ${logGroup}: calls with callers and errors, but records above 256 KB`,
    async poll({ cursor, from, now, signal }) {
      const before = typeof cursor === 'number' ? cursor : null;
      const limits = { ...calling, ...(signal === undefined ? {} : { signal }) };
      const caller = new Caller(client, 'FilterLogEvents', 5, limits);
      const delivered: TimeRange[] = [];
      for (let at = before ?? from + grace; at < now; ) {
        const end = Math.min(now, at + maxQuiet);
        if (await hasRecords(client, caller, logGroup, at, end)) delivered.push({ from: at, to: end });
        // The last stretch is looked at again, until it is as long as may be quiet.
        else if (end - at < maxQuiet) break;
        at = end;
      }
      const until = delivered.at(-1)?.to ?? before;
      let rejected = 0;
      return {
        calls: readLogGroup(client, {
          ...limits,
          logGroup,
          from: Math.max(from, before === null ? from : before - grace - overlap),
          to: now,
          onRejected: () => {
            rejected++;
          },
        }),
        coverage: mergeRanges(delivered).map((range) => ({ from: range.from - grace, to: range.to - grace })),
        cursor: until as Json,
        rejected: () => rejected,
      };
    },
  };
}

const LOG_GROUP_SOURCE_OPTIONS: OptionNames<LogGroupSourceOptions> = {
  logGroup: true,
  name: true,
  grace: true,
  overlap: true,
  maxQuiet: true,
  pacer: true,
  clock: true,
  retry: true,
};

/** Whether a record of any service was delivered in `[from, to)`. */
async function hasRecords(
  client: CloudWatchLogsClient,
  caller: Caller,
  logGroup: string,
  from: number,
  to: number,
): Promise<boolean> {
  const { FilterLogEventsCommand } = await loadClient(
    '@aws-sdk/client-cloudwatch-logs',
    () => import('@aws-sdk/client-cloudwatch-logs'),
  );
  const group = logGroup.startsWith('arn:') ? { logGroupIdentifier: logGroup } : { logGroupName: logGroup };
  const pages = new Pages('logs:FilterLogEvents', MOST_EMPTY);
  let token: string | undefined;
  do {
    const page = token;
    const answer = await caller.call(
      'logs:FilterLogEvents',
      (send) =>
        client.send(
          new FilterLogEventsCommand({
            ...group,
            startTime: from,
            // Inclusive at the service.
            endTime: to - 1,
            limit: 1,
            ...(page === undefined ? {} : { nextToken: page }),
          }),
          send,
        ),
      'events',
    );
    if ((answer.events ?? []).length > 0) return true;
    token = pages.next(answer.nextToken, 0);
  } while (token !== undefined);
  return false;
}
